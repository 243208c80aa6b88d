package client_test

import (
	"slices"
	"testing"
	"time"

	"parley/client"
	"parley/wire"
)

// What a person writes while a client acknowledges doesn't wait for the answer.
func TestMessageBesideAcknowledgement(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.sync()
	alice.sync()
	bob.sync()
	room := bob.room().Room
	tp := bob.tapped()
	bob.sync()
	if _, err := alice.Send(ctx, room, "hello"); err != nil {
		t.Fatal(err)
	}
	reply, err := client.CallAs[wire.ReadReply](ctx, bob.Client, wire.OpRead, wire.ReadRequest{After: bob.Cursor(ctx)})
	if err != nil {
		t.Fatal(err)
	}
	if err := bob.Pushed(ctx, reply); err != nil {
		t.Fatal(err)
	}
	left := make(chan struct{})
	tp.set(func(op wire.Operation, request []byte) error {
		switch op {
		case wire.OpAcknowledge:
			if _, err := bob.Post(ctx, room, client.Outgoing{Text: "back"}); err != nil {
				t.Error(err)
			}
			select {
			case <-left:
			case <-time.After(time.Minute):
				t.Error("the message waits for the acknowledgement")
			}
		case wire.OpSend:
			var r wire.SendRequest
			if err := wire.Unmarshal(request, &r); err != nil {
				t.Error(err)
			}
			if !r.Quiet {
				close(left)
			}
		}
		return nil
	}, nil)
	bob.Chores(ctx)
	tp.set(nil, nil)
	alice.sync()
	if got := alice.unprinted(); !slices.Contains(got, "back") {
		t.Errorf("alice reads %q", got)
	}
}
