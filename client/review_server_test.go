package client_test

import (
	"slices"
	"testing"

	"parley/client"
	"parley/wire"
)

// What a server must not get a client to do.

// A server acknowledges a message with the number of an older one.
func TestServerUsesANumberTwice(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	first := bob.sendTo("what bob said", "alice")
	alice.want("what bob said")
	v, err := alice.Lookup(ctx, first)
	if err != nil {
		t.Fatal(err)
	}
	tp := alice.tapped()
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		if op != wire.OpSend {
			return answer, nil
		}
		return change(t, answer, func(r *wire.SendReply) { r.Seq = v.Seq }), nil
	})
	if _, err := alice.Send(ctx, alice.room().Room, "put over it"); err == nil {
		t.Error("Send succeeds with a number that is taken")
	}
	if got, err := alice.Lookup(ctx, first); err != nil || got.Text != "what bob said" {
		t.Errorf("Lookup of bob's message = %+v, %v; want what bob said", got, err)
	}
	tp.set(nil, nil)
	alice.sync()
	h, err := alice.History(ctx, alice.room().Room, 0, 10)
	if err != nil || !slices.Equal(texts(h), []string{"opened", "start", "what bob said", "put over it"}) {
		t.Errorf("History = %q, %v", texts(h), err)
	}
	bob.want("put over it")
}

func texts(views []client.View) (out []string) {
	for _, v := range views {
		out = append(out, v.Text)
	}
	return out
}

// A server that goes on giving the same events doesn't hold the client up.
func TestServerRepeatsTheMailbox(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	var old []byte
	tp := bob.tapped()
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		if op != wire.OpRead {
			return answer, nil
		}
		if old != nil {
			return old, nil
		}
		if r := new(wire.ReadReply); wire.Unmarshal(answer, r) == nil && len(r.Events) > 0 {
			old = answer
		}
		return answer, nil
	})
	alice.sendTo("more", "bob")
	if err := bob.Sync(ctx); err == nil {
		t.Error("Sync succeeds with a mailbox that repeats itself")
	}
}
