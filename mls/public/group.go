package public

import (
	"bytes"
	"slices"
)

// A Group is the public state of one epoch of a group: its GroupContext, its
// tree, and the proposals seen in the epoch. It is not safe for concurrent use.
//
// Each change is a new value, so that what accessors return stays true for the
// epoch in which they were asked; it must not be changed.
type Group struct {
	cfg       *Config
	suite     *Suite
	context   *GroupContext
	tree      *Tree
	tag       []byte // confirmation tag of the commit that began the epoch
	interim   []byte // interim transcript hash
	proposals map[string]CommittedProposal
	arrived   []string // references of proposals, the oldest first
	reinit    *ReInit  // set once the group is shut down
}

// NewGroup takes up a group at the epoch of groupInfo, an MLSMessage that
// carries a GroupInfo with the ratchet_tree extension. It checks all that a
// joiner can check without secrets (RFC 9420, Section 12.4.3.1): the signature
// of the GroupInfo and the whole tree. It keeps cfg.
//
// Errors: [ErrMalformed], [ErrWireFormat], [ErrVersion], [ErrUnsupportedSuite],
// [ErrNoTree], [ErrTooLarge], [*RuleError].
func NewGroup(cfg *Config, groupInfo []byte) (*Group, error) {
	info, err := ParseGroupInfo(groupInfo)
	if err != nil {
		return nil, err
	}
	return NewGroupFromInfo(cfg, info, nil)
}

// NewGroupFromInfo is [NewGroup] for a decoded GroupInfo. tree is the content of
// the ratchet_tree extension from elsewhere; nil means that info must have it.
// Errors are those of NewGroup, but for what decoding gives.
func NewGroupFromInfo(cfg *Config, info *GroupInfo, tree []byte) (*Group, error) {
	s, err := cfg.suite(info.GroupContext.CipherSuite)
	if err != nil {
		return nil, err
	}
	if tree == nil {
		var ok bool
		if tree, ok = info.Extensions.Find(RatchetTreeExtension); !ok {
			return nil, ErrNoTree
		}
	}
	t, err := ParseTree(s, tree, cfg.maxLeaves())
	if err != nil {
		return nil, err
	}
	if err := checkInfo(s, info, t); err != nil {
		return nil, err
	}
	return NewGroupFromTree(cfg, &info.GroupContext, t, info.ConfirmationTag)
}

// NewGroupFromTree takes up a group at the epoch of context: that of a creator,
// or of a GroupInfo whose signature was checked. It checks the tree
// ([Config.ValidateTree]) and keeps its arguments. Errors: [ErrVersion],
// [ErrUnsupportedSuite], [*RuleError].
func NewGroupFromTree(cfg *Config, context *GroupContext, t *Tree, confirmationTag []byte) (*Group, error) {
	if context.Version != MLS10 {
		return nil, ErrVersion
	}
	s, err := cfg.suite(context.CipherSuite)
	if err != nil {
		return nil, err
	}
	if len(confirmationTag) != s.HashSize() || !hashOrEmpty(s, context.ConfirmedTranscriptHash) {
		return nil, broken(RuleHashLength)
	}
	if err := cfg.ValidateTree(t, context); err != nil {
		return nil, err
	}
	if err := cfg.judgeSenders(context.Extensions, nil); err != nil {
		return nil, err
	}
	return newGroup(cfg, context, t, confirmationTag), nil
}

func newGroup(cfg *Config, context *GroupContext, t *Tree, tag []byte) *Group {
	return &Group{
		cfg: cfg, suite: t.suite, context: context, tree: t, tag: tag,
		interim:   InterimTranscriptHash(t.suite, context.ConfirmedTranscriptHash, tag),
		proposals: make(map[string]CommittedProposal),
	}
}

// checkInfo checks the extensions and the signature of info, whose tree is t
// (RFC 9420, Section 12.4.3).
func checkInfo(s *Suite, info *GroupInfo, t *Tree) error {
	if !info.Extensions.unique() {
		return broken(RuleDuplicateExtension)
	}
	if !info.Extensions.dictionaryFits() {
		return broken(RuleDictionary)
	}
	if data, ok := info.Extensions.Find(ExternalPubExtension); ok {
		pub, err := Parse[ExternalPub](data)
		if err != nil {
			return &RuleError{Rule: RuleExternalPub, Err: err}
		}
		if err := s.CheckHPKEPublicKey(pub.Key); err != nil {
			return &RuleError{Rule: RuleExternalPub, Err: err}
		}
	}
	signer := t.Leaf(info.Signer)
	if signer == nil {
		return broken(RuleGroupInfoSigner)
	}
	if err := info.VerifySignature(s, signer.SignatureKey); err != nil {
		return &RuleError{Rule: RuleGroupInfoSigned, Err: err}
	}
	return nil
}

// GroupID returns the group's id.
func (g *Group) GroupID() []byte { return g.context.GroupID }

// Epoch returns the current epoch.
func (g *Group) Epoch() uint64 { return g.context.Epoch }

// Suite returns the group's cipher suite.
func (g *Group) Suite() *Suite { return g.suite }

// Context returns the GroupContext of the current epoch.
func (g *Group) Context() *GroupContext { return g.context }

// Tree returns the ratchet tree of the current epoch.
func (g *Group) Tree() *Tree { return g.tree }

// TreeBytes returns the content of the ratchet_tree extension of the epoch.
func (g *Group) TreeBytes() []byte { return Marshal(g.tree) }

