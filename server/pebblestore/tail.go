package pebblestore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

// The tail is the newest envelopes, for which the database has nothing but their
// records: no places, no receipts, no seq of the room, no head of the mailbox.
// All that is in memory, and a start reads it from the records again. So a
// message costs one key when it comes. When it leaves the tail it is *saved*:
// what is needed of it later gets its own keys. Most messages have been
// acknowledged by everyone then, and of those only the receipt stays.
//
// The window is the tail, and in front of it saved envelopes that are kept in
// memory for readers.
const (
	// tailLength and tailBytes bound the tail, and so what a start has to read.
	tailLength = 1 << 14
	tailBytes  = 24 << 20
	// tailShort envelopes stay in the tail, even where everyone has them.
	tailShort = 16
	// windowLength bounds the window, with Options.Window.
	windowLength = 1 << 17
)

// A window holds envelopes with consecutive ids.
type window struct {
	base    uint64 // id of entries[0]
	entries []*entry
	saved   int // entries[:saved] are saved
	bytes   int // of all
	unsaved int // bytes of entries[saved:]
}

func (w *window) tail() int { return len(w.entries) - w.saved }

func (w *window) push(e *entry) {
	if len(w.entries) == 0 {
		w.base = e.id
	}
	w.entries = append(w.entries, e)
	w.bytes += e.size()
	w.unsaved += e.size()
}

// at returns the envelope with an id, nil if it isn't in the window.
func (w *window) at(id uint64) *entry {
	if id < w.base || id-w.base >= uint64(len(w.entries)) {
		return nil
	}
	return w.entries[id-w.base]
}

// oldest returns the first envelope of the tail, nil if that is empty.
func (w *window) oldest() *entry {
	if w.tail() == 0 {
		return nil
	}
	return w.entries[w.saved]
}

func (w *window) markSaved() {
	w.unsaved -= w.entries[w.saved].size()
	w.saved++
}

// trim drops saved envelopes that nobody needs, or for which there is no room,
// from the front.
func (w *window) trim(maxBytes int) {
	for w.saved > 0 {
		e := w.entries[0]
		if e.need > 0 && w.bytes <= maxBytes && len(w.entries) <= windowLength {
			return
		}
		for _, p := range e.places { // none where nobody needs it
			p.box.forgetFront(p.pos)
		}
		if e.need > 0 {
			w.bytes -= e.size()
		}
		w.entries[0] = nil
		w.entries = w.entries[1:]
		w.base++
		w.saved--
	}
}

// bury frees the memory of e, which is saved and which nobody needs any more.
func (w *window) bury(e *entry) {
	w.bytes -= e.size()
	e.raw, e.places, e.room = nil, nil, nil
}

// done reports whether every mailbox may let e go.
func (e *entry) done() bool {
	for i := len(e.places) - 1; i >= 0; i-- {
		if p := e.places[i]; p.pos > p.box.acked {
			return false
		}
	}
	return true
}

// save gives keys to what leaves the tail: as much as the group has brought,
// twice.
func (t *tx) save() {
	w := &t.b.window
	budget := 2*len(t.entries) + 64
	if t.saveAll {
		budget = w.tail()
	}
	before := w.saved
	for ; budget > 0; budget-- {
		e := w.oldest()
		if e == nil {
			break
		}
		over := w.tail() > t.b.s.opts.tail || w.unsaved > tailBytes
		if !t.saveAll && !over && (w.tail() <= min(tailShort, t.b.s.opts.tail) || !e.done()) {
			break
		}
		t.saveEntry(e)
		w.markSaved()
	}
	if w.saved > before {
		t.b.tail = w.base + uint64(w.saved)
		t.put([]byte{keyTail}, u64(t.b.tail))
	}
}

func (t *tx) saveEntry(e *entry) {
	if e.hasOp {
		t.buf = appendReceipt(t.buf[:0], &e.receipt)
		t.put(receiptKey(week(e.receipt.AcceptedMS), e.op), t.buf)
		delete(t.b.receipts, e.op)
	}
	if r := e.room; r != nil {
		r.savedSeq = e.seq
		r.unsaved--
		t.saveRoom(r)
	}
	let := 0
	for _, p := range e.places {
		b := p.box
		b.saved = p.pos
		t.saveBox(b)
		if b.from == p.pos && p.pos <= t.b.letUpTo(b) {
			b.from++
			e.need--
			let++
			continue
		}
		b.bytes += uint64(len(e.raw))
		t.put(mailKey(b.account, p.pos), u64(e.id))
		if b.from <= t.b.letUpTo(b) {
			t.wasted(b)
		}
	}
	switch {
	case e.need == 0:
		t.must(t.batch.SingleDelete(envelopeKey(e.id), nil)) // it was set once
		t.dead = append(t.dead, e)
	case let > 0:
		t.put(releasedKey(e.id), u32(uint32(let)))
		e.counted = true
	}
}

// saveBox has the numbers of b written with the group.
func (t *tx) saveBox(b *box) {
	t.touch(b)
	if b.inSave != t.number {
		b.inSave = t.number
		t.saveBoxes = append(t.saveBoxes, b)
	}
}

func (t *tx) saveRoom(r *roomState) {
	if r.inSave != t.number {
		r.inSave = t.number
		t.saveRooms = append(t.saveRooms, r)
	}
}

func (t *tx) writeNumbers() {
	for _, b := range t.saveBoxes {
		t.buf = binary.BigEndian.AppendUint64(t.buf[:0], b.from)
		t.buf = binary.BigEndian.AppendUint64(t.buf, b.saved)
		t.buf = binary.BigEndian.AppendUint64(t.buf, b.bytes)
		t.put(mailboxKey(b.account), t.buf)
	}
	for _, r := range t.saveRooms {
		t.put(roomKey(keySeq, r.name), u64(r.savedSeq))
	}
}

