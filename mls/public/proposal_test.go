package public

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// TestExtensionProposals commits proposals of draft-ietf-mls-extensions-10, Section 4.7,
// draft-ietf-mls-extensions-10, Section 4.8 and
// draft-ietf-mls-extensions-10, Section 7.2, and one of the application's own
// (RFC 9420, Section 13.2), without a path.
func TestExtensionProposals(t *testing.T) {
	w := newWorldOf(t, X25519(), 4)
	w.known()
	custom := &CustomProposal{Kind: testProposal, Data: []byte("vote")}
	staged := w.merge(w.raw(1, &Commit{Proposals: inline(updateTo("a"), custom, ephemeral("e"), updateTo("b"))}))
	if len(staged.Custom) != 1 || staged.Custom[0].Proposal != custom && string(staged.Custom[0].Proposal.(*CustomProposal).Data) != "vote" {
		t.Errorf("custom proposals: %v", staged.Custom)
	}
	if len(staged.Ephemeral) != 1 || string(staged.Ephemeral[0].Data) != "e" {
		t.Errorf("ephemeral: %v", staged.Ephemeral)
	}
	dict, err := w.group.Context().Extensions.Dictionary()
	w.must(err)
	if got, ok := dict.Find(testComponent); !ok || string(got) != "b" || !slices.Equal(staged.Components, []ComponentID{testComponent}) {
		t.Errorf("component holds %q, %v; changed %v", got, ok, staged.Components)
	}
	w.merge(w.external(&w.keyPackage(nil).LeafNode, w.externalInit(), updateTo("c"), ephemeral("f")))
	w.step(w.raw(0, &Commit{Proposals: inline(removal())}))
	if dict, err = w.group.Context().Extensions.Dictionary(); err != nil || len(dict) != 0 {
		t.Errorf("dictionary %v, %v after removal", dict, err)
	}
}

// TestSelfRemove: members leave by themselves, by the commit of another or of an
// external joiner (draft-ietf-mls-extensions-10, Section 6.3).
func TestSelfRemove(t *testing.T) {
	w := newWorldOf(t, X25519(), 5)
	gone := w.group.tree.Leaf(2)
	ref := w.propose(2, &SelfRemove{})
	staged := w.merge(w.raw(1, w.pathCommit(MemberSender(1), w.group.tree.Leaf(1), []ProposalOrRef{ref})))
	if len(staged.Removed) != 1 || staged.Removed[0].Node != gone {
		t.Errorf("removed %v", staged.Removed)
	}
	joiner := w.group.tree.Leaf(4) // comes back, and takes leaf 3 with them
	c := w.pathCommit(Sender{Type: SenderNewMemberCommit}, joiner,
		append(inline(w.externalInit(), &Remove{4}), w.propose(3, &SelfRemove{})))
	staged = w.merge(w.rawExternal(c))
	if len(staged.Removed) != 2 || staged.Removed[0].Index != 3 || staged.Removed[1].Index != 4 || w.group.tree.Count() != 3 {
		t.Errorf("removed %v, %d members", staged.Removed, w.group.tree.Count())
	}
}

