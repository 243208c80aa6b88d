package client_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"parley/client"
	"parley/content"
	"parley/identity"
)

// sameList fails if the list of conversations that a person's client remembers, or
// the people in it, aren't those that it would make anew.
func (p *person) sameList(what string) {
	p.w.t.Helper()
	ctx := p.w.t.Context()
	was, wasPeople := p.listAndPeople()
	p.ForgetMade(ctx)
	now, nowPeople := p.listAndPeople()
	if !reflect.DeepEqual(was, now) {
		p.w.t.Fatalf("%s: %s remembers the list\n%s\nand it is\n%s", what, p.Account(), lines(was), lines(now))
	}
	if !reflect.DeepEqual(wasPeople, nowPeople) {
		p.w.t.Fatalf("%s: %s remembers people as %+v, and they are %+v", what, p.Account(), wasPeople, nowPeople)
	}
}

func (p *person) listAndPeople() ([]client.Room, []client.Person) {
	p.w.t.Helper()
	ctx := p.w.t.Context()
	rooms, err := p.Rooms(ctx)
	if err != nil {
		p.w.t.Fatal(err)
	}
	accounts := []identity.Account{p.Account()}
	for _, r := range rooms {
		accounts = append(accounts, r.Accounts...)
	}
	people, err := p.People(ctx, accounts...)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return rooms, people
}

func lines(rooms []client.Room) (text string) {
	for _, r := range rooms {
		last := r.Last
		r.Last = nil
		text += fmt.Sprintf("%+v, last %+v\n", r, last)
	}
	return text
}

// Whatever people do in whatever order, what is remembered of the list is what it is.
func TestListRemembered(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w, r := newWorld(t), rand.New(rand.NewPCG(seed, 0))
	w.clock.stop() // what ends by itself ends between two looks
	people := []*person{w.signUp("alice"), w.signUp("bob"), w.signUp("carol")}
	second := people[0].secondDevice()
	all := append(people, second)
	people[0].sendTo("hello", "bob")
	people[0].sendTo("hello all", "bob", "carol")
	for range 2 {
		for _, p := range all {
			p.sync()
		}
	}
	for i := range 200 {
		p := all[r.IntN(len(all))]
		what := fmt.Sprintf("step %d of seed %d: %s", i, seed, p.something(r))
		for _, q := range all {
			q.sameList(what)
		}
	}
}

// something does one thing that may show in the list, and returns what it was. That
// it is refused doesn't matter.
func (p *person) something(r *rand.Rand) string {
	ctx := p.w.t.Context()
	rooms, err := p.Rooms(ctx)
	if err != nil {
		p.w.t.Fatal(err)
	}
	if len(rooms) == 0 || r.IntN(3) == 0 {
		_ = p.Sync(ctx)
		return "sync"
	}
	room := rooms[r.IntN(len(rooms))]
	on, text := r.IntN(2) == 0, fmt.Sprintf("text %d", r.Uint32())
	others := []string{"alice", "bob", "carol"}
	other := others[r.IntN(len(others))]
	do := []struct {
		what string
		do   func()
	}{
		{"send", func() { _, _ = p.Send(ctx, room.Room, text) }},
		{"put into the outbox", func() { _, _ = p.Post(ctx, room.Room, client.Outgoing{Text: "@" + other + " " + text}) }},
		{"edit", func() { _, _ = p.Edit(ctx, p.lastIn(room), text) }},
		{"unsend", func() { _, _ = p.Unsend(ctx, p.lastIn(room)) }},
		{"react", func() { _, _ = p.React(ctx, p.lastIn(room), "👍") }},
		{"read", func() { _ = p.MarkRead(ctx, room.Room, 1<<40) }},
		{"pin", func() { _ = p.SetPinned(ctx, room.Room, on) }},
		{"archive", func() { _ = p.SetArchived(ctx, room.Room, on) }},
		{"mute", func() { _ = p.SetMuted(ctx, room.Room, p.w.clock.now().Add(time.Minute).UnixMilli()) }},
		{"draft", func() { _ = p.SetDraft(ctx, room.Room, text) }},
		{"title", func() { _ = p.SetRoomInfo(ctx, room.Room, content.RoomSettings{Title: &text}) }},
		{"timer", func() { timer := uint32(30); _ = p.SetRoomInfo(ctx, room.Room, content.RoomSettings{TimerS: &timer}) }},
		{"profile", func() { _ = p.SetProfile(ctx, content.Profile{Display: text}) }},
		{"receipts", func() {
			s, _ := p.Settings(ctx)
			s.Receipts = on
			_ = p.SetSettings(ctx, s)
		}},
		{"block", func() { _ = p.Block(ctx, other) }},
		{"unblock", func() { _ = p.Unblock(ctx, other) }},
		{"delete", func() { _ = p.DeleteRoom(ctx, room.Room) }},
		{"accept", func() { _ = p.Accept(ctx, room.Room) }},
		{"start", func() { _, _ = p.Start(ctx, client.Opening{Names: []string{other}}) }},
		{"new group", func() { _, _ = p.Start(ctx, client.Opening{Names: []string{other}, Group: true, Title: text}) }},
		{"leave", func() {
			if !room.Direct {
				_ = p.Leave(ctx, room.Room)
			}
		}},
		{"time", func() { p.w.clock.advance(40 * time.Second) }},
		{"sweep", func() { _ = p.Sweep(ctx) }},
	}[r.IntN(23)]
	do.do()
	return string(p.Account()) + ": " + do.what
}

// lastIn returns the id of the last line of a room.
func (p *person) lastIn(r client.Room) client.MessageID {
	if r.Last == nil {
		return client.MessageID{}
	}
	return r.Last.ID
}
