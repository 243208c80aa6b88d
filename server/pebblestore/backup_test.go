package pebblestore_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"parley/server/pebblestore"
)

// verify returns what Verify reports.
func verify(t *testing.T, dir string) (string, error) {
	t.Helper()
	var lines []string
	err := pebblestore.Verify(t.Context(), dir, func(line string) { lines = append(lines, line) })
	return strings.Join(lines, "\n"), err
}

// TestBackup copies a store under load: what was acknowledged before is in the
// copy, which opens as a store of its own, and has the keys of its franks.
func TestBackup(t *testing.T) {
	c := openChat(t, filepath.Join(t.TempDir(), "data"), pebblestore.Options{Logger: quiet})
	defer c.store.Close()
	c.frank(t)
	for i := range 100 {
		if _, err := c.send(t, fmt.Sprint("before-", i), "x"); err != nil {
			t.Fatal(err)
		}
	}
	var stop atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; !stop.Load(); i++ {
			c.send(t, fmt.Sprint("meanwhile-", i), "x")
		}
	}()
	dir := filepath.Join(t.TempDir(), "backup")
	if err := c.store.Backup(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if err := c.store.Backup(t.Context(), dir); err == nil {
		t.Error("a backup over a backup was made")
	}
	stop.Store(true)
	<-ended
	if err := c.store.Check(t.Context(), func(line string) { t.Log(line) }); err != nil {
		t.Error(err)
	}
	if report, err := verify(t, dir); err != nil {
		t.Errorf("Verify: %v\n%s", err, report)
	}
	copied := openChat(t, dir, pebblestore.Options{Logger: quiet})
	defer copied.store.Close()
	copied.frank(t)
	got := copied.received(t)
	for i := range 100 {
		if got[fmt.Sprint("before-", i)] == "" {
			t.Errorf("message %d isn't in the backup", i)
		}
	}
	if _, err := verify(t, dir); !errors.Is(err, pebblestore.ErrLocked) {
		t.Errorf("Verify of a store that is served: %v; want ErrLocked", err)
	}
}

// TestBackupIncomplete: a backup that lost a file, or isn't what its manifest
// says, is refused.
func TestBackupIncomplete(t *testing.T) {
	c := openChat(t, filepath.Join(t.TempDir(), "data"), pebblestore.Options{Logger: quiet})
	defer c.store.Close()
	c.send(t, "a", "x")
	dir := filepath.Join(t.TempDir(), "backup")
	if err := c.store.Backup(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, pebblestore.ManifestName)
	manifest, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	more := strings.Replace(string(manifest), `"accounts": 2`, `"accounts": 3`, 1)
	if err := os.WriteFile(name, []byte(more), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := verify(t, dir); !errors.Is(err, pebblestore.ErrCorrupt) {
		t.Errorf("with another count in the manifest: %v; want ErrCorrupt", err)
	}
	os.WriteFile(name, manifest, 0o600)
	files, _ := filepath.Glob(filepath.Join(dir, "MANIFEST-*"))
	for _, f := range files {
		os.Remove(f)
	}
	if _, err := verify(t, dir); err == nil {
		t.Error("a backup without Pebble's manifest passed")
	}
}
