package client_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"parley/client"
	"parley/content"
	"parley/identity"
	"parley/mls"
	"parley/wire"
)

// only returns the one room of p that is listed, whatever it is.
func (p *person) only() client.Room {
	p.w.t.Helper()
	p.sync()
	return p.room()
}

// count returns how many rooms p has in its list.
func (p *person) count() int {
	p.w.t.Helper()
	rooms, err := p.Rooms(p.w.t.Context())
	if err != nil {
		p.w.t.Fatal(err)
	}
	return len(rooms)
}

// ok fails the test of p for an error.
func (p *person) ok(err error) {
	p.w.t.Helper()
	if err != nil {
		p.w.t.Fatalf("%s: %v", p.Account().Name(), err)
	}
}

// sorting makes a world whose people sort strangers' conversations.
func sorting(t *testing.T) *world {
	w := newWorld(t)
	w.requests = true
	return w
}

// A stranger's conversation waits; its writer sends one message and hears nothing.
// Accepted, it is a conversation like any other.
func TestRequestIsAccepted(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	id := alice.sendTo("hello", "bob")
	if r := alice.only(); !r.Pending || r.Request {
		t.Errorf("alice's room: pending %v, request %v; want it pending", r.Pending, r.Request)
	}
	if _, err := alice.Send(ctx, alice.room().Room, "are you there?"); !errors.Is(err, client.ErrRequestPending) {
		t.Errorf("a second message: %v; want ErrRequestPending", err)
	}
	room := bob.only()
	if !room.Request || room.Pending || room.Unread != 1 {
		t.Errorf("bob's room: %+v; want a request with one message", room)
	}
	bob.sync()
	alice.sync()
	if v, err := alice.Lookup(ctx, id); err != nil || v.State != client.StateSent {
		t.Errorf("before it is accepted: %v, %v; want sent", v.State, err)
	}
	bob.ok(bob.Accept(ctx, room.Room))
	if r := bob.only(); r.Request {
		t.Error("it still is a request")
	}
	if r := alice.only(); r.Pending {
		t.Error("alice hasn't heard that she is accepted")
	}
	if _, err := alice.Send(ctx, room.Room, "now"); err != nil {
		t.Fatalf("after it was accepted: %v", err)
	}
	bob.want("hello", "now")
	alice.sync()
	if _, relations := bob.relations(); !slices.Equal(relations, []string{"alice accepted"}) {
		t.Errorf("the server knows %q", relations)
	}
}

// relations returns what the server keeps of how p stands to others.
func (p *person) relations() (n int, out []string) {
	p.w.t.Helper()
	reply, err := client.CallAs[wire.Relations](p.w.t.Context(), p.Client, wire.OpRelations, wire.RelationsRequest{})
	p.ok(err)
	for _, r := range reply.Relations {
		out = append(out, r.Account.Name()+" "+string(r.Relation))
	}
	return len(out), out
}

