package server_test

import (
	"context"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

// A quickStore answers messages at once and keeps none.
type quickStore struct {
	server.Store
	room *server.Room
}

func (s *quickStore) Room(ctx context.Context, name identity.Room) (*server.Room, error) {
	if s.room != nil {
		return s.room, nil
	}
	return s.Store.Room(ctx, name)
}

func (s *quickStore) Append(_ context.Context, _ server.OperationID, e wire.Envelope, _ server.Stamp) (server.Receipt, error) {
	return server.Receipt{Room: e.Room, Seq: 1, AcceptedMS: e.AcceptedMS}, nil
}

// BenchmarkHotPath is the package's own work for one message: admission, checks,
// telling two mailboxes; the store's aside.
func BenchmarkHotPath(b *testing.B) {
	h := newHotPath(b, func(*server.Config) {})
	b.ReportAllocs()
	for b.Loop() {
		h.one(b)
	}
}

// BenchmarkHotPathInFlight is the same with several in flight, on a site that wakes
// devices, of which none has asked for it.
func BenchmarkHotPathInFlight(b *testing.B) {
	h := newHotPath(b, func(c *server.Config) { c.Push, c.PushTimes.Grace = &pusher{}, time.Nanosecond })
	h.one(b)
	time.Sleep(50 * time.Millisecond) // somebody looks for subscriptions
	b.ReportAllocs()
	b.SetParallelism(8)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			h.one(b)
		}
	})
}

// A hotPath is one person who sends to another, again and again.
type hotPath struct {
	*world
	token []byte
	req   *wire.SendRequest
}

func newHotPath(b *testing.B, edit func(*server.Config)) *hotPath {
	store := &quickStore{Store: memstore.New()}
	w := newWorld(b, func(c *server.Config) {
		c.Store = store
		c.Rates.Request, c.Rates.Send, c.Rates.Bytes = server.Rate{Burst: -1}, server.Rate{Burst: -1}, -1
		edit(c)
	})
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	h := &hotPath{w, alice.token(), alice.sending(room, string(make([]byte, 700)))}
	var err error
	if store.room, err = store.Store.Room(b.Context(), room); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(w.Subscribe(bob.session).Close)
	return h
}

// one admits and sends one message.
func (h *hotPath) one(b *testing.B) {
	session, err := h.Authenticate(h.token)
	if err != nil {
		b.Fatal(err)
	}
	if err := h.Admit(session, wire.OpSend, len(h.req.Message)); err != nil {
		b.Fatal(err)
	}
	if _, err := h.Send(b.Context(), session.Device, h.req); err != nil {
		b.Fatal(err)
	}
}