// recover reads the tail.
func (b *batcher) recover() error {
	tail, err := get(b.s.db, []byte{keyTail})
	if err != nil {
		return err
	}
	b.tail = max(number(tail), 1)
	b.next = b.tail
	err = scan(b.s.db, envelopeKey(b.tail), []byte{keyEnvelope + 1}, func(key, value []byte) (bool, error) {
		if id := number(key[1:]); id != b.next {
			return false, fmt.Errorf("%w: envelope %d follows %d", ErrCorrupt, id, b.next-1)
		}
		b.next++
		return true, b.recoverEntry(b.next-1, bytes.Clone(value))
	})
	if err != nil {
		return err
	}
	for _, e := range b.window.entries {
		for _, p := range e.places {
			p.box.reckon()
		}
	}
	return nil
}

func (b *batcher) recoverEntry(id uint64, value []byte) error {
	r, err := readRecord(value)
	if err != nil {
		return err
	}
	var env wire.Envelope
	if err := cbor.Unmarshal(r.envelope, &env); err != nil {
		return fmt.Errorf("%w: an envelope: %v", ErrCorrupt, err)
	}
	e := &entry{id: id, raw: r.envelope, accepted: r.accepted, need: len(r.places), hasOp: r.hasOp, op: r.op, seq: env.Seq}
	if r.hasOp {
		e.receipt = server.Receipt{
			Room: env.Room, Generation: env.Generation, Created: r.created,
			Seq: env.Seq, Epoch: r.epoch, AcceptedMS: env.AcceptedMS,
		}
		b.remember(e)
	}
	if env.Seq != 0 {
		if e.room, err = b.room(env.Room); err != nil {
			return missing(err)
		}
		if env.Seq != e.room.seq+1 {
			return fmt.Errorf("%w: seq %d of a room follows %d", ErrCorrupt, env.Seq, e.room.seq)
		}
		e.room.seq, e.room.durableSeq = env.Seq, env.Seq
		e.room.unsaved++
	}
	for _, p := range r.places {
		if err := b.recoverPlace(e, p); err != nil {
			return err
		}
	}
	b.window.push(e)
	return nil
}

func (b *batcher) recoverPlace(e *entry, p placeName) error {
	box, err := b.s.box(p.account)
	if err != nil {
		return err
	}
	if p.pos != box.next+1 {
		return fmt.Errorf("%w: position %d of a mailbox follows %d", ErrCorrupt, p.pos, box.next)
	}
	box.next = p.pos
	e.places = append(e.places, place{box, p.pos})
	box.publish(e, p.pos)
	return nil
}

// remember keeps e's receipt until it is saved.
func (b *batcher) remember(e *entry) {
	b.receipts[e.op] = e
	b.seen.add(e.op, e.receipt.AcceptedMS)
}

// A roomState is a room as the batcher knows it.
type roomState struct {
	name       identity.Room
	room       *server.Room // as the group sees it
	seq        uint64
	durable    *server.Room // nil: there is none yet
	durableSeq uint64
	savedSeq   uint64
	unsaved    int    // envelopes in the tail
	boxes      []*box // of room.Accounts; nil: not looked up
	inGroup    uint64
	inSave     uint64
}

// room returns a room, or ErrNotFound.
func (b *batcher) room(name identity.Room) (*roomState, error) {
	if r := b.rooms[name]; r != nil {
		return r, nil
	}
	room, err := load[server.Room](b.get, roomKey(keyRoom, name))
	if err != nil {
		return nil, err
	}
	seq, err := b.get(roomKey(keySeq, name))
	if err != nil {
		return nil, err
	}
	r := &roomState{name: name, room: room, durable: room, seq: number(seq)}
	r.durableSeq, r.savedSeq = r.seq, r.seq
	b.rooms[name] = r
	return r, nil
}

func (b *batcher) get(key []byte) ([]byte, error) { return get(b.s.db, key) }

// mailboxes returns the mailboxes of r's accounts.
func (b *batcher) mailboxes(r *roomState) (list []*box, err error) {
	if r.boxes == nil {
		r.boxes, err = b.boxesOf(r.room.Accounts)
	}
	return r.boxes, err
}

func (b *batcher) boxesOf(accounts []identity.Account) ([]*box, error) {
	list := make([]*box, len(accounts))
	for i, a := range accounts {
		var err error
		if list[i], err = b.s.box(a); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Bounds of what the batcher remembers.
const (
	maxRooms = 1 << 16
	maxBoxes = 1 << 17
)

// forget drops rooms and mailboxes that nothing in memory needs, where there are
// many. No group is under way.
func (b *batcher) forget() {
	if len(b.rooms) > maxRooms {
		for name, r := range b.rooms {
			if r.unsaved == 0 {
				delete(b.rooms, name)
			}
		}
	}
	m := &b.s.boxes
	m.loading.Lock()
	defer m.loading.Unlock()
	if m.count <= b.s.opts.maxBoxes {
		return
	}
	for _, r := range b.rooms {
		r.boxes = nil
	}
	m.accounts.Range(func(_, v any) bool {
		if x := v.(*box); len(x.recent) == 0 && !x.queued {
			m.drop(x)
		}
		return m.count > b.s.opts.maxBoxes/2
	})
}

// drop takes a box out.
func (m *boxes) drop(x *box) {
	x.mu.Lock()
	x.gone = true
	for _, c := range x.cursors {
		m.devices.Delete(c.device)
	}
	x.mu.Unlock()
	m.accounts.Delete(x.account)
	m.count--
}

var errStopping = errors.New("pebblestore: stopping")
