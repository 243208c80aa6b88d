package server_test

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/hints"
	"parley/server/memstore"
	"parley/wire"
)

// token opens a session of d at its node and returns the token.
func (d *device) token() []byte {
	d.w.t.Helper()
	_, req := d.claim()
	s, err := d.w.OpenSession(d.w.t.Context(), req)
	if err != nil {
		d.w.t.Fatal(err)
	}
	return s.Token
}

// at returns d as it uses another node of the site.
func (d *device) at(w *world) *device {
	o := *d
	o.w = w
	return &o
}

// A site is several nodes over one store, joined by hints that the test may lose.
type site struct {
	hints *hints.Local
	nodes []*world
}

// newSite returns a site of n nodes.
func newSite(t testing.TB, n int, change ...func(*server.Config)) *site {
	t.Helper()
	st := &site{hints: hints.NewLocal()}
	store := memstore.New()
	for range n {
		w := newWorld(t, append([]func(*server.Config){func(c *server.Config) {
			c.Store, c.Hints, c.Poll = store, st.hints.Node(), time.Hour
		}}, change...)...)
		w.ids = uint64(len(st.nodes)) << 32
		t.Cleanup(w.Close)
		st.nodes = append(st.nodes, w)
	}
	return st
}

// TestTokenIsGoodOnEachNode: neither the token nor the challenge is bound to the
// node that made it.
func TestTokenIsGoodOnEachNode(t *testing.T) {
	st := newSite(t, 3)
	alice := st.nodes[0].person("alice")
	token := alice.token()
	if len(token) > wire.MaxTokenSize {
		t.Errorf("a token has %d bytes; want at most %d", len(token), wire.MaxTokenSize)
	}
	for i, w := range st.nodes {
		if s, err := w.Authenticate(token); err != nil || s.Device != alice.name || w.TimeLeft(s) > time.Hour {
			t.Errorf("at node %d: %+v, %v", i, s, err)
		}
	}
	_, req := alice.claim()
	if _, err := st.nodes[2].OpenSession(t.Context(), req); err != nil {
		t.Errorf("a challenge of node 0 at node 2: %v", err)
	}
	_, err := st.nodes[2].OpenSession(t.Context(), req)
	refused(t, "the same once more", err, wire.CodeUnauthorized)
}

// TestLongestToken: the longest name and the longest domain fit.
func TestLongestToken(t *testing.T) {
	long := string(bytes.Repeat([]byte("d"), 253))
	w := newWorld(t, func(c *server.Config) { c.Domain = long })
	account, err := identity.NewAccount(long, string(bytes.Repeat([]byte("n"), 64)))
	if err != nil {
		t.Fatal(err)
	}
	d := w.newDevice("x")
	d.account, d.name = account, identity.RandomDevice(account)
	if _, err := w.SignUp(t.Context(), "addr", &wire.SignUpRequest{Login: d.login, List: d.first()}); err != nil {
		t.Fatal(err)
	}
	if token := d.token(); len(token) > wire.MaxTokenSize {
		t.Errorf("it has %d bytes; want at most %d", len(token), wire.MaxTokenSize)
	} else if s, err := w.Authenticate(token); err != nil || s.Device != d.name {
		t.Errorf("Authenticate = %+v, %v", s, err)
	}
}

// TestForgedTokens: what wasn't made by this site for this device, as it is now, is
// no token.
func TestForgedTokens(t *testing.T) {
	w, elsewhere := newWorld(t), newWorld(t)
	alice, mallory := w.person("alice"), w.person("mallory")
	token := alice.token()
	if _, err := w.Authenticate(token); err != nil {
		t.Fatal(err)
	}
	for i := range token {
		forged := bytes.Clone(token)
		forged[i] ^= 1
		if _, err := w.Authenticate(forged); err == nil {
			t.Fatalf("a token whose byte %d was changed is taken", i)
		}
		if _, err := w.Authenticate(token[:i]); err == nil {
			t.Fatalf("the first %d bytes of a token are taken", i)
		}
	}
	twin := elsewhere.person("alice") // the same name, domain, and all but the keys
	spliced := append(bytes.Clone(mallory.token()[:32]), token[32:]...)
	for _, c := range []struct {
		what  string
		token []byte
	}{
		{"another site's", twin.token()},
		{"another's MAC", spliced},
		{"one with something after it", append(bytes.Clone(token), 0)},
		{"a long one", make([]byte, 1<<16)},
		{"zeros", make([]byte, wire.MaxTokenSize)},
		{"text headers that lie", bytes.Repeat([]byte{0x78}, 40)},
	} {
		_, err := w.Authenticate(c.token)
		refused(t, c.what, err, wire.CodeUnauthorized)
	}
	w.pass(time.Hour)
	_, err := w.Authenticate(token)
	refused(t, "an expired one", err, wire.CodeUnauthorized)
	if s, err := w.Authenticate(alice.token()); err != nil || s.Device != alice.name {
		t.Errorf("a new one: %+v, %v", s, err)
	}
}

// A countedStore counts how often an account is read.
type countedStore struct {
	server.Store
	n atomic.Int64
}

func (s *countedStore) Account(ctx context.Context, a identity.Account) (*server.Account, error) {
	s.n.Add(1)
	return s.Store.Account(ctx, a)
}

