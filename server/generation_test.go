package server_test

import (
	"testing"

	"parley/wire"
)

// TestGenerationAhead: a server that was restored from a backup may know an older
// generation than a room's members. What they send to theirs is refused as what
// hasn't begun, so that they look again, and the next one that they open is taken.
func TestGenerationAhead(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindGroup, bob)
	early := alice.sending(room, "of a generation that the server doesn't know")
	early.Generation = 2
	_, err := w.Send(t.Context(), alice.name, early)
	refused(t, "a message of a generation ahead", err, wire.CodeFutureEpoch)

	ahead, _ := alice.branching(room, 3, bob)
	reply, err := w.OpenRoom(t.Context(), alice.name, ahead)
	if err != nil || !reply.Created {
		t.Fatalf("OpenRoom = %+v, %v; want generation 3 after 0", reply, err)
	}
	between, _ := bob.branching(room, 2, alice)
	_, err = w.OpenRoom(t.Context(), bob.name, between)
	refused(t, "a generation below the newest", err, wire.CodeGenerationTaken)
}
