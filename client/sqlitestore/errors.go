package sqlitestore

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The errors that a caller may match. They are wrapped with what was tried and
// SQLite's own words, which hold no key and no value.
var (
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("sqlitestore: closed")
	// ErrFull: there is no room on the disk. Nothing was written; it may be
	// tried again.
	ErrFull = errors.New("sqlitestore: the disk is full")
	// ErrReadOnly: the file, or its directory, can't be written to.
	ErrReadOnly = errors.New("sqlitestore: the store can't be written to")
	// ErrCorrupt: the file is damaged.
	ErrCorrupt = errors.New("sqlitestore: the store is damaged")
	// ErrNotOurs: the file isn't a store of Parley.
	ErrNotOurs = errors.New("sqlitestore: not a store of Parley")
	// ErrNewer: the file was made by a newer version of Parley.
	ErrNewer = errors.New("sqlitestore: the store was made by a newer version of Parley")
	// ErrBusy: another process kept the store locked for too long.
	ErrBusy = errors.New("sqlitestore: another process keeps the store locked")
	// ErrInaccessible: the file can't be opened, read or written.
	ErrInaccessible = errors.New("sqlitestore: the store can't be accessed")
)

// explain returns err as one of this package's errors, wrapped with what was
// tried. Where ctx is done that is the reason.
func (s *Store) explain(ctx context.Context, what string, err error) error {
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("sqlitestore: %s: %w", what, cause)
	}
	if s.closed.Load() && what != "close" {
		return fmt.Errorf("%w: %s", ErrClosed, what)
	}
	if kind := kindOf(err); kind != nil {
		return fmt.Errorf("%w: %s: %v", kind, what, err)
	}
	return fmt.Errorf("sqlitestore: %s: %w", what, err)
}

// kindOf returns the error of this package that err of SQLite is, or nil.
func kindOf(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Code() & 0xff { // the primary code
	case sqlite3.SQLITE_FULL:
		return ErrFull
	case sqlite3.SQLITE_READONLY:
		return ErrReadOnly
	case sqlite3.SQLITE_CORRUPT:
		return ErrCorrupt
	case sqlite3.SQLITE_NOTADB:
		return ErrNotOurs
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return ErrBusy
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR:
		return ErrInaccessible
	}
	return nil
}
