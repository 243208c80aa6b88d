package mls_test

import (
	"bytes"
	"errors"
	"testing"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// follower is a client of the same person in the group that follows.
func follower(t *testing.T, c *mlstest.Client, g *mls.Group, changes mls.Changes, err error) *mlstest.Client {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", c.Identity, err)
	}
	next := &mlstest.Client{Config: c.Config, Suite: g.Suite(), Identity: c.Identity, Signer: c.Signer, Group: g, Records: mlstest.Records{}}
	next.Records.Write(changes)
	return next
}

// shutDown commits a ReInit in a group of three.
func shutDown(t *testing.T, r *public.ReInit) (alice, bob, carol *mlstest.Client) {
	t.Helper()
	alice, bob, carol = trio(t)
	commit := alice.Commit(t, mls.CommitOptions{Values: []public.Proposal{r}}).CommitMessage()
	bob.Follow(t, commit)
	carol.Follow(t, commit)
	return alice, bob, carol
}

func fresh(t *testing.T, s *public.Suite, c *mlstest.Client) ([]byte, *mls.KeyPackageSecrets) {
	t.Helper()
	k, secrets, err := mls.NewKeyPackage(c.Config, s, c.Identity, c.Signer, mls.KeyPackageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return k, secrets
}

// TestSuccessor: a group moves to another suite (RFC 9420, Section 11.2,
// RFC 9420, Section 12.1.5, RFC 9420, Section 12.4.3.1), made by a member other
// than the one who shut it down.
func TestSuccessor(t *testing.T) {
	reinit := &public.ReInit{GroupID: []byte("next"), Version: public.MLS10, CipherSuite: public.SuiteChaCha20}
	alice, bob, carol := shutDown(t, reinit)
	if got := bob.Group.ReInit(); got == nil || string(got.GroupID) != "next" {
		t.Fatalf("ReInit is %v", got)
	}
	bob.Reload(t)
	if _, _, _, err := bob.Group.Propose(&public.Remove{Removed: 0}, mls.ProposeOptions{}); !errors.Is(err, public.ErrReInit) {
		t.Errorf("got %v, want ErrReInit", err)
	}
	ka, sa := fresh(t, public.ChaCha20(), alice)
	kc, sc := fresh(t, public.ChaCha20(), carol)
	if _, err := mls.Successor(bob.Config, bob.Group, mls.SuccessorOptions{Add: [][]byte{ka}}); !errors.Is(err, mls.ErrSuccessor) {
		t.Errorf("without carol: got %v, want ErrSuccessor", err)
	}
	staged, err := mls.Successor(bob.Config, bob.Group, mls.SuccessorOptions{Add: [][]byte{ka, kc}})
	if err != nil {
		t.Fatal(err)
	}
	g, changes, err := staged.Join()
	b := follower(t, bob, g, changes, err)
	g, changes, err = mls.JoinSuccessor(alice.Config, alice.Group, staged.Welcome(), []*mls.KeyPackageSecrets{sa}, alice.Signer)
	a := follower(t, alice, g, changes, err)
	g, changes, err = mls.JoinSuccessor(carol.Config, carol.Group, staged.Welcome(), []*mls.KeyPackageSecrets{sc}, carol.Signer)
	c := follower(t, carol, g, changes, err)
	agree(t, a, b, c)
	if a.Group.Suite().ID() != public.SuiteChaCha20 || string(a.Group.GroupID()) != "next" {
		t.Error("the successor is not what the ReInit says")
	}
	if got := a.Receive(t, c.Send(t, "on")); got != "on" {
		t.Errorf("got %q", got)
	}
}

// TestOutOfBandTree: neither Welcome nor GroupInfo has the tree
// (RFC 9420, Section 12.4.3.3, RFC 9420, Section 12.4.3).
func TestOutOfBandTree(t *testing.T) {
	s := public.X25519()
	alice, bob, carol := mlstest.NewClient(t, s, "alice"), mlstest.NewClient(t, s, "bob"), mlstest.NewClient(t, s, "carol")
	alice.Config.TreeOutOfBand = true
	alice.Create(t, "group")
	other := alice.Group.RatchetTree()
	k, secrets := bob.KeyPackage(t)
	welcome := alice.Commit(t, mls.CommitOptions{Add: [][]byte{k}}).Welcome()
	join := func(tree []byte) error {
		g, changes, err := mls.JoinWelcomeWith(bob.Config, welcome, []*mls.KeyPackageSecrets{secrets}, bob.Signer, mls.JoinOptions{Tree: tree})
		if err == nil {
			bob.Group = g
			bob.Records.Write(changes)
		}
		return err
	}
	if err := join(nil); !errors.Is(err, public.ErrNoTree) {
		t.Errorf("no tree: got %v, want ErrNoTree", err)
	}
	if err := join(other); public.RuleOf(err) != public.RuleTreeHash {
		t.Errorf("another tree: got %v, want %s", err, public.RuleTreeHash)
	}
	if err := join(alice.Group.RatchetTree()); err != nil {
		t.Fatal(err)
	}
	agree(t, alice, bob)
	info, err := alice.Group.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(info, []byte("alice")) {
		t.Error("the GroupInfo has the tree")
	}
	staged, err := mls.JoinExternal(carol.Config, info, carol.Identity, carol.Signer, mls.ExternalOptions{Tree: alice.Group.RatchetTree()})
	if err != nil {
		t.Fatal(err)
	}
	alice.Follow(t, staged.CommitMessage())
	bob.Follow(t, staged.CommitMessage())
	g, _, err := staged.Join()
	if err != nil {
		t.Fatal(err)
	}
	carol.Group = g
	agree(t, alice, bob, carol)
}

// TestJoinWithPSK: an external joiner shows by a resumption PSK that it was a
// member (RFC 9420, Section 12.4.3.2, RFC 9420, Section 8.6).
func TestJoinWithPSK(t *testing.T) {
	alice, bob, carol := trio(t)
	info, err := alice.Group.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	id := public.PreSharedKeyID{
		Type: public.ResumptionPSK, Usage: public.UsageApplication,
		GroupID: bob.Group.GroupID(), Epoch: bob.Group.Epoch(),
	}
	opts := mls.ExternalOptions{Resync: true, PSKs: []public.PreSharedKeyID{id}}
	if _, err := mls.JoinExternal(bob.Config, info, bob.Identity, bob.Signer, opts); !errors.Is(err, mls.ErrPSK) {
		t.Errorf("without the old group: got %v, want ErrPSK", err)
	}
	opts.Old = bob.Group
	staged, err := mls.JoinExternal(bob.Config, info, bob.Identity, bob.Signer, opts)
	if err != nil {
		t.Fatal(err)
	}
	if got := alice.Follow(t, staged.CommitMessage()).Effects().PSKs; len(got) != 1 || len(got[0].Nonce) != alice.Suite.HashSize() {
		t.Errorf("PSKs: %v", got)
	}
	carol.Follow(t, staged.CommitMessage())
	g, _, err := staged.Join()
	if err != nil {
		t.Fatal(err)
	}
	bob.Group = g
	agree(t, alice, bob, carol)
}
