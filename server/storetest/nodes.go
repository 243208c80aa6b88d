package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

// RunNodes tests that several nodes over one store are as one. open returns n of
// them over a new, empty store, and closes them with t.Cleanup.
func RunNodes(t *testing.T, open func(t *testing.T, n int) []server.Store) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, []server.Store)
	}{
		{"OneMeta", testNodesMeta},
		{"OneOrder", testNodesOrder},
		{"ReadsFollow", testNodesReadsFollow},
		{"OneCommitPerEpoch", testNodesCommit},
		{"OneRoomPerSet", testNodesSet},
		{"KeyPackagesOnce", testNodesKeyPackages},
		{"Idempotent", testNodesIdempotent},
		{"OneKeyRing", testNodesFranks},
		{"StaleRoster", testNodesRoster},
		{"PendingElsewhere", testNodesPending},
		{"ListsElsewhere", testNodesLists},
		{"RecordsBound", testNodesRecords},
		{"LeaveAtOnce", testNodesLeave},
		{"CursorsNeverBack", testNodesCursors},
		{"SweepsAtOnce", testNodesSweep},
		{"ErasedElsewhere", testNodesErased},
	} {
		t.Run("Nodes"+c.name, func(t *testing.T) { c.run(t, open(t, 3)) })
	}
}

// each calls f for n of the nodes in turn, all at the same time.
func each(nodes []server.Store, n int, f func(i int, s server.Store)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i, nodes[i%len(nodes)]) })
	}
	wg.Wait()
}

func testNodesMeta(t *testing.T, nodes []server.Store) {
	got := make([]string, 12)
	each(nodes, len(got), func(i int, s server.Store) {
		meta, err := s.Meta(t.Context(), "name", fmt.Appendf(nil, "of %d", i))
		if err != nil {
			t.Error(err)
		}
		got[i] = string(meta)
	})
	for _, g := range got {
		if g != got[0] || g == "" {
			t.Fatalf("Meta answers %q", got)
		}
	}
}

// testNodesOrder: whichever node takes a message, each mailbox has it once, at a
// place without gaps, in the order of the room, and all in the same order.
func testNodesOrder(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice, bob, carol)
	rooms := []*server.Room{open(t, nodes[0], 1, alice, bob), open(t, nodes[0], 2, alice, bob, carol), open(t, nodes[0], 3, bob, carol)}
	const writers, rounds = 12, 12
	each(nodes, writers, func(i int, s server.Store) {
		for n := range rounds {
			op, e := message(rooms[(i/3)%3], 1000*(i+1)+n)
			if _, err := s.Append(t.Context(), op, e, server.Stamp{}); err != nil {
				t.Errorf("node %d: %v", i%len(nodes), err)
			}
		}
	})
	var order [3][]string
	for i, a := range []identity.Account{alice, bob, carol} {
		for j, s := range nodes {
			reply := read(t, s, device(a, 1))
			got := texts(t, reply)
			if int(reply.Head) != len(got) || reply.First != 1 {
				t.Errorf("%s at node %d: head %d, first %d, %d events", a.Name(), j, reply.Head, reply.First, len(got))
			}
			if order[i] == nil {
				order[i] = got
			}
			expect(t, a.Name()+"'s mailbox at another node", got, order[i])
		}
		checkSeqs(t, read(t, nodes[i], device(a, 1)).Events)
	}
	want := writers*rounds + 3
	if got := len(order[1]); got != want { // bob is in all rooms
		t.Errorf("bob has %d events; want %d", got, want)
	}
}

// testNodesReadsFollow: a reader at one node, who goes on from the newest position
// that it saw, misses nothing that others write meanwhile.
func testNodesReadsFollow(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice, bob, carol)
	rooms := []*server.Room{open(t, nodes[0], 1, alice, bob), open(t, nodes[0], 2, bob, carol)}
	const writers, rounds = 8, 20
	done := make(chan struct{})
	go func() {
		defer close(done)
		each(nodes[:2], writers, func(i int, s server.Store) {
			for n := range rounds {
				op, e := message(rooms[(i/2)%2], 1000*(i+1)+n)
				if _, err := s.Append(t.Context(), op, e, server.Stamp{}); err != nil {
					t.Error(err)
				}
			}
		})
	}()
	after := uint64(0)
	for ended := false; ; {
		reply, err := nodes[2].Read(t.Context(), device(bob, 1), after, 50, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range reply.Events {
			if e.Pos != after+1 {
				t.Fatalf("position %d follows %d", e.Pos, after)
			}
			after = e.Pos
		}
		if len(reply.Events) > 0 {
			continue
		}
		if ended {
			break
		}
		select {
		case <-done:
			ended = true
		default:
		}
	}
	if want := uint64(writers*rounds + 2); after != want {
		t.Errorf("%d events were read; want %d", after, want)
	}
}

