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

// Bounds of polling.
const (
	pollWait  = 25 * time.Second // that a read waits: less than what most proxies bear
	minPoll   = time.Second
	pollTries = 4 // in a row that fail
)

var _ line = (*poll)(nil)

// A poll follows a mailbox by reads that wait for a first event.
type poll struct {
	t     *Transport
	token []byte
	after uint64
	wait  time.Duration   // of one read: shorter where something cuts longer ones
	first *wire.ReadReply // of the opening, or nil

	ctx  context.Context // ends with Close
	stop context.CancelCauseFunc
	once sync.Once
}

// openPoll reads once, without waiting.
func (t *Transport) openPoll(ctx context.Context, token []byte, after uint64) (*poll, error) {
	p := &poll{t: t, token: token, after: after, wait: pollWait}
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

// Next implements line: nil if it is time to try the stream again.
func (p *poll) Next(ctx context.Context) (*wire.ReadReply, error) {
	if push := p.first; push != nil {
		p.first = nil
		return p.took(push), nil
	}
	for failed := 0; ; {
		if !p.t.block.now() {
			return nil, nil
		}
		began := time.Now()
		push, err := p.read(ctx, p.wait)
		switch {
		case err == nil && (len(push.Events) > 0 || len(push.Signals) > 0):
			return p.took(push), nil
		case err == nil:
			failed = 0
			continue
		}
		failed++
		if failed == pollTries || !p.again(ctx, err, time.Since(began), failed) {
			p.Close()
			return nil, err
		}
	}
}

func (p *poll) took(push *wire.ReadReply) *wire.ReadReply {
	if n := len(push.Events); n > 0 {
		p.after = push.Events[n-1].Pos
	}
	return push
}

// again waits before a read that failed is repeated. Not if that can't help.
func (p *poll) again(ctx context.Context, err error, lasted time.Duration, failed int) bool {
	if ctx.Err() != nil || p.ctx.Err() != nil {
		return false
	}
	wait := rand.N(moveWait << failed)
	var refusal *wire.Error
	switch {
	case errors.As(err, &refusal) && (refusal.Code == wire.CodeUnavailable || refusal.Code == wire.CodeRateLimited):
		wait += min(time.Duration(refusal.RetryAfter)*time.Millisecond, maxPace)
	case errors.As(err, &refusal), !errors.Is(err, client.ErrOffline):
		return false
	case lasted >= minPoll && p.wait > minPoll: // it was cut while it waited
		p.wait = max(minPoll, lasted/2)
	}
	return sleep(ctx, wait) == nil
}

// read reads what comes after the last position.
func (p *poll) read(ctx context.Context, wait time.Duration) (*wire.ReadReply, error) {
	request, err := wire.Marshal(&wire.ReadRequest{After: p.after, WaitMS: int(wait.Milliseconds())})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.ctx, func() { cancel(errClosed) })()
	answer, err := p.t.Call(ctx, wire.OpRead, p.token, request)
	if context.Cause(p.ctx) == errClosed {
		return nil, offline(errClosed.Error())
	}
	if err != nil {
		return nil, err
	}
	var reply wire.ReadReply
	if err := wire.Unmarshal(answer, &reply); err != nil {
		return nil, offline(errNotParley.Error())
	}
	return &reply, nil
}

// Close implements line.
func (p *poll) Close() error {
	p.once.Do(func() { p.stop(errClosed) })
	return nil
}

// moved implements line: a poll goes to whoever answers anyway.
func (p *poll) moved() bool { return false }
