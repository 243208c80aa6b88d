package strip

import (
	"encoding/binary"
	"slices"
)

// keptPNG are the chunks of PNG that say how pixels look: the critical ones, colours,
// transparency, animation.
var keptPNG = []string{
	"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "mDCV", "cLLI", "bKGD", "pHYs",
	"acTL", "fcTL", "fdAT",
}

func stripPNG(picture []byte) ([]byte, error) {
	c := &cursor{rest: picture}
	out := append(make([]byte, 0, len(picture)), c.take(8)...)
	for !c.bad {
		head := c.take(8) // length, type
		if c.bad {
			break
		}
		kind := string(head[4:])
		body := c.take(int(binary.BigEndian.Uint32(head)) + 4) // with its CRC
		if slices.Contains(keptPNG, kind) {
			out = append(append(out, head...), body...)
		}
		if kind == "IEND" && !c.bad {
			return out, nil
		}
	}
	return nil, ErrUnknown
}

// keptWebP are the chunks of WebP but for EXIF, XMP and unknown ones: RFC 9649,
// Section 2.7.
var keptWebP = []string{"VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"}

// Flags of VP8X that say of Exif and XMP: RFC 9649, Section 2.7.1.
const webpExif, webpXMP = 0x08, 0x04

func stripWebP(picture []byte) ([]byte, error) {
	c := &cursor{rest: picture}
	head := c.take(12)
	if c.bad || string(head[8:]) != "WEBP" {
		return nil, ErrUnknown
	}
	c.rest = c.take(int(binary.LittleEndian.Uint32(head[4:])) - 4) // what is behind that isn't the picture's
	out := append(make([]byte, 0, len(picture)), head...)
	for len(c.rest) > 0 && !c.bad {
		head := c.take(8) // type, length
		if c.bad {
			break
		}
		size := int(binary.LittleEndian.Uint32(head[4:]))
		body := c.take(size + size%2)
		if c.bad || !slices.Contains(keptWebP, string(head[:4])) {
			continue
		}
		out = append(append(out, head...), body...)
		if string(head[:4]) == "VP8X" && size > 0 {
			out[len(out)-len(body)] &^= webpExif | webpXMP
		}
	}
	if c.bad || len(out) == 12 {
		return nil, ErrUnknown
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, nil
}
