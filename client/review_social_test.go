package client_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"parley/client"
	"parley/content"
	"parley/identity"
	"parley/wire"
)

// encodedIn returns what m is as application data.
func encodedIn(t *testing.T, m *content.Message, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	data, _, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// atTime has p hear that all but messages was accepted at a time.
func (p *person) atTime(t *testing.T, ms int64) *tap {
	tp := p.tapped()
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		if op != wire.OpRead {
			return answer, nil
		}
		return change(t, answer, func(r *wire.ReadReply) {
			for i := range r.Events {
				if e := &r.Events[i].Envelope; e.Kind != wire.EventMessage { // whose time is stamped
					e.AcceptedMS = ms
				}
			}
		}), nil
	})
	return tp
}

// A server's times that can't be hold up neither what the own devices share nor
// what is to disappear.
func TestImpossibleTimes(t *testing.T) {
	for _, ms := range []int64{math.MinInt64, -1, 1 << 53, math.MaxInt64} {
		t.Run(fmt.Sprint(ms), func(t *testing.T) {
			w, ctx := sorting(t), t.Context()
			alice, bob := w.signUp("alice"), w.signUp("bob")
			tp := alice.atTime(t, ms)
			bob.sendTo("hello", "alice")
			alice.sync()
			tp.set(nil, nil)
			phone := alice.secondDevice()
			alice.sync()
			phone.sync()
			room := alice.direct("bob")
			alice.ok(alice.Accept(ctx, room))
			alice.sync()
			phone.sync()
			for _, p := range []*person{alice, phone} {
				if r, err := p.Room(ctx, room); err != nil || r.Request {
					t.Errorf("the room: %+v, %v; want it accepted", r, err)
				}
				if got := p.refusals(); len(got) != 0 {
					t.Errorf("refusals: %q", got)
				}
			}

			tp = alice.atTime(t, ms)
			m := content.NewText(content.Extensions{Sender: bob.Account(), Room: room}, "absolute")
			m.Expires = &content.Expiration{Seconds: uint32(w.clock.now().Unix()) + 60}
			bob.sync()
			bob.sendRaw(room, encodedIn(t, m, nil))
			alice.sync()
			tp.set(nil, nil)
			alice.timer(60)
			alice.post(client.Outgoing{Text: "relative"})
			alice.sync()
			w.clock.advance(2 * time.Minute)
			alice.holds("two minutes after", "relative", false)
		})
	}
}

// Who is blocked isn't told a new profile; once that is taken back, they are.
func TestBlockedHearNoProfile(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	bob.only()
	bob.sendTo("hi", "alice")
	alice.only()
	alice.ok(alice.Block(ctx, "bob"))
	alice.ok(alice.SetProfile(ctx, content.Profile{Display: "Elsewhere"}))
	w.clock.advance(time.Minute)
	alice.sync()
	bob.sync()
	if p, err := bob.Person(ctx, alice.Account()); err != nil || p.Display != "alice" {
		t.Errorf("alice, to who is blocked: %+v, %v; want nothing new", p, err)
	}
	alice.ok(alice.Unblock(ctx, "bob"))
	w.clock.advance(time.Minute)
	alice.sync()
	bob.sync()
	if p, err := bob.Person(ctx, alice.Account()); err != nil || p.Display != "Elsewhere" {
		t.Errorf("alice, to who is blocked no more: %+v, %v; want the new name", p, err)
	}
}

// What is said again is for who came since: it changes nothing for the others, not
// without a line.
func TestRestatedChangesNothing(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	room := alice.group("Friends", bob, carol)
	timer := uint32(3600)
	alice.ok(alice.SetRoomInfo(ctx, room, content.RoomSettings{TimerS: &timer}))
	for _, p := range []*person{bob, carol} {
		p.sync()
	}
	title, never := "Mine", uint32(0)
	m, err := content.NewRoomSettings(content.Extensions{Sender: bob.Account(), Room: room},
		content.RoomSettings{Title: &title, TimerS: &never, Restated: true})
	bob.sendRaw(room, encodedIn(t, m, err))
	for _, p := range []*person{alice, carol} {
		p.sync()
		if r, err := p.Room(ctx, room); err != nil || r.Title != "Friends" || r.TimerS != timer {
			t.Errorf("the room: %+v, %v; want it as it was set", r, err)
		}
	}
}

// A title that was changed while somebody was out is told to them.
func TestRestatedToWhoComesBack(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	room := alice.group("Friends", bob, carol)
	bob.ok(bob.Leave(ctx, room))
	alice.sync()
	title := "Old friends"
	alice.ok(alice.SetRoomInfo(ctx, room, content.RoomSettings{Title: &title}))
	alice.ok(alice.AddMembers(ctx, room, []string{"bob"}))
	alice.sync()
	bob.sync()
	if r, err := bob.Room(ctx, room); err != nil || !r.Active || r.Title != title {
		t.Errorf("bob's room: %+v, %v; want the new title", r, err)
	}
}

