package mls_test

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"testing"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// TestPendingCommit: our commit comes back after a restart, or loses
// (RFC 9420, Section 14).
func TestPendingCommit(t *testing.T) {
	alice, bob, _ := trio(t)
	staged, changes, err := alice.Group.Commit(mls.CommitOptions{Update: true})
	if err != nil {
		t.Fatal(err)
	}
	alice.Records.Write(changes)
	if _, _, err := alice.Group.Commit(mls.CommitOptions{}); !errors.Is(err, mls.ErrPendingCommit) {
		t.Errorf("second commit: got %v, want ErrPendingCommit", err)
	}
	late := alice.Send(t, "still the old epoch")
	alice.Reload(t)
	if !alice.Group.HasPending() {
		t.Fatal("the pending commit is lost")
	}
	if _, err := alice.Group.Merge(staged); !errors.Is(err, mls.ErrStaged) {
		t.Errorf("merge into the reloaded group: got %v, want ErrStaged", err)
	}
	back := alice.Follow(t, staged.CommitMessage())
	if !back.Own() || alice.Group.HasPending() || alice.Records["c"] != nil {
		t.Error("the own commit is not recognised")
	}
	bob.Follow(t, staged.CommitMessage())
	agree(t, alice, bob)
	if got := bob.Receive(t, late); got != "still the old epoch" {
		t.Errorf("got %q", got)
	}
}

func TestDropPending(t *testing.T) {
	alice, bob, _ := trio(t)
	staged, changes, err := alice.Group.Commit(mls.CommitOptions{Update: true})
	if err != nil {
		t.Fatal(err)
	}
	alice.Records.Write(changes)
	alice.Records.Write(alice.Group.DropPending())
	if alice.Records["c"] != nil || alice.Group.DropPending() != nil {
		t.Error("the pending commit is left")
	}
	refusedStage(t, alice, staged.CommitMessage(), mls.ErrOwnCommit)
	refused(t, alice, mls.ErrStaged, func() (mls.Changes, error) { return alice.Group.Merge(staged) })
	bob.Follow(t, alice.Commit(t, mls.CommitOptions{Update: true}).CommitMessage())
	agree(t, alice, bob)
	refused(t, bob, mls.ErrStaged, func() (mls.Changes, error) { return bob.Group.Merge(staged) })
	refused(t, bob, mls.ErrStaged, func() (mls.Changes, error) { return bob.Group.Merge(nil) })
}

// TestStageTwice: staging is free of effects, and only one result is merged.
func TestStageTwice(t *testing.T) {
	alice, bob, _ := trio(t)
	m := alice.Commit(t, mls.CommitOptions{Update: true}).CommitMessage()
	one, err := bob.Group.Stage(m)
	if err != nil {
		t.Fatal(err)
	}
	two, err := bob.Group.Stage(m)
	if err != nil {
		t.Fatal(err)
	}
	bob.Merge(t, two)
	agree(t, alice, bob)
	refused(t, bob, mls.ErrStaged, func() (mls.Changes, error) { return bob.Group.Merge(one) })
}

// TestWithoutPath: an Add needs no path, and the keys that stay valid stay
// (RFC 9420, Section 12.4).
func TestWithoutPath(t *testing.T) {
	c := mlstest.NewGroup(t, public.X25519(), 5, 5)
	for round := range 4 {
		dave := mlstest.NewClient(t, c[0].Suite, "dave")
		k, secrets := dave.KeyPackage(t)
		staged := c[round].Commit(t, mls.CommitOptions{Add: [][]byte{k}})
		for i, o := range c {
			if i != round {
				o.Follow(t, staged.CommitMessage())
			}
		}
		dave.Join(t, staged.Welcome(), secrets)
		c = append(c, dave)
		agree(t, c...)
		message := dave.Commit(t, mls.CommitOptions{Update: true}).CommitMessage()
		for _, o := range c[:len(c)-1] {
			o.Follow(t, message)
		}
		agree(t, c...)
	}
}

