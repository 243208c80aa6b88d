package public

import "math"

// A CommittedProposal is a proposal with its sender: one that was sent before,
// or one that stands in the commit itself.
type CommittedProposal struct {
	Proposal Proposal
	Sender   Sender
	// ByReference says that the commit refers to it by its hash.
	ByReference bool
}

// ReceiveProposal checks an MLSMessage that carries a proposal as PublicMessage
// and keeps it for the rest of the epoch, so that a commit may refer to it
// (RFC 9420, Section 12.1). It returns the proposal's reference.
//
// Errors: those of [Group.Verify], [ErrMalformed], [ErrWireFormat],
// [ErrVersion], [ErrNotProposal].
func (g *Group) ReceiveProposal(message []byte) (ref []byte, err error) {
	content, err := g.parsePublic(message)
	if err != nil {
		return nil, err
	}
	if err := g.Verify(content); err != nil {
		return nil, err
	}
	return g.AddProposal(content)
}

// AddProposal keeps a proposal whose framing and signature were checked, by
// [Group.Verify] or because the caller made it. Whether it is valid is for the
// commit to say, except that its sender must be allowed to send its type: else
// [*RuleError].
func (g *Group) AddProposal(content *AuthenticatedContent) (ref []byte, err error) {
	p := content.Content.Proposal
	if content.Content.ContentType != ContentProposal || p == nil {
		return nil, ErrNotProposal
	}
	switch sender := content.Content.Sender; {
	case sender.Type == SenderExternal && !p.Type().external():
		return nil, broken(RuleExternalProposal)
	case sender.Type == SenderNewMemberProposal && p.Type() != ProposalAdd:
		return nil, ErrSender
	case sender.Type == SenderNewMemberCommit:
		return nil, ErrSender
	}
	ref = content.Ref(g.suite)
	g.proposals[string(ref)] = CommittedProposal{Proposal: p, Sender: content.Content.Sender, ByReference: true}
	return ref, nil
}

// Proposals returns the proposals kept in this epoch, by reference.
func (g *Group) Proposals() map[string]CommittedProposal { return g.proposals }

// Resolve returns the proposals that commit covers, in its order. sender is that
// of the commit. A reference to a proposal that was not kept gives
// [ErrUnknownProposal]; one in an external commit, a [*RuleError]
// (RFC 9420, Section 12.4.3.2).
func (g *Group) Resolve(sender Sender, commit *Commit) ([]CommittedProposal, error) {
	list := make([]CommittedProposal, 0, len(commit.Proposals))
	for _, p := range commit.Proposals {
		if p.Proposal != nil {
			list = append(list, CommittedProposal{Proposal: p.Proposal, Sender: sender})
			continue
		}
		if sender.Type != SenderMember {
			return nil, broken(RuleExternalReference)
		}
		known, ok := g.proposals[string(p.Reference)]
		if !ok {
			return nil, ErrUnknownProposal
		}
		list = append(list, known)
	}
	return list, nil
}

// A listCheck checks a list of proposals before they are applied
// (RFC 9420, Section 12.2).
type listCheck struct {
	group     *Group
	committer Sender
	touched   map[LeafIndex]bool // by Update or Remove
	adds      map[string]bool    // signature keys
	psks      map[string]bool    // encoded PreSharedKeyIDs
	count     map[ProposalType]int
}

// checkList checks that list may be committed by sender.
func (g *Group) checkList(sender Sender, list []CommittedProposal) error {
	c := listCheck{
		group: g, committer: sender,
		touched: make(map[LeafIndex]bool), adds: make(map[string]bool),
		psks: make(map[string]bool), count: make(map[ProposalType]int),
	}
	for _, p := range list {
		c.count[p.Proposal.Type()]++
		if sender.Type != SenderMember {
			if err := c.checkExternalType(p.Proposal); err != nil {
				return err
			}
		}
		if err := c.check(p); err != nil {
			return err
		}
	}
	if sender.Type != SenderMember && c.count[ProposalExternalInit] != 1 {
		return broken(RuleExternalInitCount)
	}
	if sender.Type == SenderMember {
		return c.checkCounts(len(list))
	}
	return nil
}

