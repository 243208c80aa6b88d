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
	number uint64
	snap   *pebble.Snapshot
	refs   int // readers, and 1 while it is the newest; guarded by views.mu
}

// views hands out the newest view.
type views struct {
	mu     sync.Mutex // guards newest and the refs of each view
	newest *view
	count  uint64
}

// publish makes what db holds now the newest view. Only the batcher calls it,
// between groups.
func (v *views) publish(db *pebble.DB) {
	snap := db.NewSnapshot()
	v.mu.Lock()
	old := v.newest
	v.count++
	v.newest = &view{number: v.count, snap: snap, refs: 1}
	v.mu.Unlock()
	if old != nil {
		v.release(old)
	}
}

// acquire returns the newest view; nil after close.
func (v *views) acquire() *view {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.newest != nil {
		v.newest.refs++
	}
	return v.newest
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
	v.newest = nil
	v.mu.Unlock()
	if old != nil {
		v.release(old)
	}
}

// read calls f with the newest view.
func (s *Store) read(f func(w *view) error) error {
	w := s.views.acquire()
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

// closed reports whether close was called.
func (v *views) closed() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.newest == nil
}
