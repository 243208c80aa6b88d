package storetest

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

var roomTests = []testCase{
	{"RoomUnknown", testRoomUnknown},
	{"OpenMakesAll", testOpen},
	{"OpenSameSet", testOpenSameSet},
	{"OpenNameTaken", testOpenNameTaken},
	{"OpenNextGeneration", testOpenNextGeneration},
	{"CommitMovesTheEpoch", testCommit},
	{"CommitOncePerEpoch", testCommitOnce},
	{"CommitJudgedByStaleLists", testCommitLists},
	{"AppendCounts", testAppend},
	{"AppendStale", testAppendStale},
	{"Idempotent", testIdempotent},
	{"CopiesItsInput", testCopies},
	{"ManyWriters", testManyWriters},
	{"MeetInARoom", testMeet},
}

func testRoomUnknown(t *testing.T, s server.Store) {
	create(t, s, alice)
	r := open(t, s, 1, alice)
	unknown := *r
	unknown.Room = room(2)
	op, e := message(&unknown, 1)
	_, errRoom := s.Room(t.Context(), unknown.Room)
	_, errGroup := s.Group(t.Context(), unknown.Room)
	_, errWinner := s.Winner(t.Context(), unknown.Room, 0, 0)
	_, errAppend := s.Append(t.Context(), op, e, server.Stamp{})
	_, errCommit := s.Commit(t.Context(), committing(&unknown, 2, leaf(alice, 1)))
	_, errReceipt := s.Receipt(t.Context(), op, 4000)
	for i, err := range []error{errRoom, errGroup, errWinner, errAppend, errCommit, errReceipt} {
		if !errors.Is(err, server.ErrNotFound) {
			t.Errorf("call %d: %v; want ErrNotFound", i, err)
		}
	}
}

func testOpen(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	u := opening(1, alice, bob)
	receipt, err := s.Open(t.Context(), u)
	want := server.Receipt{Room: room(1), Created: true, Seq: 1, Epoch: 1, AcceptedMS: 2000}
	if err != nil || receipt != want {
		t.Fatalf("Open = %+v, %v; want %+v", receipt, err, want)
	}
	r, err := s.Room(t.Context(), room(1))
	if err != nil {
		t.Fatal(err)
	}
	if r.At() != (server.Epoch{Epoch: 1}) || r.Seq != 1 || r.Kind != wire.KindGroup || !slices.Equal(r.Leaves, u.Next.Leaves) ||
		!slices.Equal(r.Accounts, []identity.Account{alice, bob}) || !slices.Equal(r.Set, r.Accounts) || len(r.Pending) != 0 {
		t.Errorf("Room = %+v", r)
	}
	g, err := s.Group(t.Context(), room(1))
	if err != nil || g.At != r.At() || g.Seq != 1 || string(g.State) != "state 1" || string(g.Info) != "info 1" {
		t.Errorf("Group = %+v, %v", g, err)
	}
	for _, a := range []identity.Account{alice, bob} {
		events := read(t, s, device(a, 1)).Events
		if len(events) != 1 || events[0].Envelope.Seq != 1 || string(events[0].Envelope.Welcome) != "welcome" {
			t.Errorf("%s's mailbox holds %+v", a.Name(), events)
		}
	}
	e, err := s.Winner(t.Context(), room(1), 0, 0)
	if err != nil || string(e.Message) != "commit 0" {
		t.Errorf("Winner of epoch 0 = %+v, %v", e, err)
	}
}

