package client_test

import (
	"slices"
	"testing"

	"parley/client"
	"parley/identity"
	"parley/server"
)

// restricts makes a world in which bob has restricted alice, whom he had accepted.
func restricts(t *testing.T) (w *world, alice, bob *person, room identity.Room) {
	w = ruled(t, server.Rates{})
	w.requests = true
	alice, bob = w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	room = bob.only().Room
	bob.ok(bob.Accept(t.Context(), room))
	alice.sync()
	alice.sync()
	bob.ok(bob.Restrict(t.Context(), "alice"))
	bob.sync()
	return w, alice, bob, room
}

func (p *person) wantRestricted(name string, want bool, when string) {
	p.w.t.Helper()
	who, err := p.Person(p.w.t.Context(), account(name))
	p.ok(err)
	if who.Restricted != want {
		p.w.t.Errorf("%s: restricted is %v, want %v", when, who.Restricted, want)
	}
}

// Who is restricted stays so, whatever else is done with them, until that is taken back.
func TestRestrictedStays(t *testing.T) {
	w, alice, bob, room := restricts(t)
	carol := w.signUp("carol")
	carol.sendTo("hello", "bob") // so she takes bob's groups
	carol.sync()
	ctx := t.Context()
	_, err := bob.Start(ctx, client.Opening{Names: []string{"alice", "carol"}, Group: true, Title: "Us"})
	bob.ok(err)
	bob.wantRestricted("alice", true, "after a group with her")
	other, err := bob.Start(ctx, client.Opening{Names: []string{"carol"}, Group: true, Title: "We"})
	bob.ok(err)
	bob.ok(bob.AddMembers(ctx, other, []string{"alice"}))
	bob.wantRestricted("alice", true, "after she was added to a group")
	_, err = bob.Send(ctx, room, "an answer")
	bob.ok(err)
	bob.wantRestricted("alice", true, "after an answer")
	alice.want("an answer")
	bob.ok(bob.Unrestrict(ctx, "alice"))
	bob.wantRestricted("alice", false, "after that was taken back")
}

// Also on the own other devices.
func TestRestrictedOnAllDevices(t *testing.T) {
	_, alice, bob, _ := restricts(t)
	phone := bob.secondDevice()
	bob.sync()
	phone.sync()
	phone.wantRestricted("alice", true, "on another device")
	id := alice.sendTo("can you hear me", "bob")
	phone.read()
	bob.read()
	alice.sync()
	if got := alice.state(id); got != client.StateSent {
		t.Errorf("alice sees %s; want sent, and nothing more", got)
	}
	phone.ok(phone.Unrestrict(t.Context(), "alice"))
	phone.sync()
	bob.sync()
	bob.wantRestricted("alice", false, "where it was begun")
}

// What was read while somebody was restricted isn't told to them afterwards either, and
// nothing is sent because it ended. That it has arrived is told as of a device that was off.
func TestRestrictedNeverHears(t *testing.T) {
	_, alice, bob, _ := restricts(t)
	ctx := t.Context()
	id := alice.sendTo("can you hear me", "bob")
	bob.read()
	bob.ok(bob.Unrestrict(ctx, "alice"))
	bob.sync()
	alice.sync()
	if got := alice.state(id); got == client.StateRead {
		t.Error("alice hears that what she wrote while she was restricted was read")
	}
	next := alice.sendTo("and now", "bob")
	bob.read()
	alice.sync()
	if got := alice.state(next); got != client.StateRead {
		t.Errorf("afterwards alice sees %s; want read", got)
	}
}

// To restrict a stranger doesn't accept them, nor does taking it back.
func TestRestrictedStranger(t *testing.T) {
	w := ruled(t, server.Rates{})
	w.requests = true
	ctx := t.Context()
	mallory, bob := w.signUp("mallory"), w.signUp("bob")
	mallory.sendTo("hello", "bob")
	room := bob.only().Room
	bob.ok(bob.Restrict(ctx, "mallory"))
	bob.sync()
	if _, relations := bob.relations(); len(relations) != 0 {
		t.Errorf("the server knows %q of a stranger who is restricted; want nothing", relations)
	}
	bob.ok(bob.Unrestrict(ctx, "mallory"))
	if r := bob.only(); !r.Request || r.Archived {
		t.Errorf("afterwards: request %v, archived %v; want a request again", r.Request, r.Archived)
	}
	if _, relations := bob.relations(); len(relations) != 0 {
		t.Errorf("the server knows %q of a stranger who was restricted; want nothing", relations)
	}
	bob.ok(bob.Restrict(ctx, "mallory"))
	bob.ok(bob.Accept(ctx, room))
	bob.sync()
	if _, relations := bob.relations(); !slices.Equal(relations, []string{"mallory accepted"}) {
		t.Errorf("after the request was accepted the server knows %q", relations)
	}
	bob.wantRestricted("mallory", true, "after the request was accepted")
}
