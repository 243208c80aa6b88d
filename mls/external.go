package mls

import "parley/mls/public"

// ExternalOptions says how to join by an external commit.
type ExternalOptions struct {
	// Resync removes the member with our identity, an old self, in the same
	// commit, if there is one. Without it a group that has such a member
	// refuses us if it has the same signature key.
	Resync            bool
	AuthenticatedData []byte // travels in clear with the commit
	LeafExtensions    public.Extensions
	// Credential is ours, instead of a basic one.
	Credential *public.Credential
	// Tree is the ratchet tree, if groupInfo does not carry it
	// (RFC 9420, Section 12.4.3.3).
	Tree []byte
	// SelfRemoves are SelfRemove proposals of the epoch, MLSMessages, that the
	// delivery service gave with the GroupInfo; they must be committed
	// (draft-ietf-mls-extensions-10, Section 6.3). Those that are not valid are
	// left out; that they come from members can't be known.
	SelfRemoves [][]byte
	// PSKs are pre-shared keys to mix in: external ones, of components, or
	// resumption PSKs, which show that we were a member (RFC 9420, Section 12.4.3.2).
	// Their nonces are made here.
	PSKs []public.PreSharedKeyID
	// Old is the group as we had it, which has its resumption PSKs; nil if none.
	Old *Group
	// Values are further proposals that may stand in an external commit.
	Values []public.Proposal
}

// JoinExternal makes an external commit by which we join the group that
// groupInfo, an MLSMessage with ratchet_tree and external_pub, tells of
// (RFC 9420, Section 12.4.3.2). The result carries the commit and the next
// GroupInfo; when the delivery service has accepted the commit,
// [StagedCommit.Join] gives the group. Until then nothing need be stored: if it
// is lost, another external commit with Resync replaces it.
//
// What the members of the group are is shown by [StagedCommit.Members]; that the
// GroupInfo is not older than what the client has seen is for it to check, with
// [public.ParseGroupInfo].
//
// Errors: [ErrWelcome] for a GroupInfo without external_pub, [ErrSigner],
// [ErrTooLarge], and those of mls/public about the group's state.
func JoinExternal(cfg *Config, groupInfo, identity []byte, signer public.SignaturePrivateKey, opts ExternalOptions) (*StagedCommit, error) {
	if len(identity) > MaxData || len(opts.AuthenticatedData) > MaxData {
		return nil, ErrTooLarge
	}
	info, err := public.ParseGroupInfo(groupInfo)
	if err != nil {
		return nil, err
	}
	view, err := public.NewGroupFromInfo(cfg.public(), info, opts.Tree)
	if err != nil {
		return nil, err
	}
	if err := view.Context().Extensions.CheckAAD(opts.AuthenticatedData); err != nil {
		return nil, err
	}
	d, err := externalDraft(cfg, view, info, signer)
	if err != nil {
		return nil, err
	}
	d.content.AuthenticatedData = opts.AuthenticatedData
	leaf, priv, err := newLeaf(cfg, view.Suite(), identity, signer, KeyPackageOptions{
		LeafExtensions: opts.LeafExtensions, GroupExtensions: extensionTypes(view.Context().Extensions),
		Credential: opts.Credential,
	})
	if err != nil {
		return nil, err
	}
	priv.Erase() // the path brings another
	d.leaf = *leaf
	if err := d.joinProposals(&opts); err != nil {
		return nil, err
	}
	if err := d.make(); err != nil {
		return nil, err
	}
	// What the members will check: above all that our key and identity have no
	// other leaf.
	if _, err := view.StageContent(d.staged.Content()); err != nil {
		return nil, err
	}
	c, err := d.finish()
	if err != nil {
		return nil, err
	}
	m := &public.PublicMessage{Content: d.staged.Content().Content, Auth: d.staged.Content().Auth}
	c.message = m.Message()
	c.join = &newGroup{cfg: cfg, signer: signer, public: view}
	return c, nil
}

// externalDraft begins the commit: with the init secret that it gives the group
// (RFC 9420, Section 8.3).
func externalDraft(cfg *Config, view *public.Group, info *public.GroupInfo, signer public.SignaturePrivateKey) (*draft, error) {
	data, ok := info.Extensions.Find(public.ExternalPubExtension)
	if !ok {
		return nil, broken(RuleExternalPub, ErrWelcome)
	}
	external, err := public.Parse[public.ExternalPub](data)
	if err != nil {
		return nil, broken(RuleExternalPub, ErrWelcome)
	}
	kem, init, err := view.Suite().ExternalInitSend(external.Key)
	if err != nil {
		return nil, broken(RuleExternalPub, ErrWelcome)
	}
	return &draft{
		cfg: cfg, suite: view.Suite(), signer: signer, leafSigner: signer, group: view, init: init, update: true,
		format:    public.WirePublicMessage,
		proposals: []public.ProposalOrRef{{Proposal: &public.ExternalInit{KEMOutput: kem}}},
		content: public.FramedContent{
			GroupID: view.GroupID(), Epoch: view.Epoch(),
			Sender: public.Sender{Type: public.SenderNewMemberCommit}, ContentType: public.ContentCommit,
		},
	}, nil
}

// joinProposals adds what opts asks for to the ExternalInit.
func (d *draft) joinProposals(opts *ExternalOptions) error {
	value := func(p public.Proposal) { d.proposals = append(d.proposals, public.ProposalOrRef{Proposal: p}) }
	for _, message := range opts.SelfRemoves {
		_, _ = d.group.ReceiveProposal(message) // what is not valid is not chosen below
	}
	old, again := d.cfg.findClient(d.group, &d.leaf.Credential)
	again = again && opts.Resync
	for _, ref := range d.group.Choose(d.content.Sender, func(p public.CommittedProposal) bool {
		return !again || p.Sender != public.MemberSender(old)
	}) {
		d.proposals = append(d.proposals, public.ProposalOrRef{Reference: ref})
	}
	if again {
		value(&public.Remove{Removed: old})
	}
	d.old = opts.Old
	for _, id := range opts.PSKs {
		nonce, err := d.suite.RandomSecret(d.cfg.Rand)
		if err != nil {
			return err
		}
		id.Nonce = nonce
		value(&public.PreSharedKey{PSK: id})
	}
	for _, p := range opts.Values {
		value(p)
	}
	return nil
}

// findClient returns the leaf of the client with the credential.
func (c *Config) findClient(view *public.Group, credential *public.Credential) (public.LeafIndex, bool) {
	for _, leaf := range view.Leaves() {
		if c.sameClient(&leaf.Node.Credential, credential) {
			return leaf.Index, true
		}
	}
	return 0, false
}

// Join returns the group that the commit lets us into, an external join
// ([JoinExternal]) or a branch of our own ([Branch]), with all of its records. It
// is called once, when the delivery service has accepted the commit. For any
// other commit, or called again, the error is [ErrStaged].
func (c *StagedCommit) Join() (*Group, Changes, error) {
	n := c.join
	if n == nil {
		return nil, nil, ErrStaged
	}
	c.join = nil
	if err := n.public.Merge(c.public); err != nil {
		return nil, nil, ErrStaged
	}
	n.own, n.keys, n.secrets = c.public.Committer().Index, c.keys, c.secrets
	g, changes := n.start()
	return g, changes, nil
}
