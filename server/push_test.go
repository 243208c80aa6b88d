package server_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

// A pusher counts pushes, and answers as it is told.
type pusher struct {
	mu     sync.Mutex // guards what follows
	got    []string   // endpoints
	answer func(endpoint string) error
}

func (p *pusher) Key() []byte { return make([]byte, wire.PushKeySize) }

func (p *pusher) Check(endpoint string) error {
	if !strings.HasPrefix(endpoint, "https://push.example/") {
		return server.ErrBadEndpoint
	}
	return nil
}

func (p *pusher) Push(_ context.Context, endpoint string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, endpoint)
	if p.answer != nil {
		return p.answer(endpoint)
	}
	return nil
}

func (p *pusher) answers(f func(string) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = f
}

func (p *pusher) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.got)
}

// soon has everything done at once, as far as a test can wait for it.
var soon = server.PushTimes{Grace: time.Millisecond, Pause: time.Millisecond, Silence: time.Millisecond, Retry: time.Millisecond, Nobody: time.Millisecond}

func pushing(p server.Pusher) func(*server.Config) {
	return func(c *server.Config) { c.Push, c.PushTimes = p, soon }
}

func (d *device) subscribe() {
	d.w.t.Helper()
	_, err := d.w.SubscribePush(d.w.t.Context(), d.name, subscription(string(d.name)))
	if err != nil {
		d.w.t.Fatal(err)
	}
}

func subscription(path string) *wire.SubscribePushRequest {
	return &wire.SubscribePushRequest{Endpoint: "https://push.example/" + path, Key: make([]byte, wire.PushKeySize), Auth: make([]byte, wire.PushAuthSize)}
}

// openRoom opens a group of d and others.
func (d *device) openRoom(others ...*device) identity.Room {
	d.w.t.Helper()
	return d.room(wire.KindGroup, others...)
}

// say sends a message.
func (d *device) say(room identity.Room) {
	d.w.t.Helper()
	if err := d.send(room, "hello"); err != nil {
		d.w.t.Fatal(err)
	}
}

// read has d read and acknowledge all there is.
func (d *device) read() {
	d.w.t.Helper()
	events := d.inbox()
	if len(events) == 0 {
		return
	}
	if _, err := d.w.Acknowledge(d.w.t.Context(), d.name, &wire.AcknowledgeRequest{Pos: events[len(events)-1].Pos}); err != nil {
		d.w.t.Fatal(err)
	}
}

// pushed waits until n pushes were sent; idle until nobody waits to be looked at.
func (w *world) pushed(p *pusher, n int) {
	w.t.Helper()
	for p.count() < n {
		time.Sleep(time.Millisecond)
		if w.t.Context().Err() != nil {
			w.t.Fatal("no push")
		}
	}
}

func (w *world) idle() {
	for w.Stats().Pushing > 0 {
		time.Sleep(time.Millisecond)
	}
}

// TestPush: a device that isn't connected is woken once, and again when it has read
// or some minutes have passed.
func TestPush(t *testing.T) {
	p := new(pusher)
	w := newWorld(t, pushing(p))
	defer w.Close()
	alice, bob := w.person("alice"), w.person("bob")
	if info, err := w.Info(t.Context(), &wire.InfoRequest{}); err != nil || len(info.PushKey) != wire.PushKeySize {
		t.Error(info, err)
	}
	bob.subscribe()
	alice.subscribe()
	room := alice.openRoom(bob)
	w.pushed(p, 1)
	for range 5 {
		alice.say(room)
	}
	w.idle()
	if want := []string{"https://push.example/" + string(bob.name)}; !slices.Equal(p.got, want) {
		t.Fatalf("got %q, want %q: once, and not who wrote", p.got, want)
	}
	bob.read()
	w.idle()
	receipt := alice.sending(room, "read")
	receipt.Quiet = true
	if _, err := w.Send(t.Context(), alice.name, receipt); err != nil {
		t.Fatal(err)
	}
	w.idle()
	if p.count() != 1 {
		t.Errorf("%d pushes; want 1: what is quiet wakes nobody", p.count())
	}
	alice.say(room)
	w.pushed(p, 2)
	alice.say(room)
	w.idle()
	if p.count() != 2 {
		t.Errorf("%d pushes; want 2 before it has read again", p.count())
	}
	w.pass(5 * time.Minute)
	alice.say(room)
	w.pushed(p, 3)
	if _, err := w.UnsubscribePush(t.Context(), bob.name, &wire.Empty{}); err != nil {
		t.Fatal(err)
	}
	bob.read()
	alice.say(room)
	w.idle()
	if p.count() != 3 {
		t.Errorf("%d pushes; want 3: it has unsubscribed", p.count())
	}
}

