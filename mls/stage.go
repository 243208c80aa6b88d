package mls

import (
	"crypto/hmac"
	"slices"

	"parley/mls/internal/schedule"
	"parley/mls/internal/suite"
	"parley/mls/public"
)

// Stage checks commit, an MLSMessage, against the current epoch and returns the
// change that it would make. The group itself stays as it is until
// [Group.Merge]. Our own pending commit is recognised; it need not be staged if
// the client still has what [Group.Commit] returned.
//
// A commit must be of this group and epoch, else [ErrWrongGroup] or
// [ErrWrongEpoch]. Everything is checked: membership tag ([ErrMembershipTag]),
// signature, proposals, path and leaves (the errors of mls/public), path
// secrets ([ErrPath]), pre-shared keys ([ErrPSK]), confirmation tag
// ([ErrConfirmationTag]). A message that can't be decoded gives the errors of
// [public.Parse], one that can't be decrypted or is no handshake [ErrMessage],
// a commit of ours that is no longer pending [ErrOwnCommit].
//
// Of a commit that removes us the confirmation tag can't be checked, nor what is
// encrypted: the next epoch's secrets are not for us.
//
// The steps are those of RFC 9420, Section 12.4.2.
func (g *Group) Stage(commit []byte) (*StagedCommit, error) {
	if g.removed {
		return nil, ErrRemoved
	}
	content, private, err := g.pending.sent(g.suite, commit), (*privateUse)(nil), error(nil)
	if content == nil {
		content, private, err = g.openHandshake(commit)
	}
	if err != nil {
		return nil, err
	}
	if content.Content.ContentType != public.ContentCommit {
		return nil, public.ErrNotCommit
	}
	own := content.Content.Sender == public.MemberSender(g.own)
	if own && !g.pending.is(g.suite, content) {
		return nil, ErrOwnCommit
	}
	staged, err := g.public.StageContent(content)
	if err != nil {
		return nil, err
	}
	c := &StagedCommit{group: g, public: staged, own: own, private: private}
	if own {
		return c, g.resume(c)
	}
	c.removed = slices.ContainsFunc(staged.Removed, func(l public.LeafView) bool { return l.Index == g.own })
	if c.removed {
		return c, nil // the new epoch's secrets are not for us, so its tag can't be checked
	}
	return c, g.follow(c)
}

// openHandshake returns the content of a proposal or commit of the current
// epoch, with its membership tag or encryption, sender and signature checked,
// and the key that it used if it is a PrivateMessage. It changes nothing.
func (g *Group) openHandshake(message []byte) (*public.AuthenticatedContent, *privateUse, error) {
	m, err := public.Parse[public.MLSMessage](message)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case m.PublicMessage != nil:
		content, err := g.openPublic(m.PublicMessage)
		return content, nil, err
	case m.PrivateMessage != nil:
		return g.openPrivate(m.PrivateMessage)
	}
	return nil, nil, ErrMessage
}

// openPublic checks a PublicMessage (RFC 9420, Section 6.2).
func (g *Group) openPublic(m *public.PublicMessage) (*public.AuthenticatedContent, error) {
	content := m.Authenticated()
	if err := g.checkEpoch(content.Content.GroupID, content.Content.Epoch); err != nil {
		return nil, err
	}
	if content.Content.ContentType == public.ContentApplication {
		return nil, broken(RuleApplicationPublic, ErrMessage)
	}
	if content.Content.Sender.Type == public.SenderMember &&
		!g.suite.VerifyMAC(g.secrets.Membership, content.TBM(g.current.context), m.MembershipTag) {
		return nil, broken(RuleMembershipTag, ErrMembershipTag)
	}
	return content, g.public.Verify(content)
}

func (g *Group) openPrivate(m *public.PrivateMessage) (*public.AuthenticatedContent, *privateUse, error) {
	if err := g.checkEpoch(m.GroupID, m.Epoch); err != nil {
		return nil, nil, err
	}
	if m.ContentType == public.ContentApplication {
		return nil, nil, ErrMessage
	}
	u, err := g.unprotect(m)
	if err != nil {
		return nil, nil, err
	}
	u.use.Key.Erase()
	if err := g.current.context.Extensions.CheckAAD(m.AuthenticatedData); err != nil {
		return nil, nil, err
	}
	return u.content, &privateUse{leaf: u.leaf, generation: u.use.Key.Generation}, nil
}

