package pebblestore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"parley/identity"
	"parley/server"
	"parley/server/pebblestore"
)

// TestCheckRecords: `parley doctor` finds records that are nobody's.
func TestCheckRecords(t *testing.T) {
	s := open(t, vfs.NewCrashableMem())
	alice := oldDevice("alice", 1)
	account := alice.Account()
	err := s.CreateAccount(t.Context(), server.NewAccount{
		Account: account, List: identity.SignedDeviceList{Body: []byte("list")}, Device: alice,
		Records: []server.NewRecord{{Kind: "kind", KeyValue: server.KeyValue{Key: "a\x00b", Value: []byte("1")}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.UpdateRecords(t.Context(), server.RecordUpdate{
		Account: account, Kind: server.RecordSeen, Put: []server.KeyValue{{Key: string(alice), Value: []byte("1")}}, Max: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	told := ""
	check := func() error {
		told = ""
		return s.Check(t.Context(), func(line string) { told += line + "\n" })
	}
	if err := check(); err != nil || !strings.Contains(told, "Records:2") {
		t.Errorf("Check = %v, %q; want two records and no flaw", err, told)
	}
	for key, want := range map[string]string{
		"ymimi://example.org/u/nobody\x00kind\x00a":                                  "no account's",
		"y" + string(account) + "\x00kind\x00":                                       "no account's",
		"y" + string(account) + "\x00push\x00" + string(oldDevice("alice", 2)):       "a device that has left",
		"y" + string(oldDevice("bob", 1).Account()) + "\x00seen\x00" + string(alice): "no account's",
	} {
		if err := s.SetRaw([]byte(key), []byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Meta(t.Context(), key[max(0, len(key)-32):], []byte("a group: it is seen now")); err != nil {
			t.Fatal(err)
		}
		if err := check(); !errors.Is(err, pebblestore.ErrCorrupt) || !strings.Contains(told, want) {
			t.Errorf("Check with %q = %v, %q; want %q", key, err, told, want)
		}
	}
}
