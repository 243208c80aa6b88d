package pebblestore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"parley/server"
)

// Bounds of what waits for the batcher.
const (
	// queueAlways operations may always wait: as many as a few hundred devices
	// with 16 messages in flight each make.
	queueAlways = 4096
	// queueLength operations never wait at once.
	queueLength = 1 << 14
	// queueBytes of envelopes never wait at once.
	queueBytes = 64 << 20
	// queueWait is the expected wait beyond which more than queueAlways aren't
	// taken.
	queueWait = 100 * time.Millisecond
)

// An operation waits for the batcher. apply checks everything before it sets
// anything: after an error it has set nothing.
type operation struct {
	ctx   context.Context
	apply func(t *tx) error
	alone bool // apply scans: it needs a group of its own
	grows bool // it stores something that takes room for long
	bytes int  // of what it brings

	// changes: apply changes what is in memory as it goes, so that it must not fail.
	changes bool

	err  error
	done chan struct{} // gets one value, with err set
}

var operations = sync.Pool{New: func() any { return &operation{done: make(chan struct{}, 1)} }}

// A queue holds what waits for the batcher.
type queue struct {
	mu     sync.Mutex // guards what follows
	ops    []*operation
	bytes  int // of ops and of what the batcher has taken and not answered
	length int // likewise
	closed bool
	wake   chan struct{} // has a value while ops isn't empty or closed is set

	each    atomic.Int64 // nanoseconds that an operation took lately
	began   atomic.Int64 // when the group under way began, Unix nanoseconds; 0: there is none
	refused atomic.Int64 // operations
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// put adds op, or returns ErrBusy or ErrUnavailable.
func (q *queue) put(op *operation) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return server.ErrUnavailable
	}
	if !q.takes(op) {
		q.refused.Add(1)
		return server.ErrBusy
	}
	q.ops = append(q.ops, op)
	q.length++
	q.bytes += op.bytes
	if len(q.ops) == 1 {
		q.signal()
	}
	return nil
}

// takes reports whether op may wait. The first one always may.
func (q *queue) takes(op *operation) bool {
	if q.length < queueAlways {
		return q.length == 0 || q.bytes+op.bytes <= queueBytes
	}
	wait := time.Duration(int64(q.length) * q.each.Load())
	if began := q.began.Load(); began != 0 { // the disk may be stuck
		wait = max(wait, time.Since(time.Unix(0, began)))
	}
	return q.length < queueLength && q.bytes+op.bytes <= queueBytes && wait <= queueWait
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns all that waits, in spare's memory; nothing after close, once
// all is taken.
func (q *queue) take(spare []*operation) (ops []*operation, ok bool) {
	for {
		q.mu.Lock()
		if len(q.ops) > 0 {
			ops, q.ops = q.ops, spare[:0]
			q.mu.Unlock()
			return ops, true
		}
		closed := q.closed
		q.mu.Unlock()
		if closed {
			return nil, false
		}
		<-q.wake
	}
}

// answered says that ops were answered, and how long they took.
func (q *queue) answered(ops []*operation, took time.Duration) {
	bytes := 0
	for _, op := range ops {
		bytes += op.bytes
	}
	q.mu.Lock()
	q.length -= len(ops)
	q.bytes -= bytes
	q.mu.Unlock()
	each := took.Nanoseconds() / int64(len(ops))
	if len(ops) < 64 { // says little about how long each takes in a large group
		each = min(each, q.each.Load())
	}
	q.each.Store((7*q.each.Load() + each) / 8)
}

// close lets nothing in any more.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.length
}

// do has apply run in the batcher and waits until its group is durable.
func (s *Store) do(ctx context.Context, apply func(t *tx) error) error {
	return s.submit(ctx, operation{apply: apply})
}

// doAlone is do for an operation that scans.
func (s *Store) doAlone(ctx context.Context, apply func(t *tx) error) error {
	return s.submit(ctx, operation{apply: apply, alone: true})
}

// submit has the batcher run what o says. After the context's error the
// outcome is unknown.
func (s *Store) submit(ctx context.Context, o operation) error {
	op := operations.Get().(*operation)
	op.ctx, op.apply, op.alone, op.grows, op.bytes = ctx, o.apply, o.alone, o.grows, o.bytes
	op.changes, op.err = o.changes, nil
	if err := s.queue.put(op); err != nil {
		return err
	}
	select {
	case <-op.done:
	case <-ctx.Done():
		return ctx.Err() // the batcher still holds op
	}
	err := op.err
	op.ctx, op.apply = nil, nil
	operations.Put(op)
	return err
}
