package mls_test

import (
	"bytes"
	"errors"
	"testing"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// proposes makes a proposal of author and gives it to the others.
func proposes(t *testing.T, author *mlstest.Client, p public.Proposal, opts mls.ProposeOptions, others ...*mlstest.Client) []byte {
	t.Helper()
	message, ref, changes, err := author.Group.Propose(p, opts)
	return proposed(t, author, message, ref, changes, err, others)
}

func proposed(t *testing.T, author *mlstest.Client, message, ref []byte, changes mls.Changes, err error, others []*mlstest.Client) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	author.Records.Write(changes)
	for _, c := range others {
		got, changes, err := c.Group.ReceiveProposal(message)
		if err != nil || !bytes.Equal(got, ref) {
			t.Fatalf("%s: got %x, %v, want %x", c.Identity, got, err, ref)
		}
		c.Records.Write(changes)
	}
	return ref
}

// updates makes an Update proposal of author and gives it to the others.
func updates(t *testing.T, author *mlstest.Client, leaf mls.LeafOptions, others ...*mlstest.Client) []byte {
	t.Helper()
	message, ref, changes, err := author.Group.ProposeUpdate(leaf, mls.ProposeOptions{})
	return proposed(t, author, message, ref, changes, err, others)
}

// TestProposeEach sends a proposal of each kind, in both wire formats, and
// commits it by reference (RFC 9420, Section 12.1, RFC 9420, Section 12.1.4,
// RFC 9420, Section 12.1.7, RFC 9420, Section 6.3,
// draft-ietf-mls-extensions-10, Section 4.5).
func TestProposeEach(t *testing.T) {
	psk := []byte("an external key")
	for _, private := range []bool{false, true} {
		clients := mlstest.NewGroup(t, public.X25519(), 4, 4)
		for _, c := range clients {
			c.Config.ExternalPSK = func(id []byte) []byte { return psk }
			c.Config.ComponentPSK = func(public.ComponentID, []byte) []byte { return psk }
			c.Config.PrivateHandshakes = private
		}
		joiner := mlstest.NewClient(t, clients[0].Suite, "joiner")
		message, secrets := joiner.KeyPackage(t)
		k, err := public.ParseKeyPackage(message)
		if err != nil {
			t.Fatal(err)
		}
		newPSK := func(id public.PreSharedKeyID) public.Proposal {
			p, err := clients[1].Group.NewPSK(id)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		for _, p := range []public.Proposal{
			&public.Add{KeyPackage: *k},
			&public.Remove{Removed: 3},
			newPSK(public.PreSharedKeyID{Type: public.ExternalPSK, ID: []byte("id")}),
			newPSK(public.PreSharedKeyID{Type: public.ApplicationPSK, Component: 0x8001, ID: []byte("id")}),
			newPSK(public.PreSharedKeyID{
				Type: public.ResumptionPSK, Usage: public.UsageApplication,
				GroupID: clients[0].Group.GroupID(), Epoch: clients[0].Group.Epoch(),
			}),
			&public.GroupContextExtensions{},
		} {
			author := clients[1]
			proposes(t, author, p, mls.ProposeOptions{AuthenticatedData: []byte("aad")},
				append([]*mlstest.Client{clients[0]}, clients[2:]...)...)
			if _, _, err := author.Group.Encrypt(nil, nil); !errors.Is(err, mls.ErrProposals) {
				t.Errorf("%T is pending: got %v, want ErrProposals", p, err)
			}
			for _, c := range clients {
				c.Reload(t)
			}
			committer := clients[2]
			staged := committer.Commit(t, mls.CommitOptions{Received: true})
			for _, c := range clients {
				if c != committer {
					c.Follow(t, staged.CommitMessage())
				}
			}
			if p.Type() == public.ProposalAdd {
				joiner.Join(t, staged.Welcome(), secrets)
				clients = append(clients, joiner)
				joiner.Config.ResumptionPSK = func(_ []byte, epoch uint64) []byte { // of before it joined
					psk, _ := clients[0].Group.ResumptionPSK(epoch)
					return psk
				}
				joiner.Config.ExternalPSK, joiner.Config.ComponentPSK = clients[0].Config.ExternalPSK, clients[0].Config.ComponentPSK
			}
			if p.Type() == public.ProposalRemove { // leaf 3
				clients = append(clients[:3:3], clients[4:]...)
			}
			agree(t, clients...)
			clients[0].Receive(t, clients[1].Send(t, "on"))
		}
	}
}

// TestProposeErrors: what can't be valid is not sent.
func TestProposeErrors(t *testing.T) {
	alice, _, _ := trio(t)
	for _, c := range []struct {
		p    public.Proposal
		want error
	}{
		{&public.Update{}, mls.ErrProposal},
		{&public.ExternalInit{}, mls.ErrProposal},
		{&public.CustomProposal{Kind: 0xf001}, public.ErrUnsupportedProposal},
	} {
		if _, _, _, err := alice.Group.Propose(c.p, mls.ProposeOptions{}); !errors.Is(err, c.want) {
			t.Errorf("%T: got %v, want %v", c.p, err, c.want)
		}
	}
	if _, _, _, err := alice.Group.Propose(&public.Remove{Removed: 9}, mls.ProposeOptions{}); public.RuleOf(err) != public.RuleRemoveBlank {
		t.Errorf("got %v, want %s", err, public.RuleRemoveBlank)
	}
	if _, err := alice.Group.NewPSK(public.PreSharedKeyID{Type: public.ExternalPSK}); !errors.Is(err, mls.ErrPSK) {
		t.Errorf("got %v, want ErrPSK", err)
	}
	if len(alice.Group.Proposals()) != 0 {
		t.Error("a refused proposal is kept")
	}
}

// TestUpdateProposal: our leaf is replaced by another's commit, with a new
// signature key, across restarts (RFC 9420, Section 12.1.2).
func TestUpdateProposal(t *testing.T) {
	alice, bob, carol := trio(t)
	first := updates(t, bob, mls.LeafOptions{}, alice, carol)
	signer, pub, err := bob.Suite.GenerateSignatureKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	second := updates(t, bob, mls.LeafOptions{Signer: signer, Capabilities: true}, alice, carol)
	bob.Reload(t)
	alice.Receive(t, bob.Send(t, "an own update is for others to commit"))
	staged := alice.Commit(t, mls.CommitOptions{Received: true})
	carol.Follow(t, staged.CommitMessage())
	bob.Follow(t, staged.CommitMessage())
	agree(t, alice, bob, carol)
	if bytes.Equal(first, second) || bob.Records["u"] != nil {
		t.Error("the records of own updates stay")
	}
	if m, _ := alice.Group.Member(bob.Group.OwnIndex()); !bytes.Equal(m.SignatureKey, pub) {
		t.Error("the signature key is the old one")
	}
	bob.Reload(t) // with the old key, which is of no use any more
	alice.Receive(t, bob.Send(t, "signed with the new key"))
	carol.Follow(t, bob.Commit(t, mls.CommitOptions{}).CommitMessage())
	agree(t, bob, carol)
}

// TestUpdateLost: an Update whose keys are gone can't be followed.
func TestUpdateLost(t *testing.T) {
	alice, bob, carol := trio(t)
	updates(t, bob, mls.LeafOptions{}, alice, carol)
	delete(bob.Records, "u")
	bob.Reload(t)
	commit := alice.Commit(t, mls.CommitOptions{Received: true}).CommitMessage()
	refusedStage(t, bob, commit, mls.ErrOwnUpdate)
	for range 8 {
		updates(t, bob, mls.LeafOptions{})
	}
	if _, _, _, err := bob.Group.ProposeUpdate(mls.LeafOptions{}, mls.ProposeOptions{}); !errors.Is(err, mls.ErrTooManyUpdates) {
		t.Errorf("got %v, want ErrTooManyUpdates", err)
	}
	if _, _, _, err := carol.Group.ProposeUpdate(mls.LeafOptions{Signer: []byte("x")}, mls.ProposeOptions{}); !errors.Is(err, mls.ErrSigner) {
		t.Errorf("got %v, want ErrSigner", err)
	}
}

// TestRotateByCommit: our commit changes our signature key (RFC 9420, Section 7.3);
// until it is merged the old one signs.
func TestRotateByCommit(t *testing.T) {
	for _, private := range []bool{false, true} {
		alice, bob, carol := trio(t)
		signer, pub, err := bob.Suite.GenerateSignatureKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		staged, changes, err := bob.Group.Commit(mls.CommitOptions{Leaf: mls.LeafOptions{Signer: signer}, Private: private})
		if err != nil {
			t.Fatal(err)
		}
		bob.Records.Write(changes)
		if _, err := public.NewGroup(&public.Config{Suites: mlstest.Suites()}, staged.GroupInfo()); err != nil {
			t.Errorf("the next GroupInfo is not signed with the new key: %v", err)
		}
		bob.Reload(t)
		alice.Receive(t, bob.Send(t, "still the old key"))
		alice.Follow(t, staged.CommitMessage())
		carol.Follow(t, staged.CommitMessage())
		if back := bob.Follow(t, staged.CommitMessage()); !back.Own() {
			t.Error("the own commit is not recognised")
		}
		bob.Reload(t)
		agree(t, alice, bob, carol)
		alice.Receive(t, bob.Send(t, "the new key"))
		if m, _ := carol.Group.Member(bob.Group.OwnIndex()); !bytes.Equal(m.SignatureKey, pub) {
			t.Error("the signature key is the old one")
		}
	}
}

// TestPrivateHandshakes: all handshakes of a group are encrypted, which a server
// can't follow (RFC 9420, Section 6.3).
func TestPrivateHandshakes(t *testing.T) {
	alice, bob, carol := trio(t)
	for _, c := range []*mlstest.Client{alice, bob, carol} {
		c.Config.PrivateHandshakes = true
	}
	updates(t, carol, mls.LeafOptions{}, alice, bob)
	staged, changes, err := alice.Group.Commit(mls.CommitOptions{Received: true})
	if err != nil {
		t.Fatal(err)
	}
	alice.Records.Write(changes)
	if h, err := public.PeekPrivateMessage(staged.CommitMessage()); err != nil || h.ContentType != public.ContentCommit {
		t.Fatalf("the commit is %v, %v", h, err)
	}
	alice.Reload(t)
	alice.Follow(t, staged.CommitMessage())
	bob.Follow(t, staged.CommitMessage())
	carol.Follow(t, staged.CommitMessage())
	agree(t, alice, bob, carol)
	refusedStage(t, bob, staged.CommitMessage(), mls.ErrWrongEpoch)
	if alice.Records["c"] != nil {
		t.Error("the pending commit is left")
	}
}

// TestSelfRemove: a member leaves; another commits it, or one who joins from
// outside (draft-ietf-mls-extensions-10, Section 6.3).
func TestSelfRemove(t *testing.T) {
	clients := mlstest.NewGroup(t, public.X25519(), 4, 4)
	alice, bob, carol, dave := clients[0], clients[1], clients[2], clients[3]
	dave.Config.PrivateHandshakes = true // it is a PublicMessage all the same
	proposes(t, dave, &public.SelfRemove{}, mls.ProposeOptions{}, alice, bob, carol)
	if _, _, _, err := dave.Group.Propose(&public.SelfRemove{}, mls.ProposeOptions{AuthenticatedData: []byte("x")}); public.RuleOf(err) != public.RuleSelfRemoveTwice {
		t.Errorf("second SelfRemove: got %v", err)
	}
	staged := bob.Commit(t, mls.CommitOptions{Received: true})
	alice.Follow(t, staged.CommitMessage())
	carol.Follow(t, staged.CommitMessage())
	if !dave.Follow(t, staged.CommitMessage()).SelfRemoved() || len(dave.Records) != 0 {
		t.Error("dave is still there")
	}
	message, _, changes, err := carol.Group.Propose(&public.SelfRemove{}, mls.ProposeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	carol.Records.Write(changes)
	for _, c := range []*mlstest.Client{alice, bob} {
		if _, _, err := c.Group.ReceiveProposal(message); err != nil {
			t.Fatal(err)
		}
	}
	info, err := alice.Group.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	join, err := mls.JoinExternal(dave.Config, info, dave.Identity, dave.Signer, mls.ExternalOptions{
		SelfRemoves: [][]byte{message, []byte("nonsense")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(join.Removed()) != 1 || join.Removed()[0].Index != carol.Group.OwnIndex() {
		t.Errorf("the joiner removes %v", join.Removed())
	}
	alice.Follow(t, join.CommitMessage())
	bob.Follow(t, join.CommitMessage())
	if !carol.Follow(t, join.CommitMessage()).SelfRemoved() {
		t.Error("carol is still there")
	}
	g, _, err := join.Join()
	if err != nil {
		t.Fatal(err)
	}
	dave.Group = g
	agree(t, alice, bob, dave)
}

// TestOutsiders: an external sender and a client that wants to join propose
// (RFC 9420, Section 12.1.8, RFC 9420, Section 12.1.8.1).
func TestOutsiders(t *testing.T) {
	alice, bob, carol := trio(t)
	bot := mlstest.NewClient(t, alice.Suite, "bot")
	_, botKey, err := bot.Suite.NewSignaturePrivateKey(bot.Signer)
	if err != nil {
		t.Fatal(err)
	}
	senders := public.ExternalSenders{{SignatureKey: botKey, Credential: public.NewBasicCredential(bot.Identity)}}
	commit := alice.Commit(t, mls.CommitOptions{Extensions: &public.Extensions{senders.Extension()}}).CommitMessage()
	bob.Follow(t, commit)
	carol.Follow(t, commit)
	joiner := mlstest.NewClient(t, alice.Suite, "joiner")
	k, secrets := joiner.KeyPackage(t)
	outside := public.OutsideProposal{Suite: alice.Suite, GroupID: alice.Group.GroupID(), Epoch: alice.Group.Epoch()}
	remove, err := outside.External(&public.Config{}, 0, &public.Remove{Removed: carol.Group.OwnIndex()}, bot.Signer)
	if err != nil {
		t.Fatal(err)
	}
	add, err := outside.NewMember(k, joiner.Signer)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*mlstest.Client{alice, bob, carol} {
		for _, m := range [][]byte{remove, add} {
			_, changes, err := c.Group.ReceiveProposal(m)
			if err != nil {
				t.Fatal(err)
			}
			c.Records.Write(changes)
		}
		c.Reload(t)
	}
	staged := bob.Commit(t, mls.CommitOptions{Received: true, Accept: func(p public.CommittedProposal) bool {
		return p.Sender.Type == public.SenderExternal || p.Sender.Type == public.SenderNewMemberProposal
	}})
	alice.Follow(t, staged.CommitMessage())
	carol.Follow(t, staged.CommitMessage())
	joiner.Join(t, staged.Welcome(), secrets)
	agree(t, alice, bob, joiner)
	if !carol.Group.Removed() {
		t.Error("carol is still there")
	}
}

// TestComponents: AppDataUpdate changes the GroupContext by what the application
// says, AppEphemeral and a custom proposal change nothing
// (draft-ietf-mls-extensions-10, Section 4.7, draft-ietf-mls-extensions-10, Section 4.8,
// RFC 9420, Section 13.2), and authenticated data is framed
// (draft-ietf-mls-extensions-10, Section 4.9).
func TestComponents(t *testing.T) {
	const component, custom = 0x8001, 0xf001
	equip := func(c *mlstest.Client) {
		c.Config.Components, c.Config.SafeAAD = []public.ComponentID{component}, []public.ComponentID{component}
		c.Config.CustomProposals = map[public.ProposalType]public.ProposalPolicy{custom: {PathOptional: true}}
		c.Config.CheckEphemeral = func(public.ComponentData) error { return nil }
		c.Config.UpdateComponent = func(_ public.ComponentID, old []byte, updates [][]byte) ([]byte, error) {
			return append(bytes.Clone(old), bytes.Join(updates, nil)...), nil
		}
	}
	alice, bob := mlstest.NewClient(t, public.X25519(), "alice"), mlstest.NewClient(t, public.X25519(), "bob")
	equip(alice)
	equip(bob)
	list := public.Marshal(public.ComponentsList{component})
	required := public.AppDataDictionary{{ID: public.AppComponents, Data: list}, {ID: public.SafeAADComponent, Data: list}}
	g, changes, err := mls.Create(alice.Config, alice.Suite, []byte("group"), alice.Identity, alice.Signer, mls.CreateOptions{
		Extensions: public.Extensions{required.Extension()},
	})
	if err != nil {
		t.Fatal(err)
	}
	alice.Group = g
	alice.Records.Write(changes)
	k, secrets := bob.KeyPackage(t)
	none := public.Marshal(public.SafeAAD{})
	if _, _, err := alice.Group.Commit(mls.CommitOptions{Add: [][]byte{k}}); public.RuleOf(err) != public.RuleSafeAAD {
		t.Errorf("unframed: got %v", err)
	}
	bob.Join(t, alice.Commit(t, mls.CommitOptions{Add: [][]byte{k}, AuthenticatedData: none}).Welcome(), secrets)
	framed := mls.ProposeOptions{AuthenticatedData: public.Marshal(public.SafeAAD{{ID: component, Data: []byte("item")}})}
	proposes(t, alice, &public.AppDataUpdate{Component: component, Update: []byte("a")}, framed, bob)
	proposes(t, bob, &public.AppDataUpdate{Component: component, Update: []byte("b")}, framed, alice)
	proposes(t, bob, &public.AppEphemeral{Data: public.ComponentData{ID: component, Data: []byte("e")}}, framed, alice)
	proposes(t, bob, &public.CustomProposal{Kind: custom, Data: []byte("c")}, framed, alice)
	staged := alice.Commit(t, mls.CommitOptions{Received: true, AuthenticatedData: none})
	if back := bob.Follow(t, staged.CommitMessage()); len(back.Effects().Custom) != 1 || len(back.Effects().Ephemeral) != 1 || len(back.Updated()) != 0 {
		t.Errorf("the commit does %+v", back.Effects())
	}
	agree(t, alice, bob)
	dict, err := bob.Group.Context().Extensions.Dictionary()
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := dict.Find(component); string(got) != "ab" {
		t.Errorf("the component holds %q, want ab", got)
	}
	if _, _, err := alice.Group.Encrypt([]byte("?"), nil); public.RuleOf(err) != public.RuleSafeAAD {
		t.Errorf("unframed message: got %v", err)
	}
	m, changes, err := alice.Group.Encrypt(framed.AuthenticatedData, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	alice.Records.Write(changes)
	if got, _, err := bob.Group.Decrypt(m); err != nil || !bytes.Equal(got.AuthenticatedData, framed.AuthenticatedData) {
		t.Errorf("got %v", err)
	}
}