// TestPushConnected: a device that has a stream or a poll open isn't woken; one that
// has read elsewhere isn't either; and one whose stream is dead is, once that is known.
func TestPushConnected(t *testing.T) {
	p := new(pusher)
	w := newWorld(t, pushing(p), func(c *server.Config) { c.PushTimes.Silence = 200 * time.Millisecond })
	defer w.Close()
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.openRoom(bob)
	bob.read()
	bob.subscribe()
	sub := w.Subscribe(bob.session)
	alice.say(room)
	for w.Stats().Pushing == 0 { // it is looked at again later: bob hasn't read
		time.Sleep(time.Millisecond)
	}
	if p.count() != 0 {
		t.Errorf("%d pushes to a device that is connected", p.count())
	}
	sub.Close()
	w.pushed(p, 1)

	bob.read()
	sub = w.Subscribe(bob.session)
	defer sub.Close()
	alice.say(room)
	bob.read()
	w.idle()
	if p.count() != 1 {
		t.Errorf("%d pushes; want 1: it has read", p.count())
	}
}

// TestPushFails: a subscription that is gone is removed; what can't be sent now is
// sent later.
func TestPushFails(t *testing.T) {
	p := new(pusher)
	w := newWorld(t, pushing(p))
	defer w.Close()
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.openRoom(bob)
	bob.read()
	bob.subscribe()
	for _, failure := range []error{errors.New("broken"), &server.PushLater{After: time.Millisecond}} {
		before, failed := p.count(), false
		p.answers(func(string) error {
			if failed {
				return nil
			}
			failed = true
			return failure
		})
		alice.say(room)
		w.pushed(p, before+2)
		bob.read()
		w.idle()
	}
	p.answers(func(string) error { return server.ErrPushGone })
	before := p.count()
	alice.say(room)
	w.pushed(p, before+1)
	w.idle()
	if _, err := w.store.AccountRecord(t.Context(), bob.account, server.RecordPush, string(bob.name)); !errors.Is(err, server.ErrNotFound) {
		t.Error("the subscription is kept:", err)
	}
	bob.read()
	alice.say(room)
	w.idle()
	if p.count() != before+1 {
		t.Error("pushed to a subscription that is gone")
	}
	if s := w.Stats(); s.PushesFailed != 1 || s.PushesGone != 1 {
		t.Errorf("got %+v", s)
	}
}

// TestPushNodes: of two nodes the one that took the message wakes; the other one
// knows, and doesn't for the next.
func TestPushNodes(t *testing.T) {
	shared, p, q := memstore.New(), new(pusher), new(pusher)
	one := newWorld(t, pushing(p), func(c *server.Config) { c.Store = shared })
	two := newWorld(t, pushing(q), func(c *server.Config) { c.Store = shared })
	defer one.Close()
	defer two.Close()
	two.ids = 1 << 20 // others than one's
	alice, bob := one.person("alice"), one.person("bob")
	room := alice.openRoom(bob)
	bob.read()
	bob.subscribe()
	alice.say(room)
	one.pushed(p, 1)
	elsewhere := *alice
	elsewhere.w = two
	elsewhere.say(room)
	two.idle()
	if q.count() != 0 {
		t.Errorf("the other node pushed %d times; want 0: nobody has read", q.count())
	}
}

