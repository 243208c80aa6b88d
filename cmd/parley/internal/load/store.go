package load

import (
	"context"
	"errors"
	"time"
)

// Fill sends n messages in all through the world's rooms, which no receiver
// takes: the server has to keep them.
func (w *World) Fill(ctx context.Context, n, inflight int) error {
	clock, run := NewClock(), newRun()
	share := (n + len(w.rooms) - 1) / len(w.rooms)
	return each(len(w.rooms), func(i int) error {
		line, err := w.line(ctx, clock, uint16(i), run)
		if err != nil {
			return err
		}
		defer line.close()
		return line.Lane.sendAll(ctx, share, inflight)
	})
}

// sendAll sends n messages and returns when all are acknowledged.
func (l *Lane) sendAll(ctx context.Context, n, inflight int) error {
	failed := make(chan error, 1)
	l.limit = uint32(n)
	go func() { failed <- l.Closed(min(inflight, n)) }()
	for {
		taken, refused := l.taken.Load(), l.failed.Load()
		if taken+refused >= int64(n) {
			if refused > 0 {
				return errors.New("load: the server refuses some of the messages that it should keep")
			}
			return nil
		}
		if err := pause(ctx, time.Millisecond, failed); err != nil {
			return err
		}
	}
}
