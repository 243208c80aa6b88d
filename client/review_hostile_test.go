package client_test

import (
	"slices"
	"testing"

	"parley/client"
	"parley/content"
	"parley/identity"
	"parley/mls"
	"parley/wire"
)

// What a hostile member must not get a client to do.

// A message that isn't content leaves a tombstone, and the room goes on.
func TestHostileContent(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, mallory := w.signUp("alice"), w.signUp("mallory")
	alice.sendTo("start", "mallory")
	mallory.want("start")
	room := mallory.room().Room
	mallory.sendTo("before", "alice")
	mallory.sendRaw(room, []byte("this is no content"))
	alice.want("before", "")
	if _, err := alice.Send(ctx, room, "goes on"); err != nil {
		t.Fatalf("Send after it: %v", err)
	}
	mallory.want("goes on")
	if got := alice.refusals(); !slices.Equal(got, []string{"bad_content"}) {
		t.Errorf("refusals: %v", got)
	}
}

// sendRaw sends any bytes as application data.
func (p *person) sendRaw(room identity.Room, data []byte) {
	p.w.t.Helper()
	ctx := p.w.t.Context()
	var message []byte
	err := p.Hostile(ctx, room, func(g *mls.Group) (changes mls.Changes, err error) {
		message, changes, err = g.Encrypt(tagFor(data), data)
		return changes, err
	})
	if err != nil {
		p.w.t.Fatal(err)
	}
	id := make([]byte, wire.IDSize)
	copy(id, data)
	if _, err := client.CallAs[wire.SendReply](ctx, p.Client, wire.OpSend, wire.SendRequest{ID: id, Room: room, Message: message}); err != nil {
		p.w.t.Fatal(err)
	}
}

// Nobody but another account in the room tells that a message was delivered, and
// nobody tells it of another's message.
func TestForgedReports(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, mallory := w.signUp("alice"), w.signUp("bob"), w.signUp("mallory")
	id := alice.sendTo("for bob", "bob")
	alice.sendTo("for mallory", "mallory")
	mallory.want("for mallory")
	room := mallory.room().Room
	m, err := content.NewStatus(content.Extensions{Sender: mallory.Account(), Room: room}, []content.Report{{ID: id, Status: content.StatusDelivered}})
	if err != nil {
		t.Fatal(err)
	}
	data, _, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	mallory.sendRaw(room, data)
	alice.sync()
	if v, err := alice.Lookup(ctx, id); err != nil || v.State != client.StateSent {
		t.Errorf("after mallory's report: %v, %v; want sent", v.State, err)
	}
	bob.want("for bob")
	alice.sync()
	if v, err := alice.Lookup(ctx, id); err != nil || v.State != client.StateDelivered {
		t.Errorf("after bob's report: %v, %v; want delivered", v.State, err)
	}
}
