package pebblestore

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"parley/identity"
)

// A mailbox lets an envelope go when every device of the account has it, when it
// expires, or when the mailbox holds more than it may: then the oldest goes, and
// First says so. What is still in the tail goes when it leaves that (tail.go).
// The rest is let go here: at once if it is still in memory, else by a Sweep.

// letUpTo returns the position up to which x may let go.
func (b *batcher) letUpTo(x *box) uint64 {
	up := x.acked
	if n := b.s.opts.MailboxEvents; x.next > n {
		up = max(up, x.next-n)
	}
	if x.bytes > b.s.opts.MailboxBytes {
		up = max(up, x.from)
	}
	return up
}

// wasted remembers that x may let something go that is saved.
func (t *tx) wasted(x *box) {
	if !x.queued {
		x.queued = true
		t.b.waste = append(t.b.waste, x)
	}
}

// coldBudget is how many positions that aren't in memory a group lets go.
const coldBudget = 64

// letGo lets go what acknowledgements have made free, as far as that takes not
// much longer than the group itself. The rest is for the next groups, or, as the
// disk remembers, for Sweep.
func (t *tx) letGo() error {
	warm, cold := 4*len(t.entries)+4*len(t.moved)+64, coldBudget
	released := map[uint64]uint32{} // of envelopes that aren't in memory
	left := t.b.waste[:0]
	for _, x := range t.b.waste {
		if warm > 0 {
			warm -= t.letGoWarm(x, warm)
		}
		if warm > 0 && cold > 0 && t.b.wasteful(x) && x.at(x.from) == nil {
			n, err := t.letGoBox(x, released, cold)
			if err != nil {
				return err
			}
			cold -= n
		}
		t.noteWaste(x)
		if x.queued = t.b.wasteful(x); x.queued {
			left = append(left, x)
		}
	}
	clear(t.b.waste[len(left):])
	t.b.waste = left
	t.countReleased()
	return t.countCold(released)
}

// wasteful reports whether x may let go something that is saved.
func (b *batcher) wasteful(x *box) bool { return x.from <= min(b.letUpTo(x), x.saved) }

// letGoWarm lets go up to budget positions of x that are in memory.
func (t *tx) letGoWarm(x *box, budget int) (n int) {
	begin := x.from
	for ; n < budget && t.b.wasteful(x); n++ {
		e := x.at(x.from)
		if e == nil {
			break
		}
		t.release(e)
		x.bytes -= min(x.bytes, uint64(len(e.raw)))
		x.from++
	}
	if n > 0 {
		t.saveBox(x)
		t.dropMail(x.account, begin, x.from)
	}
	return n
}

// noteWaste has the disk remember whether x still may let something go.
func (t *tx) noteWaste(x *box) {
	left := t.b.wasteful(x)
	if left {
		t.b.cold[x.account] = true
	} else {
		delete(t.b.cold, x.account)
	}
	if left == x.waste {
		return
	}
	if x.waste = left; left {
		t.put(wasteKey(x.account), nil)
	} else {
		t.must(t.batch.Delete(wasteKey(x.account), nil))
	}
}

// rangeFrom is how many keys are rather deleted as a range.
const rangeFrom = 32

// dropMail deletes the keys of positions from first to before end.
func (t *tx) dropMail(a identity.Account, first, end uint64) {
	if end-first >= rangeFrom {
		t.deleteRange(mailKey(a, first), mailKey(a, end))
		return
	}
	for ; first < end; first++ {
		t.must(t.batch.Delete(mailKey(a, first), nil))
	}
}

// release counts that one mailbox let e go, which is saved.
func (t *tx) release(e *entry) {
	if e.inGroup != t.number {
		e.inGroup = t.number
		t.partly = append(t.partly, e)
	}
	e.need--
}

// countReleased writes what release counted, and deletes what nobody needs.
func (t *tx) countReleased() {
	for _, e := range t.partly {
		if e.need > 0 {
			t.put(releasedKey(e.id), u32(uint32(len(e.places)-e.need)))
			e.counted = true
			continue
		}
		t.must(t.batch.Delete(envelopeKey(e.id), nil))
		t.dead = append(t.dead, e)
		if e.counted {
			t.must(t.batch.Delete(releasedKey(e.id), nil))
			e.counted = false
		}
	}
}

// letGoCold lets go what mailboxes have only on disk, at most budget positions.
func (t *tx) letGoCold(accounts []identity.Account, budget int) error {
	released := map[uint64]uint32{} // of envelopes that aren't in memory
	for _, a := range accounts {
		x, err := t.b.s.box(a)
		if err != nil {
			return err
		}
		n, err := t.letGoBox(x, released, budget)
		if err != nil {
			return err
		}
		if budget -= n; budget <= 0 {
			break
		}
	}
	return t.countCold(released)
}

