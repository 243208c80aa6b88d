package runner

import (
	"fmt"
	"slices"

	"parley/interop/mlsclient"
)

// propose lets the actor of s make a proposal.
func (p *Play) propose(s *step, method string, request any) error {
	r, err := call[mlsclient.ProposalResponse](s.ctx, p, s.Actor, method, request)
	if err != nil {
		return err
	}
	s.out.proposal = r.Proposal
	return nil
}

func (p *Play) addProposal(s *step) error {
	return p.propose(s, "AddProposal", &mlsclient.AddProposalRequest{
		StateID: p.states[s.Actor], KeyPackage: p.made[s.KeyPackage].keyPackage,
	})
}

func (p *Play) updateProposal(s *step) error {
	return p.propose(s, "UpdateProposal", &mlsclient.StateRequest{StateID: p.states[s.Actor]})
}

func (p *Play) removeProposal(s *step) error {
	return p.propose(s, "RemoveProposal", &mlsclient.RemoveProposalRequest{
		StateID: p.states[s.Actor], RemovedID: []byte(s.Removed),
	})
}

func (p *Play) externalPSKProposal(s *step) error {
	return p.propose(s, "ExternalPSKProposal", &mlsclient.ExternalPSKProposalRequest{
		StateID: p.states[s.Actor], PSKID: p.made[s.PSKID].pskID,
	})
}

func (p *Play) resumptionPSKProposal(s *step) error {
	return p.propose(s, "ResumptionPSKProposal", &mlsclient.ResumptionPSKProposalRequest{
		StateID: p.states[s.Actor], EpochID: s.EpochID,
	})
}

func (p *Play) extensionsProposal(s *step) error {
	return p.propose(s, "GroupContextExtensionsProposal", &mlsclient.ExtensionsProposalRequest{
		StateID: p.states[s.Actor], Extensions: s.extensions(),
	})
}

// describe turns d into the protocol's form.
func (p *Play) describe(d *Description) (*mlsclient.ProposalDescription, error) {
	out := &mlsclient.ProposalDescription{Type: []byte(d.ProposalType)}
	switch d.ProposalType {
	case mlsclient.DescribeAdd:
		out.KeyPackage = p.made[d.KeyPackage].keyPackage
	case mlsclient.DescribeRemove:
		out.RemovedID = []byte(d.Removed)
	case mlsclient.DescribeExternalPSK:
		out.PSKID = p.made[d.PSKID].pskID
	case mlsclient.DescribeResumptionPSK:
		out.EpochID = d.EpochID
	case mlsclient.DescribeExtensions:
		out.Extensions = d.extensions()
	case mlsclient.DescribeReInit:
		out.Extensions = d.extensions()
		out.GroupID, out.Suite = p.successor(d)
	default:
		return nil, fmt.Errorf("unknown proposal type %q", d.ProposalType)
	}
	return out, nil
}

// successor returns group and suite of the group that d wants, which is the
// present suite from here on.
func (p *Play) successor(d *Description) ([]byte, uint32) {
	id := slices.Clone(p.groupID)
	if d.ChangeGroup {
		id = append(id, '+')
	}
	if d.ChangeSuite {
		p.Suite, p.OtherSuite = p.OtherSuite, p.Suite
	}
	return id, p.Suite
}

func (p *Play) newMemberAdd(s *step) error {
	info, err := p.groupInfo(s, s.Actor)
	if err != nil {
		return err
	}
	r, err := call[mlsclient.NewMemberAddResponse](s.ctx, p, s.Joiner, "NewMemberAddProposal",
		&mlsclient.NewMemberAddRequest{GroupInfo: info.GroupInfo, Identity: []byte(s.Joiner)})
	if err != nil {
		return err
	}
	p.transactions[s.Joiner], s.out.proposal = r.TransactionID, r.Proposal
	return nil
}

func (p *Play) addExternalSigner(s *step) error {
	made, err := call[mlsclient.CreateExternalSignerResponse](s.ctx, p, s.Signer, "CreateExternalSigner",
		&mlsclient.CreateExternalSignerRequest{Suite: p.Suite, Identity: []byte(s.Signer)})
	if err != nil {
		return err
	}
	p.signers[s.Signer] = made.SignerID
	return p.propose(s, "AddExternalSigner", &mlsclient.AddExternalSignerRequest{
		StateID: p.states[s.Actor], ExternalSender: made.ExternalSender,
	})
}

func (p *Play) externalSignerProposal(s *step) error {
	info, err := call[mlsclient.GroupInfoResponse](s.ctx, p, s.Member, "GroupInfo",
		&mlsclient.GroupInfoRequest{StateID: p.states[s.Member], ExternalTree: true})
	if err != nil {
		return err
	}
	d, err := p.describe(&s.Proposed)
	if err != nil {
		return err
	}
	return p.propose(s, "ExternalSignerProposal", &mlsclient.ExternalSignerProposalRequest{
		SignerID: p.signers[s.Actor], GroupInfo: info.GroupInfo, RatchetTree: info.RatchetTree, Description: *d,
	})
}
