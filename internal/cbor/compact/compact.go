// Package compact writes and reads the CBOR of package cbor for programs that must
// be small, as one in a browser: what the library behind that package does with the
// same struct tags, as far as Parley's types need it, in a tenth of the size. Both are
// held to give the same bytes and to take the same ones by tests.
//
// It is deterministic (RFC 8949, Section 4.2.1), and refuses tags, indefinite
// lengths, duplicate keys, text that isn't UTF-8, more than 16 levels and more than
// 131,072 items of one array or map.
package compact

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// RawMessage is an encoded data item that is kept as it came.
type RawMessage []byte

// MarshalCBOR returns the item; null where there is none.
func (m RawMessage) MarshalCBOR() ([]byte, error) {
	if len(m) == 0 {
		return []byte{null}, nil
	}
	return m, nil
}

// UnmarshalCBOR keeps a copy of data.
func (m *RawMessage) UnmarshalCBOR(data []byte) error {
	*m = append((*m)[:0], data...)
	return nil
}

// A Marshaler writes itself as one item.
type Marshaler interface{ MarshalCBOR() ([]byte, error) }

// An Unmarshaler reads itself from one item, which it doesn't keep.
type Unmarshaler interface{ UnmarshalCBOR([]byte) error }

// Simple is a simple value other than false, true, null and undefined, in an any.
type Simple uint8

// Negative is -1-n for an n beyond the least int64, in an any.
type Negative uint64

// ByteString is a byte string that is a key, in a map[any]any.
type ByteString string

// Errors, without what was read.
var (
	errSyntax    = errors.New("not well-formed")
	errLimit     = errors.New("too deep, or too many items")
	errForbidden = errors.New("a tag or an indefinite length")
	errShape     = errors.New("not of this shape")
	errDuplicate = errors.New("a duplicate key")
	errUnknown   = errors.New("an unknown field")
	errUTF8      = errors.New("text that isn't UTF-8")
	errType      = errors.New("a type that has no encoding here")
)

// Limits of what is read.
const (
	maxNested   = 16
	maxElements = 1 << 17
)

// Major types, and the items that are one byte.
const (
	majorUint  = 0 << 5
	majorInt   = 1 << 5
	majorBytes = 2 << 5
	majorText  = 3 << 5
	majorArray = 4 << 5
	majorMap   = 5 << 5
	majorTag   = 6 << 5
	majorOther = 7 << 5

	falseItem = 0xf4
	trueItem  = 0xf5
	null      = 0xf6
	undefined = 0xf7
)

// A plan says how the values of a type are written and read. It is made once: asking
// reflection each time is most of the work.
type plan struct {
	of         reflect.Type
	kind       reflect.Kind
	implements bool  // Marshaler
	marshals   bool  // it is written by its Marshaler
	unmarshals bool  // it is read by the Unmarshaler of its pointer
	special    byte  // major type of Simple, Negative and ByteString, else 0
	bytes      bool  // a slice or array of bytes
	elem       *plan // of a pointer, slice or array

	// Of a struct.
	toArray bool
	fields  []field // of an array in order of declaration, of a map in order of keys
}

type field struct {
	*plan
	index     []int
	key       string // encoded
	omitEmpty bool
}

// of returns the field of v.
func (f *field) of(v reflect.Value) reflect.Value {
	if len(f.index) == 1 {
		return v.Field(f.index[0])
	}
	return v.FieldByIndex(f.index)
}

var (
	plansMu sync.RWMutex
	plans   = map[reflect.Type]*plan{} // guarded by plansMu; a plan that is found is whole
)

// planOf returns how the values of a type are encoded.
func planOf(t reflect.Type) *plan {
	plansMu.RLock()
	p := plans[t]
	plansMu.RUnlock()
	if p != nil {
		return p
	}
	plansMu.Lock()
	defer plansMu.Unlock()
	return newPlan(t)
}

// newPlan makes a plan, and those of the types that it is made of. plansMu is held.
func newPlan(t reflect.Type) *plan {
	if p := plans[t]; p != nil {
		return p
	}
	p := &plan{of: t, kind: t.Kind(), implements: t.Implements(marshaler)}
	plans[t] = p // first: a type may hold itself
	named := t.PkgPath() != ""
	p.marshals = named && p.implements && p.kind != reflect.Pointer
	p.unmarshals = named && reflect.PointerTo(t).Implements(unmarshaler)
	switch t {
	case reflect.TypeFor[Simple]():
		p.special = majorOther
	case reflect.TypeFor[Negative]():
		p.special = majorInt
	case reflect.TypeFor[ByteString]():
		p.special = majorBytes
	}
	switch p.kind {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		p.elem = newPlan(t.Elem())
		p.bytes = p.kind != reflect.Pointer && p.elem.kind == reflect.Uint8
	case reflect.Struct:
		p.collect(t, nil)
		if !p.toArray {
			p.sort()
		}
	}
	return p
}

// collect adds the fields of t, those of an embedded struct as its own.
func (p *plan) collect(t reflect.Type, index []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("cbor")
		if tag == "" {
			tag = f.Tag.Get("json")
		}
		name, options, _ := strings.Cut(tag, ",")
		if f.Name == "_" {
			p.toArray = p.toArray || hasOption(options, "toarray")
			continue
		}
		at := append(slices.Clone(index), i)
		switch {
		case tag == "-":
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			p.collect(f.Type, at)
		case f.IsExported():
			if name == "" {
				name = f.Name
			}
			key := string(encodedKey(name, hasOption(options, "keyasint")))
			p.fields = append(p.fields, field{newPlan(f.Type), at, key, hasOption(options, "omitempty")})
		}
	}
}

// sort puts the fields into the order of their keys.
func (p *plan) sort() {
	keys := make([]string, len(p.fields))
	byKey := map[string]field{}
	for i, f := range p.fields {
		keys[i] = f.key
		byKey[f.key] = f
	}
	slices.Sort(keys)
	for i, key := range keys {
		p.fields[i] = byKey[key]
	}
}

func hasOption(options, name string) bool {
	for o := range strings.SplitSeq(options, ",") {
		if o == name {
			return true
		}
	}
	return false
}

// encodedKey returns the encoding of a field's name, which may be a number.
func encodedKey(name string, number bool) []byte {
	if !number {
		return append(appendHead(nil, majorText, uint64(len(name))), name...)
	}
	digits, negative := strings.CutPrefix(name, "-")
	var n uint64
	for _, d := range []byte(digits) {
		n = 10*n + uint64(d-'0')
	}
	if negative {
		return appendHead(nil, majorInt, n-1)
	}
	return appendHead(nil, majorUint, n)
}
