package public

import "bytes"

// update stages a commit by the member at 1 that refers to an Update of the
// member at 2, changed before it is signed.
func update(change func(*world, *LeafNode)) func(*world) error {
	return func(w *world) error {
		ref := w.propose(2, w.update(2, func(leaf *LeafNode) { change(w, leaf) }))
		return w.stageErr(w.raw(1, &Commit{Proposals: []ProposalOrRef{ref}}))
	}
}

// psk returns a PSK proposal.
func (w *world) psk(change func(*PreSharedKeyID)) *PreSharedKey {
	p := &PreSharedKey{PreSharedKeyID{
		Type: ResumptionPSK, Usage: UsageApplication, GroupID: []byte("old"), Epoch: 7,
		Nonce: w.random(w.suite.HashSize()),
	}}
	if change != nil {
		change(&p.PSK)
	}
	return p
}

var proposalBreaches = []breach{
	{RuleUpdateKey, "same", update(func(w *world, leaf *LeafNode) {
		leaf.EncryptionKey = w.group.tree.Leaf(2).EncryptionKey
	})},
	{RuleLeafSource, "update", update(func(_ *world, leaf *LeafNode) { leaf.Source = SourceCommit })},
	{RuleLeafSignature, "update", func(w *world) error {
		p := w.update(2, nil)
		p.LeafNode.Signature[5] ^= 1
		return w.stageErr(w.raw(1, &Commit{Proposals: []ProposalOrRef{w.propose(2, p)}}))
	}},
	{RuleLeafSignature, "update of another leaf", func(w *world) error {
		p := w.update(2, nil)
		w.must(p.LeafNode.Sign(w.suite, w.key(2), w.group.GroupID(), 3))
		return w.stageErr(w.raw(1, &Commit{Proposals: []ProposalOrRef{w.propose(2, p)}}))
	}},
	{RuleUpdateSender, "not a member", func(w *world) error {
		_, err := w.group.Provision(MemberSender(1), []CommittedProposal{{
			Proposal: w.update(2, nil), Sender: Sender{Type: SenderExternal, Index: 2},
		}})
		return err
	}},
	{RuleRemoveBlank, "outside", func(w *world) error { return w.byMember(&Remove{1 << 31}) }},
	{RuleRemoveBlank, "blank", func(w *world) error {
		w.merge(w.commit(0, &Remove{1}))
		return w.stageErr(w.raw(2, &Commit{Proposals: inline(&Remove{1})}))
	}},
	{RulePSKNonce, "short", func(w *world) error {
		return w.byMember(w.psk(func(p *PreSharedKeyID) { p.Nonce = p.Nonce[1:] }))
	}},
	{RulePSKUsage, "branch", func(w *world) error {
		return w.byMember(w.psk(func(p *PreSharedKeyID) { p.Usage = UsageBranch }))
	}},
	{RulePSKUsage, "reinit", func(w *world) error {
		return w.byMember(w.psk(func(p *PreSharedKeyID) { p.Usage = UsageReInit }))
	}},
	{RuleReInitVersion, "0", func(w *world) error { return w.byMember(&ReInit{CipherSuite: SuiteX25519}) }},
	{RuleGroupExtensions, "required_capabilities", func(w *world) error {
		return w.byMember(&GroupContextExtensions{Extensions{{RequiredCapabilitiesExtension, []byte{1}}}})
	}},
	{RuleGroupExtensions, "external_senders", func(w *world) error {
		return w.byMember(&GroupContextExtensions{Extensions{{ExternalSendersExtension, []byte{9}}}})
	}},
	{RuleDuplicateExtension, "group context", func(w *world) error {
		return w.byMember(&GroupContextExtensions{Extensions{{0x1a1a, nil}, {0x1a1a, nil}}})
	}},
	{RuleExternalProposal, "update", func(w *world) error {
		_, err := w.group.ReceiveProposal(w.message(w.externalProposal(w.update(2, nil))))
		return err
	}},
}

// externalProposal makes a fresh external sender known to the group
// (RFC 9420, Section 12.1.8.1), and returns a proposal of theirs.
func (w *world) externalProposal(p Proposal) *AuthenticatedContent {
	w.t.Helper()
	k := w.keyPackage(nil)
	senders := ExternalSenders{{k.LeafNode.SignatureKey, k.LeafNode.Credential}}
	w.group.context.Extensions = Extensions{{ExternalSendersExtension, Marshal(senders)}}
	return w.content(FramedContent{
		Sender: Sender{Type: SenderExternal}, ContentType: ContentProposal, Proposal: p,
	}, w.keys[string(k.LeafNode.SignatureKey)])
}