// checkCounts checks what depends on the whole list of a member's commit.
func (c *listCheck) checkCounts(total int) error {
	switch {
	case c.count[ProposalExternalInit] > 0:
		return broken(RuleExternalInitByMember)
	case c.count[ProposalGroupContextExtensions] > 1:
		return broken(RuleMultipleExtensions)
	case c.count[ProposalReInit] > 0 && total > 1:
		return broken(RuleReInitAlone)
	}
	return nil
}

// checkExternalType checks that p may stand in an external commit.
func (c *listCheck) checkExternalType(p Proposal) error {
	switch p.Type() {
	case ProposalExternalInit, ProposalPreSharedKey:
		return nil
	case ProposalRemove:
		if c.count[ProposalRemove] > 1 {
			return broken(RuleExternalRemoves)
		}
		return nil
	}
	return broken(RuleExternalOther)
}

// check checks one proposal, and against those before it.
func (c *listCheck) check(p CommittedProposal) error {
	switch proposal := p.Proposal.(type) {
	case *Add:
		return c.checkAdd(proposal)
	case *Update:
		return c.checkUpdate(proposal, p.Sender)
	case *Remove:
		return c.checkRemove(proposal)
	case *PreSharedKey:
		return c.checkPSK(&proposal.PSK)
	case *ReInit:
		if proposal.Version < c.group.context.Version {
			return broken(RuleReInitVersion)
		}
	case *GroupContextExtensions:
		_, err := proposal.Extensions.requirements()
		return err
	case *ExternalInit:
		if len(proposal.KEMOutput) != c.group.suite.KEMOutputSize() {
			return broken(RuleExternalInitKEMOutput)
		}
	}
	return nil
}

func (c *listCheck) checkAdd(p *Add) error {
	key := string(p.KeyPackage.LeafNode.SignatureKey)
	if c.adds[key] {
		return broken(RuleDuplicateAdd)
	}
	c.adds[key] = true
	return c.group.cfg.checkKeyPackage(c.group.suite, &p.KeyPackage)
}

func (c *listCheck) checkUpdate(p *Update, sender Sender) error {
	leaf := LeafIndex(sender.Index)
	old := c.group.tree.Leaf(leaf)
	switch {
	case sender.Type != SenderMember || old == nil:
		return broken(RuleUpdateSender)
	case sender == c.committer:
		return broken(RuleUpdateCommitter)
	case c.touched[leaf]:
		return broken(RuleLeafTwice)
	case p.LeafNode.Source != SourceUpdate:
		return broken(RuleLeafSource)
	case string(old.EncryptionKey) == string(p.LeafNode.EncryptionKey):
		return broken(RuleUpdateKey)
	}
	c.touched[leaf] = true
	if err := c.group.cfg.checkLeaf(c.group.suite, &p.LeafNode); err != nil {
		return err
	}
	if err := p.LeafNode.VerifySignature(c.group.suite, c.group.context.GroupID, leaf); err != nil {
		return &RuleError{Rule: RuleLeafSignature, Err: err}
	}
	return nil
}

func (c *listCheck) checkRemove(p *Remove) error {
	switch {
	case c.group.tree.Leaf(p.Removed) == nil:
		return broken(RuleRemoveBlank)
	case c.committer == MemberSender(p.Removed):
		return broken(RuleRemoveCommitter)
	case c.touched[p.Removed]:
		return broken(RuleLeafTwice)
	}
	c.touched[p.Removed] = true
	return nil
}

// checkPSK checks a PSK proposal (RFC 9420, Section 12.1.4). The usages reinit
// and branch belong to the first commit of a new group, which its creator makes
// alone in epoch 0 (RFC 9420, Section 11.2, RFC 9420, Section 11.3).
func (c *listCheck) checkPSK(psk *PreSharedKeyID) error {
	if len(psk.Nonce) != c.group.suite.HashSize() {
		return broken(RulePSKNonce)
	}
	first := c.group.context.Epoch == 0 && c.group.tree.Size() == 1
	if psk.Type == ResumptionPSK && psk.Usage != UsageApplication && !first {
		return broken(RulePSKUsage)
	}
	id := string(Marshal(psk))
	if c.psks[id] {
		return broken(RuleDuplicatePSK)
	}
	c.psks[id] = true
	return nil
}

// nextEpoch returns the epoch after g's, or ErrWrongEpoch if there is none.
func (g *Group) nextEpoch() (uint64, error) {
	if g.context.Epoch == math.MaxUint64 {
		return 0, ErrWrongEpoch
	}
	return g.context.Epoch + 1, nil
}
