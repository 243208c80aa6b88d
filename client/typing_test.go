package client_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"parley/client"
	"parley/identity"
	"parley/wire"
)

// typed catches the frames that p sends instead of sending them.
func (p *person) typed() <-chan wire.SignalRequest {
	frames := make(chan wire.SignalRequest, 16)
	p.tapped().set(func(op wire.Operation, request []byte) error {
		if op != wire.OpSignal {
			return nil
		}
		var s wire.SignalRequest
		if err := wire.Unmarshal(request, &s); err != nil {
			p.w.t.Error(err)
		}
		frames <- s
		return client.ErrOffline
	}, nil)
	return frames
}

// next returns the next frame that p sends, once p can send another one.
func next(t *testing.T, p *person, frames <-chan wire.SignalRequest) wire.SignalRequest {
	t.Helper()
	select {
	case f := <-frames:
		until(t, "the frame is off", func() bool { return !p.TellsTyping() })
		return f
	case <-time.After(time.Minute):
		t.Fatal("no frame")
		panic("unreachable")
	}
}

// A watcher remembers who was last told to type.
type watcher struct {
	mu   sync.Mutex // guards what follows
	who  []identity.Account
	told int
}

// watch has p tell who types; that ends when the test says so.
func (p *person) watch() *watcher {
	p.w.clock.stop()
	w := new(watcher)
	p.reopen(func(cfg *client.Config) {
		cfg.Typing = func(_ identity.Room, accounts []identity.Account) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.who, w.told = accounts, w.told+1
		}
	})
	return w
}

func (w *watcher) want(t *testing.T, what string, accounts ...identity.Account) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.who, accounts) {
		t.Errorf("%s: %v types; want %v", what, w.who, accounts)
	}
}

func TestTyping(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	bob.sync()
	room := alice.room().Room
	frames, seen := alice.typed(), bob.watch()
	type_ := func(on bool) {
		t.Helper()
		if err := alice.Typing(ctx, room, on); err != nil {
			t.Fatal(err)
		}
	}
	hear := func(f wire.SignalRequest) {
		bob.Hear(ctx, wire.Signal{Room: f.Room, Sender: alice.Device(), Data: f.Data})
	}
	type_(true)
	on := next(t, alice, frames)
	hear(on)
	seen.want(t, "alice writes", alice.Account())
	type_(true)
	if len(frames) != 0 {
		t.Error("alice tells of every key")
	}
	w.clock.advance(time.Second)
	type_(false)
	hear(next(t, alice, frames))
	seen.want(t, "alice has stopped")
	hear(on)
	seen.want(t, "the server shows the frame again")

	w.clock.advance(4 * time.Second)
	type_(true)
	hear(next(t, alice, frames))
	seen.want(t, "alice writes again", alice.Account())
	if _, err := alice.Send(ctx, room, "done"); err != nil {
		t.Fatal(err)
	}
	bob.sync()
	seen.want(t, "her message has come")

	type_(true)
	held := next(t, alice, frames)
	w.clock.advance(3 * time.Minute)
	hear(held)
	seen.want(t, "the server held a frame back")
}

// By itself it ends after some seconds.
func TestTypingEnds(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	bob.sync()
	w.clock.stop()
	frames := alice.typed()
	if err := alice.Typing(ctx, alice.room().Room, true); err != nil {
		t.Fatal(err)
	}
	f := next(t, alice, frames)
	bob.Hear(ctx, wire.Signal{Room: f.Room, Sender: alice.Device(), Data: f.Data})
	if got := bob.Typists()[f.Room]; len(got) != 1 {
		t.Fatalf("%v type; want alice", got)
	}
	w.clock.advance(client.TypingLasts + time.Second)
	if got := bob.Typists()[f.Room]; len(got) != 0 {
		t.Errorf("after its time %v type", got)
	}
}

// What a server or a member could make up shows nothing.
func TestForgedTyping(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, mallory := w.signUp("alice"), w.signUp("bob"), w.signUp("mallory")
	alice.sendTo("to both", "bob", "mallory")
	bob.sync()
	mallory.sync()
	room := alice.room().Room
	seen := bob.watch()
	now := w.clock.now().UnixMilli()
	good, err := alice.ForgeTyping(ctx, room, alice.Device(), now)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := mallory.ForgeTyping(ctx, room, alice.Device(), now)
	if err != nil {
		t.Fatal(err)
	}
	future, err := alice.ForgeTyping(ctx, room, alice.Device(), now+int64(time.Hour/time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	other := identity.RandomRoom(domain)
	for what, s := range map[string]wire.Signal{
		"signed by another member": {Room: room, Sender: alice.Device(), Data: forged},
		"of another sender":        {Room: room, Sender: mallory.Device(), Data: good},
		"of no member":             {Room: room, Sender: identity.RandomDevice(account("dave")), Data: good},
		"of no device":             {Room: room, Sender: "mimi://x", Data: good},
		"of another room":          {Room: other, Sender: alice.Device(), Data: good},
		"of the future":            {Room: room, Sender: alice.Device(), Data: future},
		"cut":                      {Room: room, Sender: alice.Device(), Data: good[:len(good)-1]},
		"empty":                    {Room: room, Sender: alice.Device()},
		"of another epoch":         {Room: room, Sender: alice.Device(), Data: flipped(good, 12)},
		"of another generation":    {Room: room, Sender: alice.Device(), Data: flipped(good, 4)},
		"changed":                  {Room: room, Sender: alice.Device(), Data: flipped(good, 30)},
	} {
		bob.Hear(ctx, s)
		seen.want(t, what)
	}
	bob.Hear(ctx, wire.Signal{Room: room, Sender: alice.Device(), Data: good})
	seen.want(t, "the real one", alice.Account())

	// Who was removed is heard no more.
	if err := alice.RemoveMember(ctx, room, "mallory"); err != nil {
		t.Fatal(err)
	}
	last, err := mallory.ForgeTyping(ctx, room, mallory.Device(), now+1)
	if err != nil {
		t.Fatal(err)
	}
	bob.sync()
	bob.Hear(ctx, wire.Signal{Room: room, Sender: mallory.Device(), Data: last})
	seen.want(t, "after the removal", alice.Account())
}

func flipped(frame []byte, i int) []byte {
	out := slices.Clone(frame)
	out[i] ^= 1
	return out
}

// Who doesn't want it told neither tells nor sees it.
func TestTypingOff(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	bob.sync()
	room := alice.room().Room
	seen := bob.watch()
	if err := bob.SetSettings(ctx, client.Settings{Receipts: true, Previews: true}); err != nil {
		t.Fatal(err)
	}
	frame, err := alice.ForgeTyping(ctx, room, alice.Device(), w.clock.now().UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
	bob.Hear(ctx, wire.Signal{Room: room, Sender: alice.Device(), Data: frame})
	seen.want(t, "bob doesn't want it")
	frames := bob.typed()
	if err := bob.Typing(ctx, room, true); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	if len(frames) != 0 {
		t.Error("bob tells it all the same")
	}
}

// Over the real server, while both follow.
func TestTypingLive(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	bob.sync()
	for _, p := range []*person{alice, bob} {
		go p.Run(ctx, nil)
	}
	room := alice.room().Room
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if err := alice.Typing(ctx, room, true); err != nil {
			t.Fatal(err)
		}
		if len(bob.Typists()[room]) == 1 {
			return
		}
		time.Sleep(10 * time.Millisecond)
		w.clock.advance(50 * time.Millisecond)
	}
	t.Error("bob never sees that alice types")
}
