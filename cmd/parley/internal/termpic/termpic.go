// Package termpic draws pictures on terminals that can: by kitty's graphics protocol,
// or as sixels (VT330/VT340 Programmer Reference Manual, Chapter 14).
package termpic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"strings"

	// The formats of photos.
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/kitty"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"parley/cmd/parley/internal/strip"
)

// A Way is how a terminal takes pictures.
type Way int

// The ways.
const (
	None Way = iota // it takes none
	Kitty
	Sixel
)

// Query asks a terminal which way it has. It ends with a question that every terminal
// answers (primary device attributes), so that one need not wait for longer.
const Query = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\" + ansi.RequestPrimaryDeviceAttributes

// maxAnswer bounds what a terminal may answer, in bytes.
const maxAnswer = 1 << 10

// Answer returns which way a terminal has, from what it has answered to [Query] so
// far. done is false while more is to come.
func Answer(got []byte) (way Way, done bool) {
	if len(got) > maxAnswer {
		return None, true
	}
	if bytes.Contains(got, []byte("\x1b_Gi=31;OK")) {
		way = Kitty
	}
	_, attributes, found := bytes.Cut(got, []byte("\x1b[?"))
	list, _, ended := bytes.Cut(attributes, []byte("c"))
	if !found || !ended {
		return way, false
	}
	for _, a := range strings.Split(string(list), ";")[1:] {
		if a == "4" && way == None {
			way = Sixel
		}
	}
	return way, true
}

// MaxPixels bounds the pictures that are decoded: a small file may say that it is a
// large one.
const MaxPixels = 50_000_000

// ErrPicture is returned for what isn't a picture, or is a too large one.
var ErrPicture = errors.New("termpic: not a picture that can be drawn")

// Decode decodes a JPEG, PNG, GIF or WebP of at most MaxPixels, upright: what Exif says
// is turned is turned back. It ends soon after ctx does: a few bytes of a progressive
// JPEG can have all of it gone over once more.
func Decode(ctx context.Context, picture []byte) (image.Image, error) {
	size, _, err := image.DecodeConfig(bytes.NewReader(picture))
	if err != nil || size.Width <= 0 || size.Height <= 0 || size.Width > MaxPixels/size.Height {
		return nil, ErrPicture
	}
	m, _, err := image.Decode(timed{ctx, bytes.NewReader(picture)})
	if err != nil {
		return nil, ErrPicture
	}
	return upright(m, strip.Orientation(picture)), nil
}

// A timed reader ends with its context.
type timed struct {
	ctx context.Context
	r   *bytes.Reader
}

// Read implements [io.Reader].
func (t timed) Read(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	return t.r.Read(p)
}

// Pixels of a cell, where the terminal doesn't say: few have smaller ones.
const cellWidth, cellHeight = 8, 16

// Draw draws m at the cursor, scaled down to at most so many cells.
func Draw(w io.Writer, way Way, m image.Image, columns, rows int) error {
	size := fit(m.Bounds().Size(), image.Pt(columns*cellWidth, rows*cellHeight))
	small := image.NewRGBA(image.Rectangle{Max: size})
	draw.ApproxBiLinear.Scale(small, small.Bounds(), m, m.Bounds(), draw.Src, nil)
	switch way {
	case Kitty:
		return kitty.EncodeGraphics(w, small, &kitty.Options{
			Action: kitty.TransmitAndPut, Transmission: kitty.Direct, Format: kitty.PNG, Quiet: 2, Chunk: true,
		})
	case Sixel:
		_, err := io.WriteString(w, ansi.SixelGraphics(0, 1, 0, sixels(small)))
		return err
	}
	return fmt.Errorf("%w: no way to draw it", ErrPicture)
}

// Clear takes pictures off the screen.
func Clear(way Way) string {
	if way == Kitty {
		return ansi.KittyGraphics(nil, "a=d", "q=2")
	}
	return ""
}

// fit returns the size of a picture within bounds. Its sides keep their ratio, and it
// isn't made larger.
func fit(size, bounds image.Point) image.Point {
	out := size
	if out.X > bounds.X {
		out = image.Pt(bounds.X, out.Y*bounds.X/out.X)
	}
	if out.Y > bounds.Y {
		out = image.Pt(out.X*bounds.Y/out.Y, bounds.Y)
	}
	return image.Pt(max(out.X, 1), max(out.Y, 1))
}
