package nettransport

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"parley/client/transport"
)

// patience is how many pings in a row may stay without a sign of life.
const patience = 2

// keepAlive pings until the stream ends, and ends it when Next waited and nothing
// arrived after [patience] pings: a connection that a router has forgotten looks
// like one on which nothing happens.
func (s *stream) keepAlive(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	unanswered := 0
	for {
		select {
		case <-s.ended:
			return
		case <-tick.C:
		}
		if s.heard.Swap(false) || !s.waiting.Load() {
			unanswered = 0
		}
		if unanswered == patience {
			s.end(transport.ErrSilent)
			return
		}
		unanswered++
		if err := s.out.send(ws.NewPingFrame(nil)); err != nil {
			s.end(err)
			return
		}
	}
}

// A heardReader notes that something was read.
type heardReader struct {
	r     io.Reader
	heard *atomic.Bool
}

// Read implements io.Reader.
func (h *heardReader) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	if n > 0 {
		h.heard.Store(true)
	}
	return n, err
}

// A lockedWriter keeps frames apart that several goroutines write: each by one
// call of Write.
type lockedWriter struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

// Write implements io.Writer.
func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// send writes f, masked as a client's.
func (l *lockedWriter) send(f ws.Frame) error {
	frame, err := ws.CompileFrame(ws.MaskFrameInPlace(f))
	if err != nil {
		return err
	}
	_, err = l.Write(frame)
	return err
}