func testOpenSameSet(t *testing.T, s server.Store) {
	create(t, s, alice, bob, carol)
	r := open(t, s, 1, alice, bob)
	again := opening(2, alice, bob)
	receipt, err := s.Open(t.Context(), again)
	if err != nil || receipt.Created || receipt.Room != r.Room {
		t.Errorf("Open of the same set = %+v, %v; want the first room", receipt, err)
	}
	if _, err := s.Room(t.Context(), room(2)); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("it made a room: %v", err)
	}
	expect(t, "bob's mailbox", texts(t, read(t, s, device(bob, 1))), []string{"commit 0"})
	open(t, s, 3, alice, carol)
	// Once the roster is another, the set is free.
	if _, err := s.Commit(t.Context(), committing(r, 4, leaf(alice, 1), leaf(bob, 1), leaf(carol, 1))); err != nil {
		t.Fatal(err)
	}
	again = opening(5, alice, bob)
	if receipt, err := s.Open(t.Context(), again); err != nil || !receipt.Created || receipt.Room != room(5) {
		t.Errorf("Open of a set that no room has = %+v, %v", receipt, err)
	}
}

func testOpenNameTaken(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	open(t, s, 1, alice)
	u := opening(1, bob)
	if _, err := s.Open(t.Context(), u); !errors.Is(err, server.ErrExists) {
		t.Errorf("Open of a taken name: %v; want ErrExists", err)
	}
}

func testOpenNextGeneration(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	r := open(t, s, 1, alice, bob)
	send(t, s, r, 1)
	next := func(n int, before server.Epoch) server.RoomUpdate {
		u := opening(1, alice, bob)
		u.Op.ID, u.Before, u.Was = id(n), &before, r.Accounts
		u.Next.Generation, u.Envelope.Generation = before.Generation+1, before.Generation+1
		return u
	}
	for _, at := range []server.Epoch{{Generation: 1, Epoch: 1}, {Epoch: 2}} {
		if _, err := s.Open(t.Context(), next(90, at)); !errors.Is(err, server.ErrStale) {
			t.Errorf("after %+v: %v; want ErrStale", at, err)
		}
	}
	receipt, err := s.Open(t.Context(), next(91, r.At()))
	if err != nil || !receipt.Created || receipt.Generation != 1 || receipt.Seq != 3 {
		t.Fatalf("Open = %+v, %v; want seq 3: it goes on across generations", receipt, err)
	}
	if _, err := s.Open(t.Context(), next(92, r.At())); !errors.Is(err, server.ErrStale) {
		t.Errorf("a second one: %v; want ErrStale", err)
	}
	op, e := message(r, 2)
	if _, err := s.Append(t.Context(), op, e, server.Stamp{}); !errors.Is(err, server.ErrStale) {
		t.Errorf("a message to the old generation: %v; want ErrStale", err)
	}
	now, err := s.Room(t.Context(), r.Room)
	if err != nil || now.At() != (server.Epoch{Generation: 1, Epoch: 1}) {
		t.Fatalf("Room = %+v, %v", now, err)
	}
	if got := send(t, s, now, 3); got.Seq != 4 || got.Generation != 1 {
		t.Errorf("a message = %+v; want seq 4", got)
	}
}

func testCommit(t *testing.T, s server.Store) {
	create(t, s, alice, bob, carol)
	r := open(t, s, 1, alice, bob)
	receipt, err := s.Commit(t.Context(), committing(r, 2, leaf(alice, 1), leaf(carol, 1)))
	want := server.Receipt{Room: room(1), Created: true, Seq: 2, Epoch: 2, AcceptedMS: 3000}
	if err != nil || receipt != want {
		t.Fatalf("Commit = %+v, %v; want %+v", receipt, err, want)
	}
	now, err := s.Room(t.Context(), r.Room)
	if err != nil || now.Epoch != 2 || now.Seq != 2 || !slices.Equal(now.Accounts, []identity.Account{alice, carol}) {
		t.Fatalf("Room = %+v, %v", now, err)
	}
	if r.Epoch != 1 || !r.Has(bob) {
		t.Error("the Room given before has changed")
	}
	g, err := s.Group(t.Context(), r.Room)
	if err != nil || g.At.Epoch != 2 || g.Seq != 2 || string(g.State) != "state 2" || string(g.Info) != "info 2" {
		t.Errorf("Group = %+v, %v", g, err)
	}
	send(t, s, now, 3)
	// Who leaves gets the commit, and nothing after it.
	expect(t, "alice's mailbox", texts(t, read(t, s, device(alice, 1))), []string{"commit 0", "commit 1", "message 3"})
	expect(t, "bob's mailbox", texts(t, read(t, s, device(bob, 1))), []string{"commit 0", "commit 1"})
	expect(t, "carol's mailbox", texts(t, read(t, s, device(carol, 1))), []string{"commit 1", "message 3"})
	e, err := s.Winner(t.Context(), r.Room, 0, 1)
	if err != nil || string(e.Message) != "commit 1" || e.Seq != 2 {
		t.Errorf("Winner = %+v, %v", e, err)
	}
	if _, err := s.Winner(t.Context(), r.Room, 0, 2); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("Winner of the current epoch: %v; want ErrNotFound", err)
	}
}

