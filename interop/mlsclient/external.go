package mlsclient

import (
	"bytes"
	"fmt"

	"parley/mls/public"
)

// externalSigner proposes to groups without being a member.
type externalSigner struct {
	signer public.SignaturePrivateKey
	sender public.ExternalSender
}

// NewMemberAddProposal asks for membership from outside: an Add that the new
// member signs (RFC 9420, Section 12.1.8).
func (s *Server) NewMemberAddProposal(r *NewMemberAddRequest) (*NewMemberAddResponse, error) {
	info, err := public.ParseGroupInfo(r.GroupInfo)
	if err != nil {
		return nil, err
	}
	kp, err := s.CreateKeyPackage(&CreateKeyPackageRequest{Suite: uint32(info.GroupContext.CipherSuite), Identity: r.Identity})
	if err != nil {
		return nil, err
	}
	c := s.transactions[kp.TransactionID]
	message, err := outside(c.suite, info).NewMember(kp.KeyPackage, c.signer)
	if err != nil {
		return nil, err
	}
	return &NewMemberAddResponse{kp.TransactionID, message, kp.InitPriv, kp.EncryptionPriv, kp.SignaturePriv}, nil
}

func outside(s *public.Suite, info *public.GroupInfo) public.OutsideProposal {
	return public.OutsideProposal{Suite: s, GroupID: info.GroupContext.GroupID, Epoch: info.GroupContext.Epoch}
}

// CreateExternalSigner makes the keys of an external sender.
func (s *Server) CreateExternalSigner(r *CreateExternalSignerRequest) (*CreateExternalSignerResponse, error) {
	suite, err := s.suite(r.Suite)
	if err != nil {
		return nil, err
	}
	priv, pub, err := suite.GenerateSignatureKey(nil)
	if err != nil {
		return nil, err
	}
	e := &externalSigner{signer: priv, sender: public.ExternalSender{
		SignatureKey: pub, Credential: public.NewBasicCredential(r.Identity),
	}}
	id := s.id()
	s.signers[id] = e
	return &CreateExternalSignerResponse{id, public.Marshal(&e.sender)}, nil
}

// ExternalSignerProposal makes a proposal of an external sender
// (RFC 9420, Section 12.1.8).
func (s *Server) ExternalSignerProposal(r *ExternalSignerProposalRequest) (*ProposalResponse, error) {
	e, ok := s.signers[r.SignerID]
	if !ok {
		return nil, errID
	}
	cfg := &public.Config{Suites: s.suites, MaxLifetime: -1}
	info, err := public.ParseGroupInfo(r.GroupInfo)
	if err != nil {
		return nil, err
	}
	view, err := public.NewGroupFromInfo(cfg, info, r.RatchetTree)
	if err != nil {
		return nil, err
	}
	p, err := e.proposal(view, &r.Description)
	if err != nil {
		return nil, err
	}
	i, err := e.index(view)
	if err != nil {
		return nil, err
	}
	message, err := view.In().External(cfg, i, p, e.signer)
	return &ProposalResponse{message}, err
}

// proposal makes what d describes, in the epoch of view.
func (e *externalSigner) proposal(view *public.Group, d *ProposalDescription) (public.Proposal, error) {
	id, isPSK := d.psk(view.GroupID())
	switch {
	case isPSK:
		nonce, err := view.Suite().RandomSecret(nil)
		id.Nonce = nonce
		return &public.PreSharedKey{PSK: id}, err
	case string(d.Type) == DescribeRemove:
		for _, leaf := range view.Leaves() {
			if bytes.Equal(leaf.Identity(), d.RemovedID) {
				return &public.Remove{Removed: leaf.Index}, nil
			}
		}
		return nil, fmt.Errorf("no member %q", d.RemovedID)
	}
	return plainProposal(d)
}

// index returns the place of e among the external senders of the group. (The
// runner does not know it.)
func (e *externalSigner) index(view *public.Group) (uint32, error) {
	data, _ := view.Context().Extensions.Find(public.ExternalSendersExtension)
	senders, err := public.Parse[public.ExternalSenders](data)
	if err != nil {
		return 0, err
	}
	for i, sender := range *senders {
		if bytes.Equal(sender.SignatureKey, e.sender.SignatureKey) {
			return uint32(i), nil
		}
	}
	return 0, fmt.Errorf("not an external sender of the group")
}
