package client_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"parley/client"
	"parley/server"
	"parley/server/policy"
	"parley/wire"
)

// ruled makes a world whose server has the default policy, and rates.
func ruled(t *testing.T, rates server.Rates) *world {
	data, _ := policy.Shipped("default")
	p, err := policy.Load("default", data)
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, func(w *world) { w.policy, w.rates = p, rates })
}

// TestServerKeepsRequests: what the server doesn't take before a request is accepted
// waits with its writer, and arrives afterwards: nothing is lost.
func TestServerKeepsRequests(t *testing.T) {
	w, ctx := ruled(t, server.Rates{}), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob") // neither sorts: the server does
	alice.sendTo("hello", "bob")
	room := alice.room().Room
	id, err := alice.Send(ctx, room, "are you there?")
	if !errors.Is(err, client.ErrQueued) || !errors.Is(err, &wire.Error{Code: wire.CodeRequestPending}) {
		t.Fatalf("a second message: %v; want it kept, and request_pending", err)
	}
	if v, err := alice.Lookup(ctx, id); err != nil || v.State != client.StateQueued {
		t.Errorf("it is %v, %v; want queued", v.State, err)
	}
	bob.want("hello")
	bob.sendTo("yes", "alice")
	alice.sync()
	alice.sync()
	bob.want("are you there?")
	alice.sendTo("and so on", "bob")
	bob.want("and so on")
}

// TestRequestsUnderPolicy: the journey of a request, with people who sort them.
func TestRequestsUnderPolicy(t *testing.T) {
	w, ctx := ruled(t, server.Rates{}), t.Context()
	w.requests = true
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	alice.sendTo("hello", "bob")
	bob.ok(bob.Accept(ctx, bob.only().Room))
	alice.sync()
	for range 3 {
		alice.sendTo("and more", "bob")
	}
	// A group with somebody who knows her, and a stranger.
	room, err := alice.Start(ctx, client.Opening{Names: []string{"bob", "carol"}, Group: true, Title: "Us"})
	alice.ok(err)
	if r := carol.only(); !r.Request || r.Room != room {
		t.Errorf("carol's room: %+v; want a request", r)
	}
	_, err = carol.Start(ctx, client.Opening{Names: []string{"bob"}, Group: true})
	var refused *wire.Error
	if !errors.As(err, &refused) || refused.Code != wire.CodeNotAllowed || refused.Reason != wire.ReasonGroupStrangers {
		t.Errorf("a group of strangers: %v; want not_allowed for group_strangers", err)
	}
	_, err = alice.SendTo(ctx, []string{"nobody"}, "hello?")
	if !errors.Is(err, &wire.Error{Code: wire.CodeUnknownAccount}) {
		t.Errorf("to nobody: %v; want unknown_account", err)
	}
}

// TestPuzzlesAreSolved: who does a lot at once is slowed down, and asked nothing.
func TestPuzzlesAreSolved(t *testing.T) {
	w, ctx := ruled(t, server.Rates{YoungConversation: server.Rate{Burst: 1, Every: time.Hour}}), t.Context()
	alice := w.signUp("alice")
	tp := alice.tapped()
	answers := 0
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpAnswerChallenge {
			answers++
		}
		return nil
	}, nil)
	for i := range 3 {
		name := fmt.Sprintf("stranger%d", i)
		w.signUp(name)
		if _, err := alice.SendTo(ctx, []string{name}, "hello"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if answers != 2 {
		t.Errorf("%d puzzles were answered; want 2", answers)
	}
}

// TestRestricted: who is restricted may write, is set apart, and hears nothing.
func TestRestricted(t *testing.T) {
	w, ctx := ruled(t, server.Rates{}), t.Context()
	w.requests = true
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	room := bob.only().Room
	bob.ok(bob.Accept(ctx, room))
	alice.sync()
	bob.ok(bob.Restrict(ctx, "alice"))
	if r := bob.only(); !r.Archived {
		t.Error("the conversation isn't set apart")
	}
	id := alice.sendTo("can you hear me", "bob")
	bob.want("hello", "can you hear me")
	bob.sync()
	alice.sync()
	if v, err := alice.Lookup(ctx, id); err != nil || v.State != client.StateSent {
		t.Errorf("alice sees %v, %v; want sent, and nothing more", v.State, err)
	}
	if _, relations := bob.relations(); len(relations) != 1 || relations[0] != "alice accepted" {
		t.Errorf("the server knows %q; want that she may write, and no more", relations)
	}
	bob.ok(bob.Unrestrict(ctx, "alice"))
	if r := bob.only(); r.Archived {
		t.Error("the conversation is still set apart")
	}
	bob.sync()
	alice.sync()
	next := alice.sendTo("and now", "bob")
	bob.want("and now")
	bob.sync()
	alice.sync()
	if v, err := alice.Lookup(ctx, next); err != nil || v.State != client.StateDelivered {
		t.Errorf("afterwards alice sees %v, %v; want delivered", v.State, err)
	}
}
