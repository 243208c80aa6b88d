package server

import (
	"sync/atomic"
	"time"
)

// A gate bounds how many messages wait to be stored, by how many are stored in
// the time that one may wait. So a server that is beyond what it can do refuses
// at once what it would serve late.
type gate struct {
	delay   time.Duration // that a message may wait; 0: no bound
	running atomic.Int64
	done    atomic.Int64
	limit   atomic.Int64 // of running
	mark    atomic.Int64 // Unix nanoseconds: when limit was reckoned, 0 before; then
	marked  atomic.Int64 // done was this
}

const (
	minGate    = 1024                   // messages that may always wait
	gatePeriod = 100 * time.Millisecond // how often the limit is reckoned
)

// enter reports whether one more may wait. If so leave must be called.
func (g *gate) enter() bool {
	n := g.running.Add(1)
	if g.delay <= 0 || n <= minGate {
		return true
	}
	g.reckon(time.Now().UnixNano())
	if n <= g.limit.Load() {
		return true
	}
	g.running.Add(-1)
	return false
}

func (g *gate) leave() {
	g.done.Add(1)
	if g.running.Add(-1) < minGate/4 && g.mark.Load() != 0 {
		g.mark.Store(0) // what is done now doesn't say what could be
	}
}

// reckon sets the limit by what was done since the last time.
func (g *gate) reckon(now int64) {
	mark := g.mark.Load()
	since := now - mark
	if since >= 0 && since < int64(gatePeriod) || !g.mark.CompareAndSwap(mark, now) {
		return
	}
	done := g.done.Load()
	n := done - g.marked.Swap(done)
	switch {
	case mark == 0 || since < 0:
		g.limit.Store(startGate)
	default:
		// It rises at once and falls by an eighth: one slow write isn't all.
		g.limit.Store(max(n*int64(g.delay)/since, g.limit.Load()/8*7, minGate))
	}
}

// startGate is the limit before anything is known: what a fast store can do.
const startGate = 4 << 10
