package public

import (
	"bytes"
	"slices"
)

// An AddedMember is a member that a commit adds by key package.
type AddedMember struct {
	Index      LeafIndex
	KeyPackage *KeyPackage
	Ref        []byte // KeyPackageRef
}

// An UpdatedMember is a member whose leaf an Update proposal or the committer's
// path replaces.
type UpdatedMember struct {
	Index LeafIndex
	Old   *LeafNode
	New   *LeafNode
}

// Effects are what a commit does to a group. They must not be changed.
type Effects struct {
	Added          []AddedMember
	Removed        []LeafView      // with the leaves as they were
	Updated        []UpdatedMember // the committer too, if it has a path
	PSKs           []PreSharedKeyID
	ExternalInit   []byte // the KEM output, of an external commit only
	ReInit         *ReInit
	ContextChanged bool                // the extensions of the GroupContext were changed
	Components     []ComponentID       // whose data in the GroupContext AppDataUpdates changed
	Ephemeral      []ComponentData     // of AppEphemeral proposals, in their order
	Custom         []CommittedProposal // of [Config.CustomProposals], in their order
}

// A Provisional is the next epoch in the making: proposals are applied, a path
// may follow, then [Provisional.Finish]. Stage uses it for a commit received, a
// member for one of its own:
//
//	p, err := group.Provision(sender, proposals)
//	hash, err := p.SetPath(keys)          // for a path: keys of p.Path()
//	p.SetLeaf(signedLeafWith(hash))
//	encrypt each path secret to p.Recipients(node) with p.Context()
//	staged, err := p.Finish(signedContent)
//	staged.SetConfirmationTag(tag)        // made over staged.Context()
type Provisional struct {
	Effects
	group     *Group
	sender    Sender
	committer LeafIndex
	tree      *Tree
	context   *GroupContext
	required  requirements
	resync    *LeafNode // that an external joiner removes as its old self
	needsPath bool
	hasPath   bool
	// addedNodes are the nodes of Added.
	addedNodes map[NodeIndex]bool
}

// Provision checks list and applies it to a copy of the group's tree and
// extensions (RFC 9420, Section 12.2, RFC 9420, Section 12.3). sender is that
// of the commit: a member, or SenderNewMemberCommit for an external commit.
// Errors: [*RuleError], [ErrSender], [ErrReInit].
func (g *Group) Provision(sender Sender, list []CommittedProposal) (*Provisional, error) {
	epoch, err := g.nextEpoch()
	if err != nil {
		return nil, err
	}
	if g.reinit != nil {
		return nil, &RuleError{Rule: RuleAfterReInit, Err: ErrReInit}
	}
	if err := g.checkSender(sender); err != nil {
		return nil, err
	}
	if err := g.checkList(sender, list); err != nil {
		return nil, err
	}
	p := &Provisional{
		group: g, sender: sender, tree: g.tree.Clone(), context: g.context.clone(),
		addedNodes: make(map[NodeIndex]bool),
	}
	p.context.Epoch = epoch
	if err := p.apply(list); err != nil {
		return nil, err
	}
	p.committer = LeafIndex(sender.Index)
	if p.External() {
		p.committer = p.tree.Reserve()
	}
	return p, p.checkTree()
}

// checkSender checks that sender may commit.
func (g *Group) checkSender(sender Sender) error {
	if sender.Type == SenderNewMemberCommit {
		return nil
	}
	if sender.Type != SenderMember || g.tree.Leaf(LeafIndex(sender.Index)) == nil {
		return &RuleError{Rule: RuleSender, Err: ErrSender}
	}
	return nil
}

// apply applies the proposals in the order of RFC 9420, Section 12.3 and
// draft-ietf-mls-extensions-10, Section 4.8.
func (p *Provisional) apply(list []CommittedProposal) (err error) {
	p.applyContext(list)
	for _, c := range list {
		if update, ok := c.Proposal.(*Update); ok {
			p.applyUpdate(LeafIndex(c.Sender.Index), &update.LeafNode)
		}
	}
	p.applyRemoves(list)
	for _, c := range list {
		p.applyRest(c)
	}
	if err := p.ephemeral(list); err != nil {
		return err
	}
	if err := p.updateComponents(list); err != nil {
		return err
	}
	if p.required, err = p.context.Extensions.requirements(); err != nil {
		return err
	}
	return p.group.cfg.judgeSenders(p.context.Extensions, p.group.context.Extensions)
}

// applyContext replaces the extensions of the GroupContext, and notes whether a
// path is needed.
func (p *Provisional) applyContext(list []CommittedProposal) {
	p.needsPath = len(list) == 0
	for _, c := range list {
		policy, _ := p.group.cfg.policy(c.Proposal.Type()) // known: the list was checked
		p.needsPath = p.needsPath || !policy.PathOptional
		if change, ok := c.Proposal.(*GroupContextExtensions); ok {
			p.context.Extensions = change.Extensions
			p.ContextChanged = true
		}
	}
}

