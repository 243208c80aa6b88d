package simtest

import (
	"fmt"
	"strings"
	"sync"

	"parley/identity"
	"parley/wire"
)

// maxErrors bounds what one run notes.
const maxErrors = 1000

// A checker is the observer at the clients.
type checker struct {
	mu     sync.Mutex // guards errors
	errors []string
	ledger *ledger // who was in a room when

	order map[identity.Room]map[uint64]operation    // what is at a seq, whoever saw it first
	place map[operation]uint64                      // the seq of an operation
	boxes map[identity.Account]map[uint64]operation // what is at a position
	views map[identity.Device]*view
	acked map[operation]ack
	dead  map[operation]bool // refused for good
	tried map[operation]bool
}

// An ack is what a client was told of its operation.
type ack struct {
	room identity.Room
	seq  uint64
}

// A view is what one device was given.
type view struct {
	first   uint64          // the position that it began with
	next    uint64          // the one that comes next
	cursor  map[bool]uint64 // the newest that a reply named: to a read, and pushed
	epochs  map[identity.Room]uint64
	last    map[identity.Room]uint64 // seq
	seen    map[operation]bool
	skipped []span // positions that it was told have gone
}

// A span is from a position up to, and without, another.
type span struct{ from, to uint64 }

func newChecker() *checker {
	return &checker{
		order: map[identity.Room]map[uint64]operation{}, place: map[operation]uint64{},
		boxes: map[identity.Account]map[uint64]operation{}, views: map[identity.Device]*view{},
		acked: map[operation]ack{}, dead: map[operation]bool{}, tried: map[operation]bool{},
	}
}

func (c *checker) fail(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.errors) < maxErrors {
		c.errors = append(c.errors, fmt.Sprintf(format, args...))
	}
}

// began: device will read from what comes after a position.
func (c *checker) began(device identity.Device, after uint64) {
	c.views[device] = &view{
		first: after + 1, next: after + 1, cursor: map[bool]uint64{}, epochs: map[identity.Room]uint64{}, last: map[identity.Room]uint64{}, seen: map[operation]bool{},
	}
}

// replied looks at a reply before device takes what is new in it. What is pushed
// may come after the reply to a read that was made later.
func (c *checker) replied(device identity.Device, after uint64, reply *wire.ReadReply, pushed bool) {
	v := c.views[device]
	if before := v.cursor[pushed]; reply.Cursor < before {
		c.fail("the cursor of a device moved back from %d to %d", before, reply.Cursor)
	}
	v.cursor[pushed] = reply.Cursor
	want := max(after+1, reply.First)
	for _, e := range reply.Events {
		if e.Pos != want {
			c.fail("position %d comes where %d should: a gap, or another order", e.Pos, want)
		}
		want = e.Pos + 1
		c.same(device.Account(), e.Pos, newEntry(&e.Envelope).operation(), &e.Envelope)
	}
}

// same checks that a position shows the same to everyone, however often.
func (c *checker) same(a identity.Account, pos uint64, op operation, e *wire.Envelope) {
	if e.Kind == wire.EventDevices {
		op = operation{e.Kind, identity.Device(e.Account), fmt.Sprint(e.Version)}
	}
	b := c.boxes[a]
	if b == nil {
		b = map[uint64]operation{}
		c.boxes[a] = b
	}
	if was, ok := b[pos]; ok && was != op {
		c.fail("position %d shows something else than before", pos)
	}
	b[pos] = op
}

// skips: device was told that what is before first has gone.
func (c *checker) skips(device identity.Device, first uint64) {
	v := c.views[device]
	v.skipped = append(v.skipped, span{v.next, first})
	v.next = first
	clear(v.last)
	clear(v.epochs)
}