// TestAuthenticateIsCheap: what was verified isn't looked up again, whatever
// others bring.
func TestAuthenticateIsCheap(t *testing.T) {
	store := &countedStore{Store: memstore.New()}
	w := newWorld(t, func(c *server.Config) { c.Store = store })
	token := w.person("alice").token()
	before := store.n.Load()
	for range 1000 {
		if _, err := w.Authenticate(token); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Authenticate(append(bytes.Repeat([]byte{1}, 32), token[32:]...)); err == nil {
			t.Fatal("a forged token is taken")
		}
	}
	if n := store.n.Load() - before; n > 1 {
		t.Errorf("2000 looks at tokens read the store %d times; want at most once", n)
	}
}

// TestManySessions: what is remembered of sessions is bounded, and nobody loses
// one by it.
func TestManySessions(t *testing.T) {
	w := newWorld(t, func(c *server.Config) { c.Rates.Session = server.Rate{Burst: -1} })
	alice := w.person("alice")
	first := alice.token()
	for range 3000 {
		w.pass(time.Millisecond) // another token
		alice.token()
	}
	if n := w.Stats().Remembered; n > 2048 {
		t.Errorf("%d sessions of one account are remembered; want at most 2048", n)
	}
	if _, err := w.Authenticate(first); err != nil {
		t.Errorf("the first token: %v", err)
	}
}

// TestRemovedDeviceElsewhere: a device that left its list, or whose key changed, is
// out where it happened at once, elsewhere with the hint.
func TestRemovedDeviceElsewhere(t *testing.T) {
	st := newSite(t, 2)
	here, there := st.nodes[0], st.nodes[1]
	alice := here.person("alice")
	laptop := alice.another()
	token, own := laptop.token(), alice.token()
	atHere, errHere := here.Authenticate(token)
	atThere, errThere := there.Authenticate(token)
	if errHere != nil || errThere != nil {
		t.Fatal(errHere, errThere)
	}
	sub := there.Subscribe(atThere)
	defer sub.Close()
	if err := alice.put(alice.next(identity.Remove, alice)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-atHere.Ended():
	default:
		t.Error("its session goes on where it was removed")
	}
	_, err := here.Authenticate(token)
	refused(t, "its token where it was removed", err, wire.CodeUnauthorized)
	<-atThere.Ended() // by the hint alone: the poll is an hour away
	_, err = there.Authenticate(token)
	refused(t, "its token elsewhere", err, wire.CodeUnauthorized)
	_, err = there.Read(t.Context(), atThere, &wire.ReadRequest{})
	refused(t, "reading elsewhere", err, wire.CodeUnauthorized)
	for i, w := range st.nodes {
		if _, err := w.Authenticate(own); err != nil {
			t.Errorf("the other device at node %d: %v", i, err)
		}
	}
}

// TestRemovedDeviceWithoutHints: if each hint is lost, it is out after a poll, by
// its token and on a stream that was open.
func TestRemovedDeviceWithoutHints(t *testing.T) {
	for _, change := range []identity.Change{identity.Remove, identity.Rotate} {
		t.Run(string(change), func(t *testing.T) {
			st := newSite(t, 2, func(c *server.Config) { c.Poll = time.Minute })
			st.hints.Fault(func(int, int, server.Hint) hints.Fate { return hints.Fate{Lost: true} })
			here, there := st.nodes[0], st.nodes[1]
			alice := here.person("alice")
			laptop := alice.another()
			token, streamed := laptop.token(), laptop.token()
			if _, err := there.Authenticate(token); err != nil {
				t.Fatal(err)
			}
			stream, err := there.Authenticate(streamed)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := there.Read(t.Context(), stream, &wire.ReadRequest{}); err != nil {
				t.Fatal(err)
			}
			l := alice.next(change, alice)
			if change == identity.Rotate {
				changed := *laptop
				changed.key = identity.GenerateKey()
				l = alice.next(change, alice, &changed)
			}
			if err := alice.put(l); err != nil {
				t.Fatal(err)
			}
			there.pass(time.Minute + time.Second)
			_, err = there.Authenticate(token)
			refused(t, "its token", err, wire.CodeUnauthorized)
			_, err = there.Read(t.Context(), stream, &wire.ReadRequest{})
			refused(t, "its stream", err, wire.CodeUnauthorized)
			select {
			case <-stream.Ended():
			default:
				if change == identity.Rotate { // else the store itself refuses
					t.Error("the stream's session goes on")
				}
			}
		})
	}
}

// TestListChangesWhileVerified: a list that changes while a token is looked up isn't
// overlooked.
func TestListChangesWhileVerified(t *testing.T) {
	store := &slowAccount{Store: memstore.New()}
	over := func(c *server.Config) { c.Store = store }
	w, fresh := newWorld(t, over), newWorld(t, over) // that has seen no token yet
	alice := w.person("alice")
	laptop := alice.another()
	token := laptop.token()
	store.after = func() { // what was read is old by now
		o := alice.at(fresh)
		if err := o.put(o.next(identity.Remove, o)); err != nil {
			t.Error(err)
		}
	}
	_, err := fresh.Authenticate(token)
	refused(t, "the token of a device that was removed meanwhile", err, wire.CodeUnauthorized)
}

// A slowAccount does something else once, after it has read an account.
type slowAccount struct {
	server.Store
	after func()
}

func (s *slowAccount) Account(ctx context.Context, a identity.Account) (*server.Account, error) {
	account, err := s.Store.Account(ctx, a)
	if f := s.after; f != nil {
		s.after = nil
		f()
	}
	return account, err
}
