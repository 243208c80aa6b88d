package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A disk is a file system of its own in a file, mounted where a site keeps its
// data. It needs root and a loop device.
type disk struct {
	t           *testing.T
	image, path string
}

// newDisk mounts one of size bytes as the site's data directory, or skips t.
func newDisk(t *testing.T, s *site, size int64) *disk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("mounting a disk needs root")
	}
	d := &disk{t: t, image: filepath.Join(s.dir, "disk"), path: filepath.Join(s.dir, "mount")}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, size); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", d.image).CombinedOutput(); err != nil {
		t.Skipf("no ext4 can be made here: %v %s", err, out)
	}
	if out, err := exec.Command("mount", "-o", "loop", d.image, d.path).CombinedOutput(); err != nil {
		t.Skipf("no loop device can be mounted here: %v %s", err, out)
	}
	t.Cleanup(func() { s.kill(); d.unmount() })
	s.at = filepath.Join(d.path, "data")
	return d
}

// abort makes the disk read-only, as the kernel does after an error, whoever has
// files open.
func (d *disk) abort() {
	d.t.Helper()
	d.run("mount", "-o", "remount,abort", d.path)
}

// repair makes it writable again. Nobody may have files open.
func (d *disk) repair() {
	d.t.Helper()
	d.unmount()
	exec.Command("e2fsck", "-fy", d.image).Run() // its status says that it repaired something
	// The device before may still be going.
	eventually(d.t, "the disk can't be mounted again", func() bool { return exec.Command("mount", "-o", "loop", d.image, d.path).Run() == nil })
}

// unmount unmounts the disk, which the system may still be busy with for a moment.
func (d *disk) unmount() {
	d.t.Helper()
	eventually(d.t, "the disk can't be unmounted", func() bool { return exec.Command("umount", d.path).Run() == nil })
}

func (d *disk) run(name string, args ...string) {
	d.t.Helper()
	// What is aborted says so with a status of its own.
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil && !strings.Contains(strings.Join(args, " "), "abort") {
		d.t.Fatalf("%s %q: %v %s", name, args, err, out)
	}
}

// slow bounds how many times a second a process writes to the disk, until the
// returned function is called, or skips t.
func (d *disk) slow(pid, writes int) (stop func()) {
	d.t.Helper()
	out, err := exec.Command("losetup", "--noheadings", "--output", "MAJ:MIN", "--associated", d.image).Output()
	if err != nil {
		d.t.Skipf("losetup: %v", err)
	}
	group := filepath.Join("/sys/fs/cgroup/blkio", fmt.Sprint("parley-test-", os.Getpid()))
	if err := os.Mkdir(group, 0o700); err != nil {
		d.t.Skipf("there is no blkio group to slow a disk with: %v", err)
	}
	limit := fmt.Sprintf("%s %d", strings.TrimSpace(string(out)), writes)
	if err := os.WriteFile(filepath.Join(group, "blkio.throttle.write_iops_device"), []byte(limit), 0); err != nil {
		os.Remove(group)
		d.t.Skipf("a disk can't be slowed here: %v", err)
	}
	if err := os.WriteFile(filepath.Join(group, "cgroup.procs"), fmt.Append(nil, pid), 0); err != nil {
		os.Remove(group)
		d.t.Skipf("a disk can't be slowed here: %v", err)
	}
	stop = func() {
		os.WriteFile("/sys/fs/cgroup/blkio/cgroup.procs", fmt.Append(nil, pid), 0)
		os.Remove(group)
	}
	d.t.Cleanup(stop)
	return stop
}

