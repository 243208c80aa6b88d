package server_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"parley/identity"
	"parley/mls"
	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

// knocked has mallory send bob the one message of a request.
func knocked(t *testing.T, w *world) (mallory, bob *device, room identity.Room) {
	t.Helper()
	mallory, bob = w.person("mallory"), w.person("bob")
	room = mallory.room(wire.KindDirect, bob)
	if err := mallory.send(room, "hello"); err != nil {
		t.Fatal(err)
	}
	return mallory, bob, room
}

// TestAttackOpensAgain: to open the conversation once more, under another name or its
// own, doesn't make the request one that was accepted, nor let it speak again.
func TestAttackOpensAgain(t *testing.T) {
	w := ruled(t)
	mallory, bob, room := knocked(t, w)
	again := mallory.group
	for _, name := range []identity.Room{identity.RandomRoom(domain), room} {
		req := mallory.openingNamed(name, bob)
		reply, err := w.OpenRoom(t.Context(), mallory.name, req)
		if mallory.group = again; err != nil || reply.Room != room || reply.Created {
			t.Fatalf("OpenRoom = %+v, %v; want the room that there is", reply, err)
		}
		refused(t, "opened again", mallory.send(room, "and again"), wire.CodeRequestPending)
	}
	media := mallory.sending(room, "a picture")
	media.Blobs = [][]byte{make([]byte, wire.BlobIDSize)}
	_, err := w.Send(t.Context(), mallory.name, media)
	refused(t, "media, opened again", err, wire.CodeRequestPending)
	bob.relate(wire.RelationAccepted, mallory)
	if err := errors.Join(mallory.send(room, "thank you"), mallory.send(room, "and so on")); err != nil {
		t.Errorf("accepted: %v", err)
	}
}

// TestAttackOpensAtOnce: of two that open at once, at two nodes, one makes the room,
// and neither takes the other's request away.
func TestAttackOpensAtOnce(t *testing.T) {
	store := memstore.New()
	share := func(c *server.Config) { c.Store = store }
	nodes := []*world{ruled(t, share), ruled(t, share)}
	for round := range 20 {
		suffix := strconv.Itoa(round)
		mallory, bob := nodes[0].person("mallory"+suffix), nodes[0].person("bob"+suffix)
		var reqs [2]*wire.OpenRoomRequest
		groups := map[identity.Room]*mls.Group{}
		for i := range reqs {
			reqs[i] = mallory.opening(wire.KindDirect, bob)
			groups[reqs[i].Room] = mallory.group
		}
		var replies [2]*wire.OpenRoomReply
		var errs [2]error
		atOnce(2, func(i int) { replies[i], errs[i] = nodes[i].OpenRoom(t.Context(), mallory.name, reqs[i]) })
		if errs[0] != nil || errs[1] != nil || replies[0].Room != replies[1].Room {
			t.Fatalf("%+v, %v", replies, errs)
		}
		room := replies[0].Room
		mallory.group = groups[room]
		if err := mallory.send(room, "hello"); err != nil {
			t.Fatal(err)
		}
		refused(t, "a second message", mallory.send(room, "more"), wire.CodeRequestPending)
	}
}

// TestAttackOpensBefore is TestAttackOpensAtOnce in the order that is worst: who comes
// second makes the room, and who came first hears of it last.
func TestAttackOpensBefore(t *testing.T) {
	store := &lateStore{Store: memstore.New()}
	w := ruled(t, func(c *server.Config) { c.Store = store })
	mallory, bob := w.person("mallory"), w.person("bob")
	first, second := mallory.opening(wire.KindDirect, bob), mallory.opening(wire.KindDirect, bob)
	store.before = func() {
		store.before = nil
		if reply, err := w.OpenRoom(t.Context(), mallory.name, second); err != nil || !reply.Created {
			t.Errorf("the second: %+v, %v", reply, err)
		}
	}
	if reply, err := w.OpenRoom(t.Context(), mallory.name, first); err != nil || reply.Created {
		t.Errorf("the first: %+v, %v; want the second's room", reply, err)
	}
	if err := mallory.send(second.Room, "hello"); err != nil {
		t.Fatal(err)
	}
	refused(t, "a second message", mallory.send(second.Room, "more"), wire.CodeRequestPending)
}

