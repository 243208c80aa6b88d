package codec

import (
	"bytes"
	"errors"
	"testing"
)

// The examples of RFC 9420, Section 2.1.2.
func TestVarintExamples(t *testing.T) {
	cases := []struct {
		in   []byte
		want int
	}{
		{[]byte{0x9d, 0x7f, 0x3e, 0x7d}, 494878333},
		{[]byte{0x7b, 0xbd}, 15293},
		{[]byte{0x25}, 37},
	}
	for _, c := range cases {
		r := NewReader(c.in)
		if got := r.Varint(); got != c.want || r.Finish() != nil {
			t.Errorf("Varint(%x) = %d, %v, want %d", c.in, got, r.Err(), c.want)
		}
		if got := AppendVarint(nil, c.want); !bytes.Equal(got, c.in) {
			t.Errorf("AppendVarint(%d) = %x, want %x", c.want, got, c.in)
		}
	}
}

func TestVarintRoundTrip(t *testing.T) {
	for _, n := range []int{0, 63, 64, 16383, 16384, MaxVector} {
		r := NewReader(AppendVarint(nil, n))
		if got := VectorSize(n); got != n+len(AppendVarint(nil, n)) {
			t.Errorf("VectorSize(%d) = %d", n, got)
		}
		if got := r.Varint(); got != n || r.Finish() != nil {
			t.Errorf("got %d, %v, want %d", got, r.Err(), n)
		}
	}
}

// TestZeros: what a Writer's buffer held before does not show.
func TestZeros(t *testing.T) {
	w := &Writer{b: append(make([]byte, 0, 4), 9, 9, 9)[:1]}
	w.Zeros(2)
	w.Varint(64)
	if want := []byte{9, 0, 0, 0x40, 64}; !bytes.Equal(w.Bytes(), want) || w.Len() != len(want) {
		t.Errorf("got %x, want %x", w.Bytes(), want)
	}
}

func TestMalformed(t *testing.T) {
	cases := []struct {
		name string
		in   []byte
		read func(*Reader)
		want error
	}{
		{"prefix 11", []byte{0xc0, 0, 0, 0, 0, 0, 0, 0}, func(r *Reader) { r.Vector() }, ErrVarint},
		{"63 in two bytes", append([]byte{0x40, 63}, make([]byte, 63)...), func(r *Reader) { r.Vector() }, ErrVarint},
		{"16383 in four bytes", []byte{0x80, 0, 0x3f, 0xff}, func(r *Reader) { r.Varint() }, ErrVarint},
		{"header cut", []byte{0x80, 0, 0x40}, func(r *Reader) { r.Vector() }, ErrTruncated},
		{"two-byte header cut", []byte{0x40}, func(r *Reader) { r.Vector() }, ErrTruncated},
		{"vector cut", []byte{3, 1, 2}, func(r *Reader) { r.Vector() }, ErrTruncated},
		{"huge vector", []byte{0xbf, 0xff, 0xff, 0xff}, func(r *Reader) { r.Vector() }, ErrTruncated},
		{"presence 2", []byte{2}, func(r *Reader) { r.Optional() }, ErrPresence},
		{"trailing", []byte{1, 2}, func(r *Reader) { r.Uint8() }, ErrTrailing},
		{"error in nested", []byte{1, 9}, func(r *Reader) { r.Nested().Uint16() }, ErrTruncated},
		{"empty", nil, func(r *Reader) { r.Uint64() }, ErrTruncated},
	}
	for _, c := range cases {
		r := NewReader(c.in)
		c.read(r)
		if err := r.Finish(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if !r.Empty() || r.Uint8() != 0 || r.Rest() != nil {
			t.Errorf("%s: the Reader gives data after its error", c.name)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	var w Writer
	w.Uint8(1)
	w.Uint16(0x0203)
	w.Uint32(0x04050607)
	w.Uint64(0x08090a0b0c0d0e0f)
	w.Optional(true)
	w.Optional(false)
	w.Vector([]byte("abc"))
	long := bytes.Repeat([]byte{7}, 20000)
	w.Nested(func(w *Writer) {
		w.Vector(long)
		w.Nested(func(w *Writer) { w.Uint16(5) })
	})
	r := NewReader(w.Bytes())
	if r.Uint8() != 1 || r.Uint16() != 0x0203 || r.Uint32() != 0x04050607 || r.Uint64() != 0x08090a0b0c0d0e0f {
		t.Error("integers differ")
	}
	if !r.Optional() || r.Optional() || string(r.Vector()) != "abc" {
		t.Error("optional or vector differs")
	}
	n := r.Nested()
	if !bytes.Equal(n.Vector(), long) || n.Nested().Uint16() != 5 || !n.Empty() {
		t.Error("nested differs")
	}
	if err := r.Finish(); err != nil {
		t.Error(err)
	}
}

// FuzzVector: what decodes as a vector encodes to the same bytes.
func FuzzVector(f *testing.F) {
	f.Add([]byte{3, 1, 2, 3})
	f.Add([]byte{0x40, 64})
	f.Add([]byte{0x80, 0, 0x40, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(in)
		v := r.Vector()
		rest := r.Rest()
		if r.Err() != nil {
			return
		}
		var w Writer
		w.Vector(v)
		w.Raw(rest)
		if !bytes.Equal(w.Bytes(), in) {
			t.Errorf("got %x, want %x", w.Bytes(), in)
		}
	})
}
