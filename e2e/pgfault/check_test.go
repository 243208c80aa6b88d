package pgfault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"parley/server"
	"parley/server/pgstore"
	"parley/server/pgstore/pgtest"
	"parley/wire"
)

// A mailbox is what a reader has seen of one.
type mailbox struct {
	events []string // "ROOM ID SEQ" by position
	cursor uint64
}

// complaints is what of *testing.T takes what is wrong.
type complaints interface {
	Errorf(format string, args ...any)
	Helper()
	Context() context.Context
}

// A watcher reads all mailboxes while things break, as devices do: from where it
// is. What it has seen once must stay so.
type watcher struct {
	t     complaints
	store *pgstore.Store
	boxes [people]mailbox
	stop  context.CancelFunc
	done  chan struct{}
}

func watch(t *testing.T, dsn string) *watcher {
	t.Helper()
	s, err := openNode(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	w := &watcher{t: t, store: s, stop: stop, done: make(chan struct{})}
	t.Cleanup(func() { stop(); <-w.done; s.Close() })
	go func() {
		defer close(w.done)
		for ctx.Err() == nil {
			for p := range people {
				w.look(ctx, p) // while the database is away nothing is seen
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return w
}

// look reads what is new for a person, and says whether there was something: an error
// if the database is away.
func (w *watcher) look(ctx context.Context, person int) (more bool, err error) {
	box := &w.boxes[person]
	raw, err := w.store.Read(ctx, device(person), uint64(len(box.events)), wire.MaxReadEvents, wire.MaxReadBytes)
	if errors.Is(err, server.ErrUnavailable) || ctx.Err() != nil {
		return false, server.ErrUnavailable
	}
	if err != nil {
		w.t.Errorf("Read: %v", err)
		return false, nil
	}
	if raw.Cursor < box.cursor || raw.Head < uint64(len(box.events)) {
		w.t.Errorf("person %d: the cursor moved from %d to %d, the head from %d to %d", person, box.cursor, raw.Cursor, len(box.events), raw.Head)
	}
	box.cursor = raw.Cursor
	reply, err := raw.Decode()
	if err != nil {
		w.t.Errorf("%v", err)
		return false, nil
	}
	for _, e := range reply.Events {
		if e.Pos != uint64(len(box.events))+1 {
			w.t.Errorf("person %d: position %d follows %d", person, e.Pos, len(box.events))
			return false, nil
		}
		box.events = append(box.events, eventText(&e.Envelope))
	}
	return len(reply.Events) > 0, nil
}

// lookAll reads a person's mailbox to its end, again while the database is away: a
// connection may be of before it was killed.
func (w *watcher) lookAll(person int) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		switch more, err := w.look(w.t.Context(), person); {
		case err == nil && !more:
			return
		case time.Now().After(deadline):
			w.t.Errorf("person %d: the mailbox can't be read", person)
			return
		case err != nil:
			time.Sleep(50 * time.Millisecond)
		}
	}
}

func eventText(e *wire.Envelope) string {
	return fmt.Sprintf("%s %s %d", e.Room.ID(), strings.TrimSpace(string(e.ID)), e.Seq)
}

// check reads all mailboxes to their end and demands that all that was told is
// true.
func (w *watcher) check(what *told) {
	w.t.Helper()
	if w.stop != nil {
		w.stop()
		<-w.done
	}
	for p := range people {
		w.lookAll(p)
	}
	w.checkUnchanged()
	what.mu.Lock()
	defer what.mu.Unlock()
	for _, f := range what.failed {
		w.t.Errorf("a node: %s", f)
	}
	for p := range people {
		if w.boxes[p].cursor < what.read[p] {
			w.t.Errorf("person %d: the cursor is %d; %d was acknowledged", p, w.boxes[p].cursor, what.read[p])
		}
	}
	for r := range rooms {
		w.checkRoom(r, what)
	}
	if len(what.sent) == 0 {
		w.t.Errorf("nothing was sent")
	}
}

// checkUnchanged reads the mailboxes anew: what was seen at a position, before
// whatever broke, must still be there.
func (w *watcher) checkUnchanged() {
	w.t.Helper()
	for p := range people {
		again := watcher{t: w.t, store: w.store}
		again.boxes[p].cursor = w.boxes[p].cursor
		again.lookAll(p)
		if got, want := again.boxes[p].events, w.boxes[p].events; strings.Join(got, "\n") != strings.Join(want, "\n") {
			w.t.Errorf("person %d: the mailbox isn't what was read of it before: %d and %d events", p, len(got), len(want))
		}
	}
}

// checkRoom demands that each member has the room's messages in one order without
// gaps, each once, and each that was acknowledged at its place.
func (w *watcher) checkRoom(room int, what *told) {
	w.t.Helper()
	var first []string
	for i, p := range rooms[room] {
		got := w.ofRoom(p, room)
		for n, e := range got {
			if !strings.HasSuffix(e, fmt.Sprintf(" %d", n+1)) {
				w.t.Errorf("room %d, person %d: the event at place %d is %q", room, p, n+1, e)
				break
			}
		}
		if i == 0 {
			first = got
		} else if strings.Join(got, "\n") != strings.Join(first, "\n") {
			w.t.Errorf("room %d: persons %d and %d have another order", room, rooms[room][0], p)
		}
	}
	seen := map[string]uint64{}
	for n, e := range first {
		id := strings.Fields(e)[1]
		if seen[id] != 0 {
			w.t.Errorf("room %d: message %s is there twice", room, id)
		}
		seen[id] = uint64(n) + 1
	}
	for id, s := range what.sent {
		if s.room == room && seen[id] != s.seq {
			w.t.Errorf("room %d: message %s, acknowledged with seq %d, is at %d", room, id, s.seq, seen[id])
		}
	}
}

func (w *watcher) ofRoom(person, room int) (events []string) {
	for _, e := range w.boxes[person].events {
		if strings.HasPrefix(e, roomName(room).ID()+" ") {
			events = append(events, e)
		}
	}
	return events
}

// A recorder counts complaints.
type recorder struct {
	*testing.T
	n int
}

func (r *recorder) Errorf(string, ...any) { r.n++ }

// TestCheckFinds shows that the checker finds what it is there for.
func TestCheckFinds(t *testing.T) {
	dsn := pgtest.Database(t)
	begin(t, dsn)
	what := &told{}
	n := startNode(t, dsn, "a", what)
	awaitMore(t, what, 30)
	n.finish()
	s, err := openNode(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found := func(prepare func(w *watcher)) int {
		r := &recorder{T: t}
		w := &watcher{t: r, store: s}
		prepare(w)
		w.check(what)
		return r.n
	}
	none := func(*watcher) {}
	if n := found(none); n != 0 {
		t.Fatalf("%d complaints about a sound site", n)
	}
	for name, lie := range map[string]func(){
		"a message that isn't there": func() { what.sent["made-up"] = sent{0, 3} },
		"a cursor that moved back":   func() { what.read[0] = 1 << 40 },
		"a failure":                  func() { what.failed = []string{"failed"} },
	} {
		before := told{sent: maps.Clone(what.sent), read: what.read}
		lie()
		if found(none) == 0 {
			t.Errorf("%s isn't found", name)
		}
		what.sent, what.read, what.failed = before.sent, before.read, nil
	}
	for id, at := range what.sent {
		what.sent[id] = sent{at.room, at.seq + 1}
		if found(none) == 0 {
			t.Error("a message at another place isn't found")
		}
		what.sent[id] = at
		break
	}
	if found(func(w *watcher) { w.boxes[0].events = []string{"something else"} }) == 0 {
		t.Error("a mailbox that changed isn't found")
	}
	for name, sql := range map[string]string{
		"a message that is there twice": "UPDATE box SET seq = 2 WHERE seq = 3",
		"a gap":                         "DELETE FROM box WHERE pos = 4",
	} {
		pgtest.SQL(t, dsn, sql)
		if found(none) == 0 {
			t.Errorf("%s isn't found", name)
		}
	}
}