// letGoBox lets go up to budget positions of x and counts the envelopes.
func (t *tx) letGoBox(x *box, released map[uint64]uint32, budget int) (n int, err error) {
	t.saveBox(x)
	begin := x.from
	prefix := len(join(keyMail, string(x.account)))
	envelopes, err := envelopes(t.b.s.db)
	if err != nil {
		return 0, err
	}
	defer envelopes.Close()
	if x.from > x.saved {
		return 0, nil
	}
	err = scan(t.b.s.db, mailKey(x.account, x.from), mailKey(x.account, x.saved+1), func(key, value []byte) (bool, error) {
		pos, id := number(key[prefix:]), number(value)
		if n == budget || pos > t.b.letUpTo(x) {
			return false, nil
		}
		if e := t.b.window.at(id); e != nil {
			t.release(e)
			x.bytes -= min(x.bytes, uint64(len(e.raw)))
		} else {
			raw, err := seekEnvelope(envelopes, id)
			if err != nil {
				return false, err
			}
			x.bytes -= min(x.bytes, uint64(len(raw)))
			released[id]++
		}
		x.from = pos + 1
		n++
		return true, nil
	})
	if err == nil && n == 0 && t.b.wasteful(x) {
		err = fmt.Errorf("%w: a mailbox has less than its numbers say", ErrCorrupt)
	}
	if err != nil {
		return n, err
	}
	t.dropMail(x.account, begin, x.from)
	t.noteWaste(x)
	return n, nil
}

// countCold adds released to what was released before.
func (t *tx) countCold(released map[uint64]uint32) error {
	for id, n := range released {
		before, err := get(t.b.s.db, releasedKey(id))
		if err != nil {
			return err
		}
		if len(before) == 4 {
			n += binary.BigEndian.Uint32(before)
		}
		value, err := get(t.b.s.db, envelopeKey(id))
		if err != nil {
			return err
		}
		r, err := readRecord(value)
		if err != nil {
			return err
		}
		if n < r.refs {
			t.put(releasedKey(id), u32(n))
			continue
		}
		t.must(t.batch.Delete(envelopeKey(id), nil))
		t.must(t.batch.Delete(releasedKey(id), nil))
		if r.old {
			t.deleteRange(idKey(keyOldPlace, id), idKey(keyOldPlace, id+1))
		}
	}
	return nil
}

// expire lets go what was accepted before ms, from the oldest on, and returns
// how many envelopes it looked at. The tail must be empty.
func (t *tx) expire(ms int64, budget int) (n int, err error) {
	b := t.b
	var until, first uint64 // where to stop; the first id found that stays, 0 if there is none
	places := map[*box]uint64{}
	err = scan(b.s.db, envelopeKey(b.oldest), []byte{keyEnvelope + 1}, func(key, value []byte) (bool, error) {
		r, err := readRecord(value)
		id := number(key[1:])
		if err != nil || r.accepted >= ms || n == budget || id >= b.tail {
			first = id
			return false, err
		}
		n++
		until = id + 1
		if r.old {
			if r.places, err = oldPlaces(b.s.db, id); err != nil {
				return false, err
			}
		}
		return true, t.expirePlaces(r, places)
	})
	if n == 0 && first > b.oldest {
		b.oldest = first
		t.put([]byte{keyOldest}, u64(first))
	}
	if err != nil || n == 0 {
		return n, err
	}
	for x, from := range places {
		t.deleteRange(mailKey(x.account, x.from), mailKey(x.account, from))
		x.from = from
		t.saveBox(x)
		t.noteWaste(x)
	}
	for id := max(b.oldest, b.window.base); id < until; id++ {
		if e := b.window.at(id); e != nil && e.need > 0 {
			e.need = 0
			t.dead = append(t.dead, e)
		}
	}
	for _, kind := range []byte{keyEnvelope, keyReleased, keyOldPlace} {
		t.deleteRange(idKey(kind, 0), idKey(kind, until))
	}
	b.oldest = until
	t.put([]byte{keyOldest}, u64(until))
	return n, nil
}

// expirePlaces notes for each mailbox that still has r from where it goes on.
func (t *tx) expirePlaces(r *record, places map[*box]uint64) error {
	for _, p := range r.places {
		x, err := t.b.s.box(p.account)
		if err != nil {
			return err
		}
		if from := max(x.from, places[x]); p.pos >= from {
			places[x] = p.pos + 1
			x.bytes -= min(x.bytes, uint64(len(r.envelope)))
		}
	}
	return nil
}

// oldPlaces reads the places of an envelope of format 1.
func oldPlaces(r pebble.Reader, id uint64) (places []placeName, err error) {
	err = scan(r, idKey(keyOldPlace, id), idKey(keyOldPlace, id+1), func(key, value []byte) (bool, error) {
		places = append(places, placeName{identity.Account(bytes.Clone(key[9:])), number(value)})
		return true, nil
	})
	return places, err
}
