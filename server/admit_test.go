package server_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

// TestAdmitRates: each allowance runs out by itself, says how long to wait, and is
// there again after that.
func TestAdmitRates(t *testing.T) {
	for _, c := range []struct {
		what string
		set  func(*server.Rates)
		try  func(w *world, d *device) error
	}{
		{
			"operations of a device", func(r *server.Rates) { r.Request = server.Rate{Burst: 3, Every: time.Second} },
			func(w *world, d *device) error { return w.Admit(d.session, wire.OpRead, 0) },
		},
		{
			"messages of a device", func(r *server.Rates) { r.Send = server.Rate{Burst: 3, Every: time.Second} },
			func(w *world, d *device) error { return w.Admit(d.session, wire.OpSend, 0) },
		},
		{
			"bytes of an account", func(r *server.Rates) { r.Bytes = 3600 },
			func(w *world, d *device) error { return w.Admit(d.session, wire.OpCommit, 1200) },
		},
		{
			"operations of an address", func(r *server.Rates) { r.Anonymous = server.Rate{Burst: 3, Every: time.Second} },
			func(w *world, d *device) error { return w.AdmitAnonymous("192.0.2.1", wire.OpChallenge, 0) },
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t, func(cfg *server.Config) { c.set(&cfg.Rates) })
			alice, bob := w.person("alice"), w.person("bob")
			for i := range 3 {
				if err := c.try(w, alice); err != nil {
					t.Fatalf("try %d: %v", i, err)
				}
			}
			e := refused(t, "one too many", c.try(w, alice), wire.CodeRateLimited)
			if e.RetryAfter <= 0 {
				t.Fatalf("RetryAfter = %d; want a time to wait", e.RetryAfter)
			}
			if err := w.Admit(bob.session, wire.OpInfo, 0); err != nil {
				t.Errorf("another account: %v", err)
			}
			w.pass(time.Duration(e.RetryAfter) * time.Millisecond)
			if err := c.try(w, alice); err != nil {
				t.Errorf("after RetryAfter: %v", err)
			}
			refused(t, "and once more", c.try(w, alice), wire.CodeRateLimited)
			if n := w.Stats().Limited; n != 2 {
				t.Errorf("%d refusals were counted; want 2", n)
			}
		})
	}
}

// TestAllowanceOutlivesSession: a new session doesn't fill what the device used up,
// and a clock that goes back by a year doesn't take it away.
func TestAllowanceOutlivesSession(t *testing.T) {
	w := newWorld(t, func(c *server.Config) { c.Rates.Request = server.Rate{Burst: 2, Every: time.Second} })
	alice := w.person("alice")
	for range 2 {
		if err := w.Admit(alice.session, wire.OpRead, 0); err != nil {
			t.Fatal(err)
		}
	}
	w.pass(time.Millisecond)
	alice.open()
	refused(t, "by a new session", w.Admit(alice.session, wire.OpRead, 0), wire.CodeRateLimited)
	w.jump(-365 * 24 * time.Hour)
	e := refused(t, "just after the clock went back", w.Admit(alice.session, wire.OpRead, 0), wire.CodeRateLimited)
	if wait := time.Duration(e.RetryAfter) * time.Millisecond; wait > 2*time.Second {
		t.Errorf("after the clock went back it waits for %v", wait)
	}
	w.pass(2 * time.Second)
	if err := w.Admit(alice.session, wire.OpRead, 0); err != nil {
		t.Errorf("two seconds later: %v", err)
	}
}

// TestAdmitOpen: what is open is bounded for each account and address, and a place
// is free again when it is released, once.
func TestAdmitOpen(t *testing.T) {
	w := newWorld(t, func(c *server.Config) { c.Rates.Streams, c.Rates.Connections = 2, 2 })
	alice, bob := w.person("alice"), w.person("bob")
	for what, admit := range map[string]func(who string) (func(), error){
		"streams of an account": func(who string) (func(), error) {
			return w.AdmitStream(map[string]*device{"alice": alice, "bob": bob}[who].session)
		},
		"connections from an address": w.AdmitConnection,
	} {
		first, err := admit("alice")
		if err != nil {
			t.Fatal(what, err)
		}
		if _, err := admit("alice"); err != nil {
			t.Fatal(what, err)
		}
		_, err = admit("alice")
		refused(t, what, err, wire.CodeRateLimited)
		if _, err := admit("bob"); err != nil {
			t.Errorf("%s: another's: %v", what, err)
		}
		first()
		first()
		if _, err := admit("alice"); err != nil {
			t.Errorf("%s: after one was released: %v", what, err)
		}
		_, err = admit("alice")
		refused(t, what+" after one was released twice", err, wire.CodeRateLimited)
	}
}

