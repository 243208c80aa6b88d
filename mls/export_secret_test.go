package mls_test

import (
	"bytes"
	"errors"
	"testing"

	"parley/mls"
	"parley/mls/mlstest"
)

// TestSafeExport: each component has one secret an epoch, which is given once
// (draft-ietf-mls-extensions-10, Section 4.4).
func TestSafeExport(t *testing.T) {
	alice, bob, _ := trio(t)
	take := func(c *mlstest.Client) []byte {
		t.Helper()
		secret, changes, err := c.Group.SafeExport(0x8001)
		if err != nil || len(secret) != 32 {
			t.Fatalf("got %x, %v", secret, err)
		}
		c.Records.Write(changes)
		return secret
	}
	first := take(alice)
	if !bytes.Equal(first, take(bob)) {
		t.Error("members derive different secrets")
	}
	alice.Reload(t)
	if _, _, err := alice.Group.SafeExport(0x8001); !errors.Is(err, mls.ErrExported) {
		t.Errorf("again: got %v, want ErrExported", err)
	}
	other, changes, err := alice.Group.SafeExport(0x8002)
	alice.Records.Write(changes)
	if err != nil || bytes.Equal(first, other) {
		t.Errorf("another component: got %x, %v", other, err)
	}
	for key, value := range alice.Records {
		if bytes.Contains(value, first) {
			t.Errorf("record %s holds the secret", key)
		}
	}
	bob.Follow(t, alice.Commit(t, mls.CommitOptions{}).CommitMessage())
	for key := range alice.Records {
		if key[0] == 'x' && key != "x2/n65535" {
			t.Errorf("record %s of the old epoch stays", key)
		}
	}
	if second := take(alice); bytes.Equal(first, second) || !bytes.Equal(second, take(bob)) {
		t.Error("the next epoch's secret")
	}
}
