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
	return d.value(p.Elem())
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

// value reads the next item into v.
func (d *decoder) value(v reflect.Value) error {
	nothing := d.data[d.at] == null || d.data[d.at] == undefined
	if v.Kind() == reflect.Pointer {
		if nothing {
			d.at++
			v.SetZero()
			return nil
		}
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return d.value(v.Elem())
	}
	if v.CanAddr() && v.Type().PkgPath() != "" && v.Addr().Type().Implements(unmarshaler) {
		return v.Addr().Interface().(Unmarshaler).UnmarshalCBOR(d.skip())
	}
	if nothing {
		d.at++
		switch v.Kind() {
		case reflect.Slice, reflect.Map, reflect.Interface:
			v.SetZero()
		}
		return nil
	}
	if v.Kind() == reflect.Interface {
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
	return d.item(v)
}

// item reads an item that isn't null into what is neither pointer nor interface.
func (d *decoder) item(v reflect.Value) error {
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
		return setBytes(v, d.bytes(n))
	case majorText:
		text := d.bytes(n)
		if !utf8.Valid(text) {
			return errUTF8
		}
		if v.Kind() != reflect.String {
			return errShape
		}
		v.SetString(string(text))
	case majorArray:
		return d.array(v, int(n))
	case majorMap:
		return d.pairs(v, int(n))
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

func setBytes(v reflect.Value, b []byte) error {
	switch {
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		v.SetBytes(append([]byte{}, b...))
	case v.Kind() == reflect.Array && v.Type().Elem().Kind() == reflect.Uint8 && v.Len() == len(b):
		for i, x := range b {
			v.Index(i).SetUint(uint64(x))
		}
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

func (d *decoder) array(v reflect.Value, n int) error {
	switch v.Kind() {
	case reflect.Struct:
		s := infoOf(v.Type())
		if !s.toArray || len(s.fields) != n {
			return errShape
		}
		for _, f := range s.fields {
			if err := d.value(v.FieldByIndex(f.index)); err != nil {
				return err
			}
		}
		return nil
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return errShape
		}
		v.Set(reflect.MakeSlice(v.Type(), 0, min(n, 64)))
		for range n { // it grows with what is read
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
			if err := d.value(v.Index(v.Len() - 1)); err != nil {
				return err
			}
		}
		return nil
	case reflect.Array:
		if v.Len() != n || v.Type().Elem().Kind() == reflect.Uint8 {
			return errShape
		}
		for i := range n {
			if err := d.value(v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}
	return errShape
}

func (d *decoder) pairs(v reflect.Value, n int) error {
	switch v.Kind() {
	case reflect.Struct:
		return d.fields(v, n)
	case reflect.Map:
	default:
		return errShape
	}
	m := reflect.MakeMap(v.Type())
	for range n {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		if err := d.value(key); err != nil {
			return err
		}
		if b, ok := key.Interface().([]byte); ok {
			key.Set(reflect.ValueOf(ByteString(b)))
		}
		if !key.Comparable() {
			return errShape
		}
		if m.MapIndex(key).IsValid() {
			return errDuplicate
		}
		if err := d.value(value); err != nil {
			return err
		}
		m.SetMapIndex(key, value)
	}
	v.Set(m)
	return nil
}

// fields reads a map into a struct.
func (d *decoder) fields(v reflect.Value, n int) error {
	s := infoOf(v.Type())
	if s.toArray {
		return errShape
	}
	seen := make(map[string]bool, min(n, 64))
	for range n {
		major, _, _, _, _ := head(d.data, d.at)
		key := string(d.skip())
		switch {
		case seen[key]:
			return errDuplicate
		case major == majorText && !utf8.ValidString(key[headSize(key[0]):]):
			return errUTF8
		case major != majorText && major != majorUint && major != majorInt:
			return errShape
		}
		seen[key] = true
		if err := d.fieldOf(v, s, key); err != nil {
			return err
		}
	}
	return nil
}

// headSize returns how many bytes the head has that begins with first.
func headSize(first byte) int {
	if info := first & 0x1f; info >= 24 {
		return 1 + 1<<(info-24)
	}
	return 1
}

// fieldOf reads the value of a key into its field.
func (d *decoder) fieldOf(v reflect.Value, s *structInfo, key string) error {
	for _, f := range s.fields {
		if string(f.key) == key {
			return d.value(v.FieldByIndex(f.index))
		}
	}
	if d.strict {
		return errUnknown
	}
	d.skip()
	return nil
}

// any reads an item into the Go value that is nearest to it.
func (d *decoder) any() (any, error) {
	switch d.data[d.at] & 0xe0 {
	case majorArray:
		out := []any{}
		err := d.array(reflect.ValueOf(&out).Elem(), d.length())
		return out, err
	case majorMap:
		out := map[any]any{}
		err := d.pairs(reflect.ValueOf(&out).Elem(), d.length())
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
