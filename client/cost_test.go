package client_test

import (
	"fmt"
	"testing"

	"parley/client"
	"parley/wire"
)

// An exchange on the way of a page: what one message costs each side in turns of
// the store and of the server, while both know the room already. In a browser each
// is a turn of the event loop.
func TestExchangeCosts(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.sync()
	alice.sync()
	bob.sync()
	room := alice.room().Room
	sends, takes := alice.counted(), bob.counted()
	for i := range 3 {
		if i == 2 { // the groups are loaded, and what is needed of the store is known
			sends.reset()
			takes.reset()
		}
		if _, err := alice.Post(ctx, room, client.Outgoing{Text: "hello"}); err != nil {
			t.Fatal(err)
		}
		if i == 2 {
			sends.within(t, "a message is put into the outbox", 3, 1)
		}
		if err := alice.FlushAll(ctx); err != nil {
			t.Fatal(err)
		}
		if i == 2 {
			sends.within(t, "a message is sent", 4, 2)
		}
		reply, err := client.CallAs[wire.ReadReply](ctx, bob.Client, wire.OpRead, wire.ReadRequest{After: bob.Cursor(ctx)})
		if err != nil {
			t.Fatal(err)
		}
		takes.reset()
		if err := bob.Pushed(ctx, reply); err != nil {
			t.Fatal(err)
		}
		if i == 2 {
			takes.within(t, "a message is taken in and shown", 6, 1)
		}
		bob.Chores(ctx)
		if i == 2 {
			takes.within(t, "and reported and acknowledged", 12, 4)
		}
	}
}

// A message that comes alone, as to a page that is open, is shown after one turn of
// the store that reads and one that writes.
func TestOneMessageCosts(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.sync()
	alice.sync()
	bob.sync()
	room := alice.room().Room
	takes := bob.counted()
	for i := range 3 { // of which the first ones load the group, and what is needed of the store
		if _, err := alice.Send(ctx, room, "hello"); err != nil {
			t.Fatal(err)
		}
		reply, err := client.CallAs[wire.ReadReply](ctx, bob.Client, wire.OpRead, wire.ReadRequest{After: bob.Cursor(ctx)})
		if err != nil || len(reply.Events) != 1 {
			t.Fatalf("%d events, %v; want 1", len(reply.Events), err)
		}
		takes.reset()
		if err := bob.Pushed(ctx, reply); err != nil {
			t.Fatal(err)
		}
		if i == 2 {
			takes.within(t, "a message that comes alone is taken in", 1, 1)
		}
	}
}

// Many messages at once are taken in by few turns of the store each, of which most
// are in common.
func TestManyCost(t *testing.T) {
	const many = 64
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.sync()
	alice.sync()
	bob.sync()
	room := alice.room().Room
	for i := range many {
		if _, err := alice.Send(ctx, room, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	takes := bob.counted()
	if _, err := bob.Rooms(ctx); err != nil { // as a page that is open
		t.Fatal(err)
	}
	reply, err := client.CallAs[wire.ReadReply](ctx, bob.Client, wire.OpRead, wire.ReadRequest{After: bob.Cursor(ctx), Max: many})
	if err != nil || len(reply.Events) != many {
		t.Fatalf("%d events, %v", len(reply.Events), err)
	}
	takes.reset()
	if err := bob.Pushed(ctx, reply); err != nil {
		t.Fatal(err)
	}
	takes.within(t, "many messages are taken in", many+many/2, 2)
}

// within fails if more was done since the last reset.
func (c *counter) within(t *testing.T, what string, reads, writes int) {
	t.Helper()
	t.Logf("%s: %v", what, c)
	if c.gets+c.lists+c.gathers > reads || c.writes > writes {
		t.Errorf("%s takes %v; want at most %d reads and %d writes", what, c, reads, writes)
	}
}
