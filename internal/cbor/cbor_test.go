package cbor_test

import (
	"bytes"
	"errors"
	"testing"

	"parley/internal/cbor"
)

type point struct {
	_ struct{} `cbor:",toarray"`
	X uint64
	B []byte
}

type named struct {
	A uint64 `cbor:"a"`
	B string `cbor:"bb,omitempty"`
}

func TestRoundTrip(t *testing.T) {
	want := point{X: 7, B: []byte("hi")}
	b, err := cbor.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if enc := []byte{0x82, 7, 0x42, 'h', 'i'}; !bytes.Equal(b, enc) {
		t.Fatalf("Marshal = %x; want %x", b, enc)
	}
	var got point
	if err := cbor.Unmarshal(b, &got); err != nil || got.X != want.X || !bytes.Equal(got.B, want.B) {
		t.Fatalf("Unmarshal = %v, %v; want %v", got, err, want)
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	for name, in := range map[string][]byte{
		"long form integer":  {0x82, 0x18, 7, 0x40},
		"indefinite array":   {0x9f, 7, 0x40, 0xff},
		"indefinite bytes":   {0x82, 7, 0x5f, 0x41, 1, 0xff},
		"trailing":           {0x82, 7, 0x40, 0},
		"tag":                {0xc1, 0x82, 7, 0x40},
		"truncated":          {0x82, 7, 0x42, 1},
		"huge claimed array": {0x9a, 0xff, 0xff, 0xff, 0xff},
	} {
		if err := cbor.Unmarshal(in, &point{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := cbor.Unmarshal([]byte{0x82, 0x18, 7, 0x40}, &point{}); !errors.Is(err, cbor.ErrNotDeterministic) {
		t.Errorf("long form: %v; want ErrNotDeterministic", err)
	}
}

func TestMaps(t *testing.T) {
	dup := []byte{0xa2, 0x61, 'a', 1, 0x61, 'a', 2}
	unsorted := []byte{0xa2, 0x62, 'b', 'b', 0x61, 'x', 0x61, 'a', 1}
	unknown := []byte{0xa2, 0x61, 'a', 1, 0x61, 'z', 2}
	for name, in := range map[string][]byte{"dup": dup, "unsorted": unsorted, "unknown": unknown} {
		if err := cbor.Unmarshal(in, &named{}); err == nil {
			t.Errorf("Unmarshal of %s keys: accepted", name)
		}
	}
	if err := cbor.UnmarshalLenient(unknown, &named{}); err != nil {
		t.Errorf("UnmarshalLenient of an unknown field: %v", err)
	}
	if err := cbor.UnmarshalLenient(dup, &named{}); err == nil {
		t.Error("UnmarshalLenient of duplicate keys: accepted")
	}
}

// What one wrote oneself is read as strictly, but for its encoding.
func TestUnmarshalOwn(t *testing.T) {
	var got point
	if err := cbor.UnmarshalOwn([]byte{0x82, 0x18, 7, 0x42, 'h', 'i'}, &got); err != nil || got.X != 7 || string(got.B) != "hi" {
		t.Errorf("UnmarshalOwn of a long form = %v, %v", got, err)
	}
	for name, in := range map[string][]byte{
		"trailing": {0x82, 7, 0x40, 0}, "tag": {0xc1, 0x82, 7, 0x40}, "truncated": {0x82, 7, 0x42, 1}, "short": {0x81, 7},
	} {
		if err := cbor.UnmarshalOwn(in, &point{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := cbor.UnmarshalOwn([]byte{0xa2, 0x61, 'a', 1, 0x61, 'z', 2}, &named{}); err == nil {
		t.Error("an unknown field: accepted")
	}
}
