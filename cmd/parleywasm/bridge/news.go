package bridge

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/client"
)

// pace is the least time between two tellings of the same thing: what happens to it
// meanwhile is told once.
const pace = 40 * time.Millisecond

// A news gathers what has changed, and tells the pages: each thing at once, and then
// not more often than they can draw.
type news struct {
	tell func(event string, data []byte)
	room func(uri string) any // what is told of a conversation
	wake chan struct{}        // of one: there is something

	fed chan struct{} // of one: there are messages for notifications

	telling sync.Mutex // held while something is told, before mu

	mu      sync.Mutex             // guards what follows
	due     map[subject]func() any // what is to be told → what it says then
	toldAt  map[subject]time.Time  // when it was told, if that is less than a pace ago
	notices []Notice               // notifications
}

// A subject is what an event is about.
type subject struct {
	event string
	room  string // URI; empty: none
}

// startNews tells until ctx ends.
func startNews(ctx context.Context, tell func(string, []byte), room func(string) any) *news {
	n := &news{
		tell: tell, room: room, wake: make(chan struct{}, 1), fed: make(chan struct{}, 1),
		toldAt: map[subject]time.Time{}, due: map[subject]func() any{},
	}
	go n.run(ctx)
	return n
}

func (n *news) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.wake:
		case <-timer.C:
		}
		if wait := n.flush(); wait > 0 {
			timer.Reset(wait)
		}
	}
}

// flush tells what there is and whose time has come. It returns after how long it is
// to be called again, 0 if nothing is left.
func (n *news) flush() (wait time.Duration) {
	n.telling.Lock()
	defer n.telling.Unlock()
	ready, notices, wait := n.take(time.Now())
	for _, what := range slices.SortedFunc(maps.Keys(ready), inOrder) {
		n.say(what.event, ready[what]())
	}
	for _, notice := range notices {
		n.say("notify", notice)
	}
	return wait
}

// take takes what can be told at a time, and returns how long the first of what is
// left has to wait.
func (n *news) take(now time.Time) (ready map[subject]func() any, notices []Notice, wait time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	maps.DeleteFunc(n.toldAt, func(_ subject, at time.Time) bool { return now.Sub(at) >= pace })
	ready = map[subject]func() any{}
	for what, says := range n.due {
		if at, lately := n.toldAt[what]; lately {
			if rest := pace - now.Sub(at); wait == 0 || rest < wait {
				wait = rest
			}
			continue
		}
		ready[what], n.toldAt[what] = says, now
		delete(n.due, what)
	}
	notices, n.notices = n.notices, nil
	return ready, notices, wait
}

// inOrder puts a conversation before the list, which a page then asks for first.
func inOrder(a, b subject) int {
	return cmp.Or(cmp.Compare(a.event, b.event), cmp.Compare(a.room, b.room))
}

// say tells one event now.
func (n *news) say(event string, v any) {
	if data, err := encode(v); err == nil {
		n.tell(event, data)
	}
}

// later tells an event soon; what it says is asked for then. Events of the same
// name that come in between are one.
func (n *news) later(event string, what func() any) { n.put(subject{event: event}, what) }

// put has something told soon.
func (n *news) put(what subject, says func() any) {
	n.mu.Lock()
	n.due[what] = says
	n.mu.Unlock()
	n.nudge()
}

func (n *news) nudge() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// boot tells who is here.
func (n *news) boot(c *Core) { n.later("boot", func() any { return c.boot() }) }

// notice tells of a message for which a notification may be shown.
func (n *news) notice(what Notice) {
	n.mu.Lock()
	n.notices = append(n.notices, what)
	n.mu.Unlock()
	n.nudge()
}

// touched tells what a write of the client means. It doesn't block.
func (n *news) touched(t client.Touched) {
	n.mu.Lock()
	for _, room := range t.Rooms {
		n.due[subject{"room", string(room)}] = func() any { return n.room(string(room)) }
	}
	if len(t.Rooms) > 0 || slices.ContainsFunc(t.Kinds, inList) {
		n.due[subject{event: "rooms"}] = nothing
	}
	if slices.ContainsFunc(t.Kinds, func(kind string) bool { return kind == "notice" || kind == "standing" || kind == "reports" }) {
		n.due[subject{event: "notices"}] = nothing
	}
	if slices.Contains(t.Kinds, "contact") {
		n.due[subject{event: "devices"}] = nothing
	}
	n.mu.Unlock()
	if slices.Contains(t.Kinds, "feed") {
		select {
		case n.fed <- struct{}{}:
		default:
		}
	}
	n.nudge()
}

// inList reports whether records of a kind, which don't name a room, show in the
// list of conversations all the same.
func inList(kind string) bool {
	return strings.Contains(" out contact reset state profile ", " "+kind+" ")
}

func nothing() any { return Nothing{} }
