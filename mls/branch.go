package mls

import (
	"bytes"
	"slices"

	"parley/mls/public"
)

// BranchOptions says who is in a branch besides us.
type BranchOptions struct {
	Add [][]byte // fresh key packages, as MLSMessages, of members of the old group
	// AuthenticatedData travels in clear with the first commit.
	AuthenticatedData []byte
	// Extensions are those of the branch's GroupContext; nil means those of old.
	Extensions *public.Extensions
	// NoUpdate leaves our path out of the first commit, which then begins with the
	// keys of the key packages alone.
	NoUpdate bool
}

// Branch makes a new group of some members of old (RFC 9420, Section 11.3): with
// its suite and, unless the options give others, its extensions, and the resumption PSK of epoch, which must be the
// current one or still kept, so that only who was in that epoch can be in the
// new group. The result carries the new group's first commit, the Welcome and
// the GroupInfo of its epoch 1. When the delivery service has accepted them,
// [StagedCommit.Join] gives the group. old stays as it is.
//
// Errors: [ErrEpochGone], [ErrFutureEpoch], [ErrRemoved], and those of
// [Group.Commit].
func Branch(cfg *Config, old *Group, epoch uint64, groupID []byte, opts BranchOptions) (*StagedCommit, error) {
	if old.removed {
		return nil, ErrRemoved
	}
	if _, err := old.resumption(epoch); err != nil {
		return nil, err
	}
	self := old.public.Tree().Leaf(old.own)
	f := &following{
		cfg: cfg, old: old, suite: old.suite, signer: old.signer, groupID: groupID,
		link: public.PreSharedKeyID{Usage: public.UsageBranch, Epoch: epoch},
		create: CreateOptions{
			Extensions: old.current.context.Extensions, LeafExtensions: ownExtensions(self), Credential: &self.Credential,
		},
		commit: CommitOptions{Add: opts.Add, AuthenticatedData: opts.AuthenticatedData, Update: !opts.NoUpdate},
	}
	if opts.Extensions != nil {
		f.create.Extensions = *opts.Extensions
	}
	return f.make()
}

// SuccessorOptions says how the group that follows a ReInit begins.
type SuccessorOptions struct {
	// Add has a fresh key package, as MLSMessage, of every other member of the
	// old group, for the suite of the new one.
	Add [][]byte
	// Signer is our signature key in the new group; nil means the old one, if
	// the suites have the same signature scheme.
	Signer public.SignaturePrivateKey
	// Credential is ours; nil means the old one.
	Credential     *public.Credential
	LeafExtensions public.Extensions
	// AuthenticatedData travels in clear with the first commit.
	AuthenticatedData []byte
	// NoUpdate leaves our path out of the first commit. (The extensions are not
	// for us to choose: the ReInit has them.)
	NoUpdate bool
}

// Successor makes the group that a committed ReInit ([Group.ReInit]) asks for
// (RFC 9420, Section 11.2): with the group id, suite and extensions of the
// ReInit, the members of old, and its resumption PSK. Any member may make it;
// the delivery service takes one. The result is as that of [Branch].
//
// Errors: [ErrSuccessor] if old has no ReInit or somebody is left out,
// [ErrSuite], [ErrRemoved], and those of [Group.Commit].
func Successor(cfg *Config, old *Group, opts SuccessorOptions) (*StagedCommit, error) {
	if old.removed {
		return nil, ErrRemoved
	}
	reinit := old.public.ReInit()
	if reinit == nil {
		return nil, ErrSuccessor
	}
	s, err := cfg.suite(reinit.CipherSuite)
	if err != nil {
		return nil, err
	}
	f := &following{
		cfg: cfg, old: old, suite: s, signer: opts.Signer, groupID: reinit.GroupID,
		link: public.PreSharedKeyID{Usage: public.UsageReInit, Epoch: old.Epoch()},
		create: CreateOptions{
			Extensions: reinit.Extensions, LeafExtensions: opts.LeafExtensions, Credential: opts.Credential,
		},
		commit: CommitOptions{Add: opts.Add, AuthenticatedData: opts.AuthenticatedData, Update: !opts.NoUpdate},
	}
	if f.signer == nil {
		f.signer = old.signer
	}
	if f.create.Credential == nil {
		f.create.Credential = &old.public.Tree().Leaf(old.own).Credential
	}
	c, err := f.make()
	if err != nil {
		return nil, err
	}
	if !old.allIn(c.public.Tree()) {
		return nil, ErrSuccessor
	}
	return c, nil
}

// following is a group in the making that follows another.
type following struct {
	cfg     *Config
	old     *Group
	suite   *public.Suite
	signer  public.SignaturePrivateKey
	groupID []byte
	link    public.PreSharedKeyID // usage and epoch
	create  CreateOptions
	commit  CommitOptions
}

// make creates the group and its first commit, with the resumption PSK.
func (f *following) make() (*StagedCommit, error) {
	nonce, err := f.suite.RandomSecret(f.cfg.Rand)
	if err != nil {
		return nil, err
	}
	f.link.Type, f.link.GroupID, f.link.Nonce = public.ResumptionPSK, f.old.GroupID(), nonce
	g, _, err := Create(f.cfg, f.suite, f.groupID, nil, f.signer, f.create)
	if err != nil {
		return nil, err
	}
	first, err := g.GroupInfo()
	if err != nil {
		return nil, err
	}
	f.commit.linked, f.commit.old = &f.link, f.old
	c, _, err := g.Commit(f.commit)
	if err != nil {
		return nil, err
	}
	c.group = nil
	c.join = &newGroup{cfg: f.cfg, signer: f.signer, public: g.public}
	c.first = first
	return c, nil
}

