package public

import (
	"errors"
	"testing"
)

// testProposal is a type of the test application; every leaf lists it.
const testProposal ProposalType = 0xf001

// testComponent is a component of the test application.
const testComponent ComponentID = 0x8001

// known makes the application of w know testProposal and testComponent, whose
// data is what the last update says, unless that says "no".
func (w *world) known() {
	w.cfg.CustomProposals = map[ProposalType]ProposalPolicy{testProposal: {PathOptional: true}}
	judge := func(id ComponentID, data []byte) error {
		if id != testComponent || string(data) == "no" {
			return errors.New("refused")
		}
		return nil
	}
	w.cfg.CheckEphemeral = func(d ComponentData) error { return judge(d.ID, d.Data) }
	w.cfg.UpdateComponent = func(id ComponentID, _ []byte, updates [][]byte) ([]byte, error) {
		last := updates[len(updates)-1]
		return last, judge(id, last)
	}
}

// known stages the proposals of an application that knows their component.
func known(list ...Proposal) func(*world) error {
	return func(w *world) error {
		w.known()
		return w.byMember(list...)
	}
}

func updateTo(data string) *AppDataUpdate {
	return &AppDataUpdate{Component: testComponent, Update: []byte(data)}
}

func removal() *AppDataUpdate { return &AppDataUpdate{Component: testComponent, Remove: true} }

func ephemeral(data string) *AppEphemeral {
	return &AppEphemeral{Data: ComponentData{ID: testComponent, Data: []byte(data)}}
}

// unsupported replaces leaf 3 by one that supports no proposal type, without
// asking the others.
func (w *world) unsupported() {
	leaf := w.group.tree.Leaf(3).Clone()
	leaf.Capabilities.Proposals = nil
	w.group.tree.setLeaf(3, newLeafRecord(leaf))
}

// extended gives the GroupContext a dictionary, without asking the members.
func (w *world) extended(d AppDataDictionary) {
	w.group.context.Extensions = Extensions{d.Extension()}
}

// receive has the group receive a proposal of the member at i that came as a
// PrivateMessage.
func (w *world) receivePrivate(i LeafIndex, p Proposal) error {
	a := w.content(FramedContent{Sender: MemberSender(i), ContentType: ContentProposal, Proposal: p}, w.key(i))
	a.WireFormat = WirePrivateMessage
	_, err := w.group.AddProposal(a)
	return err
}

// framed receives a message of the member at 1, changed before it is signed.
func framed(change func(*world, *FramedContent)) func(*world) error {
	return func(w *world) error {
		c := FramedContent{Sender: MemberSender(1), ContentType: ContentProposal, Proposal: &Remove{2}}
		change(w, &c)
		_, err := w.group.ReceiveProposal(w.message(w.content(c, w.key(1))))
		return err
	}
}

// The rules of RFC 9420, Section 6, RFC 9420, Section 6.1 and
// RFC 9420, Section 12.4.2 for framing.
var framingBreaches = []breach{
	{RuleSender, "outside the tree", framed(func(_ *world, c *FramedContent) { c.Sender = MemberSender(9) })},
	{RuleSender, "no such external sender", framed(func(_ *world, c *FramedContent) { c.Sender = Sender{Type: SenderExternal} })},
	{RuleSender, "commits", func(w *world) error {
		_, err := w.group.Provision(Sender{Type: SenderExternal}, nil)
		return err
	}},
	{RuleNewMemberAdd, "remove", framed(func(_ *world, c *FramedContent) { c.Sender = Sender{Type: SenderNewMemberProposal} })},
	{RuleContentSignature, "by another", framed(func(_ *world, c *FramedContent) { c.Sender = MemberSender(0) })},
	{RuleEpoch, "before", func(w *world) error {
		commit := w.commit(1)
		w.merge(w.commit(0))
		return w.stageErr(commit)
	}},
	{RuleGroupID, "another", func(w *world) error {
		a := w.content(FramedContent{Sender: MemberSender(1), ContentType: ContentProposal, Proposal: &Remove{2}}, w.key(1))
		a.Content.GroupID = []byte("another")
		w.must(a.Sign(w.suite, w.key(1), w.group.context))
		_, err := w.group.ReceiveProposal(w.message(a))
		return err
	}},
	{RuleApplicationPublic, "signed by a member", framed(func(_ *world, c *FramedContent) {
		c.ContentType, c.Proposal, c.ApplicationData = ContentApplication, nil, []byte("x")
	})},
	{RuleExternalSender, "in a commit", func(w *world) error {
		w.cfg.CheckExternalSender = refuseSender
		senders := Extensions{ExternalSenders{{w.group.tree.Leaf(0).SignatureKey, NewBasicCredential([]byte("agent"))}}.Extension()}
		return w.byMember(&GroupContextExtensions{senders})
	}},
	{RuleExternalSender, "in the group", func(w *world) error {
		w.cfg.CheckExternalSender = refuseSender
		return joins(func(w *world, i *GroupInfo) {
			i.GroupContext.Extensions = Extensions{ExternalSenders{{w.group.tree.Leaf(0).SignatureKey, NewBasicCredential(nil)}}.Extension()}
		})(w)
	}},
	{RuleUnknownReference, "never seen", func(w *world) error {
		return w.stageErr(w.raw(1, &Commit{Proposals: []ProposalOrRef{{Reference: []byte("x")}}}))
	}},
	{RuleUnknownType, "commit", func(w *world) error { return w.byMember(&CustomProposal{Kind: 0xf00f}) }},
	{RuleUnknownType, "proposal", framed(func(_ *world, c *FramedContent) { c.Proposal = &CustomProposal{Kind: 0xf00f} })},
	{RuleAfterReInit, "commit", func(w *world) error {
		commit := w.raw(1, &Commit{Proposals: inline(&ReInit{Version: MLS10, CipherSuite: SuiteX25519})})
		w.merge(commit)
		return w.stageErr(w.raw(0, &Commit{}))
	}},
}

