package public

import "bytes"

// A StagedCommit is a commit that was checked against an epoch, with the epoch
// that it would begin. It is immutable, except for its confirmation tag until
// that is set.
type StagedCommit struct {
	Effects
	group     *Group
	base      *GroupContext // of the epoch that the commit ends
	content   *AuthenticatedContent
	committer LeafIndex
	tree      *Tree
	baseTree  *Tree
	context   *GroupContext
	provision *GroupContext
	tag       []byte
}

// Stage checks a commit, an MLSMessage that carries it as PublicMessage, against
// the current epoch, and returns what it would change. The group itself stays
// as it is until [Group.Merge].
//
// Checked is all that can be without secrets: framing, epoch, sender, signature,
// proposals, the structure of the path, each new leaf, parent hashes. Not
// checked are membership tag, confirmation tag and path secrets.
//
// Errors: [ErrMalformed], [ErrWireFormat], [ErrVersion],
// [ErrUnsupportedProposal], [ErrWrongGroup], [ErrWrongEpoch], [ErrNotCommit],
// [ErrSender], [ErrSignature], [ErrUnknownProposal], [ErrReInit],
// [ErrTooLarge], and a [*RuleError] that names a broken rule.
//
// The steps are those of RFC 9420, Section 12.4.2.
func (g *Group) Stage(commit []byte) (*StagedCommit, error) {
	content, err := g.parsePublic(commit)
	if err != nil {
		return nil, err
	}
	if err := g.Verify(content); err != nil {
		return nil, err
	}
	return g.StageContent(content)
}

// StageContent is [Group.Stage] for a commit whose framing and signature were
// checked ([Group.Verify]), in whatever wire format it came. Errors are those of
// Stage, but for what decoding, sender and signature give.
func (g *Group) StageContent(content *AuthenticatedContent) (*StagedCommit, error) {
	if content.Content.ContentType != ContentCommit {
		return nil, ErrNotCommit
	}
	if err := g.checkFraming(&content.Content); err != nil {
		return nil, err
	}
	commit, sender := content.Content.Commit, content.Content.Sender
	list, err := g.Resolve(sender, commit)
	if err != nil {
		return nil, err
	}
	p, err := g.Provision(sender, list)
	if err != nil {
		return nil, err
	}
	if commit.Path != nil {
		if err := p.mergePath(commit.Path); err != nil {
			return nil, err
		}
	}
	if len(content.Auth.ConfirmationTag) != g.suite.HashSize() {
		return nil, broken(RuleHashLength)
	}
	return p.Finish(content)
}

// Finish returns the staged commit for content, a commit that carries exactly
// the proposals and the path of p. It doesn't look at either again, and needs
// no confirmation tag yet. A path that is missing gives a [*RuleError].
func (p *Provisional) Finish(content *AuthenticatedContent) (*StagedCommit, error) {
	if p.External() && !p.hasPath {
		return nil, broken(RuleExternalPath)
	}
	if p.needsPath && !p.hasPath {
		return nil, broken(RulePathRequired)
	}
	provision := p.Context()
	context := provision.clone()
	context.ConfirmedTranscriptHash = ConfirmedTranscriptHash(p.tree.suite, p.group.interim, content)
	return &StagedCommit{
		Effects: p.Effects, group: p.group, base: p.group.context, content: content, committer: p.committer,
		tree: p.tree, baseTree: p.group.tree, context: context, provision: provision, tag: content.Auth.ConfirmationTag,
	}, nil
}

// Epoch returns the epoch that the commit begins.
func (c *StagedCommit) Epoch() uint64 { return c.context.Epoch }

// Committer returns the committer's leaf in the tree that the commit makes.
func (c *StagedCommit) Committer() LeafView {
	return LeafView{c.committer, c.tree.Leaf(c.committer)}
}

// External reports whether the committer joins by this commit
// (RFC 9420, Section 12.4.3.2).
func (c *StagedCommit) External() bool {
	return c.content.Content.Sender.Type == SenderNewMemberCommit
}

// HasPath reports whether the commit has an update path.
func (c *StagedCommit) HasPath() bool { return c.content.Content.Commit.Path != nil }

