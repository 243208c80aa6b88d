package storetest

import (
	"errors"
	"io"
	"maps"
	"slices"
	"testing"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
)

// dumpTests are for a store that is a server.Dumper and a server.Loader.
var dumpTests = []struct {
	name string
	run  func(t *testing.T, open func(*testing.T) server.Store)
}{
	{"DumpLoad", testDumpLoad},
	{"LoadNotEmpty", testLoadNotEmpty},
	{"LoadBreaksOff", testLoadBreaksOff},
}

// A movable store can give and take all that it keeps.
type movable interface {
	server.Store
	server.Dumper
	server.Loader
}

// fill makes a bit of everything.
func fill(t *testing.T, s server.Store) {
	t.Helper()
	create(t, s, alice, bob, carol)
	if _, err := s.Meta(t.Context(), "name", []byte("value")); err != nil {
		t.Fatal(err)
	}
	r := open(t, s, 1, alice, bob)
	for n := 1; n <= 4; n++ {
		send(t, s, r, n)
	}
	franked(t, s, r, ring(t, s), 5)
	acknowledge(t, s, device(alice, 1), 3)
	acknowledge(t, s, device(bob, 1), 2)
	sweep(t, s, server.SweepLimits{})
	d2 := second(t, s)
	add(t, s, single(d2, 1, "a", 1<<40), single(d2, 1, "b", 1<<40))
	claim(t, s, 0, []uint16{1}, d2)
	if err := s.PutEnrollment(t.Context(), bob, server.Enrollment{Device: device(bob, 2), Claim: []byte("claim"), Expires: 1 << 40}, 0, 5); err != nil {
		t.Fatal(err)
	}
	keep(t, s, alice, "kind", "a", "1", "b\x00", "")
	keep(t, s, bob, server.RecordSeen, string(device(bob, 1)), "day")
	if _, err := s.Commit(t.Context(), committing(r, 6, append(slices.Clone(r.Leaves), leaf(carol, 1))...)); err != nil {
		t.Fatal(err)
	}
	open(t, s, 2, carol)
	note(t, s, server.LedgerUpdate{Put: []server.KeyValue{entry("a", "1"), entry("b\x00\xff", "")}})
}

