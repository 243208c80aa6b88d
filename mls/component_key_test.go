package mls_test

import (
	"errors"
	"testing"

	"parley/mls"
	"parley/mls/public"
)

// TestSafeKeys: components use the group's keys, each for itself
// (draft-ietf-mls-extensions-10, Section 4.1, draft-ietf-mls-extensions-10, Section 4.2,
// draft-ietf-mls-extensions-10, Section 4.3).
func TestSafeKeys(t *testing.T) {
	alice, bob, _ := trio(t)
	signature, err := alice.Group.SafeSign(7, "label", []byte("content"))
	if err != nil {
		t.Fatal(err)
	}
	m, _ := bob.Group.Member(alice.Group.OwnIndex())
	verify := func(id public.ComponentID, label, content string) error {
		return public.SafeVerify(bob.Suite, m.SignatureKey, id, label, []byte(content), signature)
	}
	if err := verify(7, "label", "content"); err != nil {
		t.Error(err)
	}
	for _, err := range []error{verify(8, "label", "content"), verify(7, "other", "content"), verify(7, "label", "x")} {
		if !errors.Is(err, public.ErrSignature) {
			t.Errorf("got %v, want ErrSignature", err)
		}
	}
	// The label is that of the draft, byte for byte.
	const label = "\x0dMLS Component\x00\x07\x05label"
	if err := bob.Suite.VerifyWithLabel(m.SignatureKey, label, []byte("content"), signature); err != nil {
		t.Errorf("the label is another: %v", err)
	}
	staged := bob.Commit(t, mls.CommitOptions{})
	leaf := staged.Committer().Node.EncryptionKey
	sealed, err := public.SafeEncrypt(alice.Suite, leaf, 7, "label", []byte("context"), []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := bob.Group.SafeDecrypt(7, "label", []byte("context"), sealed); err != nil || string(got) != "secret" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, other := range []public.ComponentID{6, 8} {
		if _, err := bob.Group.SafeDecrypt(other, "label", []byte("context"), sealed); !errors.Is(err, mls.ErrMessage) {
			t.Errorf("component %d: got %v, want ErrMessage", other, err)
		}
	}
}
