package pgstore

import (
	"bytes"
	"context"
	"encoding/binary"

	"github.com/jackc/pgx/v5/pgxpool"

	"parley/server"
	"parley/wire"
)

// Bounds of a group.
const (
	groupSize  = 1024    // appends
	groupBytes = 4 << 20 // of messages
)

// queueBytes of messages wait at most, over all batchers.
const queueBytes = 64 << 20

// An appending waits for its batcher.
type appending struct {
	ctx   context.Context
	op    key // OperationHash
	room  key
	e     wire.Envelope
	stamp server.Stamp

	receipt server.Receipt
	err     error
	done    chan struct{} // closed with receipt or err set
}

func (a *appending) at() server.Epoch {
	return server.Epoch{Generation: a.e.Generation, Epoch: a.e.Epoch}
}

func (a *appending) finish(err error) {
	a.err = err
	close(a.done)
}

func (a *appending) bytes() int64 { return int64(len(a.e.Message)) }

// A batcher writes the appends of a share of the rooms, many in one transaction.
type batcher struct {
	s     *Store
	queue chan *appending
}

func (s *Store) startBatchers() {
	for range s.opts.Batch {
		b := &batcher{s: s, queue: make(chan *appending, s.opts.Queue+1)}
		s.appends = append(s.appends, b)
		s.running.Go(b.run)
	}
	s.acks = newAcknowledger(s)
	s.running.Go(s.acks.run)
}

// Append implements [server.Rooms]. ErrBusy if too many wait already.
func (s *Store) Append(ctx context.Context, op server.OperationID, e wire.Envelope, stamp server.Stamp) (server.Receipt, error) {
	if s.closed() {
		return server.Receipt{}, server.ErrUnavailable
	}
	if err := ctx.Err(); err != nil {
		return server.Receipt{}, err
	}
	a := &appending{ctx: ctx, op: key(server.OperationHash(op)), room: roomKey(e.Room), e: cloneEnvelope(e), stamp: stamp, done: make(chan struct{})}
	if !s.admit(a) {
		s.count.busy.Add(1)
		return server.Receipt{}, server.ErrBusy
	}
	// It holds as many as are ever admitted.
	s.appends[binary.BigEndian.Uint32(a.room[:])%uint32(len(s.appends))].queue <- a
	select {
	case <-a.done:
		return a.receipt, a.err
	case <-ctx.Done():
		return server.Receipt{}, ctx.Err()
	case <-s.stop:
	}
	// Close lets the batchers finish what they have begun.
	s.running.Wait()
	select {
	case <-a.done:
		return a.receipt, a.err
	default:
		return server.Receipt{}, server.ErrUnavailable
	}
}

// admit reports whether a may wait: one alone always may.
func (s *Store) admit(a *appending) bool {
	n, size := s.count.waiting.Add(1), s.bytes.Add(a.bytes())
	if n == 1 || n <= int64(s.opts.Queue) && size <= queueBytes {
		return true
	}
	s.dismiss(1, a.bytes())
	return false
}

// dismiss makes room for others.
func (s *Store) dismiss(n, size int64) {
	s.count.waiting.Add(-n)
	s.bytes.Add(-size)
}

func cloneEnvelope(e wire.Envelope) wire.Envelope {
	e.ID, e.Message, e.Welcome = bytes.Clone(e.ID), bytes.Clone(e.Message), bytes.Clone(e.Welcome)
	return e
}

// run takes groups until the store is closed.
func (b *batcher) run() {
	for {
		select {
		case a := <-b.queue:
			b.group(a)
		case <-b.s.stop:
			return
		}
	}
}

// group writes first with what waits behind it once there is room for it.
func (b *batcher) group(first *appending) {
	g := gathering{all: []*appending{first}, size: first.bytes()}
	g.from(b.queue)
	b.s.turns.enter(func() int {
		g.from(b.queue)
		return len(g.all)
	})
	defer b.s.turns.leave()
	g.from(b.queue)
	b.s.dismiss(int64(len(g.all)), g.size)
	b.write(g.all)
}

// A gathering is a group that grows.
type gathering struct {
	all  []*appending
	size int64 // bytes of messages
}

// from adds what waits in queue, within the bounds.
func (g *gathering) from(queue chan *appending) {
	for len(g.all) < groupSize && g.size < groupBytes {
		select {
		case a := <-queue:
			g.all = append(g.all, a)
			g.size += a.bytes()
		default:
			return
		}
	}
}

// write stores a group and finishes its appends. Where the database refuses the
// group as a whole for what one of them holds, each is tried for itself.
func (b *batcher) write(all []*appending) {
	group := all[:0:0]
	for _, a := range all {
		if err := a.ctx.Err(); err != nil {
			a.finish(err)
		} else {
			group = append(group, a)
		}
	}
	if len(group) == 0 {
		return
	}
	err := b.store(group)
	if err != nil && len(group) > 1 && !unavailable(err) && !passing(err) {
		for _, a := range group {
			a.finish(explain(b.store([]*appending{a})))
		}
		return
	}
	err = explain(err)
	for _, a := range group {
		if err != nil {
			a.finish(err)
		} else {
			a.finish(a.err)
		}
	}
}

// store writes a group in one transaction, again where others got in its way. When
// it returns nil, each append has its receipt or its error.
func (b *batcher) store(group []*appending) (err error) {
	for n := range tries {
		if err = b.tryStore(group); err == nil || !passing(err) {
			break
		}
		b.s.count.retries.Add(1)
		backOff(n)
	}
	b.s.note(err)
	return err
}

func (b *batcher) tryStore(group []*appending) error {
	ctx, cancel := context.WithTimeout(context.Background(), b.s.opts.Timeout)
	defer cancel()
	c, err := b.s.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	g := newGroup(b.s, group)
	if err := g.prepare(ctx, c.Conn()); err != nil {
		return err
	}
	if err := g.lock(ctx, c.Conn()); err != nil {
		c.Exec(ctx, "ROLLBACK")
		return err
	}
	if err := g.decide(); err != nil || len(g.fresh) == 0 && len(g.receipts) == 0 {
		c.Exec(ctx, "ROLLBACK")
		return err
	}
	if len(g.fresh) == 0 {
		return g.confirm(ctx, c.Conn())
	}
	g.frank()
	if err := g.write(ctx, c.Conn()); err != nil {
		c.Exec(ctx, "ROLLBACK")
		return err
	}
	b.s.count.groups.Add(1)
	b.s.count.appends.Add(int64(len(g.fresh)))
	return nil
}

// acquire returns a connection of the batchers.
func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout/2)
	defer cancel()
	return s.batch.Acquire(ctx)
}
