package mlsclient

import (
	"fmt"

	"parley/mls"
	"parley/mls/public"
)

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
		if err := st.describe(&opts, &r.ByValue[i]); err != nil {
			return nil, err
		}
	}
	return st.commit(opts, r.ExternalTree)
}

func (st *state) commit(opts mls.CommitOptions, externalTree bool) (*CommitResponse, error) {
	if st.encrypt || externalTree {
		return nil, errLater
	}
	staged, changes, err := st.group.Commit(opts)
	if err != nil {
		return nil, err
	}
	st.sent = staged.CommitMessage()
	return &CommitResponse{Commit: st.sent, Welcome: staged.Welcome()}, st.apply(changes)
}

// receive takes proposals and returns their references.
func (st *state) receive(proposals [][]byte) (refs [][]byte, err error) {
	for _, message := range proposals {
		ref, changes, err := st.group.ReceiveProposal(message)
		if err != nil {
			return nil, fmt.Errorf("proposal: %w", err)
		}
		if err := st.apply(changes); err != nil {
			return nil, err
		}
		refs = append(refs, ref)
	}
	return refs, nil
}

// describe adds a proposal by value to opts.
func (st *state) describe(opts *mls.CommitOptions, d *ProposalDescription) error {
	switch string(d.Type) {
	case DescribeAdd:
		opts.Add = append(opts.Add, d.KeyPackage)
	case DescribeRemove:
		leaf, err := st.leaf(d.RemovedID)
		if err != nil {
			return err
		}
		opts.Remove = append(opts.Remove, leaf)
	case DescribeExternalPSK:
		opts.ExternalPSKs = append(opts.ExternalPSKs, d.PSKID)
	case DescribeExtensions:
		list := extensions(d.Extensions)
		opts.Extensions = &list
	default:
		return errLater
	}
	return nil
}

// extensions turns list into ours.
func extensions(list []Extension) public.Extensions {
	out := public.Extensions{}
	for _, e := range list {
		out = append(out, public.Extension{Type: public.ExtensionType(e.Type), Data: e.Data})
	}
	return out
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
	return st.apply(changes)
}