// TestOutsideProposals: a client asks to be added, an external sender proposes a
// removal; a member commits both (RFC 9420, Section 12.1.8,
// RFC 9420, Section 12.1.8.1).
func TestOutsideProposals(t *testing.T) {
	w := newWorldOf(t, X25519(), 3)
	bot := w.keyPackage(nil).LeafNode
	senders := ExternalSenders{{w.group.tree.Leaf(0).SignatureKey, NewBasicCredential(nil)}, {bot.SignatureKey, bot.Credential}}
	w.merge(w.commit(0, &GroupContextExtensions{Extensions{senders.Extension()}}))
	k := w.keyPackage(nil)
	joining, err := w.group.In().NewMember(k.Message(), w.keys[string(k.LeafNode.SignatureKey)])
	w.must(err)
	removing, err := w.group.In().External(w.cfg, 1, &Remove{2}, w.keys[string(bot.SignatureKey)])
	w.must(err)
	var refs []ProposalOrRef
	for _, m := range [][]byte{joining, removing} {
		ref, err := w.group.ReceiveProposal(m)
		w.must(err)
		refs = append(refs, ProposalOrRef{Reference: ref})
	}
	staged := w.merge(w.raw(1, w.pathCommit(MemberSender(1), w.group.tree.Leaf(1), refs)))
	if len(staged.Added) != 1 || !bytes.Equal(staged.Added[0].KeyPackage.Identity(), k.Identity()) || len(staged.Removed) != 1 {
		t.Errorf("added %v, removed %v", staged.Added, staged.Removed)
	}
	wrong, err := w.group.In().External(w.cfg, 0, &Remove{1}, w.keys[string(bot.SignatureKey)])
	w.must(err)
	absent, err := w.group.In().External(w.cfg, 2, &Remove{1}, w.keys[string(bot.SignatureKey)])
	w.must(err)
	for m, want := range map[string]error{string(wrong): ErrSignature, string(absent): ErrSender, string(joining): ErrWrongEpoch} {
		if _, err := w.group.ReceiveProposal([]byte(m)); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	if _, err := w.group.In().NewMember(k.Message(), w.key(0)); !errors.Is(err, ErrSender) {
		t.Errorf("another's key package: got %v, want ErrSender", err)
	}
	if _, err := w.group.In().External(w.cfg, 1, w.update(1, nil), w.key(0)); RuleOf(err) != RuleExternalProposal {
		t.Errorf("external Update: got %v", err)
	}
}

// TestChoose: of the proposals of an epoch all are committed that are valid
// together (RFC 9420, Section 12.4, RFC 9420, Section 12.2).
func TestChoose(t *testing.T) {
	w := newWorldOf(t, X25519(), 6)
	w.known()
	same := w.keyPackage(nil)
	stolen := w.keyPackage(func(k *KeyPackage) { k.LeafNode.EncryptionKey = w.group.tree.Leaf(5).EncryptionKey })
	reinit := &ReInit{GroupID: []byte("next"), Version: MLS10, CipherSuite: w.suite.ID()}
	own := w.propose(1, w.update(1, nil))
	old := w.propose(2, w.update(2, nil))
	w.propose(3, &Add{*same}) // one of the two with the same key
	want := []ProposalOrRef{
		w.propose(2, w.update(2, nil)),
		w.propose(0, &Add{*same}),
		w.propose(4, &SelfRemove{}),
		w.propose(0, updateTo("x")),
	}
	dropped := []ProposalOrRef{
		own, old,
		w.propose(0, &Add{*stolen}),
		w.propose(4, w.update(4, nil)),
		w.propose(5, &Remove{1}),
		w.propose(5, updateTo("no")),
		w.propose(5, reinit),
	}
	got := w.group.Choose(MemberSender(1), nil)
	for _, ref := range got {
		if slices.ContainsFunc(dropped, func(d ProposalOrRef) bool { return bytes.Equal(ref, d.Reference) }) {
			t.Errorf("chose %T", w.group.proposals[string(ref)].Proposal)
		}
	}
	if len(got) != len(want) {
		t.Errorf("chose %d proposals, want %d", len(got), len(want))
	}
	var refs []ProposalOrRef
	for _, ref := range got {
		refs = append(refs, ProposalOrRef{Reference: ref})
	}
	staged := w.stage(w.raw(1, w.pathCommit(MemberSender(1), w.group.tree.Leaf(1), refs)))
	if len(staged.Added) != 1 || len(staged.Removed) != 1 || len(staged.Components) != 1 || staged.ReInit != nil {
		t.Errorf("the chosen commit does %+v", staged.Effects)
	}
	if !bytes.Equal(staged.Updated[0].New.Signature, w.group.proposals[string(want[0].Reference)].Proposal.(*Update).LeafNode.Signature) {
		t.Error("the older Update was chosen")
	}
	if got := w.group.Choose(Sender{Type: SenderNewMemberCommit}, nil); len(got) != 1 || !bytes.Equal(got[0], want[2].Reference) {
		t.Errorf("an external joiner chooses %d", len(got))
	}
	only := func(p CommittedProposal) bool { return p.Proposal.Type() == ProposalReInit }
	if got := w.group.Choose(MemberSender(1), only); len(got) != 1 || !bytes.Equal(got[0], dropped[6].Reference) {
		t.Errorf("the ReInit alone is not chosen: %d", len(got))
	}
}

// TestTooManyProposals: what is kept in an epoch is bounded, by sender and in all.
func TestTooManyProposals(t *testing.T) {
	w := newWorldOf(t, X25519(), 3)
	w.cfg.MaxProposals = MaxProposalsOfSender + 2
	add := func(i LeafIndex) error {
		a := w.content(FramedContent{Sender: MemberSender(i), ContentType: ContentProposal, Proposal: w.psk(nil)}, w.key(i))
		ref, err := w.group.AddProposal(a)
		if err == nil {
			again, err := w.group.AddProposal(a)
			if w.must(err); !bytes.Equal(ref, again) {
				t.Error("the same proposal has two references")
			}
		}
		return err
	}
	for range MaxProposalsOfSender {
		w.must(add(1))
	}
	if err := add(1); !errors.Is(err, ErrTooManyProposals) {
		t.Errorf("of one sender: got %v, want ErrTooManyProposals", err)
	}
	w.must(add(2))
	w.must(add(2))
	if err := add(2); !errors.Is(err, ErrTooManyProposals) {
		t.Errorf("in all: got %v, want ErrTooManyProposals", err)
	}
	loaded, err := UnmarshalGroup(w.cfg, w.group.Marshal())
	w.must(err)
	w.same(w.group, loaded)
	w.merge(w.commit(0))
	w.must(add(1))
}

// TestProposalBytes bounds the size of what is kept.
func TestProposalBytes(t *testing.T) {
	w := newWorldOf(t, X25519(), 2)
	big := &GroupContextExtensions{Extensions{{0x1a1a, make([]byte, MaxProposalBytes/2)}}}
	w.propose(0, big)
	a := w.content(FramedContent{Sender: MemberSender(1), ContentType: ContentProposal, Proposal: big}, w.key(1))
	if _, err := w.group.AddProposal(a); !errors.Is(err, ErrTooManyProposals) {
		t.Errorf("got %v, want ErrTooManyProposals", err)
	}
}
