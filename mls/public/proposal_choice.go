package public

import "slices"

// Choose returns the references of the proposals kept in this epoch that sender
// should commit, in the order of their arrival: all that are valid, as far as
// they are valid together (RFC 9420, Section 12.4). Of several for the same leaf
// it prefers a removal, then the most recent Update; a ReInit is chosen only
// alone (RFC 9420, Section 12.2). accept is the application's judgement and may
// be nil. An external joiner chooses only SelfRemoves.
//
// One invalid proposal costs a logarithmic number of trials, of which each
// applies a list of proposals to a copy of the tree.
func (g *Group) Choose(sender Sender, accept func(CommittedProposal) bool) [][]byte {
	c := &choice{group: g, sender: sender, accept: accept}
	list := c.candidates()
	others := slices.DeleteFunc(slices.Clone(list), func(ref string) bool { return c.kind(ref) == ProposalReInit })
	if c.take(others); len(c.chosen) == 0 {
		for _, ref := range list {
			if len(c.chosen) == 0 && c.kind(ref) == ProposalReInit {
				c.take([]string{ref})
			}
		}
	}
	var refs [][]byte
	for _, ref := range g.arrived {
		if slices.Contains(c.chosen, ref) {
			refs = append(refs, []byte(ref))
		}
	}
	return refs
}

// A choice is a list of proposals in the making.
type choice struct {
	group  *Group
	sender Sender
	accept func(CommittedProposal) bool
	chosen []string
}

func (c *choice) kind(ref string) ProposalType { return c.group.proposals[ref].Proposal.Type() }

// candidates returns the references of proposals that pass by themselves and
// against the candidates before them, the preferred ones first.
func (c *choice) candidates() []string {
	order := slices.Clone(c.group.arrived)
	slices.Reverse(order) // the most recent Update first
	slices.SortStableFunc(order, func(a, b string) int { return c.rank(a) - c.rank(b) })
	check := c.group.newListCheck(c.sender)
	var list []string
	for _, ref := range order {
		p := c.group.proposals[ref]
		if c.accept != nil && !c.accept(p) || c.onlyOnce(check, p) || check.add(p) != nil {
			continue
		}
		list = append(list, ref)
	}
	return list
}

// rank says what is preferred: removals, then Updates, then the rest.
func (c *choice) rank(ref string) int {
	switch c.kind(ref) {
	case ProposalRemove, ProposalSelfRemove:
		return 0
	case ProposalUpdate:
		return 1
	}
	return 2
}

// onlyOnce reports whether p is a second one of a type of which one is allowed,
// or can't be referred to in a commit by c.sender.
func (c *choice) onlyOnce(check *listCheck, p CommittedProposal) bool {
	t := p.Proposal.Type()
	if c.sender.Type != SenderMember {
		return t != ProposalSelfRemove
	}
	return t == ProposalExternalInit || t == ProposalGroupContextExtensions && check.count[t] > 0
}

// take chooses list as far as it is valid with what is chosen already.
func (c *choice) take(list []string) {
	if len(list) == 0 {
		return
	}
	if c.valid(slices.Concat(c.chosen, list)) {
		c.chosen = append(c.chosen, list...)
		return
	}
	if len(list) > 1 {
		c.take(list[:len(list)/2])
		c.take(list[len(list)/2:])
	}
}

// valid reports whether the proposals are valid together, in the order in which
// they will be committed.
func (c *choice) valid(refs []string) bool {
	var list []CommittedProposal
	for _, ref := range c.group.arrived {
		if slices.Contains(refs, ref) {
			list = append(list, c.group.proposals[ref])
		}
	}
	if c.sender.Type != SenderMember {
		list = append(list, CommittedProposal{Sender: c.sender, Proposal: &ExternalInit{
			KEMOutput: make([]byte, c.group.suite.KEMOutputSize()),
		}})
	}
	_, err := c.group.Provision(c.sender, list)
	return err == nil
}
