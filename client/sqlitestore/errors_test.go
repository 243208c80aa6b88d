package sqlitestore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/client"
)

// limitPages lets the database of s grow by no more than a few pages. It leaves
// one connection, since the limit is a connection's.
func limitPages(t *testing.T, s *Store) {
	t.Helper()
	s.db.SetMaxOpenConns(1)
	var pages int
	if err := s.db.QueryRowContext(t.Context(), `PRAGMA max_page_count = 20`).Scan(&pages); err != nil || pages != 20 {
		t.Fatalf("max_page_count = %d, %v", pages, err)
	}
}

func TestFull(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "store.db"))
	small := client.Change{Key: "a", Value: []byte("1")}
	if err := s.Write(t.Context(), 0, []client.Change{small}); err != nil {
		t.Fatal(err)
	}
	limitPages(t, s)
	large := client.Change{Key: "b", Value: make([]byte, 1<<20)}
	err := s.Write(t.Context(), 1, []client.Change{{Key: "a", Value: []byte("2")}, large})
	if !errors.Is(err, ErrFull) {
		t.Errorf("Write of more than fits: %v; want ErrFull", err)
	}
	if v, err := s.Get(t.Context(), "a"); err != nil || string(v) != "1" {
		t.Errorf("Get after it = %q, %v; want the value from before", v, err)
	}
	if err := s.Write(t.Context(), 1, []client.Change{small}); err != nil {
		t.Errorf("a small Write after it: %v", err)
	}
}

func TestNotAStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	text := []byte(strings.Repeat("dear diary, ", 1000))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(path); !errors.Is(err, ErrNotOurs) {
		t.Errorf("Open of a text = %v, %v; want ErrNotOurs", s, err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, text) {
		t.Errorf("Open changed a file that isn't a store (%v)", err)
	}
}

// foreign makes a database at path by statements.
func foreign(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOtherDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	foreign(t, path, `CREATE TABLE bookmarks (url TEXT)`)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := Open(path); !errors.Is(err, ErrNotOurs) {
		t.Errorf("Open of another program's database = %v, %v; want ErrNotOurs", s, err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
		t.Errorf("Open changed another program's database (%v)", err)
	}
}

func TestNewerFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	foreign(t, path, `PRAGMA user_version = 2`)
	if s, err := Open(path); !errors.Is(err, ErrNewer) {
		t.Errorf("Open of format 2 = %v, %v; want ErrNewer", s, err)
	}
}

// TestCorrupt overwrites everything behind the first page.
func TestCorrupt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	for i := range 20 {
		if err := s.Write(t.Context(), uint64(i), step(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(data); i++ {
		data[i] = 0x5a
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	if _, err := s.Get(t.Context(), "state/0"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Get of a damaged page: %v; want ErrCorrupt", err)
	}
	if _, err := s.List(t.Context(), "", "", 10); !errors.Is(err, ErrCorrupt) {
		t.Errorf("List of damaged pages: %v; want ErrCorrupt", err)
	}
	if err := s.Write(t.Context(), 20, step(0)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Write over damaged pages: %v; want ErrCorrupt", err)
	}
}

func TestNoDirectory(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "nowhere", "store.db"))
	if !errors.Is(err, ErrInaccessible) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open in no directory = %v, %v; want ErrInaccessible and os.ErrNotExist", s, err)
	}
}

func TestDirectory(t *testing.T) {
	if s, err := Open(t.TempDir()); !errors.Is(err, ErrNotOurs) {
		t.Errorf("Open of a directory = %v, %v; want ErrNotOurs", s, err)
	}
}

// lock keeps the database of s locked for writers until the test ends.
func lock(t *testing.T, s *Store) {
	t.Helper()
	tx, err := s.db.BeginTx(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback() })
}

func TestBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	holder, s := open(t, path), open(t, path)
	lock(t, holder)
	s.db.SetMaxOpenConns(1)
	if _, err := s.db.ExecContext(t.Context(), `PRAGMA busy_timeout = 1`); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), 0, nil); !errors.Is(err, ErrBusy) {
		t.Errorf("Write while another holds the lock: %v; want ErrBusy", err)
	}
	if _, err := s.Get(t.Context(), "a"); err != nil {
		t.Errorf("Get while another holds the lock: %v", err)
	}
}

// TestCancelWhileWaiting checks that a write that waits for another process, or
// for another goroutine of this one, ends with its context.
func TestCancelWhileWaiting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	holder, s := open(t, path), open(t, path)
	lock(t, holder)
	errs := make(chan error, 2)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	for range 2 {
		go func() { errs <- s.Write(ctx, 0, step(0)) }()
	}
	for range 2 {
		if err := <-errs; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Write that waits beyond its context: %v; want context.DeadlineExceeded", err)
		}
	}
}

// TestErrorsHoldNoData checks that neither a key nor a value gets into an error.
func TestErrorsHoldNoData(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "store.db"))
	limitPages(t, s)
	change := client.Change{Key: "the-key", Value: bytes.Repeat([]byte("the-value"), 1<<17)}
	err := s.Write(t.Context(), 0, []client.Change{change})
	if err == nil || strings.Contains(err.Error(), "the-") {
		t.Errorf("error of Write: %v; want one without key and value", err)
	}
}
