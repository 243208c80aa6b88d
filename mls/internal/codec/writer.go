// Package codec reads and writes the TLS presentation language as MLS uses it
// (RFC 9420, Section 2.1): fixed-size integers in network byte order, optional
// values with a presence octet, and vectors whose length header is a
// variable-size integer:
//
//	first byte   length of header   values
//	00xxxxxx     1                  0 .. 63
//	01xxxxxx     2                  64 .. 16383
//	10xxxxxx     4                  16384 .. 2^30-1
//	11xxxxxx     malformed
//
// The header must be the shortest that holds the value. Errors are sticky: a
// caller reads a whole structure and asks for the error once. A Reader never
// allocates; what it returns aliases its input.
package codec

import (
	"encoding/binary"
	"slices"
)

// MaxVector is the greatest length of a vector, in bytes
// (RFC 9420, Section 2.1.2).
const MaxVector = 1<<30 - 1

// Writer appends encoded values to a buffer. The zero Writer is ready to use.
// It is not safe for concurrent use.
type Writer struct {
	b []byte
}

// NewWriter returns a Writer whose buffer has room for size bytes.
func NewWriter(size int) *Writer {
	return &Writer{b: make([]byte, 0, size)}
}

// Bytes returns what was written. It aliases the buffer until the next write.
func (w *Writer) Bytes() []byte { return w.b }

// Len returns how many bytes were written.
func (w *Writer) Len() int { return len(w.b) }

// Uint8 writes one byte.
func (w *Writer) Uint8(v uint8) { w.b = append(w.b, v) }

// Uint16 writes two bytes.
func (w *Writer) Uint16(v uint16) { w.b = binary.BigEndian.AppendUint16(w.b, v) }

// Uint32 writes four bytes.
func (w *Writer) Uint32(v uint32) { w.b = binary.BigEndian.AppendUint32(w.b, v) }

// Uint64 writes eight bytes.
func (w *Writer) Uint64(v uint64) { w.b = binary.BigEndian.AppendUint64(w.b, v) }

// Optional writes the presence octet of RFC 9420, Section 2.1.1. The caller
// writes the value next if present is true.
func (w *Writer) Optional(present bool) {
	if present {
		w.Uint8(1)
		return
	}
	w.Uint8(0)
}

// Grow makes room for n more bytes, and at least doubles the buffer if there is
// none: append alone would copy what is large many times.
func (w *Writer) Grow(n int) {
	if n > cap(w.b)-len(w.b) {
		w.b = slices.Grow(w.b, max(n, len(w.b)))
	}
}

// Raw writes p without a header.
func (w *Writer) Raw(p []byte) {
	w.Grow(len(p))
	w.b = append(w.b, p...)
}

// Zeros writes n bytes of zero.
func (w *Writer) Zeros(n int) {
	start := len(w.b)
	w.b = slices.Grow(w.b, n)[:start+n]
	clear(w.b[start:])
}

// Varint writes the header of a vector of n bytes, which the caller writes next.
// It panics where Vector does.
func (w *Writer) Varint(n int) { w.b = AppendVarint(w.b, n) }

// Vector writes p as opaque<V>. It panics if p is longer than [MaxVector],
// which callers rule out for data that they did not make themselves.
func (w *Writer) Vector(p []byte) {
	w.Grow(len(p) + 4)
	w.b = AppendVarint(w.b, len(p))
	w.b = append(w.b, p...)
}

// Nested writes everything that f writes as one vector<V>.
func (w *Writer) Nested(f func(*Writer)) {
	start := len(w.b)
	f(w)
	size := len(w.b) - start
	var head [4]byte
	w.b = slices.Insert(w.b, start, AppendVarint(head[:0], size)...)
}

// VectorSize returns the length of a vector of n bytes with its header, in bytes.
// It panics where Vector does.
func VectorSize(n int) int {
	var head [4]byte
	return len(AppendVarint(head[:0], n)) + n
}

// AppendVarint appends the shortest header for n (RFC 9420, Section 2.1.2).
// It panics if n is negative or greater than [MaxVector].
func AppendVarint(b []byte, n int) []byte {
	switch {
	case n < 0 || n > MaxVector:
		panic("codec: vector too long")
	case n < 1<<6:
		return append(b, byte(n))
	case n < 1<<14:
		return binary.BigEndian.AppendUint16(b, uint16(n)|1<<14)
	default:
		return binary.BigEndian.AppendUint32(b, uint32(n)|2<<30)
	}
}
