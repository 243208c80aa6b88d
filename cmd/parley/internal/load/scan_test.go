package load

import (
	"bytes"
	"slices"
	"testing"

	"parley/wire"
)

func frames(t testing.TB) map[string][]byte {
	t.Helper()
	encode := func(v any) []byte {
		b, err := wire.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	events := wire.ReadReply{Head: 1 << 20, First: 3, Cursor: 2, Events: []wire.Event{
		{Pos: 70_000, Envelope: wire.Envelope{
			Kind: wire.EventMessage, Room: "r", Seq: 4, Epoch: 1, AcceptedMS: 5, Sender: "d",
			ID: bytes.Repeat([]byte{1}, wire.IDSize), Message: make([]byte, 1300),
		}},
		{Pos: 70_001, Envelope: wire.Envelope{Kind: wire.EventDevices, Account: "a", Version: 2}},
		{Pos: 70_002, Envelope: wire.Envelope{
			Kind: wire.EventCommit, ID: bytes.Repeat([]byte{2}, wire.IDSize), Welcome: []byte{1},
			Franking: &wire.Franking{Path: make([]byte, 64)},
		}},
	}}
	return map[string][]byte{
		"reply":   encode(wire.Frame{N: firstNumber + 3, Body: encode(wire.SendReply{Seq: 9, AcceptedMS: 7})}),
		"refusal": encode(wire.Frame{N: 5, Error: &wire.Error{Code: wire.CodeRateLimited, Message: "wait", RetryAfter: 30}}),
		"events":  encode(wire.Frame{Op: wire.OpEvents, Body: encode(events)}),
		"empty":   encode(wire.Frame{Op: wire.OpEvents, Body: encode(wire.ReadReply{})}),
	}
}

func TestScanFrame(t *testing.T) {
	all := frames(t)
	scan := func(name string) (frame, []byte) {
		var ids []byte
		f, err := scanFrame(all[name], func(id []byte) { ids = append(ids, id[0]) })
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return f, ids
	}
	if f, ids := scan("reply"); f.n != firstNumber+3 || f.refused != nil || len(ids) > 0 {
		t.Errorf("the reply is %+v with ids %v", f, ids)
	}
	if f, _ := scan("refusal"); f.n != 5 || f.refused == nil || f.refused.Code != wire.CodeRateLimited || f.refused.RetryAfter != 30 {
		t.Errorf("the refusal is %+v", f)
	}
	if f, ids := scan("events"); f.n != 0 || f.pos != 70_002 || !slices.Equal(ids, []byte{1, 2}) {
		t.Errorf("the push is %+v with ids %v", f, ids)
	}
	if f, ids := scan("empty"); f.pos != 0 || len(ids) > 0 {
		t.Errorf("the empty push is %+v with ids %v", f, ids)
	}
	for name, whole := range all {
		for n := range whole {
			if _, err := scanFrame(whole[:n], func([]byte) {}); err == nil {
				t.Fatalf("the first %d bytes of %s are taken for a frame", n, name)
			}
		}
	}
}

func FuzzScanFrame(f *testing.F) {
	for _, b := range frames(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		scanFrame(b, func(id []byte) {
			if n++; len(id) != wire.IDSize {
				t.Errorf("an id of %d bytes", len(id))
			}
		})
		if n > len(b)/wire.IDSize {
			t.Errorf("%d ids in %d bytes", n, len(b))
		}
	})
}
