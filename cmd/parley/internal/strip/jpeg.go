package strip

import (
	"bytes"
	"encoding/binary"
)

// Markers of JPEG: ITU-T T.81, Table B.1.
const (
	jpegSOI  = 0xd8
	jpegEOI  = 0xd9
	jpegSOS  = 0xda
	jpegAPP0 = 0xe0
	jpegAPP1 = 0xe1
	jpegAPP2 = 0xe2
	jpegAPPe = 0xee // Adobe's: how colours are stored
)

// stripJPEG keeps segments that decoders need, and of Exif which way is up.
func stripJPEG(picture []byte) ([]byte, error) {
	c := &cursor{rest: picture}
	out := append(make([]byte, 0, len(picture)), c.take(2)...)
	oriented := false
	for !c.bad {
		marker := jpegMarker(c)
		if marker == jpegEOI {
			return append(out, 0xff, jpegEOI), nil
		}
		size := c.take(2)
		if c.bad {
			break
		}
		body := c.take(int(binary.BigEndian.Uint16(size)) - 2)
		if up := orientation(body); marker == jpegAPP1 && up > 1 && !oriented {
			oriented = true
			out = append(out, exifOf(up)...)
		}
		if body = keptOf(marker, body); body != nil {
			out = append(binary.BigEndian.AppendUint16(append(out, 0xff, marker), uint16(len(body)+2)), body...)
		}
		if marker == jpegSOS {
			out = append(out, entropy(c)...)
		}
	}
	return nil, ErrUnknown
}

// jpegMarker returns the marker of the next segment; fill bytes may stand before it.
func jpegMarker(c *cursor) byte {
	if c.byte() != 0xff {
		c.bad = true
		return 0
	}
	marker := c.byte()
	for marker == 0xff {
		marker = c.byte()
	}
	return marker
}

// keptOf returns what is kept of a segment's body, or nil: all that decoders need, the colour
// profile, of JFIF's no preview, of Adobe's no more than how colours are stored.
func keptOf(marker byte, body []byte) []byte {
	switch {
	case marker == jpegAPP0 && bytes.HasPrefix(body, []byte("JFIF\x00")) && len(body) >= 14:
		return append(bytes.Clone(body[:12]), 0, 0)
	case marker == jpegAPPe && bytes.HasPrefix(body, []byte("Adobe")) && len(body) >= 12:
		return body[:12]
	case marker == jpegAPP2 && bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")):
		return body
	case marker >= 0xc0 && marker <= 0xdf && marker != 0xc8: // Table B.1: not JPG, APPn, JPGn, COM, RES
		return body
	}
	return nil
}

// entropy returns the coded data that follows a scan's header, up to the next marker
// that isn't part of it.
func entropy(c *cursor) []byte {
	for i := 0; i+1 < len(c.rest); i++ {
		if next := c.rest[i+1]; c.rest[i] == 0xff && next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7) {
			return c.take(i)
		}
	}
	c.bad = true
	return nil
}

// Tags of Exif, Section 4.6.
const exifOrientation = 0x0112

// orientation returns which way is up, 2 to 8, or 1 where an APP1 segment doesn't say.
func orientation(body []byte) byte {
	tiff, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00"))
	if !ok || len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == exifOrientation {
			if v := order.Uint16(entries[8:]); 2 <= v && v <= 8 {
				return byte(v)
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// Orientation returns which way is up in a JPEG as its Exif says (tag 0x0112): 1 to 8, 1
// for upright, and where nothing is said.
func Orientation(picture []byte) int {
	c := &cursor{rest: picture}
	if !bytes.Equal(c.take(2), []byte{0xff, jpegSOI}) {
		return 1
	}
	for !c.bad {
		marker := jpegMarker(c)
		size := c.take(2)
		if c.bad || marker == jpegSOS || marker == jpegEOI {
			break
		}
		if up := orientation(c.take(int(binary.BigEndian.Uint16(size)) - 2)); marker == jpegAPP1 && up > 1 {
			return int(up)
		}
	}
	return 1
}

// Turned reports whether viewers turn a stripped picture by a quarter, so that its
// width is its height.
func Turned(stripped []byte) bool {
	return len(stripped) > 6 && stripped[1] == jpegSOI && stripped[3] == jpegAPP1 && orientation(stripped[6:]) >= 5
}

// exifOf returns an APP1 segment that says which way is up, and nothing else.
func exifOf(up byte) []byte {
	body := "Exif\x00\x00" + "MM\x00*\x00\x00\x00\x08" + "\x00\x01" +
		"\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(up)) + "\x00\x00" + "\x00\x00\x00\x00"
	return append([]byte{0xff, jpegAPP1, 0, byte(len(body) + 2)}, body...)
}
