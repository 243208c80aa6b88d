package mlsclient

import "parley/mls"

// reinit is a group that was shut down, and what its member needs in the next.
type reinit struct{}

// ReInitProposal proposes to shut the group down in favour of another.
func (s *Server) ReInitProposal(r *ReInitProposalRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID)
}

// ReInitCommit is Commit for a ReInit proposal.
func (s *Server) ReInitCommit(r *CommitRequest) (*CommitResponse, error) { return s.Commit(r) }

// HandlePendingReInitCommit merges our commit and makes a key package for the
// next group.
func (s *Server) HandlePendingReInitCommit(r *StateRequest) (*ReInitCommitResponse, error) {
	return nil, errLater
}

// HandleReInitCommit merges the commit of another and makes a key package for
// the next group.
func (s *Server) HandleReInitCommit(r *HandleCommitRequest) (*ReInitCommitResponse, error) {
	return nil, errLater
}

// ReInitWelcome begins the next group.
func (s *Server) ReInitWelcome(r *ReInitWelcomeRequest) (*SubgroupResponse, error) {
	return nil, errLater
}

// HandleReInitWelcome joins the next group.
func (s *Server) HandleReInitWelcome(r *HandleReInitWelcomeRequest) (*EpochResponse, error) {
	return nil, errLater
}

// CreateBranch begins a group of members of another. The extensions asked for
// must be those of the group.
func (s *Server) CreateBranch(r *CreateBranchRequest) (*SubgroupResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	if len(r.Extensions) > 0 || r.ExternalTree {
		return nil, errLater
	}
	staged, err := mls.Branch(st.cfg, st.group, st.group.Epoch(), r.GroupID, mls.BranchOptions{Add: r.KeyPackages})
	if err != nil {
		return nil, err
	}
	g, changes, err := staged.Join()
	if err != nil {
		return nil, err
	}
	entered, err := s.entered(st.client, g, changes)
	if err != nil {
		return nil, err
	}
	return &SubgroupResponse{StateID: entered.StateID, Welcome: staged.Welcome(), EpochAuthenticator: entered.EpochAuthenticator}, nil
}

// HandleBranch joins a branch of the group of a state.
func (s *Server) HandleBranch(r *HandleBranchRequest) (*EpochResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	c, err := s.transaction(r.TransactionID)
	if err != nil {
		return nil, err
	}
	if len(r.RatchetTree) > 0 {
		return nil, errLater
	}
	c.encrypt = st.encrypt
	g, changes, err := mls.JoinBranch(c.cfg, st.group, r.Welcome, c.packages, c.signer)
	if err != nil {
		return nil, err
	}
	return s.entered(c, g, changes)
}
