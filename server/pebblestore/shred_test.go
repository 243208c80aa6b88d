package pebblestore_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/server"
	"parley/server/pebblestore"
)

// whereIs returns the files below dir that hold secret. It looks for its middle: a
// table's compression may take the first or last bytes into a match with what is
// beside them.
func whereIs(t *testing.T, dir string, secret []byte) (names []string) {
	t.Helper()
	middle := secret[8 : len(secret)-8]
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil && bytes.Contains(data, middle) {
			names = append(names, filepath.Base(name))
		}
	}
	return names
}

// TestShred: what is deleted and shredded is in no file any more, wherever it was:
// in the log, in a table, in a log that is used again; and nothing else is lost.
func TestShred(t *testing.T) {
	dir := t.TempDir()
	c := openChat(t, dir, pebblestore.Options{Logger: quiet})
	var secrets [][]byte
	for i := range 4 {
		secret := make([]byte, 32)
		rand.Read(secret)
		secrets = append(secrets, secret)
		key := fmt.Sprint("Fh", i)
		if err := c.store.UpdateLedger(t.Context(), server.LedgerUpdate{Put: []server.KeyValue{{Key: key, Value: secret}}}); err != nil {
			t.Fatal(err)
		}
		if i > 0 { // moves what is there into tables, and begins a new log
			if err := c.store.Shred(t.Context(), "x", "y"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.send(t, fmt.Sprint("m", i), strings.Repeat("text", 100)); err != nil {
			t.Fatal(err)
		}
		if len(whereIs(t, dir, secret)) == 0 {
			t.Fatalf("the search doesn't find secret %d", i)
		}
	}
	u := server.LedgerUpdate{Delete: []string{"Fh0", "Fh1", "Fh2"}}
	if err := c.store.UpdateLedger(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if err := c.store.Shred(t.Context(), "Fh", "Fi"); err != nil {
		t.Fatal(err)
	}
	for i, secret := range secrets[:3] {
		names := whereIs(t, dir, secret)
		// Pebble removes a table that it has rewritten in its own time.
		for end := time.Now().Add(time.Minute); len(names) > 0 && time.Now().Before(end); names = whereIs(t, dir, secret) {
			time.Sleep(10 * time.Millisecond)
		}
		if len(names) > 0 {
			t.Errorf("secret %d is still in %v", i, names)
		}
	}
	if v, err := c.store.Entries(t.Context(), []string{"Fh3"}); err != nil || !bytes.Equal(v[0], secrets[3]) {
		t.Errorf("the entry that stays is %x, %v", v, err)
	}
	if _, err := c.send(t, "after", "x"); err != nil {
		t.Fatal(err)
	}
	crashed := copyOf(t, dir)
	c.store.Close()
	again := openChat(t, crashed, pebblestore.Options{Logger: quiet})
	defer again.store.Close()
	if got := again.received(t); len(got) != 5 {
		t.Errorf("after a crash bob has %d messages; want 5", len(got))
	}
}