func testCommitOnce(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	r := open(t, s, 1, alice, bob)
	const n = 8
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { _, errs[i] = s.Commit(t.Context(), committing(r, 10+i, r.Leaves...)) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, server.ErrStale):
			t.Errorf("a loser got %v; want ErrStale", err)
		}
	}
	if won != 1 {
		t.Errorf("%d commits of one epoch were taken; want 1", won)
	}
	if head := read(t, s, device(bob, 1)).Head; head != 2 {
		t.Errorf("bob's head is %d; want 2", head)
	}
}

func testCommitLists(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	r := open(t, s, 1, alice)
	put(t, s, bob, 2)
	u := committing(r, 2, leaf(alice, 1), leaf(bob, 1))
	u.Lists = map[identity.Account]uint64{bob: 1}
	if _, err := s.Commit(t.Context(), u); !errors.Is(err, server.ErrStale) {
		t.Errorf("judged by version 1: %v; want ErrStale", err)
	}
	u.Lists[bob] = 2
	if _, err := s.Commit(t.Context(), u); err != nil {
		t.Errorf("judged by version 2: %v", err)
	}
	v := opening(2, alice, carol)
	v.Lists = map[identity.Account]uint64{carol: 1}
	if _, err := s.Open(t.Context(), v); !errors.Is(err, server.ErrStale) {
		t.Errorf("with an unknown account: %v; want ErrStale", err)
	}
	if _, err := s.Room(t.Context(), room(2)); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("the refused room is there: %v", err)
	}
}

func testAppend(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	r, q := open(t, s, 1, alice, bob), open(t, s, 2, alice)
	for i := 1; i <= 3; i++ {
		want := server.Receipt{Room: r.Room, Seq: uint64(i) + 1, Epoch: 1, AcceptedMS: 4000}
		if got := send(t, s, r, i); got != want {
			t.Errorf("message %d: %+v; want %+v", i, got, want)
		}
	}
	if got := send(t, s, q, 9).Seq; got != 2 {
		t.Errorf("the other room's seq is %d; want 2: each counts for itself", got)
	}
	e := read(t, s, device(bob, 1)).Events[1]
	_, want := message(r, 1)
	want.Seq = 2
	if e.Pos != 2 || !equalEnvelopes(e.Envelope, want) {
		t.Errorf("bob reads %+v; want %+v", e, want)
	}
	expect(t, "alice's mailbox", texts(t, read(t, s, device(alice, 1))),
		[]string{"commit 0", "commit 0", "message 1", "message 2", "message 3", "message 9"})
}

