package pebblestore

import (
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"parley/internal/cbor"
	"parley/server"
)

// A view is the database as it was after a group became durable.
type view struct {
	snap *pebble.Snapshot
	refs int // readers, and 1 while it is the newest; guarded by views.mu
}

// views hands out the newest view. There is one only while readers ask: it
// costs something for each group.
type views struct {
	gate   sync.RWMutex // held for writing while the database shows what isn't durable
	mu     sync.Mutex   // guards what follows and the refs of each view
	newest *view        // nil: nobody has asked for it yet
	asked  bool         // since the last group
	ended  bool
	failed bool // what the database shows may never become durable
}

// hold keeps new views from being made. Those who have the newest one go on.
func (v *views) hold() { v.gate.Lock() }

// renew ends hold. With durable, what was the newest view isn't any more.
func (v *views) renew(db *pebble.DB, durable bool) {
	defer v.gate.Unlock()
	v.mu.Lock()
	if !durable {
		v.failed = true
		v.mu.Unlock()
		return
	}
	old := v.newest
	v.newest = nil
	if v.asked && !v.ended {
		v.newest = &view{snap: db.NewSnapshot(), refs: 1}
	}
	v.asked = false
	v.mu.Unlock()
	if old != nil {
		v.release(old)
	}
}

// acquire returns the newest view; nil after close, and after a failed write
// where nobody had asked for one before.
func (v *views) acquire(db *pebble.DB) *view {
	if w, ok := v.have(); ok {
		return w
	}
	v.gate.RLock()
	defer v.gate.RUnlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ended || v.failed && v.newest == nil {
		return nil
	}
	if v.newest == nil {
		v.newest = &view{snap: db.NewSnapshot(), refs: 1}
	}
	v.newest.refs++
	return v.newest
}

// have returns the newest view if there is one, or nothing for good.
func (v *views) have() (*view, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.asked = true; v.newest != nil {
		v.newest.refs++
	}
	return v.newest, v.newest != nil || v.ended
}

func (v *views) release(w *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if w.refs--; w.refs == 0 {
		w.snap.Close()
	}
}

// current reports whether w is the newest.
func (v *views) current(w *view) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.newest == w
}

// close waits for no reader: the last one closes its snapshot.
func (v *views) close() {
	v.mu.Lock()
	old := v.newest
	v.newest, v.ended = nil, true
	v.mu.Unlock()
	if old != nil {
		v.release(old)
	}
}

// read calls f with the newest view.
func (s *Store) read(f func(w *view) error) error {
	if s.unreadable() {
		return server.ErrUnavailable
	}
	w := s.views.acquire(s.db)
	if w == nil {
		return server.ErrUnavailable
	}
	defer s.views.release(w)
	return f(w)
}

// get returns the value of key, nil where there is none.
func (w *view) get(key []byte) ([]byte, error) { return get(w.snap, key) }

// scan calls f for each key with prefix, in order, until it returns false. f must
// not keep what it is given.
func (w *view) scan(prefix []byte, f func(key, value []byte) (bool, error)) error {
	return scan(w.snap, prefix, after(prefix), f)
}

func get(r pebble.Reader, key []byte) ([]byte, error) {
	v, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, readError(err)
	}
	value := append([]byte{}, v...)
	return value, closer.Close()
}

func scan(r pebble.Reader, from, to []byte, f func(key, value []byte) (bool, error)) error {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return readError(err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return errors.Join(readError(err), it.Close())
		}
		more, err := f(it.Key(), value)
		if err != nil {
			return errors.Join(err, it.Close())
		}
		if !more {
			break
		}
	}
	if err := it.Close(); err != nil {
		return readError(err)
	}
	return nil
}

func readError(err error) error {
	if pebble.IsCorruptionError(err) {
		return fmt.Errorf("%w: %v", ErrCorrupt, err)
	}
	return fmt.Errorf("pebblestore: reading: %w", err)
}

// decode reads a stored value.
func decode[T any](value []byte) (*T, error) {
	var v T
	if err := cbor.UnmarshalLenient(value, &v); err != nil {
		return nil, fmt.Errorf("%w: a record of type %T: %v", ErrCorrupt, v, err)
	}
	return &v, nil
}

// load reads and decodes the value of key; ErrNotFound where there is none.
func load[T any](get func([]byte) ([]byte, error), key []byte) (*T, error) {
	value, err := get(key)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, server.ErrNotFound
	}
	return decode[T](value)
}
