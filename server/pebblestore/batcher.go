package pebblestore

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"parley/identity"
	"parley/server"
)

// Bounds of a group.
const (
	queueLength = 4096    // operations that wait
	groupSize   = 2048    // operations
	groupBytes  = 4 << 20 // of the batch
)

// An operation waits for the batcher. apply checks everything before it sets
// anything: after an error it has set nothing.
type operation struct {
	ctx   context.Context
	apply func(t *tx) error
	alone bool // apply scans: it needs a group of its own
	err   error
	done  chan struct{} // closed with err set
}

// do has apply run in the batcher and waits until its group is durable.
func (s *Store) do(ctx context.Context, apply func(t *tx) error) error {
	return s.submit(&operation{ctx: ctx, apply: apply, done: make(chan struct{})})
}

// doAlone is do for an operation that scans.
func (s *Store) doAlone(ctx context.Context, apply func(t *tx) error) error {
	return s.submit(&operation{ctx: ctx, apply: apply, alone: true, done: make(chan struct{})})
}

func (s *Store) submit(op *operation) error {
	select {
	case <-s.stop:
		return server.ErrUnavailable
	default:
	}
	select {
	case s.queue <- op:
	case <-op.ctx.Done():
		return op.ctx.Err()
	case <-s.stop:
		return server.ErrUnavailable
	}
	select {
	case <-op.done:
		return op.err
	case <-op.ctx.Done():
		return op.ctx.Err()
	case <-s.done:
		select {
		case <-op.done:
			return op.err
		default:
			return server.ErrUnavailable
		}
	}
}

// A batcher is the one goroutine that writes.
type batcher struct {
	s     *Store
	next  uint64                      // envelope id
	heads map[identity.Account]uint64 // of mailboxes, as far as they were needed
	seqs  map[identity.Room]uint64
}

// maxHeads bounds what a batcher remembers of mailboxes and rooms.
const maxHeads = 1 << 18

func newBatcher(s *Store) *batcher {
	b := &batcher{s: s}
	b.forget()
	return b
}

// forget drops what was remembered, for instance because it isn't durable.
func (b *batcher) forget() {
	b.heads = map[identity.Account]uint64{}
	b.seqs = map[identity.Room]uint64{}
}

// start checks the format and reads the next envelope id.
func (b *batcher) start() error {
	format, err := get(b.s.db, []byte{keyFormat})
	switch {
	case err != nil:
		return err
	case format == nil:
		if err := b.s.db.Set([]byte{keyFormat}, []byte{formatVersion}, pebble.Sync); err != nil {
			return err
		}
		// A new database begins with a log whose damage can't be told from its
		// end; the next log has marks for that.
		if err := b.s.db.Flush(); err != nil {
			return err
		}
	case len(format) != 1 || format[0] != formatVersion:
		return ErrFormat
	}
	if err := b.s.Err(); err != nil {
		return err
	}
	return b.readNext()
}

func (b *batcher) readNext() error {
	next, err := get(b.s.db, []byte{keyNext})
	b.next = max(number(next), 1)
	return err
}

// run takes groups until the store is closed.
func (b *batcher) run() {
	defer close(b.s.done)
	var held *operation // it wants to be alone
	for {
		op := held
		held = nil
		if op == nil {
			select {
			case op = <-b.s.queue:
			case <-b.s.stop:
				return
			}
		}
		held = b.group(op)
	}
}

// group runs op and whatever waits behind it, and returns the operation that
// has to begin the next group.
func (b *batcher) group(op *operation) (held *operation) {
	t := newTx(b)
	var ops []*operation
	for op != nil {
		if op.err = op.ctx.Err(); op.err == nil {
			op.err = b.apply(t, op)
		}
		ops = append(ops, op)
		if op.alone || len(ops) == groupSize || t.batch.Len() > groupBytes {
			break
		}
		select {
		case op = <-b.s.queue:
			if op.alone {
				held, op = op, nil
			}
		default:
			op = nil
		}
	}
	err := b.commit(t)
	for _, op := range ops {
		if err != nil {
			op.err = err
		}
		close(op.done)
	}
	return held
}