func (g *Group) checkEpoch(groupID []byte, epoch uint64) error {
	if string(groupID) != string(g.current.context.GroupID) {
		return broken(RuleGroupID, ErrWrongGroup)
	}
	if epoch != g.current.context.Epoch {
		return broken(RuleEpoch, ErrWrongEpoch)
	}
	return nil
}

// follow derives the secrets of the epoch that c begins, and checks the
// confirmation tag.
func (g *Group) follow(c *StagedCommit) error {
	init, err := g.initSecret(c.public)
	if err != nil {
		return err
	}
	psk, err := g.cfg.pskSecret(g.suite, c.public.PSKs, g)
	if err != nil {
		return broken(RulePSKAvailable, err)
	}
	defer psk.Erase()
	commitSecret := g.suite.Zero()
	c.keys = g.keys.kept(g.public.Tree(), c.public.Tree())
	update, err := g.committedUpdate(c.public)
	if err != nil {
		return err
	}
	if update != nil {
		c.keys[g.own.Node()], c.signer = update.priv, update.signer
	}
	if c.public.HasPath() {
		if c.keys, commitSecret, err = g.openPath(c); err != nil {
			return err
		}
	}
	context := public.Marshal(c.public.Context())
	joiner := schedule.Joiner(g.suite, init, commitSecret, context)
	c.secrets = schedule.New(g.suite, joiner, psk, context)
	joiner.Erase()
	commitSecret.Erase()
	tag := c.secrets.ConfirmationTag(g.suite, c.public.Context().ConfirmedTranscriptHash)
	if !hmac.Equal(tag, c.public.ConfirmationTag()) {
		c.secrets.Erase()
		return broken(RuleConfirmationTag, ErrConfirmationTag)
	}
	return nil
}

// initSecret returns our init secret, or that of an external joiner
// (RFC 9420, Section 8.3).
func (g *Group) initSecret(c *public.StagedCommit) (suite.Secret, error) {
	if !c.External() {
		return g.secrets.Init, nil
	}
	priv, _, err := g.suite.DeriveHPKEKey(g.secrets.External)
	if err != nil {
		return nil, err
	}
	defer priv.Erase()
	secret, err := g.suite.ExternalInitReceive(priv, c.ExternalInit)
	if err != nil {
		return nil, broken(RuleExternalInit, ErrPath)
	}
	return secret, nil
}

// openPath decrypts our part of the path of c.
func (g *Group) openPath(c *StagedCommit) (privateKeys, suite.Secret, error) {
	p := &receivedPath{
		nodes:      c.public.Content().Content.Commit.Path.Nodes,
		path:       c.public.Tree().FilteredDirectPath(c.public.Committer().Index),
		recipients: c.public.Recipients, own: g.own, keys: c.keys,
		context: public.Marshal(c.public.ProvisionalContext()),
	}
	return p.open(g.suite)
}

// ReceiveProposal checks a proposal, an MLSMessage, and keeps it so that a
// commit of this epoch may refer to it by the reference that is returned. Its
// validity is judged when it is committed. A client that received a valid one must
// commit it, with [CommitOptions.Received], before it sends application data
// (RFC 9420, Section 12.4): [Group.Encrypt] sees to that. Errors are those of
// [Group.Stage], and [public.ErrTooManyProposals].
func (g *Group) ReceiveProposal(message []byte) (ref []byte, changes Changes, err error) {
	if g.removed {
		return nil, nil, ErrRemoved
	}
	content, private, err := g.openHandshake(message)
	if err != nil {
		return nil, nil, err
	}
	if ref, err = g.public.AddProposal(content); err != nil {
		return nil, nil, err
	}
	if err := g.usePrivate(private, &changes); err != nil {
		return nil, nil, err
	}
	changes.putPublic(g.public.ProposalsRecord())
	return ref, changes, nil
}
