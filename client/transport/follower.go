package transport

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"parley/client"
	"parley/wire"
)

// Bounds of coming again.
const (
	moveTries = 4                      // in a row, to reach another node
	moveWait  = 200 * time.Millisecond // at most before the first, twice that before the next …
	settled   = 10 * time.Second       // a line that lasts so long hasn't failed to open
)

var _ client.Stream = (*follower)(nil)

// A follower follows a mailbox: on the WebSocket, or by polling where that is
// blocked. A server that says that it restarts, or goes away, is left at once for
// another node, or for itself when it is back: whoever answers at the address.
type follower struct {
	streams *Streams
	token   []byte

	nextMu sync.Mutex // held by Next
	after  uint64     // the last position that Next returned; guarded by nextMu
	tries  int        // moves without anything received; guarded by nextMu
	opened time.Time  // when current was; guarded by nextMu

	mu      sync.Mutex // guards what follows
	current Line
	closed  bool
}

// Next implements [client.Stream].
func (f *follower) Next(ctx context.Context) (*wire.ReadReply, error) {
	f.nextMu.Lock()
	defer f.nextMu.Unlock()
	for {
		l := f.line()
		began := time.Now()
		push, err := l.Next(ctx)
		if err == nil && push != nil {
			f.received(push)
			return push, nil
		}
		if err == nil { // the poll says that it is time to try the stream again
			f.upgrade(ctx)
			continue
		}
		if time.Since(began) > settled {
			f.tries = 0
		}
		if l.End() != Moved || f.tries == moveTries || ctx.Err() != nil || !f.move(ctx) {
			f.broke(l, time.Since(began))
			return nil, err
		}
	}
}

func (f *follower) received(push *wire.ReadReply) {
	if n := len(push.Events); n > 0 {
		f.after = push.Events[n-1].Pos
	}
	f.tries = 0
	f.streams.pace.worked()
}

// broke notes that a line ended by itself. One that is cut again and again is
// blocked.
func (f *follower) broke(l Line, lasted time.Duration) {
	f.mu.Lock()
	closed := f.closed
	f.mu.Unlock()
	if closed {
		return
	}
	if _, polls := l.(*poll); !polls {
		f.streams.block.broke(l.End() == Cut && time.Since(f.opened) <= soon, f.streams.Retry)
	}
	if lasted > settled {
		f.streams.pace.worked()
	}
	f.streams.pace.failed()
}

// move goes on at another node. False if there is none, or Close was called.
func (f *follower) move(ctx context.Context) bool {
	for f.tries < moveTries {
		wait := moveWait << f.tries
		f.tries++
		if sleep(ctx, rand.N(wait)) != nil {
			return false
		}
		l, err := f.streams.open(ctx, f.token, f.after)
		var refusal *wire.Error
		switch {
		case err == nil:
			return f.replace(l)
		case errors.As(err, &refusal) && refusal.Code != wire.CodeUnavailable && refusal.Code != wire.CodeRateLimited:
			return false // a session that has ended, for instance: the caller learns it when it opens the next
		}
	}
	return false
}

// upgrade goes over to the stream if it opens.
func (f *follower) upgrade(ctx context.Context) {
	l, err := f.streams.dial(ctx, f.token, f.after)
	if err != nil {
		f.streams.block.set(f.streams.Retry)
		return
	}
	f.streams.block.clear()
	f.replace(l)
}

func (f *follower) line() Line {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current
}

// replace goes on with l. False after Close.
func (f *follower) replace(l Line) bool {
	f.mu.Lock()
	closed, old := f.closed, f.current
	f.current = l
	f.mu.Unlock()
	f.opened = time.Now()
	if closed {
		l.Close()
		return false
	}
	old.Close()
	return true
}

// Close implements [client.Stream].
func (f *follower) Close() error {
	f.mu.Lock()
	f.closed = true
	l := f.current
	f.mu.Unlock()
	return l.Close()
}