// A lateStore calls before ahead of the first room that is opened.
type lateStore struct {
	server.Store
	before func()
}

func (s *lateStore) Open(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	if s.before != nil {
		s.before()
	}
	return s.Store.Open(ctx, u)
}

// TestAttackWaits: what the server forgets in the course of time doesn't let a
// request speak again: neither a new message nor the first one repeated.
func TestAttackWaits(t *testing.T) {
	w := ruled(t)
	mallory, bob := w.person("mallory"), w.person("bob")
	room := mallory.room(wire.KindDirect, bob)
	first := mallory.sending(room, "hello")
	if _, err := w.Send(t.Context(), mallory.name, first); err != nil {
		t.Fatal(err)
	}
	for _, d := range []time.Duration{2 * time.Minute, (wire.IdempotentDays*24 - 1) * time.Hour, 2 * time.Hour, 90 * 24 * time.Hour} {
		w.pass(d)
		mallory.open()
		refused(t, "a second message after "+d.String(), mallory.send(room, "still there?"), wire.CodeRequestPending)
	}
	taken := w.Stats().Messages
	again := mallory.sending(room, "the first one's id")
	again.ID = first.ID
	_, _ = w.Send(t.Context(), mallory.name, again) // refused, or answered as the first one was
	if n := w.Stats().Messages; n != taken || n != 1 {
		t.Errorf("%d messages were taken; want 1", n)
	}
}

// TestAttackManyAtOnce: of what is sent at once through two nodes, no more is taken
// than one after the other: one message, and four that wake nobody.
func TestAttackManyAtOnce(t *testing.T) {
	store := memstore.New()
	share := func(c *server.Config) { c.Store = store }
	nodes := []*world{ruled(t, share), ruled(t, share)}
	mallory, bob := nodes[0].person("mallory"), nodes[0].person("bob")
	room := mallory.room(wire.KindDirect, bob)
	var reqs []*wire.SendRequest
	for i := range 40 {
		req := mallory.sending(room, "x")
		req.Quiet = i%2 == 0
		reqs = append(reqs, req)
	}
	var mu sync.Mutex
	taken := map[bool]int{}
	atOnce(len(reqs), func(i int) {
		if _, err := nodes[i/2%2].Send(t.Context(), mallory.name, reqs[i]); err == nil {
			mu.Lock()
			defer mu.Unlock()
			taken[reqs[i].Quiet]++
		}
	})
	if taken[false] != 1 || taken[true] != 4 {
		t.Errorf("%d messages and %d quiet ones were taken; want 1 and 4", taken[false], taken[true])
	}
}

// TestNeverStored: a message that was refused after it was noted doesn't use the
// request up; what takes its place is one message, also at two nodes.
func TestNeverStored(t *testing.T) {
	store := &failingStore{Store: memstore.New()}
	share := func(c *server.Config) { c.Store = store }
	w, other := ruled(t, share), ruled(t, share)
	mallory, bob := w.person("mallory"), w.person("bob")
	room := mallory.room(wire.KindDirect, bob)
	store.fail = true
	if err := mallory.send(room, "lost"); err == nil {
		t.Fatal("the store took it")
	}
	store.fail = false
	refused(t, "at once", mallory.send(room, "another"), wire.CodeRequestPending)
	w.pass(2 * time.Minute)
	other.pass(2 * time.Minute)
	taken := 0
	for i, req := range []*wire.SendRequest{mallory.sending(room, "a"), mallory.sending(room, "b"), mallory.sending(room, "c")} {
		if _, err := []*world{w, other, w}[i].Send(t.Context(), mallory.name, req); err == nil {
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("%d messages took its place; want 1", taken)
	}
}

// A failingStore takes no message while fail is set.
type failingStore struct {
	server.Store
	fail bool
}

func (s *failingStore) Append(ctx context.Context, op server.OperationID, e wire.Envelope, stamp server.Stamp) (server.Receipt, error) {
	if s.fail {
		return server.Receipt{}, server.ErrPending
	}
	return s.Store.Append(ctx, op, e, stamp)
}

// atOnce calls f for 0 to n-1 at the same time, and returns when all have.
func atOnce(n int, f func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}
