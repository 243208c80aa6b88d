package mls_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// TestLateMessages: messages of the last five epochs can be read for seven days,
// also those of who left (RFC 9420, Section 15.3).
func TestLateMessages(t *testing.T) {
	c := mlstest.NewGroup(t, public.X25519(), 3, 3)
	alice, bob, carol := c[0], c[1], c[2]
	late := [][]byte{carol.Send(t, "0"), carol.Send(t, "0 again")}
	update := func() {
		m := alice.Commit(t, mls.CommitOptions{Update: true}).CommitMessage()
		bob.Follow(t, m)
		bob.Reload(t)
	}
	bob.Follow(t, alice.Commit(t, mls.CommitOptions{Remove: []public.LeafIndex{carol.Group.OwnIndex()}}).CommitMessage())
	dave := mlstest.NewClient(t, public.X25519(), "dave") // takes carol's leaf
	k, secrets := dave.KeyPackage(t)
	staged := alice.Commit(t, mls.CommitOptions{Add: [][]byte{k}})
	bob.Follow(t, staged.CommitMessage())
	dave.Join(t, staged.Welcome(), secrets)
	if dave.Group.OwnIndex() != carol.Group.OwnIndex() {
		t.Fatal("dave does not have carol's leaf: this test tests nothing")
	}
	early := dave.Send(t, "2")
	for range 3 {
		update()
	}
	m, changes, err := bob.Group.Decrypt(late[0])
	if err != nil {
		t.Fatal(err)
	}
	bob.Records.Write(changes)
	if string(m.SenderIdentity) != string(carol.Identity) || string(m.Data) != "0" {
		t.Errorf("got %q from %s", m.Data, m.SenderIdentity)
	}
	bob.Reload(t)
	refusedDecrypt(t, bob, late[0], mls.ErrReplayed)
	if m, _, err := bob.Group.Decrypt(early); err != nil || string(m.SenderIdentity) != "dave" {
		t.Errorf("got %v, %v, want dave's", m, err)
	}
	refusedDecrypt(t, dave, late[1], mls.ErrEpochGone) // before dave's time
	update()
	refusedDecrypt(t, bob, late[1], mls.ErrEpochGone)
	checkEpochs(t, bob, mls.MaxPastEpochs)
}

// checkEpochs checks that records are left of the current epoch and of n before.
func checkEpochs(t *testing.T, c *mlstest.Client, n int) {
	t.Helper()
	trees, past := map[string]bool{}, 0
	for key := range c.Records {
		if prefix, _, ok := strings.Cut(key, "/"); ok && prefix[0] == 'e' {
			trees[prefix] = true
		}
		if key[0] == 'h' {
			past++
		}
	}
	if past != n || len(trees) > n+1 {
		t.Errorf("records of %d past epochs and %d secret trees are left, want %d", past, len(trees), n)
	}
}

// TestEpochsExpire: past epochs go after seven days, with the next message.
func TestEpochsExpire(t *testing.T) {
	c := mlstest.NewGroup(t, public.X25519(), 2, 2)
	alice, bob := c[0], c[1]
	now := time.Now()
	bob.Config.Now = func() time.Time { return now }
	late := []([]byte){alice.Send(t, "a"), alice.Send(t, "b")}
	bob.Follow(t, alice.Commit(t, mls.CommitOptions{Update: true}).CommitMessage())
	now = now.Add(mls.MaxPastAge)
	bob.Receive(t, late[0])
	now = now.Add(time.Second)
	refusedDecrypt(t, bob, late[1], mls.ErrEpochGone)
	checkEpochs(t, bob, 1)
	bob.Receive(t, alice.Send(t, "c"))
	checkEpochs(t, bob, 0)
	bob.Reload(t)
}

// TestFutureEpoch: a message may overtake the commit before it.
func TestFutureEpoch(t *testing.T) {
	c := mlstest.NewGroup(t, public.X25519(), 2, 2)
	alice, bob := c[0], c[1]
	commit := alice.Commit(t, mls.CommitOptions{Update: true}).CommitMessage()
	message := alice.Send(t, "x")
	refusedDecrypt(t, bob, message, mls.ErrFutureEpoch)
	bob.Follow(t, commit)
	if got := bob.Receive(t, message); got != "x" {
		t.Errorf("got %q", got)
	}
}

