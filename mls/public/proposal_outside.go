package public

import "bytes"

// An OutsideProposal is what someone who is not a member proposes
// (RFC 9420, Section 12.1.8): a client that wants to be added, or an external
// sender that the group lists. Group, suite and epoch are public, so that a
// delivery service can be one.
type OutsideProposal struct {
	Suite             *Suite
	GroupID           []byte
	Epoch             uint64
	AuthenticatedData []byte
}

// In returns the beginning of an outside proposal to g in its current epoch.
func (g *Group) In() OutsideProposal {
	return OutsideProposal{Suite: g.suite, GroupID: g.context.GroupID, Epoch: g.context.Epoch}
}

// NewMember returns a proposal of the owner of keyPackage, an MLSMessage, to be
// added: an MLSMessage. signer signed the key package. Errors: those of
// [ParseKeyPackage], [ErrSender] if signer is another key.
func (o OutsideProposal) NewMember(keyPackage []byte, signer SignaturePrivateKey) ([]byte, error) {
	k, err := ParseKeyPackage(keyPackage)
	if err != nil {
		return nil, err
	}
	_, pub, err := o.Suite.NewSignaturePrivateKey(signer)
	if err != nil || !bytes.Equal(pub, k.LeafNode.SignatureKey) {
		return nil, ErrSender
	}
	return o.sign(Sender{Type: SenderNewMemberProposal}, &Add{KeyPackage: *k}, signer)
}

// External returns a proposal of the external sender that is entry i of the
// group's external_senders extension (RFC 9420, Section 12.1.8.1), whose key is
// signer: an MLSMessage. A type that external senders must not send gives a
// [*RuleError]; cfg knows the application's types.
func (o OutsideProposal) External(cfg *Config, i uint32, p Proposal, signer SignaturePrivateKey) ([]byte, error) {
	policy, err := cfg.policy(p.Type())
	if err != nil {
		return nil, err
	}
	if !policy.External {
		return nil, broken(RuleExternalProposal)
	}
	return o.sign(Sender{Type: SenderExternal, Index: i}, p, signer)
}

// sign makes the PublicMessage, which carries no membership tag.
func (o OutsideProposal) sign(sender Sender, p Proposal, signer SignaturePrivateKey) ([]byte, error) {
	a := &AuthenticatedContent{WireFormat: WirePublicMessage, Content: FramedContent{
		GroupID: o.GroupID, Epoch: o.Epoch, Sender: sender, AuthenticatedData: o.AuthenticatedData,
		ContentType: ContentProposal, Proposal: p,
	}}
	if err := a.Sign(o.Suite, signer, nil); err != nil { // the context is not signed
		return nil, err
	}
	return (&PublicMessage{Content: a.Content, Auth: a.Auth}).Message(), nil
}

// Extension returns the extension by which a GroupContext lists
// external senders.
func (s ExternalSenders) Extension() Extension {
	return Extension{Type: ExternalSendersExtension, Data: Marshal(s)}
}
