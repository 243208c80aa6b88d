package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// What the header of each of our files holds.
const (
	applicationID = 0x5041524c // "PARL"
	formatVersion = 1
)

// schema makes an empty database of the format.
var schema = []string{
	`CREATE TABLE record (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID`,
	`CREATE TABLE version (one INTEGER PRIMARY KEY CHECK (one = 1), writes INTEGER NOT NULL)`,
	`INSERT INTO version (one, writes) VALUES (1, 0)`,
	fmt.Sprintf(`PRAGMA application_id = %d`, applicationID),
	fmt.Sprintf(`PRAGMA user_version = %d`, formatVersion),
}

// setUp brings the file to WAL mode and to the format. Two processes may do so
// at once: changing the mode doesn't wait for the other, so this waits.
func (s *Store) setUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, busyTimeout)
	defer cancel()
	for {
		err := s.trySetUp(ctx)
		if !errors.Is(err, ErrBusy) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (s *Store) trySetUp(ctx context.Context) error {
	// A file of somebody else's is left as it is: hence the look before the mode
	// is changed.
	empty, err := s.checkFormat(ctx, s.db)
	if err != nil {
		return err
	}
	var mode string
	if err := s.db.QueryRowContext(ctx, `PRAGMA journal_mode = WAL`).Scan(&mode); err != nil {
		return s.explain(ctx, "open", err)
	}
	if mode != "wal" {
		return fmt.Errorf("%w: open: no WAL mode on this file system", ErrInaccessible)
	}
	if !empty {
		return nil
	}
	return s.create(ctx)
}

// create makes the tables, unless another process was first.
func (s *Store) create(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(ctx, "create", err)
	}
	defer tx.Rollback() // does nothing after Commit
	empty, err := s.checkFormat(ctx, tx)
	if err != nil || !empty {
		return err
	}
	for _, statement := range schema {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return s.explain(ctx, "create", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return s.explain(ctx, "create", err)
	}
	return nil
}

// A querier is a database or a transaction of it.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// checkFormat reports whether the database is empty. One that is neither empty
// nor of our format is refused with ErrNotOurs or ErrNewer.
func (s *Store) checkFormat(ctx context.Context, q querier) (empty bool, err error) {
	var id, version, tables int64
	row := q.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`)
	if err := row.Scan(&id, &version, &tables); err != nil {
		return false, s.explain(ctx, "open", err)
	}
	switch {
	case id == 0 && version == 0 && tables == 0:
		return true, nil
	case id != applicationID || version < 1:
		return false, fmt.Errorf("%w: open: a database of another program", ErrNotOurs)
	case version > formatVersion:
		return false, fmt.Errorf("%w: open: format %d, this program knows %d", ErrNewer, version, formatVersion)
	}
	return false, nil
}
