// Package cbor is the one place that fixes how Parley writes and reads CBOR:
// deterministic encoding out, and nothing but it in (RFC 8949, Section 4.2.1).
package cbor

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrNotDeterministic is returned, possibly wrapped, when well-formed input is
// not the one encoding that [Marshal] would give.
var ErrNotDeterministic = errors.New("cbor: not deterministic")

func must[T any](v T, err error) T {
	if err != nil {
		panic("cbor: " + err.Error())
	}
	return v
}

// Marshal returns the deterministic encoding of v. A nil slice is written as an
// empty one. It fails only for types that CBOR can't hold.
func Marshal(v any) ([]byte, error) {
	b, err := marshal(v)
	if err != nil {
		return nil, fmt.Errorf("cbor: %v", err)
	}
	return b, nil
}

// MustMarshal is [Marshal] for values of our own types, which can't fail.
func MustMarshal(v any) []byte { return must(Marshal(v)) }

// Unmarshal reads one item that fills data into v. Duplicate keys, unknown
// fields, tags, indefinite lengths and trailing bytes are refused, and so is,
// with ErrNotDeterministic, whatever doesn't encode to the same bytes again.
// It is for what is signed, hashed or stored. v doesn't alias data.
func Unmarshal(data []byte, v any) error {
	if err := unmarshalStrict(data, v); err != nil {
		return fmt.Errorf("cbor: %v", err)
	}
	again, err := marshal(v)
	if err != nil {
		return fmt.Errorf("cbor: %v", err)
	}
	if !bytes.Equal(again, data) {
		return ErrNotDeterministic
	}
	return nil
}

// UnmarshalOwn is [Unmarshal] for what this program wrote itself and nobody else can
// have changed, as a record of its sealed store: it isn't encoded again to see that it
// is deterministic, which is half of the work.
func UnmarshalOwn(data []byte, v any) error {
	if err := unmarshalStrict(data, v); err != nil {
		return fmt.Errorf("cbor: %v", err)
	}
	return nil
}

// UnmarshalLenient reads one item that fills data into v, and ignores fields
// that v doesn't have: for bodies of the API, to which a newer side may add.
func UnmarshalLenient(data []byte, v any) error {
	if err := unmarshalLenient(data, v); err != nil {
		return fmt.Errorf("cbor: %v", err)
	}
	return nil
}
