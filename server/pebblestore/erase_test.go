package pebblestore_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"parley/server/clientapi/apitest"
	"parley/server/pebblestore"
)

// TestErasedBytes: once an account is erased and the store compacted, no byte of its
// directory names it, nor holds what it had.
func TestErasedBytes(t *testing.T) {
	dir, files := t.TempDir(), t.TempDir()
	s, err := pebblestore.Open(dir, pebblestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	site := apitest.New(t, apitest.Options{Store: s, Dir: files})
	needles := site.Erasure(func(needles [][]byte) {
		if n := search(t, needles, dir); n < 3 {
			t.Fatalf("the search finds %d of what is there before", n)
		}
	})
	site.Kill()
	for range 2 { // the second time it writes to other logs
		if err := s.CompactAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = pebblestore.Open(dir, pebblestore.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := search(t, needles, dir, files); n != 0 {
		t.Errorf("%d of %d needles are there after the erasure", n, len(needles))
	}
	if err := pebblestore.Verify(t.Context(), dir, func(note string) { t.Log(note) }); err != nil {
		t.Errorf("the store afterwards: %v", err)
	}
}

// search returns how many of needles stand in files below dirs, or in their names.
func search(t *testing.T, needles [][]byte, dirs ...string) (n int) {
	t.Helper()
	found := make([]bool, len(needles))
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if os.IsNotExist(err) {
				return nil // a store that runs removes files
			}
			for i, needle := range needles {
				if bytes.Contains(data, needle) || bytes.Contains([]byte(path), needle) {
					if !found[i] {
						t.Logf("%q is in %s", needle, filepath.Base(path))
					}
					found[i] = true
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range found {
		if f {
			n++
		}
	}
	return n
}
