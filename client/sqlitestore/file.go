package sqlitestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
)

// fileMode is the file's: SQLite gives it to the files beside it too.
const fileMode = 0o600

// creating is held while a file is made. Closing any descriptor of a file drops
// the locks that SQLite has on it in this process, so that no other goroutine may
// open the file before the descriptor that made it is closed.
var creating sync.Mutex

// ensureFile makes an empty file at path where there is none, and takes it from
// other users of the machine where there is one.
func ensureFile(path string) error {
	creating.Lock()
	defer creating.Unlock()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if errors.Is(err, fs.ErrExist) {
		return restrict(path)
	}
	if err != nil {
		return explainFile(err)
	}
	if err := errors.Join(f.Chmod(fileMode), f.Sync(), f.Close()); err != nil {
		return explainFile(err)
	}
	return syncDir(filepath.Dir(path))
}

// restrict checks that path is a file, and takes it and those beside it from
// other users.
func restrict(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return explainFile(err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: open: not a file", ErrNotOurs)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err := os.Chmod(name, info.Mode().Perm()&^0o077); err != nil {
			return explainFile(err)
		}
	}
	return nil
}

// syncDir makes a new file's name durable.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories can't be synced there
	}
	d, err := os.Open(dir)
	if err != nil {
		return explainFile(err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return explainFile(err)
	}
	return nil
}

// explainFile returns err of the file system as one of this package's errors.
func explainFile(err error) error {
	kind := ErrInaccessible
	switch {
	case errors.Is(err, syscall.ENOSPC):
		kind = ErrFull
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		kind = ErrReadOnly
	}
	return fmt.Errorf("%w: open: %w", kind, err)
}
