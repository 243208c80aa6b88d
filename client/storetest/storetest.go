// Package storetest holds the tests that every client.Store must pass: each
// sentence of the interface's comment has a case.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"parley/client"
)

// Run tests the stores that open returns. Each call of open must return a new,
// empty store; Run closes it.
func Run(t *testing.T, open func(t *testing.T) client.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, client.Store)
	}{
		{"NewIsEmpty", testNewIsEmpty},
		{"GetReturnsWhatWasPut", testGet},
		{"GetReturnsACopy", testGetCopies},
		{"WriteKeepsNothingOfTheCallers", testWriteCopies},
		{"AnyBytes", testAnyBytes},
		{"EmptyIsNotAbsent", testEmptyValue},
		{"LargeValue", testLargeValue},
		{"NilDeletes", testNilDeletes},
		{"LastChangeCounts", testLastChangeCounts},
		{"ListOrder", testListOrder},
		{"ListPrefix", testListPrefix},
		{"ListAfter", testListAfter},
		{"ListLimit", testListLimit},
		{"ListReturnsCopies", testListCopies},
		{"GatherReturnsWhatThereIs", testGather},
		{"VersionCountsWrites", testVersion},
		{"WriteOfNothingCounts", testEmptyWrite},
		{"ConflictChangesNothing", testConflict},
		{"OneOfTwoWritersWins", testTwoWriters},
		{"AllOrNothingForReaders", testAtomicForReaders},
		{"CancelledWriteChangesNothing", testCancelled},
		{"CancelledRead", testCancelledRead},
		{"ClosedRefuses", testClosed},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t)
			defer s.Close()
			test.run(t, s)
		})
	}
}

// put returns the change that puts value at key.
func put(key, value string) client.Change {
	return client.Change{Key: key, Value: []byte(value)}
}

// del returns the change that deletes key.
func del(key string) client.Change { return client.Change{Key: key} }

// write writes changes on top of the current version.
func write(t *testing.T, s client.Store, changes ...client.Change) {
	t.Helper()
	if err := s.Write(t.Context(), version(t, s), changes); err != nil {
		t.Fatalf("Write: %v", err)
	}
}

func version(t *testing.T, s client.Store) uint64 {
	t.Helper()
	v, err := s.Version(t.Context())
	if err != nil {
		t.Fatalf("Version: %v", err)
	}
	return v
}

func get(t *testing.T, s client.Store, key string) []byte {
	t.Helper()
	v, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("Get(%q): %v", key, err)
	}
	return v
}

// wantValue checks that key holds exactly want.
func wantValue(t *testing.T, s client.Store, key, want string) {
	t.Helper()
	if got := get(t, s, key); got == nil || string(got) != want {
		t.Errorf("Get(%q) = %q (nil: %t); want %q", key, got, got == nil, want)
	}
}

// wantAbsent checks that there is nothing at key.
func wantAbsent(t *testing.T, s client.Store, key string) {
	t.Helper()
	if got := get(t, s, key); got != nil {
		t.Errorf("Get(%q) = %q; want nil", key, got)
	}
}

func wantVersion(t *testing.T, s client.Store, want uint64) {
	t.Helper()
	if got := version(t, s); got != want {
		t.Errorf("Version = %d; want %d", got, want)
	}
}

// wantList checks the keys of a List, and that each value is its key's.
func wantList(t *testing.T, s client.Store, prefix, after string, limit int, want ...string) {
	t.Helper()
	records, err := s.List(t.Context(), prefix, after, limit)
	if err != nil {
		t.Fatalf("List(%q, %q, %d): %v", prefix, after, limit, err)
	}
	got := make([]string, 0, len(records))
	for _, r := range records {
		got = append(got, r.Key)
		if string(r.Value) != "v"+r.Key {
			t.Errorf("List(%q, %q, %d): %q has value %q; want %q", prefix, after, limit, r.Key, r.Value, "v"+r.Key)
		}
	}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("List(%q, %q, %d) = %q; want %q", prefix, after, limit, got, want)
	}
}

// fill puts each key with the value that wantList expects.
func fill(t *testing.T, s client.Store, keys ...string) {
	t.Helper()
	var changes []client.Change
	for _, k := range keys {
		changes = append(changes, put(k, "v"+k))
	}
	write(t, s, changes...)
}

func testNewIsEmpty(t *testing.T, s client.Store) {
	wantVersion(t, s, 0)
	wantAbsent(t, s, "k")
	wantList(t, s, "", "", 10)
}

func testGet(t *testing.T, s client.Store) {
	write(t, s, put("a", "1"), put("b", "2"))
	wantValue(t, s, "a", "1")
	wantValue(t, s, "b", "2")
	write(t, s, put("a", "3"))
	wantValue(t, s, "a", "3")
	wantValue(t, s, "b", "2")
	wantAbsent(t, s, "c")
}

func testGetCopies(t *testing.T, s client.Store) {
	write(t, s, put("a", "xyz"))
	clear(get(t, s, "a"))
	wantValue(t, s, "a", "xyz")
}

