package mlsclient

import "parley/mls/public"

// externalSigner proposes to groups without being a member.
type externalSigner struct {
	signer public.SignaturePrivateKey
	sender public.ExternalSender
	suite  *public.Suite
}

// NewMemberAddProposal asks for membership from outside: an Add that the new
// member signs (RFC 9420, Section 12.1.8).
func (s *Server) NewMemberAddProposal(r *NewMemberAddRequest) (*NewMemberAddResponse, error) {
	return nil, errLater
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
	e := &externalSigner{signer: priv, suite: suite, sender: public.ExternalSender{
		SignatureKey: pub, Credential: public.NewBasicCredential(r.Identity),
	}}
	id := s.id()
	s.signers[id] = e
	return &CreateExternalSignerResponse{id, public.Marshal(&e.sender)}, nil
}

// AddExternalSigner proposes to let an external sender propose.
func (s *Server) AddExternalSigner(r *AddExternalSignerRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID)
}

// ExternalSignerProposal makes a proposal of an external sender.
func (s *Server) ExternalSignerProposal(r *ExternalSignerProposalRequest) (*ProposalResponse, error) {
	return nil, errLater
}
