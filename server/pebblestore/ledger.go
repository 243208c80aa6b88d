package pebblestore

import (
	"bytes"
	"context"
	"slices"

	"parley/server"
)

func ledgerKey(key string) []byte { return append([]byte{keyLedger}, key...) }

// Entries implements [server.Ledger].
func (s *Store) Entries(ctx context.Context, keys []string) (values [][]byte, err error) {
	err = s.read(func(w *view) error {
		values = make([][]byte, len(keys))
		for i, k := range keys {
			v, err := w.get(ledgerKey(k))
			if err != nil {
				return err
			}
			values[i] = v
		}
		return nil
	})
	return values, err
}

// EntryRange implements [server.Ledger].
func (s *Store) EntryRange(ctx context.Context, from, to string, max int) (list []server.KeyValue, err error) {
	if max <= 0 || from >= to {
		return nil, nil
	}
	err = s.read(func(w *view) error {
		list = nil
		return scan(w.snap, ledgerKey(from), ledgerKey(to), func(key, value []byte) (bool, error) {
			list = append(list, server.KeyValue{Key: string(key[1:]), Value: append([]byte{}, value...)})
			return len(list) < max, nil
		})
	})
	return list, err
}

// UpdateLedger implements [server.Ledger].
func (s *Store) UpdateLedger(ctx context.Context, u server.LedgerUpdate) error {
	u.Was, u.Put, u.Delete = slices.Clone(u.Was), cloneRecords(u.Put), slices.Clone(u.Delete)
	for i, was := range u.Was {
		u.Was[i].Value = bytes.Clone(was.Value)
	}
	size := 0
	for _, e := range u.Put {
		size += len(e.Key) + len(e.Value)
	}
	return s.submit(ctx, operation{grows: size > 0, bytes: size, apply: func(t *tx) error {
		for _, was := range u.Was {
			v, err := t.get(ledgerKey(was.Key))
			if err != nil {
				return err
			}
			if (v == nil) != (was.Value == nil) || !bytes.Equal(v, was.Value) {
				return server.ErrStale
			}
		}
		for _, k := range u.Delete {
			t.delete(ledgerKey(k))
		}
		for _, e := range u.Put {
			t.set(ledgerKey(e.Key), e.Value)
		}
		return nil
	}})
}

func (d *dumper) ledger() error {
	return d.each(keyLedger, func(key, value []byte) error {
		return d.give(&server.Record{Entry: &server.EntryDump{Key: key, Value: value}})
	})
}
