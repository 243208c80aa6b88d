package load

import (
	"context"
	"runtime"
	"time"
)

// dueBuffer is how many messages may be due on one line and not yet written: what
// is beyond counts as unsent.
const dueBuffer = 4096

// pace makes messages due at the turn's rate, first to warm up, then counted. It
// returns how many could not even be written. A message is due at its time, sent
// or not: who waits for the server doesn't shift what follows.
func (t *Turn) pace(ctx context.Context, result *Result, failed <-chan error) (unsent int64, err error) {
	runtime.LockOSThread() // it sleeps in the kernel: more exact than a timer
	defer runtime.UnlockOSThread()
	defer func() {
		for _, l := range t.Lines {
			close(l.Lane.due)
		}
	}()
	start := t.Clock.Now()
	gap := float64(time.Second) / t.Rate
	begun := false
	for n := 0; ; n++ {
		due := start + int64(float64(n)*gap)
		if err := t.await(ctx, due, failed); err != nil {
			return unsent, err
		}
		if at := due - start; !begun && at >= int64(t.Warm) {
			t.begin(result)
			begun = true
		} else if at >= int64(t.Warm+t.Length) && (t.Clock.seen() || at >= int64(t.Warm+t.Length+maxDrain)) {
			t.end(result)
			return unsent, nil
		}
		select {
		case t.Lines[n%len(t.Lines)].Lane.due <- due:
			t.Lines[n%len(t.Lines)].Lane.count.Add(1)
		default:
			if begun {
				unsent++
			}
		}
	}
}

// await sleeps until a time of the clock.
func (t *Turn) await(ctx context.Context, due int64, failed <-chan error) error {
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	for {
		left := due - t.Clock.Now()
		if left <= 0 {
			return nil
		}
		sleepExactly(min(time.Duration(left), 100*time.Millisecond))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
