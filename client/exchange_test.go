package client_test

import (
	"errors"
	"testing"
	"time"

	"parley/client"
)

func TestTwoPeopleExchange(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	bob.want("hello")
	bob.sendTo("hi back", "alice")
	alice.want("hi back")
	if a, b := alice.room(), bob.room(); a.Room != b.Room || a.Epoch != b.Epoch || !a.Direct {
		t.Errorf("rooms differ: %+v and %+v", a, b)
	}
}

func TestTicksAreTrue(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	id := alice.sendTo("hello", "bob")
	state := func() client.State {
		v, err := alice.Lookup(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return v.State
	}
	if got := state(); got != client.StateSent {
		t.Errorf("after the acknowledgement: %s; want sent", got)
	}
	alice.sync()
	if got := state(); got != client.StateSent {
		t.Errorf("before bob has it: %s; want sent", got)
	}
	bob.want("hello")
	alice.sync()
	if got := state(); got != client.StateDelivered {
		t.Errorf("after bob has it: %s; want delivered", got)
	}
}

func TestOfflineAndCatchUp(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	want := []string{}
	for _, text := range []string{"one", "two", "three", "four"} {
		alice.sendTo(text, "bob")
		want = append(want, text)
	}
	bob.restart()
	bob.want(want...)
	bob.want()
}

func TestServerGone(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("first", "bob")
	w.stop()
	id, err := alice.Send(t.Context(), alice.room().Room, "while it was gone")
	if !errors.Is(err, client.ErrQueued) || !errors.Is(err, client.ErrOffline) {
		t.Fatalf("Send without a server: %v; want ErrQueued and ErrOffline", err)
	}
	if v, err := alice.Lookup(t.Context(), id); err != nil || v.State != client.StateQueued {
		t.Fatalf("Lookup = %+v, %v; want it queued", v, err)
	}
	alice.restart()
	w.start()
	alice.restart()
	alice.sync()
	bob.restart()
	bob.want("first", "while it was gone")
}

func TestBothOpenAtOnce(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	done := make(chan error, 2)
	go func() { _, err := alice.SendTo(t.Context(), []string{"bob"}, "from alice"); done <- err }()
	go func() { _, err := bob.SendTo(t.Context(), []string{"alice"}, "from bob"); done <- err }()
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	alice.want("from bob")
	bob.want("from alice")
	if a, b := alice.room(), bob.room(); a.Room != b.Room {
		t.Errorf("two rooms: %s and %s", a.Room, b.Room)
	}
}

func TestGroupOfThree(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	alice.sendTo("to both", "bob", "carol")
	bob.want("to both")
	carol.want("to both")
	room := alice.room().Room
	if err := alice.RemoveMember(t.Context(), room, "carol"); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.Send(t.Context(), room, "without carol"); err != nil {
		t.Fatal(err)
	}
	alice.want("without carol")
	carol.want()
	if carol.room().Active {
		t.Error("carol still thinks that she is in the room")
	}
	if _, err := carol.Send(t.Context(), room, "let me in"); !errors.Is(err, client.ErrNotMember) {
		t.Errorf("carol sends: %v; want ErrNotMember", err)
	}
	if err := bob.AddMembers(t.Context(), room, []string{"carol"}); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	if _, err := alice.Send(t.Context(), room, "welcome back"); err != nil {
		t.Fatal(err)
	}
	carol.want("welcome back")
}

func TestEditUnsendReact(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	id := alice.sendTo("helo", "bob")
	if _, err := alice.Edit(ctx, id, "hello"); err != nil {
		t.Fatal(err)
	}
	bob.want("hello") // what it was is nowhere but in the evidence
	if _, err := bob.React(ctx, id, "👍"); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.Edit(ctx, id, "forged"); !errors.Is(err, client.ErrNotYours) {
		t.Errorf("bob edits alice's: %v; want ErrNotYours", err)
	}
	alice.want("👍")
	v, err := alice.Lookup(ctx, id)
	if err != nil || v.Text != "hello" || !v.Edited || len(v.Reactions["👍"]) != 1 {
		t.Errorf("Lookup = %+v, %v; want the edit and one reaction", v, err)
	}
	if _, err := alice.Unsend(ctx, id); err != nil {
		t.Fatal(err)
	}
	bob.want("")
	if v, err := bob.Lookup(ctx, id); err != nil || !v.Unsent || v.Text != "" {
		t.Errorf("Lookup = %+v, %v; want it unsent", v, err)
	}
	if _, err := alice.Edit(ctx, id, "back again"); !errors.Is(err, client.ErrUnsent) {
		t.Errorf("an edit of what was taken back: %v; want ErrUnsent", err)
	}
	reply := bob.sendTo("reply follows", "alice")
	alice.want("reply follows")
	if _, err := alice.Reply(ctx, reply, "the reply"); err != nil {
		t.Fatal(err)
	}
	bob.want("the reply")
	h, err := bob.History(ctx, bob.room().Room, 0, 10)
	if err != nil || len(h) == 0 || h[len(h)-1].InReplyTo != reply {
		t.Errorf("History = %+v, %v; want the reply last", h, err)
	}
}

func TestSecondDevice(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("before", "bob")
	bob.want("before")
	phone := bob.secondDevice()
	alice.sync()
	alice.sendTo("to both devices", "bob")
	bob.want("to both devices")
	phone.want("to both devices")
	if _, err := phone.Send(t.Context(), phone.room().Room, "from the phone"); err != nil {
		t.Fatal(err)
	}
	alice.want("from the phone")
	bob.want("from the phone")
	if err := bob.RemoveDevice(t.Context(), phone.Device().ID()); err != nil {
		t.Fatal(err)
	}
	alice.sendTo("after removal", "bob")
	bob.want("after removal")
	if err := phone.Sync(t.Context()); err == nil {
		t.Error("a removed device still gets a session")
	}
	if got := phone.unprinted(); len(got) != 0 {
		t.Errorf("the removed device reads %q", got)
	}
}

func TestTwoDevicesCommitAtOnce(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	w.signUp("carol")
	w.signUp("dave")
	w.signUp("erin")
	alice.sendTo("start", "bob", "carol")
	bob.want("start")
	room := alice.room().Room
	done := make(chan error, 2)
	go func() { done <- alice.AddMembers(t.Context(), room, []string{"dave"}) }()
	go func() { done <- bob.AddMembers(t.Context(), room, []string{"erin"}) }()
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	alice.sync()
	bob.sync()
	a, b := alice.room(), bob.room()
	if a.Epoch != b.Epoch || len(a.Accounts) != 5 || len(b.Accounts) != 5 {
		t.Errorf("alice: epoch %d, %v; bob: epoch %d, %v", a.Epoch, a.Accounts, b.Epoch, b.Accounts)
	}
}

func TestWeeklyUpdate(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	before := alice.room().Epoch
	w.clock.advance(8 * 24 * time.Hour)
	alice.sync()
	if got := alice.room().Epoch; got <= before {
		t.Errorf("epoch %d after a week; want more than %d", got, before)
	}
	alice.sendTo("after a week", "bob")
	bob.want("after a week")
}
