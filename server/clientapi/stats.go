package clientapi

import (
	"sync/atomic"

	"parley/wire"
)

// Stats are what has happened since the start, in numbers that only grow, and how
// things are.
type Stats struct {
	Streams int // open now
	Workers int // goroutines that wait for work

	StreamsOpened  int64 // upgraded
	StreamsRefused int64 // not even upgraded: too many, or the server drains
	SlowCut        int64 // streams whose client read too slowly
	IdleCut        int64 // streams whose client said nothing for too long
	StalledCut     int64 // streams that didn't come to their first frame, or to the end of one

	FramesIn  int64 // whole messages of clients
	FramesOut int64 // replies and pushes
	BytesOut  int64 // written to streams
	Pushes    int64 // frames of events
	Events    int64 // in them
	Signals   int64 // likewise

	// Codes counts what came of operations, on HTTP and streams: by the codes
	// that refused them, and "" those that succeeded.
	Codes map[wire.Code]int64
}

// counters are what Stats is made of.
type counters struct {
	streamsOpened, streamsRefused, slowCut, idleCut, stalledCut atomic.Int64
	framesIn, framesOut, bytesOut, pushes, events, signals      atomic.Int64

	codes map[wire.Code]*atomic.Int64 // one for each code, "" too
	other atomic.Int64                // a code that isn't in the table of statuses
}

func (c *counters) init() {
	c.codes = map[wire.Code]*atomic.Int64{"": new(atomic.Int64)}
	for code := range statuses {
		c.codes[code] = new(atomic.Int64)
	}
}

// count counts what came of an operation.
func (c *counters) count(code wire.Code) {
	if n := c.codes[code]; n != nil {
		n.Add(1)
		return
	}
	c.other.Add(1)
}

// Stats returns what there is to know now.
func (a *API) Stats() Stats {
	c, d := &a.stats, &a.door
	s := Stats{
		Workers:       int(a.workers.idle.Load()),
		StreamsOpened: c.streamsOpened.Load(), StreamsRefused: c.streamsRefused.Load(),
		SlowCut: c.slowCut.Load(), IdleCut: c.idleCut.Load(), StalledCut: c.stalledCut.Load(),
		FramesIn: c.framesIn.Load(), FramesOut: c.framesOut.Load(), BytesOut: c.bytesOut.Load(),
		Pushes: c.pushes.Load(), Events: c.events.Load(), Signals: c.signals.Load(),
		Codes: map[wire.Code]int64{},
	}
	for code, n := range c.codes {
		s.Codes[code] = n.Load()
	}
	if n := c.other.Load(); n > 0 {
		s.Codes["other"] = n
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s.Streams = d.streams
	return s
}
