package storetest

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

var eraseTests = []testCase{
	{"EraseUnknown", testEraseUnknown},
	{"EraseTakesAll", testErase},
	{"EraseThenSignUp", testEraseThenSignUp},
	{"EraseOthersGoOn", testEraseOthers},
	{"EraseDirect", testEraseDirect},
	{"EraseLeavesNoName", testEraseNoName},
}

func erase(t *testing.T, s server.Store, a identity.Account) {
	t.Helper()
	if err := s.EraseAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
}

func testEraseUnknown(t *testing.T, s server.Store) {
	create(t, s, alice)
	if err := s.EraseAccount(t.Context(), bob); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("of no account: %v; want ErrNotFound", err)
	}
	erase(t, s, alice)
	if err := s.EraseAccount(t.Context(), alice); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("a second time: %v; want ErrNotFound", err)
	}
}

// everything gives a a bit of all that an account may have, and a room with bob.
func everything(t *testing.T, s server.Store, a identity.Account) *server.Room {
	t.Helper()
	create(t, s, a, bob)
	r := open(t, s, 1, a, bob)
	for n := 1; n <= 3; n++ {
		send(t, s, r, n)
	}
	add(t, s, single(device(a, 1), 1, "a", 1<<40), single(device(a, 1), 1, "b", 1<<40), lastResort(device(a, 1), 1, "last", 1<<40))
	claim(t, s, 0, []uint16{1}, device(a, 1))
	e := server.Enrollment{Device: device(a, 2), Claim: []byte("claim"), Expires: 1 << 40}
	if err := s.PutEnrollment(t.Context(), a, e, 0, 5); err != nil {
		t.Fatal(err)
	}
	keep(t, s, a, "kind", "x", "1")
	keep(t, s, a, server.RecordSeen, string(device(a, 1)), "day")
	return r
}

func testErase(t *testing.T, s server.Store) {
	r := everything(t, s, alice)
	erase(t, s, alice)
	if _, err := s.Account(t.Context(), alice); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("Account: %v; want ErrNotFound", err)
	}
	if _, err := s.Lists(t.Context(), alice, 1, 10); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("Lists: %v; want ErrNotFound", err)
	}
	if _, err := s.Read(t.Context(), device(alice, 1), 0, 10, 1<<20); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("Read: %v; want ErrNotFound", err)
	}
	if err := s.Acknowledge(t.Context(), device(alice, 1), 1); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("Acknowledge: %v; want ErrNotFound", err)
	}
	for _, kind := range []string{"kind", server.RecordSeen} {
		expect(t, "records", recordsOf(t, s, alice, kind, "", 10), nil)
	}
	expect(t, "key packages", claim(t, s, 0, []uint16{1}, device(alice, 1)), nil)
	if _, err := s.Enrollments(t.Context(), alice, 0); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("Enrollments: %v; want ErrNotFound", err)
	}
	now, err := s.Room(t.Context(), r.Room)
	if err != nil || now.Has(alice) || !now.Has(bob) || now.At() != r.At() || len(now.Pending) != 0 || len(now.Leaves) != 2 {
		t.Errorf("Room = %+v, %v; want bob's alone, with both leaves", now, err)
	}
	if err := s.Sweep(t.Context(), server.SweepLimits{Now: 1 << 50, Envelopes: 1, Receipts: 1}); err != nil {
		t.Errorf("Sweep afterwards: %v", err)
	}
}

func testEraseThenSignUp(t *testing.T, s server.Store) {
	everything(t, s, alice)
	erase(t, s, alice)
	again := newAccount(alice, 7)
	if err := s.CreateAccount(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, device(alice, 7)); len(got.Events) != 0 {
		t.Errorf("the new account reads %q", texts(t, got))
	}
	if _, err := s.Read(t.Context(), device(alice, 1), 0, 10, 1<<20); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("a device of the old one: %v; want ErrNotFound", err)
	}
	r := open(t, s, 2, alice, bob)
	send(t, s, r, 11)
	expect(t, "its mailbox", texts(t, read(t, s, device(alice, 7))), []string{"commit 0", "message 11"})
}

// testEraseOthers: the rest of the room goes on, and removes the leaf in time.
func testEraseOthers(t *testing.T, s server.Store) {
	r := everything(t, s, alice)
	before := texts(t, read(t, s, device(bob, 1)))
	erase(t, s, alice)
	expect(t, "bob's mailbox", texts(t, read(t, s, device(bob, 1))), before)
	now, err := s.Room(t.Context(), r.Room)
	if err != nil {
		t.Fatal(err)
	}
	op, e := message(now, 9)
	op.Device, e.Sender = device(bob, 1), device(bob, 1)
	if _, err := s.Append(t.Context(), op, e, server.Stamp{}); err != nil {
		t.Fatalf("bob sends: %v", err)
	}
	u := committing(now, 10, leaf(bob, 1))
	u.Op.Device = device(bob, 1)
	if _, err := s.Commit(t.Context(), u); err != nil {
		t.Fatalf("bob removes the leaf: %v", err)
	}
	expect(t, "bob's mailbox then", texts(t, read(t, s, device(bob, 1))), append(before, "message 9", "commit 1"))
}

