package mlsclient

import (
	"bytes"
	"errors"
	"fmt"

	"parley/mls"
	"parley/mls/public"
)

// AddProposal proposes to add a client.
func (s *Server) AddProposal(r *AddProposalRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID, &ProposalDescription{Type: []byte(DescribeAdd), KeyPackage: r.KeyPackage})
}

// RemoveProposal proposes to remove a member.
func (s *Server) RemoveProposal(r *RemoveProposalRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID, &ProposalDescription{Type: []byte(DescribeRemove), RemovedID: r.RemovedID})
}

// ExternalPSKProposal proposes to mix in an external pre-shared key.
func (s *Server) ExternalPSKProposal(r *ExternalPSKProposalRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID, &ProposalDescription{Type: []byte(DescribeExternalPSK), PSKID: r.PSKID})
}

// ResumptionPSKProposal proposes to mix in the resumption PSK of an epoch.
func (s *Server) ResumptionPSKProposal(r *ResumptionPSKProposalRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID, &ProposalDescription{Type: []byte(DescribeResumptionPSK), EpochID: r.EpochID})
}

// GroupContextExtensionsProposal proposes new extensions of the group.
func (s *Server) GroupContextExtensionsProposal(r *ExtensionsProposalRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID, &ProposalDescription{Type: []byte(DescribeExtensions), Extensions: r.Extensions})
}

// ReInitProposal proposes to shut the group down in favour of another.
func (s *Server) ReInitProposal(r *ReInitProposalRequest) (*ProposalResponse, error) {
	return s.propose(r.StateID, &ProposalDescription{
		Type: []byte(DescribeReInit), Extensions: r.Extensions, GroupID: r.GroupID, Suite: r.Suite,
	})
}

// propose sends the proposal that d describes.
func (s *Server) propose(id uint32, d *ProposalDescription) (*ProposalResponse, error) {
	st, err := s.state(id)
	if err != nil {
		return nil, err
	}
	p, err := st.proposal(d)
	if err != nil {
		return nil, err
	}
	message, ref, changes, err := st.group.Propose(p, mls.ProposeOptions{})
	return st.proposed(message, ref, changes, err)
}

// UpdateProposal proposes fresh keys of our own.
func (s *Server) UpdateProposal(r *StateRequest) (*ProposalResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	message, ref, changes, err := st.group.ProposeUpdate(mls.LeafOptions{}, mls.ProposeOptions{})
	return st.proposed(message, ref, changes, err)
}

// proposed remembers a proposal of ours: the runner hands it back with the
// commits that refer to it.
func (st *state) proposed(message, ref []byte, changes mls.Changes, err error) (*ProposalResponse, error) {
	if err != nil {
		return nil, err
	}
	st.own[string(message)] = ref
	return &ProposalResponse{message}, st.apply(changes)
}

// receive takes proposals and returns their references.
func (st *state) receive(proposals [][]byte) (refs [][]byte, err error) {
	for _, message := range proposals {
		if ref, ok := st.own[string(message)]; ok {
			refs = append(refs, ref)
			continue
		}
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

// proposal makes what d describes, in the present epoch.
func (st *state) proposal(d *ProposalDescription) (public.Proposal, error) {
	id, isPSK := st.pskID(d)
	switch {
	case isPSK:
		return st.group.NewPSK(id)
	case string(d.Type) == DescribeRemove:
		leaf, err := st.leaf(d.RemovedID)
		return &public.Remove{Removed: leaf}, err
	}
	return plainProposal(d)
}

// pskID returns the key that d wants mixed in, if it does.
func (st *state) pskID(d *ProposalDescription) (public.PreSharedKeyID, bool) {
	return d.psk(st.group.GroupID())
}

func (d *ProposalDescription) psk(groupID []byte) (public.PreSharedKeyID, bool) {
	switch string(d.Type) {
	case DescribeExternalPSK:
		return public.PreSharedKeyID{Type: public.ExternalPSK, ID: d.PSKID}, true
	case DescribeResumptionPSK:
		return public.PreSharedKeyID{
			Type: public.ResumptionPSK, Usage: public.UsageApplication, GroupID: groupID, Epoch: d.EpochID,
		}, true
	}
	return public.PreSharedKeyID{}, false
}

// errType is a description of a type that the protocol doesn't have.
var errType = errors.New("unknown type of proposal")

// plainProposal makes what d describes if that takes nothing else.
func plainProposal(d *ProposalDescription) (public.Proposal, error) {
	switch string(d.Type) {
	case DescribeAdd:
		k, err := public.ParseKeyPackage(d.KeyPackage)
		if err != nil {
			return nil, err
		}
		return &public.Add{KeyPackage: *k}, nil
	case DescribeExtensions:
		return &public.GroupContextExtensions{Extensions: extensions(d.Extensions)}, nil
	case DescribeReInit:
		return &public.ReInit{
			GroupID: d.GroupID, Version: public.MLS10, CipherSuite: public.CipherSuite(d.Suite), Extensions: extensions(d.Extensions),
		}, nil
	}
	return nil, errType
}

// extensions turns list into ours.
func extensions(list []Extension) public.Extensions {
	out := public.Extensions{}
	for _, e := range list {
		out = append(out, public.Extension{Type: public.ExtensionType(e.Type), Data: e.Data})
	}
	return out
}

// AddExternalSigner proposes to let an external sender propose, besides those
// that may.
func (s *Server) AddExternalSigner(r *AddExternalSignerRequest) (*ProposalResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	added, err := public.Parse[public.ExternalSender](r.ExternalSender)
	if err != nil {
		return nil, err
	}
	var list []Extension
	senders := public.ExternalSenders{}
	for _, e := range st.group.Context().Extensions {
		if e.Type != public.ExternalSendersExtension {
			list = append(list, Extension{uint32(e.Type), e.Data})
			continue
		}
		old, err := public.Parse[public.ExternalSenders](e.Data)
		if err != nil {
			return nil, err
		}
		senders = *old
	}
	e := append(senders, *added).Extension()
	list = append(list, Extension{uint32(e.Type), e.Data})
	return s.propose(r.StateID, &ProposalDescription{Type: []byte(DescribeExtensions), Extensions: list})
}

// leaf finds a member by its identity.
func (st *state) leaf(identity []byte) (public.LeafIndex, error) {
	for _, m := range st.group.Members() {
		if bytes.Equal(m.Identity, identity) {
			return m.Index, nil
		}
	}
	return 0, fmt.Errorf("no member %q", identity)
}
