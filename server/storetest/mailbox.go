package storetest

import (
	"errors"
	"fmt"
	"testing"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

var mailboxTests = []testCase{
	{"ReadUnknownDevice", testReadUnknown},
	{"ReadLimits", testReadLimits},
	{"AcknowledgeMovesForward", testAcknowledge},
}

var sweepTests = []testCase{
	{"SweepAcknowledged", testSweepAcknowledged},
	{"SweepExpired", testSweepExpired},
	{"SweepKeyPackages", testSweepKeyPackages},
	{"SweepReceipts", testSweepReceipts},
}

func testReadUnknown(t *testing.T, s server.Store) {
	create(t, s, alice)
	for _, d := range []identity.Device{device(alice, 2), device(bob, 1)} {
		_, err := s.Read(t.Context(), d, 0, 10, 10)
		if !errors.Is(err, server.ErrNotFound) {
			t.Errorf("Read by %s: %v; want ErrNotFound", d, err)
		}
		if err := s.Acknowledge(t.Context(), d, 0); !errors.Is(err, server.ErrNotFound) {
			t.Errorf("Acknowledge by %s: %v; want ErrNotFound", d, err)
		}
	}
}

func testReadLimits(t *testing.T, s server.Store) {
	create(t, s, alice)
	r := open(t, s, 1, alice)
	for i := 1; i <= 5; i++ {
		send(t, s, r, i)
	}
	two := 0 // bytes of the encoded envelopes of messages 1 and 2
	for _, e := range read(t, s, device(alice, 1)).Events[1:3] {
		two += len(cbor.MustMarshal(e.Envelope))
	}
	for _, c := range []struct {
		after         uint64
		max, maxBytes int
		want          []string
	}{
		{0, 2, 1000, []string{"commit 0", "message 1"}},
		{1, 2, 1000, []string{"message 1", "message 2"}},
		{1, 10, two, []string{"message 1", "message 2"}},
		{1, 10, 1, []string{"message 1"}}, // the first, however large
		{5, 10, 1000, []string{"message 5"}},
		{6, 10, 1000, nil},
		{7, 10, 1000, nil},
		{1 << 63, 10, 1000, nil},
		{^uint64(0), 10, 1000, nil},
	} {
		raw, err := s.Read(t.Context(), device(alice, 1), c.after, c.max, c.maxBytes)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := raw.Decode()
		if err != nil {
			t.Fatal(err)
		}
		expect(t, fmt.Sprintf("Read after %d, %d, %d", c.after, c.max, c.maxBytes), texts(t, reply), c.want)
		if reply.Head != 6 || reply.First != 1 {
			t.Errorf("head %d, first %d; want 6 and 1", reply.Head, reply.First)
		}
	}
}

func testAcknowledge(t *testing.T, s server.Store) {
	create(t, s, alice)
	r := open(t, s, 1, alice)
	send(t, s, r, 1)
	d := device(alice, 1)
	for _, c := range []struct {
		pos  uint64
		err  error
		want uint64
	}{{1, nil, 1}, {0, nil, 1}, {3, server.ErrBeyond, 1}, {2, nil, 2}, {1, nil, 2}} {
		if err := s.Acknowledge(t.Context(), d, c.pos); !errors.Is(err, c.err) {
			t.Errorf("Acknowledge %d: %v; want %v", c.pos, err, c.err)
		}
		if got := read(t, s, d).Cursor; got != c.want {
			t.Errorf("after %d the cursor is %d; want %d", c.pos, got, c.want)
		}
	}
	if got := len(read(t, s, d).Events); got != 2 {
		t.Errorf("%d events; want 2: acknowledging removes nothing by itself", got)
	}
}

// second gives alice a second device.
func second(t *testing.T, s server.Store) identity.Device {
	t.Helper()
	d := device(alice, 2)
	if _, err := s.PutList(t.Context(), server.ListUpdate{Account: alice, List: list(alice, 2), Version: 2, Join: []identity.Device{d}}); err != nil {
		t.Fatal(err)
	}
	return d
}

func acknowledge(t *testing.T, s server.Store, d identity.Device, pos uint64) {
	t.Helper()
	if err := s.Acknowledge(t.Context(), d, pos); err != nil {
		t.Fatal(err)
	}
}

func sweep(t *testing.T, s server.Store, limits server.SweepLimits) {
	t.Helper()
	if err := s.Sweep(t.Context(), limits); err != nil {
		t.Fatal(err)
	}
}

func testSweepAcknowledged(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	d1, d2, b := device(alice, 1), second(t, s), device(bob, 1) // alice: 1 devices
	r := open(t, s, 1, alice, bob)                              // 2
	send(t, s, r, 1)                                            // 3
	send(t, s, r, 2)                                            // 4
	acknowledge(t, s, d1, 4)
	acknowledge(t, s, d2, 2)
	sweep(t, s, server.SweepLimits{})
	expect(t, "alice's mailbox", texts(t, read(t, s, d1)), []string{"message 1", "message 2"})
	if first := read(t, s, d1).First; first != 3 {
		t.Errorf("first is %d; want 3", first)
	}
	expect(t, "bob's mailbox", texts(t, read(t, s, b)), []string{"commit 0", "message 1", "message 2"})
	if _, err := s.Winner(t.Context(), r.Room, 0, 0); err != nil {
		t.Errorf("the commit that bob hasn't acknowledged: %v", err)
	}
	acknowledge(t, s, d2, 4)
	acknowledge(t, s, b, 3)
	sweep(t, s, server.SweepLimits{})
	sweep(t, s, server.SweepLimits{})
	for _, d := range []identity.Device{d1, d2, b} {
		reply := read(t, s, d)
		if len(reply.Events) != 0 || reply.First != reply.Head+1 {
			t.Errorf("%s: %+v; want an empty mailbox", d, reply)
		}
	}
	if _, err := s.Winner(t.Context(), r.Room, 0, 0); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("the commit that everyone has: %v; want ErrNotFound", err)
	}
	// Positions and seqs go on.
	if got := send(t, s, r, 3).Seq; got != 4 {
		t.Errorf("seq %d; want 4", got)
	}
	reply := read(t, s, d1)
	expect(t, "alice's mailbox", texts(t, reply), []string{"message 3"})
	if reply.Events[0].Pos != 5 || reply.Head != 5 || reply.First != 5 {
		t.Errorf("position %d, head %d, first %d; want 5", reply.Events[0].Pos, reply.Head, reply.First)
	}
}

