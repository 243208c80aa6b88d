package mls_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// invite returns a Welcome of a new group of alice for one key package.
func invite(t *testing.T, opts mls.KeyPackageOptions) (alice, bob *mlstest.Client, welcome []byte, secrets *mls.KeyPackageSecrets) {
	s := public.X25519()
	alice, bob = mlstest.NewClient(t, s, "alice"), mlstest.NewClient(t, s, "bob")
	alice.Create(t, "group")
	k, secrets, err := mls.NewKeyPackage(bob.Config, s, bob.Identity, bob.Signer, opts)
	if err != nil {
		t.Fatal(err)
	}
	return alice, bob, alice.Commit(t, mls.CommitOptions{Add: [][]byte{k}}).Welcome(), secrets
}

// TestKeyPackage is RFC 9420, Section 10.
func TestKeyPackage(t *testing.T) {
	s := public.X25519()
	c := mlstest.NewClient(t, s, "alice")
	for _, last := range []bool{false, true} {
		message, secrets, err := mls.NewKeyPackage(c.Config, s, c.Identity, c.Signer, mls.KeyPackageOptions{LastResort: last})
		if err != nil {
			t.Fatal(err)
		}
		k, err := public.ParseKeyPackage(message)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (&public.Config{Suites: mlstest.Suites(), Now: time.Now}).ValidateKeyPackage(k); err != nil {
			t.Error(err)
		}
		if k.LastResort() != last || !bytes.Equal(k.Identity(), c.Identity) {
			t.Errorf("got last resort %v of %q", k.LastResort(), k.Identity())
		}
		back, err := mls.ParseKeyPackageSecrets(secrets.Marshal())
		if err != nil || !back.Init.Equal(secrets.Init) || !back.Leaf.Equal(secrets.Leaf) {
			t.Errorf("the secrets come back otherwise: %v", err)
		}
		if ref, err := back.Ref(c.Config); err != nil || !bytes.Equal(ref, k.Ref(s)) {
			t.Errorf("reference: got %x, %v", ref, err)
		}
	}
	if _, err := mls.ParseKeyPackageSecrets([]byte{1, 2}); !errors.Is(err, mls.ErrState) {
		t.Errorf("got %v, want ErrState", err)
	}
}

// TestLastResort: one key package, two groups
// (draft-ietf-mls-extensions-10, Section 6.4).
func TestLastResort(t *testing.T) {
	_, bob, welcome, secrets := invite(t, mls.KeyPackageOptions{LastResort: true})
	for range 2 {
		bob.Join(t, welcome, secrets)
		bob.Commit(t, mls.CommitOptions{Update: true})
	}
}

