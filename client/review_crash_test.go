package client_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/client"
	"parley/wire"
)

var errCrash = errors.New("the process was killed")

// A crashStore ends at a chosen write: before it (late is false) or after it, as
// kill -9 would, and answers nothing more.
type crashStore struct {
	client.Store
	mu   sync.Mutex // guards what follows
	left int        // writes until the end; below 0: never
	late bool
	dead bool
	fail func(key string) error // of Get
}

// Write implements [client.Store].
func (s *crashStore) Write(ctx context.Context, base uint64, changes []client.Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return errCrash
	}
	if s.left == 0 {
		s.dead = true
		if s.late {
			if err := s.Store.Write(ctx, base, changes); err != nil {
				return err
			}
		}
		return errCrash
	}
	s.left--
	return s.Store.Write(ctx, base, changes)
}

// Get implements [client.Store].
func (s *crashStore) Get(ctx context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	dead, fail := s.dead, s.fail
	s.mu.Unlock()
	if dead {
		return nil, errCrash
	}
	if fail != nil {
		if err := fail(key); err != nil {
			return nil, err
		}
	}
	return s.Store.Get(ctx, key)
}

// Version implements [client.Store].
func (s *crashStore) Version(ctx context.Context) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return 0, errCrash
	}
	return s.Store.Version(ctx)
}

func (s *crashStore) died() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dead
}

// crashing reopens p on a store that ends at write number n.
func (p *person) crashing(n int, late bool) *crashStore {
	s := &crashStore{left: n, late: late}
	p.reopen(func(cfg *client.Config) { s.Store, cfg.Store = cfg.Store, s })
	return s
}

// Whatever the write at which a client is killed, after the next start nothing is
// lost, nothing comes twice, and all agree.
func TestKilledAtEachWrite(t *testing.T) {
	for _, late := range []bool{false, true} {
		for n := 0; ; n++ {
			if !exchangeWithCrash(t, n, late) {
				t.Logf("late %v: %d writes", late, n)
				break
			}
		}
	}
}

// exchangeWithCrash has bob killed at his n-th write of an exchange in which he
// sends, receives, adds somebody and has a device approved. It reports whether
// it came so far.
func exchangeWithCrash(t *testing.T, n int, late bool) bool {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	dave := w.signUp("dave")
	alice.sendTo("one", "bob", "carol")
	alice.sendTo("two", "bob", "carol")
	room := alice.room().Room
	s := bob.crashing(n, late)
	bob.Sync(ctx)
	id, err := bob.Send(ctx, room, "three")
	composed := !id.IsZero() && (err == nil || errors.Is(err, client.ErrQueued))
	bob.AddMembers(ctx, room, []string{"dave"})
	bob.SendTo(ctx, []string{"dave"}, "to dave alone")
	bob.Sync(ctx)
	died := s.died()

	bob.restart()
	bob.sync()
	if !composed { // perhaps it is in the outbox all the same, where the write came through
		h, err := bob.History(ctx, room, 0, 50)
		if err != nil {
			t.Fatalf("n %d late %v: %v", n, late, err)
		}
		composed = slices.Contains(texts(h), "three")
		if !composed {
			if _, err := bob.Send(ctx, room, "three"); err != nil {
				t.Fatalf("n %d late %v: %v", n, late, err)
			}
		}
	}
	if err := bob.AddMembers(ctx, room, []string{"dave"}); err != nil {
		t.Fatalf("n %d late %v: AddMembers: %v", n, late, err)
	}
	got := bob.news()
	slices.Sort(got)
	if !slices.Equal(got, []string{"one", "two"}) {
		t.Fatalf("n %d late %v: bob reads %q", n, late, got)
	}
	if _, err := bob.SendTo(ctx, []string{"dave"}, "at last"); err != nil {
		t.Fatalf("n %d late %v: SendTo: %v", n, late, err)
	}
	for _, p := range []*person{alice, carol} {
		want := []string{"three"}
		if p == carol {
			want = []string{"one", "two", "three"}
		}
		if got := p.news(); !slices.Equal(got, want) {
			t.Fatalf("n %d late %v: %s reads %q; want %q", n, late, p.Account(), got, want)
		}
	}
	alice.sendTo("last", "bob", "carol", "dave")
	bob.sync()
	dave.sync()
	if text := dave.unprinted(); slices.Contains(text, "three") && !slices.Contains(text, "at last") {
		t.Fatalf("n %d late %v: dave reads %q", n, late, text)
	}
	agree(t, alice, bob, room)
	agree(t, alice, carol, room)
	agree(t, alice, dave, room)
	return died
}

