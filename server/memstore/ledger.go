package memstore

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"parley/server"
)

// Entries implements [server.Ledger].
func (s *Store) Entries(ctx context.Context, keys []string) ([][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	values := make([][]byte, len(keys))
	for i, k := range keys {
		if v, ok := s.ledger[k]; ok {
			values[i] = clone(v)
		}
	}
	return values, nil
}

// EntryRange implements [server.Ledger].
func (s *Store) EntryRange(ctx context.Context, from, to string, max int) (list []server.KeyValue, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range slices.Sorted(maps.Keys(s.ledger)) {
		if k >= from && k < to && len(list) < max {
			list = append(list, server.KeyValue{Key: k, Value: clone(s.ledger[k])})
		}
	}
	return list, nil
}

// UpdateLedger implements [server.Ledger].
func (s *Store) UpdateLedger(ctx context.Context, u server.LedgerUpdate) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, was := range u.Was {
		v, ok := s.ledger[was.Key]
		if ok != (was.Value != nil) || !bytes.Equal(v, was.Value) {
			return server.ErrStale
		}
	}
	for _, k := range u.Delete {
		delete(s.ledger, k)
	}
	for _, e := range u.Put {
		s.ledger[e.Key] = clone(e.Value)
	}
	return nil
}
