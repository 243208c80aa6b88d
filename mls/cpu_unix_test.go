//go:build unix

package mls_test

import (
	"syscall"
	"time"
)

// cpuTime returns the CPU time that the process has used: what else the machine
// does does not count.
func cpuTime() time.Duration {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
