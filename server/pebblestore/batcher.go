package pebblestore

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"parley/identity"
	"parley/server"
)

// Bounds of a group.
const (
	groupSize  = 2048    // operations
	groupBytes = 4 << 20 // of the batch
)

// A batcher is the one goroutine that writes.
type batcher struct {
	s        *Store
	next     uint64 // envelope id
	tail     uint64 // the tail's first id
	window   window
	rooms    map[identity.Room]*roomState
	receipts map[receiptID]*entry // of the tail
	seen     seen
	waste    []*box // may let something go
	cold     map[identity.Account]bool
	groups   uint64
	batch    *pebble.Batch
	oldest   uint64    // no envelope below this is kept
	checked  time.Time // when the size of the store was looked at
	told     time.Time // when the operator was last told that nothing can be stored
	full     bool
	stamped  []server.Stamped // memory for what waits to be franked
	franked  []*appending     // likewise
	swept    uint32           // the week before which there are no receipts
}

func newBatcher(s *Store) *batcher {
	return &batcher{
		s: s, rooms: map[identity.Room]*roomState{}, receipts: map[receiptID]*entry{}, cold: map[identity.Account]bool{},
		batch: s.db.NewBatch(pebble.WithInitialSizeBytes(1<<20), pebble.WithMaxRetainedSizeBytes(2*groupBytes)),
	}
}

// start checks the format and reads what is remembered.
func (b *batcher) start() (err error) {
	defer func() {
		if r := recover(); r != nil { // Pebble panics when its log has failed
			err = fmt.Errorf("pebblestore: opening: %v", r)
		}
	}()
	if err := b.s.checkFormat(); err != nil {
		return err
	}
	if err := b.s.Err(); err != nil {
		return err
	}
	if err := errors.Join(b.s.readBase(), b.recover()); err != nil {
		return err
	}
	oldest, err := b.get([]byte{keyOldest})
	if err != nil {
		return err
	}
	b.oldest = number(oldest)
	return scan(b.s.db, []byte{keyWaste}, []byte{keyWaste + 1}, func(key, _ []byte) (bool, error) {
		b.cold[identity.Account(key[1:])] = true
		return true, nil
	})
}

// run takes groups until the store is closed and everything is answered.
func (b *batcher) run() {
	defer close(b.s.done)
	defer b.batch.Close()
	var spare []*operation
	for {
		ops, ok := b.s.queue.take(spare)
		if !ok {
			return
		}
		spare = ops
		for len(ops) > 0 {
			ops = ops[b.group(ops):]
		}
	}
}

// group runs as many of ops as one group takes, answers them and returns how
// many they were.
func (b *batcher) group(ops []*operation) (n int) {
	begin := time.Now()
	b.s.queue.began.Store(begin.UnixNano())
	t, refused := b.begin(), b.ready()
	for _, op := range ops {
		if n > 0 && (op.alone || ops[0].alone || n == groupSize || t.batch.Len()+t.unwritten > groupBytes) {
			break
		}
		n++
		if op.err = op.ctx.Err(); op.err == nil && refused == nil {
			op.err = b.apply(t, op)
		}
	}
	ops = ops[:n]
	err := refused
	if err == nil {
		err = b.commit(t)
	}
	took := time.Since(begin)
	b.s.queue.began.Store(0)
	b.s.queue.answered(ops, took)
	b.s.stats.group(ops, took)
	for i, op := range ops {
		if err != nil {
			op.err = err
		}
		ops[i] = nil
		op.done <- struct{}{}
	}
	b.forget()
	if n > 8 {
		runtime.Gosched() // let those who were answered ask again: larger groups
	}
	return n
}

// apply runs one operation. A panic is our own bug: it must not take the
// batcher along, nor leave half an operation in the batch.
func (b *batcher) apply(t *tx, op *operation) (err error) {
	defer func() {
		if r := recover(); r != nil {
			t.broken = true
			err = fmt.Errorf("pebblestore: panic: %v", r)
		}
		if err != nil && (op.changes || errors.Is(err, ErrCorrupt)) {
			b.s.fail(err)
		}
	}()
	if op.grows && b.full {
		return fmt.Errorf("%w: %v", server.ErrUnavailable, errTooLarge)
	}
	return op.apply(t)
}

// commit makes the group durable and publishes it. On an error nothing of the
// group counts.
func (b *batcher) commit(t *tx) error {
	if t.empty() {
		return nil
	}
	if err := b.write(t); err != nil {
		t.rollBack()
		b.refuse(err)
		return fmt.Errorf("%w: %w", server.ErrUnavailable, err)
	}
	for _, e := range t.dead {
		b.window.bury(e)
	}
	b.window.trim(b.s.opts.Window)
	b.s.stats.window(&b.window)
	return nil
}

var (
	errTooLarge = errors.New("pebblestore: the store has reached its configured size")
	errHalfWay  = errors.New("pebblestore: an operation failed half-way")
)

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
		return errHalfWay
	}
	b.s.views.hold() // until the group is readable, or the store has failed
	defer func() {
		if r := recover(); r != nil { // Pebble panics when its log has failed
			err = fmt.Errorf("pebblestore: writing: %v", r)
		}
		if err != nil {
			b.s.fail(err)
		} else {
			b.publish(t)
		}
		b.s.views.renew(b.s.db, err == nil)
	}()
	t.frank()
	if err := t.finish(); err != nil {
		return err
	}
	begin := time.Now()
	if err := t.batch.Commit(pebble.Sync); err != nil {
		return err
	}
	b.s.stats.sync(time.Since(begin), t.batch.Len())
	return b.s.Err() // a failed write is told to the logger
}

