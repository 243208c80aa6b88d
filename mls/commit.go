package mls

import (
	"slices"

	"parley/mls/internal/schedule"
	"parley/mls/internal/suite"
	"parley/mls/public"
)

// CommitOptions says what a commit changes. The zero value is the same as with
// Update set.
type CommitOptions struct {
	Add    [][]byte           // key packages, as MLSMessages
	Remove []public.LeafIndex // not our own
	// Update renews our keys, which also happens if something is removed.
	Update bool
	// AuthenticatedData travels in clear with the commit.
	AuthenticatedData []byte
	// Extensions replaces the extensions of the GroupContext, unless nil.
	Extensions *public.Extensions
	// ExternalPSKs names external pre-shared keys to mix in.
	ExternalPSKs [][]byte
	// Proposals are references of proposals received in this epoch.
	Proposals [][]byte

	branch *public.PreSharedKeyID // for the first commit of a branch
	old    *Group                 // that it branches from
}

// Commit makes a commit, the Welcome for those that it adds and the GroupInfo of
// the epoch that it would begin (RFC 9420, Section 12.4.1). The group stays as
// it is; the Changes make the commit the pending one. When the delivery service
// has accepted it, it is merged, directly or after [Group.Stage]; when another
// won, [Group.Merge] of that one drops it.
//
// Errors: [ErrPendingCommit], [ErrTooLarge], [ErrPSK], [ErrRemoved], and those
// of mls/public about a list of proposals that is not valid.
func (g *Group) Commit(opts CommitOptions) (*StagedCommit, Changes, error) {
	switch {
	case g.removed:
		return nil, nil, ErrRemoved
	case g.pending != nil:
		return nil, nil, ErrPendingCommit
	case len(opts.AuthenticatedData) > MaxData:
		return nil, nil, ErrTooLarge
	}
	proposals, err := g.proposals(&opts)
	if err != nil {
		return nil, nil, err
	}
	d := &draft{
		cfg: g.cfg, suite: g.suite, signer: g.signer, group: g.public, proposals: proposals,
		update: opts.Update, init: g.secrets.Init, old: g,
		content: g.frame(public.ContentCommit, opts.AuthenticatedData), format: public.WirePublicMessage,
	}
	if opts.branch != nil {
		d.old = opts.old
	}
	if leaf := g.public.Tree().Leaf(g.own); leaf != nil {
		d.leaf = *leaf
	}
	if err := d.make(); err != nil {
		return nil, nil, err
	}
	m := &public.PublicMessage{Content: d.staged.Content().Content, Auth: d.staged.Content().Auth}
	m.MembershipTag = g.suite.MAC(g.secrets.Membership, d.staged.Content().TBM(g.current.context))
	c, err := d.finish(m)
	if err != nil {
		return nil, nil, err
	}
	c.group = g
	if c.keys == nil {
		c.keys = g.keys.kept(g.public.Tree(), d.staged.Tree())
	}
	g.pending = newPending(g.suite, c)
	return c, Changes{{Key: pendingKey, Value: g.pending.marshal()}}, nil
}

// proposals returns the proposals that opts asks for, by value or reference.
func (g *Group) proposals(opts *CommitOptions) ([]public.ProposalOrRef, error) {
	var list []public.ProposalOrRef
	value := func(p public.Proposal) { list = append(list, public.ProposalOrRef{Proposal: p}) }
	for _, ref := range opts.Proposals {
		list = append(list, public.ProposalOrRef{Reference: ref})
	}
	if opts.Extensions != nil {
		value(&public.GroupContextExtensions{Extensions: *opts.Extensions})
	}
	for _, leaf := range opts.Remove {
		value(&public.Remove{Removed: leaf})
	}
	for _, message := range opts.Add {
		k, err := public.ParseKeyPackage(message)
		if err != nil {
			return nil, err
		}
		value(&public.Add{KeyPackage: *k})
	}
	for _, id := range opts.ExternalPSKs {
		nonce, err := g.suite.RandomSecret(g.cfg.Rand)
		if err != nil {
			return nil, err
		}
		value(&public.PreSharedKey{PSK: public.PreSharedKeyID{Type: public.ExternalPSK, ID: id, Nonce: nonce}})
	}
	if opts.branch != nil {
		value(&public.PreSharedKey{PSK: *opts.branch})
	}
	return list, nil
}