func testNodesCommit(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice, bob)
	r := open(t, nodes[0], 1, alice, bob)
	for epoch := range 4 {
		errs := make([]error, 6)
		each(nodes, len(errs), func(i int, s server.Store) {
			_, errs[i] = s.Commit(t.Context(), committing(r, 100*(epoch+1)+i, r.Leaves...))
		})
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
			t.Fatalf("%d commits of one epoch were taken; want 1", won)
		}
		r = current(t, nodes[epoch%3], r)
	}
	if head := read(t, nodes[1], device(bob, 1)).Head; head != 5 {
		t.Errorf("bob's head is %d; want 5", head)
	}
}

// current returns the room as s has it, once s was told that it had an old one.
func current(t *testing.T, s server.Store, r *server.Room) *server.Room {
	t.Helper()
	op, e := message(r, 1)
	op.ID = fmt.Appendf(nil, "stale %010d", r.Epoch)
	if _, err := s.Append(t.Context(), op, e, server.Stamp{}); !errors.Is(err, server.ErrStale) {
		t.Fatalf("a message to the epoch before: %v; want ErrStale", err)
	}
	now, err := s.Room(t.Context(), r.Room)
	if err != nil || now.Epoch != r.Epoch+1 {
		t.Fatalf("Room after ErrStale = %+v, %v; want epoch %d", now, err, r.Epoch+1)
	}
	return now
}

func testNodesSet(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice, bob)
	receipts := make([]server.Receipt, 6)
	each(nodes, len(receipts), func(i int, s server.Store) {
		var err error
		if receipts[i], err = s.Open(t.Context(), opening(byte(i+1), alice, bob)); err != nil {
			t.Errorf("Open %d: %v", i, err)
		}
	})
	made := 0
	for _, r := range receipts {
		if r.Created {
			made++
		}
		if r.Room != receipts[0].Room {
			t.Errorf("one got %s and another %s", receipts[0].Room, r.Room)
		}
	}
	if made != 1 {
		t.Errorf("%d rooms were made of one set; want 1", made)
	}
}

func testNodesKeyPackages(t *testing.T, nodes []server.Store) {
	const n = 30
	d := device(alice, 1)
	for i := range n {
		add(t, nodes[i%3], single(d, 1, fmt.Sprint(i), 100))
	}
	refs := make([][]string, 6)
	each(nodes, len(refs), func(i int, s server.Store) {
		for range n / len(refs) {
			refs[i] = append(refs[i], claim(t, s, 0, []uint16{1}, d)...)
		}
	})
	all := slices.Concat(refs...)
	slices.Sort(all)
	if len(all) != n || len(slices.Compact(slices.Clone(all))) != n {
		t.Errorf("%d were given, %d different ones; want %d", len(all), len(slices.Compact(all)), n)
	}
	add(t, nodes[1], single(d, 1, "3", 100)) // given already, wherever
	expect(t, "another claim", claim(t, nodes[2], 0, []uint16{1}, d), nil)
}

func testNodesIdempotent(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice, bob)
	r := open(t, nodes[0], 1, alice, bob)
	q := open(t, nodes[0], 2, alice)
	for n := range 10 {
		receipts := make([]server.Receipt, 6)
		each(nodes, len(receipts), func(i int, s server.Store) {
			op, e := message(r, n)
			if n%2 == 1 && i%2 == 1 { // the id counts, whatever else it says
				_, e = message(q, n)
			}
			var err error
			if receipts[i], err = s.Append(t.Context(), op, e, server.Stamp{}); err != nil {
				t.Error(err)
			}
		})
		for _, got := range receipts {
			if got != receipts[0] {
				t.Fatalf("one operation came to %+v and to %+v", receipts[0], got)
			}
		}
	}
	commit := committing(r, 50, r.Leaves...)
	receipts := make([]server.Receipt, 3)
	each(nodes, 3, func(i int, s server.Store) {
		var err error
		if receipts[i], err = s.Commit(t.Context(), commit); err != nil {
			t.Error(err)
		}
	})
	if receipts[0] != receipts[1] || receipts[0] != receipts[2] {
		t.Errorf("one commit came to %+v", receipts)
	}
	if got := len(read(t, nodes[1], device(alice, 1)).Events); got != 13 {
		t.Errorf("alice has %d events; want 2 rooms, 10 messages, 1 commit", got)
	}
	got, err := nodes[2].Receipt(t.Context(), commit.Op, 4000)
	if err != nil || *got != receipts[0] {
		t.Errorf("Receipt at another node = %+v, %v", got, err)
	}
}

