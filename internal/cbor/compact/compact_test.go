package compact_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/rand"
	"reflect"
	"strings"
	"testing"

	"parley/identity"
	"parley/internal/cbor"
	"parley/internal/cbor/compact"
	"parley/wire"
)

// A mixed has what the types of content and client have.
type mixed struct {
	_     struct{} `cbor:",toarray"`
	Salt  [16]byte
	ID    *[]byte
	Topic []byte
	When  *limit
	Ext   map[any]cbor.RawMessage
	Part  cbor.RawMessage
	Names []identity.Account
	Flag  bool
	Kind  word
	N     int64
	M     uint8
}

type limit struct {
	_        struct{} `cbor:",toarray"`
	Relative bool
	Seconds  uint32
}

type word string

// A numbered has integer keys, and fields that are left out.
type numbered struct {
	Title *string       `cbor:"1,keyasint,omitempty"`
	Other *[]byte       `cbor:"2,keyasint,omitempty"`
	Count uint32        `cbor:"-3,keyasint,omitempty"`
	Big   int64         `cbor:"300,keyasint"`
	Inner struct{}      `cbor:"4,keyasint,omitempty"`
	Deep  named         `cbor:"5,keyasint,omitempty"`
	List  []named       `cbor:"6,keyasint,omitempty"`
	Map   map[word]bool `cbor:"7,keyasint,omitempty"`
	Hash  [4]byte       `cbor:"8,keyasint,omitempty"`
}

type named struct {
	A string `json:"a,omitempty"`
	B bool   `json:"bb,omitempty"`
	C []byte `cbor:"c,omitempty" json:"-"`
}

// prototypes are of each shape that goes over the wire or into a store.
func prototypes() []any {
	return []any{
		mixed{},
		numbered{},
		named{},
		limit{},
		wire.SignUpRequest{},
		wire.EnrollRequest{},
		wire.EnrollClaim{},
		wire.EnrollReply{},
		wire.ResetReply{},
		wire.Challenge{},
		wire.OpenSessionRequest{},
		wire.Session{},
		wire.Info{},
		wire.ReadRequest{},
		wire.ReadReply{},
		wire.SendRequest{},
		wire.SendReply{},
		wire.Frame{},
		wire.Hello{},
		wire.Error{},
		identity.DeviceList{},
		identity.SignedDeviceList{},
	}
}

// random returns a value of a type.
func random(of reflect.Type, r *rand.Rand) reflect.Value {
	p := reflect.New(of)
	fill(p.Elem(), r, 4)
	return p.Elem()
}

// fill sets v, down to some levels, to anything that is valid.
func fill(v reflect.Value, r *rand.Rand, levels int) {
	switch {
	case !v.CanSet() || r.Intn(6) == 0: // zero now and then
		return
	case v.Type() == reflect.TypeFor[cbor.RawMessage]():
		raw, _ := cbor.Marshal(r.Intn(1000))
		v.Set(reflect.ValueOf(cbor.RawMessage(raw)))
		return
	case v.Type() == reflect.TypeFor[map[any]cbor.RawMessage]():
		v.Set(reflect.ValueOf(map[any]cbor.RawMessage{uint64(r.Intn(9)): {0xf5}, "x": {0x01}, int64(-5): {0x80}}))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.Intn(2) == 0)
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt((r.Int63() >> r.Intn(63)) * int64(1-2*r.Intn(2)))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64() >> r.Intn(64))
	case reflect.String:
		v.SetString(strings.Repeat("ü", r.Intn(20)) + "a")
	case reflect.Pointer:
		if levels > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), r, levels-1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), r, levels-1)
		}
	case reflect.Slice:
		if levels > 0 {
			v.Set(reflect.MakeSlice(v.Type(), r.Intn(30), 30))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), r, levels-1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := range r.Intn(30) {
			value := reflect.New(v.Type().Elem()).Elem()
			fill(value, r, levels-1)
			v.SetMapIndex(reflect.ValueOf(strings.Repeat("k", i)).Convert(v.Type().Key()), value)
		}
	}
}

// Both give the same bytes, and read them back to the same value.
func TestSameBytes(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, p := range prototypes() {
		of := reflect.TypeOf(p)
		for range 60 {
			v := random(of, r).Interface()
			want, err := cbor.Marshal(v)
			if err != nil {
				t.Fatalf("%s: %v", of, err)
			}
			got, err := compact.Marshal(v)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s: %+v:\n got %x, %v\nwant %x", of, v, got, err, want)
			}
			compare(t, of, want)
		}
	}
}

// readCompact reads as package cbor does where it is built on this one.
func readCompact(data []byte, v any, strict bool) error {
	if err := compact.Unmarshal(data, v, strict); err != nil || !strict {
		return err
	}
	again, err := compact.Marshal(v)
	if err == nil && !bytes.Equal(again, data) {
		return errors.New("not deterministic")
	}
	return err
}

