package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

var _ server.Loader = (*Store)(nil)

// Load implements [server.Loader]. While it runs, and after it broke off so
// badly that what it wrote can't be deleted, the store answers
// server.ErrUnavailable; in the latter case the next Open answers ErrHalf.
func (s *Store) Load(ctx context.Context, next func() (*server.Record, error)) error {
	return s.submit(ctx, operation{alone: true, apply: func(t *tx) error {
		if err := t.b.checkEmpty(); err != nil {
			return err
		}
		l := &loader{b: t.b, batch: s.db.NewBatch(), numbers: map[identity.Account]*numbers{}, next: t.b.next}
		defer l.batch.Close()
		s.loading.Store(true)
		s.views.hold()
		defer s.views.renew(s.db, true)
		if err := l.run(ctx, next); err != nil {
			return errors.Join(err, l.undo())
		}
		t.b.next, t.b.tail = l.next, l.next
		t.b.rooms = map[identity.Room]*roomState{}
		s.boxes.clear()
		s.loading.Store(false)
		return nil
	}})
}

// clear forgets all mailboxes.
func (m *boxes) clear() {
	m.loading.Lock()
	defer m.loading.Unlock()
	m.accounts.Range(func(_, v any) bool {
		m.drop(v.(*box))
		return true
	})
}

// checkEmpty returns ErrExists if the store keeps anything.
func (b *batcher) checkEmpty() error {
	it, err := b.s.db.NewIter(nil)
	if err != nil {
		return readError(err)
	}
	there := b.window.tail() > 0
	for ok := it.First(); ok; ok = it.Next() {
		if k := it.Key()[0]; k != keyFormat && k != keyTail && k != keyOldest {
			there = true
			break
		}
	}
	if err := it.Close(); err != nil {
		return readError(err)
	}
	if there {
		return server.ErrExists
	}
	return nil
}

// numbers are a mailbox's.
type numbers struct{ first, head, bytes uint64 }

// A loader is a Load under way.
type loader struct {
	b       *batcher
	batch   *pebble.Batch
	err     error // of the batch
	next    uint64
	numbers map[identity.Account]*numbers
	buf     []byte
}

// loadBatch is how large a batch of a Load becomes, in bytes.
const loadBatch = 4 << 20

// run loads everything. The mark that it isn't whole is durable before the
// first record, and goes with the last ones.
func (l *loader) run(ctx context.Context, next func() (*server.Record, error)) error {
	db := l.b.s.db
	if err := db.Set([]byte{keyLoading}, nil, pebble.Sync); err != nil {
		return err
	}
	for {
		r, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = errors.Join(l.add(r), l.err)
		}
		if err != nil {
			return err
		}
		if l.batch.Len() < loadBatch {
			continue
		}
		if err := l.batch.Commit(pebble.NoSync); err != nil {
			return err
		}
		l.batch.Reset()
	}
	for a, n := range l.numbers {
		l.set(mailboxKey(a), append(append(u64(n.first), u64(n.head)...), u64(n.bytes)...))
	}
	l.set([]byte{keyTail}, u64(l.next))
	if err := errors.Join(l.err, l.batch.Delete([]byte{keyLoading}, nil)); err != nil {
		return err
	}
	return l.batch.Commit(pebble.Sync)
}

// undo empties the store again, so that it can be used.
func (l *loader) undo() error {
	db := l.b.s.db
	batch := db.NewBatch()
	defer batch.Close()
	err := errors.Join(
		batch.DeleteRange([]byte{0}, []byte{0xff}, nil),
		batch.Set([]byte{keyFormat}, []byte{formatVersion}, nil),
		batch.Commit(pebble.Sync),
	)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrHalf, err)
	}
	l.b.seen.full = true // it has seen what isn't there: ask the database
	l.b.s.boxes.clear()
	l.b.s.loading.Store(false)
	return nil
}

func (l *loader) set(key, value []byte) {
	if err := l.batch.Set(key, value, nil); err != nil && l.err == nil {
		l.err = err
	}
}

func (l *loader) due(ms int64, key []byte) { l.set(dueKey(ms, key), nil) }

