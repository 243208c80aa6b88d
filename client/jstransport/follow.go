//go:build js

package jstransport

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
	moveTries  = 4                      // in a row, to reach another node
	moveWait   = 200 * time.Millisecond // at most before the first, twice that before the next …
	minPace    = 250 * time.Millisecond // the same for streams that fail to open, or break
	maxPace    = 30 * time.Second
	settled    = 10 * time.Second // a stream that lasts so long is none of those
	helloLimit = 20 * time.Second // until a stream is given up for polling
)

var _ client.Stream = (*follower)(nil)

// A follower follows a mailbox: on the WebSocket, or by polling where that is
// blocked. A server that says that it restarts, or goes away, is left at once for
// another node, or for itself when it is back: whoever answers at the address.
type follower struct {
	t     *Transport
	token []byte

	nextMu sync.Mutex // held by Next
	after  uint64     // the last position that Next returned; guarded by nextMu
	tries  int        // moves without anything received; guarded by nextMu

	mu      sync.Mutex // guards what follows
	current line
	closed  bool
}

// A line is one way to follow a mailbox.
type line interface {
	Next(ctx context.Context) (*wire.ReadReply, error)
	Close() error
	// moved reports whether the line ended because the server asked to come
	// again.
	moved() bool
}

// Stream implements [client.Transport]. Where something in between lets no
// WebSocket through the stream polls, and tries the WebSocket again after a while.
// A server that restarts is no error: the stream goes on with its next node. After
// a failure the next stream waits a little before it begins, and longer each time.
func (t *Transport) Stream(ctx context.Context, token []byte, after uint64) (client.Stream, error) {
	if err := t.pace.wait(ctx); err != nil {
		return nil, err
	}
	l, err := t.open(ctx, token, after)
	if err != nil {
		t.pace.failed()
		return nil, err
	}
	return &follower{t: t, token: token, after: after, current: l}, nil
}

// open opens a WebSocket or, where that is blocked, polls.
func (t *Transport) open(ctx context.Context, token []byte, after uint64) (line, error) {
	if t.block.now() {
		return t.openPoll(ctx, token, after)
	}
	s, err := t.openSocket(ctx, token, after)
	if err == nil {
		return s, nil
	}
	if ctx.Err() != nil || !mayBeBlocked(err) {
		return nil, err
	}
	// Something is there that opens no stream. If it performs operations, it is a
	// Parley server, behind something that doesn't let streams through.
	p, errPoll := t.openPoll(ctx, token, after)
	if errPoll != nil {
		return nil, err
	}
	t.block.set()
	return p, nil
}

// mayBeBlocked reports whether err may come from what is between here and the
// server. What the server itself refuses isn't; except that it takes a request
// whose Upgrade was lost for a bad one.
func mayBeBlocked(err error) bool {
	var refusal *wire.Error
	if errors.As(err, &refusal) {
		return refusal.Code == wire.CodeBadRequest
	}
	return errors.Is(err, client.ErrOffline)
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
		if !l.moved() || f.tries == moveTries || ctx.Err() != nil || !f.move(ctx) {
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
	f.t.pace.worked()
}

// broke notes that a line ended by itself. One that is cut again and again is
// blocked.
func (f *follower) broke(l line, lasted time.Duration) {
	f.mu.Lock()
	closed := f.closed
	f.mu.Unlock()
	if closed {
		return
	}
	if s, ok := l.(*socket); ok {
		f.t.block.broke(s)
	}
	if lasted > settled {
		f.t.pace.worked()
	}
	f.t.pace.failed()
}

// move goes on at another node. False if there is none, or Close was called.
func (f *follower) move(ctx context.Context) bool {
	for f.tries < moveTries {
		wait := moveWait << f.tries
		f.tries++
		if sleep(ctx, rand.N(wait)) != nil {
			return false
		}
		l, err := f.t.open(ctx, f.token, f.after)
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
	s, err := f.t.openSocket(ctx, f.token, f.after)
	if err != nil {
		f.t.block.set()
		return
	}
	f.t.block.clear()
	f.replace(s)
}

func (f *follower) line() line {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current
}

// replace goes on with l. False after Close.
func (f *follower) replace(l line) bool {
	f.mu.Lock()
	closed, old := f.closed, f.current
	f.current = l
	f.mu.Unlock()
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

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
