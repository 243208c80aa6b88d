package codec

import (
	"encoding/binary"
	"errors"
)

// Errors of a malformed encoding. Each means that the input is not what its
// sender should have written; no retry helps.
var (
	// ErrTruncated: the input ends inside a value.
	ErrTruncated = errors.New("codec: input too short")
	// ErrTrailing: bytes are left after the last value.
	ErrTrailing = errors.New("codec: bytes after the end")
	// ErrVarint: a length header with prefix 11, or longer than necessary.
	ErrVarint = errors.New("codec: malformed length header")
	// ErrPresence: a presence octet that is neither 0 nor 1.
	ErrPresence = errors.New("codec: malformed presence octet")
)

// Reader takes encoded values off the front of a byte slice. After the first
// error every method returns zero values and the Reader is empty, so that loops
// over [Reader.Empty] end. It is not safe for concurrent use.
type Reader struct {
	b   []byte
	err *error // shared with the Readers of nested vectors
}

// NewReader returns a Reader of b. It keeps b, and returns slices of it.
func NewReader(b []byte) *Reader {
	return &Reader{b: b, err: new(error)}
}

// Err returns the first error of this Reader or of one nested in it.
func (r *Reader) Err() error { return *r.err }

// Fail records err, unless an earlier one is recorded, and empties r.
func (r *Reader) Fail(err error) {
	if *r.err == nil {
		*r.err = err
	}
	r.b = nil
}

// Empty reports whether nothing is left, which is so after an error too.
func (r *Reader) Empty() bool { return len(r.b) == 0 || *r.err != nil }

// Rest returns what is left without taking it.
func (r *Reader) Rest() []byte {
	if *r.err != nil {
		return nil
	}
	return r.b
}

// Finish returns the first error, or [ErrTrailing] if bytes are left.
func (r *Reader) Finish() error {
	if *r.err == nil && len(r.b) > 0 {
		r.Fail(ErrTrailing)
	}
	return *r.err
}

// Raw takes n bytes. The result aliases the input.
func (r *Reader) Raw(n int) []byte {
	if *r.err != nil {
		return nil
	}
	if n < 0 || n > len(r.b) {
		r.Fail(ErrTruncated)
		return nil
	}
	p := r.b[:n:n]
	r.b = r.b[n:]
	return p
}

// Uint8 takes one byte.
func (r *Reader) Uint8() uint8 {
	if p := r.Raw(1); p != nil {
		return p[0]
	}
	return 0
}

// Uint16 takes two bytes.
func (r *Reader) Uint16() uint16 {
	if p := r.Raw(2); p != nil {
		return binary.BigEndian.Uint16(p)
	}
	return 0
}

// Uint32 takes four bytes.
func (r *Reader) Uint32() uint32 {
	if p := r.Raw(4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

// Uint64 takes eight bytes.
func (r *Reader) Uint64() uint64 {
	if p := r.Raw(8); p != nil {
		return binary.BigEndian.Uint64(p)
	}
	return 0
}

// Optional takes a presence octet (RFC 9420, Section 2.1.1) and reports whether
// a value follows.
func (r *Reader) Optional() bool {
	switch r.Uint8() {
	case 0:
		return false
	case 1:
		return *r.err == nil
	default:
		r.Fail(ErrPresence)
		return false
	}
}

// Varint takes a length header (RFC 9420, Section 2.1.2).
func (r *Reader) Varint() int {
	first := r.Uint8()
	switch first >> 6 {
	case 0:
		return int(first)
	case 1:
		n := int(first&0x3f)<<8 | int(r.Uint8())
		return r.minimal(n, 1<<6)
	case 2:
		p := r.Raw(3)
		if p == nil {
			return 0
		}
		n := int(first&0x3f)<<24 | int(p[0])<<16 | int(p[1])<<8 | int(p[2])
		return r.minimal(n, 1<<14)
	default:
		r.Fail(ErrVarint)
		return 0
	}
}

// minimal returns n, unless a shorter header would have held it.
func (r *Reader) minimal(n, least int) int {
	if *r.err != nil {
		return 0
	}
	if n < least {
		r.Fail(ErrVarint)
		return 0
	}
	return n
}

// Vector takes an opaque<V>. The result aliases the input; it is not nil
// unless an error occurred.
func (r *Reader) Vector() []byte {
	n := r.Varint()
	return r.Raw(n)
}

// Nested takes a vector<V> and returns a Reader of its content. An error in the
// content is an error of r too.
func (r *Reader) Nested() *Reader {
	p := r.Vector()
	return &Reader{b: p, err: r.err}
}
