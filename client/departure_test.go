package client_test

import (
	"slices"
	"testing"
	"time"

	"parley/client"
	"parley/identity"
)

// departures returns who a person is told went out of a room, how, and by whom.
func (p *person) departures(room identity.Room) (out []string) {
	p.w.t.Helper()
	h, err := p.History(p.w.t.Context(), room, 0, 100)
	p.ok(err)
	for _, v := range h {
		if v.Kind == client.KindNotice && (v.Text == client.NoticeLeft || v.Text == client.NoticeRemoved) {
			out = append(out, identity.Account(v.Subject).Name()+" "+v.Text+" "+v.From.Name())
		}
	}
	return out
}

// Who leaves is said to have left, whoever commits it; who is taken out is told by
// whom, and so are the others.
func TestDepartures(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol, dave := w.signUp("alice"), w.signUp("bob"), w.signUp("carol"), w.signUp("dave")
	phone := bob.secondDevice()
	room := alice.group("Friends", bob, phone, carol, dave)
	bob.ok(bob.Leave(ctx, room))
	carol.sync() // commits it
	alice.sync()
	alice.ok(alice.RemoveMember(ctx, room, "dave"))
	for _, p := range []*person{alice, carol, dave} {
		p.sync()
		if got, want := p.departures(room), []string{"bob left bob", "dave removed alice"}; !slices.Equal(got, want) {
			t.Errorf("%s is told %q; want %q", p.Account().Name(), got, want)
		}
	}
	for _, p := range []*person{bob, phone} {
		p.sync()
		if got := p.departures(room); len(got) != 1 || got[0] != "bob left bob" {
			t.Errorf("bob is told %q; want that he left", got)
		}
	}
}

// A device that comes back by itself says who is gone by then, and not by whom.
func TestDepartureUnseen(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	room := alice.group("Friends", bob, carol)
	found := bob.losesCommits()
	w.clock.advance(8 * 24 * time.Hour)
	alice.ok(alice.RemoveMember(ctx, room, "carol"))
	_ = bob.Sync(ctx)
	found()
	bob.sync()
	if got := bob.departures(room); !slices.Equal(got, []string{"carol left bob"}) {
		t.Errorf("bob is told %q; want that carol is gone, as he noticed", got)
	}
}
