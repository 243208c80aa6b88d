package pebblestore

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"parley/server"
)

var _ server.Shredder = (*Store)(nil)

// Shred implements [server.Shredder]. It rewrites the tables that hold such entries,
// and empties the logs that aren't needed any more, which Pebble otherwise keeps to
// write over them. The file system may still have the blocks; and backups made
// before hold what they hold.
func (s *Store) Shred(ctx context.Context, from, to string) error {
	return s.doAlone(ctx, func(*tx) error {
		// Twice: the log that is written now may be an older one, used again, with
		// something of its first life behind its end.
		for range 2 {
			if err := s.db.Set([]byte{keyFormat}, []byte{formatVersion}, pebble.Sync); err != nil {
				return readError(err)
			}
			if err := s.db.Flush(); err != nil {
				return readError(err)
			}
			if err := s.emptyLogs(); err != nil {
				return err
			}
		}
		if err := s.db.Compact(ctx, ledgerKey(from), ledgerKey(to), false); err != nil {
			return readError(err)
		}
		return nil
	})
}

// emptyLogs empties the logs before the newest one, of which everything is in
// tables: the caller has flushed, and nobody writes meanwhile. One that Pebble takes for
// the next log just now has another name then.
func (s *Store) emptyLogs() error {
	fs := s.opts.FS
	names, err := fs.List(s.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		number, isLog := strings.CutSuffix(name, ".log")
		n, err := strconv.ParseUint(number, 10, 64)
		if !isLog || err != nil || n >= s.newestLog.Load() {
			continue
		}
		path := fs.PathJoin(s.dir, name)
		if _, err := fs.Stat(path); errors.Is(err, os.ErrNotExist) {
			continue
		}
		f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			return err
		}
	}
	return nil
}
