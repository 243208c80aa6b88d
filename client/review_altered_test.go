package client_test

import (
	"testing"

	"parley/wire"
)

// A commit that was altered on its way moves nothing, and blames nobody; the
// device finds out that the room went on when it sends.
func TestAlteredCommit(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	w.signUp("carol")
	w.signUp("dave")
	alice.sendTo("start", "bob", "carol")
	bob.want("start")
	room := alice.room().Room
	alice.sync()
	if err := bob.AddMembers(ctx, room, []string{"dave"}); err != nil {
		t.Fatal(err)
	}
	tp := alice.tapped()
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		if op != wire.OpRead {
			return answer, nil
		}
		return change(t, answer, func(r *wire.ReadReply) {
			for i := range r.Events {
				if e := &r.Events[i].Envelope; e.Kind == wire.EventCommit {
					e.Message[len(e.Message)/2] ^= 1
				}
			}
		}), nil
	})
	_ = alice.Sync(ctx)
	tp.set(nil, nil)
	_, _ = alice.Send(ctx, room, "goes on")
	_ = alice.Sync(ctx)
	agree(t, alice, bob, room)
	if got := bob.unprinted(); len(got) != 1 || got[0] != "goes on" {
		t.Errorf("bob reads %q", got)
	}
}
