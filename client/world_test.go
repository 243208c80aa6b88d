package client_test

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/client"
	"parley/client/memstore"
	"parley/client/nettransport"
	"parley/identity"
	"parley/mls/public"
	"parley/server"
)

// A world is a server with people around it: real parts, in one process.
type world struct {
	policy server.Policy // nil: none
	rates  server.Rates
	t      testing.TB
	addr   string
	url    string
	data   server.Store
	http   *http.Server
	api    io.Closer
	wrap   func(http.Handler) http.Handler // what stands between the server and its clients
	clock  *clock

	requests bool    // its people sort strangers' conversations
	ledger   *ledger // what keeps its blobs; nil: the server
	blobs    server.BlobConfig
}

// A clock is what the server and the clients of a world go by.
type clock struct {
	mu      sync.Mutex // guards what follows
	off     time.Duration
	stopped time.Time // zero: it goes on by itself
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped.IsZero() {
		return c.stopped.Add(c.off)
	}
	return time.Now().Add(c.off)
}

// stop has time pass by advance alone, however long the test takes.
func (c *clock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped.IsZero() {
		c.stopped = time.Now()
	}
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off += d
}

// A person is one device of somebody.
type person struct {
	*client.Client
	w     *world
	store *memstore.Store
	login []byte
	seal  client.SealKey
}

const domain = "example.com"

func account(name string) identity.Account {
	a, err := identity.NewAccount(domain, name)
	if err != nil {
		panic(err)
	}
	return a
}

// keys stands in for DeriveKeys, which is slow on purpose.
func keys(name string) ([]byte, client.SealKey) {
	login := make([]byte, 32)
	copy(login, name)
	seal, err := client.NewSealKey(login)
	if err != nil {
		panic(err)
	}
	return login, seal
}

func (w *world) config(store client.Store) client.Config {
	transport, err := nettransport.New(w.url, nettransport.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { transport.Close() })
	var over client.Transport = transport
	if w.ledger != nil {
		over = w.ledger.over(transport)
	}
	return client.Config{
		Store: store, Transport: over, Now: w.clock.now, DeviceName: "test", Requests: w.requests,
		Suites: []*public.Suite{public.XWing(public.SuiteXWing), public.ChaCha20(), public.X25519()},
	}
}

// signUp makes an account with its first device.
func (w *world) signUp(name string) *person {
	w.t.Helper()
	p := &person{w: w, store: memstore.New()}
	p.login, p.seal = keys(name)
	c, err := client.SignUp(w.t.Context(), w.config(p.store), p.seal, account(name), p.login)
	if err != nil {
		w.t.Fatalf("%s signs up: %v", name, err)
	}
	p.Client = c
	p.sync()
	return p
}

// secondDevice adds a device to p's account, approved by p.
func (p *person) secondDevice() *person {
	p.w.t.Helper()
	ctx := p.w.t.Context()
	q := &person{w: p.w, store: memstore.New(), login: p.login, seal: p.seal}
	c, err := client.Enroll(ctx, p.w.config(q.store), q.seal, p.Account(), q.login)
	if err != nil {
		p.w.t.Fatalf("enroll: %v", err)
	}
	q.Client = c
	if err := p.Approve(ctx, c.Code()); err != nil {
		p.w.t.Fatalf("approve: %v", err)
	}
	if err := c.AwaitApproval(ctx); err != nil {
		p.w.t.Fatalf("await approval: %v", err)
	}
	q.sync()
	return q
}

// restart ends the client and opens its store again.
func (p *person) restart() {
	p.w.t.Helper()
	p.Close()
	p.store = p.store.Again()
	c, err := client.Open(p.w.t.Context(), p.w.config(p.store), p.seal)
	if err != nil {
		p.w.t.Fatalf("restart: %v", err)
	}
	p.Client = c
}

func (p *person) sync() {
	p.w.t.Helper()
	if err := p.Sync(p.w.t.Context()); err != nil {
		p.w.t.Fatalf("%s syncs: %v", p.Account(), err)
	}
	p.sameList("after it has synced")
}

func (p *person) sendTo(text string, names ...string) client.MessageID {
	p.w.t.Helper()
	id, err := p.SendTo(p.w.t.Context(), names, text)
	if err != nil {
		p.w.t.Fatalf("%s sends %q: %v", p.Account(), text, err)
	}
	return id
}

// news syncs and returns the texts of what is new, in order.
func (p *person) news() []string {
	p.w.t.Helper()
	p.sync()
	return p.unprinted()
}

func (p *person) unprinted() []string {
	p.w.t.Helper()
	ctx := p.w.t.Context()
	msgs, upTo, err := p.NewMessages(ctx, 1000)
	if err != nil {
		p.w.t.Fatal(err)
	}
	var out []string
	for _, m := range msgs {
		out = append(out, m.Text)
	}
	if err := p.MarkPrinted(ctx, upTo); err != nil {
		p.w.t.Fatal(err)
	}
	return out
}

func (p *person) want(texts ...string) {
	p.w.t.Helper()
	if got := p.news(); !slices.Equal(got, texts) {
		p.w.t.Fatalf("%s reads %q; want %q", p.Account(), got, texts)
	}
}

// room returns the only room of p.
func (p *person) room() client.Room {
	p.w.t.Helper()
	rooms, err := p.Rooms(p.w.t.Context())
	if err != nil || len(rooms) != 1 {
		p.w.t.Fatalf("%s has %d rooms, %v; want 1", p.Account(), len(rooms), err)
	}
	return rooms[0]
}

func (p *person) refusals() []string {
	p.w.t.Helper()
	all, err := p.Refusals(p.w.t.Context())
	if err != nil {
		p.w.t.Fatal(err)
	}
	var out []string
	for _, r := range all {
		out = append(out, r.Code)
	}
	return out
}