// applyRemoves removes members: those that asked for it first
// (draft-ietf-mls-extensions-10, Section 6.3).
func (p *Provisional) applyRemoves(list []CommittedProposal) {
	remove := func(i LeafIndex) {
		p.Removed = append(p.Removed, LeafView{i, p.tree.Leaf(i)})
	}
	for _, c := range list {
		if _, ok := c.Proposal.(*SelfRemove); ok {
			remove(LeafIndex(c.Sender.Index))
		}
	}
	for _, c := range list {
		if r, ok := c.Proposal.(*Remove); ok {
			remove(r.Removed)
			if p.External() {
				p.resync = p.tree.Leaf(r.Removed)
			}
		}
	}
	for _, removed := range p.Removed {
		p.tree.removeLeaf(removed.Index)
	}
	p.tree.shrink()
}

func (p *Provisional) applyUpdate(i LeafIndex, leaf *LeafNode) {
	old := p.tree.Leaf(i)
	p.tree.Update(i, leaf)
	p.Updated = append(p.Updated, UpdatedMember{i, old, p.tree.Leaf(i)})
}

// applyRest applies an Add, or notes what the key schedule or the application
// needs.
func (p *Provisional) applyRest(c CommittedProposal) {
	switch proposal := c.Proposal.(type) {
	case *Add:
		k := &proposal.KeyPackage
		i := p.tree.Add(&k.LeafNode)
		p.Added = append(p.Added, AddedMember{Index: i, KeyPackage: k, Ref: k.Ref(p.tree.suite)})
		p.addedNodes[i.Node()] = true
	case *PreSharedKey:
		p.PSKs = append(p.PSKs, proposal.PSK)
	case *ExternalInit:
		p.ExternalInit = proposal.KEMOutput
	case *ReInit:
		p.ReInit = proposal
	case *CustomProposal:
		p.Custom = append(p.Custom, c)
	}
}

// checkTree checks the leaves that the proposals changed, or all if the
// proposals changed what is asked of them.
func (p *Provisional) checkTree() error {
	if p.tree.Size() > p.group.cfg.maxLeaves() {
		return ErrTooLarge
	}
	types := p.tree.credentialTypes()
	if p.ContextChanged || !subset(types, p.group.tree.credentialTypes()) {
		if err := p.checkSupport(types); err != nil {
			return err
		}
	}
	for _, added := range p.Added {
		view := LeafView{added.Index, p.tree.Leaf(added.Index)}
		if err := p.checkChanged(view, nil, types); err != nil {
			return err
		}
	}
	for _, updated := range p.Updated {
		if err := p.checkChanged(LeafView{updated.Index, updated.New}, updated.Old, types); err != nil {
			return err
		}
	}
	return nil
}

// checkSupport checks that all leaves support the extensions and the credential
// types in use.
func (p *Provisional) checkSupport(types []CredentialType) error {
	for _, leaf := range p.tree.Leaves() {
		if err := p.required.met(leaf, p.context.Extensions); err != nil {
			return err
		}
		if err := leaf.supportsCredentials(types); err != nil {
			return err
		}
	}
	return nil
}

// checkChanged checks a new leaf among the others, and asks the application.
func (p *Provisional) checkChanged(leaf LeafView, old *LeafNode, types []CredentialType) error {
	if err := p.tree.checkMember(leaf.Index, &p.required, p.context.Extensions, types); err != nil {
		return err
	}
	return p.group.cfg.judge(leaf, old)
}

func subset[T comparable](a, b []T) bool {
	return !slices.ContainsFunc(a, func(v T) bool { return !slices.Contains(b, v) })
}

// External reports whether the committer is not a member yet.
func (p *Provisional) External() bool { return p.sender.Type == SenderNewMemberCommit }

// Committer returns the leaf of the committer: for an external commit, the one
// that its path will fill.
func (p *Provisional) Committer() LeafIndex { return p.committer }

// Tree returns the tree as it is so far. The caller must not change it.
func (p *Provisional) Tree() *Tree { return p.tree }

// NeedsPath reports whether the commit must have a path
// (RFC 9420, Section 12.4).
func (p *Provisional) NeedsPath() bool { return p.needsPath }

// Path returns the filtered direct path of the committer.
func (p *Provisional) Path() []PathNode { return p.tree.FilteredDirectPath(p.committer) }

// Recipients returns the nodes to which the path secret of at is encrypted: the
// resolution of its copath child without the members that this commit adds
// (RFC 9420, Section 7.5). SetPath doesn't change it.
func (p *Provisional) Recipients(at PathNode) []NodeIndex {
	return slices.DeleteFunc(p.tree.Resolution(at.Copath), func(x NodeIndex) bool { return p.addedNodes[x] })
}

