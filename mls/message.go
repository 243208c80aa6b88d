package mls

import (
	"errors"

	"parley/mls/internal/secrettree"
	"parley/mls/public"
)

// Message is a decrypted and verified application message.
type Message struct {
	Epoch              uint64
	Sender             public.LeafIndex
	SenderIdentity     []byte // of the leaf's credential
	SenderSignatureKey public.SignaturePublicKey
	Generation         uint32 // of the sender's ratchet: its n-th message of the epoch
	AuthenticatedData  []byte
	Data               []byte

	// TBS and Signature are the FramedContentTBS and the sender's signature
	// over it (RFC 9420, Section 6.1), which prove to others that the sender
	// said this. TBS discloses group, roster position and epoch.
	TBS       []byte
	Signature []byte
}

// Encrypt returns an application message for the group's current epoch: an
// MLSMessage with a PrivateMessage (RFC 9420, Section 15), padded to a power of
// two from 256 bytes (RFC 9420, Section 15.1). authenticatedData travels in clear.
//
// The message's key is used up whatever the client does with the message, so
// the Changes must be written before it is sent.
//
// Errors: [ErrTooLarge], [ErrRemoved], [public.ErrReInit] once the group is shut
// down (RFC 9420, Section 12.4.2), [ErrProposals] if we received proposals that
// we could commit (RFC 9420, Section 12.4), a [*public.RuleError] if the group
// wants authenticatedData framed as [public.SafeAAD], and those of reading
// records.
func (g *Group) Encrypt(authenticatedData, data []byte) (message []byte, changes Changes, err error) {
	if g.removed {
		return nil, nil, ErrRemoved
	}
	if len(data) > MaxData || len(authenticatedData) > MaxData {
		return nil, nil, ErrTooLarge
	}
	if g.public.ReInit() != nil {
		return nil, nil, public.ErrReInit
	}
	if err := g.current.context.Extensions.CheckAAD(authenticatedData); err != nil {
		return nil, nil, err
	}
	if len(g.public.Proposals()) > 0 && len(g.committable(nil)) > 0 {
		return nil, nil, ErrProposals
	}
	a := &public.AuthenticatedContent{WireFormat: public.WirePrivateMessage}
	a.Content = g.frame(public.ContentApplication, authenticatedData)
	a.Content.ApplicationData = data
	m, err := g.protect(a, secrettree.Application, &changes)
	if err != nil {
		return nil, nil, err
	}
	if err := g.expire(&changes); err != nil {
		return nil, nil, err
	}
	return m, changes, nil
}

// frame returns a FramedContent of ours for the current epoch, without its body.
func (g *Group) frame(t public.ContentType, authenticatedData []byte) public.FramedContent {
	return public.FramedContent{
		GroupID: g.current.context.GroupID, Epoch: g.current.context.Epoch,
		Sender:            public.MemberSender(g.own),
		AuthenticatedData: authenticatedData, ContentType: t,
	}
}

// protect signs a and encrypts it with our next key of the given kind.
func (g *Group) protect(a *public.AuthenticatedContent, kind secrettree.Kind, c *Changes) ([]byte, error) {
	if err := a.Sign(g.suite, g.signer, g.current.context); err != nil {
		return nil, err
	}
	return g.encryptSigned(a, kind, c)
}

// encryptSigned encrypts a, which is signed, with our next key of the given kind.
func (g *Group) encryptSigned(a *public.AuthenticatedContent, kind secrettree.Kind, c *Changes) ([]byte, error) {
	key, err := g.current.tree.Next(g.own, kind, c.under(treePrefix(a.Content.Epoch)))
	if err != nil {
		return nil, err
	}
	defer key.Erase()
	return seal(g.suite, g.cfg.Rand, a, &key, g.current.senderData)
}

