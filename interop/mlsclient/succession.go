package mlsclient

import (
	"parley/mls"
	"parley/mls/public"
)

// reinit is a group that was shut down, and who we are in the next one.
type reinit struct {
	old  *state
	next *client
}

// ReInitCommit is Commit for a ReInit proposal.
func (s *Server) ReInitCommit(r *CommitRequest) (*CommitResponse, error) { return s.Commit(r) }

// HandlePendingReInitCommit merges our commit and makes a key package for the
// next group.
func (s *Server) HandlePendingReInitCommit(r *StateRequest) (*ReInitCommitResponse, error) {
	return s.shutDown(r.StateID, nil, nil)
}

// HandleReInitCommit merges the commit of another and makes a key package for
// the next group.
func (s *Server) HandleReInitCommit(r *HandleCommitRequest) (*ReInitCommitResponse, error) {
	return s.shutDown(r.StateID, r.Proposals, r.Commit)
}

func (s *Server) shutDown(id uint32, proposals [][]byte, commit []byte) (*ReInitCommitResponse, error) {
	merged, err := s.handle(id, proposals, commit)
	if err != nil {
		return nil, err
	}
	old := s.states[id]
	asked := old.group.ReInit()
	if asked == nil {
		return nil, mls.ErrSuccessor
	}
	next, err := s.client(uint32(asked.CipherSuite), old.identity, old.encrypt)
	if err != nil {
		return nil, err
	}
	message, _, err := next.keyPackage()
	if err != nil {
		return nil, err
	}
	number := s.id()
	s.reinits[number] = &reinit{old, next}
	return &ReInitCommitResponse{number, message, merged.EpochAuthenticator}, nil
}

// reinit returns and forgets one.
func (s *Server) reinit(id uint32) (*reinit, error) {
	r, ok := s.reinits[id]
	if !ok {
		return nil, errID
	}
	delete(s.reinits, id)
	return r, nil
}

// ReInitWelcome begins the next group.
func (s *Server) ReInitWelcome(r *ReInitWelcomeRequest) (*SubgroupResponse, error) {
	re, err := s.reinit(r.ReInitID)
	if err != nil {
		return nil, err
	}
	staged, err := mls.Successor(re.next.config(r.ExternalTree), re.old.group, mls.SuccessorOptions{
		Add: r.KeyPackages, Signer: re.next.signer, NoUpdate: !r.ForcePath,
	})
	if err != nil {
		return nil, err
	}
	return s.begin(re.next, staged, r.ExternalTree)
}

// begin enters a group that staged begins.
func (s *Server) begin(c *client, staged *mls.StagedCommit, externalTree bool) (*SubgroupResponse, error) {
	g, changes, err := staged.Join()
	if err != nil {
		return nil, err
	}
	entered, err := s.entered(c, g, changes)
	if err != nil {
		return nil, err
	}
	response := &SubgroupResponse{StateID: entered.StateID, Welcome: staged.Welcome(), EpochAuthenticator: entered.EpochAuthenticator}
	if externalTree {
		response.RatchetTree = g.RatchetTree()
	}
	return response, nil
}

// HandleReInitWelcome joins the next group.
func (s *Server) HandleReInitWelcome(r *HandleReInitWelcomeRequest) (*EpochResponse, error) {
	re, err := s.reinit(r.ReInitID)
	if err != nil {
		return nil, err
	}
	return s.join(re.next, r.Welcome, mls.JoinOptions{Tree: r.RatchetTree, Old: re.old.group, Link: public.UsageReInit})
}

// CreateBranch begins a group of members of another, with its extensions unless
// the request has some.
func (s *Server) CreateBranch(r *CreateBranchRequest) (*SubgroupResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	opts := mls.BranchOptions{Add: r.KeyPackages, NoUpdate: !r.ForcePath}
	if len(r.Extensions) > 0 {
		list := extensions(r.Extensions)
		opts.Extensions = &list
	}
	staged, err := mls.Branch(st.config(r.ExternalTree), st.group, st.group.Epoch(), r.GroupID, opts)
	if err != nil {
		return nil, err
	}
	return s.begin(st.client, staged, r.ExternalTree)
}

// HandleBranch joins a branch of the group of a state.
func (s *Server) HandleBranch(r *HandleBranchRequest) (*EpochResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	c, err := s.transaction(r.TransactionID, st.encrypt)
	if err != nil {
		return nil, err
	}
	return s.join(c, r.Welcome, mls.JoinOptions{Tree: r.RatchetTree, Old: st.group, Link: public.UsageBranch})
}