var listBreaches = []breach{
	{RuleUpdateCommitter, "by reference", func(w *world) error {
		ref := w.propose(1, w.update(1, nil))
		return w.stageErr(w.raw(1, &Commit{Proposals: []ProposalOrRef{ref}}))
	}},
	{RuleUpdateCommitter, "by value", func(w *world) error { return w.byMember(w.update(1, nil)) }},
	{RuleRemoveCommitter, "by value", func(w *world) error { return w.byMember(&Remove{1}) }},
	{RuleRemoveCommitter, "by reference", func(w *world) error {
		return w.stageErr(w.raw(1, &Commit{Proposals: []ProposalOrRef{w.propose(0, &Remove{1})}}))
	}},
	{RuleLeafTwice, "two removes", func(w *world) error { return w.byMember(&Remove{2}, &Remove{2}) }},
	{RuleLeafTwice, "update and remove", func(w *world) error {
		list := append(inline(&Remove{2}), w.propose(2, w.update(2, nil)))
		return w.stageErr(w.raw(1, &Commit{Proposals: list}))
	}},
	{RuleDuplicateAdd, "twice", func(w *world) error {
		k := w.keyPackage(nil)
		return w.byMember(&Add{*k}, &Add{*k})
	}},
	{RuleDuplicatePSK, "twice", func(w *world) error {
		p := w.psk(nil)
		return w.byMember(p, w.psk(nil), p)
	}},
	{RuleMultipleExtensions, "twice", func(w *world) error {
		return w.byMember(&GroupContextExtensions{}, &GroupContextExtensions{})
	}},
	{RuleReInitAlone, "with a PSK", func(w *world) error {
		return w.byMember(&ReInit{Version: MLS10, CipherSuite: SuiteX25519}, w.psk(nil))
	}},
	{RuleExternalInitByMember, "by value", func(w *world) error { return w.byMember(w.externalInit()) }},
}

var externalBreaches = []breach{
	{RuleExternalInitCount, "none", func(w *world) error { return w.externally() }},
	{RuleExternalInitCount, "two", func(w *world) error { return w.externally(w.externalInit(), w.externalInit()) }},
	{RuleExternalRemoves, "two", func(w *world) error {
		return w.externally(w.externalInit(), &Remove{1}, &Remove{2})
	}},
	{RuleExternalOther, "add", func(w *world) error {
		return w.externally(append(w.adds(1), w.externalInit())...)
	}},
	{RuleExternalReference, "known", func(w *world) error {
		c := w.pathCommit(Sender{Type: SenderNewMemberCommit}, &w.keyPackage(nil).LeafNode, inline(w.externalInit()))
		c.Proposals = append(c.Proposals, w.propose(1, w.psk(nil)))
		return w.stageErr(w.rawExternal(c))
	}},
	{RuleExternalInitKEMOutput, "short", func(w *world) error {
		return w.externally(&ExternalInit{KEMOutput: []byte{1}})
	}},
	{RuleExternalPath, "none", func(w *world) error {
		return w.stageErr(w.message(w.content(FramedContent{
			Sender: Sender{Type: SenderNewMemberCommit}, ContentType: ContentCommit,
			Commit: &Commit{Proposals: inline(w.externalInit())},
		}, w.key(1))))
	}},
	{RulePathSameLeafKey, "resync", func(w *world) error {
		old := w.group.tree.Leaf(2)
		return w.externalPath(old, func(leaf *LeafNode) { leaf.EncryptionKey = old.EncryptionKey },
			w.externalInit(), &Remove{2})
	}},
	{RuleDuplicateSignature, "without resync", func(w *world) error {
		return w.externalPath(w.group.tree.Leaf(2), nil, w.externalInit())
	}},
}

// externally stages an external commit of the proposals, with a path that would
// fit an ExternalInit alone.
func (w *world) externally(list ...Proposal) error {
	w.t.Helper()
	c := w.pathCommit(Sender{Type: SenderNewMemberCommit}, &w.keyPackage(nil).LeafNode, inline(w.externalInit()))
	c.Proposals = inline(list...)
	return w.stageErr(w.rawExternal(c))
}

// externalPath stages an external commit with a changed leaf.
func (w *world) externalPath(leaf *LeafNode, change func(*LeafNode), list ...Proposal) error {
	w.t.Helper()
	sender := Sender{Type: SenderNewMemberCommit}
	c := &Commit{Proposals: inline(list...)}
	resolved, err := w.group.Resolve(sender, c)
	w.must(err)
	p, err := w.group.Provision(sender, resolved)
	w.must(err)
	c.Path = w.path(p, leaf, change)
	return w.stageErr(w.rawExternal(c))
}

// changedPath stages an empty commit by the member at 1, whose leaf was changed
// before it was signed.
func (w *world) changedPath(change func(*LeafNode)) error {
	w.t.Helper()
	p, err := w.group.Provision(MemberSender(1), nil)
	w.must(err)
	c := &Commit{Path: w.path(p, w.group.tree.Leaf(1), change)}
	return w.stageErr(w.raw(1, c))
}

