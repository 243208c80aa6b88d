package client_test

import (
	"errors"
	"testing"
	"time"

	"parley/client"
	"parley/identity"
	"parley/wire"
)

type identityRoom = identity.Room

// Post returns when the message is in the outbox, and Run sends it at once.
func TestPost(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	room := alice.room().Room
	id, err := alice.Post(ctx, room, client.Outgoing{Text: "queued"})
	if err != nil || alice.state(id) != client.StateQueued {
		t.Fatalf("Post: %v, %s; want it queued", err, alice.state(id))
	}
	if v := alice.last(); v.ID != id || v.State != client.StateQueued {
		t.Errorf("the newest page ends in %+v", v)
	}
	for _, p := range []*person{alice, bob} {
		go p.Run(ctx, nil)
	}
	until(t, "the message is delivered", func() bool { return alice.state(id) == client.StateDelivered })
	next, err := alice.Post(ctx, room, client.Outgoing{Text: "while it runs"})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the next is delivered", func() bool { return alice.state(next) == client.StateDelivered })
	bobs := bob.room()
	if err := bob.MarkRead(ctx, bobs.Room, bobs.Last.Seq); err != nil {
		t.Fatal(err)
	}
	until(t, "it is read", func() bool { return alice.state(next) == client.StateRead })
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

func TestPostOffline(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	w.stop()
	for _, text := range []string{"one", "two"} {
		if _, err := alice.Post(ctx, alice.room().Room, client.Outgoing{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	w.start()
	alice.restart()
	alice.sync()
	bob.restart()
	bob.want("one", "two")
}

// A message that the server refuses for good can be tried again, or discarded.
func TestRetryAndDiscard(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	room := alice.room().Room
	tp := alice.tapped()
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpSend {
			return wire.Refuse(wire.CodeBadMessage, "no")
		}
		return nil
	}, nil)
	again, err := alice.Send(ctx, room, "again")
	if err == nil || alice.state(again) != client.StateFailed {
		t.Fatalf("refused: %v, %s; want failed", err, alice.state(again))
	}
	never, err := alice.Send(ctx, room, "never")
	if err == nil {
		t.Fatal("the refused one was sent")
	}
	tp.set(nil, nil)
	if err := alice.Discard(ctx, never); err != nil {
		t.Fatal(err)
	}
	if err := alice.Retry(ctx, again); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	bob.want("again")
	if got := alice.state(again); got != client.StateSent {
		t.Errorf("tried again: %s; want sent", got)
	}
	if keys, err := alice.Holds(ctx, "never"); err != nil || len(keys) != 0 {
		t.Errorf("of the discarded one %v are left, %v", keys, err)
	}
	for what, err := range map[string]error{"discard what was sent": alice.Discard(ctx, again), "retry what isn't": alice.Retry(ctx, never)} {
		if !errors.Is(err, client.ErrUnknownMessage) {
			t.Errorf("%s: %v; want ErrUnknownMessage", what, err)
		}
	}
}

// What waits and is discarded is not sent; what was on its way by then shows as
// sent when that turns out.
func TestDiscardQueued(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	room := alice.room().Room
	waits, err := alice.Post(ctx, room, client.Outgoing{Text: "not sent"})
	if err != nil {
		t.Fatal(err)
	}
	if err := alice.Discard(ctx, waits); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	bob.want()
	if v := alice.last(); v.Text != "start" {
		t.Errorf("alice still sees %q", v.Text)
	}

	alice.tapped().lose(wire.OpSend)
	lost, err := alice.Send(ctx, room, "sent after all")
	if !errors.Is(err, client.ErrQueued) {
		t.Fatalf("the answer was lost: %v; want ErrQueued", err)
	}
	if err := alice.Discard(ctx, lost); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	bob.want("sent after all")
	if v := alice.last(); v.Text != "sent after all" || v.State == client.StateQueued {
		t.Errorf("alice sees %q, %s; want what bob has", v.Text, v.State)
	}
	w.clock.advance(2 * time.Hour)
	if err := alice.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if keys, err := alice.Holds(ctx, "not sent"); err != nil || len(keys) != 0 {
		t.Errorf("of the discarded one %v are left, %v", keys, err)
	}
}
