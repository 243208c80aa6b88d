package server_test

import (
	"testing"

	"parley/wire"
)

// TestStats: what happened is counted, at the node where it did.
func TestStats(t *testing.T) {
	st := newSite(t, 2)
	here, there := st.nodes[0], st.nodes[1]
	alice, bob, carol := here.person("alice"), here.person("bob"), here.person("carol")
	room := alice.room(wire.KindGroup, bob, carol)
	before := here.Stats()
	req := alice.sending(room, "x")
	if _, err := here.Send(t.Context(), alice.name, req); err != nil {
		t.Fatal(err)
	}
	got := here.Stats()
	if got.Messages-before.Messages != 1 || got.Copies-before.Copies != 3 || got.Bytes-before.Bytes != uint64(len(req.Message)) {
		t.Errorf("a message to three was counted as %+v, after %+v", got, before)
	}
	if got.Rooms != 1 || got.Sessions != 3 || got.Remembered != 3 || got.HintsSent <= before.HintsSent {
		t.Errorf("Stats = %+v; want one room, three sessions, and hints", got)
	}
	sub := there.Subscribe(bob.session)
	if n := there.Stats().Waiting; n != 1 {
		t.Errorf("%d wait; want 1", n)
	}
	sub.Close()
	events := bob.at(there).inbox()
	if s := there.Stats(); s.Waiting != 0 || s.Reads != 1 || s.Delivered != uint64(len(events)) || s.Messages != 0 {
		t.Errorf("the other node counted %+v", s)
	}
}