// Content returns the message that was staged.
func (c *StagedCommit) Content() *AuthenticatedContent { return c.content }

// AuthenticatedData returns the message's authenticated data.
func (c *StagedCommit) AuthenticatedData() []byte { return c.content.Content.AuthenticatedData }

// Context returns the GroupContext of the epoch that the commit begins.
func (c *StagedCommit) Context() *GroupContext { return c.context }

// ProvisionalContext returns the GroupContext under which path secrets are
// encrypted: Context with the old confirmed transcript hash
// (RFC 9420, Section 12.4.1).
func (c *StagedCommit) ProvisionalContext() *GroupContext { return c.provision }

// Tree returns the tree of the epoch that the commit begins.
func (c *StagedCommit) Tree() *Tree { return c.tree }

// Recipients returns the nodes to which the path secret of at is encrypted, in
// the order of the ciphertexts ([Provisional.Recipients]).
func (c *StagedCommit) Recipients(at PathNode) []NodeIndex {
	p := Provisional{tree: c.tree, addedNodes: make(map[NodeIndex]bool, len(c.Added))}
	for _, added := range c.Added {
		p.addedNodes[added.Index.Node()] = true
	}
	return p.Recipients(at)
}

// Leaf returns the member at i in the epoch that the commit begins, and whether
// there is one.
func (c *StagedCommit) Leaf(i LeafIndex) (LeafView, bool) {
	leaf := c.tree.Leaf(i)
	return LeafView{i, leaf}, leaf != nil
}

// ConfirmationTag returns the commit's confirmation tag, unverified.
func (c *StagedCommit) ConfirmationTag() []byte { return c.tag }

// SetConfirmationTag sets the tag of a commit that the caller makes, in the
// message too.
func (c *StagedCommit) SetConfirmationTag(tag []byte) {
	c.tag = tag
	c.content.Auth.ConfirmationTag = tag
}

// CheckGroupInfo checks that nextGroupInfo, an MLSMessage, tells of the epoch
// that staged begins: the same GroupContext, the confirmation tag of the commit,
// the signature of a member of that epoch. A ratchet_tree extension, if there
// is one, must be the tree of that epoch.
//
// Errors: [ErrMalformed], [ErrWireFormat], [ErrVersion], [ErrStaged],
// [*RuleError].
func (g *Group) CheckGroupInfo(staged *StagedCommit, nextGroupInfo []byte) error {
	if !g.current(staged) {
		return ErrStaged
	}
	m, err := peek(nextGroupInfo) // nothing of it is kept
	if err != nil {
		return err
	}
	if m.GroupInfo == nil {
		return ErrWireFormat
	}
	return staged.CheckInfo(m.GroupInfo)
}

// CheckInfo is [Group.CheckGroupInfo] for a decoded GroupInfo. The error is a
// [*RuleError].
func (c *StagedCommit) CheckInfo(info *GroupInfo) error {
	if !info.GroupContext.Equal(c.context) {
		return broken(RuleGroupInfoContext)
	}
	if !bytes.Equal(info.ConfirmationTag, c.tag) {
		return broken(RuleGroupInfoTag)
	}
	if tree, ok := info.Extensions.Find(RatchetTreeExtension); ok && !c.tree.encodesTo(tree) {
		return broken(RuleGroupInfoTree)
	}
	return checkInfo(c.tree.suite, info, c.tree)
}

// current reports whether staged was made from the epoch in which g is.
func (g *Group) current(staged *StagedCommit) bool {
	return staged != nil && staged.base == g.context
}

// Merge makes the epoch that staged begins the current one. staged must come
// from the current epoch, else ErrStaged, and be used once; the caller must not
// use its Tree afterwards. Proposals kept for the old epoch are dropped.
func (g *Group) Merge(staged *StagedCommit) error {
	if !g.current(staged) || len(staged.tag) != g.suite.HashSize() {
		return ErrStaged
	}
	g.context, g.tree, g.tag, g.reinit = staged.context, staged.tree, staged.tag, staged.ReInit
	g.interim = InterimTranscriptHash(g.suite, g.context.ConfirmedTranscriptHash, g.tag)
	clear(g.proposals)
	g.arrived = nil
	return nil
}
