package compact

import (
	"encoding/binary"
	"math"
	"reflect"
	"unicode/utf8"
)

var unmarshaler = reflect.TypeFor[Unmarshaler]()

// Unmarshal reads one item that fills data into v, a pointer. Fields that v doesn't
// have are skipped or, if strict, refused. v doesn't share memory with data.
func Unmarshal(data []byte, v any, strict bool) error {
	end, err := wellFormed(data, 0, 0)
	if err != nil {
		return err
	}
	if end != len(data) {
		return errSyntax
	}
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return errType
	}
	d := decoder{data: data, strict: strict}
	return d.value(p.Elem(), planOf(p.Type().Elem()))
}

// head reads the first bytes of an item at i. It returns the place after them.
func head(data []byte, i int) (major, info byte, n uint64, next int, err error) {
	if i >= len(data) {
		return 0, 0, 0, 0, errSyntax
	}
	major, info = data[i]&0xe0, data[i]&0x1f
	i++
	if info < 24 {
		return major, info, uint64(info), i, nil
	}
	if info > 27 {
		if info == 31 && major != majorUint && major != majorInt && major != majorTag {
			return 0, 0, 0, 0, errForbidden
		}
		return 0, 0, 0, 0, errSyntax
	}
	size := 1 << (info - 24)
	if len(data)-i < size {
		return 0, 0, 0, 0, errSyntax
	}
	switch b := data[i : i+size]; size {
	case 1:
		n = uint64(b[0])
	case 2:
		n = uint64(binary.BigEndian.Uint16(b))
	case 4:
		n = uint64(binary.BigEndian.Uint32(b))
	case 8:
		n = binary.BigEndian.Uint64(b)
	}
	return major, info, n, i + size, nil
}

// wellFormed returns the place after the item at i, which is depth levels deep.
func wellFormed(data []byte, i, depth int) (int, error) {
	major, info, n, i, err := head(data, i)
	if err != nil {
		return 0, err
	}
	switch major {
	case majorBytes, majorText:
		if n > uint64(len(data)-i) {
			return 0, errSyntax
		}
		return i + int(n), nil
	case majorArray, majorMap:
		if n > maxElements || depth == maxNested {
			return 0, errLimit
		}
		if major == majorMap {
			n *= 2
		}
		for range n {
			if i, err = wellFormed(data, i, depth+1); err != nil {
				return 0, err
			}
		}
	case majorTag:
		return 0, errForbidden
	case majorOther:
		if info == 24 && n < 32 {
			return 0, errSyntax
		}
	}
	return i, nil
}

// A decoder reads what is well-formed.
type decoder struct {
	data   []byte
	at     int
	strict bool
}

// next takes the head of an item.
func (d *decoder) next() (major, info byte, n uint64) {
	major, info, n, d.at, _ = head(d.data, d.at)
	return major, info, n
}

// skip takes a whole item and returns its bytes.
func (d *decoder) skip() []byte {
	begin := d.at
	d.at, _ = wellFormed(d.data, d.at, -maxNested) // its depth was checked
	return d.data[begin:d.at]
}

// bytes takes the n bytes of a string.
func (d *decoder) bytes(n uint64) []byte {
	b := d.data[d.at : d.at+int(n)]
	d.at += int(n)
	return b
}

// value reads the next item into v, which can be addressed.
func (d *decoder) value(v reflect.Value, p *plan) error {
	nothing := d.data[d.at] == null || d.data[d.at] == undefined
	if p.kind == reflect.Pointer {
		if nothing {
			d.at++
			v.SetZero()
			return nil
		}
		if v.IsNil() {
			v.Set(reflect.New(p.elem.of))
		}
		return d.value(v.Elem(), p.elem)
	}
	if p.unmarshals {
		return v.Addr().Interface().(Unmarshaler).UnmarshalCBOR(d.skip())
	}
	if nothing {
		d.at++
		switch p.kind {
		case reflect.Slice, reflect.Map, reflect.Interface:
			v.SetZero()
		}
		return nil
	}
	if p.kind == reflect.Interface {
		x, err := d.any()
		if err != nil {
			return err
		}
		if v.NumMethod() != 0 {
			return errShape
		}
		v.Set(reflect.ValueOf(x))
		return nil
	}
	return d.item(v, p)
}

// item reads an item that isn't null into what is neither pointer nor interface.
func (d *decoder) item(v reflect.Value, p *plan) error {
	major, info, n := d.next()
	switch major {
	case majorUint:
		return setUint(v, n)
	case majorInt:
		if n > math.MaxInt64 || !v.CanInt() || v.OverflowInt(-1-int64(n)) {
			return errShape
		}
		v.SetInt(-1 - int64(n))
	case majorBytes:
		return p.setBytes(v, d.bytes(n))
	case majorText:
		text := d.bytes(n)
		if !utf8.Valid(text) {
			return errUTF8
		}
		if p.kind != reflect.String {
			return errShape
		}
		v.SetString(string(text))
	case majorArray:
		return d.array(v, p, int(n))
	case majorMap:
		return d.pairs(v, p, int(n))
	default:
		return setOther(v, info, n)
	}
	return nil
}

func setUint(v reflect.Value, n uint64) error {
	switch {
	case v.CanUint() && !v.OverflowUint(n):
		v.SetUint(n)
	case v.CanInt() && n <= math.MaxInt64 && !v.OverflowInt(int64(n)):
		v.SetInt(int64(n))
	case v.CanFloat():
		v.SetFloat(float64(n))
	default:
		return errShape
	}
	return nil
}

func (p *plan) setBytes(v reflect.Value, b []byte) error {
	switch {
	case p.bytes && p.kind == reflect.Slice:
		v.SetBytes(append([]byte{}, b...))
	case p.bytes && v.Len() == len(b):
		copy(v.Bytes(), b)
	default:
		return errShape
	}
	return nil
}

