package content

import "encoding/binary"

// pictureSize returns what the header of a picture says it is: "webp", "jpeg", "png"
// or "gif" behind "image/", and its pixels. ok is false for what isn't one of them, or
// is cut off before it says. Nothing is decoded.
func pictureSize(b []byte) (kind string, width, height int, ok bool) {
	switch {
	case len(b) >= 24 && string(b[:8]) == "\x89PNG\r\n\x1a\n" && string(b[12:16]) == "IHDR":
		return "image/png", int(binary.BigEndian.Uint32(b[16:])), int(binary.BigEndian.Uint32(b[20:])), true
	case len(b) >= 13 && (string(b[:6]) == "GIF87a" || string(b[:6]) == "GIF89a"):
		return "image/gif", int(binary.LittleEndian.Uint16(b[6:])), int(binary.LittleEndian.Uint16(b[8:])), true
	case len(b) >= 30 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		width, height, ok = webpSize(b)
		return "image/webp", width, height, ok
	case len(b) >= 3 && string(b[:3]) == "\xff\xd8\xff":
		width, height, ok = jpegSize(b[2:])
		return "image/jpeg", width, height, ok
	}
	return "", 0, 0, false
}

// webpSize reads the first chunk of a WebP (RFC 9649), of which at least 30 bytes are
// there.
func webpSize(b []byte) (width, height int, ok bool) {
	switch string(b[12:16]) {
	case "VP8 ":
		if string(b[23:26]) != "\x9d\x01\x2a" {
			return 0, 0, false
		}
		return int(binary.LittleEndian.Uint16(b[26:]) & 0x3fff), int(binary.LittleEndian.Uint16(b[28:]) & 0x3fff), true
	case "VP8L":
		bits := binary.LittleEndian.Uint32(b[21:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1, b[20] == 0x2f
	case "VP8X":
		three := func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
		return three(b[24:]) + 1, three(b[27:]) + 1, true
	}
	return 0, 0, false
}

// jpegSize looks for the frame header of a JPEG (ITU-T T.81, Annex B.1.1 and B.2.2)
// behind its first marker.
func jpegSize(b []byte) (width, height int, ok bool) {
	for len(b) >= 4 {
		marker := b[1]
		if b[0] != 0xff {
			return 0, 0, false
		}
		if marker == 0xff { // fill
			b = b[1:]
			continue
		}
		n := int(binary.BigEndian.Uint16(b[2:]))
		if marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc {
			if n < 8 || len(b) < 9 {
				return 0, 0, false
			}
			return int(binary.BigEndian.Uint16(b[7:])), int(binary.BigEndian.Uint16(b[5:])), true
		}
		if n < 2 || marker < 0xc0 || marker >= 0xd0 && marker <= 0xd9 || 2+n > len(b) {
			return 0, 0, false
		}
		b = b[2+n:]
	}
	return 0, 0, false
}

// PictureKind returns the media type of a picture that may be inline in a message, by
// its header: WebP, JPEG, PNG or GIF; "" for anything else.
func PictureKind(b []byte) string {
	kind, _, _, _ := pictureSize(b)
	return kind
}

// goodPicture reports whether b is a picture of at most bytes bytes, and at most side
// pixels either way.
func goodPicture(b []byte, bytes, side int) bool {
	_, width, height, ok := pictureSize(b)
	return ok && len(b) <= bytes && width > 0 && height > 0 && width <= side && height <= side
}
