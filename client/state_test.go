package client_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/client"
	"parley/content"
	"parley/identity"
	"parley/wire"
)

// A device that is added learns everything that was set; what is set later, each
// tells the other. None of it is a conversation, or a line.
func TestStateIsShared(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, bob, carol, mallory := w.signUp("alice"), w.signUp("bob"), w.signUp("carol"), w.signUp("mallory")
	alice.ok(alice.SetProfile(ctx, content.Profile{Display: "Alice"}))
	bob.ok(bob.SetProfile(ctx, content.Profile{Display: "Bobby"}))
	bob.sendTo("from bob", "alice")
	bob.sync() // his profile
	carol.sendTo("from carol", "alice")
	mallory.sendTo("from mallory", "alice")
	alice.sync()
	room := alice.direct("bob")
	alice.ok(alice.Accept(ctx, room))
	alice.ok(alice.Block(ctx, "mallory"))
	alice.ok(alice.SetPinned(ctx, room, true))
	alice.ok(alice.SetMuted(ctx, room, -1))
	alice.ok(alice.SetDraft(ctx, room, "half a thought"))
	alice.ok(alice.SetSettings(ctx, client.Settings{Typing: true, Previews: true}))
	readers, err := alice.Readers(ctx, room)
	alice.ok(err)
	bobs := readers.People[slices.IndexFunc(readers.People, func(r client.Reader) bool { return !r.Own })]
	alice.ok(alice.Verify(ctx, "bob", bobs.SafetyNumber))
	alice.sync()

	phone := alice.secondDevice()
	alice.sync()
	phone.sync()
	r, err := phone.Room(ctx, room)
	if err != nil || r.Request || !r.Pinned || r.MutedMS != -1 || r.Draft != "half a thought" {
		t.Errorf("the phone's room: %+v, %v", r, err)
	}
	if r, err := phone.Room(ctx, phone.direct("carol")); err != nil || !r.Request {
		t.Errorf("carol's, on the phone: %+v, %v; want a request", r, err)
	}
	if got, err := phone.Blocked(ctx); err != nil || len(got) != 1 || got[0].Account != account("mallory") {
		t.Errorf("blocked on the phone: %+v, %v", got, err)
	}
	if p, err := phone.Person(ctx, account("bob")); err != nil || p.Display != "Bobby" || !p.Known {
		t.Errorf("bob on the phone: %+v, %v", p, err)
	}
	if p, err := phone.Profile(ctx); err != nil || p.Display != "Alice" {
		t.Errorf("the profile on the phone: %+v, %v", p, err)
	}
	if s, err := phone.Settings(ctx); err != nil || s != (client.Settings{Typing: true, Previews: true}) {
		t.Errorf("settings on the phone: %+v, %v", s, err)
	}
	if n, m := alice.count(), phone.count(); n != 2 || m != 2 {
		t.Errorf("%d and %d rooms in the lists; want 2: no room of one's own, none of who is blocked", n, m)
	}

	// The other way, and the later counts.
	phone.ok(phone.SetPinned(ctx, room, false))
	phone.ok(phone.Accept(ctx, phone.direct("carol")))
	phone.ok(phone.DeleteRoom(ctx, phone.direct("carol")))
	phone.ok(phone.SetDraft(ctx, room, ""))
	w.clock.advance(time.Minute)
	phone.sync()
	alice.sync()
	if r, err := alice.Room(ctx, room); err != nil || r.Pinned || r.Draft != "" || r.MutedMS != -1 {
		t.Errorf("alice's room: %+v, %v", r, err)
	}
	if n := alice.count(); n != 1 {
		t.Errorf("alice has %d rooms; want 1: carol's was deleted on the phone", n)
	}
	carol.sync()
	carol.sendTo("still here?", "alice")
	alice.want("from bob", "from mallory", "still here?") // carol's first one is deleted
	if n := alice.count(); n != 2 {
		t.Errorf("alice has %d rooms; want 2: an accepted person wrote", n)
	}
	for _, p := range []*person{alice, phone} {
		if got := p.refusals(); len(got) != 0 {
			t.Errorf("refusals: %q", got)
		}
	}
}

