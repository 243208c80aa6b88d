package cbor

import "encoding/binary"

// Major types, for [AppendHead] (RFC 8949, Section 3.1).
const (
	MajorUint     byte = 0
	MajorNegative byte = 1
	MajorBytes    byte = 2
	MajorText     byte = 3
	MajorArray    byte = 4
)

// HeadSize returns how many bytes [AppendHead] appends: 1 to 9.
func HeadSize(n uint64) int {
	switch {
	case n < 24:
		return 1
	case n < 1<<8:
		return 2
	case n < 1<<16:
		return 3
	case n < 1<<32:
		return 5
	}
	return 9
}

// AppendHead appends the first bytes of an item with its argument, as short as it can
// be (RFC 8949, Section 4.2.1): for what is encoded by hand because it is so frequent.
func AppendHead(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch HeadSize(n) {
	case 1:
		return append(b, major|byte(n))
	case 2:
		return append(b, major|24, byte(n))
	case 3:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case 5:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}
