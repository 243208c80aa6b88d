package pgtest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// CPU returns the processor time that the processes of the shared server, those
// that live now, have used: 0 where /proc doesn't say it.
func CPU() time.Duration {
	s := shared.server
	if s == nil || s.cmd == nil {
		return 0
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	ticks := 0
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		f := strings.Fields(rest)
		if parent := strconv.Itoa(s.cmd.Process.Pid); len(f) < 13 || f[1] != parent {
			continue // the children are backends; they are leaders of groups of their own
		}
		user, _ := strconv.Atoi(f[11])
		system, _ := strconv.Atoi(f[12])
		ticks += user + system
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