// TestProposalsByReference is RFC 9420, Section 12.1 as far as receiving
// goes.
func TestProposalsByReference(t *testing.T) {
	alice, bob, carol := trio(t)
	proposal := carol.Group.ProposeRaw(&public.Remove{Removed: carol.Group.OwnIndex()})
	var ref []byte
	for _, c := range []*mlstest.Client{alice, bob} {
		got, changes, err := c.Group.ReceiveProposal(proposal)
		if err != nil {
			t.Fatal(err)
		}
		c.Records.Write(changes)
		c.Reload(t)
		ref = got
	}
	refused(t, bob, mls.ErrMembershipTag, func() (mls.Changes, error) {
		_, changes, err := bob.Group.ReceiveProposal(flip(proposal, len(proposal)-1))
		return changes, err
	})
	staged := alice.Commit(t, mls.CommitOptions{Proposals: [][]byte{ref}})
	bob.Follow(t, staged.CommitMessage())
	agree(t, alice, bob)
	if len(alice.Group.Members()) != 2 {
		t.Errorf("%d members are left, want 2", len(alice.Group.Members()))
	}
	if _, _, err := alice.Group.Commit(mls.CommitOptions{Proposals: [][]byte{ref}}); !errors.Is(err, public.ErrUnknownProposal) {
		t.Errorf("after the epoch: got %v, want ErrUnknownProposal", err)
	}
}

// TestPrivateCommit: others may send handshakes as PrivateMessages
// (RFC 9420, Section 6.3).
func TestPrivateCommit(t *testing.T) {
	alice, bob, carol := trio(t)
	message := alice.Group.CommitPrivately(t)
	for _, c := range []*mlstest.Client{bob, carol} {
		refusedDecrypt(t, c, message, mls.ErrNotApplication)
		if _, err := c.Group.Stage(message); err != nil {
			t.Fatal(err)
		}
		c.Follow(t, message)
		c.Reload(t)
	}
	agree(t, bob, carol)
	refusedStage(t, bob, message, mls.ErrWrongEpoch)
}

// TestExternalPSK is RFC 9420, Section 8.4.
func TestExternalPSK(t *testing.T) {
	alice, bob, carol := trio(t)
	has := func(key string) func([]byte) []byte {
		return func(id []byte) []byte {
			if string(id) == "id" {
				return []byte(key)
			}
			return nil
		}
	}
	alice.Config.ExternalPSK, bob.Config.ExternalPSK = has("key"), has("key")
	if _, _, err := alice.Group.Commit(mls.CommitOptions{ExternalPSKs: [][]byte{[]byte("other")}}); !errors.Is(err, mls.ErrPSK) {
		t.Errorf("unknown key: got %v, want ErrPSK", err)
	}
	m := alice.Commit(t, mls.CommitOptions{ExternalPSKs: [][]byte{[]byte("id")}}).CommitMessage()
	refusedStage(t, carol, m, mls.ErrPSK)
	carol.Config.ExternalPSK = has("wrong")
	refusedStage(t, carol, m, mls.ErrConfirmationTag)
	bob.Follow(t, m)
	agree(t, alice, bob)
}

// TestGroupExtensions is RFC 9420, Section 12.1.7.
func TestGroupExtensions(t *testing.T) {
	alice, bob, _ := trio(t)
	ext := public.Extensions{{Type: public.RequiredCapabilitiesExtension, Data: public.Marshal(&public.RequiredCapabilities{
		Credentials: []public.CredentialType{public.BasicCredential},
	})}}
	staged := alice.Commit(t, mls.CommitOptions{Extensions: &ext})
	if got := bob.Follow(t, staged.CommitMessage()); !got.Effects().ContextChanged {
		t.Error("the change of extensions is not shown")
	}
	agree(t, alice, bob)
	if !bob.Group.Context().Extensions.Equal(ext) {
		t.Error("the extensions differ")
	}
}