// A stranger's conversation is a request also where no more state is kept.
func TestRequestsBeyondStates(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	phone := alice.secondDevice()
	self, err := phone.Start(ctx, client.Opening{})
	phone.ok(err)
	for range 41 {
		entries := make([]content.State, 500)
		for i := range entries {
			entries[i] = content.State{Kind: content.StatePinned, Subject: string(identity.RandomRoom(domain)), Number: 1, AtMS: 5}
		}
		m, err := content.NewStates(content.Extensions{Sender: alice.Account(), Room: self}, entries)
		phone.sendRaw(self, encodedIn(t, m, err))
	}
	alice.sync()
	bob.sendTo("hello", "alice")
	alice.sync()
	if r, err := alice.Room(ctx, alice.direct("bob")); err != nil || !r.Request {
		t.Errorf("bob's room: %+v, %v; want a request", r, err)
	}
}

// What is erased while its block of the index is made anew is in none.
func TestErasedWhileIndexedAgain(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	room := alice.room().Room
	alice.ok(alice.FillRoom(ctx, room, bob.Account(), 1600, func(i int) string { return fmt.Sprintf("sesame %04d", i) }))
	alice.index()
	if keys, err := alice.Holds(ctx, "sesame 0700"); err != nil || len(keys) < 2 {
		t.Fatalf("%v, %v; want the text in a block too", keys, err)
	}
	alice.ok(alice.LateIn(ctx, room, 600)) // a message comes late, into a block that is made
	alice.ok(alice.EraseAt(ctx, room, 512, 1023))
	alice.index()
	for _, text := range []string{"sesame 0600", "sesame 0700", "sesame 0900"} {
		if keys, err := alice.Holds(ctx, text); err != nil || len(keys) > 0 {
			t.Errorf("%q is in %v, %v; want it nowhere", text, keys, err)
		}
	}
	hits, _, err := alice.Search(ctx, client.Query{Text: "sesame 1200", Limit: 5})
	if err != nil || !slices.ContainsFunc(hits, func(h client.Hit) bool { return h.Text == "sesame 1200" }) {
		t.Errorf("Search = %v, %v", hits, err)
	}
}

// index makes the index of search.
func (p *person) index() {
	p.w.t.Helper()
	for {
		more, err := p.Index(p.w.t.Context())
		p.ok(err)
		if !more {
			return
		}
	}
}

// A chain of reactions to reactions costs who looks at the message no more than the
// first of them.
func TestReactionsToReactions(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, mallory := w.signUp("alice"), w.signUp("mallory")
	id := alice.sendTo("hello", "mallory")
	mallory.sync()
	room := mallory.room().Room
	target := id
	for range 50 {
		m, err := content.NewReaction(content.Extensions{Sender: mallory.Account(), Room: room}, target, "👍")
		if err != nil {
			t.Fatal(err)
		}
		data, next, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		mallory.sendRaw(room, data)
		target = next
	}
	alice.sync()
	c := alice.counted()
	v, err := alice.Lookup(ctx, id)
	if err != nil || len(v.Reactions["👍"]) != 1 {
		t.Fatalf("Lookup = %+v, %v; want one reaction", v, err)
	}
	if c.gets+c.lists > 20 {
		t.Errorf("one look takes %v; want what the first reaction needs", c)
	}
}

// What was discarded doesn't come back as failed when its author goes out of the
// room; what nobody sees isn't kept.
func TestDiscardedBeforeLeaving(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	room := alice.group("Friends", bob)
	alice.sync()
	tp := alice.tapped()
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpSend {
			return client.ErrOffline
		}
		return nil
	}, nil)
	alice.ok(alice.SetProfile(ctx, content.Profile{Display: "Alice"}))
	id, err := alice.Post(ctx, room, client.Outgoing{Text: "never mind"})
	alice.ok(err)
	kept, err := alice.Post(ctx, room, client.Outgoing{Text: "too late"})
	alice.ok(err)
	_ = alice.Sync(ctx)
	alice.ok(alice.Discard(ctx, id))
	alice.ok(alice.Leave(ctx, room))
	p, err := alice.Page(ctx, room, client.PageOf{Limit: 50})
	alice.ok(err)
	for _, v := range p.Views {
		if v.ID == id {
			t.Errorf("what was discarded shows as %s", v.State)
		}
	}
	if !slices.ContainsFunc(p.Views, func(v client.View) bool { return v.ID == kept && v.State == client.StateFailed }) {
		t.Error("what wasn't sent doesn't show as failed")
	}
	w.clock.advance(2 * time.Hour)
	alice.holds("two hours later", "never mind", false)
	if keys, err := alice.Holds(ctx, "vnd.parley.profile"); err != nil || len(keys) > 0 {
		t.Errorf("the profile waits in %v, %v; want it gone", keys, err)
	}
}

// A receipt that waited, because its conversation did, isn't sent after receipts were
// turned off.
func TestReceiptsOffBeforeAccepting(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	id := alice.sendTo("hello", "bob")
	r := bob.only()
	bob.ok(bob.MarkRead(ctx, r.Room, r.Last.Seq))
	bob.ok(bob.SetSettings(ctx, client.Settings{Typing: true, Previews: true}))
	bob.ok(bob.Accept(ctx, r.Room))
	bob.sync()
	alice.sync()
	if v, err := alice.Lookup(ctx, id); err != nil || v.State != client.StateDelivered {
		t.Errorf("alice's message is %v, %v; want delivered, and no more", v.State, err)
	}
}
