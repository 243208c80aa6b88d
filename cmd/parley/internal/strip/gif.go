package strip

import "bytes"

// Blocks of GIF89a, Appendix A.
const (
	gifExtension = 0x21
	gifImage     = 0x2c
	gifTrailer   = 0x3b

	gifControl     = 0xf9 // of one frame: how long, what is transparent
	gifApplication = 0xff
)

// stripGIF keeps frames and how they follow each other: no comments, no text, and of
// applications' blocks only the one that has it run again and again.
func stripGIF(picture []byte) ([]byte, error) {
	c := &cursor{rest: picture}
	head := c.take(13)
	if c.bad {
		return nil, ErrUnknown
	}
	out := append(append(make([]byte, 0, len(picture)), head...), c.take(colours(head[10]))...)
	for !c.bad {
		switch c.byte() {
		case gifTrailer:
			return append(out, gifTrailer), nil
		case gifImage:
			frame := c.take(9)
			if c.bad {
				return nil, ErrUnknown
			}
			out = append(append(append(out, gifImage), frame...), c.take(colours(frame[8])+1)...) // and the code size
			out = append(out, subBlocks(c)...)
		case gifExtension:
			label := c.byte()
			blocks := subBlocks(c)
			if label == gifControl || label == gifApplication && bytes.HasPrefix(blocks, []byte("\x0bNETSCAPE2.0")) {
				out = append(append(out, gifExtension, label), blocks...)
			}
		default:
			c.bad = true
		}
	}
	return nil, ErrUnknown
}

// colours returns the bytes of the colour table that packed fields announce.
func colours(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}

// subBlocks returns a run of blocks that begin with their size, with the empty one at
// its end.
func subBlocks(c *cursor) []byte {
	whole, n := c.rest, 0
	for !c.bad {
		size := int(c.byte())
		c.take(size)
		if n += 1 + size; size == 0 {
			break
		}
	}
	if c.bad {
		return nil
	}
	return whole[:n]
}
