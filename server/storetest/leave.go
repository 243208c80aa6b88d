package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

var leaveTests = []testCase{
	{"LeaveTakesTheAccountOut", testLeave},
	{"LeaveStale", testLeaveStale},
	{"LeaveIdempotent", testLeaveIdempotent},
	{"LeaveThenCommit", testLeaveThenCommit},
	{"LeaveThenListGoes", testLeaveThenList},
}

// leavingRoom returns what takes a out of r, with an id of n.
func leavingRoom(r *server.Room, n int, a identity.Account) server.LeaveUpdate {
	l := leaf(a, 1)
	op := server.OperationID{Kind: wire.EventLeave, Device: l.Device, ID: id(n)}
	return server.LeaveUpdate{
		Op: op, Before: r.At(), Was: r.Accounts, Leaf: l, State: fmt.Appendf(nil, "state %d without %s", r.Epoch, a.Name()),
		Envelope: wire.Envelope{
			Kind: wire.EventLeave, Room: r.Room, Generation: r.Generation, Epoch: r.Epoch, AcceptedMS: 5000,
			Sender: l.Device, ID: op.ID, Message: fmt.Appendf(nil, "%s leaves", a.Name()),
		},
	}
}

// leaves takes a out of r and returns the room as it is then.
func leaves(t *testing.T, s server.Store, r *server.Room, n int, a identity.Account) *server.Room {
	t.Helper()
	if _, err := s.Leave(t.Context(), leavingRoom(r, n, a)); err != nil {
		t.Fatal(err)
	}
	now, err := s.Room(t.Context(), r.Room)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func testLeave(t *testing.T, s server.Store) {
	create(t, s, alice, bob, carol)
	r := open(t, s, 1, alice, bob, carol)
	send(t, s, r, 1)
	got, err := s.Leave(t.Context(), leavingRoom(r, 2, bob))
	if err != nil || got.Seq != 3 || got.Room != r.Room || got.AcceptedMS != 5000 || got.Epoch != 1 {
		t.Fatalf("Leave = %+v, %v; want seq 3 of epoch 1", got, err)
	}
	now, err := s.Room(t.Context(), r.Room)
	if err != nil || now.Has(bob) || !now.Has(alice) || now.At() != r.At() || now.Seq != r.Seq {
		t.Errorf("Room = %+v, %v; want the same epoch without bob", now, err)
	}
	if !slices.Equal(now.Leaves, r.Leaves) || !slices.Equal(now.Pending, []server.Leaf{leaf(bob, 1)}) {
		t.Errorf("leaves %v, pending %v; want the same leaves, and bob's pending", now.Leaves, now.Pending)
	}
	if g, err := s.Group(t.Context(), r.Room); err != nil || string(g.State) != "state 1 without bob" || string(g.Info) != "info 1" || g.Seq != r.Seq {
		t.Errorf("Group = %+v, %v", g, err)
	}
	op, e := message(now, 3)
	if _, err := s.Append(t.Context(), op, e, server.Stamp{}); !errors.Is(err, server.ErrPending) {
		t.Errorf("a message: %v; want ErrPending", err)
	}
	for _, a := range []identity.Account{alice, bob, carol} {
		expect(t, a.Name()+"'s mailbox", texts(t, read(t, s, device(a, 1))), []string{"commit 0", "message 1", "bob leaves"})
	}
	last := read(t, s, device(carol, 1)).Events[2].Envelope
	if last.Kind != wire.EventLeave || last.Seq != 3 || last.Sender != device(bob, 1) || last.Epoch != 1 {
		t.Errorf("the event is %+v", last)
	}
}

func testLeaveStale(t *testing.T, s server.Store) {
	create(t, s, alice, bob, carol)
	r := open(t, s, 1, alice, bob, carol)
	other := leavingRoom(r, 1, bob)
	other.Envelope.Room = room(9)
	if _, err := s.Leave(t.Context(), other); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("out of no room: %v; want ErrNotFound", err)
	}
	for _, at := range []server.Epoch{{Epoch: 2}, {Epoch: 0}, {Generation: 1, Epoch: 1}} {
		u := leavingRoom(r, 2, bob)
		u.Before = at
		if _, err := s.Leave(t.Context(), u); !errors.Is(err, server.ErrStale) {
			t.Errorf("at %+v: %v; want ErrStale", at, err)
		}
	}
	now := leaves(t, s, r, 3, bob)
	if _, err := s.Leave(t.Context(), leavingRoom(r, 4, carol)); !errors.Is(err, server.ErrStale) {
		t.Errorf("judged before bob left: %v; want ErrStale", err)
	}
	if _, err := s.Commit(t.Context(), committing(r, 5, r.Leaves...)); !errors.Is(err, server.ErrStale) {
		t.Errorf("a commit judged before bob left: %v; want ErrStale", err)
	}
	u := opening(1, alice, carol)
	before := r.At()
	u.Op.ID, u.Before, u.Was, u.Next.Generation = id(6), &before, r.Accounts, 1
	if _, err := s.Open(t.Context(), u); !errors.Is(err, server.ErrStale) {
		t.Errorf("a generation judged before bob left: %v; want ErrStale", err)
	}
	now = leaves(t, s, now, 7, carol)
	if !slices.Equal(now.Accounts, []identity.Account{alice}) || len(now.Pending) != 2 {
		t.Errorf("Room = %+v; want alice alone, two pending", now)
	}
	expect(t, "bob's mailbox", texts(t, read(t, s, device(bob, 1))), []string{"commit 0", "bob leaves"})
	expect(t, "carol's mailbox", texts(t, read(t, s, device(carol, 1))), []string{"commit 0", "bob leaves", "carol leaves"})
}

