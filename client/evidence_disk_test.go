package client_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parley/client"
	"parley/client/sqlitestore"
)

// lie returns how many of values some file below dir has a piece of.
func lie(t *testing.T, dir string, values [][]byte) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var all []byte
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	for _, v := range values {
		for ; len(v) >= 24; v = v[24:] { // a record may lie on several pages
			if bytes.Contains(all, v[:24]) {
				n++
				break
			}
		}
	}
	return n
}

// What was evidence, of messages that were unsent, edited or just read, is in no file of
// a device any more once its time is over and the program has ended.
func TestEvidenceLeavesTheDisk(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	bob := w.signUp("bob")
	dir := t.TempDir()
	store, err := sqlitestore.Open(filepath.Join(dir, "alice.db"))
	if err != nil {
		t.Fatal(err)
	}
	login, seal := keys("alice")
	alice, err := client.SignUp(ctx, w.config(store), seal, account("alice"), login)
	bob.ok(err)
	bob.ok(alice.Sync(ctx))
	stays := bob.sendTo("stays", "alice")
	unsent, edited := bob.sendTo("unsent", "alice"), bob.sendTo("edited", "alice")
	bob.ok(alice.Sync(ctx))
	_, err = bob.Unsend(ctx, unsent)
	bob.ok(err)
	_, err = bob.Edit(ctx, edited, "edited twice")
	bob.ok(err)
	bob.ok(alice.Sync(ctx))
	records, err := store.List(ctx, "evid/", "", 1000)
	bob.ok(err)
	var kept [][]byte
	for _, r := range records {
		kept = append(kept, r.Value)
	}
	if n := lie(t, dir, kept); len(kept) < 6 || n != len(kept) {
		t.Fatalf("the search finds %d of %d records", n, len(kept))
	}
	w.clock.advance(client.DefaultEvidence + 2*time.Hour)
	bob.ok(alice.Sweep(ctx))
	if v, err := alice.Lookup(ctx, stays); err != nil || v.Text != "stays" {
		t.Errorf("Lookup = %v, %v", v, err)
	}
	alice.Close()
	bob.ok(store.Close())
	if n := lie(t, dir, kept); n != 0 {
		t.Errorf("%d of %d records are still on the disk", n, len(kept))
	}
}
