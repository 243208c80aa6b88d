package clientapi

import (
	"context"

	"github.com/gobwas/ws"
)

// Drain takes nothing new, neither streams nor operations: they are refused with
// unavailable, and are welcome at another node at once. What runs is finished
// and answered; reads that wait end. Each stream is closed, as going away,
// once its replies are written. Drain returns when nothing is left, or
// with ctx's error; Close it then.
func (a *API) Drain(ctx context.Context) error {
	a.door.shutOut()
	a.server.Drain()
	a.unwait()
	a.clock.each(func(s *stream) { s.drain() })
	return a.door.waitUntil(ctx)
}

// Close ends all streams, and operations that run on them, and reads that wait,
// and waits until all are gone.
func (a *API) Close() error {
	a.door.shutOut()
	a.stop()
	a.clock.each(func(s *stream) { s.end(ws.StatusGoingAway) })
	a.door.wait()
	a.closing.Do(func() {
		a.clock.stop()
		a.workers.close()
	})
	return nil
}

// drain has the stream end as soon as nothing runs on it.
func (s *stream) drain() {
	s.draining.Store(true)
	s.drained()
}

// drained ends a stream that is drained if nothing runs on it. A request that
// comes at this moment isn't lost: it is refused, or its client gets no answer
// and repeats it elsewhere.
func (s *stream) drained() {
	if len(s.slots) == 0 {
		s.end(ws.StatusGoingAway)
	}
}