func testEraseDirect(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	u := opening(1, alice, bob)
	u.Next.Kind = wire.KindDirect
	if _, err := s.Open(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	erase(t, s, alice)
	now, err := s.Room(t.Context(), u.Next.Room)
	if err != nil || !slices.Equal(now.Accounts, []identity.Account{bob}) || len(now.Set) != 0 || !slices.Equal(now.Leaves, []server.Leaf{leaf(bob, 1)}) {
		t.Errorf("Room = %+v, %v; want bob alone, of no set", now, err)
	}
	if g, err := s.Group(t.Context(), u.Next.Room); err != nil || len(g.State)+len(g.Info) != 0 {
		t.Errorf("Group = %+v, %v; want nothing of it", g, err)
	}
	next := opening(2, bob)
	if got, err := s.Open(t.Context(), next); err != nil || !got.Created {
		t.Errorf("another room of bob's: %+v, %v", got, err)
	}
}

// testEraseNoName: once the others have read and a member has removed the leaf,
// nothing that the store can give away names the account.
func testEraseNoName(t *testing.T, s server.Store) {
	d, ok := s.(server.Dumper)
	if !ok {
		t.Skip("the store doesn't dump")
	}
	r := everything(t, s, alice)
	if n := naming(t, d, alice); n < 5 {
		t.Fatalf("%d records name the account before: the search finds nothing", n)
	}
	erase(t, s, alice)
	now, err := s.Room(t.Context(), r.Room)
	if err != nil {
		t.Fatal(err)
	}
	u := committing(now, 10, leaf(bob, 1))
	u.Op.Device, u.Next.Set = device(bob, 1), []identity.Account{bob}
	if _, err := s.Commit(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	acknowledge(t, s, device(bob, 1), read(t, s, device(bob, 1)).Head)
	sweep(t, s, server.SweepLimits{})
	if n := naming(t, d, alice); n != 0 {
		t.Errorf("%d records name the account", n)
	}
}

// naming counts the records that hold a's name.
func naming(t *testing.T, d server.Dumper, a identity.Account) (n int) {
	t.Helper()
	err := d.Dump(t.Context(), func(r *server.Record) error {
		if bytes.Contains(cbor.MustMarshal(r), []byte("/"+a.Name())) {
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// testReopenErased: what was erased is so after a crash.
func testReopenErased(t *testing.T, s server.Store, reopen func(*testing.T, server.Store) server.Store) {
	everything(t, s, alice)
	erase(t, s, alice)
	s = reopen(t, s)
	if _, err := s.Account(t.Context(), alice); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("Account: %v; want ErrNotFound", err)
	}
	if _, err := s.Read(t.Context(), device(alice, 1), 0, 10, 1<<20); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("Read: %v; want ErrNotFound", err)
	}
	expect(t, "bob's mailbox", texts(t, read(t, s, device(bob, 1))), []string{"commit 0", "message 1", "message 2", "message 3"})
	if err := s.CreateAccount(t.Context(), newAccount(alice, 7)); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, device(alice, 7)); len(got.Events) != 0 {
		t.Errorf("a new account of that name reads %q", texts(t, got))
	}
}

// testNodesErased: a node that remembers a room as it was delivers nothing to an account
// that another one has erased, and decides nothing by it.
func testNodesErased(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice, bob, carol)
	r := open(t, nodes[0], 1, alice, bob, carol)
	for _, s := range nodes { // each remembers the room
		if _, err := s.Room(t.Context(), r.Room); err != nil {
			t.Fatal(err)
		}
	}
	erase(t, nodes[1], alice)
	stale := committing(r, 7, r.Leaves...)
	stale.Op.Device = device(bob, 1)
	if _, err := nodes[2].Commit(t.Context(), stale); !errors.Is(err, server.ErrStale) {
		t.Errorf("a commit that was judged before: %v; want ErrStale", err)
	}
	for i, s := range nodes {
		op, e := message(r, 20+i)
		op.Device, e.Sender = device(bob, 1), device(bob, 1)
		if _, err := s.Append(t.Context(), op, e, server.Stamp{}); err != nil {
			t.Errorf("a message at node %d: %v", i, err)
		}
	}
	want := []string{"commit 0", "message 20", "message 21", "message 22"}
	for i, s := range nodes {
		expect(t, "carol's mailbox", texts(t, read(t, s, device(carol, 1))), want)
		if _, err := s.Read(t.Context(), device(alice, 1), 0, 10, 1<<20); !errors.Is(err, server.ErrNotFound) {
			t.Errorf("alice reads at node %d: %v; want ErrNotFound", i, err)
		}
	}
	each(nodes, 6, func(i int, s server.Store) {
		err := s.EraseAccount(t.Context(), carol)
		if err != nil && !errors.Is(err, server.ErrNotFound) {
			t.Errorf("erased at once with others: %v", err)
		}
	})
	if _, err := nodes[0].Account(t.Context(), carol); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("carol: %v; want ErrNotFound", err)
	}
}
