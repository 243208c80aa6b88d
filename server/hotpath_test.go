package server_test

import (
	"context"
	"testing"

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

func (s *quickStore) Append(_ context.Context, _ server.OperationID, e wire.Envelope) (server.Receipt, error) {
	return server.Receipt{Room: e.Room, Seq: 1, AcceptedMS: e.AcceptedMS}, nil
}

// BenchmarkHotPath is the package's own work for one message: admission, checks,
// telling two mailboxes; the store's aside.
func BenchmarkHotPath(b *testing.B) {
	store := &quickStore{Store: memstore.New()}
	w := newWorld(b, func(c *server.Config) {
		c.Store = store
		c.Rates.Request, c.Rates.Send, c.Rates.Bytes = server.Rate{Burst: -1}, server.Rate{Burst: -1}, -1
	})
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	req := alice.sending(room, string(make([]byte, 700)))
	token := alice.token()
	var err error
	if store.room, err = store.Store.Room(b.Context(), room); err != nil {
		b.Fatal(err)
	}
	defer w.Subscribe(bob.session).Close()
	b.ReportAllocs()
	for b.Loop() {
		session, err := w.Authenticate(token)
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Admit(session, wire.OpSend, len(req.Message)); err != nil {
			b.Fatal(err)
		}
		if _, err := w.Send(b.Context(), session.Device, req); err != nil {
			b.Fatal(err)
		}
	}
}
