package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"parley/wire"
)

func TestBodiesRoundTrip(t *testing.T) {
	want := wire.ReadReply{Head: 9, First: 2, Events: []wire.Event{{Pos: 2, Envelope: wire.Envelope{
		Kind: wire.EventMessage, Room: "r", Seq: 4, Epoch: 1, AcceptedMS: 5, Sender: "d", ID: make([]byte, wire.IDSize), Message: []byte("m"),
	}}}}
	b, err := wire.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got wire.ReadReply
	if err := wire.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	again, err := wire.Marshal(got)
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("%+v came back as %+v", want, got)
	}
}

func TestErrorIsItsCode(t *testing.T) {
	err := fmt.Errorf("sending: %w", wire.Refuse(wire.CodeStaleEpoch, "the epoch ended"))
	if !errors.Is(err, &wire.Error{Code: wire.CodeStaleEpoch}) || errors.Is(err, &wire.Error{Code: wire.CodeForbidden}) {
		t.Errorf("errors.Is doesn't match by code: %v", err)
	}
}

func TestRoomExtension(t *testing.T) {
	e := wire.RoomExtension{Version: 1, Mode: wire.ModePrivate, Kind: wire.KindDirect, FrankingKey: make([]byte, 32)}
	got, err := wire.ParseRoomExtension(e.Marshal())
	if err != nil || !bytes.Equal(got.Marshal(), e.Marshal()) {
		t.Errorf("ParseRoomExtension = %+v, %v; want %+v", got, err, e)
	}
	if _, err := wire.ParseRoomExtension(append(e.Marshal(), 0)); err == nil {
		t.Error("trailing bytes are taken")
	}
}
