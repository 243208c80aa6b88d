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

// Bounds of polling.
const (
	pollWait  = 25 * time.Second // that a read waits: less than what most proxies bear
	minPoll   = time.Second
	pollTries = 4 // in a row that fail
)

var _ Line = (*poll)(nil)

// A poll follows a mailbox by reads that wait for a first event.
type poll struct {
	streams *Streams
	token   []byte
	after   uint64
	wait    time.Duration   // of one read: shorter where something cuts longer ones
	hasty   int             // empty answers in a row that came before their time
	first   *wire.ReadReply // of the opening, or nil

	ctx  context.Context // ends with Close
	stop context.CancelCauseFunc
	once sync.Once
}

// openPoll reads once, without waiting.
func (s *Streams) openPoll(ctx context.Context, token []byte, after uint64) (*poll, error) {
	p := &poll{streams: s, token: token, after: after, wait: pollWait}
	p.ctx, p.stop = context.WithCancelCause(context.Background())
	first, err := p.read(ctx, 0)
	if err != nil {
		p.Close()
		return nil, err
	}
	if len(first.Events) > 0 || len(first.Signals) > 0 {
		p.first = first
	}
	return p, nil
}

// Next implements Line: nil if it is time to try the stream again.
func (p *poll) Next(ctx context.Context) (*wire.ReadReply, error) {
	if push := p.first; push != nil {
		p.first = nil
		return p.took(push), nil
	}
	for failed := 0; p.streams.block.now(); {
		began := time.Now()
		push, err := p.read(ctx, p.wait)
		switch {
		case err == nil && (len(push.Events) > 0 || len(push.Signals) > 0):
			return p.took(push), nil
		case err == nil:
			failed = 0
			err = p.rest(ctx, time.Since(began))
		default:
			failed++
			err = p.again(ctx, err, time.Since(began), failed)
		}
		if err != nil {
			p.Close()
			return nil, err
		}
	}
	return nil, nil
}

func (p *poll) took(push *wire.ReadReply) *wire.ReadReply {
	p.hasty = 0
	if n := len(push.Events); n > 0 {
		p.after = push.Events[n-1].Pos
	}
	return push
}

// rest waits after a read that returned nothing. A server waits by itself for what
// comes; whoever answers at once, again and again, is asked ever more rarely.
func (p *poll) rest(ctx context.Context, lasted time.Duration) error {
	if lasted >= min(minPoll, p.wait/2) {
		p.hasty = 0
		return nil
	}
	p.hasty++
	pause := min(minPace<<min(p.hasty-1, 10), p.wait)
	return p.sleep(ctx, pause/2+rand.N(pause/2))
}

// again waits before a read that failed is repeated. Where that can't help it
// returns err.
func (p *poll) again(ctx context.Context, err error, lasted time.Duration, failed int) error {
	if failed == pollTries || ctx.Err() != nil || p.ctx.Err() != nil {
		return err
	}
	wait := rand.N(moveWait << failed)
	var refusal *wire.Error
	switch {
	case errors.As(err, &refusal) && (refusal.Code == wire.CodeUnavailable || refusal.Code == wire.CodeRateLimited):
		wait += min(time.Duration(refusal.RetryAfter)*time.Millisecond, maxPace)
	case errors.As(err, &refusal), !errors.Is(err, client.ErrOffline):
		return err
	case lasted >= minPoll && p.wait > minPoll: // it was cut while it waited
		p.wait = max(minPoll, lasted/2)
	}
	return p.sleep(ctx, wait)
}

// sleep waits, at most until ctx ends or the poll is closed.
func (p *poll) sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.ctx.Done():
		return Offline(ErrClosed.Error())
	case <-ctx.Done():
		return Explain(ctx, "")
	}
}

// read reads what comes after the last position.
func (p *poll) read(ctx context.Context, wait time.Duration) (*wire.ReadReply, error) {
	request, err := wire.Marshal(&wire.ReadRequest{After: p.after, WaitMS: int(wait.Milliseconds())})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.ctx, func() { cancel(ErrClosed) })()
	answer, err := p.streams.Call(ctx, wire.OpRead, p.token, request)
	if context.Cause(p.ctx) == ErrClosed {
		return nil, Offline(ErrClosed.Error())
	}
	if err != nil {
		return nil, err
	}
	var reply wire.ReadReply
	if err := wire.Unmarshal(answer, &reply); err != nil {
		return nil, Offline(ErrNotParley.Error())
	}
	return &reply, nil
}

// Close implements Line.
func (p *poll) Close() error {
	p.once.Do(func() { p.stop(ErrClosed) })
	return nil
}

// End implements Line: a poll goes to whoever answers anyway.
func (p *poll) End() End { return Said }
