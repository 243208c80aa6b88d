package mlsclient

// AddProposal proposes to add a client.
func (s *Server) AddProposal(r *AddProposalRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID)
}

// UpdateProposal proposes fresh keys of our own.
func (s *Server) UpdateProposal(r *StateRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID)
}

// RemoveProposal proposes to remove a member.
func (s *Server) RemoveProposal(r *RemoveProposalRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID)
}

// ExternalPSKProposal proposes to mix in an external pre-shared key.
func (s *Server) ExternalPSKProposal(r *ExternalPSKProposalRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID)
}

// ResumptionPSKProposal proposes to mix in the resumption PSK of an epoch.
func (s *Server) ResumptionPSKProposal(r *ResumptionPSKProposalRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID)
}

// GroupContextExtensionsProposal proposes new extensions of the group.
func (s *Server) GroupContextExtensionsProposal(r *ExtensionsProposalRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID)
}

func (s *Server) propose(uint32) (*ProposalResponse, error) { return nil, errLater }
