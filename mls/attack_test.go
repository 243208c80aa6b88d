package mls_test

import (
	"bytes"
	"errors"
	"maps"
	"testing"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// refused checks that an operation gives want and changes neither the group nor
// its records.
func refused(t *testing.T, c *mlstest.Client, want error, operation func() (mls.Changes, error)) {
	t.Helper()
	records, epoch, secrets := maps.Clone(c.Records), c.Group.Epoch(), c.Group.Secrets()
	changes, err := operation()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	c.Records.Write(changes)
	if !maps.EqualFunc(c.Records, records, bytes.Equal) {
		t.Error("a refused message changed the records")
	}
	now := c.Group.Secrets()
	for i := range secrets {
		if c.Group.Epoch() != epoch || !secrets[i].Equal(now[i]) {
			t.Fatal("a refused message changed the group")
		}
	}
}

func refusedStage(t *testing.T, c *mlstest.Client, message []byte, want error) {
	t.Helper()
	refused(t, c, want, func() (mls.Changes, error) {
		_, err := c.Group.Stage(message)
		return nil, err
	})
}

func refusedDecrypt(t *testing.T, c *mlstest.Client, message []byte, want error) {
	t.Helper()
	refused(t, c, want, func() (mls.Changes, error) {
		m, changes, err := c.Group.Decrypt(message)
		if m != nil && err != nil {
			t.Error("a refused message is returned")
		}
		return changes, err
	})
}

// trio returns three members of a group, the last of whom is the attacker.
func trio(t *testing.T) (alice, bob, mallory *mlstest.Client) {
	c := mlstest.NewGroup(t, public.X25519(), 3, 3)
	return c[0], c[1], c[2]
}

// TestForgedCommits: commits that only a receiver can tell are bad
// (RFC 9420, Section 6.1, RFC 9420, Section 6.2, RFC 9420, Section 12.4.2).
func TestForgedCommits(t *testing.T) {
	alice, bob, mallory := trio(t)
	staged, _, err := mallory.Group.Commit(mls.CommitOptions{Update: true})
	if err != nil {
		t.Fatal(err)
	}
	good := staged.CommitMessage()
	cases := []struct {
		name   string
		change func(m *public.AuthenticatedContent) bool
		want   error
	}{
		{"confirmation tag", func(m *public.AuthenticatedContent) bool {
			m.Auth.ConfirmationTag[0] ^= 1
			return false
		}, mls.ErrConfirmationTag},
		{"signature", func(m *public.AuthenticatedContent) bool {
			m.Auth.Signature[10] ^= 1
			return false
		}, public.ErrSignature},
		{"path secret", func(m *public.AuthenticatedContent) bool {
			for i := range m.Content.Commit.Path.Nodes {
				for k := range m.Content.Commit.Path.Nodes[i].PathSecrets {
					m.Content.Commit.Path.Nodes[i].PathSecrets[k].Ciphertext[0] ^= 1
				}
			}
			return true
		}, mls.ErrPath},
		{"sender", func(m *public.AuthenticatedContent) bool {
			m.Content.Sender = public.MemberSender(bob.Group.OwnIndex())
			return true
		}, public.ErrSignature},
		{"authenticated data", func(m *public.AuthenticatedContent) bool {
			m.Content.AuthenticatedData = []byte("x")
			return true
		}, mls.ErrConfirmationTag},
		{"epoch", func(m *public.AuthenticatedContent) bool {
			m.Content.Epoch++
			return true
		}, mls.ErrWrongEpoch},
		{"group", func(m *public.AuthenticatedContent) bool {
			m.Content.GroupID = []byte("other")
			return true
		}, mls.ErrWrongGroup},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			refusedStage(t, alice, mallory.Group.Reseal(good, c.change), c.want)
		})
	}
	t.Run("membership tag", func(t *testing.T) {
		refusedStage(t, alice, flip(good, len(good)-1), mls.ErrMembershipTag)
	})
	t.Run("cut", func(t *testing.T) {
		for _, n := range []int{0, 1, 4, 40, len(good) - 1} {
			refusedStage(t, alice, good[:n], public.ErrMalformed)
		}
	})
	alice.Follow(t, good) // and the good one still passes
	bob.Follow(t, good)
	agree(t, alice, bob)
	refusedStage(t, alice, good, mls.ErrWrongEpoch)
}

func flip(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[i] ^= 1
	return b
}

// TestOutsiderCommit: who is not a member has no membership key.
func TestOutsiderCommit(t *testing.T) {
	alice, bob, mallory := trio(t)
	out := alice.Commit(t, mls.CommitOptions{Remove: []public.LeafIndex{mallory.Group.OwnIndex()}}).CommitMessage()
	bob.Follow(t, out)
	stale, _, err := mallory.Group.Commit(mls.CommitOptions{Update: true})
	if err != nil {
		t.Fatal(err)
	}
	refusedStage(t, bob, stale.CommitMessage(), mls.ErrWrongEpoch)
	lifted := mallory.Group.Reseal(stale.CommitMessage(), func(m *public.AuthenticatedContent) bool {
		m.Content.Epoch++
		return true
	})
	refusedStage(t, bob, lifted, mls.ErrMembershipTag)
	if !mallory.Follow(t, out).SelfRemoved() {
		t.Error("mallory does not see the removal")
	}
	if _, _, err := mallory.Group.Encrypt(nil, nil); !errors.Is(err, mls.ErrRemoved) {
		t.Errorf("got %v, want ErrRemoved", err)
	}
	refusedDecrypt(t, bob, bob.Send(t, "x"), mls.ErrOwnMessage)
}

