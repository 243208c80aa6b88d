package termpic

import (
	"bytes"
	"fmt"
	"image"
	"image/color/palette"

	"golang.org/x/image/draw"
)

// sixels returns a picture as sixel data of at most 216 colours: what stands between
// the q and the string terminator of the control string.
func sixels(m image.Image) []byte {
	size := m.Bounds().Size()
	few := image.NewPaletted(image.Rectangle{Max: size}, palette.WebSafe)
	draw.FloydSteinberg.Draw(few, few.Bounds(), m, m.Bounds().Min)
	var b bytes.Buffer
	fmt.Fprintf(&b, "\"1;1;%d;%d", size.X, size.Y)
	for i, c := range palette.WebSafe {
		red, green, blue, _ := c.RGBA()
		fmt.Fprintf(&b, "#%d;2;%d;%d;%d", i, red*100/0xffff, green*100/0xffff, blue*100/0xffff)
	}
	for y := 0; y < size.Y; y += 6 {
		band(&b, few, y)
		b.WriteByte('-')
	}
	return b.Bytes()
}

// band writes six rows of pixels from y on: one colour after the other, each from the
// left.
func band(b *bytes.Buffer, m *image.Paletted, y int) {
	width, height := m.Rect.Dx(), min(6, m.Rect.Dy()-y)
	var used [256]bool
	for row := range height {
		for _, c := range m.Pix[(y+row)*m.Stride:][:width] {
			used[c] = true
		}
	}
	for c := range used {
		if !used[c] {
			continue
		}
		fmt.Fprintf(b, "#%d", c)
		last, run := byte(0), 0
		for x := range width {
			six := byte('?')
			for row := range height {
				if m.Pix[(y+row)*m.Stride+x] == byte(c) {
					six += 1 << row
				}
			}
			if six != last {
				repeat(b, last, run)
				last, run = six, 0
			}
			run++
		}
		repeat(b, last, run)
		b.WriteByte('$')
	}
}

// repeat writes a sixel so many times.
func repeat(b *bytes.Buffer, six byte, times int) {
	if times > 3 {
		fmt.Fprintf(b, "!%d%c", times, six)
		return
	}
	for range times {
		b.WriteByte(six)
	}
}
