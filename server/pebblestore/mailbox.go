package pebblestore

import (
	"bytes"
	"context"
	"fmt"
	"runtime"

	"github.com/cockroachdb/pebble/v2"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

func cloneEnvelope(e wire.Envelope) wire.Envelope {
	e.ID, e.Message, e.Welcome = bytes.Clone(e.ID), bytes.Clone(e.Message), bytes.Clone(e.Welcome)
	return e
}

// deliver puts an envelope at the end of each of boxes. seq is 0 where it is of
// no room.
func (t *tx) deliver(boxes []*box, e *entry, d *draft, seq uint64) {
	t.place(boxes, e, seq)
	t.record(e, d.finish(seq, nil))
}

// place gives e its id and its places.
func (t *tx) place(boxes []*box, e *entry, seq uint64) {
	e.id, e.seq = t.b.next, seq
	t.b.next++
	e.places, e.need = make([]place, len(boxes)), len(boxes)
	for i, x := range boxes {
		t.touch(x)
		x.next++
		e.places[i] = place{x, x.next}
		if len(x.cursors) == 0 {
			x.acked = x.next
		}
	}
	t.entries = append(t.entries, e)
	if e.hasOp {
		t.b.remember(e)
	}
	if e.room != nil {
		e.room.seq = seq
		e.room.unsaved++
		t.touchRoom(e.room)
	}
}

// record adds the record of e, whose envelope is raw, to the batch.
func (t *tx) record(e *entry, raw []byte) {
	e.raw = raw
	t.buf = appendHeader(t.buf[:0], e)
	op := t.batch.SetDeferred(9, len(t.buf)+len(e.raw))
	copy(op.Key, envelopeKey(e.id))
	copy(op.Value[copy(op.Value, t.buf):], e.raw)
	t.must(op.Finish())
}

// frank franks the messages that wait for it, at once, and adds their records.
func (t *tx) frank() {
	server.FrankAll(t.stamped)
	for i, a := range t.franked {
		t.record(a.entry, a.draft.finish(a.entry.seq, t.stamped[i].Envelope.Franking))
	}
	clear(t.stamped)
	clear(t.franked)
	t.stamped, t.franked, t.unwritten = t.stamped[:0], t.franked[:0], 0
	t.b.stamped, t.b.franked = t.stamped, t.franked
}

// lastMail reads the newest position that has a key; 0 where there is none.
func lastMail(r pebble.Reader, a identity.Account) (pos uint64, err error) {
	prefix := join(keyMail, string(a))
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return 0, readError(err)
	}
	if it.Last() {
		pos = number(it.Key()[len(prefix):])
	}
	if err := it.Close(); err != nil {
		return 0, readError(err)
	}
	return pos, nil
}

// Read implements [server.Mailboxes]. What is new comes from memory alone.
func (s *Store) Read(ctx context.Context, device identity.Device, after uint64, max, maxBytes int) (*wire.RawReadReply, error) {
	reply, err := s.readKept(device, s.kept(after), max, maxBytes)
	return s.given(reply), err
}

// readKept is Read by our positions.
func (s *Store) readKept(device identity.Device, after uint64, max, maxBytes int) (*wire.RawReadReply, error) {
	if s.unreadable() {
		return nil, server.ErrUnavailable
	}
	for try := 0; ; try++ {
		c, err := s.cursor(device)
		if err != nil {
			return nil, err
		}
		p, ok, err := c.peek(after, max, maxBytes)
		if err != nil {
			return nil, err
		}
		if !ok {
			runtime.Gosched() // the box has just been dropped from memory
			continue
		}
		if p.coldFrom == 0 {
			s.stats.hits.Add(1)
			return p.reply, nil
		}
		s.stats.misses.Add(1)
		reply, err := s.readBoth(c, after, max, maxBytes)
		if err == errMoved && try < movedTries {
			runtime.Gosched() // what has just left memory is in the next view
			continue
		}
		return reply, err
	}
}

// readBoth reads what memory doesn't have, and then what it has. It takes the
// view first: getting one may have to wait for a group, and the mailbox would be
// of before that.
func (s *Store) readBoth(c *cursorState, after uint64, max, maxBytes int) (reply *wire.RawReadReply, err error) {
	err = s.read(func(w *view) error {
		p, ok, err := c.peek(after, max, maxBytes)
		if err != nil {
			return err
		}
		if !ok {
			return errMoved
		}
		reply = p.reply
		if p.coldFrom == 0 {
			return nil
		}
		return w.readCold(c.box.account, p, max, maxBytes)
	})
	if err != nil {
		return nil, err
	}
	return reply, nil
}

// A peeked is what memory says to a Read.
type peeked struct {
	reply            *wire.RawReadReply
	coldFrom, coldTo uint64   // positions that come first and aren't in memory; 0: none
	recent           [][]byte // encoded envelopes that follow
}

