package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"parley/client"
)

// testTwoWriters lets writers race for each version: exactly one may win it.
func testTwoWriters(t *testing.T, s client.Store) {
	raceForVersions(t, s, s)
}

// raceForVersions lets a writer on each store race for each of 20 versions of
// the one database that they share.
func raceForVersions(t *testing.T, stores ...client.Store) {
	const rounds = 20
	for base := range uint64(rounds) {
		errs := make([]error, len(stores))
		var all sync.WaitGroup
		for i, s := range stores {
			all.Go(func() {
				errs[i] = s.Write(t.Context(), base, []client.Change{
					put("winner", strconv.Itoa(i)),
					put(fmt.Sprintf("round/%d", base), strconv.Itoa(i)),
				})
			})
		}
		all.Wait()
		checkOneWinner(t, stores[0], base, errs)
	}
	wantVersion(t, stores[0], rounds)
}

// checkOneWinner checks that all errs but one are ErrConflict, and that the
// records are those of that one.
func checkOneWinner(t *testing.T, s client.Store, base uint64, errs []error) {
	t.Helper()
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner >= 0:
			t.Fatalf("writers %d and %d both won version %d", winner, i, base)
		case err == nil:
			winner = i
		case !errors.Is(err, client.ErrConflict):
			t.Fatalf("writer %d on version %d: %v; want nil or ErrConflict", i, base, err)
		}
	}
	if winner < 0 {
		t.Fatalf("nobody won version %d", base)
	}
	wantValue(t, s, "winner", strconv.Itoa(winner))
	wantValue(t, s, fmt.Sprintf("round/%d", base), strconv.Itoa(winner))
}

// testAtomicForReaders lists while another goroutine writes: a list shows a
// write whole or not at all.
func testAtomicForReaders(t *testing.T, s client.Store) {
	readWhileWriting(t, s, s)
}

func readWhileWriting(t *testing.T, writer, reader client.Store) {
	const rounds = 50
	write(t, writer, put("a", "0"), put("b", "0"), put("c", "0"))
	done := make(chan error, 1)
	go func() {
		for i := 1; i <= rounds; i++ {
			v := strconv.Itoa(i)
			err := writer.Write(t.Context(), uint64(i), []client.Change{put("a", v), put("b", v), put("c", v)})
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		records, err := reader.List(t.Context(), "", "", 10)
		if err != nil || len(records) != 3 {
			t.Fatalf("List = %d records, %v; want 3", len(records), err)
		}
		a, b, c := string(records[0].Value), string(records[1].Value), string(records[2].Value)
		if a != b || b != c {
			t.Fatalf("List shows half a write: %s, %s, %s", a, b, c)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("Write: %v", err)
			}
			return
		default:
		}
	}
}

// RunShared tests what holds where one database is opened several times: at once
// or one after another. Each call of create makes a new, empty database and
// returns what opens it; the tests close each store.
func RunShared(t *testing.T, create func(t *testing.T) (open func() client.Store)) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, open func() client.Store)
	}{
		{"ReopenedKeepsAll", testReopened},
		{"CloseDoesNotWait", testCloseDoesNotWait},
		{"OneOfTwoHandlesWins", testTwoHandles},
		{"OtherHandleSeesWrites", testOtherHandle},
		{"AllOrNothingForOtherHandle", testAtomicForOther},
		{"RetriesLoseNothing", testRetries},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, create(t)) })
	}
}

func testReopened(t *testing.T, open func() client.Store) {
	s := open()
	fill(t, s, "a", "b")
	write(t, s, del("a"))
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	s = open()
	defer s.Close()
	wantVersion(t, s, 2)
	wantList(t, s, "", "", 10, "b")
	if err := s.Write(t.Context(), 1, nil); !errors.Is(err, client.ErrConflict) {
		t.Errorf("Write on a version from before: %v; want ErrConflict", err)
	}
	fill(t, s, "c")
	wantList(t, s, "", "", 10, "b", "c")
}

func testCloseDoesNotWait(t *testing.T, open func() client.Store) {
	one, two := open(), open()
	defer two.Close()
	fill(t, one, "a")
	if err := one.Close(); err != nil {
		t.Fatalf("Close while another has the database open: %v", err)
	}
	fill(t, two, "b")
	wantList(t, two, "", "", 10, "a", "b")
}

func testTwoHandles(t *testing.T, open func() client.Store) {
	one, two := open(), open()
	defer one.Close()
	defer two.Close()
	raceForVersions(t, one, two)
}

func testOtherHandle(t *testing.T, open func() client.Store) {
	one, two := open(), open()
	defer one.Close()
	defer two.Close()
	wantAbsent(t, two, "a")
	fill(t, one, "a")
	wantList(t, two, "", "", 10, "a")
	wantVersion(t, two, 1)
	if err := two.Write(t.Context(), 0, []client.Change{put("a", "lost")}); !errors.Is(err, client.ErrConflict) {
		t.Errorf("Write on the version before the other's: %v; want ErrConflict", err)
	}
	write(t, two, del("a"))
	wantAbsent(t, one, "a")
}

func testAtomicForOther(t *testing.T, open func() client.Store) {
	one, two := open(), open()
	defer one.Close()
	defer two.Close()
	readWhileWriting(t, one, two)
}

// testRetries counts with two handles, each retrying on ErrConflict.
func testRetries(t *testing.T, open func() client.Store) {
	const handles, each = 2, 25
	errs := make([]error, handles)
	var all sync.WaitGroup
	for i := range handles {
		all.Go(func() {
			s := open()
			defer s.Close()
			for range each {
				if errs[i] = Increment(t.Context(), s, "counter"); errs[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	s := open()
	defer s.Close()
	wantValue(t, s, "counter", strconv.Itoa(handles*each))
	wantVersion(t, s, handles*each)
}