// TestReInit: a group that is shut down takes neither messages nor commits
// (RFC 9420, Section 12.1.5).
func TestReInit(t *testing.T) {
	alice, bob, _ := trio(t)
	ref, changes, err := alice.Group.ReceiveProposal(bob.Group.ProposeRaw(&public.ReInit{
		GroupID: []byte("next"), Version: public.MLS10, CipherSuite: alice.Suite.ID(),
	}))
	if err != nil {
		t.Fatal(err)
	}
	alice.Records.Write(changes)
	alice.Commit(t, mls.CommitOptions{Proposals: [][]byte{ref}})
	alice.Reload(t)
	if _, _, err := alice.Group.Encrypt(nil, nil); !errors.Is(err, public.ErrReInit) {
		t.Errorf("encrypt: got %v, want ErrReInit", err)
	}
	if _, _, err := alice.Group.Commit(mls.CommitOptions{Update: true}); !errors.Is(err, public.ErrReInit) {
		t.Errorf("commit: got %v, want ErrReInit", err)
	}
}

// TestStagedViews: a staged commit shows what it would change.
func TestStagedViews(t *testing.T) {
	alice, bob, carol := trio(t)
	dave := mlstest.NewClient(t, alice.Suite, "dave")
	k, _ := dave.KeyPackage(t)
	gone := carol.Group.OwnIndex()
	made, _, err := alice.Group.Commit(mls.CommitOptions{
		Add: [][]byte{k}, Remove: []mls.LeafIndex{gone}, AuthenticatedData: []byte("aad"),
	})
	if err != nil {
		t.Fatal(err)
	}
	seen, err := bob.Group.Stage(made.CommitMessage())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*mls.StagedCommit{made, seen} {
		if s.Own() != (s == made) || s.External() || s.SelfRemoved() || s.Epoch() != 2 || s.Context().Epoch != 2 {
			t.Error("the kind of commit is wrong")
		}
		if len(s.Added()) != 1 || s.Added()[0].Index != gone || string(s.Added()[0].KeyPackage.Identity()) != "dave" {
			t.Errorf("added: %v", s.Added())
		}
		if len(s.Removed()) != 1 || string(s.Removed()[0].Identity()) != string(carol.Identity) {
			t.Errorf("removed: %v", s.Removed())
		}
		if len(s.Updated()) != 1 || s.Updated()[0].Index != alice.Group.OwnIndex() {
			t.Errorf("updated: %v", s.Updated())
		}
		if len(s.Members()) != 3 || string(s.AuthenticatedData()) != "aad" || s.Committer().Index != 0 {
			t.Error("members, authenticated data or committer are wrong")
		}
	}
	if seen.CommitMessage() != nil || seen.Welcome() != nil || seen.GroupInfo() != nil {
		t.Error("another's commit has messages to send")
	}
	if got := alice.Group.Suite().ID(); got != public.SuiteX25519 {
		t.Errorf("suite %d", got)
	}
	if _, ok := alice.Group.Member(9); ok {
		t.Error("a member outside the tree")
	}
}

