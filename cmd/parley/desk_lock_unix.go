//go:build unix

package main

import (
	"errors"
	"os"
	"syscall"
)

// lockDesk makes sure that one process alone serves a desk.
func lockDesk(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, errors.New("another process serves this desk (running)")
	}
	return func() { f.Close() }, nil
}
