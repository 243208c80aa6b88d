package client_test

import (
	"slices"
	"testing"
	"time"
)

// A device that fell behind rejoins while an admin's leave waits, and nobody else is
// there to commit it: an external commit can't change the roles.
func TestRejoinTakesAdminsLeaveIn(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	room := alice.group("Friends", bob, carol)
	for _, p := range []*person{alice, bob, carol} {
		p.sync()
	}
	found := bob.losesCommits()
	w.clock.advance(8 * 24 * time.Hour)
	alice.sync() // renews her keys by a commit
	alice.ok(alice.Leave(ctx, room))
	_ = bob.Sync(ctx)
	found()
	bob.sync()
	if _, err := bob.Send(ctx, room, "back"); err != nil {
		t.Fatalf("Send: %v", err)
	}
	carol.want("back")
	for _, p := range []*person{bob, carol} {
		if r, err := p.Room(ctx, room); err != nil || slices.Contains(r.Accounts, alice.Account()) || r.Problem != "" {
			t.Errorf("%s's room: %+v, %v; want it without alice", p.Account().Name(), r, err)
		}
		if got := p.admins(room); !slices.Equal(got, []string{"bob", "carol"}) {
			t.Errorf("admins: %q; want both, since none is left", got)
		}
	}
	// She is a member when she comes back.
	bob.ok(bob.AddMembers(ctx, room, []string{"alice"}))
	for _, p := range []*person{alice, carol} {
		p.sync()
		if r, err := p.Room(ctx, room); err != nil || !r.Active || r.Problem != "" {
			t.Errorf("%s's room: %+v, %v", p.Account().Name(), r, err)
		}
		if got := p.admins(room); slices.Equal(got, []string{"alice"}) {
			t.Errorf("admins: %q; want that alice came back as a member", got)
		}
	}
}
