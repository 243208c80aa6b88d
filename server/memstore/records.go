package memstore

import (
	"context"
	"maps"
	"slices"

	"parley/identity"
	"parley/server"
)

// UpdateRecords implements [server.Records].
func (s *Store) UpdateRecords(ctx context.Context, u server.RecordUpdate) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[u.Account]
	if a == nil {
		return server.ErrNotFound
	}
	there, n := a.records[u.Kind], 0
	for _, r := range u.Put {
		if _, ok := a.cursors[identity.Device(r.Key)]; !ok && server.OfDevice(u.Kind) {
			return server.ErrNotFound
		}
		if _, ok := there[r.Key]; !ok {
			n++
		} else if u.New {
			return server.ErrExists
		}
	}
	gone := 0
	for _, k := range u.Delete {
		if _, ok := there[k]; ok {
			gone++
		}
	}
	if n > 0 && len(there)+n-gone > u.Max {
		return server.ErrTooMany
	}
	if gone > 0 && len(there)+n-gone < u.Min {
		return server.ErrTooFew
	}
	for _, k := range u.Delete {
		delete(there, k)
	}
	for _, r := range u.Put {
		a.setRecord(u.Kind, r.Key, r.Value)
	}
	return nil
}

// AccountRecord implements [server.Records].
func (s *Store) AccountRecord(ctx context.Context, name identity.Account, kind, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[name]; a != nil {
		if value, ok := a.records[kind][key]; ok {
			return clone(value), nil
		}
	}
	return nil, server.ErrNotFound
}

// AccountRecords implements [server.Records].
func (s *Store) AccountRecords(ctx context.Context, name identity.Account, kind, after string, max int) (list []server.KeyValue, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[name]
	if a == nil {
		return nil, nil
	}
	for _, key := range slices.Sorted(maps.Keys(a.records[kind])) {
		if key > after && len(list) < max {
			list = append(list, server.KeyValue{Key: key, Value: clone(a.records[kind][key])})
		}
	}
	return list, nil
}

func (a *account) setRecord(kind, key string, value []byte) {
	if a.records == nil {
		a.records = map[string]map[string][]byte{}
	}
	if a.records[kind] == nil {
		a.records[kind] = map[string][]byte{}
	}
	a.records[kind][key] = clone(value)
}

func (a *account) recordDumps(name identity.Account) (list []server.RecordDump) {
	for _, kind := range slices.Sorted(maps.Keys(a.records)) {
		for _, key := range slices.Sorted(maps.Keys(a.records[kind])) {
			list = append(list, server.RecordDump{Account: name, Kind: kind, Key: key, Value: clone(a.records[kind][key])})
		}
	}
	return list
}

// clone copies a value; an empty one isn't nil.
func clone(value []byte) []byte { return append([]byte{}, value...) }
