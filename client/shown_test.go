package client_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/client"
	"parley/identity"
	"parley/wire"
)

// A slowStore is a store whose next write takes until it is let go of, and then ends
// as that says.
type slowStore struct {
	client.Store
	mu    sync.Mutex    // guards what follows
	next  chan writeEnd // of the next write; nil: it is quick
	begun chan struct{} // closed when that begins
	held  bool
}

// A writeEnd is how a write ends.
type writeEnd struct {
	done bool  // it is in the store
	err  error // what it says
}

// hold has the next write take until an end is sent to end.
func (s *slowStore) hold() (begun <-chan struct{}, end chan<- writeEnd) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next, s.begun = make(chan writeEnd), make(chan struct{})
	return s.begun, s.next
}

func (s *slowStore) isHeld() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

func (s *slowStore) setHeld(held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = held
}

// Write implements [client.Store].
func (s *slowStore) Write(ctx context.Context, base uint64, changes []client.Change) error {
	s.mu.Lock()
	next := s.next
	if s.next = nil; next != nil {
		s.held = true
		close(s.begun)
	}
	s.mu.Unlock()
	if next == nil {
		return s.Store.Write(ctx, base, changes)
	}
	end := <-next
	s.setHeld(false)
	if end.done {
		if err := s.Store.Write(ctx, base, changes); err != nil {
			return err
		}
	}
	return end.err
}

// A taking is bob taking in a message, whose write is held.
type taking struct {
	alice, bob *person
	room       identity.Room
	store      *slowStore
	end        chan<- writeEnd
	ended      chan error // of taking it in

	mu   sync.Mutex // guards told
	told int        // how often it was told that the room has changed, since it came
}

// takingIn has alice write "hello" to bob, who has read their conversation before if
// known is set, and is writing it to his disk.
func takingIn(t *testing.T, known bool) *taking {
	w, ctx := newWorld(t), t.Context()
	k := &taking{alice: w.signUp("alice"), bob: w.signUp("bob"), store: new(slowStore), ended: make(chan error, 1)}
	k.alice.sendTo("start", "bob")
	k.bob.want("start")
	k.alice.sync()
	k.room = k.bob.room().Room
	k.bob.reopen(func(cfg *client.Config) {
		k.store.Store, cfg.Store = cfg.Store, k.store
		cfg.Transport = alone{cfg.Transport, t, k.store}
		cfg.Changed = func(what client.Touched) {
			k.mu.Lock()
			defer k.mu.Unlock()
			if slices.Contains(what.Rooms, k.room) {
				k.told++
			}
		}
	})
	k.bob.sync()
	if known {
		k.shows(t)
		k.bob.listAndPeople()
	}
	if _, err := k.alice.Send(ctx, k.room, "hello"); err != nil {
		t.Fatal(err)
	}
	reply, err := client.CallAs[wire.ReadReply](ctx, k.bob.Client, wire.OpRead, wire.ReadRequest{After: k.bob.Cursor(ctx)})
	if err != nil || len(reply.Events) != 1 {
		t.Fatalf("%+v, %v; want one event", reply, err)
	}
	k.toldSince()
	begun, end := k.store.hold()
	k.end = end
	go func() { k.ended <- k.bob.Pushed(ctx, reply) }()
	<-begun
	return k
}

// toldSince is how often the room was told of since it was asked last.
func (k *taking) toldSince() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := k.told
	k.told = 0
	return n
}

