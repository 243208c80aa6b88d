package sqlitestore

import (
	"os"
	"path/filepath"
	"testing"

	"parley/client"
	"parley/client/storetest"
)

// open opens path and closes it after the test.
func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) client.Store {
		return open(t, filepath.Join(t.TempDir(), "store.db"))
	})
}

func TestShared(t *testing.T) {
	storetest.RunShared(t, func(t *testing.T) func() client.Store {
		path := filepath.Join(t.TempDir(), "store.db")
		return func() client.Store { return open(t, path) }
	})
}

func TestFileModes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil { // made by hand, too wide
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	if err := s.Write(t.Context(), 0, []client.Change{{Key: "a", Value: []byte("1")}}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has mode %o; want 600", filepath.Base(name), got)
		}
	}
}

func TestNewFileMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	open(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("a new file has mode %o; want 600", got)
	}
}

func TestNameOfAnyBytes(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "we ird?mode=memory&x%41#+.db")
	s := open(t, path)
	if err := s.Write(t.Context(), 0, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("the directory holds %v, %v; want only the store, without files beside it", entries, err)
	}
}

// TestConnectionSettings checks every connection of the pool: one without
// synchronous=FULL would lose writes when the power goes.
func TestConnectionSettings(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "store.db"))
	for i := range s.db.Stats().MaxOpenConnections {
		conn, err := s.db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "busy_timeout": "10000", "trusted_schema": "0",
		} {
			var got string
			if err := conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("connection %d: %s = %q, %v; want %q", i, pragma, got, err, want)
			}
		}
	}
}
