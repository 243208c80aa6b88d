package unfurl

import (
	"bytes"
	"context"
	"image"
	"image/color"
	_ "image/gif" // pictures that pages have
	"image/jpeg"
	_ "image/png"
	"net/url"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"parley/wire"
)

// Bounds of a page's picture, and of what is made of it.
const (
	maxPictureFile = 4 << 20  // bytes
	maxPixels      = 10 << 20 // of all of it: its file says more easily than it holds
	maxSide        = 640      // pixels, of what is made
	pictureType    = "image/jpeg"
)

// drawn fetches a picture and draws it anew, small. nil where that can't be done.
func (f *Fetcher) drawn(ctx context.Context, u *url.URL) []byte {
	if f.check(u) != nil {
		return nil
	}
	a, err := f.getAll(ctx, u, "image/webp,image/jpeg,image/png,image/gif", maxPictureFile)
	if err != nil || !a.isPicture() {
		return nil
	}
	select {
	case f.draws <- struct{}{}:
		defer func() { <-f.draws }()
	case <-ctx.Done():
		return nil
	}
	return redraw(ctx, a.body)
}

// A timed reader ends with its context: what decodes from it does so soon after.
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

// redraw decodes a picture of any of the known kinds and encodes its pixels as a JPEG
// of at most wire.MaxLinkPicture bytes. nil for what isn't one, or has too many, or
// takes longer than ctx: a few bytes of a progressive JPEG can have all of it gone
// over once more.
func redraw(ctx context.Context, file []byte) []byte {
	cfg, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || cfg.Width <= 0 || cfg.Height <= 0 || cfg.Width > maxPixels || cfg.Height > maxPixels || cfg.Width*cfg.Height > maxPixels {
		return nil
	}
	src, _, err := image.Decode(timed{ctx, bytes.NewReader(file)})
	if err != nil {
		return nil
	}
	for side := maxSide; side >= maxSide/4; side /= 2 {
		small := shrink(src, side)
		for _, quality := range []int{80, 60, 40} {
			var out bytes.Buffer
			if jpeg.Encode(&out, small, &jpeg.Options{Quality: quality}) == nil && out.Len() <= wire.MaxLinkPicture {
				return out.Bytes()
			}
		}
	}
	return nil
}

// shrink draws src on white, no side longer than side.
func shrink(src image.Image, side int) image.Image {
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	if long := max(w, h); long > side {
		w, h = max(1, w*side/long), max(1, h*side/long)
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(dst, dst.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Over, nil)
	return dst
}
