package storetest

import (
	"bytes"
	"testing"

	"parley/client"
)

func testListOrder(t *testing.T, s client.Store) {
	// Written in another order than their bytes' one, which is neither that of
	// letters nor that of numbers.
	fill(t, s, "b", "a", "a\x00", "B", "10", "9", "é", "\xff", "z", "aa")
	wantList(t, s, "", "", 100, "10", "9", "B", "a", "a\x00", "aa", "b", "z", "é", "\xff")
}

func testListPrefix(t *testing.T, s client.Store) {
	fill(t, s, "a", "a/1", "a/2", "a0", "b/1", "\xff", "\xff\xff", "\xff\xff1", "\xfe")
	wantList(t, s, "a/", "", 100, "a/1", "a/2")
	wantList(t, s, "a", "", 100, "a", "a/1", "a/2", "a0")
	wantList(t, s, "c", "", 100)
	wantList(t, s, "a/3", "", 100)
	// No key follows all those of such a prefix.
	wantList(t, s, "\xff\xff", "", 100, "\xff\xff", "\xff\xff1")
	wantList(t, s, "\xfe", "", 100, "\xfe")
}

func testListAfter(t *testing.T, s client.Store) {
	fill(t, s, "a/1", "a/2", "a/3", "b/1")
	wantList(t, s, "a/", "a/1", 100, "a/2", "a/3")
	wantList(t, s, "a/", "a/1x", 100, "a/2", "a/3") // after need not exist
	wantList(t, s, "a/", "a/3", 100)
	wantList(t, s, "a/", "0", 100, "a/1", "a/2", "a/3") // before the prefix
	wantList(t, s, "a/", "b", 100)                      // beyond the prefix
	wantList(t, s, "", "a/3", 100, "b/1")
	fill(t, s, "a/1\x00")
	wantList(t, s, "a/", "a/1", 1, "a/1\x00")
}

func testListLimit(t *testing.T, s client.Store) {
	fill(t, s, "a/1", "a/2", "a/3", "b/1")
	wantList(t, s, "a/", "", 2, "a/1", "a/2")
	wantList(t, s, "a/", "a/2", 2, "a/3")
	wantList(t, s, "a/", "", 3, "a/1", "a/2", "a/3")
	wantList(t, s, "a/", "", 1, "a/1")
	wantList(t, s, "a/", "", 0)
	wantList(t, s, "a/", "", -1)
}

func testListCopies(t *testing.T, s client.Store) {
	fill(t, s, "a", "b")
	records, err := s.List(t.Context(), "", "", 10)
	if err != nil || len(records) != 2 {
		t.Fatalf("List = %v, %v; want two records", records, err)
	}
	clear(records[0].Value)
	clear(records[1].Value)
	wantList(t, s, "", "", 10, "a", "b")
}

// testGather holds for stores that are a [client.Gatherer].
func testGather(t *testing.T, s client.Store) {
	g, ok := s.(client.Gatherer)
	if !ok {
		t.Skip("not a Gatherer")
	}
	fill(t, s, "a", "b", "\xff")
	for range 2 {
		values, err := g.Gather(t.Context(), []string{"b", "none", "a", "a", "\xff"})
		if err != nil || len(values) != 5 {
			t.Fatalf("Gather = %v, %v; want five", values, err)
		}
		for i, key := range []string{"b", "", "a", "a", "\xff"} {
			want := []byte(nil)
			if key != "" {
				if want, err = s.Get(t.Context(), key); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(values[i], want) || (values[i] == nil) != (want == nil) {
				t.Errorf("value %d = %q; want %q", i, values[i], want)
			}
			clear(values[i]) // they are the caller's
		}
	}
	if values, err := g.Gather(t.Context(), nil); err != nil || len(values) != 0 {
		t.Errorf("Gather of nothing = %v, %v", values, err)
	}
}