// shows are the texts that bob's conversation shows.
func (k *taking) shows(t *testing.T) []string {
	t.Helper()
	p, err := k.bob.Page(t.Context(), k.room, client.PageOf{Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, v := range p.Views {
		if v.Kind == client.KindText {
			out = append(out, v.Text)
		}
	}
	return out
}

func (k *taking) wantShown(t *testing.T, when string, want ...string) {
	t.Helper()
	if got := k.shows(t); !slices.Equal(got, want) {
		t.Errorf("%s: shows %q; want %q", when, got, want)
	}
}

// alone is a way to the server on which nothing may go while a write is held.
type alone struct {
	client.Transport
	t     *testing.T
	store *slowStore
}

// Call implements [client.Transport].
func (a alone) Call(ctx context.Context, op wire.Operation, token, request []byte) ([]byte, error) {
	if a.store.isHeld() {
		a.t.Errorf("%s leaves before the disk has what it is of", op)
	}
	return a.Transport.Call(ctx, op, token, request)
}

// A message that has come is shown while it is being written, and nothing that
// follows from it leaves before it is written.
func TestShownWhileItIsWritten(t *testing.T) {
	k := takingIn(t, true)
	ctx := t.Context()
	if k.toldSince() != 1 {
		t.Error("it isn't told")
	}
	k.wantShown(t, "while it is written", "start", "hello")
	if r := k.bob.room(); r.Unread == 0 || r.Last == nil || r.Last.Text != "hello" {
		t.Errorf("the list shows %+v", r)
	}
	var follows sync.WaitGroup
	follows.Go(func() { k.bob.Chores(ctx) })
	follows.Go(func() { _ = k.bob.MarkRead(ctx, k.room, 1<<40) })
	follows.Go(func() { _ = k.bob.Typing(ctx, k.room, true) })
	follows.Go(func() { _, _ = k.bob.Send(ctx, k.room, "back") })
	for range 2000 { // meanwhile they would have left, and one can go on looking
		k.wantShown(t, "still", "start", "hello")
	}
	k.end <- writeEnd{done: true}
	if err := <-k.ended; err != nil {
		t.Fatal(err)
	}
	follows.Wait()
	k.bob.sync()
	k.wantShown(t, "written", "start", "hello", "back")
	k.alice.want("back")
	agree(t, k.alice, k.bob, k.room)
}

// What is told at once isn't told again.
func TestToldOnce(t *testing.T) {
	k := takingIn(t, true)
	k.shows(t)
	k.end <- writeEnd{done: true}
	if err := <-k.ended; err != nil {
		t.Fatal(err)
	}
	if n := k.toldSince(); n != 1 {
		t.Errorf("told %d times; want once", n)
	}
}

// That one was accepted, after which one may write, isn't shown before it is written: a
// device that ends in between would refuse what was written since.
func TestAcceptedIsWrittenFirst(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.requests = true
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	room := alice.room().Room
	store, told := new(slowStore), 0
	alice.reopen(func(cfg *client.Config) {
		store.Store, cfg.Store = cfg.Store, store
		cfg.Changed = func(what client.Touched) {
			if store.isHeld() {
				t.Errorf("told while it is written: %+v", what)
			}
			told++
		}
	})
	alice.sync()
	if !alice.room().Pending {
		t.Fatal("she may write before she is accepted")
	}
	bob.ok(bob.Accept(ctx, bob.only().Room))
	bob.sync()
	reply, err := client.CallAs[wire.ReadReply](ctx, alice.Client, wire.OpRead, wire.ReadRequest{After: alice.Cursor(ctx)})
	if err != nil || len(reply.Events) == 0 {
		t.Fatalf("%+v, %v; want what bob says", reply, err)
	}
	told = 0
	begun, end := store.hold()
	ended, looked := make(chan error, 1), make(chan error, 1)
	go func() { ended <- alice.Pushed(ctx, reply) }()
	<-begun
	if told > 0 {
		t.Error("it is told before it is written")
	}
	go func() {
		r, err := alice.Room(ctx, room)
		if err == nil && (r.Pending || store.isHeld()) {
			err = fmt.Errorf("pending %t, while it is written: %t", r.Pending, store.isHeld())
		}
		looked <- err
	}()
	time.Sleep(10 * time.Millisecond) // a look that doesn't wait is over by now
	end <- writeEnd{done: true}
	if err := errors.Join(<-ended, <-looked); err != nil {
		t.Error(err)
	}
	if told == 0 {
		t.Error("it isn't told")
	}
}

// A device that ends while a message is shown and not written yet gets it again, and
// one that has just written it doesn't: it is there once, nothing is lost, and both
// go on.
func TestKilledWhileShown(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprint("late ", late), func(t *testing.T) {
			k := takingIn(t, true)
			k.wantShown(t, "before", "start", "hello")
			k.end <- writeEnd{done: late, err: errCrash}
			if err := <-k.ended; !errors.Is(err, errCrash) {
				t.Fatalf("Pushed: %v; want the crash", err)
			}
			k.bob.restart()
			want := []string{"start"}
			if late {
				want = append(want, "hello")
			}
			k.wantShown(t, "after the start", want...)
			k.bob.sync()
			k.wantShown(t, "synced", "start", "hello")
			if _, err := k.bob.Send(t.Context(), k.room, "back"); err != nil {
				t.Fatal(err)
			}
			k.alice.want("back")
			agree(t, k.alice, k.bob, k.room)
			if got := append(k.alice.refusals(), k.bob.refusals()...); len(got) > 0 {
				t.Errorf("refusals: %v", got)
			}
		})
	}
}

