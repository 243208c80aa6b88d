package pebblestore

import (
	"encoding/binary"
	"sync/atomic"
)

// A filter says of an operation that it has surely not been seen, or perhaps
// has. It is a Bloom filter whose bits for one key stand in one line of memory:
// 12 bits a key, about 1 in 100 wrong.
type filter struct {
	lines [][8]uint64
	keys  int // that it holds
	room  int // keys that it is made for
	till  int64
}

const (
	filterBits = 12
	filterKeys = 1 << 18 // of the first filter; each next one has twice as many
	filterMax  = 1 << 25 // keys beyond which nothing is remembered: 50 MB
)

func newFilter(keys int) *filter {
	return &filter{lines: make([][8]uint64, keys*filterBits/512+1), room: keys}
}

// spread returns where the bits of id are: id is a hash already.
func (f *filter) spread(id *receiptID) (line *[8]uint64, bits uint64) {
	return &f.lines[binary.LittleEndian.Uint64(id[:])%uint64(len(f.lines))], binary.LittleEndian.Uint64(id[8:])
}

func (f *filter) add(id *receiptID) {
	line, bits := f.spread(id)
	for range 7 {
		line[bits&7] |= 1 << (bits >> 3 & 63)
		bits >>= 9
	}
	f.keys++
}

func (f *filter) has(id *receiptID) bool {
	line, bits := f.spread(id)
	for range 7 {
		if line[bits&7]&(1<<(bits>>3&63)) == 0 {
			return false
		}
		bits >>= 9
	}
	return true
}

// seen remembers operations: those of before the start, once they have been
// read, and those since. It belongs to the batcher, but for setBefore.
type seen struct {
	before atomic.Pointer[[]*filter] // nil: not known yet
	since  []*filter
	full   bool
}

// add remembers id, of an operation at now (Unix milliseconds).
func (s *seen) add(id receiptID, now int64) {
	s.since = grow(s.since, now)
	if s.since == nil {
		s.full = true
		return
	}
	last := s.since[len(s.since)-1]
	last.add(&id)
	last.till = max(last.till, now)
}

// grow returns filters with room for one more key, nil where there are too many
// keys. It drops what is too old to be looked for.
func grow(filters []*filter, now int64) []*filter {
	if len(filters) > 0 && filters[len(filters)-1].keys < filters[len(filters)-1].room {
		return filters
	}
	for len(filters) > 0 && filters[0].till < now-2*weekMS {
		filters = filters[1:]
	}
	room, total := filterKeys, 0
	for _, f := range filters {
		room, total = 2*f.room, total+f.room
	}
	if total+room > filterMax {
		return nil
	}
	return append(filters, newFilter(room))
}

// maybe reports whether id may have been seen.
func (s *seen) maybe(id receiptID) bool {
	before := s.before.Load()
	if before == nil || s.full {
		return true
	}
	for _, f := range s.since {
		if f.has(&id) {
			return true
		}
	}
	for _, f := range *before {
		if f.has(&id) {
			return true
		}
	}
	return false
}

// learn reads the receipts that were there at the start. Until it has, each look
// for a receipt goes to the database.
func (s *Store) learn(w *view) {
	defer close(s.learned)
	defer s.views.release(w)
	filters := []*filter{}
	n := 0
	err := w.scan([]byte{keyReceipt}, func(key, _ []byte) (bool, error) {
		if n++; n%1024 == 0 && s.stopping() {
			return false, errStopping
		}
		if len(key) != 5+len(receiptID{}) {
			return true, nil
		}
		if filters = grow(filters, 0); filters == nil {
			return false, errStopping
		}
		id := receiptID(key[5:])
		filters[len(filters)-1].add(&id)
		return true, nil
	})
	if err == nil {
		s.batcher.seen.before.Store(&filters)
	}
}
