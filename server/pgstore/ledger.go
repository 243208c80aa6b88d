package pgstore

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/server"
)

// Entries implements [server.Ledger].
func (s *Store) Entries(ctx context.Context, keys []string) (values [][]byte, err error) {
	names := make([][]byte, len(keys))
	for i, k := range keys {
		names[i] = []byte(k)
	}
	var found map[string][]byte
	err = s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) (err error) {
		found, err = entries(ctx, c.Conn(), `SELECT name, value FROM ledger WHERE name = ANY($1)`, names)
		return err
	})
	if err != nil {
		return nil, err
	}
	values = make([][]byte, len(keys))
	for i, k := range keys {
		values[i] = bytes.Clone(found[k]) // a key may be asked for twice
	}
	return values, nil
}

// entries returns what a query of names and values finds. No value is nil.
func entries(ctx context.Context, q querier, sql string, args ...any) (map[string][]byte, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	var name, value []byte
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		found[string(name)] = value
		value = nil
		return nil
	})
	return found, err
}

// EntryRange implements [server.Ledger].
func (s *Store) EntryRange(ctx context.Context, from, to string, max int) (list []server.KeyValue, err error) {
	err = s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		found, err := entries(ctx, c.Conn(), `SELECT name, value FROM ledger WHERE name >= $1 AND name < $2 ORDER BY name LIMIT $3`,
			[]byte(from), []byte(to), max)
		list = nil
		for name, value := range found {
			list = append(list, server.KeyValue{Key: name, Value: value})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b server.KeyValue) int { return cmp.Compare(a.Key, b.Key) })
	return list, nil
}

// UpdateLedger implements [server.Ledger]. Rows are locked, and made, in the order
// of their names.
func (s *Store) UpdateLedger(ctx context.Context, u server.LedgerUpdate) error {
	was := map[string][]byte{}
	var names [][]byte
	for _, e := range u.Was {
		was[e.Key] = e.Value
		names = append(names, []byte(e.Key))
	}
	put := slices.SortedFunc(slices.Values(u.Put), func(a, b server.KeyValue) int { return cmp.Compare(a.Key, b.Key) })
	deleted := slices.Sorted(slices.Values(u.Delete))
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		have, err := entries(ctx, tx, `SELECT name, value FROM ledger WHERE name = ANY($1) ORDER BY name FOR UPDATE`, names)
		if err != nil {
			return err
		}
		for name, value := range was {
			if there, ok := have[name]; ok != (value != nil) || !bytes.Equal(there, value) {
				return server.ErrStale
			}
		}
		for _, e := range put {
			if err := putEntry(ctx, tx, e, was); err != nil {
				return err
			}
		}
		for _, name := range deleted {
			if _, err := tx.Exec(ctx, `DELETE FROM ledger WHERE name = $1`, []byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// putEntry sets one entry. ErrStale if somebody else has just made one that
// wasn't there.
func putEntry(ctx context.Context, tx pgx.Tx, e server.KeyValue, was map[string][]byte) error {
	sql := `INSERT INTO ledger (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	value, compared := was[e.Key]
	fresh := compared && value == nil
	if fresh {
		sql = `INSERT INTO ledger (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`
	}
	done, err := tx.Exec(ctx, sql, []byte(e.Key), notNull(e.Value))
	if err == nil && fresh && done.RowsAffected() == 0 {
		err = server.ErrStale
	}
	return err
}

// ledger gives the entries of the ledger.
func (d *dump) ledger(ctx context.Context) error {
	var name, value []byte
	return d.each(ctx, `SELECT name, value FROM ledger ORDER BY name`, []any{&name, &value}, func() (*server.Record, error) {
		e := &server.EntryDump{Key: name, Value: value}
		name, value = nil, nil
		return &server.Record{Entry: e}, nil
	})
}
