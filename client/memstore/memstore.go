// Package memstore keeps a client.Store in memory: for tests, and for a client
// that leaves nothing behind.
package memstore

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"parley/client"
)

var (
	_ client.Store    = (*Store)(nil)
	_ client.Gatherer = (*Store)(nil)
)

// ErrClosed is returned by the methods of a closed store.
var ErrClosed = errors.New("memstore: closed")

// A Store is one handle of a database in memory.
type Store struct {
	db     *database
	closed atomic.Bool
}

// A database is what all handles share.
type database struct {
	mu      sync.RWMutex // guards what follows
	keys    []string     // ascending
	values  map[string][]byte
	version uint64
}

// New returns an empty store.
func New() *Store { return &Store{db: &database{values: map[string][]byte{}}} }

// Again opens the store's database once more, as another process or the next
// start would. It works on a closed store too: the records live as long as any
// handle is referenced.
func (s *Store) Again() *Store { return &Store{db: s.db} }

// check returns why a call can't be served.
func (s *Store) check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closed.Load() {
		return ErrClosed
	}
	return nil
}

// Get implements [client.Store].
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	return bytes.Clone(s.db.values[key]), nil
}

// Gather implements [client.Gatherer].
func (s *Store) Gather(ctx context.Context, keys []string) ([][]byte, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = bytes.Clone(s.db.values[key])
	}
	return values, nil
}

// List implements [client.Store].
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]client.Record, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	// after + NUL is the least key that is greater than after.
	from, _ := slices.BinarySearch(s.db.keys, max(prefix, after+"\x00"))
	var records []client.Record
	for _, key := range s.db.keys[from:] {
		if len(records) >= limit || !strings.HasPrefix(key, prefix) {
			break
		}
		records = append(records, client.Record{Key: key, Value: bytes.Clone(s.db.values[key])})
	}
	return records, nil
}

// Version implements [client.Store].
func (s *Store) Version(ctx context.Context) (uint64, error) {
	if err := s.check(ctx); err != nil {
		return 0, err
	}
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	return s.db.version, nil
}

// Write implements [client.Store], as far as memory is durable.
func (s *Store) Write(ctx context.Context, base uint64, changes []client.Change) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	if base != s.db.version {
		return client.ErrConflict
	}
	for _, c := range changes {
		s.db.apply(c)
	}
	s.db.version++
	return nil
}

// apply makes one change. db.mu is held.
func (db *database) apply(c client.Change) {
	at, found := slices.BinarySearch(db.keys, c.Key)
	switch {
	case c.Value == nil && found:
		db.keys = slices.Delete(db.keys, at, at+1)
		delete(db.values, c.Key)
	case c.Value != nil:
		if !found {
			db.keys = slices.Insert(db.keys, at, strings.Clone(c.Key))
		}
		db.values[c.Key] = bytes.Clone(c.Value)
	}
}

// Close implements [client.Store]. It closes this handle alone.
func (s *Store) Close() error {
	s.closed.Store(true)
	return nil
}
