package load

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"
)

// A Usage is what a process has used since it began: where the system tells.
type Usage struct {
	CPU     time.Duration // user and system
	Written int64         // bytes that it caused to be written to the disk
	RSS     int64         // bytes resident now
}

// Since returns what was used after an earlier measurement; RSS is that of now.
func (u Usage) Since(before Usage) Usage {
	return Usage{CPU: u.CPU - before.CPU, Written: u.Written - before.Written, RSS: u.RSS}
}

// Measure reads what processes have used, in sum, from /proc. What can't be read
// counts as 0.
func Measure(pids ...int) (sum Usage) {
	for _, pid := range pids {
		dir := "/proc/" + strconv.Itoa(pid) + "/"
		sum.CPU += readCPU(dir)
		sum.Written += readField(dir+"io", "write_bytes:")
		sum.RSS += readField(dir+"status", "VmRSS:") << 10
	}
	return sum
}

// tick is the unit of times in /proc/PID/stat on every Linux.
const tick = 10 * time.Millisecond

func readCPU(dir string) time.Duration {
	stat, err := os.ReadFile(dir + "stat")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // the name before it may hold spaces
	fields := strings.Fields(string(rest))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick
}

func readField(path, name string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return n
		}
	}
	return 0
}

// Descendants returns the processes that pid started, and those that they did.
func Descendants(pid int) []int {
	children := map[int][]int{}
	all, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range all {
		if child, err := strconv.Atoi(e.Name()); err == nil {
			parent := int(readField("/proc/"+e.Name()+"/status", "PPid:"))
			children[parent] = append(children[parent], child)
		}
	}
	found := children[pid]
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found
}