// add takes one record.
func (l *loader) add(r *server.Record) error {
	switch {
	case r.Meta != nil:
		l.set(append([]byte{keyMeta}, r.Meta.Name...), r.Meta.Value)
	case r.Account != nil:
		return l.account(r.Account)
	case r.Enrollment != nil:
		e := &r.Enrollment.Enrollment
		l.set(enrollmentKey(e.Device), cbor.MustMarshal(e))
		l.due(e.Expires, enrollmentKey(e.Device))
	case r.Record != nil:
		l.set(recordKey(r.Record.Account, r.Record.Kind, r.Record.Key), r.Record.Value)
	case r.KeyPackage != nil:
		l.keyPackage(r.KeyPackage)
	case r.UsedPackage != nil:
		u := r.UsedPackage
		l.set(usedKey(u.Device, u.Ref), u64(uint64(u.NotAfter)))
		l.due(1000*u.NotAfter, usedKey(u.Device, u.Ref))
	case r.Room != nil:
		l.room(r.Room)
	case r.Receipt != nil:
		d := &r.Receipt.Receipt
		l.set(receiptKey(week(d.AcceptedMS), r.Receipt.Op), appendReceipt(nil, d))
		l.b.seen.add(r.Receipt.Op, d.AcceptedMS)
	case r.Envelope != nil:
		return l.envelope(r.Envelope)
	case r.Entry != nil:
		l.set(ledgerKey(string(r.Entry.Key)), r.Entry.Value)
	default:
		return fmt.Errorf("%w: an empty record", ErrCorrupt)
	}
	return nil
}

func (l *loader) account(a *server.AccountDump) error {
	if len(a.Lists) == 0 {
		return fmt.Errorf("%w: an account without a device list", ErrCorrupt)
	}
	newest := &a.Lists[len(a.Lists)-1]
	parsed, err := newest.List.Parse()
	reset := err == nil && parsed.Change == identity.Reset
	l.set(accountKey(a.Account), cbor.MustMarshal(accountRecord{
		Credential: a.Credential, Version: newest.Version, Reset: reset, ResetDone: a.ResetDone,
	}))
	for i, v := range a.Lists {
		if v.Version != uint64(i)+1 {
			return fmt.Errorf("%w: a device list is missing", ErrCorrupt)
		}
		l.set(listKey(a.Account, v.Version), cbor.MustMarshal(v))
	}
	if reset && !a.ResetDone {
		l.set(resetKey(a.Account), u64(uint64(newest.AcceptedMS)))
	}
	for _, c := range a.Cursors {
		l.set(cursorKey(c.Device), u64(c.Pos))
	}
	l.set(wasteKey(a.Account), nil) // Sweep finds out
	l.b.cold[a.Account] = true
	l.numbers[a.Account] = &numbers{first: a.First, head: a.Head}
	return nil
}

func (l *loader) keyPackage(k *server.KeyPackage) {
	if k.LastResort {
		l.set(lastResortKey(k.Device), cbor.MustMarshal(k))
		return
	}
	l.set(packageKey(*k), cbor.MustMarshal(k))
	l.due(1000*k.NotAfter, packageKey(*k))
}

func (l *loader) room(d *server.RoomDump) {
	r := &d.Room
	l.set(roomKey(keyRoom, r.Room), cbor.MustMarshal(r))
	l.set(roomKey(keyState, r.Room), d.State)
	l.set(roomKey(keyInfo, r.Room), d.Info)
	l.set(roomKey(keySeq, r.Room), u64(d.Seq))
	for _, a := range r.Accounts {
		l.set(join(keyMember, string(a), []byte(r.Room)), nil)
	}
	if d.Named {
		l.set(setKey(r.Set), []byte(r.Room))
	}
}

func (l *loader) envelope(d *server.EnvelopeDump) error {
	var env wire.Envelope
	if err := cbor.Unmarshal(d.Envelope, &env); err != nil {
		return fmt.Errorf("%w: an envelope: %v", ErrCorrupt, err)
	}
	e := &entry{id: l.next, accepted: env.AcceptedMS}
	for _, p := range d.Places {
		e.places = append(e.places, place{&box{account: p.Account}, p.Pos})
		n := l.numbers[p.Account]
		if n == nil { // the mailbox of no account
			n = &numbers{first: p.Pos}
			l.numbers[p.Account] = n
		}
		n.head = max(n.head, p.Pos)
		n.bytes += uint64(len(d.Envelope))
		l.set(mailKey(p.Account, p.Pos), u64(e.id))
	}
	if len(e.places) == 0 {
		return nil // nobody needs it
	}
	l.next++
	l.buf = append(appendHeader(l.buf[:0], e), d.Envelope...)
	l.set(envelopeKey(e.id), l.buf)
	if d.Winner {
		l.set(winnerKey(env.Room, server.Epoch{Generation: env.Generation, Epoch: env.Epoch}), u64(e.id))
	}
	return nil
}