// ConfirmationTag returns the confirmation tag of the commit that began the
// epoch.
func (g *Group) ConfirmationTag() []byte { return g.tag }

// InterimTranscriptHash returns the interim transcript hash of the epoch.
func (g *Group) InterimTranscriptHash() []byte { return g.interim }

// ReInit returns the proposal that shut the group down, else nil.
func (g *Group) ReInit() *ReInit { return g.reinit }

// Leaves returns the members, from left to right.
func (g *Group) Leaves() []LeafView {
	leaves := make([]LeafView, 0, g.tree.Count())
	for i, leaf := range g.tree.Leaves() {
		leaves = append(leaves, LeafView{i, leaf})
	}
	return leaves
}

// Leaf returns the member at i, and whether there is one.
func (g *Group) Leaf(i LeafIndex) (LeafView, bool) {
	leaf := g.tree.Leaf(i)
	return LeafView{i, leaf}, leaf != nil
}

// FindSigner returns the member with the signature key, and whether there is
// one.
func (g *Group) FindSigner(key SignaturePublicKey) (LeafView, bool) {
	i, ok := g.tree.FindSigner(key)
	if !ok {
		return LeafView{}, false
	}
	return LeafView{i, g.tree.Leaf(i)}, true
}

// Clone returns a group that may be merged into without changing g.
func (g *Group) Clone() *Group {
	c := *g
	c.tree = g.tree.Clone()
	c.proposals = make(map[string]CommittedProposal, len(g.proposals))
	for ref, p := range g.proposals {
		c.proposals[ref] = p
	}
	c.arrived = slices.Clone(g.arrived)
	return &c
}

// checkFraming checks that content is of this group and epoch
// (RFC 9420, Section 12.4.2).
func (g *Group) checkFraming(content *FramedContent) error {
	switch {
	case !bytes.Equal(content.GroupID, g.context.GroupID):
		return &RuleError{Rule: RuleGroupID, Err: ErrWrongGroup}
	case content.Epoch != g.context.Epoch:
		return &RuleError{Rule: RuleEpoch, Err: ErrWrongEpoch}
	case g.reinit != nil:
		return &RuleError{Rule: RuleAfterReInit, Err: ErrReInit}
	}
	return nil
}

// senderKey returns the key that must have signed content
// (RFC 9420, Section 6.1), or ErrSender if the sender may not send it.
func (g *Group) senderKey(content *FramedContent) (SignaturePublicKey, error) {
	switch sender := content.Sender; sender.Type {
	case SenderMember:
		if leaf := g.tree.Leaf(LeafIndex(sender.Index)); leaf != nil {
			return leaf.SignatureKey, nil
		}
	case SenderExternal:
		if content.ContentType == ContentProposal {
			return g.externalSenderKey(sender.Index)
		}
	case SenderNewMemberProposal:
		if add, ok := content.Proposal.(*Add); ok && content.ContentType == ContentProposal {
			return add.KeyPackage.LeafNode.SignatureKey, nil
		}
		return nil, &RuleError{Rule: RuleNewMemberAdd, Err: ErrSender}
	case SenderNewMemberCommit:
		if content.ContentType == ContentCommit && content.Commit.Path != nil {
			return content.Commit.Path.LeafNode.SignatureKey, nil
		}
		if content.ContentType == ContentCommit {
			return nil, broken(RuleExternalPath)
		}
	}
	return nil, &RuleError{Rule: RuleSender, Err: ErrSender}
}

// externalSenderKey returns the key of entry i of the external_senders extension
// (RFC 9420, Section 12.1.8.1).
func (g *Group) externalSenderKey(i uint32) (SignaturePublicKey, error) {
	senders, err := g.context.Extensions.externalSenders()
	if err != nil || uint64(i) >= uint64(len(senders)) {
		return nil, &RuleError{Rule: RuleSender, Err: ErrSender}
	}
	return senders[i].SignatureKey, nil
}

// Verify checks that content is of this group and epoch, that its sender may
// send it, and its signature (RFC 9420, Section 6.1). It doesn't check
// membership and confirmation tags. Errors: [ErrWrongGroup], [ErrWrongEpoch],
// [ErrReInit], [ErrSender], [ErrSignature], [*RuleError].
func (g *Group) Verify(content *AuthenticatedContent) error {
	if err := g.checkFraming(&content.Content); err != nil {
		return err
	}
	key, err := g.senderKey(&content.Content)
	if err != nil {
		return err
	}
	if err := content.VerifySignature(g.suite, key, g.context); err != nil {
		return &RuleError{Rule: RuleContentSignature, Err: err}
	}
	return g.context.Extensions.CheckAAD(content.Content.AuthenticatedData)
}

// parsePublic decodes an MLSMessage that carries a PublicMessage. The membership
// tag must have its length; more can't be said without secrets.
func (g *Group) parsePublic(message []byte) (*AuthenticatedContent, error) {
	m, err := Parse[MLSMessage](message)
	if err != nil {
		return nil, err
	}
	if m.PublicMessage == nil {
		return nil, ErrWireFormat
	}
	if m.PublicMessage.Content.ContentType == ContentApplication {
		return nil, &RuleError{Rule: RuleApplicationPublic, Err: ErrWireFormat}
	}
	if m.PublicMessage.Content.Sender.Type == SenderMember && len(m.PublicMessage.MembershipTag) != g.suite.HashSize() {
		return nil, broken(RuleHashLength)
	}
	return m.PublicMessage.Authenticated(), nil
}