// SetPath sets the keys of the committer's path, in the order of
// [Provisional.Path], and returns the parent hash that its new leaf must carry
// ([Tree.SetPath]), whose errors it gives.
func (p *Provisional) SetPath(keys []HPKEPublicKey) (parentHash []byte, err error) {
	parentHash, err = p.tree.SetPath(p.committer, keys)
	p.hasPath = err == nil
	return parentHash, err
}

// SetLeaf puts a copy of leaf at the committer's place. It must follow SetPath.
func (p *Provisional) SetLeaf(leaf *LeafNode) {
	old := p.tree.Leaf(p.committer)
	p.tree.SetLeaf(p.committer, leaf)
	if !p.External() {
		p.Updated = append(p.Updated, UpdatedMember{p.committer, old, p.tree.Leaf(p.committer)})
	}
}

// Context returns the provisional GroupContext: that of the next epoch with the
// confirmed transcript hash of this one (RFC 9420, Section 12.4.1).
func (p *Provisional) Context() *GroupContext {
	p.context.TreeHash = p.tree.Hash()
	return p.context
}

// mergePath checks path and applies it, in the order of
// RFC 9420, Section 12.4.2.
func (p *Provisional) mergePath(path *UpdatePath) error {
	if err := p.checkPathLeaf(&path.LeafNode); err != nil {
		return err
	}
	keys, err := p.pathKeys(path)
	if err != nil {
		return err
	}
	parentHash, err := p.SetPath(keys)
	if err != nil {
		return err
	}
	if !bytes.Equal(parentHash, path.LeafNode.ParentHash) {
		return broken(RulePathParentHash)
	}
	old := p.tree.Leaf(p.committer)
	p.SetLeaf(&path.LeafNode)
	types := p.tree.credentialTypes()
	if !subset(types, p.group.tree.credentialTypes()) {
		if err := p.checkSupport(types); err != nil {
			return err
		}
	}
	return p.checkChanged(LeafView{p.committer, p.tree.Leaf(p.committer)}, p.replaced(old), types)
}

// replaced returns the leaf that the committer's new one takes the place of: its
// own, or the one that an external joiner removes.
func (p *Provisional) replaced(old *LeafNode) *LeafNode {
	if p.External() && p.resync != nil {
		return p.resync
	}
	return old
}

// checkPathLeaf checks the new leaf of the committer by itself.
func (p *Provisional) checkPathLeaf(leaf *LeafNode) error {
	s := p.tree.suite
	if leaf.Source != SourceCommit {
		return broken(RuleLeafSource)
	}
	if err := p.group.cfg.checkLeaf(s, leaf); err != nil {
		return err
	}
	if err := leaf.VerifySignature(s, p.context.GroupID, p.committer); err != nil {
		return &RuleError{Rule: RuleLeafSignature, Err: err}
	}
	old := p.replaced(p.tree.Leaf(p.committer))
	if old != nil && bytes.Equal(old.EncryptionKey, leaf.EncryptionKey) {
		return broken(RulePathSameLeafKey)
	}
	return nil
}

// pathKeys checks the form of path, that it fits the tree and that none of its
// keys is in use, and returns the keys of its nodes.
func (p *Provisional) pathKeys(path *UpdatePath) ([]HPKEPublicKey, error) {
	filtered := p.Path()
	if len(filtered) != len(path.Nodes) {
		return nil, broken(RulePathLength)
	}
	if _, used := p.tree.FindKey(path.LeafNode.EncryptionKey); used {
		return nil, broken(RulePathKeyReuse)
	}
	seen := map[string]bool{string(path.LeafNode.EncryptionKey): true}
	keys := make([]HPKEPublicKey, len(filtered))
	for k := range filtered {
		node := &path.Nodes[k]
		if err := p.checkPathNode(filtered[k], node); err != nil {
			return nil, err
		}
		if seen[string(node.EncryptionKey)] {
			return nil, broken(RulePathKeyReuse)
		}
		seen[string(node.EncryptionKey)] = true
		keys[k] = node.EncryptionKey
	}
	return keys, nil
}

// checkPathNode checks one node of a path: its key, and that there is one
// well-formed ciphertext for each recipient.
func (p *Provisional) checkPathNode(at PathNode, node *UpdatePathNode) error {
	s := p.tree.suite
	if err := s.CheckHPKEPublicKey(node.EncryptionKey); err != nil {
		return &RuleError{Rule: RulePathKey, Err: err}
	}
	if _, used := p.tree.FindKey(node.EncryptionKey); used {
		return broken(RulePathKeyReuse)
	}
	if len(node.PathSecrets) != len(p.Recipients(at)) {
		return broken(RulePathCiphertexts)
	}
	for i := range node.PathSecrets {
		c := &node.PathSecrets[i]
		if len(c.KEMOutput) != s.KEMOutputSize() || len(c.Ciphertext) != s.HashSize()+aeadTagSize {
			return broken(RulePathCiphertext)
		}
	}
	return nil
}

// aeadTagSize is by how much a ciphertext is longer than its plaintext, the same
// for every AEAD of RFC 9420, Section 17.1.
const aeadTagSize = 16
