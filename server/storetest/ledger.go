package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"parley/server"
)

var ledgerTests = []testCase{
	{"LedgerPutsAndReads", testLedgerPuts},
	{"LedgerCompares", testLedgerCompares},
	{"LedgerAllOrNothing", testLedgerAllOrNothing},
	{"LedgerRange", testLedgerRange},
	{"LedgerCopies", testLedgerCopies},
	{"LedgerTwoWriters", testLedgerTwoWriters},
}

func entry(key, value string) server.KeyValue { return server.KeyValue{Key: key, Value: []byte(value)} }

func absent(key string) server.KeyValue { return server.KeyValue{Key: key} }

func note(t *testing.T, s server.Store, u server.LedgerUpdate) {
	t.Helper()
	if err := s.UpdateLedger(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}

// expectEntry checks an entry's value; nil for none.
func expectEntry(t *testing.T, s server.Store, key string, want []byte) {
	t.Helper()
	got, err := s.Entries(t.Context(), []string{key})
	if err != nil || len(got) != 1 || (got[0] == nil) != (want == nil) || !bytes.Equal(got[0], want) {
		t.Errorf("Entries(%q) = %q, %v; want %q", key, got, err, want)
	}
}

func testLedgerPuts(t *testing.T, s server.Store) {
	note(t, s, server.LedgerUpdate{Put: []server.KeyValue{entry("a\x00\xff", "1"), entry("b", "")}})
	got, err := s.Entries(t.Context(), []string{"b", "none", "a\x00\xff", "b"})
	want := [][]byte{{}, nil, []byte("1"), {}}
	if err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) || got[0] == nil || got[1] != nil {
		t.Errorf("Entries = %q, %v; want %q", got, err, want)
	}
	note(t, s, server.LedgerUpdate{Put: []server.KeyValue{entry("b", "2")}, Delete: []string{"a\x00\xff", "none"}})
	expectEntry(t, s, "b", []byte("2"))
	expectEntry(t, s, "a\x00\xff", nil)
	if got, err := s.Entries(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("Entries of nothing = %q, %v", got, err)
	}
}

func testLedgerCompares(t *testing.T, s server.Store) {
	note(t, s, server.LedgerUpdate{Put: []server.KeyValue{entry("a", "1"), entry("empty", "")}})
	for what, was := range map[string]server.KeyValue{
		"another value":   entry("a", "2"),
		"there":           absent("a"),
		"not there":       entry("b", "1"),
		"empty, and not":  absent("empty"),
		"empty, and none": entry("c", ""),
	} {
		err := s.UpdateLedger(t.Context(), server.LedgerUpdate{Was: []server.KeyValue{was}, Put: []server.KeyValue{entry(was.Key, "new")}})
		if !errors.Is(err, server.ErrStale) {
			t.Errorf("%s: %v; want ErrStale", what, err)
		}
	}
	expectEntry(t, s, "a", []byte("1"))
	expectEntry(t, s, "b", nil)
	note(t, s, server.LedgerUpdate{
		Was: []server.KeyValue{entry("a", "1"), absent("b"), entry("empty", "")},
		Put: []server.KeyValue{entry("a", "2"), entry("b", "1")}, Delete: []string{"empty"},
	})
	expectEntry(t, s, "a", []byte("2"))
	expectEntry(t, s, "b", []byte("1"))
	expectEntry(t, s, "empty", nil)
}

func testLedgerAllOrNothing(t *testing.T, s server.Store) {
	note(t, s, server.LedgerUpdate{Put: []server.KeyValue{entry("a", "1"), entry("z", "1")}})
	err := s.UpdateLedger(t.Context(), server.LedgerUpdate{
		Was: []server.KeyValue{entry("a", "1"), entry("z", "other")},
		Put: []server.KeyValue{entry("a", "2"), entry("m", "1")}, Delete: []string{"z"},
	})
	if !errors.Is(err, server.ErrStale) {
		t.Errorf("%v; want ErrStale", err)
	}
	expectEntry(t, s, "a", []byte("1"))
	expectEntry(t, s, "m", nil)
	expectEntry(t, s, "z", []byte("1"))
}

func testLedgerRange(t *testing.T, s server.Store) {
	note(t, s, server.LedgerUpdate{Put: []server.KeyValue{
		entry("x\x00", "1"), entry("x\xff", "4"), entry("x\x00\x01", "2"), entry("xa", "3"), entry("w", "0"), entry("y", "5"),
	}})
	for _, c := range []struct {
		from, to string
		max      int
		want     string
	}{
		{"x", "y", 10, "1234"},
		{"x", "y", 2, "12"},
		{"x\x00\x01", "x\xff", 10, "23"},
		{"", "z", 10, "012345"},
		{"y", "x", 10, ""},
		{"x", "x", 10, ""},
		{"x", "y", 0, ""},
	} {
		list, err := s.EntryRange(t.Context(), c.from, c.to, c.max)
		got := ""
		for _, e := range list {
			got += string(e.Value)
		}
		if err != nil || got != c.want {
			t.Errorf("EntryRange(%q, %q, %d) = %q, %v; want %q", c.from, c.to, c.max, got, err, c.want)
		}
	}
}

func testLedgerCopies(t *testing.T, s server.Store) {
	value := []byte("value")
	note(t, s, server.LedgerUpdate{Put: []server.KeyValue{{Key: "a", Value: value}}})
	value[0] = 'x'
	expectEntry(t, s, "a", []byte("value"))
	got, err := s.Entries(t.Context(), []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	got[0][0] = 'y'
	expectEntry(t, s, "a", []byte("value"))
}

// testLedgerTwoWriters: of those that compare with the same value one alone
// changes it, whether it was there or not.
func testLedgerTwoWriters(t *testing.T, s server.Store) {
	for _, was := range []server.KeyValue{absent("n"), entry("n", "won")} {
		var group sync.WaitGroup
		var won, stale atomic.Int64
		for range 8 {
			group.Go(func() {
				next := "won"
				if was.Value != nil {
					next = "won again"
				}
				err := s.UpdateLedger(t.Context(), server.LedgerUpdate{Was: []server.KeyValue{was}, Put: []server.KeyValue{entry("n", next)}})
				switch {
				case err == nil:
					won.Add(1)
				case errors.Is(err, server.ErrStale):
					stale.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 || stale.Load() != 7 {
			t.Errorf("%d won and %d were stale; want 1 and 7", won.Load(), stale.Load())
		}
	}
}