// compare reads data both ways, and fails the test where one takes what the other
// refuses, or gives another value. Without strictness the two may differ, in what
// nobody who means well writes, such as a field's name in other letters; of what is
// deterministic they make the same.
func compare(t *testing.T, of reflect.Type, data []byte) {
	t.Helper()
	good := false
	for _, strict := range []bool{true, false} {
		want, got := reflect.New(of), reflect.New(of)
		read := cbor.UnmarshalLenient
		if strict {
			read = cbor.Unmarshal
		}
		wantErr, gotErr := read(data, want.Interface()), readCompact(data, got.Interface(), strict)
		if strict && (wantErr == nil) != (gotErr == nil) {
			t.Fatalf("%s strict=%v: %x: %v; want %v", of, strict, data, gotErr, wantErr)
		}
		good = good || wantErr == nil && strict
		if good && (gotErr != nil || !sameValue(want, got)) {
			t.Fatalf("%s strict=%v: %x:\n got %+v\nwant %+v", of, strict, data, got.Elem(), want.Elem())
		}
	}
}

// sameValue compares by what each encodes: an empty slice is like none.
func sameValue(want, got reflect.Value) bool {
	x, errX := cbor.Marshal(want.Interface())
	y, errY := compact.Marshal(got.Interface())
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// Bytes that were changed are taken by both or by neither.
func TestSameRefusals(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for _, p := range prototypes() {
		of := reflect.TypeOf(p)
		for range 30 {
			data, err := cbor.Marshal(random(of, r).Interface())
			if err != nil {
				t.Fatal(err)
			}
			for range 20 {
				compare(t, of, mutate(data, r))
			}
		}
	}
}

func mutate(data []byte, r *rand.Rand) []byte {
	out := bytes.Clone(data)
	switch r.Intn(4) {
	case 0:
		out[r.Intn(len(out))] ^= 1 << r.Intn(8)
	case 1:
		out[r.Intn(min(len(out), 6))] = byte(r.Intn(256))
	case 2:
		out = out[:r.Intn(len(out))]
	case 3:
		out = append(out, byte(r.Intn(256)))
	}
	return out
}

// What any CBOR may hold, and what it may not.
func TestAny(t *testing.T) {
	for _, text := range []string{
		"00", "17", "1818", "1903e8", "1bffffffffffffffff", "20", "3903e7", "3b7fffffffffffffff", "40", "4401020304", "60", "6161", "62c3bc",
		"80", "83010203", "8301820203820405", "a0", "a201020304", "a26161016162820203", "f4", "f5", "f6", "f7",
		"f90000", "f98000", "f93c00", "f97bff", "f90001", "f90400", "f97c00", "fc00", "f97e00", "f9fc00", "fa47c35000", "fb3ff199999999999a",
		"e0", "f3", "f820", "f8ff", "f818", "f800",
		// Not deterministic, or not allowed:
		"1817", "190001", "5800", "7800", "a201010101", "a2020101010", "a26162016161020", "c000", "9fff", "bfff", "5fff", "7fff", "ff", "1c", "61ff",
		"fa3f800000", "fb3ff0000000000000", "fa7fc00000", "a140f5", "a1f6f5", "a18001", "9b0000000100000000", "5b7fffffffffffffff",
	} {
		data, err := hex.DecodeString(text)
		if err != nil {
			continue
		}
		compare(t, reflect.TypeFor[any](), data)
	}
	for depth := 14; depth < 20; depth++ {
		compare(t, reflect.TypeFor[any](), append(bytes.Repeat([]byte{0x81}, depth), 0x01))
		compare(t, reflect.TypeFor[cbor.RawMessage](), append(bytes.Repeat([]byte{0x81}, depth), 0x01))
	}
}

func TestFloats(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for i := range 3000 {
		f := math.Float64frombits(r.Uint64())
		switch i % 3 {
		case 0:
			f = float64(math.Float32frombits(r.Uint32()))
		case 1:
			f = math.Ldexp(float64(r.Intn(4096)-2048), r.Intn(40)-30)
		}
		want, err := cbor.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := compact.Marshal(f); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%v: %x, %v; want %x", f, got, err, want)
		}
	}
}

// A few bytes that promise much cost little.
func TestAllocation(t *testing.T) {
	for _, data := range [][]byte{{0x9a, 0, 1, 0xff, 0xff}, {0xba, 0, 1, 0xff, 0xff}, {0x5a, 0xff, 0xff, 0xff, 0xff}} {
		if n := testing.AllocsPerRun(10, func() {
			var v any
			if compact.Unmarshal(data, &v, true) == nil {
				t.Errorf("%x was taken", data)
			}
		}); n > 10 {
			t.Errorf("%x: %v allocations", data, n)
		}
	}
}

func FuzzSame(f *testing.F) {
	r := rand.New(rand.NewSource(4))
	for _, p := range prototypes() {
		if data, err := compact.Marshal(random(reflect.TypeOf(p), r).Interface()); err == nil {
			f.Add(data)
		}
	}
	types := []reflect.Type{reflect.TypeFor[any](), reflect.TypeFor[mixed](), reflect.TypeFor[numbered](), reflect.TypeFor[wire.ReadReply]()}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, of := range types {
			compare(t, of, data)
		}
	})
}