// dump returns each record, encoded, by what it says: the order within a kind
// is the store's own but for envelopes, which is checked here.
func dump(t *testing.T, s movable) map[string]int {
	t.Helper()
	all := map[string]int{}
	last := map[identity.Account]uint64{}
	err := s.Dump(t.Context(), func(r *server.Record) error {
		all[string(cbor.MustMarshal(r))]++
		if r.Envelope != nil {
			for _, p := range r.Envelope.Places {
				if p.Pos <= last[p.Account] {
					t.Errorf("position %d comes after %d", p.Pos, last[p.Account])
				}
				last[p.Account] = p.Pos
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// source returns what gives the records of a dump of s one after the other,
// and then io.EOF.
func source(t *testing.T, s server.Dumper) func() (*server.Record, error) {
	t.Helper()
	var records [][]byte
	err := s.Dump(t.Context(), func(r *server.Record) error {
		records = append(records, cbor.MustMarshal(r))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() (*server.Record, error) {
		if len(records) == 0 {
			return nil, io.EOF
		}
		var r server.Record
		err := cbor.Unmarshal(records[0], &r)
		records = records[1:]
		return &r, err
	}
}

func differences(got, want map[string]int) (lines []string) {
	for k, n := range want {
		if got[k] != n {
			lines = append(lines, "missing: "+k)
		}
	}
	for k := range got {
		if want[k] == 0 {
			lines = append(lines, "too many: "+k)
		}
	}
	return lines
}

func testDumpLoad(t *testing.T, openStore func(*testing.T) server.Store) {
	Move(t, openStore, openStore)
}

// Move checks that a store of one driver can be moved to one of another.
func Move(t *testing.T, openFrom, openTo func(*testing.T) server.Store) {
	from, to := openFrom(t).(movable), openTo(t).(movable)
	fill(t, from)
	want := dump(t, from)
	if err := to.Load(t.Context(), source(t, from)); err != nil {
		t.Fatal(err)
	}
	if got := dump(t, to); !maps.Equal(got, want) {
		t.Errorf("what was loaded dumps otherwise:\n%q", differences(got, want))
	}
	sameMail(t, from, to)
	expectFranked(t, to)
	// It goes on where the other one was.
	r, err := to.Room(t.Context(), room(1))
	if err != nil {
		t.Fatal(err)
	}
	op, e := message(r, 2)
	if got, err := to.Append(t.Context(), op, e, server.Stamp{}); err != nil || got.Seq != 3 {
		t.Errorf("a message repeated after the move: %+v, %v; want its first receipt", got, err)
	}
	before := read(t, from, device(bob, 1)).Head
	if got := send(t, to, r, 9); got.Seq != 8 {
		t.Errorf("seq %d; want 8", got.Seq)
	}
	if reply := read(t, to, device(bob, 1)); reply.Head != before+1 || reply.Events[len(reply.Events)-1].Pos != before+1 {
		t.Errorf("bob's head is %d; want %d", reply.Head, before+1)
	}
	again := single(device(alice, 2), 1, "a", 1<<40)
	add(t, to, again)
	expect(t, "a claim", claim(t, to, 0, []uint16{1}, device(alice, 2), device(alice, 2)), []string{"b"})
	expect(t, "a claim of what had been claimed", claim(t, to, 0, []uint16{1}, device(alice, 2)), nil)
	sweep(t, to, server.SweepLimits{})
	acknowledge(t, to, device(alice, 1), 7)
}

// expectFranked checks that the franks of fill came along, and the keys that they are
// made with.
func expectFranked(t *testing.T, s server.Store) {
	t.Helper()
	count, keys := 0, ring(t, s)
	for _, e := range read(t, s, device(bob, 1)).Events {
		if e.Envelope.Franking != nil {
			checkFrank(t, keys, &e.Envelope)
			count++
		}
	}
	if count != 1 {
		t.Errorf("%d messages are franked; want 1", count)
	}
}

// sameMail checks that the devices of fill find the same in both stores.
func sameMail(t *testing.T, a, b server.Store) {
	t.Helper()
	for _, d := range []identity.Device{device(alice, 1), device(alice, 2), device(bob, 1), device(carol, 1)} {
		got, want := read(t, b, d), read(t, a, d)
		expect(t, string(d), texts(t, got), texts(t, want))
		if got.First != want.First || got.Head != want.Head || got.Cursor != want.Cursor {
			t.Errorf("%s: first %d, head %d, cursor %d; want %d, %d, %d", d, got.First, got.Head, got.Cursor, want.First, want.Head, want.Cursor)
		}
	}
}

func testLoadNotEmpty(t *testing.T, openStore func(*testing.T) server.Store) {
	from, to := openStore(t).(movable), openStore(t).(movable)
	fill(t, from)
	create(t, to, bob)
	if err := to.Load(t.Context(), source(t, from)); !errors.Is(err, server.ErrExists) {
		t.Errorf("Load: %v; want ErrExists", err)
	}
	if _, err := to.Account(t.Context(), bob); err != nil {
		t.Errorf("what was there: %v", err)
	}
	if _, err := to.Account(t.Context(), alice); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("something was loaded all the same: %v", err)
	}
}

func testLoadBreaksOff(t *testing.T, openStore func(*testing.T) server.Store) {
	from, to := openStore(t).(movable), openStore(t).(movable)
	fill(t, from)
	records := source(t, from)
	broken, n := errors.New("the source broke off"), 0
	err := to.Load(t.Context(), func() (*server.Record, error) {
		if n++; n == 8 {
			return nil, broken
		}
		return records()
	})
	if !errors.Is(err, broken) {
		t.Errorf("Load: %v; want the source's error", err)
	}
	if _, err := to.Account(t.Context(), alice); err == nil {
		t.Error("half of the load is served")
	}
	if err := to.Load(t.Context(), source(t, from)); err == nil { // a store may also be unusable now
		sameMail(t, from, to)
	}
}
