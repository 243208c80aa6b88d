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
	without := cbor.MustMarshal(&e)
	e.Message.Media = &Media{Attachments: []Attachment{{Role: 1, Key: [32]byte{5}, Name: "a"}}, ViewOnce: true}
	if err := cbor.Unmarshal(cbor.MustMarshal(&e), &back); err != nil {
		t.Fatalf("an entry with attachments: %v", err)
	}
	if back.Message.Media == nil || back.Message.Media.Attachments[0].Key != e.Message.Media.Attachments[0].Key || back.Message.Version != messageVersion {
		t.Errorf("its attachments come back as %+v", back.Message.Media)
	}
	back.Message.Media = nil
	if got := cbor.MustMarshal(&back); string(got) != string(without) {
		t.Errorf("without attachments it is written as %x; want %x, which an older client reads", got, without)
	}
	nested := cbor.MustMarshal(messageV3{Version: 3, Message: cbor.MustMarshal(&e.Message)})
	later := cbor.MustMarshal(messageV3{Version: 4, Message: cbor.MustMarshal(&back.Message)})
	for _, unknown := range [][]byte{nested, later, {0x83}, {0x83, 3, 0x80, 0xa0}, cbor.MustMarshal(messageV1{Version: 7, Room: room}), cbor.MustMarshal(messageV2{Version: 3, Room: room})} {
		if err := cbor.Unmarshal(unknown, &m); err == nil {
			t.Errorf("a record of an unknown version is read: %x", unknown)
		}
	}
	if err := m.UnmarshalCBOR(nil); err == nil {
		t.Error("an empty record is read")
	}
}
