package server

import (
	"sync/atomic"
	"time"
)

// A clock is the time by which the server stamps what it takes and lets things
// expire. What is kept for 30 days must not go because somebody set the clock, or
// because it was stamped while the clock was wrong. So the time goes on with the
// uptime, and follows the time of day by steps of at most maxStep, in either
// direction. Beyond that somebody has to begin the process anew.
//
// A time of day that was wrong when the process began isn't noticed.
type clock struct {
	now    func() time.Time     // the time of day
	uptime func() time.Duration // nil: there is none but the time of day
	mark   atomic.Pointer[clockMark]
}

// A clockMark is a moment by both.
type clockMark struct {
	at time.Time
	up time.Duration
}

// maxStep is how far the time of day may be from where it should be and still be
// followed. It is little beside what is kept for days, and enough for a clock that
// was an hour wrong when the machine began.
const maxStep = 12 * time.Hour

// steady returns the time, and whether the time of day is too far from it.
func (c *clock) steady() (now time.Time, jumped bool) {
	now = c.now()
	if c.uptime == nil {
		return now, false
	}
	mark := c.mark.Load()
	should := mark.at.Add(c.uptime() - mark.up)
	if now.Sub(should).Abs() > maxStep {
		return should, true
	}
	return now, false
}

// agree is steady, and has what comes after reckon from here.
func (c *clock) agree() (now time.Time, jumped bool) {
	if now, jumped = c.steady(); jumped || c.uptime == nil {
		return now, jumped
	}
	c.mark.Store(&clockMark{now, c.uptime()})
	return now, false
}

// start has the clock begin with the time of day.
func (c *clock) start(now func() time.Time, uptime func() time.Duration) {
	c.now, c.uptime = now, uptime
	if uptime != nil {
		c.mark.Store(&clockMark{now(), uptime()})
	}
}

// sinceStart returns a clock's uptime: that of the process.
func sinceStart() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}