// peek reads what is in memory. It is not ok where the box is gone.
func (c *cursorState) peek(after uint64, max, maxBytes int) (p *peeked, ok bool, err error) {
	b := c.box
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gone {
		return nil, false, nil
	}
	if c.left {
		return nil, true, server.ErrNotFound
	}
	p = &peeked{reply: &wire.RawReadReply{Head: b.head, First: b.first, Cursor: c.pos}}
	if after >= b.head || max <= 0 {
		return p, true, nil
	}
	from := after + 1
	if from < b.first {
		from = b.first
	}
	if len(b.recent) == 0 {
		p.coldFrom, p.coldTo = from, b.head
		if from > b.head {
			p.coldFrom = 0
		}
		return p, true, nil
	}
	recent := b.recent
	if from < b.start {
		p.coldFrom, p.coldTo = from, b.start-1
		max -= int(min(b.start-from, uint64(max)))
	} else {
		recent = recent[from-b.start:]
	}
	recent = recent[:min(len(recent), max)]
	if p.coldFrom != 0 {
		for _, e := range recent { // an entry may be freed once the lock is
			p.recent = append(p.recent, e.raw)
		}
		return p, true, nil
	}
	p.reply.Events = make([]wire.RawEvent, 0, len(recent))
	size := 0
	for i, e := range recent {
		if size += len(e.raw); i > 0 && size > maxBytes {
			break
		}
		p.reply.Events = append(p.reply.Events, wire.RawEvent{Pos: from + uint64(i), Envelope: e.raw})
	}
	return p, true, nil
}

// add appends recent, which begins at pos, as far as maxBytes allows, of which
// size are used.
func (p *peeked) add(pos uint64, maxBytes, size int) {
	for _, raw := range p.recent {
		if size += len(raw); size > maxBytes {
			return
		}
		p.reply.Events = append(p.reply.Events, wire.RawEvent{Pos: pos, Envelope: raw})
		pos++
	}
}

// errMoved: what memory said and what the database shows are of two moments.
var errMoved = fmt.Errorf("%w: a mailbox has a gap", ErrCorrupt)

// movedTries is how often a gap is taken for a matter of moments.
const movedTries = 100

// readCold reads what memory doesn't have, and adds what it has.
func (w *view) readCold(a identity.Account, p *peeked, max, maxBytes int) error {
	envelopes, err := envelopes(w.snap)
	if err != nil {
		return err
	}
	defer envelopes.Close()
	size, want := 0, p.coldFrom
	stopped := false
	prefix := len(join(keyMail, string(a)))
	err = scan(w.snap, mailKey(a, p.coldFrom), mailKey(a, p.coldTo+1), func(key, value []byte) (bool, error) {
		if len(p.reply.Events) >= max {
			stopped = true
			return false, nil
		}
		if number(key[prefix:]) != want {
			return false, errMoved
		}
		raw, err := seekEnvelope(envelopes, number(value))
		if err != nil {
			return false, err
		}
		size += len(raw)
		if len(p.reply.Events) > 0 && size > maxBytes {
			stopped = true
			return false, nil
		}
		p.reply.Events = append(p.reply.Events, wire.RawEvent{Pos: want, Envelope: bytes.Clone(raw)})
		want++
		return true, nil
	})
	switch {
	case err != nil || stopped:
		return err
	case want <= p.coldTo:
		return errMoved
	}
	p.add(want, maxBytes, size)
	return nil
}

// envelopes returns an iterator over records, for ids that come in order.
func envelopes(r pebble.Reader) (*pebble.Iterator, error) {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: []byte{keyEnvelope}, UpperBound: []byte{keyEnvelope + 1}})
	if err != nil {
		return nil, readError(err)
	}
	return it, nil
}

// seekEnvelope returns the envelope with an id, which it must be there. It is valid until
// the next call.
func seekEnvelope(it *pebble.Iterator, id uint64) ([]byte, error) {
	if !it.SeekGE(envelopeKey(id)) || number(it.Key()[1:]) != id {
		if err := it.Error(); err != nil {
			return nil, readError(err)
		}
		return nil, fmt.Errorf("%w: an envelope that a mailbox names is missing", ErrCorrupt)
	}
	value, err := it.ValueAndErr()
	if err != nil {
		return nil, readError(err)
	}
	return envelopeOf(value)
}

// Acknowledge implements [server.Mailboxes].
func (s *Store) Acknowledge(ctx context.Context, device identity.Device, pos uint64) error {
	pos = s.kept(pos)
	return s.do(ctx, func(t *tx) error {
		c, err := s.cursor(device)
		switch {
		case err != nil:
			return err
		case c.left:
			return server.ErrNotFound
		case pos > c.box.next:
			return server.ErrBeyond
		case pos > c.pending:
			t.move(c, pos)
		}
		return nil
	})
}

// move moves a cursor forward.
func (t *tx) move(c *cursorState, pos uint64) {
	t.touch(c.box)
	if c.pending == c.pos { // for the first time in this group
		t.moved = append(t.moved, c)
	}
	c.pending = pos
	c.box.reckon()
}
