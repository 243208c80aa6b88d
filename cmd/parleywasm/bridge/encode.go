package bridge

import "parley/internal/cbor"

// encode returns v as it crosses: in CBOR, a struct as a map of the names of its json
// tags. A slice or map that is nil is an empty one: a page needn't ask.
func encode(v any) ([]byte, error) { return cbor.Marshal(v) }

// decode reads what a page sent. Fields that v doesn't have are skipped.
func decode(data []byte, v any) error { return cbor.UnmarshalLenient(data, v) }

// Bytes returns the error as it crosses.
func (e *Error) Bytes() []byte { return cbor.MustMarshal(e) }
