package mlsclient

import (
	"slices"

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

// ReInitWelcome begins the next group. Its first commit always has a path.
func (s *Server) ReInitWelcome(r *ReInitWelcomeRequest) (*SubgroupResponse, error) {
	re, err := s.reinit(r.ReInitID)
	if err != nil {
		return nil, err
	}
	staged, err := mls.Successor(re.next.config(r.ExternalTree), re.old.group, mls.SuccessorOptions{
		Add: r.KeyPackages, Signer: re.next.signer,
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
	return s.begun(c, g, changes, staged.Welcome(), externalTree)
}

// begun enters a group that follows another.
func (s *Server) begun(c *client, g *mls.Group, changes mls.Changes, welcome []byte, externalTree bool) (*SubgroupResponse, error) {
	entered, err := s.entered(c, g, changes)
	if err != nil {
		return nil, err
	}
	response := &SubgroupResponse{StateID: entered.StateID, Welcome: welcome, EpochAuthenticator: entered.EpochAuthenticator}
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

// CreateBranch begins a group of members of another. Unless it is to have
// extensions of its own, its first commit always has a path.
func (s *Server) CreateBranch(r *CreateBranchRequest) (*SubgroupResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	if len(r.Extensions) > 0 {
		return s.branchWith(st, r)
	}
	staged, err := mls.Branch(st.config(r.ExternalTree), st.group, st.group.Epoch(), r.GroupID, mls.BranchOptions{Add: r.KeyPackages})
	if err != nil {
		return nil, err
	}
	return s.begin(st.client, staged, r.ExternalTree)
}

// branchWith takes the steps of RFC 9420, Section 11.3 one by one, for a branch
// whose extensions are not those of the old group: mls.Branch keeps them.
func (s *Server) branchWith(st *state, r *CreateBranchRequest) (*SubgroupResponse, error) {
	cfg := *st.config(r.ExternalTree)
	cfg.ResumptionPSK = func(_ []byte, epoch uint64) []byte {
		psk, err := st.group.ResumptionPSK(epoch)
		if err != nil {
			return nil
		}
		return psk
	}
	nonce, err := st.suite.RandomSecret(nil)
	if err != nil {
		return nil, err
	}
	g, made, err := mls.Create(&cfg, st.suite, r.GroupID, st.identity, st.signer, mls.CreateOptions{Extensions: extensions(r.Extensions)})
	if err != nil {
		return nil, err
	}
	staged, pending, err := g.Commit(mls.CommitOptions{Add: r.KeyPackages, Update: r.ForcePath, Values: []public.Proposal{
		&public.PreSharedKey{PSK: public.PreSharedKeyID{
			Type: public.ResumptionPSK, Usage: public.UsageBranch,
			GroupID: st.group.GroupID(), Epoch: st.group.Epoch(), Nonce: nonce,
		}},
	}})
	if err != nil {
		return nil, err
	}
	merged, err := g.Merge(staged)
	if err != nil {
		return nil, err
	}
	return s.begun(st.client, g, slices.Concat(made, pending, merged), staged.Welcome(), r.ExternalTree)
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