// Whoever answers accepts.
func TestAnswerAccepts(t *testing.T) {
	w := sorting(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	bob.only()
	bob.sendTo("hi", "alice")
	if r := bob.only(); r.Request {
		t.Error("it still is a request after an answer")
	}
	alice.want("hi")
	if r := alice.only(); r.Pending {
		t.Error("alice hasn't heard that she is accepted")
	}
	alice.sendTo("more", "bob")
	alice.sendTo("and more", "bob")
	bob.want("hello", "more", "and more")
}

// An attacker's client sends all it likes: of a request one message shows, and not
// without end is kept; nothing tells that it arrived.
func TestStrangerWritesTen(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	mallory, bob := w.signUp("mallory"), w.signUp("bob")
	mallory.sendTo("hello", "bob")
	room := mallory.only().Room
	for i := range 10 {
		m, _, err := content.NewText(content.Extensions{Sender: mallory.Account(), Room: room}, fmt.Sprintf("spam %d", i)).Encode()
		mallory.ok(err)
		mallory.sendRaw(room, m)
	}
	if r := bob.only(); !r.Request || r.Unread != 11 || r.Last == nil || r.Last.Text != "hello" {
		t.Errorf("bob's room: request %v, %d unread, %+v; want a request with 11, of which the first shows", r.Request, r.Unread, r.Last)
	}
	if p, err := bob.Page(ctx, room, client.PageOf{Limit: 50}); err != nil || !slices.Equal(texts(p.Views), []string{"opened", "hello"}) {
		t.Errorf("the request shows %q, %v; want the first message", texts(p.Views), err)
	}
	bob.sync()
	before := mallory.seen()
	mallory.sync()
	if got := mallory.seen(); got != before {
		t.Errorf("something came back: %d events; want %d", got, before)
	}
	w.requests = false // as another device would show it, once it is accepted
	bob.restart()
	if p, err := bob.Page(ctx, room, client.PageOf{Limit: 50}); err != nil || len(p.Views) != 2 {
		t.Errorf("on a restart: %d lines, %v; want 2: the account sorts requests", len(p.Views), err)
	}
	w.requests = true
	bob.restart()
	bob.ok(bob.DeleteRoom(ctx, room))
	if n := bob.count(); n != 0 {
		t.Errorf("bob has %d rooms after deleting it; want none", n)
	}
	m, _, err := content.NewText(content.Extensions{Sender: mallory.Account(), Room: room}, "again").Encode()
	mallory.ok(err)
	mallory.sendRaw(room, m)
	bob.sync()
	if n := bob.count(); n != 0 {
		t.Errorf("a deleted request comes back: %d rooms", n)
	}
}

// seen returns how many events the mailbox of p holds.
func (p *person) seen() uint64 {
	p.w.t.Helper()
	reply, err := client.CallAs[wire.ReadReply](p.w.t.Context(), p.Client, wire.OpRead, wire.ReadRequest{})
	p.ok(err)
	return reply.Head
}

// Who is blocked neither writes nor asks.
func TestBlocked(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, mallory := w.signUp("alice"), w.signUp("mallory")
	mallory.sendTo("hello", "alice")
	room := alice.only().Room
	alice.ok(alice.Block(ctx, "mallory"))
	if n := alice.count(); n != 0 {
		t.Errorf("a blocked person's request shows: %d rooms", n)
	}
	if got, err := alice.Blocked(ctx); err != nil || len(got) != 1 || got[0].Account != account("mallory") || !got[0].Blocked {
		t.Errorf("Blocked = %+v, %v; want mallory", got, err)
	}
	m, _, err := content.NewText(content.Extensions{Sender: mallory.Account(), Room: room}, "let me").Encode()
	mallory.ok(err)
	if err := mallory.trySendRaw(room, m); !errors.Is(err, &wire.Error{Code: wire.CodeNotAccepting}) {
		t.Errorf("the server takes it: %v; want not_accepting", err)
	}
	if _, err := alice.Send(ctx, room, "to a blocked one"); !errors.Is(err, client.ErrBlocked) {
		t.Errorf("Send to a blocked person: %v; want ErrBlocked", err)
	}
	alice.ok(alice.Unblock(ctx, "mallory"))
	if r := alice.only(); !r.Request {
		t.Error("the request isn't there again")
	}
	if _, relations := alice.relations(); len(relations) != 0 {
		t.Errorf("the server knows %q; want nothing", relations)
	}
}

// Who is blocked stays so when one starts a conversation or a group with them, or adds
// them: it isn't done, and says why.
func TestBlockedStaysSo(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, bob, _ := w.signUp("alice"), w.signUp("bob"), w.signUp("mallory")
	group, err := alice.Start(ctx, client.Opening{Names: []string{"bob"}, Group: true})
	alice.ok(err)
	alice.ok(alice.Block(ctx, "mallory"))
	for what, call := range map[string]func() error{
		"AddMembers": func() error { return alice.AddMembers(ctx, group, []string{"mallory"}) },
		"Start":      func() error { _, err := alice.Start(ctx, client.Opening{Names: []string{"mallory"}}); return err },
		"Start of a group": func() error {
			_, err := alice.Start(ctx, client.Opening{Names: []string{"bob", "mallory"}, Group: true})
			return err
		},
	} {
		if err := call(); !errors.Is(err, client.ErrBlocked) {
			t.Errorf("%s = %v; want ErrBlocked", what, err)
		}
	}
	if got, err := alice.Blocked(ctx); err != nil || len(got) != 1 {
		t.Errorf("Blocked = %+v, %v; want mallory", got, err)
	}
	if rooms, err := alice.Rooms(ctx); err != nil || len(rooms) != 1 {
		t.Errorf("%d rooms, %v; want the group with bob", len(rooms), err)
	}
	alice.ok(alice.Unblock(ctx, "mallory"))
	alice.ok(alice.AddMembers(ctx, group, []string{"mallory"}))
	bob.sync()
}

// What is written to somebody who has blocked one has failed, for good: it doesn't
// arrive when they take messages again.
func TestBlockedSender(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	room := bob.only().Room
	bob.ok(bob.Accept(ctx, room))
	alice.sync()
	bob.ok(bob.Block(ctx, "alice"))
	id, err := alice.Send(ctx, room, "can you hear me")
	if !errors.Is(err, &wire.Error{Code: wire.CodeNotAccepting}) {
		t.Errorf("Send = %v; want not_accepting", err)
	}
	if m, err := alice.Lookup(ctx, id); err != nil || m.State != client.StateFailed {
		t.Errorf("it is %+v, %v; want failed", m, err)
	}
	bob.ok(bob.Unblock(ctx, "alice"))
	alice.ok(alice.Sync(ctx))
	_, err = alice.Send(ctx, room, "and now")
	alice.ok(err)
	bob.sync()
	for _, m := range bob.unprinted() {
		if m == "can you hear me" {
			t.Error("it arrived after all")
		}
	}
}

// A server that lets a blocked person's message through changes nothing.
func TestBlockedByOneself(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, mallory := w.signUp("alice"), w.signUp("mallory")
	alice.sendTo("hello", "mallory")
	mallory.sendTo("hi", "alice")
	alice.want("hi")
	tp := alice.tapped()
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpRelate { // the server never hears of it
			return wire.Refuse(wire.CodeUnknownOperation, "")
		}
		return nil
	}, nil)
	alice.ok(alice.Block(ctx, "mallory"))
	mallory.sendTo("unwanted", "alice")
	alice.sync()
	if got := alice.unprinted(); len(got) != 0 {
		t.Errorf("alice reads %q", got)
	}
}