// testNodesRoster: a node that remembers a roster delivers to the one that is
// true.
func testNodesRoster(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice, bob, carol)
	r := open(t, nodes[0], 1, alice, bob)
	send(t, nodes[1], r, 1) // it knows the room now
	if _, err := nodes[0].Commit(t.Context(), committing(r, 2, leaf(alice, 1), leaf(carol, 1))); err != nil {
		t.Fatal(err)
	}
	now, err := nodes[0].Room(t.Context(), r.Room)
	if err != nil {
		t.Fatal(err)
	}
	send(t, nodes[1], now, 3) // by who has heard of the commit
	expect(t, "bob's mailbox", texts(t, read(t, nodes[1], device(bob, 1))), []string{"commit 0", "message 1", "commit 1"})
	expect(t, "carol's mailbox", texts(t, read(t, nodes[1], device(carol, 1))), []string{"commit 1", "message 3"})
	if got := current(t, nodes[2], r); got.Has(bob) {
		t.Error("a node still has bob in the room")
	}
}

func testNodesPending(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice, bob)
	r := open(t, nodes[0], 1, alice, bob)
	for i, s := range nodes {
		send(t, s, r, i)
	}
	gone := []server.Leaf{leaf(alice, 1)}
	_, err := nodes[0].PutList(t.Context(), server.ListUpdate{Account: alice, List: list(alice, 2), Version: 2, Gone: gone})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range nodes {
		op, e := message(r, 10+i)
		if _, err := s.Append(t.Context(), op, e, server.Stamp{}); !errors.Is(err, server.ErrPending) {
			t.Errorf("node %d takes a message: %v; want ErrPending", i, err)
		}
		if now, err := s.Room(t.Context(), r.Room); err != nil || !slices.Equal(now.Pending, gone) {
			t.Errorf("after that node %d has the room as %+v, %v", i, now, err)
		}
	}
	if _, err := nodes[1].Commit(t.Context(), committing(r, 20, leaf(bob, 1))); err != nil {
		t.Fatal(err)
	}
	now := current(t, nodes[2], r)
	if len(now.Pending) != 0 {
		t.Errorf("pending after the removal: %v", now.Pending)
	}
	send(t, nodes[2], now, 30)
}

func testNodesLists(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice, bob)
	r := open(t, nodes[0], 1, alice)
	if _, err := nodes[1].Account(t.Context(), bob); err != nil {
		t.Fatal(err)
	}
	put(t, nodes[0], bob, 2)
	u := committing(r, 2, leaf(alice, 1), leaf(bob, 1))
	u.Lists = map[identity.Account]uint64{bob: 1}
	if _, err := nodes[1].Commit(t.Context(), u); !errors.Is(err, server.ErrStale) {
		t.Errorf("judged by a list that another node replaced: %v; want ErrStale", err)
	}
	if a, err := nodes[1].Account(t.Context(), bob); err != nil || a.Current.Version != 2 {
		t.Errorf("Account = %+v, %v", a, err)
	}
	// Of many nodes that put the next version, one does.
	errs := make([]error, 6)
	each(nodes, len(errs), func(i int, s server.Store) {
		_, errs[i] = s.PutList(t.Context(), server.ListUpdate{Account: bob, List: list(bob, 3), Version: 3})
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, server.ErrStale) {
			t.Errorf("a loser got %v; want ErrStale", err)
		}
	}
	if won != 1 {
		t.Errorf("%d lists of one version were taken; want 1", won)
	}
}