// A disk that becomes read-only under a running server: what is sent is refused and
// kept by its sender, what was acknowledged is there when the disk is repaired, and
// everything goes on.
func TestReadOnlyDisk(t *testing.T) {
	s := newSite(t)
	d := newDisk(t, s, 1<<30)
	s.start()
	s.join("alice", "bob")
	s.as("alice", "send", "bob", "before")
	s.as("alice", "send", "bob", "and this")
	d.abort()
	out, err := s.try("alice", "send", "bob", "to a read-only disk")
	if err == nil || strings.TrimSpace(out) == "" {
		t.Errorf("send to a server with a read-only disk: %q, %v; want an id, and that it is kept", out, err)
	}
	if !s.running() {
		t.Fatal("the server ended by itself")
	}
	// What needs no disk goes on, but nobody can acknowledge what they read.
	out, _ = s.try("bob", "read", "--json")
	var got []string
	for _, l := range parseLines(t, out) {
		got = append(got, l.Text)
	}
	if want := []string{"before", "and this"}; !slices.Equal(got, want) {
		t.Errorf("from a server with a read-only disk bob reads %q; want %q", got, want)
	}
	s.kill()

	// It doesn't start on such a disk, and says so.
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	serve := exec.CommandContext(ctx, parley, "serve", "--data", s.data(), "--listen", "127.0.0.1:0")
	serve.Env = []string{"HOME=" + s.dir, "PARLEY_POLICY=open"}
	said, err := serve.CombinedOutput()
	if err == nil || ctx.Err() != nil || !strings.Contains(string(said), "(disk_read_only)") {
		t.Errorf("serve on a read-only disk: %v\n%s", err, said)
	}

	d.repair()
	s.start()
	s.as("alice", "read", "--json") // sends what waits
	got = s.texts("bob")
	if want := "to a read-only disk"; len(got) == 0 || got[len(got)-1] != want {
		t.Errorf("bob reads %q; want %q at last", got, want)
	}
	s.as("bob", "send", "alice", "after")
	s.wantTexts("alice", "after")
}

// A server works on a small disk, and on one that is too small says so and ends.
func TestSmallDisk(t *testing.T) {
	s := newSite(t)
	newDisk(t, s, 128<<20)
	s.start()
	s.join("alice", "bob")
	s.as("alice", "send", "bob", "on a small disk")
	s.wantTexts("bob", "on a small disk")

	s = newSite(t)
	newDisk(t, s, 2<<20)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	serve := exec.CommandContext(ctx, parley, "serve", "--data", s.data(), "--listen", "127.0.0.1:0")
	serve.Env = []string{"HOME=" + s.dir, "PARLEY_POLICY=open"}
	said, err := serve.CombinedOutput()
	if err == nil || ctx.Err() != nil || !strings.Contains(string(said), "(disk_full)") || len(said) > 4<<10 {
		t.Errorf("serve on a disk that is too small: %v\n%s", err, said[:min(len(said), 4<<10)])
	}
}

// A server with a slow disk stores what it can, refuses the rest as unavailable and
// as nothing else, answers meanwhile what needs no disk, and recovers.
func TestSlowDisk(t *testing.T) {
	s := newSite(t)
	d := newDisk(t, s, 1<<30)
	s.start()
	s.join("alice", "bob")
	s.as("alice", "send", "bob", "before")
	stop := d.slow(s.proc.Process.Pid, 20)
	load := s.command(t.Context(), "nobody", "bench", "--url", s.url(), "--pairs", "6", "--inflight", "200", "--seconds", "4", "--json")
	done := make(chan error, 1)
	var report strings.Builder
	var notes strings.Builder
	load.Stdout, load.Stderr = &report, &notes
	go func() { done <- load.Run() }()
	reads := 0
	for waiting := true; waiting; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("bench: %v\n%s", err, notes.String())
			}
			waiting = false
		case <-time.After(200 * time.Millisecond):
			s.as("bob", "rooms", "--json")
			reads++
		}
	}
	var result struct {
		Server struct {
			Accepted  int64
			Refused   int64
			RefusedBy map[string]int64           `json:"refused_by"`
			Latency   struct{ P50, P99 float64 } `json:"latency_ms"`
		}
	}
	if err := json.Unmarshal([]byte(report.String()), &result); err != nil {
		t.Fatalf("%v\n%s", err, report.String())
	}
	r := result.Server
	t.Logf("%d accepted, %d refused %v, of what was accepted p50 %v and p99 %v ms; %d reads meanwhile", r.Accepted, r.Refused, r.RefusedBy, r.Latency.P50, r.Latency.P99, reads)
	if r.Accepted == 0 || r.Refused != r.RefusedBy["unavailable"] {
		t.Errorf("a slow disk: %d accepted, refused %v; want some, and refusals as unavailable alone", r.Accepted, r.RefusedBy)
	}
	if reads == 0 || !s.running() {
		t.Error("nothing was read while the disk was slow")
	}
	stop()
	s.try("alice", "send", "bob", "after") // it may still be refused, and is kept then
	eventually(t, "alice can't send after the disk was slow", func() bool {
		_, err := s.try("alice", "read", "--json")
		return err == nil
	})
	s.wantTexts("bob", "before", "after")
}
