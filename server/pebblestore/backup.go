package pebblestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"parley/server"
)

// ManifestName is the file of a backup that says what the backup holds. A
// directory without it is no finished backup.
const ManifestName = "parley-backup.json"

// A Manifest is what [Store.Backup] writes beside the data.
type Manifest struct {
	Format  int       `json:"format"`  // of the data
	Created time.Time `json:"created"` // by this machine's clock
	Counts  Counts    `json:"counts"`
}

// Backup writes a consistent copy of the store to dir, which must not exist,
// while the store goes on. The copy holds all that was acknowledged before the
// call. It is on disk, verified and complete when Backup returns nil; after an
// error there is no dir, perhaps a dir+".partial".
//
// To restore, verify the copy and move it to where the data directory was.
func (s *Store) Backup(ctx context.Context, dir string) error {
	fs := s.opts.FS
	if _, err := fs.Stat(dir); err == nil {
		return fmt.Errorf("pebblestore: backup: %s is there already", fs.PathBase(dir))
	}
	partial := dir + ".partial"
	if err := fs.RemoveAll(partial); err != nil {
		return fmt.Errorf("pebblestore: backup: %w", err)
	}
	if s.stopping() {
		return server.ErrUnavailable
	}
	if err := s.db.Checkpoint(partial, pebble.WithFlushedWAL()); err != nil {
		return fmt.Errorf("pebblestore: backup: %w", err)
	}
	counts, err := verify(ctx, partial, fs, func(string) {})
	if err != nil {
		return errors.Join(fmt.Errorf("pebblestore: backup: %w", err), fs.RemoveAll(partial))
	}
	if err := writeManifest(fs, partial, Manifest{formatVersion, time.Now().UTC(), counts}); err != nil {
		return fmt.Errorf("pebblestore: backup: %w", err)
	}
	if err := fs.Rename(partial, dir); err != nil {
		return fmt.Errorf("pebblestore: backup: %w", err)
	}
	return syncDir(fs, fs.PathDir(dir))
}

func writeManifest(fs vfs.FS, dir string, m Manifest) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	f, err := fs.Create(fs.PathJoin(dir, ManifestName), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return syncDir(fs, dir)
}

func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Verify reads a data directory or a backup that no process serves from, whole,
// and changes nothing in it. It calls report for each flaw, and for each kind of
// record with its count. It returns ErrCorrupt if there is a flaw, or if a
// backup doesn't hold what its manifest says; ErrLocked; ErrFormat.
func Verify(ctx context.Context, dir string, report func(string)) error {
	counts, err := verify(ctx, dir, vfs.Default, report)
	if err != nil {
		return err
	}
	return checkManifest(dir, counts, report)
}

func checkManifest(dir string, counts Counts, report func(string)) error {
	f, err := os.Open(vfs.Default.PathJoin(dir, ManifestName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var m Manifest
	data, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err == nil && m.Counts != counts {
		err = fmt.Errorf("the backup had %+v", m.Counts)
	}
	if err != nil {
		report("manifest: " + err.Error())
		return fmt.Errorf("%w: the backup isn't what its manifest says", ErrCorrupt)
	}
	return nil
}

// verify opens dir without writing to it and checks what it holds.
func verify(ctx context.Context, dir string, fs vfs.FS, report func(string)) (c Counts, err error) {
	s := &Store{dir: dir, opts: Options{FS: fs}.withDefaults()}
	if _, err := fs.Stat(dir); err != nil {
		return c, fmt.Errorf("pebblestore: %w", err)
	}
	lock, err := lockDirectory(dir, fs)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	opts := s.pebbleOptions(lock)
	opts.ReadOnly, opts.ErrorIfNotExists = true, true
	db, err := pebble.Open(dir, opts)
	if err != nil {
		return c, openError(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	c, err = check(ctx, db, report)
	return c, errors.Join(err, s.Err())
}