// agree checks that two people are in the same epoch of a room, without a fault.
func agree(t *testing.T, a, b *person, room any) {
	t.Helper()
	a.sync()
	b.sync()
	a.sync()
	find := func(p *person) client.Room {
		rooms, err := p.Rooms(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rooms {
			if any(r.Room) == room {
				return r
			}
		}
		t.Fatalf("%s isn't in the room", p.Account())
		return client.Room{}
	}
	x, y := find(a), find(b)
	if x.Epoch != y.Epoch || x.Problem+y.Problem != "" || !slices.Equal(x.Accounts, y.Accounts) || !x.Active || !y.Active {
		t.Fatalf("%s: %+v; %s: %+v", a.Account(), x, b.Account(), y)
	}
}

// A client whose mailbox lost events rejoins; killed when the server has taken
// its commit, it does so again.
func TestKilledWhileRejoining(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	room := alice.room().Room
	alice.sendTo("expires", "bob")
	alice.sendTo("comes", "bob")
	tp := bob.tapped()
	committed := false
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		switch op {
		case wire.OpRead: // the first event isn't there any more
			return change(t, answer, func(r *wire.ReadReply) {
				if len(r.Events) > 1 && r.Events[0].Envelope.Kind == wire.EventMessage {
					r.Events = r.Events[1:]
					r.First = r.Events[0].Pos
				}
			}), nil
		case wire.OpCommit:
			committed = true
			return nil, client.ErrOffline
		}
		return answer, nil
	})
	if _ = bob.Sync(ctx); !committed {
		t.Fatal("bob doesn't rejoin")
	}
	bob.restart()
	bob.sync()
	bob.sync()
	if _, err := bob.Send(ctx, room, "back"); err != nil {
		t.Fatalf("Send: %v", err)
	}
	alice.want("back")
	agree(t, alice, bob, room)
}

// A store that can't be read for a moment costs no message.
func TestReadErrorLosesNothing(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	alice.sendTo("one", "bob")
	s := bob.crashing(-1, false)
	for kind := range map[string]string{"g/": "", "contact/": "", "mod/": ""} {
		s.mu.Lock()
		s.fail = func(key string) error {
			if strings.HasPrefix(key, kind) {
				return errors.New("the disk doesn't answer")
			}
			return nil
		}
		s.mu.Unlock()
		_ = bob.Sync(ctx)
	}
	s.mu.Lock()
	s.fail = nil
	s.mu.Unlock()
	bob.want("one")
	if got := bob.refusals(); len(got) != 0 {
		t.Errorf("refusals: %v", got)
	}
}

// A store that fails at one secret alone, when the group is loaded already.
func TestReadErrorOfASecret(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	alice.sendTo("start", "bob", "carol")
	bob.want("start")
	carol.want("start")
	if _, err := carol.Send(ctx, alice.room().Room, "from carol"); err != nil {
		t.Fatal(err)
	}
	s := bob.crashing(-1, false)
	s.fail = func(key string) error {
		if strings.HasPrefix(key, "g/") && strings.Contains(key, "/e") {
			return errors.New("the disk doesn't answer")
		}
		return nil
	}
	_ = bob.Sync(ctx)
	s.mu.Lock()
	s.fail = nil
	s.mu.Unlock()
	bob.want("from carol")
}
