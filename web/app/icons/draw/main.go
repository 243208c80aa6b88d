// Command draw makes the application's icons, web/app/icons/*.svg and *.png, all
// from the few shapes below; Logo.tsx is the same drawing. Run it from the module
// root after a change: go run ./web/app/icons/draw.
package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
)

const folder = "web/app/icons"

// Colors of the drawing.
var (
	indigo = color.NRGBA{0x3f, 0x50, 0xee, 0xff}
	pale   = color.NRGBA{0x9d, 0xac, 0xff, 0xff}
	white  = color.NRGBA{0xff, 0xff, 0xff, 0xff}
)

// A shape is a filled rounded rectangle in a square of 512; a circle is one whose
// radius is half its edge.
type shape struct {
	x, y, w, h, r float64
	fill          color.NRGBA
}

// bubbles are the two bubbles that lean on each other, the farther one first. The
// rim between them is of the ground's color.
var bubbles = []shape{
	{228, 232, 208, 164, 74, pale},
	{356, 316, 80, 80, 18, pale}, // its corner
	{62, 98, 290, 236, 104, indigo},
	{76, 112, 262, 208, 92, white},
	{76, 238, 82, 82, 20, white}, // its corner
	{124, 198, 38, 38, 19, indigo},
	{188, 198, 38, 38, 19, indigo},
	{252, 198, 38, 38, 19, indigo},
}

// ground is the square behind them; radius 0 fills all of it, for masks.
func ground(radius float64) shape { return shape{0, 0, 512, 512, radius, indigo} }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1)
	}
}

func run() error {
	rounded := append([]shape{ground(128)}, bubbles...)
	if err := os.WriteFile(filepath.Join(folder, "icon.svg"), []byte(svg(rounded)), 0o644); err != nil {
		return err
	}
	mask := append([]shape{ground(0)}, shrunk(bubbles, 0.8)...)
	for _, f := range []struct {
		name   string
		size   int
		shapes []shape
	}{{"icon-192.png", 192, rounded}, {"icon-512.png", 512, rounded}, {"maskable-512.png", 512, mask}} {
		if err := write(f.name, raster(f.shapes, f.size)); err != nil {
			return err
		}
	}
	return nil
}

// shrunk draws shapes smaller around the middle: what a mask keeps in any case.
func shrunk(shapes []shape, by float64) []shape {
	var out []shape
	for _, s := range shapes {
		out = append(out, shape{256 + (s.x-256)*by, 256 + (s.y-256)*by, s.w * by, s.h * by, s.r * by, s.fill})
	}
	return out
}

func svg(shapes []shape) string {
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">` + "\n")
	for _, s := range shapes {
		fmt.Fprintf(&b, `  <rect x="%g" y="%g" width="%g" height="%g" rx="%g" fill="#%02x%02x%02x"/>`+"\n",
			s.x, s.y, s.w, s.h, s.r, s.fill.R, s.fill.G, s.fill.B)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// fine is how many samples a pixel has along each edge.
const fine = 4

// raster draws shapes, the last one on top, into a square of size pixels.
func raster(shapes []shape, size int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			img.SetNRGBA(x, y, pixel(shapes, x, y, 512/float64(size)))
		}
	}
	return img
}

// pixel is the mean of the samples in a pixel, of those that something covers.
func pixel(shapes []shape, x, y int, scale float64) color.NRGBA {
	var r, g, b, n int
	for i := range fine * fine {
		px := (float64(x) + (float64(i%fine)+0.5)/fine) * scale
		py := (float64(y) + (float64(i/fine)+0.5)/fine) * scale
		for j := len(shapes) - 1; j >= 0; j-- {
			if shapes[j].covers(px, py) {
				c := shapes[j].fill
				r, g, b, n = r+int(c.R), g+int(c.G), b+int(c.B), n+1
				break
			}
		}
	}
	if n == 0 {
		return color.NRGBA{}
	}
	return color.NRGBA{uint8(r / n), uint8(g / n), uint8(b / n), uint8(255 * n / (fine * fine))}
}

func (s shape) covers(x, y float64) bool {
	dx := max(s.x+s.r-x, x-(s.x+s.w-s.r), 0)
	dy := max(s.y+s.r-y, y-(s.y+s.h-s.r), 0)
	if s.r == 0 {
		return dx == 0 && dy == 0
	}
	return dx*dx+dy*dy <= s.r*s.r
}

func write(name string, img image.Image) error {
	f, err := os.Create(filepath.Join(folder, name))
	if err != nil {
		return err
	}
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(f, img); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