// got: device takes an event that it hadn't before.
func (c *checker) got(device identity.Device, e *wire.Event) {
	v := c.views[device]
	if e.Pos != v.next {
		c.fail("a device takes position %d; want %d", e.Pos, v.next)
	}
	v.next = e.Pos + 1
	n := newEntry(&e.Envelope)
	if n.kind == wire.EventDevices {
		return
	}
	op := n.operation()
	if v.seen[op] {
		c.fail("a device is given a %s twice", n.kind)
	}
	v.seen[op] = true
	switch {
	case !c.tried[op]:
		c.fail("a device is given a %s that nobody sent", n.kind)
	case c.dead[op]:
		c.fail("a device is given a %s that was refused for good", n.kind)
	}
	if a, ok := c.acked[op]; ok && (a.room != n.room || a.seq != n.seq) {
		c.fail("a %s was acknowledged as %d and is delivered as %d", n.kind, a.seq, n.seq)
	}
	c.ordered(n, op)
	c.follows(v, device.Account(), n)
}

// ordered checks that a room has one order for all.
func (c *checker) ordered(n *entry, op operation) {
	room := c.order[n.room]
	if room == nil {
		room = map[uint64]operation{}
		c.order[n.room] = room
	}
	if was, ok := room[n.seq]; ok && was != op {
		c.fail("two devices see another order: seq %d is two things", n.seq)
	}
	room[n.seq] = op
	if was, ok := c.place[op]; ok && was != n.seq {
		c.fail("one %s has two places: seq %d and %d: given twice", n.kind, was, n.seq)
	}
	c.place[op] = n.seq
}

// follows checks seq and epoch against what the device was given before in the
// room.
func (c *checker) follows(v *view, account identity.Account, n *entry) {
	if last, ok := v.last[n.room]; ok && n.seq != last+1 {
		if n.seq <= last || c.ledger.delivers(account, n.room, last+1, n.seq) {
			c.fail("seq %d follows %d in a room", n.seq, last)
		}
		delete(v.epochs, n.room) // the account wasn't in the room meanwhile
	}
	v.last[n.room] = n.seq
	if epoch, ok := v.epochs[n.room]; ok && n.epoch != epoch {
		c.fail("a %s of epoch %d comes in epoch %d: an ended epoch", n.kind, n.epoch, epoch)
	}
	switch n.kind {
	case wire.EventCommit:
		v.epochs[n.room] = n.epoch + 1
	case wire.EventOpen:
	default:
		v.epochs[n.room] = n.epoch
	}
}

func (c *checker) acknowledged(op operation, room identity.Room, seq uint64) {
	if before, ok := c.acked[op]; ok && before.seq != seq {
		c.fail("a %s is acknowledged as seq %d, then as %d", op.kind, before.seq, seq)
	}
	c.acked[op] = ack{room, seq}
}

// refused: op was refused in a way that can't change.
func (c *checker) refused(op operation) {
	if _, ok := c.acked[op]; ok {
		c.fail("a %s is refused after it was acknowledged", op.kind)
	}
	c.dead[op] = true
}

// complete checks at the end that what was acknowledged came to each device in
// devices whose account was in the room.
func (c *checker) complete(devices []identity.Device) {
	l := c.ledger
	for op, a := range c.acked {
		log := l.rooms[a.room]
		if log == nil || uint64(len(log.entries)) < a.seq || log.entries[a.seq-1].operation() != op {
			c.fail("the store never kept a %s that was acknowledged", op.kind)
			continue
		}
		for _, d := range devices {
			pos := l.position(d.Account(), op)
			if pos != 0 && !c.views[d].seen[op] && c.views[d].wants(pos) {
				c.fail("a device never got a %s that was acknowledged", op.kind)
			}
		}
	}
}

// wants reports whether a position is one that the device should have been given.
func (v *view) wants(pos uint64) bool {
	for _, s := range v.skipped {
		if pos >= s.from && pos < s.to {
			return false
		}
	}
	return pos >= v.first
}

// String returns the first errors.
func (c *checker) String() string { return strings.Join(c.errors[:min(len(c.errors), 20)], "\n") }