// brokenPath stages an empty commit by the member at 1, whose path was changed
// after its leaf was signed.
func brokenPath(change func(*world, *UpdatePath)) func(*world) error {
	return func(w *world) error {
		c := w.pathCommit(MemberSender(1), w.group.tree.Leaf(1), nil)
		change(w, c.Path)
		return w.stageErr(w.raw(1, c))
	}
}

var pathBreaches = []breach{
	{RulePathRequired, "no proposals", func(w *world) error { return w.byMember() }},
	{RulePathRequired, "remove", func(w *world) error { return w.byMember(&Remove{2}) }},
	{RulePathRequired, "update", update(func(*world, *LeafNode) {})},
	{RulePathRequired, "extensions", func(w *world) error { return w.byMember(&GroupContextExtensions{}) }},
	{RuleHashLength, "confirmation tag", func(w *world) error {
		a := w.content(FramedContent{
			Sender: MemberSender(1), ContentType: ContentCommit,
			Commit: w.pathCommit(MemberSender(1), w.group.tree.Leaf(1), nil),
		}, w.key(1))
		a.Auth.ConfirmationTag = nil
		return w.stageErr(w.message(a))
	}},
	{RuleHashLength, "membership tag", func(w *world) error {
		m, err := Parse[MLSMessage](w.commit(1))
		w.must(err)
		m.PublicMessage.MembershipTag = nil
		return w.stageErr(Marshal(m))
	}},
	{RuleLeafSource, "path", func(w *world) error {
		return w.changedPath(func(leaf *LeafNode) { leaf.Source = SourceUpdate })
	}},
	{RuleLeafParentHashLength, "path", func(w *world) error {
		return w.changedPath(func(leaf *LeafNode) { leaf.ParentHash = []byte("short") })
	}},
	{RuleLeafSignature, "path", brokenPath(func(_ *world, p *UpdatePath) { p.LeafNode.Signature[0] ^= 1 })},
	{RulePathParentHash, "another", func(w *world) error {
		return w.changedPath(func(leaf *LeafNode) { leaf.ParentHash = w.random(w.suite.HashSize()) })
	}},
	{RulePathParentHash, "key changed", brokenPath(func(w *world, p *UpdatePath) { p.Nodes[0].EncryptionKey = w.hpkeKey() })},
	{RulePathSameLeafKey, "same", func(w *world) error {
		return w.changedPath(func(leaf *LeafNode) { leaf.EncryptionKey = w.group.tree.Leaf(1).EncryptionKey })
	}},
	{RulePathKeyReuse, "leaf", func(w *world) error {
		return w.changedPath(func(leaf *LeafNode) { leaf.EncryptionKey = w.group.tree.Leaf(2).EncryptionKey })
	}},
	{RulePathKeyReuse, "own old parent", brokenPath(func(w *world, p *UpdatePath) {
		p.Nodes[0].EncryptionKey = w.group.tree.PublicKey(3)
	})},
	{RulePathKeyReuse, "within the path", brokenPath(func(_ *world, p *UpdatePath) {
		p.Nodes[1].EncryptionKey = p.Nodes[0].EncryptionKey
	})},
	{RulePathKey, "short", brokenPath(func(_ *world, p *UpdatePath) { p.Nodes[0].EncryptionKey = []byte{1} })},
	{RulePathLength, "short", brokenPath(func(_ *world, p *UpdatePath) { p.Nodes = p.Nodes[:1] })},
	{RulePathLength, "long", brokenPath(func(_ *world, p *UpdatePath) { p.Nodes = append(p.Nodes, p.Nodes[0]) })},
	{RulePathCiphertexts, "missing", brokenPath(func(_ *world, p *UpdatePath) { p.Nodes[0].PathSecrets = nil })},
	{RulePathCiphertexts, "for an added member too", func(w *world) error {
		c := w.pathCommit(MemberSender(1), w.group.tree.Leaf(1), inline(w.adds(1)...))
		top := &c.Path.Nodes[len(c.Path.Nodes)-1]
		top.PathSecrets = append(top.PathSecrets, c.Path.Nodes[0].PathSecrets[0])
		return w.stageErr(w.raw(1, c))
	}},
	{RulePathCiphertext, "KEM output", brokenPath(func(_ *world, p *UpdatePath) { p.Nodes[1].PathSecrets[0].KEMOutput = nil })},
	{RulePathCiphertext, "ciphertext", brokenPath(func(_ *world, p *UpdatePath) {
		c := &p.Nodes[1].PathSecrets[0]
		c.Ciphertext = bytes.Repeat(c.Ciphertext, 2)
	})},
}
