package mls_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"parley/mls"
	"parley/mls/mlstest"
)

// TestFirstVersion: records that v0.1.0 wrote load, with a pending commit and a
// past epoch, and are of the present version from the next epoch on.
func TestFirstVersion(t *testing.T) {
	data, err := os.ReadFile("testdata/state-v0.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	var old struct {
		Signer, Late, Now, Pending, Authenticator []byte
		Records                                   map[string][]byte
	}
	if err := json.Unmarshal(data, &old); err != nil {
		t.Fatal(err)
	}
	c := &mlstest.Client{Config: &mls.Config{Suites: mlstest.Suites()}, Signer: old.Signer, Records: old.Records, Identity: []byte("old")}
	c.Reload(t)
	if !bytes.Equal(c.Group.EpochAuthenticator(), old.Authenticator) || !c.Group.HasPending() {
		t.Error("the epoch is another")
	}
	c.Reload(t)
	if late, now := c.Receive(t, old.Late), c.Receive(t, old.Now); late != "late" || now != "now" {
		t.Errorf("got %q, %q", late, now)
	}
	if _, _, err := c.Group.SafeExport(7); !errors.Is(err, mls.ErrExported) {
		t.Errorf("got %v, want ErrExported", err)
	}
	if back := c.Follow(t, old.Pending); !back.Own() {
		t.Error("the pending commit is not recognised")
	}
	c.Reload(t)
	if _, _, err := c.Group.SafeExport(7); !errors.Is(err, mls.ErrExported) {
		t.Errorf("after the pending commit: got %v, want ErrExported", err)
	}
	c.Commit(t, mls.CommitOptions{})
	c.Reload(t)
	if _, _, err := c.Group.SafeExport(7); err != nil {
		t.Error(err)
	}
}