// TestForgedMessages is RFC 9420, Section 6.3 from the attacker's side.
func TestForgedMessages(t *testing.T) {
	alice, bob, mallory := trio(t)
	good := bob.Send(t, "good")
	t.Run("altered", func(t *testing.T) {
		for _, i := range []int{len(good) - 1, len(good) / 2, len(good) - 300} {
			refusedDecrypt(t, alice, flip(good, i), mls.ErrMessage)
		}
		for _, n := range []int{0, 3, 30, len(good) - 1} {
			refusedDecrypt(t, alice, good[:n], mls.ErrMessage)
		}
	})
	t.Run("forged sender", func(t *testing.T) {
		forged := mallory.Group.EncryptAs(bob.Group.OwnIndex(), mallory.Signer, public.ContentApplication, []byte("x"))
		refusedDecrypt(t, alice, forged, mls.ErrMessage)
	})
	t.Run("sender outside the tree", func(t *testing.T) {
		forged := mallory.Group.EncryptAs(3, mallory.Signer, public.ContentApplication, []byte("x"))
		refusedDecrypt(t, alice, forged, mls.ErrMessage)
	})
	t.Run("own", func(t *testing.T) { refusedDecrypt(t, bob, good, mls.ErrOwnMessage) })
	t.Run("not a private message", func(t *testing.T) {
		k, _ := bob.KeyPackage(t)
		refusedDecrypt(t, alice, k, mls.ErrMessage)
	})
	if got := alice.Receive(t, good); got != "good" {
		t.Errorf("got %q", got)
	}
	t.Run("replayed", func(t *testing.T) {
		refusedDecrypt(t, alice, good, mls.ErrReplayed)
		alice.Reload(t)
		refusedDecrypt(t, alice, good, mls.ErrReplayed)
	})
	t.Run("other group", func(t *testing.T) {
		other := mlstest.NewClient(t, public.X25519(), "other")
		other.Create(t, "other group")
		refusedDecrypt(t, alice, other.Send(t, "x"), mls.ErrWrongGroup)
	})
}

// TestTooFarAhead is the bound on skipped messages (RFC 9420, Section 15.3).
func TestTooFarAhead(t *testing.T) {
	alice, bob, _ := trio(t)
	var messages [][]byte
	for range 1003 {
		messages = append(messages, bob.Send(t, "x"))
	}
	refusedDecrypt(t, alice, messages[1001], mls.ErrTooFarAhead)
	alice.Receive(t, messages[1000])
	alice.Receive(t, messages[1001])
	refusedDecrypt(t, alice, messages[0], mls.ErrReplayed)
	alice.Receive(t, messages[1])
}

// TestMovedMessage: a message can't be moved to another epoch or content type.
func TestMovedMessage(t *testing.T) {
	alice, bob, _ := trio(t)
	m, err := public.Parse[public.MLSMessage](bob.Send(t, "x"))
	if err != nil {
		t.Fatal(err)
	}
	m.PrivateMessage.ContentType = public.ContentCommit
	refusedDecrypt(t, alice, public.Marshal(m), mls.ErrNotApplication)
	refusedStage(t, alice, public.Marshal(m), mls.ErrMessage)
	m.PrivateMessage.ContentType = public.ContentApplication
	refusedStage(t, alice, public.Marshal(m), mls.ErrMessage)
	m.PrivateMessage.AuthenticatedData = []byte("x")
	refusedDecrypt(t, alice, public.Marshal(m), mls.ErrMessage)
}

// TestMessagesStayAsTheyAre: messages are decrypted in a copy, so that what the
// caller gave is unchanged, and what it gets does not share its memory. So it is
// with what it sends.
func TestMessagesStayAsTheyAre(t *testing.T) {
	alice, bob, _ := trio(t)
	data, aad := []byte("data"), []byte("authenticated")
	message, _, err := alice.Group.Encrypt(aad, data)
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != "data" || string(aad) != "authenticated" {
		t.Errorf("sending changed %q and %q", data, aad)
	}
	before := bytes.Clone(message)
	m, _, err := bob.Group.Decrypt(message)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(message, before) {
		t.Error("receiving changed the message")
	}
	clear(message)
	if string(m.Data) != "data" || string(m.AuthenticatedData) != "authenticated" || !bytes.Contains(m.TBS, []byte("data")) {
		t.Errorf("got %q, %q after the message was overwritten", m.Data, m.AuthenticatedData)
	}
	damaged := flip(before, len(before)-1)
	again := bytes.Clone(damaged)
	if _, _, err := bob.Group.Decrypt(damaged); err == nil || !bytes.Equal(damaged, again) {
		t.Errorf("a refused message was changed, or the error is %v", err)
	}
}
