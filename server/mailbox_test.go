package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/identity"
	"parley/mls"
	"parley/server"
	"parley/server/memstore"
	"parley/server/pebblestore"
	"parley/wire"
)

// TestAnothersMailbox: no request names a mailbox. Whoever reads, with whatever
// session, reads its own account's.
func TestAnothersMailbox(t *testing.T) {
	w := newWorld(t)
	alice, bob, mallory := w.person("alice"), w.person("bob"), w.person("mallory")
	room := alice.room(wire.KindDirect, bob)
	if err := alice.send(room, "secret"); err != nil {
		t.Fatal(err)
	}
	reply, err := w.Read(t.Context(), mallory.session, &wire.ReadRequest{})
	if err != nil || len(reply.Events) != 0 || reply.Head != 0 {
		t.Errorf("mallory reads %+v, %v; want an empty mailbox", reply, err)
	}
	if _, err := w.Acknowledge(t.Context(), mallory.name, &wire.AcknowledgeRequest{Pos: 0}); err != nil {
		t.Error(err)
	}
	if reply, err = w.Read(t.Context(), bob.session, &wire.ReadRequest{}); err != nil || reply.Cursor != 0 || len(reply.Events) != 2 {
		t.Errorf("bob reads %+v, %v", reply, err)
	}
}

func TestAcknowledge(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	if err := alice.send(room, "x"); err != nil {
		t.Fatal(err)
	}
	_, err := w.Acknowledge(t.Context(), bob.name, &wire.AcknowledgeRequest{Pos: 3})
	refused(t, "beyond the head", err, wire.CodeBadRequest)
	for _, pos := range []uint64{2, 1} {
		if _, err := w.Acknowledge(t.Context(), bob.name, &wire.AcknowledgeRequest{Pos: pos}); err != nil {
			t.Error(err)
		}
	}
	if reply, err := w.Read(t.Context(), bob.session, &wire.ReadRequest{After: 1, Max: 1}); err != nil || reply.Cursor != 2 || len(reply.Events) != 1 {
		t.Errorf("Read = %+v, %v", reply, err)
	}
}

