package cbor

import "parley/internal/cbor/compact"

// In a browser, where every kilobyte is downloaded, a small codec does the same.

// RawMessage is an encoded data item that is kept as it came.
type RawMessage = compact.RawMessage

func marshal(v any) ([]byte, error) { return compact.Marshal(v) }

func unmarshalStrict(data []byte, v any) error { return compact.Unmarshal(data, v, true) }

func unmarshalLenient(data []byte, v any) error { return compact.Unmarshal(data, v, false) }