func equalEnvelopes(a, b wire.Envelope) bool {
	x, errX := wire.Marshal(a)
	y, errY := wire.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func testAppendStale(t *testing.T, s server.Store) {
	create(t, s, alice)
	r := open(t, s, 1, alice)
	for _, at := range []server.Epoch{{Epoch: 0}, {Epoch: 2}, {Generation: 1, Epoch: 1}} {
		other := *r
		other.Generation, other.Epoch = at.Generation, at.Epoch
		op, e := message(&other, 1)
		if _, err := s.Append(t.Context(), op, e, server.Stamp{}); !errors.Is(err, server.ErrStale) {
			t.Errorf("at %+v: %v; want ErrStale", at, err)
		}
	}
	if got := send(t, s, r, 1).Seq; got != 2 {
		t.Errorf("seq %d; want 2: what was refused took none", got)
	}
}

func testIdempotent(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	u := opening(1, alice, bob)
	r := open(t, s, 1, alice, bob)
	first := send(t, s, r, 7)
	op, e := message(r, 7)
	e.Message, e.AcceptedMS, e.Epoch = []byte("another"), 9000, 99
	if got, err := s.Append(t.Context(), op, e, server.Stamp{}); err != nil || got != first {
		t.Errorf("Append again = %+v, %v; want %+v", got, err, first)
	}
	op.Device = device(bob, 1)
	e.Epoch = r.Epoch
	if got, err := s.Append(t.Context(), op, e, server.Stamp{}); err != nil || got.Seq != first.Seq+1 {
		t.Errorf("another device's same id = %+v, %v; want a new message", got, err)
	}
	commit := committing(r, 8, r.Leaves...)
	won, err := s.Commit(t.Context(), commit)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Commit(t.Context(), commit); err != nil || got != won {
		t.Errorf("Commit again = %+v, %v; want %+v", got, err, won)
	}
	u.Next.Room = room(9)
	if got, err := s.Open(t.Context(), u); err != nil || !got.Created || got.Room != r.Room {
		t.Errorf("Open again = %+v, %v; want the first reply", got, err)
	}
	got, err := s.Receipt(t.Context(), commit.Op, 3000+6*24*3600*1000)
	if err != nil || *got != won {
		t.Errorf("Receipt = %+v, %v; want %+v", got, err, won)
	}
	expect(t, "bob's mailbox", texts(t, read(t, s, device(bob, 1))), []string{"commit 0", "message 7", "another", "commit 1"})
}

func testCopies(t *testing.T, s server.Store) {
	create(t, s, alice)
	u := opening(1, alice)
	if _, err := s.Open(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	u.State[0], u.Info[0], u.Envelope.Message[0] = 'X', 'X', 'X'
	u.Next.Leaves[0], u.Next.Accounts[0], u.Next.Set[0] = server.Leaf{}, bob, bob
	r, _ := s.Room(t.Context(), room(1))
	op, e := message(r, 1)
	if _, err := s.Append(t.Context(), op, e, server.Stamp{}); err != nil {
		t.Fatal(err)
	}
	e.Message[0] = 'X'
	op.ID[0] = 'X'
	g, err := s.Group(t.Context(), room(1))
	if err != nil || string(g.State) != "state 1" || string(g.Info) != "info 1" {
		t.Errorf("Group = %+v, %v: the store kept the caller's slice", g, err)
	}
	if r.Leaves[0] != leaf(alice, 1) || !r.Has(alice) || r.Set[0] != alice {
		t.Errorf("Room = %+v: the store kept the caller's slice", r)
	}
	got := texts(t, read(t, s, device(alice, 1)))
	expect(t, "the mailbox", got, []string{"commit 0", "message 1"})
	read(t, s, device(alice, 1)).Events[0].Envelope.Message[0] = 'Y'
	expect(t, "the mailbox", texts(t, read(t, s, device(alice, 1))), got)
}

// testManyWriters: seqs and positions have no gaps, whoever writes, and the
// mailbox has them in seq's order.
func testManyWriters(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	r := open(t, s, 1, alice, bob)
	const writers, each = 16, 20
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				op, e := message(r, 100*(w+1)+i)
				if _, err := s.Append(t.Context(), op, e, server.Stamp{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	events := read(t, s, device(bob, 1)).Events
	if len(events) != writers*each+1 {
		t.Fatalf("%d events; want %d", len(events), writers*each+1)
	}
	for i, e := range events {
		if e.Pos != uint64(i)+1 || e.Envelope.Seq != e.Pos {
			t.Fatalf("event %d has position %d and seq %d", i, e.Pos, e.Envelope.Seq)
		}
	}
}
