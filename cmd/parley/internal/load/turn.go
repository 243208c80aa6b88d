package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"parley/wire"
)

// A Line is a lane with those who receive from it.
type Line struct {
	Lane      *Lane
	Receivers []*Receiver
}

func (l *Line) close() {
	l.Lane.conn.Close()
	for _, r := range l.Receivers {
		r.conn.Close()
	}
}

// A Turn is one run of a load against one target.
type Turn struct {
	Clock    *Clock
	Lines    []*Line
	Inflight int     // of each line, where Rate is 0: as fast as it goes
	Rate     float64 // messages a second of all lines together
	Warm     time.Duration
	Length   time.Duration // or longer, until something was delivered
	Begin    func()        // is called when the window opens, End when it closes
	End      func()
	Drained  func() // when nothing is under way any more
}

// A Result is what a turn counted.
type Result struct {
	Seconds   float64
	Delivered int64               // that arrived within the window, at all receivers
	Accepted  int64               // acknowledged within the window
	Refused   map[wire.Code]int64 // within the window
	Unsent    int64               // due within the window, but the connection took no more
	Taken     int64               // acknowledged from the window's begin to the end
	Missing   int64               // acknowledged, but not received by somebody
	Latency   Histogram           // due → received
	All       int64               // acknowledged in all, before the window too
	In, Out   int64               // bytes to the server and from it, in all, without TCP and TLS
}

// maxDrain bounds the wait for what is under way at the end.
const maxDrain = 30 * time.Second

// Run runs the turn and closes its connections.
func (t *Turn) Run(ctx context.Context) (*Result, error) {
	var ending atomic.Bool
	var all sync.WaitGroup
	failed := make(chan error, 1)
	start := func(f func() error) {
		all.Go(func() {
			if err := f(); err != nil && !ending.Load() {
				select {
				case failed <- err:
				default:
				}
			}
		})
	}
	for _, l := range t.Lines {
		for _, r := range l.Receivers {
			start(r.Read)
		}
		if t.Rate == 0 {
			start(func() error { return l.Lane.Closed(t.Inflight) })
			continue
		}
		start(l.Lane.Open)
		start(func() error { return l.Lane.read(func(int) error { return nil }) })
	}
	var unsent int64
	result, err := &Result{}, error(nil)
	if t.Rate > 0 {
		unsent, err = t.pace(ctx, result, failed)
	} else {
		err = t.window(ctx, result, failed)
	}
	if err == nil {
		err = t.drain(ctx, failed)
	}
	ending.Store(true)
	for _, l := range t.Lines {
		l.close()
	}
	all.Wait()
	if err != nil {
		return nil, err
	}
	t.sum(result)
	result.Unsent = unsent
	return result, nil
}

// window lets the load run: first to warm up, then counted.
func (t *Turn) window(ctx context.Context, result *Result, failed <-chan error) error {
	if err := pause(ctx, t.Warm, failed); err != nil {
		return err
	}
	t.begin(result)
	err := pause(ctx, t.Length, failed)
	for end := time.Now().Add(maxDrain); err == nil && !t.Clock.seen() && time.Now().Before(end); {
		err = pause(ctx, 10*time.Millisecond, failed)
	}
	t.end(result)
	for _, l := range t.Lines {
		l.Lane.stop.Store(true)
	}
	return err
}

func (t *Turn) begin(result *Result) {
	t.Begin()
	for _, l := range t.Lines {
		result.Taken -= l.Lane.taken.Load()
	}
	t.Clock.Begin()
}

func (t *Turn) end(result *Result) {
	result.Seconds = t.Clock.End().Seconds()
	t.End()
}

func pause(ctx context.Context, d time.Duration, failed <-chan error) error {
	select {
	case <-time.After(d):
		return nil
	case err := <-failed:
		return fmt.Errorf("load: a connection ended early: %w", err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drain waits until what was sent is answered and received.
func (t *Turn) drain(ctx context.Context, failed <-chan error) error {
	last, since := int64(-1), time.Now()
	for {
		open := t.under()
		if open != last {
			last, since = open, time.Now()
		}
		if open == 0 || time.Since(since) > maxDrain {
			break
		}
		if err := pause(ctx, 2*time.Millisecond, failed); err != nil {
			return err
		}
	}
	t.Drained()
	return nil
}

// under returns how many answers and deliveries are still to come.
func (t *Turn) under() (open int64) {
	for _, l := range t.Lines {
		taken := l.Lane.taken.Load()
		open += int64(l.Lane.count.Load()) - taken - l.Lane.failed.Load()
		for _, r := range l.Receivers {
			open += max(taken-r.came.Load(), 0)
		}
	}
	return open
}

// sum adds up what the lines counted, after all have ended.
func (t *Turn) sum(result *Result) {
	result.Refused = map[wire.Code]int64{}
	for _, l := range t.Lines {
		taken := l.Lane.taken.Load()
		result.Taken += taken
		result.All += taken
		l.bytes(result)
		result.Accepted += l.Lane.accepted
		for code, n := range l.Lane.refused {
			result.Refused[code] += n
		}
		for _, r := range l.Receivers {
			result.Delivered += r.Delivered
			result.Latency.Merge(&r.Latency)
			result.Missing += abs(taken - r.came.Load())
		}
	}
}

// bytes adds up what went over the line's connections, which have ended.
func (l *Line) bytes(result *Result) {
	conns := []*Conn{l.Lane.conn}
	for _, r := range l.Receivers {
		conns = append(conns, r.conn)
	}
	for _, c := range conns {
		result.In += c.out
		result.Out += c.in
	}
}

func abs(n int64) int64 { return max(n, -n) }

// Check returns an error unless all that was acknowledged was received once.
func (r *Result) Check() error {
	if r.Missing != 0 {
		return fmt.Errorf("load: %d deliveries are missing, or came twice", r.Missing)
	}
	if r.Delivered == 0 {
		return errors.New("load: nothing was delivered")
	}
	return nil
}