// apply runs one operation. A panic is our own bug: it must not take the
// batcher along, nor leave half an operation in the batch.
func (b *batcher) apply(t *tx, op *operation) (err error) {
	defer func() {
		if r := recover(); r != nil {
			t.broken = true
			err = fmt.Errorf("pebblestore: panic: %v", r)
		}
	}()
	return op.apply(t)
}

// commit makes the group durable and publishes it. On an error nothing of the
// group counts.
func (b *batcher) commit(t *tx) error {
	defer t.batch.Close()
	if t.batch.Empty() && !t.broken {
		return nil
	}
	if err := b.write(t); err != nil {
		b.forget()
		b.next = t.firstID
		b.s.opts.Logger.Error("nothing can be stored", "error", err)
		return fmt.Errorf("%w: %v", server.ErrUnavailable, err)
	}
	b.s.views.publish(b.s.db)
	for _, r := range t.rooms {
		b.s.rooms.put(r, func() bool { return true })
	}
	if len(b.heads)+len(b.seqs) > maxHeads {
		b.forget()
	}
	return nil
}

var errDiskFull = errors.New("pebblestore: the disk is full")

// write makes the batch durable.
//
// Pebble can't take a failed write of its log back: the process has to read the
// log anew. So writing stops short of a full disk, and a write that fails all
// the same ends all writing until a restart.
func (b *batcher) write(t *tx) (err error) {
	if err := b.s.Err(); err != nil {
		return err
	}
	if t.broken {
		return errors.New("pebblestore: an operation failed half-way")
	}
	usage, err := b.s.opts.FS.GetDiskUsage(b.s.dir)
	if err == nil && usage.AvailBytes < b.s.opts.Reserve+uint64(t.batch.Len()) {
		return errDiskFull
	}
	if t.firstID != b.next {
		t.set([]byte{keyNext}, u64(b.next))
	}
	defer func() {
		if r := recover(); r != nil { // Pebble panics when its log has failed
			err = fmt.Errorf("pebblestore: writing: %v", r)
			b.s.fail(err)
		}
	}()
	if err := t.batch.Commit(pebble.Sync); err != nil {
		b.s.fail(err)
		return err
	}
	return b.s.Err() // a failed write is told to the logger
}

// A tx is the state that a group's operations see and change.
type tx struct {
	b       *batcher
	batch   *pebble.Batch
	written map[string][]byte // what the group set; nil for what it deleted
	rooms   map[identity.Room]*server.Room
	firstID uint64 // the batcher's next envelope id when the group began
	broken  bool
}

func newTx(b *batcher) *tx {
	return &tx{
		b: b, batch: b.s.db.NewBatch(), firstID: b.next,
		written: map[string][]byte{}, rooms: map[identity.Room]*server.Room{},
	}
}

// get returns the value of key, nil where there is none.
func (t *tx) get(key []byte) ([]byte, error) {
	if v, ok := t.written[string(key)]; ok {
		return v, nil
	}
	return get(t.b.s.db, key)
}

func (t *tx) set(key, value []byte) {
	t.written[string(key)] = value
	t.must(t.batch.Set(key, value, nil))
}

func (t *tx) delete(key []byte) {
	t.written[string(key)] = nil
	t.must(t.batch.Delete(key, nil))
}

// deleteRange is only for keys that the group doesn't read again.
func (t *tx) deleteRange(from, to []byte) { t.must(t.batch.DeleteRange(from, to, nil)) }

// must is for errors that the batch has only for misuse.
func (t *tx) must(err error) {
	if err != nil {
		panic("pebblestore: " + err.Error())
	}
}

// scan sees what was there before the group: only for an operation alone, before it
// sets anything.
func (t *tx) scan(prefix []byte, f func(key, value []byte) (bool, error)) error {
	return scan(t.b.s.db, prefix, after(prefix), f)
}