func TestReadWaits(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	got := make(chan *wire.ReadReply)
	go func() {
		reply, err := w.Read(t.Context(), bob.session, &wire.ReadRequest{After: 1, WaitMS: wire.MaxReadWait})
		if err != nil {
			t.Error(err)
		}
		got <- reply
	}()
	if err := alice.send(room, "x"); err != nil {
		t.Fatal(err)
	}
	if reply := <-got; len(reply.Events) != 1 || reply.Events[0].Pos != 2 {
		t.Errorf("Read = %+v", reply)
	}
	if reply, err := w.Read(t.Context(), bob.session, &wire.ReadRequest{After: 2, WaitMS: 1}); err != nil || len(reply.Events) != 0 {
		t.Errorf("Read of nothing = %+v, %v", reply, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Read(ctx, bob.session, &wire.ReadRequest{After: 2, WaitMS: wire.MaxReadWait}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled Read: %v", err)
	}
	bob.another()
	done := make(chan error)
	go func() {
		_, err := w.Read(t.Context(), bob.session, &wire.ReadRequest{After: 3, WaitMS: wire.MaxReadWait})
		done <- err
	}()
	l := bob.next(identity.Rotate, bob)
	l.Devices = bob.newest().Devices
	l.Devices[0].SignatureKey = identity.GenerateKey().Public()
	if err := bob.put(l); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil { // the event of the list may come first
		refused(t, "a Read whose session ends", err, wire.CodeUnauthorized)
	}
}

func TestSweep(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	w.pass(server.DefaultRetention / 2)
	if err := alice.send(room, "young"); err != nil {
		t.Fatal(err)
	}
	w.pass(server.DefaultRetention/2 + time.Second)
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if alice.alive() {
		t.Error("an old session goes on")
	}
	bob.open()
	reply, err := w.Read(t.Context(), bob.session, &wire.ReadRequest{})
	if err != nil || len(reply.Events) != 1 || reply.First != 2 || reply.Events[0].Envelope.Kind != wire.EventMessage {
		t.Errorf("after the retention bob reads %+v, %v", reply, err)
	}
}

// An unsteadyStore loses the first compare-and-set of each commit.
type unsteadyStore struct {
	server.Store
	lost int
	also func()
}

func (s *unsteadyStore) Commit(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	if s.lost > 0 {
		s.lost--
		s.also()
		return server.Receipt{}, server.ErrStale
	}
	return s.Store.Commit(ctx, u)
}

// TestListChangesMeanwhile: a list that changes between the check of a commit and
// its write is looked at again.
func TestListChangesMeanwhile(t *testing.T) {
	store := &unsteadyStore{Store: memstore.New()}
	w := newWorld(t, func(c *server.Config) { c.Store = store })
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	laptop := bob.another()
	req, _ := alice.committing(room, mls.CommitOptions{Add: [][]byte{laptop.keyPackage(false)}})
	store.lost = 1
	store.also = func() {
		if err := bob.put(bob.next(identity.Remove, bob)); err != nil {
			t.Error(err)
		}
	}
	_, err := w.Commit(t.Context(), alice.name, req)
	refused(t, "adding a device that was removed meanwhile", err, wire.CodeUnlistedDevice)
	store.also = func() {}
	store.lost = 2
	alice.commit(room, mls.CommitOptions{}, bob)
	store.lost = 1000
	req, _ = alice.committing(room, mls.CommitOptions{})
	_, err = w.Commit(t.Context(), alice.name, req)
	refused(t, "what never settles", err, wire.CodeUnavailable)
}

// TestStoreUnavailable: a store that takes nothing is told as unavailable, and
// nothing is half done.
func TestStoreUnavailable(t *testing.T) {
	store := &unavailableStore{Store: memstore.New()}
	w := newWorld(t, func(c *server.Config) { c.Store = store })
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	store.down = true
	req := alice.sending(room, "x")
	_, err := w.Send(t.Context(), alice.name, req)
	if e := server.AsWire(err); e.Code != wire.CodeUnavailable || e.RetryAfter == 0 {
		t.Errorf("Send = %v; want unavailable", err)
	}
	store.down = false
	if reply, err := w.Send(t.Context(), alice.name, req); err != nil || reply.Seq != 2 {
		t.Errorf("Send again = %+v, %v", reply, err)
	}
}

type unavailableStore struct {
	server.Store
	down bool
}

func (s *unavailableStore) Append(ctx context.Context, op server.OperationID, e wire.Envelope, stamp server.Stamp) (server.Receipt, error) {
	if s.down {
		return server.Receipt{}, fmt.Errorf("%w: no space left on device", server.ErrUnavailable)
	}
	return s.Store.Append(ctx, op, e, stamp)
}

// TestServerCannotRead: a marked text is nowhere in what the store holds.
func TestServerCannotRead(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	const mark = "a text that nobody but bob may read"
	if err := alice.send(room, mark); err != nil {
		t.Fatal(err)
	}
	for _, e := range bob.inbox() {
		if body, err := wire.Marshal(e); err != nil || bytes.Contains(body, []byte(mark)) {
			t.Errorf("the server holds the text: %v", err)
		}
	}
}

func BenchmarkSend(b *testing.B) {
	quiet := slog.New(slog.DiscardHandler)
	for name, open := range map[string]func(*testing.B) server.Store{
		"memstore": func(*testing.B) server.Store { return memstore.New() },
		"pebblestore": func(b *testing.B) server.Store {
			s, err := pebblestore.Open(b.TempDir(), pebblestore.Options{Logger: quiet})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { s.Close() })
			return s
		},
	} {
		b.Run(name, func(b *testing.B) { benchmarkSend(b, open(b)) })
	}
}

// benchmarkSend has 512 writers send 1 KiB to a room of two.
func benchmarkSend(b *testing.B, store server.Store) {
	w := newWorld(b, func(c *server.Config) { c.Store = store })
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	message := alice.sending(room, strings.Repeat("x", 700)).Message
	next := make(chan int, 512)
	var wg sync.WaitGroup
	b.ResetTimer()
	for range 512 {
		wg.Go(func() {
			for i := range next {
				id := []byte(fmt.Sprintf("%016s", strconv.Itoa(i)))
				if _, err := w.Send(b.Context(), alice.name, &wire.SendRequest{ID: id, Room: room, Message: message}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range b.N {
		next <- i
	}
	close(next)
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkCommit checks and stores an Update in groups of several sizes.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{2, 32, 256} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			w := newWorld(b)
			alice := w.person("alice")
			var others []*device
			for i := range n - 1 {
				others = append(others, w.person("m"+strconv.Itoa(i)))
			}
			room := alice.room(wire.KindGroup, others...)
			b.ResetTimer()
			for b.Loop() {
				alice.commit(room, mls.CommitOptions{})
			}
		})
	}
}
