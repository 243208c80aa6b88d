package termpic

import (
	"image"
	"image/color"
	"testing"
)

// The picture is two pixels wide and three high:
//
//	a b
//	c d
//	e f
//
// Orientation says where its first row and column are in what is seen.
func TestUpright(t *testing.T) {
	m := image.NewGray(image.Rect(5, 7, 7, 10))
	for i, c := range "abcdef" {
		m.SetGray(5+i%2, 7+i/2, color.Gray{uint8(c)})
	}
	for orientation, want := range map[int]string{
		0: "ab cd ef", 1: "ab cd ef", 2: "ba dc fe", 3: "fe dc ba", 4: "ef cd ab",
		5: "ace bdf", 6: "eca fdb", 7: "fdb eca", 8: "bdf ace", 9: "ab cd ef",
	} {
		got, seen := "", upright(m, orientation)
		b := seen.Bounds()
		for y := b.Min.Y; y < b.Max.Y; y++ {
			if y > b.Min.Y {
				got += " "
			}
			for x := b.Min.X; x < b.Max.X; x++ {
				got += string(rune(seen.At(x, y).(color.Gray).Y))
			}
		}
		if got != want {
			t.Errorf("orientation %d: %q; want %q", orientation, got, want)
		}
	}
}
