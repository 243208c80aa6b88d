package client

import (
	"bytes"
	"strings"
)

// Bounds of what is remembered of the store, in bytes of values.
const (
	maxRecalled     = 4 << 20   // all single records together: beyond it they are read again
	maxRecalledOne  = 128 << 10 // of one record
	maxRecalledKind = 1 << 20   // of one kind that is remembered as a whole
)

// A recall remembers opened records of one version of the store, so that a step
// reads again only what another process has changed: it belongs to Client.base as
// the loaded groups do. In a browser each read of the store is a turn of the
// event loop, and one message needs dozens of records.
type recall struct {
	values map[string][]byte            // nil: there is no such record
	size   int                          // of values
	kinds  map[string]map[string][]byte // by prefix: all records of a kind that has few
	tails  map[string]*tail             // by prefix: the newest messages of the rooms that were looked at last
	memos  memos                        // what was made of records
}

// fewPrefixes begin the kinds of records of which there are few at any time: what
// waits to be done, and what a list of rooms needs.
var fewPrefixes = []string{
	outPrefix, stalePrefix, resetPrefix, healPrefix, pendPrefix, openPrefix, reportPrefix, seenPrefix, wordsDuePrefix, marksPrefix,
	roomPrefix, rosterPrefix,
	statePrefix, stateDuePrefix, relatePrefix, heldPrefix, tellPrefix, restatePrefix, leavePrefix, wipePrefix,
	reportDuePrefix,
}

// few reports whether all records under prefix may be remembered.
func few(prefix string) bool {
	for _, p := range fewPrefixes {
		if p == prefix {
			return true
		}
	}
	return false
}

// drop forgets everything.
func (r *recall) drop() { *r = recall{} }

// get returns a copy of a record's value, or nil, and whether it is known.
func (r *recall) get(key string) (value []byte, known bool) {
	if kind := r.kinds[kindOfKey(key)+"/"]; kind != nil {
		return bytes.Clone(kind[key]), true
	}
	value, known = r.values[key]
	return bytes.Clone(value), known
}

// keep remembers one record, or that there is none.
func (r *recall) keep(key string, value []byte) {
	if len(value) > maxRecalledOne {
		r.forget(key)
		return
	}
	if r.size > maxRecalled {
		r.values, r.size = nil, 0
	}
	if r.values == nil {
		r.values = map[string][]byte{}
	}
	r.forget(key)
	r.values[key] = bytes.Clone(value)
	r.size += len(key) + len(value)
}

func (r *recall) forget(key string) {
	if old, known := r.values[key]; known {
		r.size -= len(key) + len(old)
		delete(r.values, key)
	}
}

// keepKind remembers all records of a kind.
func (r *recall) keepKind(prefix string, records []Record) {
	size := 0
	kind := make(map[string][]byte, len(records))
	for _, rec := range records {
		size += len(rec.Value)
		kind[rec.Key] = rec.Value
	}
	if size > maxRecalledKind {
		return
	}
	if r.kinds == nil {
		r.kinds = map[string]map[string][]byte{}
	}
	r.kinds[prefix] = kind
}

// apply follows a write that succeeded.
func (r *recall) apply(changes []Change) {
	r.memos.written(changes)
	for _, ch := range changes {
		if strings.HasPrefix(ch.Key, msgPrefix) {
			r.follow(ch)
		}
		kind := r.kinds[kindOfKey(ch.Key)+"/"]
		if _, asked := r.values[ch.Key]; !asked && strings.HasPrefix(ch.Key, evidencePrefix) {
			continue // nobody reads it soon
		}
		switch {
		case kind != nil && ch.Value == nil:
			delete(kind, ch.Key)
		case kind != nil:
			kind[ch.Key] = bytes.Clone(ch.Value)
		default:
			r.keep(ch.Key, ch.Value)
		}
	}
}

// listed returns all records of a kind that is remembered as a whole, and whether
// it is.
func (r *recall) listed(prefix string) (records []Record, known bool) {
	kind := r.kinds[prefix]
	if kind == nil {
		return nil, false
	}
	for key, value := range kind {
		if strings.HasPrefix(key, prefix) {
			records = append(records, Record{key, bytes.Clone(value)})
		}
	}
	return records, true
}

// gather reads at once the records that are needed soon, one for each of items,
// where the store can: see [Gatherer]. An empty key is none.
func gather[T any](t *tx, items []T, key func(T) string) error {
	store, ok := t.c.store.Store.(Gatherer)
	if !ok {
		return nil
	}
	var keys []string
	for _, item := range items {
		k := key(item)
		if _, put := t.at[k]; k == "" || put {
			continue
		}
		if _, known := t.c.known.get(k); !known {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	t.c.strays()
	values, err := store.Gather(t.ctx, keys)
	if err != nil {
		return t.fail(err)
	}
	for i, sealed := range values {
		var value []byte
		if sealed != nil {
			if value, err = t.c.store.open(keys[i], sealed); err != nil {
				return t.fail(err)
			}
		}
		t.c.known.keep(keys[i], value)
	}
	return nil
}

// recall remembers a record that was read by a listing.
func (t *tx) recall(key string, value []byte) {
	if _, put := t.at[key]; !put {
		t.c.known.keep(key, value)
	}
}
