package runner

import "parley/interop/mlsclient"

// request is the CommitRequest of a step.
func (p *Play) request(s *step) (*mlsclient.CommitRequest, error) {
	r := &mlsclient.CommitRequest{ByReference: p.proposals(s), ForcePath: s.forcePath(), ExternalTree: s.externalTree()}
	for i := range s.ByValue {
		d, err := p.describe(&s.ByValue[i])
		if err != nil {
			return nil, err
		}
		r.ByValue = append(r.ByValue, *d)
	}
	return r, nil
}

// proposals are those that a step refers to.
func (p *Play) proposals(s *step) (list [][]byte) {
	for _, i := range s.ByReference {
		list = append(list, p.made[i].proposal)
	}
	return list
}

func (p *Play) fullCommit(s *step) error {
	r, err := p.request(s)
	if err != nil {
		return err
	}
	return p.commitAndFollow(s, r, s.Members, s.Joiners)
}

// commitAndFollow lets the actor of s commit, members follow and joiners join.
func (p *Play) commitAndFollow(s *step, r *mlsclient.CommitRequest, members, joiners []string) error {
	if err := p.makeCommit(s, r); err != nil {
		return err
	}
	own, err := call[mlsclient.EpochResponse](s.ctx, p, s.Actor, "HandlePendingCommit",
		&mlsclient.StateRequest{StateID: p.states[s.Actor]})
	if err != nil {
		return err
	}
	p.states[s.Actor] = own.StateID
	if err := p.follow(s, members, r.ByReference, own.EpochAuthenticator); err != nil {
		return err
	}
	for _, role := range joiners {
		joined, err := p.join(s, role, s.out)
		if err != nil {
			return err
		}
		if err := p.agree(role, joined, own.EpochAuthenticator); err != nil {
			return err
		}
	}
	return nil
}

// makeCommit lets the actor of s commit.
func (p *Play) makeCommit(s *step, r *mlsclient.CommitRequest) error {
	r.StateID = p.states[s.Actor]
	made, err := call[mlsclient.CommitResponse](s.ctx, p, s.Actor, "Commit", r)
	if err != nil {
		return err
	}
	s.out.commit, s.out.welcome, s.out.tree = made.Commit, made.Welcome, made.RatchetTree
	return nil
}

// follow lets members handle the commit of s, which must lead to the epoch of
// that authenticator.
func (p *Play) follow(s *step, members []string, proposals [][]byte, authenticator []byte) error {
	for _, role := range members {
		r, err := call[mlsclient.EpochResponse](s.ctx, p, role, "HandleCommit",
			&mlsclient.HandleCommitRequest{StateID: p.states[role], Proposals: proposals, Commit: s.out.commit})
		if err != nil {
			return err
		}
		if err := p.agree(role, r, authenticator); err != nil {
			return err
		}
	}
	return nil
}

func (p *Play) commit(s *step) error {
	r, err := p.request(s)
	if err != nil {
		return err
	}
	return p.makeCommit(s, r)
}

func (p *Play) handleCommit(s *step) error {
	r, err := call[mlsclient.EpochResponse](s.ctx, p, s.Actor, "HandleCommit", &mlsclient.HandleCommitRequest{
		StateID: p.states[s.Actor], Proposals: p.proposals(s), Commit: p.made[s.Commit].commit,
	})
	if err == nil {
		p.states[s.Actor] = r.StateID
	}
	return err
}

func (p *Play) handlePendingCommit(s *step) error {
	r, err := call[mlsclient.EpochResponse](s.ctx, p, s.Actor, "HandlePendingCommit",
		&mlsclient.StateRequest{StateID: p.states[s.Actor]})
	if err == nil {
		p.states[s.Actor] = r.StateID
	}
	return err
}
