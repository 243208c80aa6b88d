package pgstore_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/server/clientapi/apitest"
	"parley/server/pgstore/pgtest"
)

// TestErasedBytes: once an account is erased and the tables are rewritten, no byte of
// the database's files names it, nor holds what it had. (The write-ahead log, which the
// server uses again in its time, and the planner's samples, which autovacuum takes in
// its own, are another matter: docs/operations.md says so.)
func TestErasedBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes a server of its own")
	}
	pg := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"autovacuum": "off"}})
	dsn := pg.DSN("postgres")
	s := open(t, dsn)
	site := apitest.New(t, apitest.Options{Store: s})
	needles := site.Erasure(func(needles [][]byte) {
		pg.SQL("postgres", "CHECKPOINT")
		if n := searchBase(t, pg, needles); n < 3 {
			t.Fatalf("the search finds %d of what is there before", n)
		}
	})
	pg.SQL("postgres", "VACUUM FULL")
	pg.SQL("postgres", "CHECKPOINT")
	if n := searchBase(t, pg, needles); n != 0 {
		t.Errorf("%d of %d needles are there after the erasure", n, len(needles))
	}
}

// searchBase returns how many of needles stand in the files of tables and indexes.
func searchBase(t *testing.T, pg *pgtest.Server, needles [][]byte) (n int) {
	t.Helper()
	dir := strings.TrimSpace(pg.SQL("postgres", "SHOW data_directory"))
	found := map[string]bool{}
	err := filepath.WalkDir(filepath.Join(dir, "base"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // the server removes files
		}
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		for _, needle := range needles {
			if bytes.Contains(data, needle) {
				found[string(needle)] = true
				t.Logf("%q is in %s", needle, filepath.Base(path))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}