// TestSecretsAreDeleted inspects the records after each step: what was used up is
// in none of them (RFC 9420, Section 9.2).
func TestSecretsAreDeleted(t *testing.T) {
	c := mlstest.NewGroup(t, public.X25519(), 4, 4)
	alice, bob := c[0], c[1]
	root := bytes.Clone(alice.Records["e1/n3"])
	if root == nil {
		t.Fatal("no root of the secret tree: this test tests nothing")
	}
	absent := func(what string, secret []byte) {
		t.Helper()
		for key, value := range alice.Records {
			if len(secret) > 0 && bytes.Contains(value, secret) {
				t.Errorf("record %s holds %s", key, what)
			}
		}
	}
	before := bytes.Clone(bob.Records["e1/r0"])
	message := alice.Send(t, "x")
	absent("the encryption secret", root[1:])
	first := bytes.Clone(alice.Records["e1/r0"])
	alice.Send(t, "y")
	absent("the first ratchet secret", first[len(first)-40:len(first)-2])
	if got := bob.Receive(t, message); got != "x" || bytes.Equal(before, bob.Records["e1/r0"]) {
		t.Error("the receiver's ratchet did not move")
	}
	old, keys := alice.Group.Secrets(), alice.Group.PrivateKeys()
	resumption, err := alice.Group.ResumptionPSK(1)
	if err != nil {
		t.Fatal(err)
	}
	alice.Commit(t, mls.CommitOptions{Update: true})
	kept := 0
	for _, secret := range old {
		if !bytes.Equal(secret, resumption) && !bytes.Contains(alice.Records["h1"], secret) {
			absent("a secret of the old epoch", secret)
		} else {
			kept++
		}
	}
	if kept != 3 {
		t.Errorf("%d secrets of the old epoch are kept, want the sender data secret, the resumption PSK and the epoch authenticator", kept)
	}
	for _, key := range keys {
		absent("a private key that was replaced", key)
	}
	if _, ok := alice.Records["c"]; ok {
		t.Error("the pending commit is left")
	}
}

// TestSmallWrites: what operations write in a group of 1,000.
func TestSmallWrites(t *testing.T) {
	c := mlstest.NewGroup(t, public.XWing(public.SuiteXWing), 1000, 2)
	alice, bob := c[0], c[1]
	for i := range 3 {
		message, changes, err := alice.Group.Encrypt(nil, make([]byte, 1024))
		if err != nil {
			t.Fatal(err)
		}
		if n := size(changes); n > 1024 {
			t.Errorf("Encrypt %d writes %d bytes", i, n)
		}
		_, changes, err = bob.Group.Decrypt(message)
		if err != nil {
			t.Fatal(err)
		}
		if n := size(changes); n > 1024 {
			t.Errorf("Decrypt %d writes %d bytes", i, n)
		}
	}
	staged, _, err := alice.Group.Commit(mls.CommitOptions{Update: true})
	if err != nil {
		t.Fatal(err)
	}
	changes, err := alice.Group.Merge(staged)
	if err != nil {
		t.Fatal(err)
	}
	nodes := 0
	for _, c := range changes {
		if strings.HasPrefix(c.Key, "p/node/") {
			nodes++
		}
	}
	if nodes != 11 {
		t.Errorf("an Update in a full tree of 1,024 leaves writes %d nodes, want 11", nodes)
	}
	if n := size(changes); n > 64<<10 {
		t.Errorf("Merge writes %d bytes", n)
	}
}

// TestPadding: messages come in powers of two from 256 bytes
// (RFC 9420, Section 15.1).
func TestPadding(t *testing.T) {
	c := mlstest.NewGroup(t, public.X25519(), 2, 2)
	sizes := map[int]int{}
	for n := 0; n < 3000; n += 7 {
		data := strings.Repeat("x", n)
		message := c[0].Send(t, data)
		m, err := public.Parse[public.MLSMessage](message)
		if err != nil {
			t.Fatal(err)
		}
		bucket := len(m.PrivateMessage.Ciphertext) - 16
		if bucket < 256 || bucket&(bucket-1) != 0 || bucket < n {
			t.Fatalf("%d bytes are padded to %d", n, bucket)
		}
		sizes[bucket]++
		if got := c[1].Receive(t, message); got != data {
			t.Fatalf("%d bytes come out as %d", n, len(got))
		}
	}
	if len(sizes) != 5 {
		t.Errorf("got buckets %v, want 256 to 4096", sizes)
	}
}
