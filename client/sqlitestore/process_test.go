//go:build unix

package sqlitestore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"parley/client"
	"parley/client/storetest"
)

// The tests of several processes run this test binary again, with what it is to
// do in the environment.
const (
	childTask = "PARLEY_SQLITESTORE_TASK" // a key of tasks
	childPath = "PARLEY_SQLITESTORE_PATH" // of the store
)

var tasks = map[string]func(path string) error{
	"write":     writeForEver,
	"increment": increment,
	"readonly":  openReadOnly,
}

// each is how often an incrementing process counts.
const each = 100

// nobody is a user that may do nothing.
const nobody = 65534

func TestMain(m *testing.M) {
	task := os.Getenv(childTask)
	if task == "" {
		os.Exit(m.Run())
	}
	if err := tasks[task](os.Getenv(childPath)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child returns the command of a process that does task.
func child(t *testing.T, task, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childTask+"="+task, childPath+"="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

// writeForEver writes the crash test's steps and prints the version that each
// write made, after it returned.
func writeForEver(path string) error {
	s, err := Open(path)
	if err != nil {
		return err
	}
	ctx := context.Background()
	base, err := s.Version(ctx)
	if err != nil {
		return err
	}
	for ; ; base++ {
		if err := s.Write(ctx, base, crashStep(base+1)); err != nil {
			return err
		}
		if _, err := fmt.Println(base + 1); err != nil {
			return err
		}
	}
}

// crashStep returns the changes of the write that makes version: some records of
// its own, some that each write replaces, and the deletion of an older one.
func crashStep(version uint64) []client.Change {
	var changes []client.Change
	value := []byte(strconv.FormatUint(version, 10))
	for i := range 4 {
		changes = append(changes,
			client.Change{Key: fmt.Sprintf("own/%012d/%d", version, i), Value: value},
			client.Change{Key: fmt.Sprintf("latest/%d", i), Value: value})
	}
	if version > 1 {
		changes = append(changes, client.Change{Key: fmt.Sprintf("own/%012d/0", version-1)})
	}
	return changes
}

// rounds is how often the crash test kills: PARLEY_TORTURE_ROUNDS, or 5.
func rounds(t *testing.T) int {
	text := os.Getenv("PARLEY_TORTURE_ROUNDS")
	if text == "" {
		return 5
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("PARLEY_TORTURE_ROUNDS: %v", err)
	}
	return n
}

// TestCrash kills a process that writes, again and again on one store: every
// write that returned is there, and none is there by half.
func TestCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	acknowledged := uint64(0)
	for range rounds(t) {
		acknowledged = max(acknowledged, killAfter(t, path, 1+rand.IntN(60)))
		s := open(t, path)
		version, err := s.Version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if version < acknowledged {
			t.Fatalf("version %d after a crash; write %d had returned", version, acknowledged)
		}
		checkCrashed(t, s, version)
		acknowledged = version
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killAfter runs a writing process, kills it some writes later, wherever it is
// then, and returns the last version that it said was written.
func killAfter(t *testing.T, path string, writes int) uint64 {
	t.Helper()
	cmd := child(t, "write", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := uint64(0)
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if last, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
			t.Fatal(err)
		}
		if n == writes {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the writing process ended by itself: %v", err)
	}
	return last
}

// checkCrashed checks that the store holds what the writes up to version made,
// each whole, and nothing else.
func checkCrashed(t *testing.T, s *Store, version uint64) {
	t.Helper()
	want := map[string]string{}
	for v := uint64(1); v <= version; v++ {
		for _, c := range crashStep(v) {
			if c.Value == nil {
				delete(want, c.Key)
			} else {
				want[c.Key] = string(c.Value)
			}
		}
	}
	records, err := s.List(t.Context(), "", "", len(want)+1)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if want[r.Key] != string(r.Value) {
			t.Errorf("version %d: %s = %q; want %q", version, r.Key, r.Value, want[r.Key])
		}
	}
	if len(records) != len(want) {
		t.Errorf("version %d has %d records; want %d", version, len(records), len(want))
	}
}

func increment(path string) error {
	s, err := Open(path)
	if err != nil {
		return err
	}
	for n := 0; n < each; {
		switch err := storetest.Increment(context.Background(), s, "counter"); {
		case err == nil:
			n++
		case !errors.Is(err, ErrBusy): // the other process was held up for longer than one waits
			return err
		}
	}
	return s.Close()
}

// TestTwoProcesses lets two processes make one store and count in it at once.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	var started []*exec.Cmd
	for range 2 {
		cmd := child(t, "increment", path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		started = append(started, cmd)
	}
	for _, cmd := range started {
		if err := cmd.Wait(); err != nil {
			t.Errorf("a counting process: %v", err)
		}
	}
	s := open(t, path)
	value, err := s.Get(t.Context(), "counter")
	if err != nil || string(value) != strconv.Itoa(2*each) {
		t.Errorf("counter = %q, %v; want %d", value, err, 2*each)
	}
	if v, err := s.Version(t.Context()); err != nil || v != 2*each {
		t.Errorf("Version = %d, %v; want %d", v, err, 2*each)
	}
}

// openReadOnly opens a store that it may not write to. Root may write anything,
// so it becomes nobody first.
func openReadOnly(path string) error {
	if os.Getuid() == 0 {
		if err := syscall.Setuid(nobody); err != nil {
			return err
		}
	}
	s, err := Open(path)
	if err != nil {
		return expect(err)
	}
	return expect(s.Write(context.Background(), 0, nil))
}

// expect returns nil if err says that the store can't be written to.
func expect(err error) error {
	if errors.Is(err, ErrReadOnly) {
		return nil
	}
	return fmt.Errorf("a store without permission to write: %v; want ErrReadOnly", err)
}

func TestReadOnly(t *testing.T) {
	dir, err := os.MkdirTemp("", "sqlitestore")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		os.Chmod(dir, 0o755)
		os.RemoveAll(dir)
	})
	path := filepath.Join(dir, "store.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(path, nobody, -1); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]fs.FileMode{path: 0o400, dir: 0o555} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []string{path, filepath.Join(dir, "new.db")} {
		if out, err := child(t, "readonly", p).Output(); err != nil {
			t.Errorf("%s: %v %s", filepath.Base(p), err, out)
		}
	}
}
