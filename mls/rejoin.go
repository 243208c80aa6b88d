package mls

import (
	"bytes"
	"crypto/subtle"

	"parley/mls/public"
)

// CheckEpoch compares the epoch authenticator that another member has for epoch
// with ours (RFC 9420, Section 8.7). Members exchange them by whatever way the
// delivery service does not control, or show them to people.
//
// Errors: [ErrFork] if the other is in another history of the group: the
// delivery service gave us different commits, and one of us must [Group.Rejoin].
// [ErrFutureEpoch] and [ErrEpochGone] if ours can't be told.
func (g *Group) CheckEpoch(epoch uint64, authenticator []byte) error {
	if g.removed {
		return ErrRemoved
	}
	_, back, err := g.findEpoch(epoch)
	if err != nil {
		return err
	}
	own := []byte(g.secrets.Authenticator)
	if back > 0 {
		own = g.past[back-1].authenticator
	}
	if len(own) == 0 {
		return ErrEpochGone
	}
	if subtle.ConstantTimeCompare(own, authenticator) != 1 {
		return ErrFork
	}
	return nil
}

// Rejoin makes an external commit by which we come back into our own group after
// a fork, a commit that we can't follow or lost records: it removes our old leaf
// and adds a new one with the same credential, signature key and extensions, in
// one commit (RFC 9420, Section 12.4.3.2). groupInfo is that of the epoch to join.
// If withPSK is set the commit also shows that we are in the epoch in which g
// is, by its resumption PSK (RFC 9420, Section 8.6); the others must have been
// in it too. opts may say more; what Rejoin sets itself is ignored.
//
// g stays as it is. When the delivery service has accepted the commit,
// [StagedCommit.Join] gives the group, whose Changes the client writes in place
// of all records of g.
//
// Errors: [ErrWrongGroup]; [ErrWrongEpoch] for an epoch older than that of g,
// as a delivery service would offer it to roll us back; those of [JoinExternal].
func (g *Group) Rejoin(groupInfo []byte, withPSK bool, opts ExternalOptions) (*StagedCommit, error) {
	if g.removed {
		return nil, ErrRemoved
	}
	info, err := public.ParseGroupInfo(groupInfo)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(info.GroupContext.GroupID, g.public.GroupID()) {
		return nil, ErrWrongGroup
	}
	if info.GroupContext.Epoch < g.Epoch() {
		return nil, ErrWrongEpoch
	}
	leaf := g.public.Tree().Leaf(g.own)
	opts.Resync, opts.Old, opts.Credential = true, g, &leaf.Credential
	if opts.LeafExtensions == nil {
		opts.LeafExtensions = ownExtensions(leaf)
	}
	if withPSK {
		opts.PSKs = append(opts.PSKs[:len(opts.PSKs):len(opts.PSKs)], public.PreSharedKeyID{
			Type: public.ResumptionPSK, Usage: public.UsageApplication, GroupID: g.GroupID(), Epoch: g.Epoch(),
		})
	}
	return JoinExternal(g.cfg, groupInfo, nil, g.signer, opts)
}
