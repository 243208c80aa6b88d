package client

import (
	"context"
	"errors"

	"parley/wire"
)

// ErrOffline is returned, wrapped with the cause, when the server can't be
// reached or doesn't answer as a Parley server. What was to be sent stays in the
// outbox.
var ErrOffline = errors.New("client: no connection to the server")

// A Transport carries operations to one server. It knows bytes and HTTP, no keys:
// sessions are the client's. Methods are safe for concurrent use.
type Transport interface {
	// Origin is the scheme://host[:port] that it connects to, without a path. It
	// is part of what a session signs.
	Origin() string
	// Call performs one operation: request and answer are encoded bodies of wire.
	// token is nil for operations that need no session. A refusal is returned as
	// *wire.Error; no connection, or no answer of a Parley server, as ErrOffline.
	Call(ctx context.Context, op wire.Operation, token, request []byte) (answer []byte, err error)
	// Stream opens the live stream after a position. The error is as Call's.
	Stream(ctx context.Context, token []byte, after uint64) (Stream, error)
}

// A Stream yields what the server pushes. One goroutine may call Next while
// another calls Close.
type Stream interface {
	// Next waits for the next push. After an error, which is ErrOffline, a
	// *wire.Error or the context's, the stream is closed.
	Next(ctx context.Context) (*wire.ReadReply, error)
	// Close ends the stream; Next returns soon after.
	Close() error
}
