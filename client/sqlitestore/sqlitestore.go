// Package sqlitestore keeps a client.Store in one SQLite file, which several
// processes may have open at once.
//
// # The file
//
// There are two tables:
//
//	record(key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID
//	version(one INTEGER PRIMARY KEY, writes INTEGER)    one row: (1, writes so far)
//
// Keys are blobs, so that their order is that of their bytes. The file is in WAL
// mode, and each write is synced before it returns (synchronous=FULL). Beside it
// are, while it is open, PATH-wal and PATH-shm: the three belong together. All
// have mode 0600. Deleted records are overwritten in the file (secure_delete);
// remains in PATH-wal go when the last process closes the store.
//
// The header's application id says that the file is ours, and its user version
// is the version of this format.
package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"

	"parley/client"
)

var _ client.Store = (*Store)(nil)

// busyTimeout is how long a call waits for other processes' writes. One write
// takes some milliseconds.
const busyTimeout = 10 * time.Second

// A Store is one handle of a database.
type Store struct {
	db      *sql.DB
	writing chan struct{} // holds one token while this process writes: others wait here, not in SQLite's polling
	closed  atomic.Bool

	get, list, version *sql.Stmt
	bump, put, del     *sql.Stmt // within a transaction
}

// Open opens the database at path, and makes it where there is none. The
// directory must exist. Errors wrap those that are listed in this package.
func Open(path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: %w", err)
	}
	if err := ensureFile(path); err != nil {
		return nil, err
	}
	connector, err := sqlite.NewConnector(dsn(path))
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: %v", err)
	}
	s := &Store{db: sql.OpenDB(connector), writing: make(chan struct{}, 1)}
	s.db.SetMaxOpenConns(4)
	s.db.SetMaxIdleConns(4)
	if err := s.init(); err != nil {
		s.db.Close()
		return nil, err
	}
	return s, nil
}

// dsn names the file and what every connection to it is set to.
func dsn(path string) string {
	path = filepath.ToSlash(path)
	if path[0] != '/' {
		path = "/" + path // a drive's letter
	}
	q := url.Values{"_txlock": {"immediate"}, "_defensive": {"1"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"synchronous(FULL)",
		"secure_delete(ON)",
		"trusted_schema(OFF)",
	}}
	return "file://" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// init brings the file to this package's format and prepares the statements.
func (s *Store) init() error {
	ctx := context.Background()
	if err := s.setUp(ctx); err != nil {
		return err
	}
	for stmt, query := range map[**sql.Stmt]string{
		&s.get:     `SELECT value FROM record WHERE key = ?`,
		&s.list:    `SELECT key, value FROM record WHERE key >= ? ORDER BY key LIMIT ?`,
		&s.version: `SELECT writes FROM version`,
		&s.bump:    `UPDATE version SET writes = writes + 1 WHERE writes = ?`,
		&s.put:     `INSERT INTO record (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
		&s.del:     `DELETE FROM record WHERE key = ?`,
	} {
		var err error
		if *stmt, err = s.db.PrepareContext(ctx, query); err != nil {
			return s.explain(ctx, "open", err)
		}
	}
	return nil
}

// Close implements [client.Store].
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	if err := s.db.Close(); err != nil {
		return s.explain(context.Background(), "close", err)
	}
	return nil
}

// Get implements [client.Store].
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	value := []byte{}
	err := s.get.QueryRowContext(ctx, []byte(key)).Scan(&value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, s.explain(ctx, "get", err)
	case value == nil: // the driver's form of an empty blob
		return []byte{}, nil
	}
	return value, nil
}

// Version implements [client.Store].
func (s *Store) Version(ctx context.Context) (uint64, error) {
	var v int64
	if err := s.version.QueryRowContext(ctx).Scan(&v); err != nil {
		return 0, s.explain(ctx, "version", err)
	}
	return uint64(v), nil
}
