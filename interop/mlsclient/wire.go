package mlsclient

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
)

// Codec encodes the messages of this package as Protocol Buffers, version 3.
// It serves gRPC under the name "proto": a message is a pointer to a struct
// whose fields carry their numbers as `pb:"1"`, and are uint32, uint64, bool,
// string, []byte, [][]byte or []struct.
type Codec struct{}

// Name returns the name of the encoding that gRPC asks for.
func (Codec) Name() string { return "proto" }

// errWire is input that is not a message of the wanted type.
var errWire = errors.New("mlsclient: malformed message")

// Marshal returns the encoding of v. Zero values are left out.
func (Codec) Marshal(v any) ([]byte, error) {
	return appendMessage(nil, reflect.ValueOf(v).Elem())
}

// Unmarshal reads b into v. Unknown fields are passed over.
func (Codec) Unmarshal(b []byte, v any) error {
	return readMessage(b, reflect.ValueOf(v).Elem())
}

// fields maps the numbers of a struct's fields to their places.
func fields(t reflect.Type) map[protowire.Number]int {
	if m, ok := fieldCache.Load(t); ok {
		return m.(map[protowire.Number]int)
	}
	m := make(map[protowire.Number]int)
	for i := range t.NumField() {
		n, err := strconv.Atoi(t.Field(i).Tag.Get("pb"))
		if err != nil {
			panic("mlsclient: " + t.String() + "." + t.Field(i).Name + " has no number") // ours is wrong
		}
		m[protowire.Number(n)] = i
	}
	fieldCache.Store(t, m)
	return m
}

var fieldCache sync.Map // reflect.Type to map[protowire.Number]int

func appendMessage(b []byte, v reflect.Value) (_ []byte, err error) {
	for n, i := range fields(v.Type()) {
		if b, err = appendField(b, n, v.Field(i)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func appendField(b []byte, n protowire.Number, f reflect.Value) ([]byte, error) {
	if f.IsZero() {
		return b, nil
	}
	switch x := f.Interface().(type) {
	case uint32:
		return appendVarint(b, n, uint64(x)), nil
	case uint64:
		return appendVarint(b, n, x), nil
	case bool:
		return appendVarint(b, n, 1), nil
	case string:
		return appendBytes(b, n, []byte(x)), nil
	case []byte:
		return appendBytes(b, n, x), nil
	case [][]byte:
		for _, e := range x {
			b = appendBytes(b, n, e)
		}
		return b, nil
	case []uint32:
		var packed []byte
		for _, e := range x {
			packed = protowire.AppendVarint(packed, uint64(e))
		}
		return appendBytes(b, n, packed), nil
	}
	return appendNested(b, n, f)
}

func appendNested(b []byte, n protowire.Number, f reflect.Value) ([]byte, error) {
	if f.Kind() == reflect.Struct {
		nested, err := appendMessage(nil, f)
		return appendBytes(b, n, nested), err
	}
	if f.Kind() != reflect.Slice || f.Type().Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("mlsclient: field of type %v", f.Type())
	}
	for i := range f.Len() {
		nested, err := appendMessage(nil, f.Index(i))
		if err != nil {
			return nil, err
		}
		b = appendBytes(b, n, nested)
	}
	return b, nil
}

func appendVarint(b []byte, n protowire.Number, x uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), x)
}

func appendBytes(b []byte, n protowire.Number, x []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), x)
}

func readMessage(b []byte, v reflect.Value) error {
	places := fields(v.Type())
	for len(b) > 0 {
		n, typ, size := protowire.ConsumeTag(b)
		if size < 0 {
			return errWire
		}
		b = b[size:]
		size = protowire.ConsumeFieldValue(n, typ, b)
		if size < 0 {
			return errWire
		}
		if i, ok := places[n]; ok {
			if err := readField(b[:size], typ, v.Field(i)); err != nil {
				return err
			}
		}
		b = b[size:]
	}
	return nil
}

// readField reads one value, which the caller has measured.
func readField(b []byte, typ protowire.Type, f reflect.Value) error {
	switch typ {
	case protowire.VarintType:
		x, _ := protowire.ConsumeVarint(b)
		return setNumber(f, x)
	case protowire.BytesType:
		x, _ := protowire.ConsumeBytes(b)
		return setBytes(f, x)
	}
	return errWire
}

func setNumber(f reflect.Value, x uint64) error {
	switch f.Kind() {
	case reflect.Uint32, reflect.Uint64:
		f.SetUint(x)
	case reflect.Bool:
		f.SetBool(x != 0)
	default:
		numbers, ok := f.Addr().Interface().(*[]uint32)
		if !ok {
			return errWire
		}
		*numbers = append(*numbers, uint32(x))
	}
	return nil
}

func setBytes(f reflect.Value, x []byte) error {
	switch p := f.Addr().Interface().(type) {
	case *string:
		*p = string(x)
	case *[]byte:
		*p = append([]byte{}, x...)
	case *[][]byte:
		*p = append(*p, append([]byte{}, x...))
	case *[]uint32:
		for len(x) > 0 {
			n, size := protowire.ConsumeVarint(x)
			if size < 0 {
				return errWire
			}
			*p, x = append(*p, uint32(n)), x[size:]
		}
	default:
		return setNested(f, x)
	}
	return nil
}

func setNested(f reflect.Value, x []byte) error {
	if f.Kind() == reflect.Struct {
		return readMessage(x, f)
	}
	if f.Kind() != reflect.Slice || f.Type().Elem().Kind() != reflect.Struct {
		return errWire
	}
	f.Set(reflect.Append(f, reflect.New(f.Type().Elem()).Elem()))
	return readMessage(x, f.Index(f.Len()-1))
}