func testSweepExpired(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	r := open(t, s, 1, alice, bob) // accepted at 2000
	send(t, s, r, 1)               // 4000
	acknowledge(t, s, device(bob, 1), 1)
	sweep(t, s, server.SweepLimits{Envelopes: 4000})
	for _, a := range []identity.Account{alice, bob} {
		reply := read(t, s, device(a, 1))
		expect(t, a.Name()+"'s mailbox", texts(t, reply), []string{"message 1"})
		if reply.First != 2 || reply.Head != 2 {
			t.Errorf("first %d, head %d; want 2", reply.First, reply.Head)
		}
	}
	sweep(t, s, server.SweepLimits{Envelopes: 4001})
	send(t, s, r, 2)
	reply := read(t, s, device(alice, 1))
	expect(t, "alice's mailbox", texts(t, reply), []string{"message 2"})
	if reply.First != 3 || reply.Head != 3 || reply.Events[0].Envelope.Seq != 3 || reply.Cursor != 0 {
		t.Errorf("the reply is %+v", reply)
	}
	if e, err := s.Winner(t.Context(), r.Room, 0, 0); err == nil {
		t.Errorf("Winner = %+v; want it gone", e)
	}
}

func testSweepKeyPackages(t *testing.T, s server.Store) {
	create(t, s, alice)
	d := device(alice, 1)
	add(t, s, single(d, 1, "short", 10), single(d, 1, "long", 20))
	if err := s.PutEnrollment(t.Context(), alice, server.Enrollment{Device: device(alice, 2), Expires: 10_000}, 0, 5); err != nil {
		t.Fatal(err)
	}
	sweep(t, s, server.SweepLimits{Now: 10_000})
	expect(t, "a claim", claim(t, s, 0, []uint16{1}, d, d), []string{"long"})
	expect(t, "another", claim(t, s, 0, []uint16{1}, d, d), nil)
	if w, err := s.Enrollments(t.Context(), alice, 0); err != nil || len(w) != 0 {
		t.Errorf("Enrollments = %v, %v; want none", w, err)
	}
}

func testSweepReceipts(t *testing.T, s server.Store) {
	const day = 24 * 3600 * 1000
	create(t, s, alice)
	r := open(t, s, 1, alice)
	at := func(n int, ms int64) (server.Receipt, error) {
		op, e := message(r, n)
		e.AcceptedMS = ms
		return s.Append(t.Context(), op, e, server.Stamp{})
	}
	old, _ := at(1, 100*day)
	young, _ := at(2, 121*day)
	sweep(t, s, server.SweepLimits{Receipts: 121 * day})
	if got, err := at(2, 127*day); err != nil || got != young {
		t.Errorf("after 6 days: %+v, %v; want the first receipt %+v", got, err, young)
	}
	if got, err := at(1, 127*day); err != nil || got == old {
		t.Errorf("after 27 days: %+v, %v; want a new message", got, err)
	}
}

// reopenTests: what was acknowledged is there after a crash.
var reopenTests = []struct {
	name string
	run  func(t *testing.T, s server.Store, reopen func(*testing.T, server.Store) server.Store)
}{
	{"KeepsAll", testReopen},
	{"AfterSweep", testReopenSwept},
	{"Franked", testReopenFranked},
	{"Erased", testReopenErased},
}