// testNodesRecords: a bound holds though several nodes add, or delete, at once, and
// of those that make the same new record one does.
func testNodesRecords(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice)
	count := func(u func(i int) server.RecordUpdate, refusal error) (n int) {
		errs := make([]error, 9)
		each(nodes, len(errs), func(i int, s server.Store) { errs[i] = s.UpdateRecords(t.Context(), u(i)) })
		for _, err := range errs {
			if err == nil {
				n++
			} else if !errors.Is(err, refusal) {
				t.Errorf("refused with %v; want %v", err, refusal)
			}
		}
		return n
	}
	n := count(func(i int) server.RecordUpdate {
		return server.RecordUpdate{Account: alice, Kind: "many", Put: kv(fmt.Sprint(i), ""), Max: 4}
	}, server.ErrTooMany)
	if got := len(recordsOf(t, nodes[1], alice, "many", "", 10)); n != 4 || got != 4 {
		t.Errorf("%d were taken and %d are there; want 4", n, got)
	}
	n = count(func(i int) server.RecordUpdate {
		return server.RecordUpdate{Account: alice, Kind: "one", Put: kv("a", fmt.Sprint(i)), New: true, Max: 4}
	}, server.ErrExists)
	if got := len(recordsOf(t, nodes[2], alice, "one", "", 10)); n != 1 || got != 1 {
		t.Errorf("%d were made and %d are there; want 1", n, got)
	}
	keep(t, nodes[0], alice, "left", "0", "", "1", "", "2", "", "3", "", "4", "", "5", "", "6", "", "7", "", "8", "")
	n = count(func(i int) server.RecordUpdate {
		return server.RecordUpdate{Account: alice, Kind: "left", Delete: []string{fmt.Sprint(i)}, Min: 1}
	}, server.ErrTooFew)
	if got := len(recordsOf(t, nodes[0], alice, "left", "", 10)); n != 8 || got != 1 {
		t.Errorf("%d were taken away and %d are left; want 8 and 1", n, got)
	}
}

func testNodesCursors(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice)
	r := open(t, nodes[0], 1, alice)
	const n = 30
	for i := range n {
		send(t, nodes[i%3], r, i)
	}
	each(nodes, 3, func(i int, s server.Store) {
		last := uint64(0)
		for pos := uint64(1); pos <= n; pos++ {
			if err := s.Acknowledge(t.Context(), device(alice, 1), pos); err != nil {
				t.Error(err)
			}
			now := read(t, nodes[(i+1)%3], device(alice, 1)).Cursor
			if now < last || now < pos {
				t.Errorf("the cursor is %d after %d, and after %d was acknowledged", now, last, pos)
			}
			last = now
		}
	})
	if err := nodes[1].Acknowledge(t.Context(), device(alice, 1), n+2); !errors.Is(err, server.ErrBeyond) {
		t.Errorf("beyond the head: %v; want ErrBeyond", err)
	}
}

// testNodesSweep: nodes that sweep while others write take nothing that is needed.
func testNodesSweep(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice, bob)
	r := open(t, nodes[0], 1, alice, bob)
	const writers, rounds = 6, 10
	each(nodes, writers, func(i int, s server.Store) {
		for n := range rounds {
			op, e := message(r, 1000*(i+1)+n)
			receipt, err := s.Append(t.Context(), op, e, server.Stamp{})
			if err != nil {
				t.Error(err)
				continue
			}
			if err := s.Acknowledge(t.Context(), device(alice, 1), receipt.Seq); err != nil {
				t.Error(err)
			}
			if n%5 == i%5 {
				sweep(t, s, server.SweepLimits{})
			}
		}
	})
	if got, want := len(read(t, nodes[1], device(bob, 1)).Events), writers*rounds+1; got != want {
		t.Errorf("bob, who acknowledged nothing, has %d events; want %d", got, want)
	}
	acknowledge(t, nodes[0], device(bob, 1), writers*rounds+1)
	sweep(t, nodes[0], server.SweepLimits{})
	sweep(t, nodes[1], server.SweepLimits{})
	for _, a := range []identity.Account{alice, bob} {
		if reply := read(t, nodes[2], device(a, 1)); len(reply.Events) != 0 || reply.First != reply.Head+1 {
			t.Errorf("%s's mailbox: %d events, first %d, head %d; want it empty", a.Name(), len(reply.Events), reply.First, reply.Head)
		}
	}
	if _, err := nodes[1].Winner(t.Context(), r.Room, 0, 0); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("the commit that everyone has: %v; want ErrNotFound", err)
	}
}

// checkSeqs checks that the events of each room come in the room's order, and
// without gaps.
func checkSeqs(t *testing.T, events []wire.Event) {
	t.Helper()
	last := map[identity.Room]uint64{}
	for _, e := range events {
		r := e.Envelope.Room
		if e.Envelope.Seq != last[r]+1 {
			t.Fatalf("seq %d follows %d in one room", e.Envelope.Seq, last[r])
		}
		last[r] = e.Envelope.Seq
	}
}
