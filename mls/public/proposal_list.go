package public

import "math"

// A CommittedProposal is a proposal with its sender: one that was sent before,
// or one that stands in the commit itself.
type CommittedProposal struct {
	Proposal Proposal
	Sender   Sender
	// ByReference says that the commit refers to it by its hash.
	ByReference bool

	size int // of the encoded AuthenticatedContent; 0 if by value
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
// commit to say, except that its sender must be allowed to send its type, and in
// its wire format: else [*RuleError]. One that is kept already is not kept twice.
//
// Errors: [ErrNotProposal], [ErrSender], [ErrUnsupportedProposal],
// [ErrTooManyProposals], [*RuleError].
func (g *Group) AddProposal(content *AuthenticatedContent) (ref []byte, err error) {
	if content.Content.ContentType != ContentProposal || content.Content.Proposal == nil {
		return nil, ErrNotProposal
	}
	if err := g.checkProposer(content); err != nil {
		return nil, err
	}
	encoded := Marshal(content)
	ref = g.suite.ProposalRef(encoded)
	if _, known := g.proposals[string(ref)]; known {
		return ref, nil
	}
	p := CommittedProposal{
		Proposal: content.Content.Proposal, Sender: content.Content.Sender, ByReference: true,
		size: len(encoded),
	}
	if err := g.checkRoom(p); err != nil {
		return nil, err
	}
	g.keepProposal(string(ref), p)
	return ref, nil
}

// checkProposer checks that the sender of a proposal may send one of its type
// and in its wire format (RFC 9420, Section 12.1.8,
// draft-ietf-mls-extensions-10, Section 6.3).
func (g *Group) checkProposer(content *AuthenticatedContent) error {
	sender, p := content.Content.Sender, content.Content.Proposal
	policy, err := g.cfg.policy(p.Type())
	if err != nil {
		return err
	}
	public := content.WireFormat == WirePublicMessage
	switch {
	case sender.Type == SenderNewMemberCommit, sender.Type == SenderNewMemberProposal && p.Type() != ProposalAdd:
		return &RuleError{Rule: RuleNewMemberAdd, Err: ErrSender}
	case sender.Type == SenderExternal && !policy.External:
		return broken(RuleExternalProposal)
	case sender.Type != SenderMember && !public:
		return broken(RuleExternalPrivate)
	case p.Type() != ProposalSelfRemove:
		return nil
	case !public:
		return broken(RuleSelfRemovePrivate)
	}
	for ref, known := range g.proposals {
		if _, ok := known.Proposal.(*SelfRemove); ok && known.Sender == sender && ref != string(content.Ref(g.suite)) {
			return broken(RuleSelfRemoveTwice)
		}
	}
	return nil
}

// checkRoom checks that p may be kept besides the others.
func (g *Group) checkRoom(p CommittedProposal) error {
	same, size := 0, p.size
	for _, known := range g.proposals {
		size += known.size
		if known.Sender == p.Sender {
			same++
		}
	}
	if len(g.proposals) >= g.cfg.maxProposals() || same >= MaxProposalsOfSender || size > MaxProposalBytes {
		return ErrTooManyProposals
	}
	return nil
}

func (g *Group) keepProposal(ref string, p CommittedProposal) {
	g.proposals[ref] = p
	g.arrived = append(g.arrived, ref)
}

// Proposals returns the proposals kept in this epoch, by reference.
func (g *Group) Proposals() map[string]CommittedProposal { return g.proposals }

// Resolve returns the proposals that commit covers, in its order. sender is that
// of the commit. A reference to a proposal that was not kept gives
// [ErrUnknownProposal]; one in an external commit, unless to a SelfRemove, a
// [*RuleError] (RFC 9420, Section 12.4.3.2,
// draft-ietf-mls-extensions-10, Section 6.3).
func (g *Group) Resolve(sender Sender, commit *Commit) ([]CommittedProposal, error) {
	list := make([]CommittedProposal, 0, len(commit.Proposals))
	for _, p := range commit.Proposals {
		if p.Proposal != nil {
			list = append(list, CommittedProposal{Proposal: p.Proposal, Sender: sender})
			continue
		}
		known, ok := g.proposals[string(p.Reference)]
		if !ok {
			return nil, &RuleError{Rule: RuleUnknownReference, Err: ErrUnknownProposal}
		}
		if sender.Type != SenderMember && known.Proposal.Type() != ProposalSelfRemove {
			return nil, broken(RuleExternalReference)
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
	touched   map[LeafIndex]bool // by Update, Remove or SelfRemove
	removed   map[LeafIndex]bool
	adds      map[string]bool // signature keys
	psks      map[string]bool // encoded PreSharedKeyIDs
	count     map[ProposalType]int
}

// newListCheck returns the check of a list that sender commits.
func (g *Group) newListCheck(sender Sender) *listCheck {
	return &listCheck{
		group: g, committer: sender,
		touched: make(map[LeafIndex]bool), removed: make(map[LeafIndex]bool), adds: make(map[string]bool),
		psks: make(map[string]bool), count: make(map[ProposalType]int),
	}
}

// checkList checks that list may be committed by sender.
func (g *Group) checkList(sender Sender, list []CommittedProposal) error {
	c := g.newListCheck(sender)
	for _, p := range list {
		if err := c.add(p); err != nil {
			return err
		}
	}
	if err := c.checkSupport(); err != nil {
		return err
	}
	if sender.Type != SenderMember {
		if c.count[ProposalExternalInit] != 1 {
			return broken(RuleExternalInitCount)
		}
		return nil
	}
	return c.checkCounts(len(list))
}

// add checks p by itself and against those before it, and counts it.
func (c *listCheck) add(p CommittedProposal) error {
	policy, err := c.group.cfg.policy(p.Proposal.Type())
	if err != nil {
		return err
	}
	c.count[p.Proposal.Type()]++
	if c.committer.Type != SenderMember {
		if err := c.checkExternalType(p, policy); err != nil {
			return err
		}
	}
	return c.check(p)
}

// CheckProposal checks p by itself, as if a member other than its sender
// committed it alone (RFC 9420, Section 12.1). Errors: [ErrUnsupportedProposal],
// [*RuleError].
func (g *Group) CheckProposal(p CommittedProposal) error {
	c := g.newListCheck(Sender{Type: SenderMember, Index: math.MaxUint32})
	if err := c.add(p); err != nil {
		return err
	}
	return c.checkSupport()
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

// checkSupport checks that the members that will process the commit support its
// proposal types: those that stay (RFC 9420, Section 12.2).
func (c *listCheck) checkSupport() error {
	for t := range c.count {
		if t.Default() {
			continue
		}
		for i, leaf := range c.group.tree.Leaves() {
			if !c.removed[i] && !leaf.Capabilities.SupportsProposal(t) {
				return broken(RuleProposalSupport)
			}
		}
	}
	return nil
}

// checkExternalType checks that p may stand in an external commit.
func (c *listCheck) checkExternalType(p CommittedProposal, policy ProposalPolicy) error {
	if c.count[ProposalRemove] > 1 {
		return broken(RuleExternalRemoves)
	}
	if policy.ExternalCommit || p.Proposal.Type() == ProposalSelfRemove {
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
		return c.checkRemove(proposal.Removed)
	case *SelfRemove:
		if !p.ByReference {
			return broken(RuleSelfRemoveValue)
		}
		return c.checkRemove(LeafIndex(p.Sender.Index))
	case *PreSharedKey:
		return c.checkPSK(&proposal.PSK)
	case *ReInit:
		if proposal.Version < c.group.context.Version {
			return broken(RuleReInitVersion)
		}
	case *GroupContextExtensions:
		if _, err := proposal.Extensions.requirements(); err != nil {
			return err
		}
		return c.group.checkDictionary(proposal.Extensions)
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

func (c *listCheck) checkRemove(i LeafIndex) error {
	switch {
	case c.group.tree.Leaf(i) == nil:
		return broken(RuleRemoveBlank)
	case c.committer == MemberSender(i):
		return broken(RuleRemoveCommitter)
	case c.touched[i]:
		return broken(RuleLeafTwice)
	}
	c.touched[i], c.removed[i] = true, true
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
