package client

import (
	"bytes"
	"slices"
	"strings"
)

// Bounds of the tails that are remembered.
const (
	maxTails       = 4 // rooms
	maxTailRecords = 256
	maxTailSize    = 512 << 10 // bytes of one
)

// A tail is the newest messages of a room, as the store has them: a conversation
// that is open is drawn again with each message that comes.
type tail struct {
	records []Record // in the order of their keys: the newest first
	all     bool     // the room has no more
	size    int      // bytes of values
}

// tailOf returns the first want records of a room's messages, and whether they are
// known. They are shared: nobody changes them.
func (r *recall) tailOf(prefix string, want int) ([]Record, bool) {
	l := r.tails[prefix]
	if l == nil || len(l.records) < want && !l.all {
		return nil, false
	}
	return l.records[:min(want, len(l.records))], true
}

// keepTail remembers the first records of a room's messages, of which want were
// asked for.
func (r *recall) keepTail(prefix string, records []Record, want int) {
	l := &tail{records: slices.Clone(records), all: len(records) < want}
	for _, rec := range records {
		l.size += len(rec.Value)
	}
	if l.size > maxTailSize || len(records) > maxTailRecords {
		return
	}
	if r.tails == nil || len(r.tails) >= maxTails && r.tails[prefix] == nil {
		r.tails = map[string]*tail{}
	}
	r.tails[prefix] = l
}

// follow makes one change in the tail that it belongs to.
func (r *recall) follow(ch Change) {
	prefix := ch.Key[:strings.LastIndexByte(ch.Key, '/')+1]
	l := r.tails[prefix]
	if l == nil {
		return
	}
	i, found := slices.BinarySearchFunc(l.records, ch.Key, func(rec Record, key string) int { return strings.Compare(rec.Key, key) })
	if i == len(l.records) && !l.all {
		return // it is older
	}
	rec := Record{ch.Key, bytes.Clone(ch.Value)}
	switch {
	case found && ch.Value == nil:
		l.size -= len(l.records[i].Value)
		l.records = slices.Delete(slices.Clone(l.records), i, i+1)
	case found:
		l.size += len(rec.Value) - len(l.records[i].Value)
		l.records = slices.Clone(l.records)
		l.records[i] = rec
	case ch.Value != nil:
		l.size += len(rec.Value)
		l.records = append(append(slices.Clone(l.records[:i]), rec), l.records[i:]...)
	}
	for len(l.records) > maxTailRecords || l.size > maxTailSize {
		last := len(l.records) - 1
		l.size -= len(l.records[last].Value)
		l.records, l.all = l.records[:last], false
	}
}

// newest returns the first records of a room's messages as the store has them.
func (t *tx) newest(prefix string, want int) ([]Record, error) {
	if records, known := t.c.known.tailOf(prefix, want); known {
		return records, nil
	}
	t.c.strays()
	records, err := t.c.store.list(t.ctx, prefix, "", want)
	if err != nil {
		return nil, t.fail(err)
	}
	t.c.known.keepTail(prefix, records, want)
	return records, nil
}