// ready says why no group can be written now, before it changes anything.
func (b *batcher) ready() error {
	err := b.s.Err()
	if err == nil {
		err = b.s.roomLeft()
	}
	if err != nil {
		b.refuse(err)
		return fmt.Errorf("%w: %w", server.ErrUnavailable, err)
	}
	b.checkSize()
	return nil
}

// refuse tells the operator, but not thousands of times a second.
func (b *batcher) refuse(err error) {
	if time.Since(b.told) > time.Second {
		b.told = time.Now()
		b.s.opts.Logger.Error("nothing can be stored", "error", err)
	}
}

// sizeEvery is how often the size of the store is looked at.
const sizeEvery = time.Second

// checkSize compares the size on disk with Options.MaxBytes.
func (b *batcher) checkSize() {
	limit := b.s.opts.MaxBytes
	if limit == 0 || time.Since(b.checked) < min(sizeEvery, b.s.opts.sizeEvery) {
		return
	}
	b.checked = time.Now()
	m := b.s.db.Metrics()
	size := m.DiskSpaceUsage() - m.WAL.ObsoletePhysicalSize // which is used again
	if full := size > limit; full != b.full {
		b.full = full
		b.s.stats.full.Store(full)
		if full {
			b.s.opts.Logger.Error("the store has reached its configured size: nothing new is taken until messages have gone", "bytes", size, "limit", limit)
		} else {
			b.s.opts.Logger.Info("the store is below its configured size again", "bytes", size, "limit", limit)
		}
	}
}

// publish makes the group, which is durable, readable. It comes before the
// newest view, and what leaves memory leaves it after that: who finds a mailbox
// at odds with the view has to look at the mailbox once more.
func (b *batcher) publish(t *tx) {
	for _, e := range t.entries {
		for _, p := range e.places {
			p.box.publish(e, p.pos)
		}
		b.window.push(e)
	}
	for _, f := range t.after {
		f()
	}
	for _, x := range t.boxes {
		x.settle()
	}
	for _, r := range t.rooms {
		r.durableSeq = r.seq
		if r.durable != r.room {
			r.durable = r.room
			b.s.rooms.put(r.room, func() bool { return true })
		}
	}
}

// A tx is the state that a group's operations see and change.
type tx struct {
	b       *batcher
	number  uint64
	batch   *pebble.Batch
	written map[string][]byte // what the group set with set; nil for what it deleted
	entries []*entry          // that the group brings
	boxes   []*box            // whose numbers change
	rooms   []*roomState      // likewise
	moved   []*cursorState
	after   []func() // called when the group is durable
	firstID uint64   // the batcher's next envelope id when the group began
	broken  bool
	saveAll bool // empty the tail

	stamped   []server.Stamped // messages that wait to be franked
	franked   []*appending     // likewise
	unwritten int              // bytes of theirs that aren't in batch yet

	saveBoxes []*box
	saveRooms []*roomState
	partly    []*entry // that some mailboxes let go
	dead      []*entry // that nobody needs once the group is durable
	buf       []byte
}

func (b *batcher) begin() *tx {
	b.groups++
	b.batch.Reset()
	return &tx{b: b, number: b.groups, batch: b.batch, firstID: b.next, stamped: b.stamped[:0], franked: b.franked[:0]}
}

func (t *tx) empty() bool {
	return t.batch.Empty() && len(t.stamped) == 0 && len(t.moved) == 0 && len(t.after) == 0 && !t.broken && !t.saveAll
}

// finish adds to the batch what comes with the group: cursors, what leaves the
// tail, what mailboxes let go.
func (t *tx) finish() error {
	for _, c := range t.moved {
		t.put(cursorKey(c.device), u64(c.pending))
		if b := c.box; b.from <= min(t.b.letUpTo(b), b.saved) {
			t.wasted(b)
		}
	}
	t.save()
	if err := t.letGo(); err != nil {
		return err
	}
	t.writeNumbers()
	return nil
}

// rollBack makes the batcher forget the group.
func (t *tx) rollBack() {
	b := t.b
	b.next = t.firstID
	for _, e := range t.entries {
		delete(b.receipts, e.op)
		if e.room != nil {
			e.room.unsaved--
		}
	}
	for _, x := range t.boxes {
		x.next, x.from = x.head, x.first
		for _, c := range x.cursors {
			c.pending = c.pos
		}
		x.reckon()
	}
	for _, r := range t.rooms {
		r.room, r.seq, r.boxes = r.durable, r.durableSeq, nil
		if r.durable == nil {
			delete(b.rooms, r.name)
		}
	}
}

// touch has the numbers of x published with the group.
func (t *tx) touch(x *box) {
	if x.inGroup != t.number {
		x.inGroup = t.number
		t.boxes = append(t.boxes, x)
	}
}

func (t *tx) touchRoom(r *roomState) {
	if r.inGroup != t.number {
		r.inGroup = t.number
		t.rooms = append(t.rooms, r)
	}
}

// get returns the value of key, nil where there is none.
func (t *tx) get(key []byte) ([]byte, error) {
	if v, ok := t.written[string(key)]; ok {
		return v, nil
	}
	return get(t.b.s.db, key)
}

// set sets what the group may read again.
func (t *tx) set(key, value []byte) {
	t.note(key, value)
	t.put(key, value)
}

func (t *tx) delete(key []byte) {
	t.note(key, nil)
	t.must(t.batch.Delete(key, nil))
}

func (t *tx) note(key, value []byte) {
	if t.written == nil {
		t.written = map[string][]byte{}
	}
	t.written[string(key)] = value
}

// put sets what the group doesn't read again.
func (t *tx) put(key, value []byte) { t.must(t.batch.Set(key, value, nil)) }

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
