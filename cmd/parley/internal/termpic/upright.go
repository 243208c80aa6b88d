package termpic

import (
	"image"
	"image/color"
)

// A turned picture is another one, with its pixels at other places.
type turned struct {
	image.Image
	size image.Point
	from func(x, y int) (int, int) // where a pixel is in Image, both counted from 0
}

// Bounds implements [image.Image].
func (t *turned) Bounds() image.Rectangle { return image.Rectangle{Max: t.size} }

// At implements [image.Image].
func (t *turned) At(x, y int) color.Color {
	x, y = t.from(x, y)
	at := t.Image.Bounds().Min
	return t.Image.At(at.X+x, at.Y+y)
}

// upright returns m as it is meant to be seen, by the orientation of Exif 2.32, tag
// 0x0112: which sides of what is seen the first row and the first column of m are.
func upright(m image.Image, orientation int) image.Image {
	w, h := m.Bounds().Dx()-1, m.Bounds().Dy()-1
	ways := map[int]func(x, y int) (int, int){
		2: func(x, y int) (int, int) { return w - x, y },     // top, right
		3: func(x, y int) (int, int) { return w - x, h - y }, // bottom, right
		4: func(x, y int) (int, int) { return x, h - y },     // bottom, left
		5: func(x, y int) (int, int) { return y, x },         // left, top
		6: func(x, y int) (int, int) { return y, h - x },     // right, top
		7: func(x, y int) (int, int) { return w - y, h - x }, // right, bottom
		8: func(x, y int) (int, int) { return w - y, x },     // left, bottom
	}
	from := ways[orientation]
	if from == nil {
		return m
	}
	size := m.Bounds().Size()
	if orientation >= 5 {
		size = image.Pt(size.Y, size.X)
	}
	return &turned{Image: m, size: size, from: from}
}
