package transport

import (
	"context"
	"errors"
	"time"

	"parley/client"
	"parley/wire"
)

// helloLimit is how long a WebSocket may take to open until it is given up for
// polling.
const helloLimit = 20 * time.Second

// Streams are those of one server. Their exported fields are set before the first
// call of a method; methods are safe for concurrent use.
type Streams struct {
	// Call is the transport's own: see [client.Transport].
	Call func(ctx context.Context, op wire.Operation, token, request []byte) (answer []byte, err error)
	// Dial opens a WebSocket after a position: it returns once the server has
	// taken the hello. ctx is for the opening alone. The error is as Call's.
	Dial func(ctx context.Context, token []byte, after uint64) (Line, error)

	Timeout time.Duration // of Dial, beside the context's and the 20 seconds that it has at most
	Retry   time.Duration // until a WebSocket that was blocked is tried again, and half of it more

	pace  pace
	block block
}

// A Line is one way to follow a mailbox: what [client.Stream] says holds for Next
// and Close.
type Line interface {
	client.Stream
	// End says how the line, of which Next has returned an error, ended.
	End() End
}

// An End is how a line ended.
type End int

// How lines end.
const (
	Said  End = iota // by a word of either side: a close, a refusal, something that was not understood
	Moved            // the server asked to come again
	Cut              // without a word: it broke off, or went silent
)

// Open opens a stream, as Stream of [client.Transport] does. Where something in
// between lets no WebSocket through the stream polls, and tries the WebSocket
// again after a while. A server that restarts is no error: the stream goes on with
// its next node. After a failure the next stream waits a little before it begins,
// and longer each time.
func (s *Streams) Open(ctx context.Context, token []byte, after uint64) (client.Stream, error) {
	if err := s.pace.wait(ctx); err != nil {
		return nil, err
	}
	l, err := s.open(ctx, token, after)
	if err != nil {
		s.pace.failed()
		return nil, err
	}
	return &follower{streams: s, token: token, after: after, current: l, opened: time.Now()}, nil
}

// Wake ends the wait before the next stream, and forgets the failures: there is a
// network again.
func (s *Streams) Wake() { s.pace.now() }

// Blocked reports whether WebSockets don't get through for now, so that streams
// poll.
func (s *Streams) Blocked() bool { return s.block.now() }

// open opens a WebSocket or, where that is blocked, polls.
func (s *Streams) open(ctx context.Context, token []byte, after uint64) (Line, error) {
	if s.block.now() {
		return s.openPoll(ctx, token, after)
	}
	l, err := s.dial(ctx, token, after)
	if err == nil {
		return l, nil
	}
	if ctx.Err() != nil || !mayBeBlocked(err) {
		return nil, err
	}
	// Something is there that opens no stream. If it performs operations, it is a
	// Parley server, behind something that doesn't let streams through.
	p, errPoll := s.openPoll(ctx, token, after)
	if errPoll != nil {
		return nil, err
	}
	s.block.set(s.Retry)
	return p, nil
}

func (s *Streams) dial(ctx context.Context, token []byte, after uint64) (Line, error) {
	bounded, cancel := context.WithTimeout(ctx, min(s.Timeout, helloLimit))
	defer cancel()
	return s.Dial(bounded, token, after)
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
