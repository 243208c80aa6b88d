package mls

import (
	"bytes"

	"parley/mls/public"
)

// BranchOptions says who is in a branch besides us.
type BranchOptions struct {
	Add [][]byte // fresh key packages, as MLSMessages, of members of the old group
	// AuthenticatedData travels in clear with the first commit.
	AuthenticatedData []byte
}

// Branch makes a new group of some members of old (RFC 9420, Section 11.3): with
// its suite and extensions, and the resumption PSK of epoch, which must be the
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
	nonce, err := old.suite.RandomSecret(cfg.Rand)
	if err != nil {
		return nil, err
	}
	self := old.public.Tree().Leaf(old.own)
	g, _, err := Create(cfg, old.suite, groupID, self.Credential.Identity(), old.signer, CreateOptions{
		Extensions: old.current.context.Extensions, LeafExtensions: self.Extensions,
	})
	if err != nil {
		return nil, err
	}
	first, err := g.GroupInfo()
	if err != nil {
		return nil, err
	}
	c, _, err := g.Commit(CommitOptions{
		Add: opts.Add, Update: true, AuthenticatedData: opts.AuthenticatedData, old: old,
		branch: &public.PreSharedKeyID{
			Type: public.ResumptionPSK, Usage: public.UsageBranch,
			GroupID: old.GroupID(), Epoch: epoch, Nonce: nonce,
		},
	})
	if err != nil {
		return nil, err
	}
	c.group = nil
	c.join = &newGroup{cfg: cfg, signer: old.signer, public: g.public}
	c.first = first
	return c, nil
}

// JoinBranch is [JoinWelcome] for a Welcome to a branch of old. The branch must
// have the suite of old and only members that old had in the epoch that it
// branches from, else the error is [ErrBranch]. old stays as it is.
func JoinBranch(cfg *Config, old *Group, welcome []byte, secrets []*KeyPackageSecrets, signer public.SignaturePrivateKey) (*Group, Changes, error) {
	if old == nil || old.removed {
		return nil, nil, ErrRemoved
	}
	return join(cfg, welcome, joinWith{secrets: secrets, signer: signer, old: old})
}

// checkBranch checks the PSKs of usage reinit and branch, of which there is at
// most one, and what such a one promises about the new group
// (RFC 9420, Section 12.4.3.1). old is nil unless a branch is expected.
func (o *openedWelcome) checkBranch(view *public.Group, old *Group) error {
	var linked []public.PreSharedKeyID
	for _, id := range o.group.psks {
		if id.Type == public.ResumptionPSK && id.Usage != public.UsageApplication {
			linked = append(linked, id)
		}
	}
	if len(linked) == 0 && old == nil {
		return nil
	}
	if len(linked) != 1 || old == nil || linked[0].Usage != public.UsageBranch {
		return ErrBranch
	}
	if view.Epoch() != 1 || view.Suite().ID() != old.suite.ID() {
		return ErrBranch
	}
	return old.hadAll(linked[0].Epoch, view)
}

// hadAll checks that the members of view were members of g in epoch.
func (g *Group) hadAll(epoch uint64, view *public.Group) error {
	e, back, err := g.findEpoch(epoch)
	if err != nil {
		return ErrBranch
	}
	var had [][]byte
	for leaf := range public.LeafIndex(e.size) {
		if s := g.senderAt(leaf, back); s != nil {
			had = append(had, s.identity)
		}
	}
	for _, leaf := range view.Leaves() {
		if !containsIdentity(had, leaf.Identity()) {
			return ErrBranch
		}
	}
	return nil
}

func containsIdentity(list [][]byte, identity []byte) bool {
	for _, id := range list {
		if bytes.Equal(id, identity) {
			return true
		}
	}
	return false
}
