package demosite

import (
	"image"
	"image/color"
	"math"
)

type rgb [3]float64

// A look is how a film's landscape is painted.
type look struct {
	sky   [2]rgb // at the horizon, and above
	sun   rgb
	hills rgb
	sunY  float64 // from the top, as a share of the height
}

func mix(a, b rgb, t float64) rgb {
	t = min(max(t, 0), 1)
	return rgb{a[0] + (b[0]-a[0])*t, a[1] + (b[1]-a[1])*t, a[2] + (b[2]-a[2])*t}
}

// paint draws the landscape.
func (l look) paint(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := l.at(float64(x)/float64(w), float64(y)/float64(h), float64(w)/float64(h))
			m.SetRGBA(x, y, color.RGBA{uint8(c[0]), uint8(c[1]), uint8(c[2]), 255})
		}
	}
	return m
}

// at returns the color at a place, both from 0 to 1.
func (l look) at(x, y, ratio float64) rgb {
	c := mix(l.sky[1], l.sky[0], y*1.3)
	d := math.Hypot((x-0.64)*ratio, y-l.sunY)
	c = mix(c, l.sun, 0.5*(1-d/0.45))
	c = mix(c, l.sun, (0.1-d)*120)
	for i, base := range []float64{0.6, 0.72, 0.86} {
		k := float64(i)
		top := base + 0.05*math.Sin(x*(5+2*k)+k*2) + 0.02*math.Sin(x*(13-3*k)+k)
		shade := mix(mix(l.hills, l.sky[0], 0.45-0.2*k), rgb{}, 0.1*k)
		c = mix(c, shade, (y-top)*240)
	}
	return c
}
