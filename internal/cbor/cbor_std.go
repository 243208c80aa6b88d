//go:build !js

package cbor

import "github.com/fxamacker/cbor/v2"

// RawMessage is an encoded data item that is kept as it came.
type RawMessage = cbor.RawMessage

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

func marshal(v any) ([]byte, error) { return enc.Marshal(v) }

func unmarshalStrict(data []byte, v any) error { return dec.Unmarshal(data, v) }

func unmarshalLenient(data []byte, v any) error { return lenient.Unmarshal(data, v) }
