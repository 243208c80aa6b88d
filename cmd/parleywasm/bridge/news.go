package bridge

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/client"
)

// pace is the least time between two tellings of the same thing: what happens
// meanwhile is told once.
const pace = 40 * time.Millisecond

// A news gathers what has changed, and tells the pages: at once, and then not more
// often than they can draw.
type news struct {
	tell func(event string, data []byte)
	wake chan struct{} // of one: there is something

	fed chan struct{} // of one: there are messages for notifications

	mu      sync.Mutex            // guards what follows
	rooms   map[string]bool       // URIs of rooms to tell of
	typists map[string]TypingNow  // by URI of the room: who writes there, where that has changed
	notices []Notice              // notifications
	other   map[string]func() any // event → what it says then
}

// startNews tells until ctx ends.
func startNews(ctx context.Context, tell func(string, []byte)) *news {
	n := &news{
		tell: tell, wake: make(chan struct{}, 1), fed: make(chan struct{}, 1),
		rooms: map[string]bool{}, typists: map[string]TypingNow{}, other: map[string]func() any{},
	}
	go n.run(ctx)
	return n
}

func (n *news) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.wake:
		}
		n.flush()
		select {
		case <-ctx.Done():
			return
		case <-time.After(pace):
		}
	}
}

// flush tells what there is.
func (n *news) flush() {
	n.mu.Lock()
	rooms, typists, notices, other := n.rooms, n.typists, n.notices, n.other
	n.rooms, n.typists, n.notices, n.other = map[string]bool{}, map[string]TypingNow{}, nil, map[string]func() any{}
	n.mu.Unlock()
	for _, event := range slices.Sorted(maps.Keys(other)) {
		n.say(event, other[event]())
	}
	for _, room := range slices.Sorted(maps.Keys(rooms)) {
		n.say("room", InRoom{Room: room})
	}
	for _, room := range slices.Sorted(maps.Keys(typists)) {
		n.say("typing", typists[room])
	}
	for _, notice := range notices {
		n.say("notify", notice)
	}
}

// say tells one event now.
func (n *news) say(event string, v any) {
	if data, err := encode(v); err == nil {
		n.tell(event, data)
	}
}

// later tells an event soon; what it says is asked for then. Events of the same
// name that come in between are one.
func (n *news) later(event string, what func() any) {
	n.mu.Lock()
	n.other[event] = what
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
		n.rooms[string(room)] = true
	}
	if len(t.Rooms) > 0 || slices.ContainsFunc(t.Kinds, inList) {
		n.other["rooms"] = nothing
	}
	if slices.Contains(t.Kinds, "contact") {
		n.other["devices"] = nothing
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
