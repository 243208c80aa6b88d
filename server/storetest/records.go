package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"parley/identity"
	"parley/server"
)

var recordTests = []testCase{
	{"Records", testRecords},
	{"RecordsUnknown", testRecordsUnknown},
	{"RecordsInOrder", testRecordsInOrder},
	{"RecordsAllOrNothing", testRecordsAllOrNothing},
	{"RecordsBound", testRecordsBound},
	{"RecordsLeft", testRecordsLeft},
	{"RecordsNew", testRecordsNew},
	{"RecordsOfDevices", testRecordsOfDevices},
	{"RecordsCopy", testRecordsCopy},
	{"RecordsOfNewAccount", testRecordsOfNewAccount},
}

// kv returns key-value pairs from text: a key, a value, a key, …
func kv(text ...string) (list []server.KeyValue) {
	for i := 0; i+1 < len(text); i += 2 {
		list = append(list, server.KeyValue{Key: text[i], Value: []byte(text[i+1])})
	}
	return list
}

// keep puts records of a, and fails the test if that fails.
func keep(t *testing.T, s server.Store, a identity.Account, kind string, text ...string) {
	t.Helper()
	if err := s.UpdateRecords(t.Context(), server.RecordUpdate{Account: a, Kind: kind, Put: kv(text...), Max: 1000}); err != nil {
		t.Fatal(err)
	}
}

// recordsOf returns the records of a after a key, as "key=value".
func recordsOf(t *testing.T, s server.Store, a identity.Account, kind, after string, max int) (list []string) {
	t.Helper()
	all, err := s.AccountRecords(t.Context(), a, kind, after, max)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		list = append(list, r.Key+"="+string(r.Value))
	}
	return list
}

