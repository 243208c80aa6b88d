package pgtest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A process is one of a server's, as /proc tells.
type process struct {
	id    int
	begun string        // when it was started: tells it from a later one with its id
	cpu   time.Duration // used so far
}

// stat reads /proc/ID/stat; false if there is no such process.
func stat(id int) (p process, parent int, ok bool) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(id), "stat"))
	if err != nil {
		return p, 0, false
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if len(f) < 20 || f[0] == "Z" {
		return p, 0, false
	}
	parent, _ = strconv.Atoi(f[1])
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return process{id: id, begun: f[19], cpu: time.Duration(user+system) * 10 * time.Millisecond}, parent, true
}

func (p process) lives() bool {
	now, _, ok := stat(p.id)
	return ok && now.begun == p.begun
}

// stopped reports whether a process stands still after SIGSTOP, or has ended.
func stopped(id int) bool {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(id), "stat"))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return strings.HasPrefix(rest, "T") || strings.HasPrefix(rest, "Z")
}

// children returns the server's processes but the first. The caller holds mu.
func (s *Server) children() (children []process) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		id, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if p, parent, ok := stat(id); ok && parent == s.cmd.Process.Pid {
			children = append(children, p)
		}
	}
	return children
}

// CPU returns the processor time that the processes of the shared server, those
// that live now, have used: 0 where /proc doesn't say it.
func CPU() (sum time.Duration) {
	s := shared.server
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		for _, p := range s.children() {
			sum += p.cpu
		}
	}
	return sum
}
