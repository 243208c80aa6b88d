package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdReport checks that the last command printed one JSON object in which each
// path is a number above 0.
func cmdReport(ts *testscript.TestScript, neg bool, args []string) {
	var object map[string]any
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &object); err != nil {
		ts.Fatalf("not one object: %v", err)
	}
	for _, path := range args {
		var value any = object
		for name := range strings.SplitSeq(path, ".") {
			switch v := value.(type) {
			case map[string]any:
				value = v[name]
			case []any:
				if i, err := strconv.Atoi(name); err == nil && i < len(v) {
					value = v[i]
				}
			}
		}
		if n, ok := value.(float64); !ok || n <= 0 {
			ts.Fatalf("%s is %v, want a number above 0", path, value)
		}
	}
}

// TestBenchEndsItsChildren interrupts and kills bench: the processes that it
// started end with it.
func TestBenchEndsItsChildren(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("the processes are looked up in /proc, which this system doesn't have")
	}
	parley := build(t)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		t.Run(sig.String(), func(t *testing.T) {
			cmd := exec.Command(parley, "bench", "--pairs", "2", "--seconds", "600", "--data", t.TempDir())
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the signal is for bench alone
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Process.Kill()
			children := awaitChildren(t, cmd.Process.Pid, 2)
			cmd.Process.Signal(sig)
			cmd.Wait()
			for _, pid := range children {
				awaitGone(t, pid)
			}
		})
	}
}

// TestBenchOnPostgres measures two nodes on a PostgreSQL that bench starts.
func TestBenchOnPostgres(t *testing.T) {
	if _, err := postgresPrograms(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	out, err := exec.Command(build(t), "bench", "--postgres", "--nodes", "2", "--pairs", "2",
		"--seconds", "0.3", "--warm", "0.1", "--rounds", "1", "--json").Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	var r benchReport
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	if r.Store != "postgres" || r.Nodes != 2 || r.Server.DeliveredPerS == 0 || r.Ratio == 0 {
		t.Errorf("the report is\n%s", out)
	}
}

// build builds the program.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parley")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// awaitChildren waits until a process has n children.
func awaitChildren(t *testing.T, pid, n int) (children []string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		children = childrenOf(t, pid)
		if len(children) == n {
			return children
		}
	}
	t.Fatalf("bench has the children %q, want %d", children, n)
	return nil
}

// childrenOf returns the processes whose parent is pid.
func childrenOf(t *testing.T, pid int) (children []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		f, err := os.Open(path)
		if err != nil {
			continue // it has ended
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if value, ok := strings.CutPrefix(lines.Text(), "PPid:"); ok && strings.TrimSpace(value) == strconv.Itoa(pid) {
				children = append(children, filepath.Base(filepath.Dir(path)))
			}
		}
		f.Close()
	}
	return children
}

// awaitGone waits until a process has ended.
func awaitGone(t *testing.T, pid string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
	}
	t.Errorf("process %s, which bench started, still runs", pid)
}
