package bridge

import (
	"context"
	"errors"

	"parley/client"
	"parley/wire"
)

// The states of the connection, as Connected.State has them.
const (
	stateOnline     = "online"
	stateConnecting = "connecting"
	stateOffline    = "offline"
)

// connected notes how the connection is, and tells if that has changed.
func (c *Core) connected(state string) {
	c.mu.Lock()
	old := c.state
	c.state = state
	c.mu.Unlock()
	if old != state {
		c.news.later("connection", func() any { return c.connection() })
	}
}

func (c *Core) connection() Connected {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Connected{State: c.state}
}

// A watched transport tells from what comes back whether the server is reached.
type watched struct {
	client.Transport
	tell func(state string)
}

// Call implements [client.Transport].
func (w watched) Call(ctx context.Context, op wire.Operation, token, request []byte) ([]byte, error) {
	answer, err := w.Transport.Call(ctx, op, token, request)
	w.judge(ctx, err)
	return answer, err
}

// Stream implements [client.Transport].
func (w watched) Stream(ctx context.Context, token []byte, after uint64) (client.Stream, error) {
	s, err := w.Transport.Stream(ctx, token, after)
	w.judge(ctx, err)
	if err != nil {
		return nil, err
	}
	return watchedStream{s, w}, nil
}

// judge tells what err says of the connection. What the caller broke off says
// nothing.
func (w watched) judge(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, client.ErrOffline):
		w.tell(stateOffline)
	default:
		w.tell(stateOnline)
	}
}

type watchedStream struct {
	client.Stream
	w watched
}

// Next implements [client.Stream].
func (s watchedStream) Next(ctx context.Context) (*wire.ReadReply, error) {
	push, err := s.Stream.Next(ctx)
	if err != nil && ctx.Err() == nil {
		s.w.tell(stateConnecting)
	} else if err == nil {
		s.w.tell(stateOnline)
	}
	return push, err
}