func refuseSender(ExternalSender) error { return errors.New("unknown agent") }

// TestExternalSendersAskedOnce: the application is asked about external senders
// when they change (RFC 9420, Section 5.3.1), and not at other changes.
func TestExternalSendersAskedOnce(t *testing.T) {
	w := newRuleWorld(t)
	asked := 0
	w.cfg.CheckExternalSender = func(s ExternalSender) error {
		if string(s.Credential.Identity()) != "agent" {
			t.Errorf("asked about %q", s.Credential.Identity())
		}
		asked++
		return nil
	}
	senders := ExternalSenders{{w.group.tree.Leaf(0).SignatureKey, NewBasicCredential([]byte("agent"))}}.Extension()
	w.merge(w.commit(1, &GroupContextExtensions{Extensions{senders}}))
	w.merge(w.commit(1, &GroupContextExtensions{Extensions{senders, {Type: 0x1a1a}}}))
	w.merge(w.commit(1))
	if asked != 2 { // where the commit is made, and where it is received
		t.Errorf("asked %d times, want 2", asked)
	}
}

// The rules of draft-ietf-mls-extensions-10, Section 4.7,
// draft-ietf-mls-extensions-10, Section 4.8,
// draft-ietf-mls-extensions-10, Section 4.9,
// draft-ietf-mls-extensions-10, Section 5 and
// draft-ietf-mls-extensions-10, Section 6.3.
var extensionBreaches = []breach{
	{RuleProposalSupport, "custom", func(w *world) error {
		w.unsupported()
		return known(&CustomProposal{Kind: testProposal})(w)
	}},
	{RuleProposalSupport, "self-remove", func(w *world) error {
		w.unsupported()
		return w.stageErr(w.raw(1, &Commit{Proposals: []ProposalOrRef{w.propose(2, &SelfRemove{})}}))
	}},
	{RuleExternalPrivate, "external sender", func(w *world) error {
		a := w.externalProposal(&Remove{2})
		a.WireFormat = WirePrivateMessage
		_, err := w.group.AddProposal(a)
		return err
	}},
	{RuleExternalProposal, "self-remove", func(w *world) error {
		_, err := w.group.ReceiveProposal(w.message(w.externalProposal(&SelfRemove{})))
		return err
	}},
	{RuleExternalProposal, "custom", func(w *world) error {
		w.known()
		_, err := w.group.ReceiveProposal(w.message(w.externalProposal(&CustomProposal{Kind: testProposal})))
		return err
	}},
	{RuleExternalOther, "custom", func(w *world) error {
		w.known()
		return w.externally(w.externalInit(), &CustomProposal{Kind: testProposal})
	}},
	{RuleSelfRemoveValue, "by a member", func(w *world) error {
		_, err := w.group.Provision(MemberSender(1), []CommittedProposal{{Proposal: &SelfRemove{}, Sender: MemberSender(2)}})
		return err
	}},
	{RuleSelfRemoveValue, "external commit", func(w *world) error {
		return w.externally(w.externalInit(), &SelfRemove{})
	}},
	{RuleSelfRemovePrivate, "private", func(w *world) error { return w.receivePrivate(2, &SelfRemove{}) }},
	{RuleSelfRemoveTwice, "two", func(w *world) error {
		w.propose(2, &SelfRemove{})
		a := w.content(FramedContent{
			Sender: MemberSender(2), ContentType: ContentProposal,
			Proposal: &SelfRemove{}, AuthenticatedData: []byte("again"),
		}, w.key(2))
		_, err := w.group.ReceiveProposal(w.message(a))
		return err
	}},
	{RuleRemoveCommitter, "self-remove", func(w *world) error {
		return w.stageErr(w.raw(1, &Commit{Proposals: []ProposalOrRef{w.propose(1, &SelfRemove{})}}))
	}},
	{RuleLeafTwice, "self-remove and remove", func(w *world) error {
		list := append(inline(&Remove{2}), w.propose(2, &SelfRemove{}))
		return w.stageErr(w.raw(1, &Commit{Proposals: list}))
	}},
	{RulePathRequired, "self-remove", func(w *world) error {
		return w.stageErr(w.raw(1, &Commit{Proposals: []ProposalOrRef{w.propose(2, &SelfRemove{})}}))
	}},
	{RuleUnknownComponent, "update", func(w *world) error { return w.byMember(updateTo("x")) }},
	{RuleUnknownComponent, "ephemeral", func(w *world) error { return w.byMember(ephemeral("x")) }},
	{RuleComponentUpdate, "refused", known(updateTo("fine"), updateTo("no"))},
	{RuleComponentTwice, "update, remove", known(updateTo("x"), removal())},
	{RuleComponentTwice, "two removes", func(w *world) error {
		w.extended(AppDataDictionary{{ID: testComponent}})
		return known(removal(), removal())(w)
	}},
	{RuleComponentAbsent, "no dictionary", known(removal())},
	{RuleComponentAbsent, "another", func(w *world) error {
		w.extended(AppDataDictionary{{ID: testComponent + 1}})
		return known(removal())(w)
	}},
	{RuleDictionaryReplaced, "removed", func(w *world) error {
		w.group.context.Extensions = Extensions{
			{RequiredCapabilitiesExtension, Marshal(&RequiredCapabilities{Proposals: []ProposalType{ProposalAppDataUpdate}})},
			AppDataDictionary{{ID: testComponent}}.Extension(),
		}
		return w.byMember(&GroupContextExtensions{})
	}},
	{RuleEphemeral, "refused", known(ephemeral("fine"), ephemeral("no"))},
	{RuleSafeAAD, "not framed", func(w *world) error {
		w.extended(AppDataDictionary{{ID: SafeAADComponent, Data: Marshal(ComponentsList{})}})
		_, err := w.group.ReceiveProposal(w.message(w.content(FramedContent{
			Sender:      MemberSender(2),
			ContentType: ContentProposal, Proposal: &Remove{1},
		}, w.key(2))))
		return err
	}},
	{RuleSafeAAD, "order", func(w *world) error {
		w.extended(AppDataDictionary{{ID: SafeAADComponent, Data: Marshal(ComponentsList{})}})
		return w.group.context.Extensions.CheckAAD(Marshal(SafeAAD{{ID: 4}, {ID: 3}}))
	}},
	{RuleRequiredComponents, "added", func(w *world) error {
		w.extended(AppDataDictionary{{ID: AppComponents, Data: Marshal(ComponentsList{testComponent})}})
		return w.byMember(w.adds(1)...)
	}},
	{RuleRequiredComponents, "new requirement", func(w *world) error {
		d := AppDataDictionary{{ID: SafeAADComponent, Data: Marshal(ComponentsList{testComponent})}}
		return w.byMember(&GroupContextExtensions{Extensions{d.Extension()}})
	}},
	{RuleDictionary, "leaf", add(func(_ *world, k *KeyPackage) {
		k.LeafNode.Capabilities.Extensions = append(k.LeafNode.Capabilities.Extensions, AppDataDictionaryExtension)
		k.LeafNode.Extensions = Extensions{AppDataDictionary{{ID: 9}, {ID: 3}}.Extension()}
	})},
	{RuleDictionary, "key package", validate(func(_ *world, k *KeyPackage) {
		k.Extensions = Extensions{AppDataDictionary{{ID: 4}, {ID: 4}}.Extension()}
	})},
	{RuleDictionary, "GroupInfo", joins(func(_ *world, i *GroupInfo) {
		i.Extensions = append(i.Extensions, Extension{Type: AppDataDictionaryExtension, Data: []byte{1}})
	})},
	{RuleRequiredWireFormats, "new requirement", func(w *world) error {
		return w.byMember(&GroupContextExtensions{Extensions{WireFormats{WirePublicMessage, 0xf00d}.Required()}})
	}},
	{RuleRequiredWireFormats, "added", func(w *world) error {
		w.group.context.Extensions = Extensions{WireFormats{0xf00d}.Required()}
		return add(func(_ *world, k *KeyPackage) { k.LeafNode.Extensions = Extensions{WireFormats{0xf00c}.Supported()} })(w)
	}},
	{RuleGroupExtensions, "required_wire_formats", func(w *world) error {
		return w.byMember(&GroupContextExtensions{Extensions{{RequiredWireFormatsExtension, []byte{1}}}})
	}},
	{RuleGroupExtensions, "dictionary", func(w *world) error {
		return w.byMember(&GroupContextExtensions{Extensions{{AppDataDictionaryExtension, []byte{7}}}})
	}},
	{RuleGroupExtensions, "list of components", func(w *world) error {
		d := AppDataDictionary{{ID: AppComponents, Data: []byte{1}}}
		return w.byMember(&GroupContextExtensions{Extensions{d.Extension()}})
	}},
}
