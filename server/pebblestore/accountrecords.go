package pebblestore

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"parley/identity"
	"parley/server"
)

func recordKey(a identity.Account, kind, key string) []byte {
	return append(recordPrefix(a, kind), key...)
}

// recordPrefix is what the keys of an account's records of a kind begin with.
func recordPrefix(a identity.Account, kind string) []byte {
	return join(keyRecord, string(a), []byte(kind), []byte{0})
}

// UpdateRecords implements [server.Records].
func (s *Store) UpdateRecords(ctx context.Context, u server.RecordUpdate) error {
	u.Put, u.Delete = cloneRecords(u.Put), slices.Clone(u.Delete)
	size := 0
	for _, r := range u.Put {
		size += len(r.Key) + len(r.Value)
	}
	return s.submit(ctx, operation{grows: size > 0, alone: true, bytes: size, apply: func(t *tx) error {
		if _, err := t.account(u.Account); err != nil {
			return err
		}
		if err := t.mayPut(&u); err != nil {
			return err
		}
		for _, k := range u.Delete {
			t.delete(recordKey(u.Account, u.Kind, k))
		}
		for _, r := range u.Put {
			t.set(recordKey(u.Account, u.Kind, r.Key), r.Value)
		}
		return nil
	}})
}

func cloneRecords(list []server.KeyValue) []server.KeyValue {
	list = slices.Clone(list)
	for i := range list {
		list[i].Value = append([]byte{}, list[i].Value...)
	}
	return list
}

// mayPut says why u can't be done.
func (t *tx) mayPut(u *server.RecordUpdate) error {
	added := 0
	for _, r := range u.Put {
		if server.OfDevice(u.Kind) {
			if cursor, err := t.get(cursorKey(identity.Device(r.Key))); err != nil || cursor == nil {
				return errors.Join(err, server.ErrNotFound)
			}
		}
		switch there, err := t.get(recordKey(u.Account, u.Kind, r.Key)); {
		case err != nil:
			return err
		case there == nil:
			added++
		case u.New:
			return server.ErrExists
		}
	}
	if added == 0 && u.Min == 0 {
		return nil
	}
	return t.count(u, added)
}

// count says whether u, which adds some keys, leaves too many or too few.
func (t *tx) count(u *server.RecordUpdate, added int) error {
	have, gone := added, 0
	prefix := recordPrefix(u.Account, u.Kind)
	err := t.scan(prefix, func(key, _ []byte) (bool, error) {
		have++
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, k := range u.Delete {
		switch there, err := t.get(recordKey(u.Account, u.Kind, k)); {
		case err != nil:
			return err
		case there != nil:
			gone++
		}
	}
	switch have -= gone; {
	case added > 0 && have > u.Max:
		return server.ErrTooMany
	case gone > 0 && have < u.Min:
		return server.ErrTooFew
	}
	return nil
}

// AccountRecord implements [server.Records].
func (s *Store) AccountRecord(ctx context.Context, a identity.Account, kind, key string) (value []byte, err error) {
	err = s.read(func(w *view) error {
		if value, err = w.get(recordKey(a, kind, key)); err == nil && value == nil {
			err = server.ErrNotFound
		}
		return err
	})
	return value, err
}

// AccountRecords implements [server.Records].
func (s *Store) AccountRecords(ctx context.Context, a identity.Account, kind, from string, max int) (list []server.KeyValue, err error) {
	if max <= 0 {
		return nil, nil
	}
	err = s.read(func(w *view) error {
		list = nil
		prefix := recordPrefix(a, kind)
		first := prefix
		if from != "" {
			first = append(recordKey(a, kind, from), 0)
		}
		return scan(w.snap, first, after(prefix), func(key, value []byte) (bool, error) {
			list = append(list, server.KeyValue{Key: string(key[len(prefix):]), Value: bytes.Clone(value)})
			return len(list) < max, nil
		})
	})
	return list, err
}

// splitRecord cuts the rest of a record's key into its parts.
func splitRecord(rest []byte) (a identity.Account, kind, key string) {
	account, tail := split(rest)
	kind, last := split(tail)
	return identity.Account(account), kind, string(last)
}

// dropRecords deletes what goes with devices of a.
func (t *tx) dropRecords(a identity.Account, devices []identity.Device) {
	for _, d := range devices {
		for _, kind := range server.DeviceRecords() {
			t.delete(recordKey(a, kind, string(d)))
		}
	}
}