// Decrypt opens an application message of the current epoch or of one of the
// last [MaxPastEpochs] within [MaxPastAge].
//
// Until the sender's signature is verified nothing changes; then the message's
// key is used up. Without error the Changes must be written before the message
// is shown.
//
// Errors: [ErrWrongGroup], [ErrFutureEpoch], [ErrEpochGone], [ErrReplayed],
// [ErrTooFarAhead], [ErrOwnMessage], [ErrNotApplication], [ErrRemoved]; those of
// reading records; and [ErrMessage] for any other message that no member sent.
func (g *Group) Decrypt(message []byte) (*Message, Changes, error) {
	if g.removed {
		return nil, nil, ErrRemoved
	}
	m, err := parsePrivate(message)
	if err != nil {
		return nil, nil, err
	}
	if m.ContentType != public.ContentApplication {
		return nil, nil, ErrNotApplication
	}
	u, err := g.unprotect(m)
	if err != nil {
		return nil, nil, err
	}
	defer u.use.Key.Erase()
	if err := g.checkAAD(m); err != nil {
		return nil, nil, err
	}
	var changes Changes
	u.use.Commit(changes.under(treePrefix(m.Epoch)))
	if err := g.expire(&changes); err != nil {
		return nil, nil, err
	}
	c := &u.content.Content
	return &Message{
		Epoch: c.Epoch, Sender: u.leaf, SenderIdentity: u.sender.identity, SenderSignatureKey: u.sender.signatureKey,
		Generation: u.use.Key.Generation, AuthenticatedData: c.AuthenticatedData, Data: c.ApplicationData,
		TBS: u.tbs, Signature: u.content.Auth.Signature,
	}, changes, nil
}

// checkAAD checks the authenticated data of a message of any epoch that is kept.
func (g *Group) checkAAD(m *public.PrivateMessage) error {
	epoch, _, err := g.findEpoch(m.Epoch)
	if err != nil {
		return err
	}
	return epoch.context.Extensions.CheckAAD(m.AuthenticatedData)
}

func parsePrivate(message []byte) (*public.PrivateMessage, error) {
	m, err := public.Parse[public.MLSMessage](message)
	if err != nil || m.PrivateMessage == nil {
		return nil, ErrMessage
	}
	return m.PrivateMessage, nil
}

// unprotected is a PrivateMessage that was decrypted and whose signature was
// verified. Its key is not used up yet.
type unprotected struct {
	content *public.AuthenticatedContent
	tbs     []byte
	leaf    public.LeafIndex
	sender  *sender
	use     *secrettree.Use
}

// unprotect decrypts m and verifies its signature (RFC 9420, Section 6.3). Of the
// group it changes nothing; m is decrypted in place.
func (g *Group) unprotect(m *public.PrivateMessage) (*unprotected, error) {
	if string(m.GroupID) != string(g.current.context.GroupID) {
		return nil, broken(RuleGroupID, ErrWrongGroup)
	}
	epoch, back, err := g.findEpoch(m.Epoch)
	if err != nil {
		return nil, err
	}
	senderAAD, aad := m.AAD()
	d, err := openSenderData(g.suite, m, senderAAD, epoch.senderData)
	if err != nil {
		return nil, err
	}
	u := &unprotected{leaf: d.leaf, sender: g.senderAt(d.leaf, back)}
	if u.sender == nil || uint64(d.leaf) >= uint64(epoch.size) {
		return nil, broken(RuleSenderLeaf, ErrMessage)
	}
	if d.leaf == g.own {
		return nil, ErrOwnMessage
	}
	if u.use, err = epoch.tree.Find(d.leaf, ratchetOf(m.ContentType), d.generation); err != nil {
		return nil, ratchetError(err)
	}
	if u.content, err = openContent(g.suite, m, d, aad, &u.use.Key); err != nil {
		return nil, err
	}
	if u.tbs, err = u.content.VerifyTBS(g.suite, u.sender.signatureKey, epoch.context); err != nil {
		return nil, broken(RuleMessageSignature, ErrMessage)
	}
	return u, nil
}

// ratchetOf returns the ratchet that encrypts content of type t.
func ratchetOf(t public.ContentType) secrettree.Kind {
	if t == public.ContentApplication {
		return secrettree.Application
	}
	return secrettree.Handshake
}

// ratchetError gives the errors of the secret tree their names here.
func ratchetError(err error) error {
	switch {
	case errors.Is(err, secrettree.ErrReplayed):
		return broken(RuleGenerationUsed, ErrReplayed)
	case errors.Is(err, secrettree.ErrTooFarAhead):
		return broken(RuleGenerationAhead, ErrTooFarAhead)
	case errors.Is(err, secrettree.ErrLeaf):
		return ErrMessage
	case errors.Is(err, secrettree.ErrState):
		return ErrState
	}
	return err
}

// ContextAt returns the GroupContext of an epoch whose messages [Group.Decrypt]
// opens, nil of any other: with it the TBS of a [Message] can be made again. The
// caller must not change it.
func (g *Group) ContextAt(epoch uint64) *public.GroupContext {
	if e, _, err := g.findEpoch(epoch); err == nil {
		return e.context
	}
	return nil
}
