// Package strip takes from pictures what they say beside what they show: where and
// when and by whom they were taken, comments, previews of an earlier state, and
// whatever stands behind their end. Pixels, colours, animation and the way up stay.
//
// It copies the parts that it knows to be needed, of JPEG (ITU-T T.81), PNG (Third
// Edition), GIF (89a) and WebP (RFC 9649), and leaves out all others. From MP4 videos
// it takes what playing doesn't need: see [Video].
package strip

import (
	"bytes"
	"errors"
)

// ErrUnknown is returned for what isn't a whole picture of one of the formats.
var ErrUnknown = errors.New("strip: not a picture that can be stripped")

// Picture returns a picture without what it says beside what it shows, and its media
// type. It doesn't decode it.
func Picture(picture []byte) (stripped []byte, mediaType string, err error) {
	for _, f := range []struct {
		magic, mediaType string
		strip            func([]byte) ([]byte, error)
	}{
		{"\xff\xd8\xff", "image/jpeg", stripJPEG},
		{"\x89PNG\r\n\x1a\n", "image/png", stripPNG},
		{"GIF87a", "image/gif", stripGIF},
		{"GIF89a", "image/gif", stripGIF},
		{"RIFF", "image/webp", stripWebP},
	} {
		if bytes.HasPrefix(picture, []byte(f.magic)) {
			stripped, err = f.strip(picture)
			return stripped, f.mediaType, err
		}
	}
	return nil, "", ErrUnknown
}

// A cursor reads from the front of what is left. After it ran out, bad is set.
type cursor struct {
	rest []byte
	bad  bool
}

// take returns the next n bytes, or nothing.
func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.rest) {
		c.bad, c.rest = true, nil
		return nil
	}
	out := c.rest[:n:n]
	c.rest = c.rest[n:]
	return out
}

func (c *cursor) byte() byte {
	if b := c.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}
