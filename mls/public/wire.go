package public

import (
	"bytes"
	"errors"
	"fmt"

	"parley/mls/internal/codec"
)

// An Encoder can write itself in the TLS presentation language.
type Encoder interface {
	// MarshalMLS appends the encoding to w. The value must be one that
	// UnmarshalMLS would return, with every vector below 2^30 bytes.
	MarshalMLS(w *codec.Writer)
}

// A Decoder is a pointer to a T that can read itself from the TLS presentation
// language.
type Decoder[T any] interface {
	*T
	// UnmarshalMLS takes one value off r, and records an error there when the
	// form is wrong. What it keeps aliases r's input.
	UnmarshalMLS(r *codec.Reader)
}

// Marshal returns the encoding of v (RFC 9420, Section 2.1).
func Marshal(v Encoder) []byte {
	var w codec.Writer
	v.MarshalMLS(&w)
	return w.Bytes()
}

// Parse decodes b, which must be exactly one T:
//
//	kp, err := public.Parse[public.KeyPackage](b)
//
// It judges form only. The result doesn't alias b. The error wraps
// [ErrMalformed], or is [ErrVersion], [ErrWireFormat] or
// [ErrUnsupportedProposal].
func Parse[T any, D Decoder[T]](b []byte) (*T, error) {
	v := new(T)
	r := codec.NewReader(bytes.Clone(b))
	D(v).UnmarshalMLS(r)
	if err := r.Finish(); err != nil {
		return nil, malformed(err)
	}
	return v, nil
}

// malformed makes err match ErrMalformed, unless it says that something
// well-formed is unsupported or not what was asked for.
func malformed(err error) error {
	for _, known := range []error{ErrVersion, ErrWireFormat, ErrUnsupportedProposal, ErrTooLarge} {
		if errors.Is(err, known) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}

// writeList writes each element of list, as one vector.
func writeList[T any](w *codec.Writer, list []T, write func(*codec.Writer, T)) {
	w.Nested(func(w *codec.Writer) {
		for _, v := range list {
			write(w, v)
		}
	})
}

// readList reads a vector of elements. An empty vector is nil.
func readList[T any](r *codec.Reader, read func(*codec.Reader) T) []T {
	var list []T
	for in := r.Nested(); !in.Empty(); {
		list = append(list, read(in))
	}
	return list
}

// marshalList writes a vector of values that write themselves.
func marshalList[T any, E interface {
	*T
	Encoder
}](w *codec.Writer, list []T) {
	w.Nested(func(w *codec.Writer) {
		for i := range list {
			E(&list[i]).MarshalMLS(w)
		}
	})
}

// unmarshalList reads a vector of values that read themselves.
func unmarshalList[T any, D Decoder[T]](r *codec.Reader) []T {
	var list []T
	for in := r.Nested(); !in.Empty(); {
		var v T
		D(&v).UnmarshalMLS(in)
		list = append(list, v)
	}
	return list
}

// writeUint16s writes a vector of 16-bit numbers.
func writeUint16s[T ~uint16](w *codec.Writer, list []T) {
	writeList(w, list, func(w *codec.Writer, v T) { w.Uint16(uint16(v)) })
}

// readUint16s reads a vector of 16-bit numbers.
func readUint16s[T ~uint16](r *codec.Reader) []T {
	return readList(r, func(r *codec.Reader) T { return T(r.Uint16()) })
}

// unmarshalOptional reads an optional value: nil when it is absent.
func unmarshalOptional[T any, D Decoder[T]](r *codec.Reader) *T {
	if !r.Optional() {
		return nil
	}
	v := new(T)
	D(v).UnmarshalMLS(r)
	return v
}

// An invalidValue says that an enumerated field holds no known value.
type invalidValue struct {
	field string
	value uint64
}

func (e invalidValue) Error() string {
	return fmt.Sprintf("invalid %s %d", e.field, e.value)
}
