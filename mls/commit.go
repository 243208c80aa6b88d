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
	// Values are proposals to commit by value, in their order, after those above.
	Values []public.Proposal
	// Proposals are references of proposals received in this epoch.
	Proposals [][]byte
	// Received commits all proposals of this epoch that are valid together, and
	// whose keys we have, as RFC 9420, Section 12.4 asks; those that Accept
	// refuses are left out, if it is set.
	Received bool
	Accept   func(public.CommittedProposal) bool
	// Leaf changes our signature key, credential or extensions, which renews
	// our keys too.
	Leaf LeafOptions
	// JoinerData is data of components for those whom the commit adds. It is in the
	// GroupInfo of their Welcome, encrypted to them, and not in the one for the
	// delivery service (draft-ietf-mls-extensions-10, Section 4.6). They get it by
	// [JoinOptions].
	JoinerData public.AppDataDictionary
	// Private encrypts the commit, as [Config.PrivateHandshakes] does for all.
	Private bool

	linked *public.PreSharedKeyID // for the first commit of a branch or successor
	old    *Group                 // that it follows
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
	if err := g.public.Context().Extensions.CheckAAD(opts.AuthenticatedData); err != nil {
		return nil, nil, err
	}
	d, err := g.draft(&opts)
	if err != nil {
		return nil, nil, err
	}
	if err := d.make(); err != nil {
		return nil, nil, err
	}
	if !opts.Leaf.zero() { // what the others will check
		if _, err := g.public.StageContent(d.staged.Content()); err != nil {
			return nil, nil, err
		}
	}
	c, err := d.finish()
	if err != nil {
		return nil, nil, err
	}
	c.group = g
	if c.keys == nil {
		c.keys = g.keys.kept(g.public.Tree(), d.staged.Tree())
	}
	var changes Changes
	if c.message, err = g.protectHandshake(d.staged.Content(), &changes); err != nil {
		return nil, nil, err
	}
	g.pending = newPending(g.suite, c)
	changes.put(pendingKey, g.pending.marshal())
	return c, changes, nil
}

// draft begins a commit of ours.
func (g *Group) draft(opts *CommitOptions) (*draft, error) {
	proposals, err := g.proposals(opts)
	if err != nil {
		return nil, err
	}
	d := &draft{
		cfg: g.cfg, suite: g.suite, signer: g.signer, group: g.public, proposals: proposals,
		update: opts.Update || !opts.Leaf.zero(), init: g.secrets.Init, old: g,
		content: g.frame(public.ContentCommit, opts.AuthenticatedData), format: g.cfg.handshakes(opts.Private),
		joinerData: opts.JoinerData,
	}
	if opts.linked != nil {
		d.old = opts.old
	}
	d.leaf, d.leafSigner, err = opts.Leaf.apply(g.cfg, g.suite, *g.public.Tree().Leaf(g.own), g.signer)
	return d, err
}

// proposals returns the proposals that opts asks for, by value or reference.
func (g *Group) proposals(opts *CommitOptions) ([]public.ProposalOrRef, error) {
	var list []public.ProposalOrRef
	value := func(p public.Proposal) { list = append(list, public.ProposalOrRef{Proposal: p}) }
	refs := opts.Proposals
	if opts.Received {
		refs = append(slices.Clip(refs), g.committable(func(p public.CommittedProposal) bool {
			return opts.Accept == nil || opts.Accept(p)
		})...)
	}
	for _, ref := range refs {
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
	if opts.linked != nil {
		value(&public.PreSharedKey{PSK: *opts.linked})
	}
	for _, p := range opts.Values {
		value(p)
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
	// leafSigner signs the new leaf, and what the new epoch begins with. It
	// differs from signer if our signature key changes.
	leafSigner public.SignaturePrivateKey
	joinerData public.AppDataDictionary

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
		index: p.Committer(), node: d.leaf, parentHash: hash, groupID: d.content.GroupID, signer: d.leafSigner,
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
// The commit's message is for the caller to make.
func (d *draft) finish() (*StagedCommit, error) {
	own := d.staged.Committer().Index
	c := &StagedCommit{public: d.staged, own: true, secrets: d.secrets}
	if !d.signer.Equal(d.leafSigner) {
		c.signer = d.leafSigner
	}
	if d.path != nil {
		c.keys = d.path.privateKeys(own)
		defer d.path.erase()
	}
	defer d.joiner.Erase()
	defer d.psk.Erase()
	parts := infoParts{
		tree: d.staged.Tree(), context: d.staged.Context(), external: d.secrets.External,
		tag: d.staged.ConfirmationTag(), signer: own,
	}
	info, err := signGroupInfo(d.cfg, d.suite, d.leafSigner, parts)
	if err != nil {
		return nil, err
	}
	c.info = info.Message()
	if len(d.staged.Added) == 0 {
		return c, nil
	}
	if len(d.joinerData) > 0 {
		parts.data = d.joinerData
		if info, err = signGroupInfo(d.cfg, d.suite, d.leafSigner, parts); err != nil {
			return nil, err
		}
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
