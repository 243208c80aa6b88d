package load

import (
	"syscall"
	"time"
)

// sleepExactly sleeps in the kernel. The runtime's own timers may be a millisecond
// late on an idle machine.
func sleepExactly(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(d))
	syscall.Nanosleep(&ts, nil) // a signal may end it early: the caller looks at the clock again
}