// setOther sets what is of major type 7.
func setOther(v reflect.Value, info byte, n uint64) error {
	if f, ok := floatOf(info, n); ok {
		if !v.CanFloat() {
			return errShape
		}
		v.SetFloat(f)
		return nil
	}
	if v.Kind() != reflect.Bool || n != falseItem&0x1f && n != trueItem&0x1f {
		return errShape
	}
	v.SetBool(n == trueItem&0x1f)
	return nil
}

// floatOf returns the number of an item of major type 7, if it is one.
func floatOf(info byte, n uint64) (float64, bool) {
	switch info {
	case 25:
		return fromHalf(uint16(n)), true
	case 26:
		return float64(math.Float32frombits(uint32(n))), true
	case 27:
		return math.Float64frombits(n), true
	}
	return 0, false
}

func (d *decoder) array(v reflect.Value, p *plan, n int) error {
	switch p.kind {
	case reflect.Struct:
		if !p.toArray || len(p.fields) != n {
			return errShape
		}
		for i := range p.fields {
			f := &p.fields[i]
			if err := d.value(f.of(v), f.plan); err != nil {
				return err
			}
		}
		return nil
	case reflect.Slice:
		if p.bytes {
			return errShape
		}
		v.Set(reflect.MakeSlice(p.of, 0, min(n, 64)))
		for i := range n { // it grows with what is read
			if i == v.Cap() {
				v.Grow(1)
			}
			v.SetLen(i + 1)
			if err := d.value(v.Index(i), p.elem); err != nil {
				return err
			}
		}
		return nil
	case reflect.Array:
		if v.Len() != n || p.bytes {
			return errShape
		}
		for i := range n {
			if err := d.value(v.Index(i), p.elem); err != nil {
				return err
			}
		}
		return nil
	}
	return errShape
}

func (d *decoder) pairs(v reflect.Value, p *plan, n int) error {
	switch p.kind {
	case reflect.Struct:
		return d.fields(v, p, n)
	case reflect.Map:
	default:
		return errShape
	}
	m := reflect.MakeMap(p.of)
	keys, values := planOf(p.of.Key()), planOf(p.of.Elem())
	for range n {
		key, value := reflect.New(keys.of).Elem(), reflect.New(values.of).Elem()
		if err := d.value(key, keys); err != nil {
			return err
		}
		switch k := key.Interface().(type) {
		case []byte:
			key.Set(reflect.ValueOf(ByteString(k)))
		case Negative: // which the library refuses there
			return errShape
		}
		if !key.Comparable() {
			return errShape
		}
		if m.MapIndex(key).IsValid() {
			return errDuplicate
		}
		if err := d.value(value, values); err != nil {
			return err
		}
		m.SetMapIndex(key, value)
	}
	v.Set(m)
	return nil
}

// fields reads a map into a struct.
func (d *decoder) fields(v reflect.Value, p *plan, n int) error {
	if p.toArray {
		return errShape
	}
	seen := make([]bool, len(p.fields))
	var others map[string]bool // keys that there are no fields for
	next := 0
	for range n {
		major, _, _, _, _ := head(d.data, d.at)
		key := d.skip()
		switch {
		case major == majorText && !utf8.Valid(key[headSize(key[0]):]):
			return errUTF8
		case major != majorText && major != majorUint && major != majorInt:
			return errShape
		}
		i := p.find(key, next)
		switch {
		case i >= 0 && seen[i], i < 0 && others[string(key)]:
			return errDuplicate
		case i >= 0:
			seen[i], next = true, i+1
			f := &p.fields[i]
			if err := d.value(f.of(v), f.plan); err != nil {
				return err
			}
			continue
		case d.strict:
			return errUnknown
		case others == nil:
			others = map[string]bool{}
		}
		others[string(key)] = true
		d.skip()
	}
	return nil
}

// find returns which field has a key, or -1. It is probably the one called next.
func (p *plan) find(key []byte, next int) int {
	if next < len(p.fields) && p.fields[next].key == string(key) {
		return next
	}
	for i := range p.fields {
		if p.fields[i].key == string(key) {
			return i
		}
	}
	return -1
}

// headSize returns how many bytes the head has that begins with first.
func headSize(first byte) int {
	if info := first & 0x1f; info >= 24 {
		return 1 + 1<<(info-24)
	}
	return 1
}

// any reads an item into the Go value that is nearest to it.
func (d *decoder) any() (any, error) {
	switch d.data[d.at] & 0xe0 {
	case majorArray:
		out := []any{}
		err := d.array(reflect.ValueOf(&out).Elem(), planOf(reflect.TypeOf(out)), d.length())
		return out, err
	case majorMap:
		out := map[any]any{}
		err := d.pairs(reflect.ValueOf(&out).Elem(), planOf(reflect.TypeOf(out)), d.length())
		return out, err
	}
	major, info, n := d.next()
	switch major {
	case majorUint:
		return n, nil
	case majorInt:
		if n > math.MaxInt64 {
			return Negative(n), nil
		}
		return -1 - int64(n), nil
	case majorBytes:
		return append([]byte{}, d.bytes(n)...), nil
	case majorText:
		text := d.bytes(n)
		if !utf8.Valid(text) {
			return nil, errUTF8
		}
		return string(text), nil
	}
	if f, ok := floatOf(info, n); ok {
		return f, nil
	}
	if n == falseItem&0x1f || n == trueItem&0x1f {
		return n == trueItem&0x1f, nil
	}
	return Simple(n), nil
}

// length takes the head of an array or map.
func (d *decoder) length() int {
	_, _, n := d.next()
	return int(n)
}
