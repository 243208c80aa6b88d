package mls_test

import (
	"bytes"
	"maps"
	"testing"

	"parley/mls"
	"parley/mls/internal/codec"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// FuzzReceive: no bytes from the network panic or change a group, except a good
// message.
func FuzzReceive(f *testing.F) {
	c := mlstest.NewGroup(f, public.X25519(), 3, 3)
	alice, bob, carol := c[0], c[1], c[2]
	message := alice.Send(f, "x")
	staged, _, err := alice.Group.Commit(mls.CommitOptions{Update: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(message)
	f.Add(staged.CommitMessage())
	f.Add(carol.Group.ProposeRaw(&public.Remove{Removed: 1}))
	f.Add(staged.GroupInfo())
	good := [][]byte{message, staged.CommitMessage()}
	f.Fuzz(func(t *testing.T, b []byte) {
		epoch := bob.Group.EpochAuthenticator()
		m, _, err := bob.Group.Decrypt(b)
		if err == nil && !bytes.Equal(b, good[0]) {
			t.Errorf("a message passes: %q", m.Data)
		}
		if _, err := bob.Group.Stage(b); err == nil && !bytes.Equal(b, good[1]) {
			t.Error("a commit passes")
		}
		if !bytes.Equal(epoch, bob.Group.EpochAuthenticator()) {
			t.Error("the group changed")
		}
	})
}

// FuzzWelcome: no Welcome and no GroupInfo panics.
func FuzzWelcome(f *testing.F) {
	s := public.X25519()
	alice, bob := mlstest.NewClient(f, s, "alice"), mlstest.NewClient(f, s, "bob")
	alice.Create(f, "group")
	k, secrets := bob.KeyPackage(f)
	staged := alice.Commit(f, mls.CommitOptions{Add: [][]byte{k}})
	f.Add(staged.Welcome())
	f.Add(staged.GroupInfo())
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, err := mls.JoinWelcome(bob.Config, b, []*mls.KeyPackageSecrets{secrets}, bob.Signer)
		if err == nil && !bytes.Equal(b, staged.Welcome()) {
			t.Error("a Welcome passes")
		}
		c, err := mls.JoinExternal(bob.Config, b, bob.Identity, bob.Signer, mls.ExternalOptions{Resync: true})
		if (c == nil) == (err == nil) {
			t.Error("a commit with an error, or neither")
		}
	})
}

// FuzzGroupSecrets: what decodes encodes to the same bytes.
func FuzzGroupSecrets(f *testing.F) {
	f.Add([]byte{1, 7, 1, 1, 7, 0})
	f.Add([]byte{1, 7, 0, 5, 1, 1, 7, 1, 7})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := codec.NewReader(b)
		var g mls.GroupSecrets
		g.UnmarshalMLS(r)
		if r.Finish() != nil {
			return
		}
		if got := public.Marshal(&g); !bytes.Equal(got, b) {
			t.Errorf("got %x, want %x", got, b)
		}
	})
}

// FuzzRecords: damaged records give errors, not panics.
func FuzzRecords(f *testing.F) {
	c := mlstest.NewGroup(f, public.X25519(), 2, 2)
	alice, bob := c[0], c[1]
	message := alice.Send(f, "x")
	bob.Follow(f, alice.Commit(f, mls.CommitOptions{Update: true}).CommitMessage())
	_, changes, err := bob.Group.Commit(mls.CommitOptions{Update: true})
	if err != nil {
		f.Fatal(err)
	}
	bob.Records.Write(changes)
	for key, value := range bob.Records {
		f.Add(key, value)
	}
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		records := maps.Clone(bob.Records)
		records[key] = value
		g, err := mls.Load(bob.Config, records, bob.Signer)
		if err != nil {
			return
		}
		_, _, _ = g.Decrypt(message)
		_, _, _ = g.Encrypt(nil, nil)
		_, _, _ = g.Commit(mls.CommitOptions{Update: true})
		_ = g.Members()
		_, _ = mls.ParseKeyPackageSecrets(value)
	})
}

// FuzzWaiting: a damaged record of waiting messages is refused or keeps within the
// bounds, and what loads is saved as the same.
func FuzzWaiting(f *testing.F) {
	var w mls.Waiting
	w.Add(3, []byte("three"))
	w.Add(1, []byte("one"))
	f.Add(w.Marshal())
	f.Fuzz(func(t *testing.T, record []byte) {
		loaded := mls.Waiting{MaxMessages: 4, MaxBytes: 64}
		if err := loaded.Load(record); err != nil {
			return
		}
		if loaded.Len() > 4 {
			t.Errorf("%d messages are kept", loaded.Len())
		}
		again := mls.Waiting{MaxMessages: 4, MaxBytes: 64}
		if err := again.Load(loaded.Marshal()); err != nil || !bytes.Equal(again.Marshal(), loaded.Marshal()) {
			t.Errorf("saved again: %v", err)
		}
	})
}