func testLeaveIdempotent(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	r := open(t, s, 1, alice, bob)
	u := leavingRoom(r, 1, bob)
	first, err := s.Leave(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	u.State, u.Envelope.Message = []byte("another"), []byte("another")
	if got, err := s.Leave(t.Context(), u); err != nil || got != first {
		t.Errorf("again = %+v, %v; want %+v", got, err, first)
	}
	if got, err := s.Receipt(t.Context(), u.Op, 6000); err != nil || *got != first {
		t.Errorf("Receipt = %+v, %v; want %+v", got, err, first)
	}
	expect(t, "alice's mailbox", texts(t, read(t, s, device(alice, 1))), []string{"commit 0", "bob leaves"})
}

func testLeaveThenCommit(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	r := leaves(t, s, open(t, s, 1, alice, bob), 1, bob)
	if _, err := s.Commit(t.Context(), committing(r, 2, leaf(alice, 1))); err != nil {
		t.Fatal(err)
	}
	now, err := s.Room(t.Context(), r.Room)
	if err != nil || len(now.Pending) != 0 || len(now.Leaves) != 1 || now.Epoch != 2 {
		t.Fatalf("Room = %+v, %v", now, err)
	}
	if got := send(t, s, now, 3); got.Seq != 4 {
		t.Errorf("a message has seq %d; want 4", got.Seq)
	}
	expect(t, "bob's mailbox", texts(t, read(t, s, device(bob, 1))), []string{"commit 0", "bob leaves"})
	expect(t, "alice's mailbox", texts(t, read(t, s, device(alice, 1))), []string{"commit 0", "bob leaves", "commit 1", "message 3"})
	// Nobody is led to the room by the people who were in it.
	if got, err := s.Open(t.Context(), opening(2, alice, bob)); err != nil || !got.Created {
		t.Errorf("Open for the same people = %+v, %v; want a new room", got, err)
	}
}

// testLeaveThenList: a list of who leaves concerns the room no more.
func testLeaveThenList(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	leaves(t, s, open(t, s, 1, alice, bob), 1, bob)
	if touched := put(t, s, bob, 2); !slices.Equal(touched, []identity.Account{bob}) {
		t.Errorf("bob's list touched %v; want bob", touched)
	}
	if touched := put(t, s, alice, 2); !slices.Equal(touched, []identity.Account{alice}) {
		t.Errorf("alice's list touched %v; want alice", touched)
	}
}

// testNodesLeave: of those who leave at once at several nodes each does, one after
// another, and a commit that doesn't know of it isn't taken.
func testNodesLeave(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice, bob, carol)
	r := open(t, nodes[0], 1, alice, bob, carol)
	for i, s := range nodes {
		send(t, s, r, i) // each knows the room
	}
	errs := make([]error, 2)
	each(nodes, 2, func(i int, s server.Store) {
		_, errs[i] = s.Leave(t.Context(), leavingRoom(r, 10+i, []identity.Account{bob, carol}[i]))
	})
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("two who left at once got %v and %v; want one ErrStale", errs[0], errs[1])
	}
	if _, err := nodes[2].Commit(t.Context(), committing(r, 20, r.Leaves...)); !errors.Is(err, server.ErrStale) {
		t.Errorf("a commit at a node that hasn't heard: %v; want ErrStale", err)
	}
	now, err := nodes[2].Room(t.Context(), r.Room)
	if err != nil || len(now.Accounts) != 2 || len(now.Pending) != 1 {
		t.Fatalf("after that the node has %+v, %v", now, err)
	}
	if _, err := nodes[2].Commit(t.Context(), committing(now, 21, slices.DeleteFunc(slices.Clone(now.Leaves), func(l server.Leaf) bool {
		return slices.Contains(now.Pending, l)
	})...)); err != nil {
		t.Fatal(err)
	}
	now = current(t, nodes[1], r)
	if len(now.Pending) != 0 || len(now.Leaves) != 2 {
		t.Errorf("after the commit: %+v", now)
	}
}
