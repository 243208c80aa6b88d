package mlsclient

import (
	"encoding/hex"
	"reflect"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// TestWire: bytes of messages by the rules of Protocol Buffers, made by hand.
func TestWire(t *testing.T) {
	for _, test := range []struct {
		message any // pointer
		want    string
	}{
		{&CreateGroupRequest{GroupID: []byte("g"), Suite: 300, EncryptHandshake: true}, "0a016710ac021801"},
		{&NameResponse{Name: "x"}, "0a0178"},
		{&SuitesResponse{Suites: []uint32{1, 300}}, "0a0301ac02"},
		{&ReInitWelcomeRequest{KeyPackages: [][]byte{{1}, {2}}}, "1201011201" + "02"},
		{&ExtensionsProposalRequest{Extensions: []Extension{{Type: 3, Data: []byte{0}}}}, "12050803120100"},
		{&ExternalSignerProposalRequest{Description: ProposalDescription{EpochID: 2}}, "2a022802"},
		{new(Empty), ""},
	} {
		want, err := hex.DecodeString(test.want)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Codec{}.Marshal(test.message)
		if err != nil {
			t.Fatalf("%T: %v", test.message, err)
		}
		got := reflect.New(reflect.TypeOf(test.message).Elem()).Interface()
		if err := (Codec{}).Unmarshal(want, got); err != nil {
			t.Errorf("%T: %v", test.message, err)
		}
		if !reflect.DeepEqual(got, test.message) {
			t.Errorf("%x is %+v, want %+v", want, got, test.message)
		}
		if len(b) != len(want) { // fields may come in any order
			t.Errorf("%+v has the bytes %x, want %x", test.message, b, want)
		}
	}
}

// TestWireUnknown: unknown fields are passed over, unpacked numbers are read,
// and what is cut off is refused.
func TestWireUnknown(t *testing.T) {
	b := protowire.AppendTag(nil, 99, protowire.BytesType)
	b = protowire.AppendBytes(b, []byte("new"))
	b = protowire.AppendTag(b, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, 7)
	var got SuitesResponse
	if err := (Codec{}).Unmarshal(b, &got); err != nil || len(got.Suites) != 1 || got.Suites[0] != 7 {
		t.Errorf("got %v, %v", got, err)
	}
	for n := 1; n < len(b); n++ {
		if n == 6 {
			continue // whole: the unknown field alone
		}
		if err := (Codec{}).Unmarshal(b[:n], new(SuitesResponse)); err == nil {
			t.Errorf("%x is accepted", b[:n])
		}
	}
	if err := (Codec{}).Unmarshal([]byte{0x08, 1}, new(NameResponse)); err == nil {
		t.Error("a number is accepted as a string")
	}
}