// TestInvalidCommits: what may not be committed is not made.
func TestInvalidCommits(t *testing.T) {
	alice, bob, _ := trio(t)
	k, _ := bob.KeyPackage(t)
	for name, opts := range map[string]mls.CommitOptions{
		"remove self":       {Remove: []public.LeafIndex{alice.Group.OwnIndex()}},
		"remove nobody":     {Remove: []public.LeafIndex{7}},
		"remove twice":      {Remove: []public.LeafIndex{1, 1}},
		"add a member":      {Add: [][]byte{k}},
		"add no package":    {Add: [][]byte{[]byte("x")}},
		"unknown reference": {Proposals: [][]byte{[]byte("x")}},
	} {
		records := maps.Clone(alice.Records)
		_, changes, err := alice.Group.Commit(opts)
		alice.Records.Write(changes)
		if err == nil || alice.Group.HasPending() || !maps.EqualFunc(records, alice.Records, bytes.Equal) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	// RFC 9420, Section 15.2
	if _, _, err := alice.Group.Encrypt(nil, make([]byte, mls.MaxData+1)); !errors.Is(err, mls.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

// TestExport is RFC 9420, Section 8.5.
func TestExport(t *testing.T) {
	alice, bob, _ := trio(t)
	get := func(c *mlstest.Client, label, context string) []byte {
		out, err := c.Group.Export(label, []byte(context), 40)
		if err != nil || len(out) != 40 {
			t.Fatalf("got %d bytes, %v", len(out), err)
		}
		return out
	}
	a := get(alice, "typing", "x")
	if !bytes.Equal(a, get(bob, "typing", "x")) || bytes.Equal(a, get(bob, "typing", "y")) || bytes.Equal(a, get(bob, "other", "x")) {
		t.Error("exports don't match")
	}
	if _, err := alice.Group.Export("typing", nil, 1<<20); err == nil {
		t.Error("a length out of range is exported")
	}
	alice.Commit(t, mls.CommitOptions{Update: true})
	if bytes.Equal(a, get(alice, "typing", "x")) {
		t.Error("the next epoch exports the same")
	}
}

// TestSignatureProof: TBS and signature of a message convince without the group
// (RFC 9420, Section 6.1).
func TestSignatureProof(t *testing.T) {
	alice, bob, _ := trio(t)
	message, _, err := alice.Group.Encrypt([]byte("aad"), []byte("data"))
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := bob.Group.Decrypt(message)
	if err != nil {
		t.Fatal(err)
	}
	if err := alice.Suite.VerifyWithLabel(m.SenderSignatureKey, "FramedContentTBS", m.TBS, m.Signature); err != nil {
		t.Error(err)
	}
	if !bytes.Contains(m.TBS, []byte("data")) || string(m.AuthenticatedData) != "aad" || m.Generation != 0 ||
		m.Epoch != alice.Group.Epoch() || m.Sender != alice.Group.OwnIndex() || !bytes.Equal(m.SenderIdentity, alice.Identity) {
		t.Errorf("got %+v", m)
	}
}

// TestDamagedRecords: a record that is missing or altered gives an error.
func TestDamagedRecords(t *testing.T) {
	alice, bob, _ := trio(t)
	bob.Follow(t, alice.Commit(t, mls.CommitOptions{Update: true}).CommitMessage())
	_, changes, err := bob.Group.Commit(mls.CommitOptions{Update: true})
	if err != nil {
		t.Fatal(err)
	}
	bob.Records.Write(changes)
	for _, key := range slices.Sorted(maps.Keys(bob.Records)) {
		if key[0] == 'e' || key[0] == 'x' || key == "p/proposals" {
			continue // read when needed, and absent at times
		}
		for name, value := range map[string][]byte{"missing": nil, "empty": {}, "version": {9}, "cut": bob.Records[key][:len(bob.Records[key])-1]} {
			damaged := maps.Clone(bob.Records)
			damaged[key] = value
			if key == "c" && value == nil {
				continue
			}
			if _, err := mls.Load(bob.Config, mlstest.Records(damaged), bob.Signer); !errors.Is(err, mls.ErrState) {
				t.Errorf("record %s %s: got %v, want ErrState", key, name, err)
			}
		}
	}
	if _, err := mls.Load(bob.Config, bob.Records, alice.Signer); !errors.Is(err, mls.ErrSigner) {
		t.Errorf("other signer: got %v, want ErrSigner", err)
	}
	failed := errors.New("disk")
	if _, err := mls.Load(bob.Config, failing{failed}, bob.Signer); !errors.Is(err, failed) {
		t.Errorf("got %v, want the error of reading", err)
	}
}

// failing are Records that can't be read.
type failing struct{ err error }

func (f failing) Get(string) ([]byte, error) { return nil, f.err }