// TestUnlimited: a bound below zero is none.
func TestUnlimited(t *testing.T) {
	none := server.Rate{Burst: -1}
	w := newWorld(t, func(c *server.Config) {
		c.Rates = server.Rates{Request: none, Send: none, Anonymous: none, Session: none, Bytes: -1, Streams: -1, Connections: -1, Delay: -1}
	})
	alice := w.person("alice")
	for range 30_000 {
		if err := w.Admit(alice.session, wire.OpSend, 1<<30); err != nil {
			t.Fatal(err)
		}
		if err := w.AdmitAnonymous("a", wire.OpInfo, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := w.AdmitConnection("a"); err != nil {
			t.Fatal(err)
		}
	}
}

// A stuckStore keeps messages waiting until they are let go.
type stuckStore struct {
	server.Store
	waiting chan struct{} // one for each that waits
	free    chan struct{} // closed: all go
}

func (s *stuckStore) Append(ctx context.Context, op server.OperationID, e wire.Envelope, stamp server.Stamp) (server.Receipt, error) {
	s.waiting <- struct{}{}
	<-s.free
	return s.Store.Append(ctx, op, e, stamp)
}

// TestBeyondSaturation: where more waits than can be stored soon, the next is refused
// at once, to be tried again; what waits is served, and nothing is lost.
func TestBeyondSaturation(t *testing.T) { synctest.Test(t, testBeyondSaturation) }

// testBeyondSaturation runs while no time passes.
func testBeyondSaturation(t *testing.T) {
	store := &stuckStore{Store: memstore.New(), waiting: make(chan struct{}, 1<<16), free: make(chan struct{})}
	w := newWorld(t, func(c *server.Config) { c.Store = store })
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	message := alice.sending(room, "x").Message
	send := func(i int) error {
		id := make([]byte, wire.IDSize)
		id[0], id[1], id[2] = byte(i), byte(i>>8), byte(i>>16)
		_, err := w.Send(t.Context(), alice.name, &wire.SendRequest{ID: id, Room: room, Message: message})
		return err
	}
	var wg sync.WaitGroup
	const crowd = 1 << 12
	for i := range crowd {
		wg.Go(func() {
			if err := send(i); err != nil {
				t.Errorf("one that waited: %v", err)
			}
		})
		<-store.waiting
	}
	err := send(crowd)
	if e := server.AsWire(err); e == nil || e.Code != wire.CodeUnavailable || e.RetryAfter <= 0 || e.RetryAfter > 1000 {
		t.Errorf("one too many: %v; want unavailable, for less than a second", err)
	}
	if got := w.Stats(); got.Storing != crowd || got.Busy != 1 {
		t.Errorf("%d wait and %d were refused; want %d and 1", got.Storing, got.Busy, crowd)
	}
	close(store.free)
	wg.Wait()
	if err := send(crowd); err != nil {
		t.Errorf("the refused one later: %v", err)
	}
	reply, err := w.Read(t.Context(), bob.session, &wire.ReadRequest{After: crowd})
	if err != nil || reply.Head != crowd+2 || len(reply.Events) != 2 {
		t.Errorf("bob's mailbox is at %d, %v; want %d", reply.Head, err, crowd+2)
	}
}

// TestBusyStore: a store with too much to do is told as such, for a short time.
func TestBusyStore(t *testing.T) {
	w := newWorld(t, func(c *server.Config) { c.Store = busyStore{memstore.New()} })
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	_, err := w.Send(t.Context(), alice.name, alice.sending(room, "x"))
	if e := server.AsWire(err); e.Code != wire.CodeUnavailable || e.RetryAfter <= 0 || e.RetryAfter > 1000 {
		t.Errorf("Send = %+v; want unavailable for less than a second", e)
	}
}

type busyStore struct{ server.Store }

func (busyStore) Append(context.Context, server.OperationID, wire.Envelope, server.Stamp) (server.Receipt, error) {
	return server.Receipt{}, server.ErrBusy
}

// TestDrain: a node that drains admits nothing, lets those go that wait, and finishes
// what runs; the client's repetition at another node is one with it.
func TestDrain(t *testing.T) {
	st := newSite(t, 2)
	here, there := st.nodes[0], st.nodes[1]
	alice, bob := here.person("alice"), here.person("bob")
	room := alice.room(wire.KindDirect, bob)
	token, req := alice.token(), alice.sending(room, "x")
	waits := make(chan error)
	go func() {
		reply, err := here.Read(t.Context(), bob.session, &wire.ReadRequest{After: 1, WaitMS: wire.MaxReadWait})
		if err == nil && len(reply.Events) != 0 {
			t.Errorf("a read that waited returned %+v", reply)
		}
		waits <- err
	}()
	here.Drain()
	here.Drain()
	if err := <-waits; err != nil {
		t.Errorf("a read that waited: %v", err)
	}
	<-here.Draining()
	if !here.Stats().Draining || there.Stats().Draining {
		t.Error("Stats doesn't say which node drains")
	}
	for what, err := range map[string]error{
		"a request":           here.Admit(alice.session, wire.OpSend, 1),
		"one without session": here.AdmitAnonymous("a", wire.OpChallenge, 1),
		"a stream":            second(here.AdmitStream(alice.session)),
		"a connection":        second(here.AdmitConnection("a")),
	} {
		if e := refused(t, what, err, wire.CodeUnavailable); e.RetryAfter <= 0 || e.RetryAfter > 1000 {
			t.Errorf("%s: RetryAfter = %d; want less than a second", what, e.RetryAfter)
		}
	}
	// What was admitted before goes on; its answer is lost, and it comes again there.
	first, err := here.Send(t.Context(), alice.name, req)
	if err != nil {
		t.Fatal(err)
	}
	session, err := there.Authenticate(token)
	if err != nil || session.Device != alice.name {
		t.Fatalf("the session at another node: %v", err)
	}
	again, err := there.Send(t.Context(), session.Device, req)
	if err != nil || *again != *first {
		t.Errorf("the repetition = %+v, %v; want %+v", again, err, first)
	}
	if got := bob.at(there).kinds(); len(got) != 2 {
		t.Errorf("bob has %v; want the room and one message", got)
	}
}

func second(_ func(), err error) error { return err }
