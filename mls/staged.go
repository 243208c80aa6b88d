package mls

import (
	"slices"

	"parley/mls/internal/schedule"
	"parley/mls/public"
)

// StagedCommit is a commit that was checked in full, with the epoch that it
// would begin. Nothing of it is in effect until [Group.Merge], or
// [StagedCommit.Join] for an external join of our own.
type StagedCommit struct {
	group   *Group // that it was staged by; nil for our own external join
	join    *newGroup
	public  *public.StagedCommit
	message []byte // nil for a commit received
	welcome []byte
	info    []byte
	first   []byte // of a branch of ours: GroupInfo of its epoch 0
	own     bool
	removed bool

	keys    privateKeys
	secrets *schedule.Epoch            // nil if removed
	signer  public.SignaturePrivateKey // our new signature key; nil if it stays
	// private is the key that a commit in a PrivateMessage used.
	private *privateUse
}

// privateUse names a key of the handshake ratchet.
type privateUse struct {
	leaf       public.LeafIndex
	generation uint32
}

// CommitMessage returns the commit as an MLSMessage, if it is ours, else nil.
func (c *StagedCommit) CommitMessage() []byte { return slices.Clone(c.message) }

// Welcome returns the Welcome for the members that our commit adds, as an
// MLSMessage; nil if it adds none or is not ours.
func (c *StagedCommit) Welcome() []byte { return slices.Clone(c.welcome) }

// GroupInfo returns the signed GroupInfo of the epoch that our commit begins, as
// an MLSMessage with ratchet_tree and external_pub; nil for one that came back
// or is not ours.
func (c *StagedCommit) GroupInfo() []byte { return slices.Clone(c.info) }

// FirstGroupInfo returns the signed GroupInfo of epoch 0 of the group that our
// [Branch] begins, against which anyone can check the commit; nil for any other.
func (c *StagedCommit) FirstGroupInfo() []byte { return slices.Clone(c.first) }

// Epoch returns the epoch that the commit begins.
func (c *StagedCommit) Epoch() uint64 { return c.public.Epoch() }

// Own reports whether the commit is ours.
func (c *StagedCommit) Own() bool { return c.own }

// Committer returns the committer's leaf in the epoch that the commit begins.
func (c *StagedCommit) Committer() public.LeafView { return c.public.Committer() }

// External reports whether the committer joins by the commit.
func (c *StagedCommit) External() bool { return c.public.External() }

// SelfRemoved reports whether the commit removes us.
func (c *StagedCommit) SelfRemoved() bool { return c.removed }

// Effects returns what the commit changes: members added, removed, updated. The
// caller must not change it.
func (c *StagedCommit) Effects() *public.Effects { return &c.public.Effects }

// Added returns the members that the commit adds by key package.
func (c *StagedCommit) Added() []public.AddedMember { return c.public.Added }

// Removed returns the members that the commit removes, as they were.
func (c *StagedCommit) Removed() []public.LeafView { return c.public.Removed }

// Updated returns the members whose leaf the commit replaces, the committer
// among them if the commit has a path.
func (c *StagedCommit) Updated() []public.UpdatedMember { return c.public.Updated }

// Context returns the GroupContext of the epoch that the commit begins. The
// caller must not change it.
func (c *StagedCommit) Context() *public.GroupContext { return c.public.Context() }

// AuthenticatedData returns what the commit's message carries in clear.
func (c *StagedCommit) AuthenticatedData() []byte { return c.public.AuthenticatedData() }

// Members returns the members of the epoch that the commit begins.
func (c *StagedCommit) Members() []Member {
	var out []Member
	for i, leaf := range c.public.Tree().Leaves() {
		out = append(out, c.cfg().memberAt(i, leaf))
	}
	return out
}

// cfg returns the configuration of the group that the commit is of.
func (c *StagedCommit) cfg() *Config {
	switch {
	case c.group != nil:
		return c.group.cfg
	case c.join != nil:
		return c.join.cfg
	}
	return &Config{}
}

// Merge makes the epoch that staged begins the current one. It is called for a
// commit that the delivery service accepted; one of our own must have been
// accepted before it is merged. staged must have been made in the current
// epoch by this Group, and be pending if it is ours, else the error is
// [ErrStaged]; then nothing changes.
//
// The Changes delete what the old epoch alone needed, our pending commit
// included; its keys stay for late messages. If the commit removes us, they
// delete every record, and the group is of no more use.
func (g *Group) Merge(staged *StagedCommit) (Changes, error) {
	if g.removed {
		return nil, ErrRemoved
	}
	if staged == nil || staged.group != g || staged.public.Epoch() != g.Epoch()+1 {
		return nil, ErrStaged
	}
	if staged.own && !g.pending.is(g.suite, staged.public.Content()) {
		return nil, ErrStaged
	}
	if staged.removed {
		return g.leave()
	}
	var changes Changes
	if err := g.usePrivate(staged.private, &changes); err != nil {
		return nil, err
	}
	old := g.public.Tree()
	changes.putPublic(staged.public.Records()...)
	if err := g.public.Merge(staged.public); err != nil {
		return nil, ErrStaged
	}
	g.endEpoch(old, g.public.Tree(), &changes)
	if err := g.dropExporter(&changes); err != nil {
		return nil, err
	}
	if staged.signer != nil {
		g.signer, g.rotated = staged.signer, true
	}
	g.enter(staged.keys, staged.secrets, &changes)
	changes = append(changes, g.DropPending()...)
	g.dropUpdates(&changes)
	if err := g.expire(&changes); err != nil {
		return nil, err
	}
	changes.put(stateKey, g.marshalState())
	return changes, nil
}

// usePrivate uses up the key of a commit that came as PrivateMessage.
func (g *Group) usePrivate(p *privateUse, c *Changes) error {
	if p == nil {
		return nil
	}
	use, err := g.current.tree.Find(p.leaf, ratchetOf(public.ContentCommit), p.generation)
	if err != nil {
		return ratchetError(err)
	}
	use.Commit(c.under(treePrefix(g.Epoch())))
	use.Key.Erase()
	return nil
}

// leave deletes every record and secret of the group.
func (g *Group) leave() (Changes, error) {
	changes := g.DropPending()
	g.dropUpdates(&changes)
	if err := g.dropExporter(&changes); err != nil {
		return nil, err
	}
	for _, p := range g.past {
		if err := p.delete(&changes); err != nil {
			return nil, err
		}
	}
	if err := g.current.tree.Delete(changes.under(treePrefix(g.Epoch()))); err != nil {
		return nil, err
	}
	for _, r := range g.public.Records() {
		changes.delete(publicPrefix + r.Key)
	}
	changes.delete(stateKey)
	for _, key := range g.keys {
		key.Erase()
	}
	g.secrets.Erase()
	g.past, g.removed = nil, true
	return changes, nil
}
