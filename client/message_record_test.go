package client

import (
	"testing"

	"parley/identity"
	"parley/internal/cbor"
)

// What v0.1.0 kept is read, and written as it was; what is kept now comes back.
func TestMessageRecords(t *testing.T) {
	room := identity.Room("mimi://example.com/r/AAAAAAAAAAAAAAAAAAAAAA")
	old := messageV1{
		Version: 1, ID: MessageID{1, 2}, Room: room, From: "mimi://example.com/u/alice", AtMS: 3, Seq: 4,
		Kind: KindText, Text: "hello", State: StateSent, Subject: "x",
	}
	record := cbor.MustMarshal(&old)
	var m Message
	if err := cbor.Unmarshal(record, &m); err != nil {
		t.Fatalf("a record of version 1: %v", err)
	}
	if m.Text != "hello" || m.Seq != 4 || m.Subject != "x" || !m.Touched || m.Plain || m.TimerS != 0 {
		t.Errorf("version 1 is read as %+v", m)
	}
	m.State = StateDelivered
	old.State = StateDelivered
	if got, want := string(cbor.MustMarshal(&m)), string(cbor.MustMarshal(&old)); got != want {
		t.Errorf("it is written as %x; want %x", got, want)
	}

	e := outEntry{Version: 1, Content: []byte("c"), Message: Message{
		Version: messageVersion, ID: MessageID{1}, Room: room, Kind: KindText, Text: "now", Plain: true, Forwarded: true, Mentioned: true,
		Touched: true, TimerS: 5, ExpiresMS: 6, Value: "v",
	}}
	var back outEntry
	if err := cbor.Unmarshal(cbor.MustMarshal(&e), &back); err != nil {
		t.Fatalf("an entry of the outbox: %v", err)
	}
	if back.Message != e.Message {
		t.Errorf("it comes back as %+v; want %+v", back.Message, e.Message)
	}
	for _, unknown := range [][]byte{cbor.MustMarshal(messageV1{Version: 7, Room: room}), cbor.MustMarshal(messageV2{Version: 3, Room: room})} {
		if err := cbor.Unmarshal(unknown, &m); err == nil {
			t.Errorf("a record of an unknown version is read: %x", unknown)
		}
	}
	if err := m.UnmarshalCBOR(nil); err == nil {
		t.Error("an empty record is read")
	}
}
