package compact

import (
	"encoding/binary"
	"math"
	"reflect"
	"slices"
)

var marshaler = reflect.TypeFor[Marshaler]()

// Marshal returns the deterministic encoding of v. A nil slice or map is written as an
// empty one. It fails only for types that CBOR can't hold.
func Marshal(v any) ([]byte, error) { return appendAny(nil, reflect.ValueOf(v)) }

// appendHead appends the first bytes of an item, in the shortest form.
func appendHead(b []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= math.MaxUint8:
		return append(b, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

// appendAny appends a value of any type.
func appendAny(b []byte, v reflect.Value) ([]byte, error) {
	if !v.IsValid() {
		return append(b, null), nil
	}
	return planOf(v.Type()).append(b, v)
}

// append appends a value of the plan's type.
func (p *plan) append(b []byte, v reflect.Value) ([]byte, error) {
	if p.marshals {
		item, err := v.Interface().(Marshaler).MarshalCBOR()
		return append(b, item...), err
	}
	switch p.special {
	case majorOther, majorInt:
		return appendHead(b, p.special, v.Uint()), nil
	case majorBytes:
		return append(appendHead(b, majorBytes, uint64(v.Len())), v.String()...), nil
	}
	switch p.kind {
	case reflect.Bool:
		if v.Bool() {
			return append(b, trueItem), nil
		}
		return append(b, falseItem), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if n := v.Int(); n < 0 {
			return appendHead(b, majorInt, uint64(-1-n)), nil
		}
		return appendHead(b, majorUint, uint64(v.Int())), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return appendHead(b, majorUint, v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return appendFloat(b, v.Float()), nil
	case reflect.String:
		return append(appendHead(b, majorText, uint64(v.Len())), v.String()...), nil
	case reflect.Slice, reflect.Array:
		return p.appendList(b, v)
	case reflect.Map:
		return appendMap(b, v)
	case reflect.Struct:
		return p.appendStruct(b, v)
	case reflect.Pointer, reflect.Interface:
		switch {
		case v.IsNil():
			return append(b, null), nil
		case p.kind == reflect.Pointer:
			return p.elem.append(b, v.Elem())
		}
		return appendAny(b, v.Elem())
	}
	return nil, errType
}

func (p *plan) appendList(b []byte, v reflect.Value) ([]byte, error) {
	if p.bytes {
		b = appendHead(b, majorBytes, uint64(v.Len()))
		if p.kind == reflect.Array && !v.CanAddr() {
			a := reflect.New(p.of).Elem()
			a.Set(v)
			v = a
		}
		return append(b, v.Bytes()...), nil
	}
	b = appendHead(b, majorArray, uint64(v.Len()))
	var err error
	for i := range v.Len() {
		if b, err = p.elem.append(b, v.Index(i)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// appendMap writes the pairs in the order of their encoded keys.
func appendMap(b []byte, v reflect.Value) ([]byte, error) {
	keys := make([]string, 0, v.Len())
	values := make(map[string]reflect.Value, v.Len())
	for it := v.MapRange(); it.Next(); {
		key, err := appendAny(nil, it.Key())
		if err != nil {
			return nil, err
		}
		keys = append(keys, string(key))
		values[string(key)] = it.Value()
	}
	slices.Sort(keys)
	b = appendHead(b, majorMap, uint64(len(keys)))
	var err error
	for _, key := range keys {
		if b, err = appendAny(append(b, key...), values[key]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (p *plan) appendStruct(b []byte, v reflect.Value) ([]byte, error) {
	var err error
	if p.toArray {
		b = appendHead(b, majorArray, uint64(len(p.fields)))
		for i := range p.fields {
			f := &p.fields[i]
			if b, err = f.append(b, f.of(v)); err != nil {
				return nil, err
			}
		}
		return b, nil
	}
	n := 0
	for i := range p.fields {
		if !p.fields[i].left(v) {
			n++
		}
	}
	b = appendHead(b, majorMap, uint64(n))
	for i := range p.fields {
		f := &p.fields[i]
		if f.left(v) {
			continue
		}
		if b, err = f.append(append(b, f.key...), f.of(v)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// left reports whether a field of v is left out.
func (f *field) left(v reflect.Value) bool { return f.omitEmpty && f.isEmpty(f.of(v)) }

// isEmpty reports whether a field that is omitted if it is empty is so.
func (p *plan) isEmpty(v reflect.Value) bool {
	if p.implements && p.kind != reflect.Slice && p.kind != reflect.Pointer {
		return false
	}
	switch p.kind {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
		return v.Len() == 0
	case reflect.Struct:
		return !slices.ContainsFunc(p.fields, func(f field) bool { return p.toArray || !f.left(v) })
	}
	return v.IsZero()
}

// appendFloat appends a number in the shortest form that holds it.
func appendFloat(b []byte, f float64) []byte {
	if math.IsNaN(f) {
		return append(b, 0xf9, 0x7e, 0x00)
	}
	if half, ok := toHalf(f); ok {
		return binary.BigEndian.AppendUint16(append(b, 0xf9), half)
	}
	if single := float32(f); float64(single) == f {
		return binary.BigEndian.AppendUint32(append(b, 0xfa), math.Float32bits(single))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xfb), math.Float64bits(f))
}

// toHalf returns the half-precision form of f, if it holds f exactly.
func toHalf(f float64) (half uint16, exact bool) {
	for _, sign := range []uint16{0, 0x8000} {
		if math.Signbit(f) != (sign != 0) {
			continue
		}
		m, e := math.Frexp(math.Abs(f)) // |f| = m · 2^e with m in [0.5, 1)
		switch {
		case f == 0:
			return sign, true
		case math.IsInf(f, 0):
			return sign | 0x7c00, true
		case e > 16:
			return 0, false
		case e >= -13:
			half = sign | uint16(e+14)<<10 | uint16(m*2048)&0x3ff
		default: // subnormal
			half = sign | uint16(math.Ldexp(math.Abs(f), 24))
		}
	}
	return half, fromHalf(half) == f
}

// fromHalf is the reverse.
func fromHalf(half uint16) float64 {
	sign, e, m := 1.0, int(half>>10&0x1f), float64(half&0x3ff)
	if half&0x8000 != 0 {
		sign = -1
	}
	switch e {
	case 0:
		return sign * math.Ldexp(m, -24)
	case 31:
		if m != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(m+1024, e-25)
}