// direct returns the room with somebody, listed or not.
func (p *person) direct(name string) identity.Room {
	p.w.t.Helper()
	rooms, err := p.AllRooms(p.w.t.Context())
	p.ok(err)
	for _, r := range rooms {
		if r.Direct && len(r.Accounts) == 2 && slices.Contains(r.Accounts, account(name)) {
			return r.Room
		}
	}
	p.w.t.Fatalf("no room with %s", name)
	return ""
}

// What one has read on one device isn't unread on the other.
func TestReadOnAnotherDevice(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	phone := alice.secondDevice()
	alice.sendTo("hello", "bob")
	bob.sync()
	bob.sendTo("one", "alice")
	bob.sendTo("two", "alice")
	alice.want("one", "two")
	phone.sync()
	r := phone.only()
	if r.Unread != 2 {
		t.Fatalf("%d unread on the phone; want 2", r.Unread)
	}
	alice.ok(alice.MarkRead(ctx, r.Room, r.Last.Seq))
	alice.sync()
	if r := phone.only(); r.Unread != 0 {
		t.Errorf("%d unread on the phone after alice has read it; want none", r.Unread)
	}
}

// The room with oneself holds notes, once it is opened; state stays out of sight.
func TestNotesToSelf(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice := w.signUp("alice")
	phone := alice.secondDevice()
	alice.ok(alice.SetSettings(ctx, client.Settings{}))
	alice.sync()
	phone.sync()
	if n, m := alice.count(), phone.count(); n != 0 || m != 0 {
		t.Fatalf("%d and %d rooms; want none", n, m)
	}
	room, err := alice.Start(ctx, client.Opening{Names: []string{"alice"}})
	alice.ok(err)
	if r := alice.room(); !r.Own || r.Room != room || r.Request || r.Pending {
		t.Errorf("the room with oneself: %+v", r)
	}
	for i := range 3 {
		if _, err := alice.Send(ctx, room, fmt.Sprintf("note %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	phone.want("note 0", "note 1", "note 2")
	h, err := phone.History(ctx, room, 0, 20)
	phone.ok(err)
	for _, v := range h {
		if v.Kind != client.KindText && v.Kind != client.KindNotice {
			t.Errorf("a line of kind %s", v.Kind)
		}
	}
}

// Drafts are told at most every few seconds; the last one arrives.
func TestDraftsAreGathered(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	w.clock.stop()
	alice := w.signUp("alice")
	phone := alice.secondDevice()
	room, err := alice.Start(ctx, client.Opening{})
	alice.ok(err)
	alice.sync()
	before := alice.seen()
	for i := range 50 {
		alice.ok(alice.SetDraft(ctx, room, fmt.Sprintf("draft %d", i)))
		alice.sync()
	}
	if n := alice.seen() - before; n > 3 {
		t.Errorf("%d events for 50 changes of a draft; want a few", n)
	}
	w.clock.advance(10 * time.Second)
	alice.sync()
	phone.sync()
	if r, err := phone.Room(ctx, room); err != nil || r.Draft != "draft 49" {
		t.Errorf("the draft on the phone: %q, %v", r.Draft, err)
	}
}

// Nobody else tells state, not even in a room of two; what breaks its form is
// refused, and the rest of it counts.
func TestHostileState(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, mallory := w.signUp("alice"), w.signUp("mallory")
	phone := alice.secondDevice()
	alice.sendTo("hello", "mallory")
	room := mallory.only().Room
	accept := content.State{Kind: content.StatePerson, Subject: string(mallory.Account()), Number: int64(content.Accepted), AtMS: 1 << 50, Device: "zzz"}
	encoded := func(p *person, room identity.Room, entries ...content.State) []byte {
		m, err := content.NewStates(content.Extensions{Sender: p.Account(), Room: room}, entries)
		p.ok(err)
		data, _, err := m.Encode()
		p.ok(err)
		return data
	}
	alice.ok(alice.Block(ctx, "mallory"))
	alice.ok(alice.Unblock(ctx, "mallory"))
	alice.sync()
	mallory.ok(mallory.trySendRaw(room, encoded(mallory, room, content.State{
		Kind: content.StateSetting, Subject: "receipts", Number: -1, AtMS: 1 << 50,
	}, accept)))
	alice.sync()
	if got := alice.refusals(); !slices.Equal(got, []string{"bad_content"}) {
		t.Errorf("refusals: %q; want bad_content", got)
	}
	if s, err := alice.Settings(ctx); err != nil || !s.Receipts {
		t.Errorf("settings: %+v, %v; want them as they were", s, err)
	}
	// An own device that is broken.
	self, err := phone.Start(ctx, client.Opening{})
	phone.ok(err)
	phone.ok(phone.trySendRaw(self, encoded(phone, self,
		content.State{Kind: content.StatePinned, Subject: "no room", Number: 1, AtMS: 5},
		content.State{Kind: content.StateRead, Subject: string(room), Number: -7, AtMS: 5},
		content.State{Kind: content.StateMuted, Subject: string(room), Number: -1, AtMS: 1 << 60},
		content.State{Kind: content.StateProfile, Data: []byte("noise"), AtMS: 5},
		content.State{Kind: content.StateVeiled, Subject: string(room), Number: 2, AtMS: 5},
		content.State{Kind: content.StateVeiled, Subject: "no room", Number: 1, AtMS: 5},
		content.State{Kind: 99, AtMS: 5},
		content.State{Kind: content.StateArchived, Subject: string(room), Number: 1, AtMS: 5, Device: string(phone.Device())})))
	alice.sync()
	if n := len(alice.refusals()); n != 8 {
		t.Errorf("%d refusals; want those of mallory's message and of seven entries", n)
	}
	if r, err := alice.Room(ctx, room); err != nil || !r.Archived || r.MutedMS != 0 || r.Pinned {
		t.Errorf("alice's room: %+v, %v; want it archived, and no more", r, err)
	}
}

// A home of before there were requests: its people are wanted.
func TestOldHomeIsAdopted(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	bob.want("hello")
	bob.ok(bob.ForgetStates(ctx)) // as v0.1.0 left it
	w.requests = true
	bob.restart()
	bob.sync()
	if r := bob.only(); r.Request || r.Pending {
		t.Errorf("an old conversation: %+v; want neither request nor pending", r)
	}
	if p, err := bob.Person(ctx, alice.Account()); err != nil || !p.Known {
		t.Errorf("alice: %+v, %v; want her known", p, err)
	}
}

// A device that is new knows nothing of people, and says nothing of them: what
// another own device knows stands.
func TestNewDeviceSaysNothing(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, carol, mallory := w.signUp("alice"), w.signUp("carol"), w.signUp("mallory")
	carol.sendTo("from carol", "alice")
	mallory.sendTo("from mallory", "alice")
	alice.sync()
	alice.ok(alice.Block(ctx, "mallory"))
	phone := alice.secondDevice()
	phone.restart()
	phone.sync()
	alice.sync()
	phone.sync()
	alice.sync()
	for _, p := range []*person{alice, phone} {
		people, err := p.People(ctx, account("carol"), account("mallory"))
		if err != nil || people[0].Known || people[1].Known || !people[1].Blocked {
			t.Errorf("people: %+v, %v; want carol a stranger, and mallory blocked", people, err)
		}
	}
	if _, relations := alice.relations(); !slices.Equal(relations, []string{"mallory blocked"}) {
		t.Errorf("the server knows %q", relations)
	}
}

// Without a connection what changes is gathered.
func TestStateWaitsOffline(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice := w.signUp("alice")
	phone := alice.secondDevice()
	room, err := alice.Start(ctx, client.Opening{})
	alice.ok(err)
	alice.sync()
	before := alice.seen()
	tp := alice.tapped()
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpSend {
			return client.ErrOffline
		}
		return nil
	}, nil)
	for i := range 20 {
		alice.ok(alice.SetPinned(ctx, room, i%2 == 0))
	}
	alice.ok(alice.SetMuted(ctx, room, -1))
	tp.set(nil, nil)
	for range 3 {
		alice.sync()
	}
	if n := alice.seen() - before; n > 3 {
		t.Errorf("%d events for 21 changes; want a few", n)
	}
	phone.sync()
	if r, err := phone.Room(ctx, room); err != nil || r.Pinned || r.MutedMS != -1 {
		t.Errorf("the phone's room: %+v, %v", r, err)
	}
}
