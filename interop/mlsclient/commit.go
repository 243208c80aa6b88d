package mlsclient

import "parley/mls"

// Commit makes a commit, which has no effect until HandlePendingCommit.
func (s *Server) Commit(r *CommitRequest) (*CommitResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	opts := mls.CommitOptions{Update: r.ForcePath || len(r.ByReference)+len(r.ByValue) == 0}
	if opts.Proposals, err = st.receive(r.ByReference); err != nil {
		return nil, err
	}
	for i := range r.ByValue {
		p, err := st.proposal(&r.ByValue[i])
		if err != nil {
			return nil, err
		}
		opts.Values = append(opts.Values, p)
	}
	return st.commit(opts, r.ExternalTree)
}

func (st *state) commit(opts mls.CommitOptions, externalTree bool) (*CommitResponse, error) {
	g, err := st.load(externalTree)
	if err != nil {
		return nil, err
	}
	staged, changes, err := g.Commit(opts)
	if err != nil {
		return nil, err
	}
	st.sent = staged.CommitMessage()
	response := &CommitResponse{Commit: st.sent, Welcome: staged.Welcome()}
	if err := st.apply(changes); err != nil {
		return nil, err
	}
	if externalTree {
		response.RatchetTree, err = st.treeAfter(st.sent)
	}
	return response, err
}

// treeAfter returns the ratchet tree that our pending commit leads to: a second
// copy of the group merges it.
func (st *state) treeAfter(commit []byte) ([]byte, error) {
	g, err := st.load(false)
	if err != nil {
		return nil, err
	}
	staged, err := g.Stage(commit)
	if err != nil {
		return nil, err
	}
	if _, err := g.Merge(staged); err != nil {
		return nil, err
	}
	return g.RatchetTree(), nil
}

// HandlePendingCommit merges the commit that Commit made.
func (s *Server) HandlePendingCommit(r *StateRequest) (*EpochResponse, error) {
	return s.handle(r.StateID, nil, nil)
}

// HandleCommit merges the commit of another, after the proposals that it refers
// to.
func (s *Server) HandleCommit(r *HandleCommitRequest) (*EpochResponse, error) {
	return s.handle(r.StateID, r.Proposals, r.Commit)
}

// handle merges commit, or the pending one if it is nil.
func (s *Server) handle(id uint32, proposals [][]byte, commit []byte) (*EpochResponse, error) {
	st, err := s.state(id)
	if err != nil {
		return nil, err
	}
	if _, err := st.receive(proposals); err != nil {
		return nil, err
	}
	if err := st.merge(commit); err != nil {
		return nil, err
	}
	return &EpochResponse{id, st.group.EpochAuthenticator()}, nil
}

func (st *state) merge(commit []byte) error {
	if commit == nil {
		commit = st.sent
	}
	staged, err := st.group.Stage(commit)
	if err != nil {
		return err
	}
	changes, err := st.group.Merge(staged)
	if err != nil {
		return err
	}
	st.sent, st.own = nil, map[string][]byte{}
	return st.apply(changes)
}
