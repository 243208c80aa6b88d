package sqlitestore

import (
	"context"
	"database/sql"
	"strings"

	"parley/client"
)

// List implements [client.Store].
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]client.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.closed.Load() {
		return nil, ErrClosed
	}
	if limit <= 0 {
		return nil, nil
	}
	// after + NUL is the least key that is greater than after.
	rows, err := s.list.QueryContext(ctx, []byte(max(prefix, after+"\x00")), limit)
	if err != nil {
		return nil, s.explain(ctx, "list", err)
	}
	defer rows.Close()
	records, err := scan(rows, prefix)
	if err != nil {
		return nil, s.explain(ctx, "list", err)
	}
	return records, nil
}

// scan reads rows up to the first key without prefix. SQLite finds a row only as
// it is asked for, so that the rows behind cost nothing.
func scan(rows *sql.Rows, prefix string) ([]client.Record, error) {
	var records []client.Record
	for rows.Next() {
		var key sql.RawBytes
		value := []byte{}
		if err := rows.Scan(&key, &value); err != nil {
			return nil, err
		}
		if !strings.HasPrefix(string(key), prefix) {
			return records, nil
		}
		if value == nil { // the driver's form of an empty blob
			value = []byte{}
		}
		records = append(records, client.Record{Key: string(key), Value: value})
	}
	return records, rows.Err()
}
