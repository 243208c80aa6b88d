// Package load is the generator of `parley bench`: raw connections to a Parley
// server, or to the floor, that send messages made beforehand and count what
// arrives. It does as little as it can, the same for both, so that a ratio of the
// two says something of the server:
//
//   - requests are encoded beforehand; only number and id change
//   - replies and pushes are scanned by hand, not decoded
//   - what is ready is read and written at once
//
// The messages are real ones, of real groups at the room's current epoch, each
// room's made before the clock starts. They are repeated under new ids: to the
// server, which can't read, they are as good as new.
//
// A message's id says when it was due, so that its receiver needs to know
// nothing else of it:
//
//	0        8      10      12       16
//	| due ns | lane | run   | number |
package load

import (
	"encoding/binary"
	"math"
	"sync/atomic"
	"time"
)

// A Clock is the time since it was made, and the window in which is counted.
type Clock struct {
	base      time.Time
	from, to  atomic.Int64 // ns
	accepted  atomic.Int64 // by all lanes within the window
	delivered atomic.Int64 // to all receivers
}

// least is how many messages a window sees before it closes: where a disk stops for a
// moment it lasts longer, and what is counted of it is a number still.
const least = 16

// seen reports whether the window has seen enough.
func (c *Clock) seen() bool { return c.accepted.Load() >= least && c.delivered.Load() >= least }

// NewClock returns a clock whose window hasn't begun.
func NewClock() *Clock {
	c := &Clock{base: time.Now()}
	c.from.Store(math.MaxInt64)
	c.to.Store(math.MaxInt64)
	return c
}

// Now returns nanoseconds since the clock was made.
func (c *Clock) Now() int64 { return int64(time.Since(c.base)) }

// Begin opens the window, End closes it.
func (c *Clock) Begin() { c.from.Store(c.Now()) }

// End closes the window and returns its length.
func (c *Clock) End() time.Duration {
	now := c.Now()
	c.to.Store(now)
	return time.Duration(now - c.from.Load())
}

func (c *Clock) counts(at int64) bool { return at >= c.from.Load() && at < c.to.Load() }

// putID writes a message's id.
func putID(id []byte, due int64, lane, run uint16, number uint32) {
	binary.BigEndian.PutUint64(id, uint64(due))
	binary.BigEndian.PutUint16(id[8:], lane)
	binary.BigEndian.PutUint16(id[10:], run)
	binary.BigEndian.PutUint32(id[12:], number)
}

func idDue(id []byte) int64     { return int64(binary.BigEndian.Uint64(id)) }
func idLane(id []byte) uint16   { return binary.BigEndian.Uint16(id[8:]) }
func idRun(id []byte) uint16    { return binary.BigEndian.Uint16(id[10:]) }
func idNumber(id []byte) uint32 { return binary.BigEndian.Uint32(id[12:]) }
