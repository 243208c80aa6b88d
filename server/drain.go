package server

import (
	"math/rand/v2"
	"sync"
	"time"

	"parley/wire"
)

// A drain is the end of a node's work, as far as it is told.
type drain struct {
	once sync.Once
	c    chan struct{}
}

// Drain has the server take nothing new: what asks for admission is refused with
// unavailable, and reads that wait return what there is, which is nothing. What
// runs goes on to its end. It doesn't wait.
//
// To end a node without losing or doubling anything: Drain; close the streams as
// going away, each after the requests that it runs; wait for the requests over
// HTTP; then [Server.Close] and the store's Close. A client that lost its answer repeats
// the request, with its id, at another node.
func (s *Server) Drain() { s.drain.once.Do(func() { close(s.drain.c) }) }

// Draining is closed once Drain was called.
func (s *Server) Draining() <-chan struct{} { return s.drain.c }

func (s *Server) draining() bool {
	select {
	case <-s.drain.c:
		return true
	default:
		return false
	}
}

// Close ends what New began. The server drains from then on, and hears no more
// hints; who waits isn't told any more either, and nobody is woken.
func (s *Server) Close() {
	s.Drain()
	s.stopHints()
	s.stopPush()
}

// errDraining is what a client is told of a node that ends: to try again soon, when
// it will reach another one.
func errDraining() error { return unavailable("The server is shutting down.", 200*time.Millisecond) }

// unavailable is a refusal for between about and twice about, so that those who
// are refused together don't come back together.
func unavailable(message string, about time.Duration) *wire.Error {
	e := wire.Refuse(wire.CodeUnavailable, message)
	e.RetryAfter = (about + rand.N(about)).Milliseconds()
	return e
}
