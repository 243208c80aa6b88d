package main

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// privately runs f; what it makes in the file system is its user's alone.
func privately(f func() error) error {
	old := syscall.Umask(0o177)
	defer syscall.Umask(old)
	return f()
}

// fileLimit returns how many files this process may have open; 0: unknown.
func fileLimit() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return limit.Cur
}

// diskSpace returns what is free for us on the file system of a path: bytes, and
// files; size is all of it. ok says whether that is known.
func diskSpace(path string) (free, size, files uint64, ok bool) {
	var s unix.Statfs_t
	if unix.Statfs(path, &s) != nil {
		return 0, 0, 0, false
	}
	return s.Bavail * uint64(s.Bsize), s.Blocks * uint64(s.Bsize), s.Ffree, true
}

// ownerOf returns the number of the user whose file it is.
func ownerOf(info fs.FileInfo) (uid int, ok bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}

// clockSynchronised says whether the system keeps its clock by others; not known
// where it doesn't tell.
func clockSynchronised() (yes, known bool) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	return state != unix.TIME_ERROR, err == nil
}
