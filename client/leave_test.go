package client_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"parley/client"
	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// Somebody leaves with two devices: both are out at once, the others commit it, and
// nothing that is sent after it is for them.
func TestLeave(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	phone := bob.secondDevice()
	room := alice.group("Friends", bob, phone, carol)
	alice.ok(alice.SetRole(ctx, room, "bob", client.RoleAdmin))
	bob.sync()
	phone.sync()
	bob.ok(bob.Leave(ctx, room))
	if r, err := bob.Room(ctx, room); err != nil || r.Active {
		t.Fatalf("bob's room: %+v, %v; want him out", r, err)
	}
	phone.sync()
	if r, err := phone.Room(ctx, room); err != nil || r.Active {
		t.Errorf("the phone's room: %+v, %v; want it out", r, err)
	}
	if _, err := alice.Send(ctx, room, "without bob"); err != nil {
		t.Fatalf("Send after somebody left: %v", err)
	}
	carol.want("without bob")
	bob.sync()
	if got := bob.unprinted(); len(got) != 0 {
		t.Errorf("bob reads %q", got)
	}
	for _, p := range []*person{alice, carol} {
		p.sync()
		r, err := p.Room(ctx, room)
		if err != nil || slices.Contains(r.Accounts, bob.Account()) || r.Problem != "" {
			t.Errorf("%s's room: %+v, %v; want it without bob", p.Account().Name(), r, err)
		}
		if got := p.admins(room); !slices.Equal(got, []string{"alice"}) {
			t.Errorf("admins: %q; want alice", got)
		}
		if got := p.notices(room); !slices.Contains(got, "left bob ") {
			t.Errorf("notices: %q; want that bob left", got)
		}
		if got := p.refusals(); len(got) != 0 {
			t.Errorf("%s refuses %q", p.Account().Name(), got)
		}
	}
	if err := bob.Leave(ctx, room); !errors.Is(err, client.ErrNotMember) {
		t.Errorf("leaving twice: %v; want ErrNotMember", err)
	}
	bob.ok(bob.DeleteRoom(ctx, room))
	alice.ok(alice.AddMembers(ctx, room, []string{"bob"}))
	bob.sync()
	if r, err := bob.Room(ctx, room); err != nil || !r.Active || r.Title != "Friends" {
		t.Errorf("bob's room after he is added again: %+v, %v", r, err)
	}
}

// Somebody leaves with the only device, and the others write before they know: what
// they write is sent after the leave is committed.
func TestWriteWhileSomebodyLeaves(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	room := alice.group("Friends", bob, carol)
	for _, p := range []*person{alice, bob, carol} {
		p.sync()
	}
	carol.ok(carol.Leave(ctx, room))
	if _, err := alice.Send(ctx, room, "before she knows"); err != nil {
		t.Fatalf("Send: %v", err)
	}
	if err := bob.AddMembers(ctx, room, []string{"carol"}); err != nil {
		t.Fatalf("AddMembers: %v", err)
	}
	bob.want("before she knows")
	carol.sync()
	if r, err := carol.Room(ctx, room); err != nil || !r.Active || r.Unread != 0 {
		t.Errorf("carol's room: %+v, %v; want her in again, without what was said meanwhile", r, err)
	}
}

// The answer to a leave is lost, and another one commits it: the same request gives
// the same answer.
func TestLeaveAnswerIsLost(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	room := alice.group("Friends", bob, carol)
	tp := carol.tapped()
	tp.lose(wire.OpLeave)
	if err := carol.Leave(ctx, room); !errors.Is(err, client.ErrQueued) {
		t.Fatalf("Leave, without the answer: %v; want ErrQueued", err)
	}
	bob.sync()
	alice.sync()
	carol.restart()
	carol.sync()
	if r, err := carol.Room(ctx, room); err != nil || r.Active {
		t.Errorf("carol's room: %+v, %v; want her out", r, err)
	}
	for _, p := range []*person{alice, bob} {
		if r, err := p.Room(ctx, room); err != nil || len(r.Accounts) != 2 {
			t.Errorf("%s's room: %+v, %v", p.Account().Name(), r, err)
		}
	}
}

// The last admin leaves: everyone is one then.
func TestLastAdminLeaves(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	room := alice.group("Friends", bob, carol)
	alice.ok(alice.Leave(ctx, room))
	bob.sync()
	carol.sync()
	if got := carol.admins(room); !slices.Equal(got, []string{"bob", "carol"}) {
		t.Errorf("admins: %q; want both", got)
	}
	bob.ok(bob.RemoveMember(ctx, room, "carol"))
	carol.sync()
	if r, err := carol.Room(ctx, room); err != nil || r.Active {
		t.Errorf("carol's room: %+v, %v; want her out", r, err)
	}
}

