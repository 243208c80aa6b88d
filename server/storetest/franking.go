package storetest

import (
	"crypto/sha256"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"parley/franking"
	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

var frankingTests = []testCase{
	{"FrankedWithItsPlace", testFranked},
	{"FrankedOnce", testFrankedOnce},
	{"FrankedOrNot", testFrankedOrNot},
	{"FrankedByMany", testFrankedByMany},
	{"FrankedOnlyIfStored", testFrankedOnlyIfStored},
}

// frankTime is when the tests frank.
var frankTime = time.UnixMilli(1_800_000_000_000)

// ring opens the ring that s keeps.
func ring(t *testing.T, s server.Store) *server.KeyRing {
	t.Helper()
	r, err := server.OpenKeyRing(t.Context(), s, "example.org", frankTime)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// stamp returns what message n is franked with by r.
func stamp(t *testing.T, r *server.KeyRing, n int) server.Stamp {
	t.Helper()
	by, err := r.Franker(t.Context(), frankTime)
	if err != nil {
		t.Fatal(err)
	}
	return server.Stamp{By: by, Tag: sha256.Sum256(id(n))}
}

// franked appends message n to r with a stamp.
func franked(t *testing.T, s server.Store, r *server.Room, keys *server.KeyRing, n int) server.Receipt {
	t.Helper()
	op, e := message(r, n)
	receipt, err := s.Append(t.Context(), op, e, stamp(t, keys, n))
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

// checkFrank checks all that a delivery says of itself: the path, the signature
// of the ring's first key, and the frank.
func checkFrank(t *testing.T, keys *server.KeyRing, e *wire.Envelope) {
	t.Helper()
	f := e.Franking
	if f == nil {
		t.Errorf("message %d isn't franked", e.Seq)
		return
	}
	tag := sha256.Sum256(e.ID)
	context := franking.NewContext(f.HubKey, e.Room, e.Generation, e.Sender, e.Epoch, e.Seq, e.AcceptedMS).Marshal()
	proof := franking.Proof{LeafIndex: f.LeafIndex, TreeSize: f.TreeSize, Path: f.Path, Signature: f.Signature}
	if err := proof.Verify(keys.Statements()[0].Key, tag[:], f.Frank, context); err != nil {
		t.Errorf("message %d: %v", e.Seq, err)
	}
	if ok, err := keys.Verify(t.Context(), tag[:], f.Frank, context); err != nil || !ok {
		t.Errorf("the frank of message %d: %t, %v", e.Seq, ok, err)
	}
}

// encoded returns an envelope's bytes, without what a retry may change.
func encoded(e wire.Envelope) string { return string(cbor.MustMarshal(e)) }

// testFranked: every recipient gets the frank of the seq that the message got.
func testFranked(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	keys := ring(t, s)
	r := open(t, s, 1, alice, bob)
	receipt := franked(t, s, r, keys, 1)
	var first string
	for _, d := range []identity.Device{device(alice, 1), device(bob, 1)} {
		e := read(t, s, d).Events[1].Envelope
		checkFrank(t, keys, &e)
		if e.Seq != receipt.Seq || string(e.Message) != "message 1" {
			t.Errorf("%s got %+v", d, e)
		}
		if first == "" {
			first = encoded(e)
		} else if encoded(e) != first {
			t.Error("two recipients got two envelopes")
		}
	}
}

// testFrankedOnce: a retry, whatever it says, leaves message and frank as they are.
func testFrankedOnce(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	keys := ring(t, s)
	r := open(t, s, 1, alice, bob)
	first := franked(t, s, r, keys, 1)
	before := encoded(read(t, s, device(bob, 1)).Events[1].Envelope)
	counted := &counting{Franker: stamp(t, keys, 1).By}
	op, e := message(r, 1)
	e.AcceptedMS++
	e.Message = []byte("another")
	again, err := s.Append(t.Context(), op, e, server.Stamp{By: counted, Tag: [32]byte{9}})
	if err != nil || again != first || counted.n != 0 {
		t.Errorf("a retry: %+v, %v, franked %d times; want %+v, and none", again, err, counted.n, first)
	}
	events := read(t, s, device(bob, 1)).Events
	if len(events) != 2 || encoded(events[1].Envelope) != before {
		t.Errorf("after a retry bob has %d events, the message changed", len(events))
	}
}

// A counting franker counts what it franks, by tag.
type counting struct {
	server.Franker
	mu   sync.Mutex // guards what follows
	n    int
	tags map[[32]byte]int
}

func (c *counting) Frank(batch []server.Stamped) {
	c.mu.Lock()
	for _, m := range batch {
		c.n++
		if c.tags != nil {
			c.tags[m.Tag]++
		}
	}
	c.mu.Unlock()
	c.Franker.Frank(batch)
}

// testFrankedOrNot: messages without a stamp and those of two frankers may be
// written together.
func testFrankedOrNot(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	keys := ring(t, s)
	r := open(t, s, 1, alice, bob)
	by := stamp(t, keys, 0).By
	other := &counting{Franker: by}
	var wg sync.WaitGroup
	const count = 60
	for n := 1; n <= count; n++ {
		wg.Go(func() {
			given := stamp(t, keys, n)
			switch n % 3 {
			case 0:
				given = server.Stamp{}
			case 1:
				given.By = other
			}
			op, e := message(r, n)
			if _, err := s.Append(t.Context(), op, e, given); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	without := map[string]bool{}
	for n := 3; n <= count; n += 3 {
		without[string(id(n))] = true
	}
	events := read(t, s, device(bob, 1)).Events[1:]
	if len(events) != count {
		t.Fatalf("%d messages; want %d", len(events), count)
	}
	for _, e := range events {
		if !without[string(e.Envelope.ID)] {
			checkFrank(t, keys, &e.Envelope)
		} else if e.Envelope.Franking != nil {
			t.Errorf("message %d is franked", e.Envelope.Seq)
		}
	}
	if other.n != count/3 {
		t.Errorf("the second franker was asked for %d; want %d", other.n, count/3)
	}
}

// testFrankedByMany: whatever is written together, each frank is of its own
// message and seq.
func testFrankedByMany(t *testing.T, s server.Store) {
	create(t, s, alice, bob, carol)
	keys := ring(t, s)
	rooms := []*server.Room{open(t, s, 1, alice, bob), open(t, s, 2, alice, bob, carol)}
	const writers, each = 40, 8
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				n := 100*(w+1) + i
				op, e := message(rooms[n%2], n)
				if _, err := s.Append(t.Context(), op, e, stamp(t, keys, n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	ids := map[string]bool{}
	for _, e := range read(t, s, device(bob, 1)).Events[2:] {
		checkFrank(t, keys, &e.Envelope)
		ids[string(e.Envelope.ID)] = true
	}
	if len(ids) != writers*each {
		t.Errorf("%d messages; want %d", len(ids), writers*each)
	}
}

// testFrankedOnlyIfStored: what is refused isn't franked.
func testFrankedOnlyIfStored(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	keys := ring(t, s)
	r := open(t, s, 1, alice, bob)
	counted := &counting{Franker: stamp(t, keys, 1).By, tags: map[[32]byte]int{}}
	stale := *r
	stale.Epoch--
	unknown := *r
	unknown.Room = room(9)
	for n, c := range []struct {
		room *server.Room
		want error
	}{{&stale, server.ErrStale}, {&unknown, server.ErrNotFound}, {r, nil}} {
		op, e := message(c.room, n)
		if _, err := s.Append(t.Context(), op, e, server.Stamp{By: counted, Tag: [32]byte{byte(n)}}); !errors.Is(err, c.want) {
			t.Errorf("append %d: %v; want %v", n, err, c.want)
		}
	}
	if want := map[[32]byte]int{{2}: 1}; !maps.Equal(counted.tags, want) {
		t.Errorf("franked %v; want %v", counted.tags, want)
	}
}

// testReopenFranked: what was franked is the same after a crash, and so are the
// keys.
func testReopenFranked(t *testing.T, s server.Store, reopen func(*testing.T, server.Store) server.Store) {
	create(t, s, alice, bob)
	keys := ring(t, s)
	r := open(t, s, 1, alice, bob)
	first := franked(t, s, r, keys, 1)
	before := encoded(read(t, s, device(bob, 1)).Events[1].Envelope)
	s = reopen(t, s)
	keys = ring(t, s)
	e := read(t, s, device(bob, 1)).Events[1].Envelope
	checkFrank(t, keys, &e)
	if encoded(e) != before {
		t.Error("the message is another after a crash")
	}
	op, again := message(r, 1)
	if got, err := s.Append(t.Context(), op, again, stamp(t, keys, 1)); err != nil || got != first {
		t.Errorf("a retry after a crash: %+v, %v; want %+v", got, err, first)
	}
	franked(t, s, r, keys, 2)
	for _, event := range read(t, s, device(bob, 1)).Events[1:] {
		checkFrank(t, keys, &event.Envelope)
	}
}

// testNodesFranks: all nodes have the same keys, whichever made them.
func testNodesFranks(t *testing.T, nodes []server.Store) {
	create(t, nodes[0], alice, bob)
	r := open(t, nodes[0], 1, alice, bob)
	rings := make([]*server.KeyRing, len(nodes))
	each(nodes, len(nodes), func(i int, s server.Store) { rings[i] = ring(t, s) })
	each(nodes, 24, func(i int, s server.Store) {
		op, e := message(r, i)
		if _, err := s.Append(t.Context(), op, e, stamp(t, rings[i%len(nodes)], i)); err != nil {
			t.Error(err)
		}
	})
	events := read(t, nodes[1], device(bob, 1)).Events[1:]
	if len(events) != 24 {
		t.Fatalf("%d messages; want 24", len(events))
	}
	for _, e := range events {
		for _, keys := range rings {
			checkFrank(t, keys, &e.Envelope)
		}
	}
}
