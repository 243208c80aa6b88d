package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"parley/server"
)

// A disk is Objects in a directory: HH/HEX, where HH begins HEX. What is being
// copied from another disk is in new.
type disk struct{ dir string }

// newTime is how old a copy is that nobody makes any more.
const newTime = 24 * time.Hour

// OpenDisk opens a directory of objects, and makes it where there is none. Several
// processes may have it open.
func OpenDisk(dir string) (Objects, error) {
	d := &disk{dir: dir}
	if err := d.open(); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return d, nil
}

// open makes all the directories, so that none is made later.
func (d *disk) open() error {
	if err := makeDirs(d.dir, d.copies()); err != nil {
		return err
	}
	const digits = "0123456789abcdef"
	for _, a := range digits {
		for _, b := range digits {
			if err := os.Mkdir(filepath.Join(d.dir, string(a)+string(b)), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
		}
	}
	return errors.Join(syncDir(d.dir), d.dropCopies())
}

func (d *disk) copies() string { return filepath.Join(d.dir, "new") }

// dropCopies removes copies that were broken off.
func (d *disk) dropCopies() error {
	entries, err := os.ReadDir(d.copies())
	for _, e := range entries {
		if info, errInfo := e.Info(); errInfo == nil && time.Since(info.ModTime()) > newTime {
			err = errors.Join(err, remove(filepath.Join(d.copies(), e.Name())))
		}
	}
	return err
}

func (d *disk) path(blob server.BlobID) string {
	name := blob.String()
	return filepath.Join(d.dir, name[:2], name)
}

// Put implements [Objects]. The file's content is durable already: it moves, or is
// copied where it is on another disk.
func (d *disk) Put(_ context.Context, blob server.BlobID, path string, size int64) error {
	if err := os.Truncate(path, size); err != nil { // what lies behind a part that failed
		return err
	}
	err := os.Rename(path, d.path(blob))
	if errors.Is(err, syscall.EXDEV) {
		err = d.copy(blob, path)
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(d.path(blob)))
}

// copy copies a file, so that the object is there whole or not at all.
func (d *disk) copy(blob server.BlobID, path string) (err error) {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	fresh := filepath.Join(d.copies(), rand.Text())
	to, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err == nil {
		err = to.Sync()
	}
	if err = errors.Join(err, to.Close()); err == nil {
		err = os.Rename(fresh, d.path(blob))
	}
	if err != nil {
		return errors.Join(err, remove(fresh))
	}
	return nil
}

// Has implements [Objects].
func (d *disk) Has(_ context.Context, blob server.BlobID, size int64) (bool, error) {
	info, err := os.Lstat(d.path(blob))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return info.Mode().IsRegular() && info.Size() == size, nil
}

// Open implements [Objects]. What it returns is an *os.File.
func (d *disk) Open(_ context.Context, blob server.BlobID, from, _ int64) (io.ReadCloser, error) {
	f, err := os.Open(d.path(blob))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, server.ErrNotFound
	}
	if err != nil {
		return nil, stored(err)
	}
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return nil, errors.Join(stored(err), f.Close())
	}
	return f, nil
}

// Delete implements [Objects].
func (d *disk) Delete(_ context.Context, blob server.BlobID) error {
	if err := remove(d.path(blob)); err != nil {
		return stored(err)
	}
	return stored(syncDir(filepath.Dir(d.path(blob))))
}
