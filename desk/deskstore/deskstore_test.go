package deskstore

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"parley/desk"
)

func open(t *testing.T, path string, key byte) *Store {
	t.Helper()
	s, err := Open(path, bytes.Repeat([]byte{key}, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func write(t *testing.T, s *Store, changes ...desk.Change) {
	t.Helper()
	if err := s.Write(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
}

func TestStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := open(t, path, 1)
	write(t, s, desk.Change{Key: "a/1", Value: []byte("one")}, desk.Change{Key: "a/2", Value: []byte{}}, desk.Change{Key: "b/1", Value: []byte("x")})
	write(t, s, desk.Change{Key: "a/3", Value: []byte("three")}, desk.Change{Key: "b/1"})
	s.Close()
	s = open(t, path, 1)
	if v, err := s.Get(t.Context(), "a/1"); err != nil || string(v) != "one" {
		t.Errorf("Get = %q, %v", v, err)
	}
	if v, err := s.Get(t.Context(), "a/2"); err != nil || v == nil || len(v) != 0 {
		t.Errorf("an empty value: %v, %v; want empty, not nil", v, err)
	}
	if v, err := s.Get(t.Context(), "b/1"); err != nil || v != nil {
		t.Errorf("what was deleted: %q, %v", v, err)
	}
	list, err := s.List(t.Context(), "a/", "a/1", 2)
	if err != nil || len(list) != 2 || list[0].Key != "a/2" || list[1].Key != "a/3" {
		t.Errorf("List = %v, %v", list, err)
	}
	if list, err := s.List(t.Context(), "c/", "", 2); err != nil || len(list) != 0 {
		t.Errorf("List of none = %v, %v", list, err)
	}
}

// The file has nothing that can be read without the key; another key doesn't open it.
func TestSealed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := open(t, path, 1)
	secret := []byte("what somebody wrote to somebody")
	write(t, s, desk.Change{Key: "report/1", Value: secret})
	s.Close()
	for _, name := range []string{path, path + "-wal"} {
		if data, err := os.ReadFile(name); err == nil && bytes.Contains(data, secret[:8]) {
			t.Errorf("%s has it in the clear", filepath.Base(name))
		}
	}
	if s, err := Open(path, bytes.Repeat([]byte{2}, 32)); !errors.Is(err, ErrKey) {
		t.Errorf("another key: %v, %v; want ErrKey", s, err)
	}
}

// Who moves a value to another name, or changes it, is found out.
func TestMoved(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "desk.db"), 1)
	write(t, s, desk.Change{Key: "decision/a", Value: []byte("suspend")}, desk.Change{Key: "decision/b", Value: []byte("dismiss")})
	if _, err := s.db.ExecContext(t.Context(), "UPDATE record SET value = (SELECT value FROM record WHERE key = 'decision/a') WHERE key = 'decision/b'"); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Get(t.Context(), "decision/b"); !errors.Is(err, ErrKey) {
		t.Errorf("a moved value: %q, %v; want ErrKey", v, err)
	}
	if _, err := s.List(t.Context(), "decision/", "", 9); !errors.Is(err, ErrKey) {
		t.Errorf("a list with one: %v; want ErrKey", err)
	}
}