// Being added to a group by somebody who isn't accepted is a request too; deleting
// it leaves the group.
func TestGroupOfAStranger(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	mallory, bob, carol := w.signUp("mallory"), w.signUp("bob"), w.signUp("carol")
	room, err := mallory.Start(ctx, client.Opening{Names: []string{"bob", "carol"}, Group: true, Title: "Free coins"})
	mallory.ok(err)
	if r := bob.only(); !r.Request || r.Title != "Free coins" {
		t.Errorf("bob's room: %+v; want a request of that title", r)
	}
	bob.ok(bob.DeleteRoom(ctx, room))
	bob.sync()
	if n := bob.count(); n != 0 {
		t.Errorf("bob has %d rooms; want none", n)
	}
	mallory.sync()
	if r := mallory.only(); slices.Contains(r.Accounts, account("bob")) {
		t.Error("bob is still in the group")
	}
	carol.only()
	carol.ok(carol.Accept(ctx, room))
	if r := carol.only(); r.Request {
		t.Error("carol's is still a request")
	}
	// A friend's group isn't one.
	carol.sendTo("hi", "bob")
	bob.sync()
	bob.sendTo("hi carol", "carol")
	carol.sync()
	friends, err := carol.Start(ctx, client.Opening{Names: []string{"bob"}, Group: true, Title: "Friends"})
	carol.ok(err)
	bob.sync()
	if r, err := bob.Room(ctx, friends); err != nil || r.Request {
		t.Errorf("a friend's group: %+v, %v; want no request", r, err)
	}
}

// A conversation that is deleted comes back empty with what an accepted person
// writes.
func TestDeleteRoom(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	id := alice.sendTo("one", "bob")
	bob.only()
	bob.sendTo("two", "alice")
	alice.want("two")
	room := alice.only().Room
	alice.ok(alice.DeleteRoom(ctx, room))
	if n := alice.count(); n != 0 {
		t.Fatalf("alice has %d rooms; want none", n)
	}
	if _, err := alice.Lookup(ctx, id); !errors.Is(err, client.ErrUnknownMessage) {
		t.Errorf("the message is still there: %v", err)
	}
	alice.restart()
	alice.sync()
	if n := alice.count(); n != 0 {
		t.Fatalf("alice has %d rooms after a restart; want none", n)
	}
	bob.sendTo("three", "alice")
	alice.want("three")
	h, err := alice.History(ctx, room, 0, 10)
	if got := texts(h); err != nil || !slices.Equal(got, []string{"three"}) {
		t.Errorf("History = %q, %v; want the new one", got, err)
	}
	// Opened by its person it is there, empty.
	alice.ok(alice.DeleteRoom(ctx, room))
	again, err := alice.Start(ctx, client.Opening{Names: []string{"bob"}})
	if err != nil || again != room || alice.count() != 1 {
		t.Errorf("Start = %s, %v, with %d rooms; want the room there was", again, err, alice.count())
	}
}

// trySendRaw is sendRaw, with the server's answer.
func (p *person) trySendRaw(room identity.Room, data []byte) error {
	p.w.t.Helper()
	var message []byte
	err := p.Hostile(p.w.t.Context(), room, func(g *mls.Group) (changes mls.Changes, err error) {
		message, changes, err = g.Encrypt(tagFor(data), data)
		return changes, err
	})
	p.ok(err)
	id := make([]byte, wire.IDSize)
	copy(id, data)
	_, err = client.CallAs[wire.SendReply](p.w.t.Context(), p.Client, wire.OpSend, wire.SendRequest{ID: id, Room: room, Message: message})
	return err
}
