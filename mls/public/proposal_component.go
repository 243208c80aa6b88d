package public

import "parley/mls/internal/codec"

// SelfRemove removes its sender (draft-ietf-mls-extensions-10, Section 6.3). It
// is sent as PublicMessage and committed by reference, by an external joiner too.
type SelfRemove struct{}

// Operations of an AppDataUpdate.
const (
	updateComponent = 1
	removeComponent = 2
)

// AppDataUpdate changes what the GroupContext holds for one component
// (draft-ietf-mls-extensions-10, Section 4.7).
type AppDataUpdate struct {
	Component ComponentID
	Remove    bool   // delete the component's data; else
	Update    []byte // a change, whose meaning is the component's
}

// AppEphemeral attaches data of a component to a commit
// (draft-ietf-mls-extensions-10, Section 4.8). It changes no state.
type AppEphemeral struct{ Data ComponentData }

// Type implements [Proposal].
func (*SelfRemove) Type() ProposalType { return ProposalSelfRemove }

// Type implements [Proposal].
func (*AppDataUpdate) Type() ProposalType { return ProposalAppDataUpdate }

// Type implements [Proposal].
func (*AppEphemeral) Type() ProposalType { return ProposalAppEphemeral }

func (*SelfRemove) marshalBody(*codec.Writer)       {}
func (p *AppEphemeral) marshalBody(w *codec.Writer) { p.Data.MarshalMLS(w) }
func (p *AppDataUpdate) marshalBody(w *codec.Writer) {
	w.Uint16(uint16(p.Component))
	if p.Remove {
		w.Uint8(removeComponent)
		return
	}
	w.Uint8(updateComponent)
	w.Vector(p.Update)
}

func (p *AppDataUpdate) unmarshalBody(r *codec.Reader) {
	p.Component = ComponentID(r.Uint16())
	switch op := r.Uint8(); op {
	case updateComponent:
		p.Update = r.Vector()
	case removeComponent:
		p.Remove = true
	default:
		r.Fail(invalidValue{"AppDataUpdateOperation", uint64(op)})
	}
}

// ephemeral gives each AppEphemeral of list to the application, in its order.
func (p *Provisional) ephemeral(list []CommittedProposal) error {
	for _, c := range list {
		e, ok := c.Proposal.(*AppEphemeral)
		if !ok {
			continue
		}
		check := p.group.cfg.CheckEphemeral
		if check == nil {
			return broken(RuleUnknownComponent)
		}
		if err := check(e.Data); err != nil {
			return &RuleError{Rule: RuleEphemeral, Err: err}
		}
		p.Ephemeral = append(p.Ephemeral, e.Data)
	}
	return nil
}

// componentChange is what a list of proposals asks of one component.
type componentChange struct {
	id      ComponentID
	remove  bool
	updates [][]byte
}

// componentChanges gathers the AppDataUpdates of list by component, and checks
// that each component has one removal or only updates.
func componentChanges(list []CommittedProposal) ([]*componentChange, error) {
	var changes []*componentChange
	known := make(map[ComponentID]*componentChange)
	for _, p := range list {
		u, ok := p.Proposal.(*AppDataUpdate)
		if !ok {
			continue
		}
		c := known[u.Component]
		switch {
		case c == nil:
			c = &componentChange{id: u.Component, remove: u.Remove}
			known[u.Component] = c
			changes = append(changes, c)
		case c.remove || u.Remove:
			return nil, broken(RuleComponentTwice)
		}
		if !u.Remove {
			c.updates = append(c.updates, u.Update)
		}
	}
	return changes, nil
}

// updateComponents applies the AppDataUpdates of list to the GroupContext, after
// all other proposals (draft-ietf-mls-extensions-10, Section 4.7).
func (p *Provisional) updateComponents(list []CommittedProposal) error {
	changes, err := componentChanges(list)
	if err != nil || len(changes) == 0 {
		return err
	}
	dict, err := p.context.Extensions.dictionary()
	if err != nil {
		return &RuleError{Rule: RuleGroupExtensions, Err: err}
	}
	for _, c := range changes {
		if dict, err = p.group.cfg.changeComponent(dict, c); err != nil {
			return err
		}
		p.Components = append(p.Components, c.id)
	}
	p.context.Extensions = p.context.Extensions.WithDictionary(dict)
	p.ContextChanged = true
	return nil
}

// changeComponent returns dict with the change c.
func (cfg *Config) changeComponent(dict AppDataDictionary, c *componentChange) (AppDataDictionary, error) {
	old, present := dict.Find(c.id)
	switch {
	case c.remove && !present:
		return nil, broken(RuleComponentAbsent)
	case c.remove:
		return dict.Without(c.id), nil
	case cfg.UpdateComponent == nil:
		return nil, broken(RuleUnknownComponent)
	}
	data, err := cfg.UpdateComponent(c.id, old, c.updates)
	if err != nil {
		return nil, &RuleError{Rule: RuleComponentUpdate, Err: err}
	}
	return dict.With(c.id, data), nil
}

// checkDictionary checks that extensions, which are to replace those of the
// group, leave the dictionary as it is if members must use AppDataUpdate for it
// (draft-ietf-mls-extensions-10, Section 4.7).
func (g *Group) checkDictionary(extensions Extensions) error {
	required, err := g.context.Extensions.requirements()
	if err != nil || !required.proposal(ProposalAppDataUpdate) {
		return err
	}
	before, had := g.context.Extensions.Find(AppDataDictionaryExtension)
	after, has := extensions.Find(AppDataDictionaryExtension)
	if had != has || string(before) != string(after) {
		return broken(RuleDictionaryReplaced)
	}
	return nil
}