func testReopen(t *testing.T, s server.Store, reopen func(*testing.T, server.Store) server.Store) {
	create(t, s, alice, bob)
	if _, err := s.Meta(t.Context(), "", []byte("meta")); err != nil {
		t.Fatal(err)
	}
	r := open(t, s, 1, alice, bob)
	first := send(t, s, r, 1)
	d2 := second(t, s)
	acknowledge(t, s, device(bob, 1), 2)
	add(t, s, single(d2, 1, "a", 100), single(d2, 1, "b", 100))
	given := claim(t, s, 0, []uint16{1}, d2)
	if _, err := s.Commit(t.Context(), committing(r, 2, r.Leaves...)); err != nil {
		t.Fatal(err)
	}
	keep(t, s, alice, "kind", "a", "1", "b", "2")
	if err := s.UpdateRecords(t.Context(), server.RecordUpdate{Account: alice, Kind: "kind", Delete: []string{"a"}}); err != nil {
		t.Fatal(err)
	}

	other := open(t, s, 2, alice, bob, carol)
	leaves(t, s, other, 30, bob)
	note(t, s, server.LedgerUpdate{Put: []server.KeyValue{entry("a", "1"), entry("b", "2")}})
	note(t, s, server.LedgerUpdate{Was: []server.KeyValue{entry("b", "2")}, Delete: []string{"b"}})

	s = reopen(t, s)
	expectEntry(t, s, "a", []byte("1"))
	expectEntry(t, s, "b", nil)
	if now, err := s.Room(t.Context(), other.Room); err != nil || now.Has(bob) || len(now.Pending) != 1 {
		t.Errorf("the room that bob leaves is %+v, %v", now, err)
	}
	expect(t, "alice's records", recordsOf(t, s, alice, "kind", "", 10), []string{"b=2"})
	if meta, err := s.Meta(t.Context(), "", nil); err != nil || string(meta) != "meta" {
		t.Errorf("Meta = %q, %v", meta, err)
	}
	if a, err := s.Account(t.Context(), alice); err != nil || a.Current.Version != 2 || a.Previous == nil {
		t.Errorf("Account = %+v, %v", a, err)
	}
	expect(t, "bob's mailbox", texts(t, read(t, s, device(bob, 1))), []string{"commit 0", "message 1", "devices alice 2", "commit 1", "commit 0", "bob leaves"})
	if reply := read(t, s, device(bob, 1)); reply.Cursor != 2 || reply.Events[0].Envelope.Kind != wire.EventOpen {
		t.Errorf("bob reads %+v", reply)
	}
	testGoesOn(t, s, r, first)
	again := claim(t, s, 0, []uint16{1}, d2)
	if len(again) != 1 || again[0] == given[0] {
		t.Errorf("claimed %v before and %v after", given, again)
	}
}

// testGoesOn: a store that was opened again goes on where it was; first is the receipt of
// r's first message.
func testGoesOn(t *testing.T, s server.Store, r *server.Room, first server.Receipt) {
	now, err := s.Room(t.Context(), r.Room)
	if err != nil || now.Epoch != 2 || now.Seq != 3 {
		t.Fatalf("Room = %+v, %v", now, err)
	}
	op, e := message(r, 1)
	if got, err := s.Append(t.Context(), op, e, server.Stamp{}); err != nil || got != first {
		t.Errorf("a repeated message: %+v, %v; want %+v", got, err, first)
	}
	if got := send(t, s, now, 3).Seq; got != 4 {
		t.Errorf("seq %d; want 4", got)
	}
	if got := read(t, s, device(alice, 1)).Head; got != 7 {
		t.Errorf("alice's head is %d; want 7", got)
	}
	if _, err := s.Commit(t.Context(), committing(r, 9, r.Leaves...)); !errors.Is(err, server.ErrStale) {
		t.Errorf("a second commit of the epoch: %v; want ErrStale", err)
	}
}

func testReopenSwept(t *testing.T, s server.Store, reopen func(*testing.T, server.Store) server.Store) {
	create(t, s, alice)
	r := open(t, s, 1, alice)
	send(t, s, r, 1)
	acknowledge(t, s, device(alice, 1), 2)
	sweep(t, s, server.SweepLimits{})
	s = reopen(t, s)
	if reply := read(t, s, device(alice, 1)); reply.Head != 2 || reply.First != 3 || len(reply.Events) != 0 {
		t.Errorf("the mailbox is %+v", reply)
	}
	send(t, s, r, 2)
	reply := read(t, s, device(alice, 1))
	expect(t, "the mailbox", texts(t, reply), []string{"message 2"})
	if reply.Events[0].Pos != 3 {
		t.Errorf("position %d; want 3", reply.Events[0].Pos)
	}
}
