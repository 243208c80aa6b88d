package mls_test

import (
	"testing"

	"parley/mls"
	"parley/mls/public"
)

// TestBranchOptions: a branch can have extensions of its own, and begin without a
// path (RFC 9420, Section 11.3); so can a successor (RFC 9420, Section 11.2).
func TestBranchOptions(t *testing.T) {
	alice, bob, _ := trio(t)
	extensions := public.Extensions{{Type: 0x1a1a, Data: []byte("of the branch")}}
	k, secrets, err := mls.NewKeyPackage(bob.Config, bob.Suite, bob.Identity, bob.Signer, mls.KeyPackageOptions{
		GroupExtensions: []public.ExtensionType{0x1a1a},
	})
	if err != nil {
		t.Fatal(err)
	}
	staged, err := mls.Branch(alice.Config, alice.Group, alice.Group.Epoch(), []byte("branch"), mls.BranchOptions{
		Add: [][]byte{k}, Extensions: &extensions, NoUpdate: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if hasPath(t, staged) {
		t.Error("the branch begins with a path")
	}
	g, changes, err := staged.Join()
	a := follower(t, alice, g, changes, err)
	g, changes, err = mls.JoinBranch(bob.Config, bob.Group, staged.Welcome(), []*mls.KeyPackageSecrets{secrets}, bob.Signer)
	b := follower(t, bob, g, changes, err)
	agree(t, a, b)
	if got, _ := b.Group.Context().Extensions.Find(0x1a1a); string(got) != "of the branch" {
		t.Errorf("the branch has extensions %v", b.Group.Context().Extensions)
	}
	a.Follow(t, b.Commit(t, mls.CommitOptions{}).CommitMessage())
	agree(t, a, b)
}

// TestSuccessorWithoutPath is TestSuccessor for a first commit without a path.
func TestSuccessorWithoutPath(t *testing.T) {
	alice, bob, carol := shutDown(t, &public.ReInit{GroupID: []byte("next"), Version: public.MLS10, CipherSuite: public.SuiteX25519})
	kb, sb := fresh(t, public.X25519(), bob)
	kc, _ := fresh(t, public.X25519(), carol)
	staged, err := mls.Successor(alice.Config, alice.Group, mls.SuccessorOptions{Add: [][]byte{kb, kc}, NoUpdate: true})
	if err != nil {
		t.Fatal(err)
	}
	if hasPath(t, staged) {
		t.Error("the successor begins with a path")
	}
	g, changes, err := staged.Join()
	a := follower(t, alice, g, changes, err)
	g, changes, err = mls.JoinSuccessor(bob.Config, bob.Group, staged.Welcome(), []*mls.KeyPackageSecrets{sb}, bob.Signer)
	agree(t, a, follower(t, bob, g, changes, err))
}

func hasPath(t *testing.T, c *mls.StagedCommit) bool {
	t.Helper()
	m, err := public.Parse[public.MLSMessage](c.CommitMessage())
	if err != nil {
		t.Fatal(err)
	}
	return m.PublicMessage.Content.Commit.Path != nil
}
