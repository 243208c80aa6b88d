// Package cbor is the one place that fixes how Parley writes and reads CBOR:
// deterministic encoding out, and nothing but it in (RFC 8949, Section 4.2.1).
package cbor

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// RawMessage is an encoded data item that is kept as it came.
type RawMessage = cbor.RawMessage

// ErrNotDeterministic is returned, possibly wrapped, when well-formed input is
// not the one encoding that [Marshal] would give.
var ErrNotDeterministic = errors.New("cbor: not deterministic")

// Limits of what [Unmarshal] reads. Callers bound the input's length.
const (
	maxNested   = 16      // levels
	maxElements = 1 << 17 // items of one array, pairs of one map
)

var (
	enc = must(cbor.EncOptions{
		Sort:          cbor.SortCoreDeterministic,
		ShortestFloat: cbor.ShortestFloat16,
		NaNConvert:    cbor.NaNConvert7e00,
		InfConvert:    cbor.InfConvertFloat16,
		IndefLength:   cbor.IndefLengthForbidden,
		Time:          cbor.TimeUnix,
		TagsMd:        cbor.TagsForbidden,
		NilContainers: cbor.NilContainerAsEmpty,
	}.EncMode())
	dec = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		MaxNestedLevels:   maxNested,
		MaxArrayElements:  maxElements,
		MaxMapPairs:       maxElements,
		IntDec:            cbor.IntDecConvertNone,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		UTF8:              cbor.UTF8RejectInvalid,
	}.DecMode())
	lenient = must(cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		MaxNestedLevels:  maxNested,
		MaxArrayElements: maxElements,
		MaxMapPairs:      maxElements,
		UTF8:             cbor.UTF8RejectInvalid,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic("cbor: " + err.Error())
	}
	return v
}

// Marshal returns the deterministic encoding of v. A nil slice is written as an
// empty one. It fails only for types that CBOR can't hold.
func Marshal(v any) ([]byte, error) {
	b, err := enc.Marshal(v)
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
	if err := dec.Unmarshal(data, v); err != nil {
		return fmt.Errorf("cbor: %v", err)
	}
	again, err := enc.Marshal(v)
	if err != nil {
		return fmt.Errorf("cbor: %v", err)
	}
	if !bytes.Equal(again, data) {
		return ErrNotDeterministic
	}
	return nil
}

// UnmarshalLenient reads one item that fills data into v, and ignores fields
// that v doesn't have: for bodies of the API, to which a newer side may add.
func UnmarshalLenient(data []byte, v any) error {
	if err := lenient.Unmarshal(data, v); err != nil {
		return fmt.Errorf("cbor: %v", err)
	}
	return nil
}
