// Package transport holds what the transports of clients share, whatever carries
// their bytes.
//
// A transport performs calls and opens WebSockets. From these two [Streams] makes
// streams that outlive a server's restart, fall back to reads that wait where
// something in between blocks WebSockets, and don't come again all at once.
// [Answer] tells a Parley server's answer from what else may answer there.
package transport

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/client"
	"parley/wire"
)

// MaxAnswer bounds an answer or a push, in bytes: an envelope of the largest
// request, and what is around it.
const MaxAnswer = wire.MaxBody + 1<<20

// Why a line ends, besides a refusal and what the network says.
var (
	ErrClosed    = errors.New("the stream was closed") // from this side
	ErrSilent    = errors.New("the server went silent")
	ErrNotParley = errors.New("not a frame of Parley")
	ErrTooLarge  = errors.New("the answer is larger than any of Parley's")
)

// Offline returns ErrOffline, wrapped with a cause for a person.
func Offline(cause string) error { return fmt.Errorf("%w: %s", client.ErrOffline, cause) }

// Explain returns what a failure means to a caller with ctx: that ctx was
// cancelled, that its deadline has passed (ErrOffline too), else ErrOffline for
// cause.
func Explain(ctx context.Context, cause string) error {
	switch err := ctx.Err(); {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: no answer in time: %w", client.ErrOffline, err)
	case err != nil:
		return err
	}
	return Offline(cause)
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