func testRecords(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	keep(t, s, alice, "kind", "a", "1", "b", "")
	keep(t, s, alice, "kin", "da", "2")
	keep(t, s, bob, "kind", "a", "3")
	keep(t, s, alice, "kind", "a", "4") // replaces
	for _, c := range []struct {
		account         identity.Account
		kind, key, want string
	}{{alice, "kind", "a", "4"}, {alice, "kind", "b", ""}, {alice, "kin", "da", "2"}, {bob, "kind", "a", "3"}} {
		got, err := s.AccountRecord(t.Context(), c.account, c.kind, c.key)
		if err != nil || string(got) != c.want {
			t.Errorf("%s, %s of %s = %q, %v; want %q", c.kind, c.key, c.account.Name(), got, err, c.want)
		}
	}
	u := server.RecordUpdate{Account: alice, Kind: "kind", Put: kv("c", "5"), Delete: []string{"a", "never there"}, Max: 1000}
	if err := s.UpdateRecords(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	expect(t, "alice's", recordsOf(t, s, alice, "kind", "", 10), []string{"b=", "c=5"})
	expect(t, "bob's", recordsOf(t, s, bob, "kind", "", 10), []string{"a=3"})
}

func testRecordsUnknown(t *testing.T, s server.Store) {
	err := s.UpdateRecords(t.Context(), server.RecordUpdate{Account: alice, Kind: "kind", Put: kv("a", "1"), Max: 10})
	if !errors.Is(err, server.ErrNotFound) {
		t.Errorf("an update of no account: %v; want ErrNotFound", err)
	}
	if got := recordsOf(t, s, alice, "kind", "", 10); len(got) != 0 {
		t.Errorf("records of no account: %q", got)
	}
	create(t, s, alice)
	for _, kind := range []string{"kind", "other"} {
		if _, err := s.AccountRecord(t.Context(), alice, kind, "a"); !errors.Is(err, server.ErrNotFound) {
			t.Errorf("a record that isn't there: %v; want ErrNotFound", err)
		}
		keep(t, s, alice, "other", "b", "1")
	}
}

func testRecordsInOrder(t *testing.T, s server.Store) {
	create(t, s, alice)
	long := strings.Repeat("l", server.MaxRecordKey)
	keep(t, s, alice, "kind", "b", "2", "\xff\x00", "5", "a", "1", "ba", "3", long, "4", "B", "0")
	all := []string{"B=0", "a=1", "b=2", "ba=3", long + "=4", "\xff\x00=5"}
	for _, c := range []struct {
		after string
		max   int
		want  []string
	}{{"", 10, all}, {"", 2, all[:2]}, {"a", 10, all[2:]}, {"aa", 2, all[2:4]}, {"\xff\x00", 10, nil}, {"", 0, nil}} {
		expect(t, fmt.Sprintf("at most %d after %q", c.max, c.after), recordsOf(t, s, alice, "kind", c.after, c.max), c.want)
	}
}

func testRecordsAllOrNothing(t *testing.T, s server.Store) {
	create(t, s, alice)
	keep(t, s, alice, "kind", "a", "1", "b", "2")
	for _, u := range []server.RecordUpdate{
		{Put: kv("c", "3", "d", "4"), Max: 3},
		{Put: kv("c", "3", "b", "4"), Delete: []string{"a"}, New: true, Max: 10},
		{Put: kv("b", "9"), Delete: []string{"a"}, Min: 2, Max: 10},
	} {
		u.Account, u.Kind = alice, "kind"
		if err := s.UpdateRecords(t.Context(), u); err == nil {
			t.Errorf("%+v: no error", u)
		}
		expect(t, "after it was refused", recordsOf(t, s, alice, "kind", "", 10), []string{"a=1", "b=2"})
	}
}

func testRecordsBound(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	keep(t, s, bob, "kind", "x", "1", "y", "2")
	keep(t, s, alice, "other", "x", "1")
	keep(t, s, alice, "kind", "a", "1", "b", "2")
	update := func(max int, put []server.KeyValue, delete ...string) error {
		return s.UpdateRecords(t.Context(), server.RecordUpdate{Account: alice, Kind: "kind", Put: put, Delete: delete, Max: max})
	}
	if err := update(2, kv("c", "3")); !errors.Is(err, server.ErrTooMany) {
		t.Errorf("a third of two: %v; want ErrTooMany", err)
	}
	for what, err := range map[string]error{
		"one that is there":         update(1, kv("a", "9")), // adds none
		"one for another":           update(2, kv("c", "3"), "a"),
		"a deletion beyond a bound": update(0, nil, "b"),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := update(1, kv("d", "3"), "never there"); !errors.Is(err, server.ErrTooMany) {
		t.Errorf("one for what isn't there: %v; want ErrTooMany", err)
	}
}

func testRecordsLeft(t *testing.T, s server.Store) {
	create(t, s, alice)
	keep(t, s, alice, "other", "x", "1")
	keep(t, s, alice, "kind", "a", "1", "b", "2", "c", "3")
	update := func(min int, put []server.KeyValue, delete ...string) error {
		return s.UpdateRecords(t.Context(), server.RecordUpdate{Account: alice, Kind: "kind", Put: put, Delete: delete, Max: 10, Min: min})
	}
	for what, err := range map[string]error{
		"one of three":           update(3, nil, "a"),
		"two of three":           update(2, nil, "a", "b"),
		"one, while one is kept": update(3, kv("b", "9"), "a"),
	} {
		if !errors.Is(err, server.ErrTooFew) {
			t.Errorf("%s: %v; want ErrTooFew", what, err)
		}
	}
	for _, c := range []struct {
		what string
		err  error
	}{
		{"one for another", update(3, kv("d", "4"), "a")},
		{"what isn't there", update(9, nil, "never there")},
		{"one of three, where two must be", update(2, nil, "d", "never there")},
		{"all", update(0, nil, "b")},
	} {
		if c.err != nil {
			t.Errorf("%s: %v", c.what, c.err)
		}
	}
	expect(t, "what is left", recordsOf(t, s, alice, "kind", "", 10), []string{"c=3"})
}

func testRecordsNew(t *testing.T, s server.Store) {
	create(t, s, alice)
	first := server.RecordUpdate{Account: alice, Kind: "kind", Put: kv("a", "1"), New: true, Max: 10}
	if err := s.UpdateRecords(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	first.Put = kv("a", "2")
	if err := s.UpdateRecords(t.Context(), first); !errors.Is(err, server.ErrExists) {
		t.Errorf("a second time: %v; want ErrExists", err)
	}
	expect(t, "what is kept", recordsOf(t, s, alice, "kind", "", 10), []string{"a=1"})
}

func testRecordsOfDevices(t *testing.T, s server.Store) {
	create(t, s, alice)
	one, two := string(device(alice, 1)), string(device(alice, 2))
	for _, kind := range server.DeviceRecords() {
		err := s.UpdateRecords(t.Context(), server.RecordUpdate{Account: alice, Kind: kind, Put: kv(one, "1", two, "2"), Max: 10})
		if !errors.Is(err, server.ErrNotFound) {
			t.Errorf("kind %s of a device that isn't listed: %v; want ErrNotFound", kind, err)
		}
	}
	second(t, s)
	for _, kind := range append(server.DeviceRecords(), "other") {
		keep(t, s, alice, kind, one, "1", two, "2")
	}
	_, err := s.PutList(t.Context(), server.ListUpdate{
		Account: alice, List: list(alice, 3), Version: 3, Leave: []identity.Device{device(alice, 2)}, Gone: []server.Leaf{leaf(alice, 2)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range server.DeviceRecords() {
		expect(t, "kind "+kind+" after a device left", recordsOf(t, s, alice, kind, "", 10), []string{one + "=1"})
	}
	expect(t, "another kind", recordsOf(t, s, alice, "other", "", 10), []string{one + "=1", two + "=2"})
	testRecordsAfterReset(t, s, one)
}

// testRecordsAfterReset: a reset that is finished takes them too.
func testRecordsAfterReset(t *testing.T, s server.Store, first string) {
	t.Helper()
	_, err := s.PutList(t.Context(), server.ListUpdate{
		Account: alice, List: list(alice, 4), Version: 4, Reset: true, Join: []identity.Device{device(alice, 3)},
	})
	if err != nil {
		t.Fatal(err)
	}
	three := string(device(alice, 3))
	keep(t, s, alice, server.RecordSeen, three, "3")
	err = s.FinishReset(t.Context(), server.ResetFinish{
		Account: alice, Version: 4, Leave: []identity.Device{device(alice, 1)}, Gone: []server.Leaf{leaf(alice, 1)},
	})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "after a reset", recordsOf(t, s, alice, server.RecordSeen, "", 10), []string{three + "=3"})
	expect(t, "subscriptions after it", recordsOf(t, s, alice, server.RecordPush, "", 10), nil)
	err = s.UpdateRecords(t.Context(), server.RecordUpdate{Account: alice, Kind: server.RecordSeen, Put: kv(first, "1"), Max: 10})
	if !errors.Is(err, server.ErrNotFound) {
		t.Errorf("of a device that left: %v; want ErrNotFound", err)
	}
}

func testRecordsCopy(t *testing.T, s server.Store) {
	create(t, s, alice)
	value := []byte("value")
	u := server.RecordUpdate{Account: alice, Kind: "kind", Put: []server.KeyValue{{Key: "a", Value: value}}, Max: 1}
	if err := s.UpdateRecords(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	value[0], u.Put[0].Key = 'x', "x"
	expect(t, "what is kept", recordsOf(t, s, alice, "kind", "", 10), []string{"a=value"})
	got, err := s.AccountRecord(t.Context(), alice, "kind", "a")
	if err != nil {
		t.Fatal(err)
	}
	got[0] = 'y'
	expect(t, "after what was returned is changed", recordsOf(t, s, alice, "kind", "", 10), []string{"a=value"})
}

func testRecordsOfNewAccount(t *testing.T, s server.Store) {
	a := newAccount(alice, 1)
	a.Records = []server.NewRecord{{Kind: "kind", KeyValue: kv("a", "")[0]}, {Kind: "other", KeyValue: kv("a", "2")[0]}}
	if err := s.CreateAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	a.Records = []server.NewRecord{{Kind: "kind", KeyValue: kv("b", "3")[0]}}
	if err := s.CreateAccount(t.Context(), a); !errors.Is(err, server.ErrExists) {
		t.Errorf("a second time: %v; want ErrExists", err)
	}
	expect(t, "of one kind", recordsOf(t, s, alice, "kind", "", 10), []string{"a="})
	expect(t, "of the other", recordsOf(t, s, alice, "other", "", 10), []string{"a=2"})
}
