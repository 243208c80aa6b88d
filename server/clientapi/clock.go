package clientapi

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// linger returns how long a client may take to close after it was told to.
func (a *API) linger() time.Duration {
	if a.base.Err() != nil { // Close waits for it
		return 100 * time.Millisecond
	}
	return time.Second
}

// A clock looks at every stream from time to time and cuts, pings or shrinks it.
// That is instead of timers and deadlines: they would cost memory for each
// stream, and time for each frame.
type clock struct {
	api    *API
	start  time.Time
	tick   time.Duration // how often it looks
	coarse atomic.Int64  // of the last look: nanoseconds since start, never 0

	opened, tidied int64 // streams at the last tidy, and at the last that did something: of run

	mu      sync.Mutex // guards what follows
	streams []*stream  // in any order
	running bool
	quit    chan struct{}
	stopped chan struct{}
}

// newClock returns a clock that is fine enough for the timeouts of o.
func newClock(a *API) *clock {
	tick := min(a.opts.HelloTimeout, a.opts.IdleTimeout, a.opts.WriteTimeout, a.opts.MessageTimeout) / 8
	c := &clock{api: a, start: time.Now(), tick: min(max(tick, 2*time.Millisecond), 250*time.Millisecond), quit: make(chan struct{}), stopped: make(chan struct{})}
	c.coarse.Store(1)
	return c
}

// now returns the time of the last look.
func (c *clock) now() int64 { return c.coarse.Load() }

// add has the clock look at s, until remove. The first stream starts it.
func (c *clock) add(s *stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.running {
		c.running = true
		c.coarse.Store(1 + int64(time.Since(c.start)))
		go c.run()
	}
	s.opened = c.now()
	s.heard.Store(s.opened)
	s.index = len(c.streams)
	c.streams = append(c.streams, s)
}

func (c *clock) remove(s *stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := len(c.streams) - 1
	c.streams[s.index] = c.streams[last]
	c.streams[s.index].index = s.index
	c.streams[last] = nil
	c.streams = c.streams[:last]
}

// each calls f, which doesn't wait, for every stream.
func (c *clock) each(f func(*stream)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.streams {
		f(s)
	}
}

// stop ends the clock, when there is no stream any more and none comes.
func (c *clock) stop() {
	c.mu.Lock()
	running := c.running
	c.mu.Unlock()
	close(c.quit)
	if running {
		<-c.stopped
	}
}

func (c *clock) run() {
	defer close(c.stopped)
	ticker := time.NewTicker(c.tick)
	defer ticker.Stop()
	retire := time.NewTicker(time.Second)
	defer retire.Stop()
	for {
		select {
		case <-c.quit:
			return
		case <-retire.C:
			c.api.workers.retire()
			c.tidy()
		case <-ticker.C:
			now := 1 + int64(time.Since(c.start))
			c.coarse.Store(now)
			c.each(func(s *stream) { s.look(now) })
		}
	}
}

// tidy gives back what a rush of new streams has left, once it is over: an upgrade
// takes ten times the memory that the stream keeps, and while streams are idle
// nothing else would have it collected.
func (c *clock) tidy() {
	opened := c.api.stats.streamsOpened.Load()
	c.mu.Lock()
	open := int64(len(c.streams))
	c.mu.Unlock()
	if opened-c.tidied >= max(rush, open/10) && opened == c.opened {
		c.tidied = opened
		go debug.FreeOSMemory()
	}
	c.opened = opened
}

// rush is how many new streams are worth a collection.
const rush = 1000

// look does what time demands of s. It doesn't wait.
func (s *stream) look(now int64) {
	o, stats := &s.api.opts, &s.api.stats
	since := func(t int64, d time.Duration) bool { return t != 0 && now-t > int64(d) }
	heard := s.heard.Load()
	switch {
	case since(s.closed.Load(), s.api.linger()):
		s.kill()
	case since(s.writeSince.Load(), o.WriteTimeout):
		stats.slowCut.Add(1)
		s.kill()
	case s.closed.Load() != 0: // it lingers
	case since(s.partial.Load(), o.MessageTimeout), s.expires.Load() == 0 && since(s.opened, o.HelloTimeout):
		stats.stalledCut.Add(1)
		s.kill()
	case s.expires.Load() == 0: // before hello
	case since(heard, o.IdleTimeout):
		stats.idleCut.Add(1)
		s.kill()
	case now > s.expires.Load(), s.ended():
		s.end(ws.StatusPolicyViolation)
	default:
		s.lookIdle(now, heard)
	}
}

// lookIdle pings who hasn't said anything for a while, and takes its buffer.
func (s *stream) lookIdle(now, heard int64) {
	quiet := now - max(heard, s.pinged)
	if quiet > int64(s.api.opts.IdleTimeout/3) {
		s.pinged = now
		s.add(false, func(o *output) { o.ping = true })
	}
	if s.in.holds.Load() && quiet > 2*int64(s.api.clock.tick) {
		s.in.release()
	}
}