// draft is a commit in the making, of a member or of an external joiner.
type draft struct {
	cfg       *Config
	suite     *public.Suite
	signer    public.SignaturePrivateKey
	group     *public.Group // of the epoch that ends
	proposals []public.ProposalOrRef
	update    bool
	init      suite.Secret         // init_secret of the epoch that ends
	old       *Group               // whose resumption PSKs may be used
	content   public.FramedContent // without its body
	leaf      public.LeafNode      // what our new leaf is like
	format    public.WireFormat    // of the message that will carry the commit

	provision *public.Provisional
	path      *newPath // nil if the commit has none
	psk       suite.Secret
	joiner    suite.Secret
	staged    *public.StagedCommit
	secrets   *schedule.Epoch
}

// make takes the steps of RFC 9420, Section 12.4.1 up to the signed commit with
// its confirmation tag.
func (d *draft) make() (err error) {
	commit := &public.Commit{Proposals: d.proposals}
	d.content.Commit = commit
	list, err := d.group.Resolve(d.content.Sender, commit)
	if err != nil {
		return err
	}
	if d.provision, err = d.group.Provision(d.content.Sender, list); err != nil {
		return err
	}
	if d.psk, err = d.cfg.pskSecret(d.suite, d.provision.PSKs, d.old); err != nil {
		return err
	}
	if d.update || d.provision.NeedsPath() {
		if commit.Path, err = d.makePath(); err != nil {
			return err
		}
	}
	a := &public.AuthenticatedContent{WireFormat: d.format, Content: d.content}
	if err := a.Sign(d.suite, d.signer, d.group.Context()); err != nil {
		return err
	}
	if d.staged, err = d.provision.Finish(a); err != nil {
		return err
	}
	d.schedule()
	return nil
}

// makePath renews our path and encrypts its secrets.
func (d *draft) makePath() (*public.UpdatePath, error) {
	p := d.provision
	var err error
	if d.path, err = makePath(d.suite, d.cfg.Rand, p.Path()); err != nil {
		return nil, err
	}
	hash, err := p.SetPath(d.path.publicKeys())
	if err != nil {
		return nil, err
	}
	leaf, err := d.path.leaf(d.suite, ownLeaf{
		index: p.Committer(), node: d.leaf, parentHash: hash, groupID: d.content.GroupID, signer: d.signer,
	})
	if err != nil {
		return nil, err
	}
	p.SetLeaf(leaf)
	nodes, err := d.path.encrypt(p.Tree(), p.Recipients, public.Marshal(p.Context()))
	if err != nil {
		return nil, err
	}
	return &public.UpdatePath{LeafNode: *leaf, Nodes: nodes}, nil
}

// schedule derives the secrets of the new epoch and sets the confirmation tag.
func (d *draft) schedule() {
	commitSecret := d.suite.Zero()
	if d.path != nil {
		commitSecret = d.path.commit
	}
	context := public.Marshal(d.staged.Context())
	d.joiner = schedule.Joiner(d.suite, d.init, commitSecret, context)
	d.secrets = schedule.New(d.suite, d.joiner, d.psk, context)
	d.staged.SetConfirmationTag(d.secrets.ConfirmationTag(d.suite, d.staged.Context().ConfirmedTranscriptHash))
}

// finish makes the GroupInfo and the Welcome, and erases what was for them only.
// m carries the commit.
func (d *draft) finish(m *public.PublicMessage) (*StagedCommit, error) {
	own := d.staged.Committer().Index
	c := &StagedCommit{public: d.staged, message: m.Message(), own: true, secrets: d.secrets}
	if d.path != nil {
		c.keys = d.path.privateKeys(own)
		defer d.path.erase()
	}
	defer d.joiner.Erase()
	info, err := signGroupInfo(d.suite, d.signer, infoParts{
		tree: d.staged.Tree(), context: d.staged.Context(), external: d.secrets.External,
		tag: d.staged.ConfirmationTag(), signer: own,
	})
	if err != nil {
		return nil, err
	}
	c.info = info.Message()
	if len(d.staged.Added) == 0 {
		return c, nil
	}
	w, err := makeWelcome(d.suite, welcomeParts{
		joiner: d.joiner, psk: d.psk, psks: d.staged.PSKs, info: info, path: d.path, added: slices.Clone(d.staged.Added),
	})
	if err != nil {
		return nil, err
	}
	c.welcome = w.Message()
	return c, nil
}
