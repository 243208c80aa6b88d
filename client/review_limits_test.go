package client_test

import (
	"context"
	"testing"
	"time"

	"parley/client"
	"parley/content"
	"parley/wire"
)

// While a room waits for a person's word, what others send there doesn't fill the
// outbox with reports.
func TestReportsDoNotPileUp(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	alice.sendTo("start", "bob", "carol")
	carol.want("start")
	room := alice.room().Room
	alice.sync()
	carol.sync()
	bob.reset()
	alice.sync()
	count := func() int {
		records, err := alice.store.List(ctx, "out/", "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		return len(records)
	}
	for _, text := range []string{"one", "two", "three"} {
		// carol's client hasn't heard of the reset: her server keeps it from her.
		carol.sendText(room, text)
		_ = alice.Sync(ctx)
	}
	if got := count(); got > 1 {
		t.Errorf("%d entries in the outbox; want one at most", got)
	}
	if err := bob.CancelReset(ctx); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	alice.sync()
	if got := count(); got != 0 {
		t.Errorf("%d entries in the outbox at the end; want none", got)
	}
}

// sendText sends text as a member who doesn't look at device lists.
func (p *person) sendText(room any, text string) {
	p.w.t.Helper()
	r := p.room().Room
	m := content.NewText(content.Extensions{Sender: p.Account(), Room: r}, text)
	data, _, err := m.Encode()
	if err != nil {
		p.w.t.Fatal(err)
	}
	p.sendRaw(r, data)
}

// A member speaks for nobody's device list but those of the two sides.
func TestForgedView(t *testing.T) {
	w := newWorld(t)
	alice, mallory := w.signUp("alice"), w.signUp("mallory")
	bob := w.signUp("bob")
	alice.sendTo("start", "bob", "mallory")
	mallory.want("start")
	room := alice.room().Room
	m := content.NewText(content.Extensions{
		Sender: mallory.Account(), Room: room,
		Lists: []content.ListView{{Account: bob.Account(), Version: 1, Hash: [32]byte{1}}},
	}, "bob's list is another one")
	data, _, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	mallory.sendRaw(room, data)
	alice.want("bob's list is another one")
	if got := alice.refusals(); len(got) != 0 {
		t.Errorf("refusals: %v; want none of bob on mallory's word", got)
	}
}

// A machine whose clock is wrong keeps its session all the same.
func TestSessionOnAWrongClock(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice := w.signUp("alice")
	opened := 0
	tp := alice.tapped()
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpOpenSession {
			opened++
		}
		return nil
	}, nil)
	alice.reopen(func(cfg *client.Config) {
		cfg.Transport = tp
		cfg.Now = func() time.Time { return w.clock.now().Add(2 * time.Hour) }
	})
	for range 3 {
		if err := alice.Sync(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if opened != 1 {
		t.Errorf("%d sessions opened; want 1", opened)
	}
}

// What the server couldn't take while the stream was open is sent when it can.
func TestRunSendsWhatWaits(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	tp := bob.tapped()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	running := make(chan struct{}, 100)
	go bob.Run(ctx, func() { running <- struct{}{} })
	<-running
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpSend {
			return wire.Refuse(wire.CodeUnavailable, "the disk is full")
		}
		return nil
	}, nil)
	if _, err := bob.Send(ctx, bob.room().Room, "waits"); err == nil {
		t.Fatal("Send succeeds")
	}
	tp.set(nil, nil)
	for {
		alice.sync()
		if texts := alice.unprinted(); len(texts) > 0 && texts[len(texts)-1] == "waits" {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal("what bob wrote doesn't come while he is connected")
		case <-time.After(100 * time.Millisecond):
		}
	}
}