// ReInit returns what a commit asked for that shut the group down, else nil. No
// message can be sent any more; [Successor] or [JoinSuccessor] gives the group
// that follows (RFC 9420, Section 12.4.2).
func (g *Group) ReInit() *public.ReInit { return g.public.ReInit() }

// JoinBranch is [JoinWelcome] for a Welcome to a branch of old. The branch must
// have the suite of old and only members that old had in the epoch that it
// branches from, else the error is [ErrBranch]. old stays as it is.
func JoinBranch(cfg *Config, old *Group, welcome []byte, secrets []*KeyPackageSecrets, signer public.SignaturePrivateKey) (*Group, Changes, error) {
	return JoinWelcomeWith(cfg, welcome, secrets, signer, JoinOptions{Old: old, Link: public.UsageBranch})
}

// JoinSuccessor is [JoinWelcome] for a Welcome to the group that follows old
// after its ReInit. The group must be as the ReInit says and have all members of
// old, else the error is [ErrSuccessor]. old stays as it is; the client deletes
// its records when it likes.
func JoinSuccessor(cfg *Config, old *Group, welcome []byte, secrets []*KeyPackageSecrets, signer public.SignaturePrivateKey) (*Group, Changes, error) {
	return JoinWelcomeWith(cfg, welcome, secrets, signer, JoinOptions{Old: old, Link: public.UsageReInit})
}

// linkedPSK returns the resumption PSK of usage reinit or branch, nil if there is
// none, and whether there is at most one (RFC 9420, Section 12.4.3.1).
func linkedPSK(psks []public.PreSharedKeyID) (linked *public.PreSharedKeyID, ok bool) {
	for i, id := range psks {
		if id.Type != public.ResumptionPSK || id.Usage == public.UsageApplication {
			continue
		}
		if linked != nil {
			return nil, false
		}
		linked = &psks[i]
	}
	return linked, true
}

// checkLink checks the PSK of usage reinit or branch, and what it promises about
// the new group (RFC 9420, Section 12.4.3.1, RFC 9420, Section 11.2,
// RFC 9420, Section 11.3).
func (o *openedWelcome) checkLink(view *public.Group, with *joinWith) error {
	linked, _ := linkedPSK(o.group.psks)
	switch {
	case linked == nil && with.link == 0:
		return nil
	case linked == nil || linked.Usage != with.link || with.old == nil:
		return broken(RuleLinkedUnexpected, linkError(with.link))
	case view.Epoch() != 1:
		return broken(RuleLinkedEpoch, linkError(with.link))
	case with.link == public.UsageReInit:
		return with.old.checkSuccessor(linked, view)
	}
	return with.old.checkBranch(linked, view)
}

// linkError is what a group is not that should follow another by usage.
func linkError(usage public.ResumptionPSKUsage) error {
	if usage == public.UsageReInit {
		return ErrSuccessor
	}
	return ErrBranch
}

// checkSuccessor checks that view is the group that the last commit of g asked
// for.
func (g *Group) checkSuccessor(linked *public.PreSharedKeyID, view *public.Group) error {
	reinit, context := g.public.ReInit(), view.Context()
	if reinit == nil || linked.Epoch != g.Epoch() || !bytes.Equal(linked.GroupID, g.public.GroupID()) {
		return broken(RuleSuccessorLink, ErrSuccessor)
	}
	if !bytes.Equal(context.GroupID, reinit.GroupID) || context.Version != reinit.Version ||
		context.CipherSuite != reinit.CipherSuite || !context.Extensions.Equal(reinit.Extensions) {
		return broken(RuleSuccessorContext, ErrSuccessor)
	}
	if !g.allIn(view.Tree()) {
		return broken(RuleSuccessorMembers, ErrSuccessor)
	}
	return nil
}

// allIn reports whether all members of g are in tree.
func (g *Group) allIn(tree *public.Tree) bool {
	var have [][]byte
	for _, leaf := range tree.Leaves() {
		have = append(have, g.cfg.identity(&leaf.Credential))
	}
	for _, leaf := range g.public.Tree().Leaves() {
		if !containsIdentity(have, g.cfg.identity(&leaf.Credential)) {
			return false
		}
	}
	return true
}

// checkBranch checks that view has the parameters of g, and only members that g
// had in the epoch that linked names.
func (g *Group) checkBranch(linked *public.PreSharedKeyID, view *public.Group) error {
	context := view.Context()
	if context.Version != g.public.Context().Version || context.CipherSuite != g.suite.ID() {
		return broken(RuleBranchContext, ErrBranch)
	}
	e, back, err := g.findEpoch(linked.Epoch)
	if err != nil || !bytes.Equal(linked.GroupID, g.public.GroupID()) {
		return broken(RuleBranchMembers, ErrBranch)
	}
	var had [][]byte
	for leaf := range public.LeafIndex(e.size) {
		if s := g.senderAt(leaf, back); s != nil {
			had = append(had, s.identity)
		}
	}
	for _, leaf := range view.Leaves() {
		if !containsIdentity(had, g.cfg.identity(&leaf.Node.Credential)) {
			return broken(RuleBranchMembers, ErrBranch)
		}
	}
	return nil
}

// containsIdentity reports whether identity is in list; one that can't be told
// is not.
func containsIdentity(list [][]byte, identity []byte) bool {
	return identity != nil && slices.ContainsFunc(list, func(id []byte) bool { return bytes.Equal(id, identity) })
}