// TestBadWelcome is RFC 9420, Section 12.4.3.1 from the attacker's side.
func TestBadWelcome(t *testing.T) {
	alice, bob, welcome, secrets := invite(t, mls.KeyPackageOptions{})
	_, other := bob.KeyPackage(t)
	join := func(welcome []byte, secrets *mls.KeyPackageSecrets, signer public.SignaturePrivateKey) error {
		_, changes, err := mls.JoinWelcome(bob.Config, welcome, []*mls.KeyPackageSecrets{secrets}, signer)
		if err != nil && changes != nil {
			t.Error("changes with an error")
		}
		return err
	}
	parsed, err := public.Parse[public.MLSMessage](welcome)
	if err != nil {
		t.Fatal(err)
	}
	sealed := parsed.Welcome.Secrets[0].EncryptedGroupSecrets
	sealed.Ciphertext[0] ^= 1
	badSecrets := public.Marshal(parsed)
	sealed.Ciphertext[0] ^= 1
	for _, c := range []struct {
		name    string
		welcome []byte
		secrets *mls.KeyPackageSecrets
		signer  public.SignaturePrivateKey
		want    error
	}{
		{"another key package", welcome, other, bob.Signer, mls.ErrNotForUs},
		{"another signer", welcome, secrets, alice.Signer, mls.ErrSigner},
		{"altered group secrets", badSecrets, secrets, bob.Signer, mls.ErrWelcome},
		{"altered group info", flip(welcome, len(welcome)-1), secrets, bob.Signer, mls.ErrWelcome},
		{"cut", welcome[:len(welcome)-1], secrets, bob.Signer, mls.ErrWelcome},
		{"not a welcome", alice.Send(t, "x"), secrets, bob.Signer, mls.ErrWelcome},
	} {
		if err := join(c.welcome, c.secrets, c.signer); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if err := join(welcome, secrets, bob.Signer); err != nil {
		t.Errorf("the good one: %v", err)
	}
	bob.Config.Suites = []*public.Suite{public.ChaCha20()}
	if err := join(welcome, secrets, bob.Signer); !errors.Is(err, mls.ErrSuite) {
		t.Errorf("unsupported suite: got %v, want ErrSuite", err)
	}
}

// TestApplicationJudges: CheckMember refuses joins, adds and commits
// (RFC 9420, Section 5.3.1).
func TestApplicationJudges(t *testing.T) {
	errNo := errors.New("no")
	alice, bob, welcome, secrets := invite(t, mls.KeyPackageOptions{})
	refuse := func(name string) func(public.LeafView) error {
		return func(l public.LeafView) error {
			if string(l.Identity()) == name {
				return errNo
			}
			return nil
		}
	}
	bob.Config.CheckMember = refuse("alice")
	if _, _, err := mls.JoinWelcome(bob.Config, welcome, []*mls.KeyPackageSecrets{secrets}, bob.Signer); !errors.Is(err, errNo) {
		t.Errorf("join: got %v", err)
	}
	bob.Config.CheckMember = refuse("mallory")
	bob.Join(t, welcome, secrets)
	mallory := mlstest.NewClient(t, alice.Suite, "mallory")
	k, _ := mallory.KeyPackage(t)
	if _, _, err := bob.Group.Commit(mls.CommitOptions{Add: [][]byte{k}}); !errors.Is(err, errNo) {
		t.Errorf("own commit: got %v", err)
	}
	staged, _, err := alice.Group.Commit(mls.CommitOptions{Add: [][]byte{k}})
	if err != nil {
		t.Fatal(err)
	}
	refusedStage(t, bob, staged.CommitMessage(), errNo)
}

// TestExternalJoin is RFC 9420, Section 12.4.3.2, RFC 9420, Section 12.1.6 and
// RFC 9420, Section 8.3; random histories cover the good ways.
func TestExternalJoin(t *testing.T) {
	alice, bob, mallory := trio(t)
	info, err := alice.Group.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mls.JoinExternal(bob.Config, info, bob.Identity, bob.Signer, mls.ExternalOptions{}); err == nil {
		t.Error("a second leaf with the same key is made without Resync")
	}
	staged, err := mls.JoinExternal(mallory.Config, info, bob.Identity, mallory.Signer, mls.ExternalOptions{Resync: true, AuthenticatedData: []byte("aad")})
	if err == nil {
		t.Error("mallory's key stands in two leaves")
	} else if staged != nil {
		t.Error("a commit with an error")
	}
	stranger := mlstest.NewClient(t, alice.Suite, "stranger")
	if _, err := mls.JoinExternal(stranger.Config, flip(info, len(info)-1), stranger.Identity, stranger.Signer, mls.ExternalOptions{}); err == nil {
		t.Error("a GroupInfo with a bad signature is taken")
	}
	staged, err = mls.JoinExternal(stranger.Config, info, stranger.Identity, stranger.Signer, mls.ExternalOptions{AuthenticatedData: []byte("aad")})
	if err != nil {
		t.Fatal(err)
	}
	got, err := bob.Group.Stage(staged.CommitMessage())
	if err != nil {
		t.Fatal(err)
	}
	if !got.External() || string(got.Committer().Identity()) != "stranger" || string(got.AuthenticatedData()) != "aad" || len(got.Members()) != 4 {
		t.Error("the staged commit shows another join")
	}
	bob.Merge(t, got)
	g, changes, err := staged.Join()
	if err != nil {
		t.Fatal(err)
	}
	stranger.Group = g
	stranger.Records.Write(changes)
	stranger.Reload(t)
	agree(t, bob, stranger)
	if _, _, err := staged.Join(); !errors.Is(err, mls.ErrStaged) {
		t.Errorf("second Join: got %v, want ErrStaged", err)
	}
	if got := bob.Receive(t, stranger.Send(t, "hi")); got != "hi" {
		t.Errorf("got %q", got)
	}
	if _, err := mls.JoinExternal(stranger.Config, info, stranger.Identity, stranger.Signer, mls.ExternalOptions{}); err != nil {
		t.Errorf("a stale GroupInfo is for the server to refuse: %v", err)
	}
}

// TestResyncKeepsIdentity: an external commit may remove only the leaf that has
// the joiner's identity (RFC 9420, Section 12.2).
func TestResyncKeepsIdentity(t *testing.T) {
	alice, bob, _ := trio(t)
	info, err := alice.Group.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	thief := mlstest.NewClient(t, alice.Suite, "thief")
	staged, err := mls.JoinExternal(thief.Config, info, thief.Identity, thief.Signer, mls.ExternalOptions{Resync: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(staged.Removed()) != 0 {
		t.Error("a stranger removes somebody")
	}
	forged, err := mls.JoinExternalRemoving(thief.Config, info, thief.Identity, thief.Signer, bob.Group.OwnIndex())
	if err == nil || forged != nil {
		t.Fatal("the thief's own checks pass")
	}
	if public.RuleOf(err) != public.RuleApplication {
		t.Errorf("got %v, want the rule about identities", err)
	}
}

// TestBranch is RFC 9420, Section 11.3 and RFC 9420, Section 8.6.
func TestBranch(t *testing.T) {
	alice, bob, mallory := trio(t)
	good := alice.Group.Epoch()
	bob.Follow(t, alice.Commit(t, mls.CommitOptions{Update: true}).CommitMessage())
	k, secrets := bob.KeyPackage(t)
	staged, err := mls.Branch(alice.Config, alice.Group, good, []byte("group#1"), mls.BranchOptions{Add: [][]byte{k}})
	if err != nil {
		t.Fatal(err)
	}
	view, err := public.NewGroup(&public.Config{Suites: mlstest.Suites(), Now: time.Now}, staged.GroupInfo())
	if err != nil || view.Epoch() != 1 || string(view.GroupID()) != "group#1" {
		t.Fatalf("the server sees %v, %v", view, err)
	}
	first, err := public.NewGroup(&public.Config{Suites: mlstest.Suites(), Now: time.Now}, staged.FirstGroupInfo())
	if err != nil || first.Epoch() != 0 {
		t.Fatalf("the first GroupInfo: %v", err)
	}
	checked, err := first.Stage(staged.CommitMessage())
	if err != nil {
		t.Fatal(err)
	}
	if err := first.CheckGroupInfo(checked, staged.GroupInfo()); err != nil {
		t.Errorf("the two GroupInfos and the commit don't fit: %v", err)
	}
	g, changes, err := staged.Join()
	if err != nil {
		t.Fatal(err)
	}
	next := &mlstest.Client{Config: alice.Config, Suite: alice.Suite, Identity: alice.Identity, Signer: alice.Signer, Group: g, Records: mlstest.Records{}}
	next.Records.Write(changes)
	next.Reload(t)
	if _, _, err := mls.JoinWelcome(bob.Config, staged.Welcome(), []*mls.KeyPackageSecrets{secrets}, bob.Signer); !errors.Is(err, mls.ErrPSK) {
		t.Errorf("without the old group: got %v, want ErrPSK", err)
	}
	if _, _, err := mls.JoinBranch(bob.Config, mallory.Group, staged.Welcome(), []*mls.KeyPackageSecrets{secrets}, bob.Signer); err != nil {
		t.Errorf("who was in that epoch can join: %v", err)
	}
	g, changes, err = mls.JoinBranch(bob.Config, bob.Group, staged.Welcome(), []*mls.KeyPackageSecrets{secrets}, bob.Signer)
	if err != nil {
		t.Fatal(err)
	}
	joined := &mlstest.Client{Config: bob.Config, Suite: bob.Suite, Identity: bob.Identity, Signer: bob.Signer, Group: g, Records: mlstest.Records{}}
	joined.Records.Write(changes)
	agree(t, next, joined)
	if got := joined.Receive(t, next.Send(t, "on")); got != "on" {
		t.Errorf("got %q", got)
	}
}

// TestBranchOfOthers: a branch has only members of the old group.
func TestBranchOfOthers(t *testing.T) {
	alice, bob, _ := trio(t)
	stranger := mlstest.NewClient(t, alice.Suite, "stranger")
	k1, secrets := bob.KeyPackage(t)
	k2, _ := stranger.KeyPackage(t)
	staged, err := mls.Branch(alice.Config, alice.Group, alice.Group.Epoch(), []byte("group#1"), mls.BranchOptions{Add: [][]byte{k1, k2}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := mls.JoinBranch(bob.Config, bob.Group, staged.Welcome(), []*mls.KeyPackageSecrets{secrets}, bob.Signer); !errors.Is(err, mls.ErrBranch) {
		t.Errorf("got %v, want ErrBranch", err)
	}
	_, _, welcome, plain := invite(t, mls.KeyPackageOptions{})
	if _, _, err := mls.JoinBranch(bob.Config, bob.Group, welcome, []*mls.KeyPackageSecrets{plain}, bob.Signer); err == nil {
		t.Error("a group that is no branch is joined as one")
	}
	for epoch, want := range map[uint64]error{9: mls.ErrFutureEpoch, 0: mls.ErrEpochGone} {
		if _, err := mls.Branch(bob.Config, bob.Group, epoch, []byte("x"), mls.BranchOptions{}); !errors.Is(err, want) {
			t.Errorf("epoch %d: got %v, want %v", epoch, err, want)
		}
	}
}