func testWriteCopies(t *testing.T, s client.Store) {
	value := []byte("xyz")
	changes := []client.Change{{Key: "a", Value: value}}
	write(t, s, changes...)
	clear(value)
	changes[0].Key = "b"
	wantValue(t, s, "a", "xyz")
	wantAbsent(t, s, "b")
}

func testAnyBytes(t *testing.T, s client.Store) {
	var all []byte
	for i := range 256 {
		all = append(all, byte(i))
	}
	for _, key := range []string{string(all), "nul\x00in", "nul", "\xff\xfe", "ключ", "' OR 1=1 --", "%_"} {
		write(t, s, client.Change{Key: key, Value: append(all, key...)})
		wantValue(t, s, key, string(append(all, key...)))
	}
}

func testEmptyValue(t *testing.T, s client.Store) {
	write(t, s, client.Change{Key: "a", Value: []byte{}})
	wantValue(t, s, "a", "")
	write(t, s, put("b", "1"))
	write(t, s, client.Change{Key: "b", Value: []byte{}})
	wantValue(t, s, "b", "")
	write(t, s, del("b"))
	records, err := s.List(t.Context(), "", "", 10)
	if err != nil || len(records) != 1 || records[0].Value == nil {
		t.Errorf("List = %v, %v; want one record with an empty value", records, err)
	}
}

func testLargeValue(t *testing.T, s client.Store) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	write(t, s, client.Change{Key: "a", Value: large}, put("b", "x"))
	if got := get(t, s, "a"); !bytes.Equal(got, large) {
		t.Errorf("Get of 1 MiB returned %d other bytes", len(got))
	}
}

func testNilDeletes(t *testing.T, s client.Store) {
	fill(t, s, "a", "b", "c")
	write(t, s, del("b"), del("never there"))
	wantAbsent(t, s, "b")
	wantList(t, s, "", "", 10, "a", "c")
	fill(t, s, "b")
	wantList(t, s, "", "", 10, "a", "b", "c")
}

func testLastChangeCounts(t *testing.T, s client.Store) {
	write(t, s, put("old", "0"))
	write(t, s,
		put("twice", "1"), put("twice", "2"),
		put("gone", "1"), del("gone"),
		del("old"), put("old", "back"))
	wantValue(t, s, "twice", "2")
	wantAbsent(t, s, "gone")
	wantValue(t, s, "old", "back")
}

func testVersion(t *testing.T, s client.Store) {
	for want := uint64(1); want <= 3; want++ {
		if err := s.Write(t.Context(), want-1, []client.Change{put("a", "1"), put("b", "2")}); err != nil {
			t.Fatalf("Write on %d: %v", want-1, err)
		}
		wantVersion(t, s, want)
	}
}

func testEmptyWrite(t *testing.T, s client.Store) {
	if err := s.Write(t.Context(), 0, nil); err != nil {
		t.Fatalf("Write of no change: %v", err)
	}
	wantVersion(t, s, 1)
}

func testConflict(t *testing.T, s client.Store) {
	write(t, s, put("a", "1"))
	for _, base := range []uint64{0, 2, 1 << 63, 1<<64 - 1} {
		err := s.Write(t.Context(), base, []client.Change{put("a", "lost"), put("b", "lost")})
		if !errors.Is(err, client.ErrConflict) {
			t.Errorf("Write on %d of version 1: %v; want ErrConflict", base, err)
		}
	}
	wantVersion(t, s, 1)
	wantValue(t, s, "a", "1")
	wantAbsent(t, s, "b")
}

func testCancelled(t *testing.T, s client.Store) {
	write(t, s, put("a", "1"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Write(ctx, 1, []client.Change{put("a", "2")}); !errors.Is(err, context.Canceled) {
		t.Errorf("Write with a cancelled context: %v; want context.Canceled", err)
	}
	wantVersion(t, s, 1)
	wantValue(t, s, "a", "1")
	write(t, s, put("a", "3")) // the store goes on
	wantValue(t, s, "a", "3")
}

func testCancelledRead(t *testing.T, s client.Store) {
	write(t, s, put("a", "1"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Get(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("Get with a cancelled context: %v; want context.Canceled", err)
	}
	if _, err := s.List(ctx, "", "", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("List with a cancelled context: %v; want context.Canceled", err)
	}
	if _, err := s.Version(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Version with a cancelled context: %v; want context.Canceled", err)
	}
}

func testClosed(t *testing.T, s client.Store) {
	write(t, s, put("a", "1"))
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if v, err := s.Get(t.Context(), "a"); err == nil {
		t.Errorf("Get after Close = %q; want an error", v)
	}
	if r, err := s.List(t.Context(), "", "", 1); err == nil {
		t.Errorf("List after Close = %v; want an error", r)
	}
	if v, err := s.Version(t.Context()); err == nil {
		t.Errorf("Version after Close = %d; want an error", v)
	}
	err := s.Write(t.Context(), 1, []client.Change{put("a", "2")})
	if err == nil || errors.Is(err, client.ErrConflict) {
		t.Errorf("Write after Close: %v; want an error that isn't ErrConflict", err)
	}
}
