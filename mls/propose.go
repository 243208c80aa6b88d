package mls

import (
	"parley/mls/internal/secrettree"
	"parley/mls/public"
)

// ProposeOptions says how a proposal is sent. The zero value is as the Config
// has it.
type ProposeOptions struct {
	// AuthenticatedData travels in clear with the proposal.
	AuthenticatedData []byte
	// Private encrypts it, as [Config.PrivateHandshakes] does for all.
	Private bool
}

// Propose makes a proposal of ours (RFC 9420, Section 12.1), an MLSMessage, and
// the reference by which a commit of this epoch can cover it. The group keeps
// it; the Changes must be written before it is sent. It has no effect until it
// is committed, by us or by another member.
//
//	Add, Remove (oneself too: others must commit it), PreSharedKey
//	(see [Group.NewPSK]), ReInit, GroupContextExtensions, AppDataUpdate,
//	AppEphemeral, CustomProposal
//	SelfRemove: as Remove of oneself, and an external joiner may commit it. It is
//	always sent as PublicMessage (draft-ietf-mls-extensions-10, Section 6.3).
//
// An Update is made by [Group.ProposeUpdate].
//
// Errors: [ErrProposal] for a type that members don't send; [ErrTooLarge],
// [ErrRemoved], [public.ErrReInit], [public.ErrTooManyProposals], and
// [*public.RuleError] for a proposal that can't be valid.
func (g *Group) Propose(p public.Proposal, opts ProposeOptions) (message, ref []byte, changes Changes, err error) {
	if err := g.mayPropose(&opts); err != nil {
		return nil, nil, nil, err
	}
	if t := p.Type(); t == public.ProposalUpdate || t == public.ProposalExternalInit {
		return nil, nil, nil, ErrProposal
	}
	own := public.CommittedProposal{Proposal: p, Sender: public.MemberSender(g.own), ByReference: true}
	if err := g.public.CheckProposal(own); err != nil {
		return nil, nil, nil, err
	}
	return g.send(p, opts)
}

// mayPropose checks that we can send a proposal.
func (g *Group) mayPropose(opts *ProposeOptions) error {
	switch {
	case g.removed:
		return ErrRemoved
	case g.public.ReInit() != nil:
		return public.ErrReInit
	case len(opts.AuthenticatedData) > MaxData:
		return ErrTooLarge
	}
	return g.public.Context().Extensions.CheckAAD(opts.AuthenticatedData)
}

// send frames, keeps and protects a proposal.
func (g *Group) send(p public.Proposal, opts ProposeOptions) (message, ref []byte, changes Changes, err error) {
	a := &public.AuthenticatedContent{WireFormat: public.WirePublicMessage}
	if p.Type() != public.ProposalSelfRemove {
		a.WireFormat = g.cfg.handshakes(opts.Private)
	}
	a.Content = g.frame(public.ContentProposal, opts.AuthenticatedData)
	a.Content.Proposal = p
	if err := a.Sign(g.suite, g.signer, g.current.context); err != nil {
		return nil, nil, nil, err
	}
	if ref, err = g.public.AddProposal(a); err != nil {
		return nil, nil, nil, err
	}
	changes.putPublic(g.public.ProposalsRecord())
	if message, err = g.protectHandshake(a, &changes); err != nil {
		return nil, nil, nil, err
	}
	return message, ref, changes, nil
}

// handshakes returns the wire format of the proposals and commits that we send.
func (c *Config) handshakes(private bool) public.WireFormat {
	if private || c.PrivateHandshakes {
		return public.WirePrivateMessage
	}
	return public.WirePublicMessage
}

// protectHandshake protects a, which is signed, in its wire format
// (RFC 9420, Section 6.2, RFC 9420, Section 6.3).
func (g *Group) protectHandshake(a *public.AuthenticatedContent, c *Changes) ([]byte, error) {
	if a.WireFormat == public.WirePrivateMessage {
		return g.encryptSigned(a, secrettree.Handshake, c)
	}
	m := &public.PublicMessage{Content: a.Content, Auth: a.Auth}
	m.MembershipTag = g.suite.MAC(g.secrets.Membership, a.TBM(g.current.context))
	return m.Message(), nil
}

// NewPSK returns a proposal to mix in the pre-shared key that id names, with a
// random nonce (RFC 9420, Section 12.1.4): an external one, one of a component,
// or a resumption PSK of usage application. It is sent by [Group.Propose] or
// committed by [CommitOptions.Values]. The error is [ErrPSK] if we don't have
// the key.
func (g *Group) NewPSK(id public.PreSharedKeyID) (*public.PreSharedKey, error) {
	if g.removed {
		return nil, ErrRemoved
	}
	if g.cfg.psk(&id, g) == nil {
		return nil, ErrPSK
	}
	nonce, err := g.suite.RandomSecret(g.cfg.Rand)
	if err != nil {
		return nil, err
	}
	id.Nonce = nonce
	return &public.PreSharedKey{PSK: id}, nil
}

// Proposals returns the proposals received and made in this epoch, by reference.
// The caller must not change them.
func (g *Group) Proposals() map[string]public.CommittedProposal { return g.public.Proposals() }

// committable returns the references of the proposals that we should commit.
func (g *Group) committable(accept func(public.CommittedProposal) bool) [][]byte {
	return g.public.Choose(public.MemberSender(g.own), func(p public.CommittedProposal) bool {
		if psk, ok := p.Proposal.(*public.PreSharedKey); ok && g.cfg.psk(&psk.PSK, g) == nil {
			return false
		}
		return accept == nil || accept(p)
	})
}