// Two leave at once, and somebody commits something else meanwhile.
func TestLeaveTogether(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol, dave := w.signUp("alice"), w.signUp("bob"), w.signUp("carol"), w.signUp("dave")
	w.signUp("erin")
	room := alice.group("Friends", bob, carol, dave)
	done := make(chan error, 3)
	go func() { done <- bob.Leave(ctx, room) }()
	go func() { done <- carol.Leave(ctx, room) }()
	go func() { done <- alice.AddMembers(ctx, room, []string{"erin"}) }()
	for range 3 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	dave.sync()
	alice.sync()
	dave.sync()
	want := []identity.Account{account("alice"), account("dave"), account("erin")}
	for _, p := range []*person{alice, dave} {
		if r, err := p.Room(ctx, room); err != nil || !slices.Equal(r.Accounts, want) {
			t.Errorf("%s's room: %+v, %v", p.Account().Name(), r, err)
		}
	}
	if _, err := dave.Send(ctx, room, "still here"); err != nil {
		t.Fatal(err)
	}
	alice.want("still here")
}

// Leaving without a connection is done when there is one.
func TestLeaveOffline(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	room := alice.group("Friends", bob)
	w.stop()
	if err := bob.Leave(ctx, room); !errors.Is(err, client.ErrQueued) {
		t.Fatalf("Leave without a server: %v; want ErrQueued", err)
	}
	bob.restart()
	w.start()
	bob.restart()
	bob.sync()
	if r, err := bob.Room(ctx, room); err != nil || r.Active {
		t.Errorf("bob's room: %+v, %v; want him out", r, err)
	}
	alice.restart()
	alice.sync()
	if r := alice.room(); slices.Contains(r.Accounts, bob.Account()) {
		t.Error("alice still has bob in the room")
	}
}

// A server invents a leave, by itself or of another's proposal: nobody goes.
func TestServerInventsALeave(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, mallory := w.signUp("alice"), w.signUp("bob"), w.signUp("mallory")
	room := alice.group("Friends", bob, mallory)
	alice.sync()
	var own []byte
	mallory.sync()
	mallory.ok(mallory.Hostile(ctx, room, func(g *mls.Group) (changes mls.Changes, err error) {
		own, _, _, err = g.Propose(&public.SelfRemove{}, mls.ProposeOptions{})
		return nil, err
	}))
	m, err := public.Parse[public.MLSMessage](own)
	if err != nil {
		t.Fatal(err)
	}
	m.PublicMessage.Content.Sender.Index = 1 // in bob's name
	forged := public.Marshal(m)

	tp := alice.tapped()
	turn := 0
	invented := []struct {
		sender  identity.Device
		message []byte
	}{{bob.Device(), forged}, {bob.Device(), own}, {mallory.Device(), forged}, {bob.Device(), []byte("noise")}}
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		if op != wire.OpRead {
			return answer, nil
		}
		return change(t, answer, func(r *wire.ReadReply) {
			for i := range r.Events {
				if e := &r.Events[i].Envelope; e.Kind == wire.EventMessage && turn < len(invented) {
					e.Kind, e.Sender, e.Message = wire.EventLeave, invented[turn].sender, invented[turn].message
					turn++
				}
			}
		}), nil
	})
	for range invented {
		if _, err := bob.Send(ctx, room, "is changed into a leave"); err != nil {
			t.Fatal(err)
		}
	}
	alice.sync()
	if got := alice.refusals(); !slices.Equal(got, []string{"bad_leave", "bad_leave", "bad_leave", "bad_leave"}) {
		t.Errorf("refusals %q; want each of the four", got)
	}
	if r, err := alice.Room(ctx, room); err != nil || len(r.Accounts) != 3 {
		t.Errorf("alice's room: %+v, %v; want all three", r, err)
	}
	tp.set(nil, nil)
	if _, err := alice.Send(ctx, room, "goes on"); err != nil {
		t.Fatal(err)
	}
	bob.want("goes on")
}

// losesCommits has a person's device get commits that it can't take, until found is
// called.
func (p *person) losesCommits() (found func()) {
	tp := p.tapped()
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		if op != wire.OpRead {
			return answer, nil
		}
		return change(p.w.t, answer, func(r *wire.ReadReply) {
			for i := range r.Events {
				if e := &r.Events[i].Envelope; e.Kind == wire.EventCommit {
					e.Message = []byte("lost")
				}
			}
		}), nil
	})
	return func() { tp.set(nil, nil) }
}

// A device that fell behind rejoins while somebody's leave waits: it takes it in.
func TestRejoinTakesLeaveIn(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	room := alice.group("Friends", bob, carol)
	for _, p := range []*person{alice, bob, carol} {
		p.sync()
	}
	found := alice.losesCommits()
	w.clock.advance(8 * 24 * time.Hour)
	bob.sync() // renews its keys by a commit
	carol.ok(carol.Leave(ctx, room))
	_ = alice.Sync(ctx)
	found()
	alice.sync()
	if _, err := alice.Send(ctx, room, "back"); err != nil {
		t.Fatalf("Send: %v", err)
	}
	bob.want("back")
	for _, p := range []*person{alice, bob} {
		if r, err := p.Room(ctx, room); err != nil || slices.Contains(r.Accounts, carol.Account()) {
			t.Errorf("%s's room: %+v, %v; want it without carol", p.Account().Name(), r, err)
		}
	}
}