// A write that fails takes back what was shown, and tells it; the message comes again.
func TestShownAndNotWritten(t *testing.T) {
	full := errors.New("the disk is full")
	for name, err := range map[string]error{"fails": full, "another process wrote": client.ErrConflict} {
		t.Run(name, func(t *testing.T) {
			k := takingIn(t, true)
			k.wantShown(t, "before", "start", "hello")
			k.toldSince()
			if err != full { // it is tried again, and held again
				begun, end := k.store.hold()
				k.end <- writeEnd{err: err}
				<-begun
				k.end = end
				err = full
			}
			k.end <- writeEnd{err: err}
			if err := <-k.ended; !errors.Is(err, full) {
				t.Fatalf("Pushed: %v; want %v", err, full)
			}
			if k.toldSince() == 0 {
				t.Error("it isn't told that it isn't there")
			}
			k.wantShown(t, "after", "start")
			k.bob.sync()
			k.wantShown(t, "synced", "start", "hello")
			agree(t, k.alice, k.bob, k.room)
		})
	}
}

// Who looks while a message is written, and has to read the store, may see it as it
// was; when it is written that is told, and forgotten.
func TestOldReadWhileItIsWritten(t *testing.T) {
	k := takingIn(t, false)
	k.toldSince()
	k.shows(t)
	if _, err := k.bob.Page(t.Context(), k.room, client.PageOf{After: 1, Limit: 20}); err != nil {
		t.Fatal(err)
	}
	k.bob.listAndPeople()
	k.end <- writeEnd{done: true}
	if err := <-k.ended; err != nil {
		t.Fatal(err)
	}
	if k.toldSince() == 0 {
		t.Error("it isn't told")
	}
	k.wantShown(t, "written", "start", "hello")
	k.bob.sameList("after it was written")
}

// People look all the time while messages come and go.
func TestLooksAmongSteps(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	room := bob.room().Room
	looking, stop := context.WithCancel(ctx)
	var looks sync.WaitGroup
	for range 3 {
		looks.Go(func() {
			for looking.Err() == nil {
				rooms, err := bob.Rooms(ctx)
				if err != nil || len(rooms) != 1 {
					t.Errorf("%d rooms, %v; want 1", len(rooms), err)
					return
				}
				if _, err := bob.Page(ctx, room, client.PageOf{Limit: 20}); err != nil {
					t.Error(err)
				}
				if _, err := bob.People(ctx, rooms[0].Accounts...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 20 {
		alice.sendTo(fmt.Sprint(i), "bob")
		bob.want(fmt.Sprint(i))
		bob.sendTo(fmt.Sprint("to ", i), "alice")
		alice.want(fmt.Sprint("to ", i))
	}
	stop()
	looks.Wait()
	bob.sameList("in the end")
	agree(t, alice, bob, room)
}