// TestPushRefusals: who may subscribe to what.
func TestPushRefusals(t *testing.T) {
	w := newWorld(t, pushing(new(pusher)))
	defer w.Close()
	ctx, alice := t.Context(), w.person("alice")
	for name, req := range map[string]*wire.SubscribePushRequest{
		"another place": {Endpoint: "https://10.0.0.1/", Key: make([]byte, wire.PushKeySize), Auth: make([]byte, wire.PushAuthSize)},
		"no key":        {Endpoint: "https://push.example/a", Auth: make([]byte, wire.PushAuthSize)},
		"no auth":       {Endpoint: "https://push.example/a", Key: make([]byte, wire.PushKeySize)},
		"a long URL":    subscription(strings.Repeat("a", wire.MaxPushEndpoint)),
	} {
		_, err := w.SubscribePush(ctx, alice.name, req)
		refused(t, name, err, wire.CodeBadRequest)
	}
	phone := alice.another()
	phone.subscribe()
	if err := alice.put(alice.next(identity.Remove, alice)); err != nil {
		t.Fatal(err)
	}
	if all, err := w.store.AccountRecords(ctx, alice.account, server.RecordPush, "", 10); err != nil || len(all) != 0 {
		t.Errorf("a removed device's subscription stays: %v, %v", all, err)
	}
	_, err := w.SubscribePush(ctx, phone.name, subscription("b"))
	refused(t, "a removed device", err, wire.CodeUnauthorized)

	off := newWorld(t)
	_, err = off.SubscribePush(ctx, off.person("bob").name, subscription("b"))
	refused(t, "a server that wakes nobody", err, wire.CodeForbidden)
}

// TestPushFlood: however many wait to be woken, what is remembered and what runs is
// bounded.
func TestPushFlood(t *testing.T) {
	p, hold := new(pusher), make(chan struct{})
	var mu sync.Mutex
	running, most := 0, 0
	blocking := &blockingPusher{pusher: p, before: func() {
		mu.Lock()
		running++
		most = max(most, running)
		mu.Unlock()
		<-hold
		mu.Lock()
		running--
		mu.Unlock()
	}}
	w := newWorld(t, pushing(blocking), func(c *server.Config) { c.Rates.SignUp = server.Rate{Burst: -1} })
	defer w.Close()
	alice := w.person("alice")
	var all []*device
	for i := range 40 {
		d := w.person("p" + string(rune('a'+i/26)) + string(rune('a'+i%26)))
		d.subscribe()
		all = append(all, d)
	}
	alice.openRoom(all...)
	for reached := 0; reached < 16; time.Sleep(time.Millisecond) {
		mu.Lock()
		reached = running
		mu.Unlock()
	}
	time.Sleep(20 * time.Millisecond) // long enough for one too many to show
	mu.Lock()
	if most != 16 {
		t.Errorf("%d pushes at once; want 16", most)
	}
	mu.Unlock()
	close(hold)
	w.pushed(p, len(all))
}

type blockingPusher struct {
	*pusher
	before func()
}

func (p *blockingPusher) Push(ctx context.Context, endpoint string) error {
	p.before()
	return p.pusher.Push(ctx, endpoint)
}

// TestPushSubscribedElsewhere: a node that knows that nobody of an account has
// subscribed learns by a hint that somebody has.
func TestPushSubscribedElsewhere(t *testing.T) {
	shared, p, q := memstore.New(), new(pusher), new(pusher)
	wire1, wire2 := hintPair()
	lasting := func(c *server.Config) { c.Store, c.PushTimes.Nobody = shared, time.Hour }
	one := newWorld(t, pushing(p), lasting, func(c *server.Config) { c.Hints = wire1 })
	two := newWorld(t, pushing(q), lasting, func(c *server.Config) { c.Hints = wire2 })
	defer one.Close()
	defer two.Close()
	alice, bob := one.person("alice"), one.person("bob")
	room := alice.openRoom(bob)
	one.idle() // nobody has subscribed
	alice.say(room)
	if n := one.Stats().Pushing; n != 0 {
		t.Errorf("%d accounts are looked at; want 0: nobody has subscribed", n)
	}
	elsewhere := *bob
	elsewhere.w = two
	elsewhere.subscribe()
	alice.say(room)
	one.pushed(p, 1)
}

// hintPair connects two nodes.
func hintPair() (a, b *pipeHints) {
	a, b = new(pipeHints), new(pipeHints)
	a.to, b.to = b, a
	return a, b
}

type pipeHints struct {
	to *pipeHints
	mu sync.Mutex // guards f
	f  func(server.Hint)
}

func (h *pipeHints) Publish(hint server.Hint) {
	h.to.mu.Lock()
	defer h.to.mu.Unlock()
	if h.to.f != nil {
		h.to.f(hint)
	}
}

func (h *pipeHints) Listen(f func(server.Hint)) (stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.f = f
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.f = nil
	}
}
