package runner

import (
	"bytes"
	"fmt"
	"slices"

	"parley/interop/mlsclient"
)

// successors are who takes part in a reinitialization, by role.
type successors struct {
	ids      map[string]uint32 // reinitializations at the clients
	packages map[string][]byte // key packages for the next group
}

// reinit: a proposer proposes, a committer commits, a welcomer begins the next
// group, in which all of them and the members meet again.
func (p *Play) reinit(s *step) error {
	proposal, err := p.reinitProposal(s)
	if err != nil {
		return err
	}
	all := slices.Concat([]string{s.Committer, s.Welcomer}, s.Members)
	if s.Proposer != "" {
		all = append(all, s.Proposer)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	next, err := p.shutDown(s, proposal, all)
	if err != nil {
		return err
	}
	return p.begin(s, next, all)
}

// reinitProposal returns the proposal that the step or an earlier one made.
func (p *Play) reinitProposal(s *step) ([]byte, error) {
	if s.Proposer == "" {
		return p.made[s.ReInitProposal].proposal, nil
	}
	id, suite := p.successor(&s.Description)
	r, err := call[mlsclient.ProposalResponse](s.ctx, p, s.Proposer, "ReInitProposal", &mlsclient.ReInitProposalRequest{
		StateID: p.states[s.Proposer], Suite: suite, GroupID: id, Extensions: s.extensions(),
	})
	if err != nil {
		return nil, err
	}
	return r.Proposal, nil
}

// shutDown commits the ReInit.
func (p *Play) shutDown(s *step, proposal []byte, all []string) (*successors, error) {
	commit, err := call[mlsclient.CommitResponse](s.ctx, p, s.Committer, "ReInitCommit",
		&mlsclient.CommitRequest{StateID: p.states[s.Committer], ByReference: [][]byte{proposal}})
	if err != nil {
		return nil, err
	}
	own, err := call[mlsclient.ReInitCommitResponse](s.ctx, p, s.Committer, "HandlePendingReInitCommit",
		&mlsclient.StateRequest{StateID: p.states[s.Committer]})
	if err != nil {
		return nil, err
	}
	next := &successors{map[string]uint32{s.Committer: own.ReInitID}, map[string][]byte{s.Committer: own.KeyPackage}}
	for _, role := range all {
		if role == s.Committer {
			continue
		}
		r, err := call[mlsclient.ReInitCommitResponse](s.ctx, p, role, "HandleReInitCommit", &mlsclient.HandleCommitRequest{
			StateID: p.states[role], Proposals: [][]byte{proposal}, Commit: commit.Commit,
		})
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(r.EpochAuthenticator, own.EpochAuthenticator) {
			return nil, fmt.Errorf("%s has another epoch authenticator", role)
		}
		next.ids[role], next.packages[role] = r.ReInitID, r.KeyPackage
	}
	return next, nil
}

// begin lets the welcomer begin the next group.
func (p *Play) begin(s *step, next *successors, all []string) error {
	others := slices.DeleteFunc(slices.Clone(all), func(role string) bool { return role == s.Welcomer })
	request := &mlsclient.ReInitWelcomeRequest{
		ReInitID: next.ids[s.Welcomer], ForcePath: s.forcePath(), ExternalTree: s.externalTree(),
	}
	for _, role := range others {
		request.KeyPackages = append(request.KeyPackages, next.packages[role])
	}
	begun, err := call[mlsclient.SubgroupResponse](s.ctx, p, s.Welcomer, "ReInitWelcome", request)
	if err != nil {
		return err
	}
	p.states[s.Welcomer] = begun.StateID
	for _, role := range others {
		r, err := call[mlsclient.EpochResponse](s.ctx, p, role, "HandleReInitWelcome", &mlsclient.HandleReInitWelcomeRequest{
			ReInitID: next.ids[role], Welcome: begun.Welcome, RatchetTree: begun.RatchetTree,
		})
		if err != nil {
			return err
		}
		if err := p.agree(role, r, begun.EpochAuthenticator); err != nil {
			return err
		}
	}
	return nil
}

// branch: the actor begins a group of the members, with whom it goes on.
func (p *Play) branch(s *step) error {
	var packages [][]byte
	for _, role := range s.Members {
		kp, err := p.keyPackage(s, role)
		if err != nil {
			return err
		}
		packages = append(packages, kp)
	}
	begun, err := call[mlsclient.SubgroupResponse](s.ctx, p, s.Actor, "CreateBranch", &mlsclient.CreateBranchRequest{
		StateID: p.states[s.Actor], GroupID: append(slices.Clone(p.groupID), " branch"...), Extensions: s.extensions(),
		KeyPackages: packages, ForcePath: s.forcePath(), ExternalTree: s.externalTree(),
	})
	if err != nil {
		return err
	}
	p.states[s.Actor] = begun.StateID
	for _, role := range s.Members {
		r, err := call[mlsclient.EpochResponse](s.ctx, p, role, "HandleBranch", &mlsclient.HandleBranchRequest{
			StateID: p.states[role], TransactionID: p.transactions[role], Welcome: begun.Welcome, RatchetTree: begun.RatchetTree,
		})
		if err != nil {
			return err
		}
		if err := p.agree(role, r, begun.EpochAuthenticator); err != nil {
			return err
		}
	}
	return nil
}
