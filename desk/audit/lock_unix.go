//go:build unix

package audit

import (
	"os"
	"syscall"
)

// lock waits until no other process has the file locked.
func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }

func unlock(f *os.File) { syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
