package public

import "parley/mls/internal/codec"

// A ProposalType names a kind of proposal (RFC 9420, Section 17.4).
type ProposalType uint16

// Proposal types. Those up to ProposalGroupContextExtensions are "default": every
// client implements them and capabilities don't list them.
const (
	ProposalAdd                    ProposalType = 1
	ProposalUpdate                 ProposalType = 2
	ProposalRemove                 ProposalType = 3
	ProposalPreSharedKey           ProposalType = 4
	ProposalReInit                 ProposalType = 5
	ProposalExternalInit           ProposalType = 6
	ProposalGroupContextExtensions ProposalType = 7
	// Those of draft-ietf-mls-extensions-10, Section 7.2.
	ProposalAppDataUpdate ProposalType = 8
	ProposalAppEphemeral  ProposalType = 9
	ProposalSelfRemove    ProposalType = 10
)

// Default reports whether every client implements the proposal type
// (RFC 9420, Section 7.2).
func (t ProposalType) Default() bool {
	return t >= ProposalAdd && t <= ProposalGroupContextExtensions
}

// A ProposalPolicy says how proposals of a type may be used: what the "Ext" and
// "Path Required" columns of RFC 9420, Section 17.4 say, and what the type's
// definition says about external commits (RFC 9420, Section 12.2).
type ProposalPolicy struct {
	External       bool // an external sender may propose it
	ExternalCommit bool // it may stand by value in an external commit
	PathOptional   bool // a commit of it alone needs no path
}

// policies are those of the types that this package implements.
var policies = map[ProposalType]ProposalPolicy{
	ProposalAdd:                    {External: true, PathOptional: true},
	ProposalUpdate:                 {},
	ProposalRemove:                 {External: true, ExternalCommit: true},
	ProposalPreSharedKey:           {External: true, ExternalCommit: true, PathOptional: true},
	ProposalReInit:                 {External: true, PathOptional: true},
	ProposalExternalInit:           {ExternalCommit: true},
	ProposalGroupContextExtensions: {External: true},
	ProposalAppDataUpdate:          {External: true, ExternalCommit: true, PathOptional: true},
	ProposalAppEphemeral:           {External: true, ExternalCommit: true, PathOptional: true},
	ProposalSelfRemove:             {},
}

// policy returns how proposals of type t may be used, or [ErrUnsupportedProposal]
// if neither this package nor the application implements them.
func (c *Config) policy(t ProposalType) (ProposalPolicy, error) {
	if p, ok := policies[t]; ok {
		return p, nil
	}
	if p, ok := c.CustomProposals[t]; ok {
		return p, nil
	}
	return ProposalPolicy{}, &RuleError{Rule: RuleUnknownType, Err: ErrUnsupportedProposal}
}

// A Proposal is one of [*Add], [*Update], [*Remove], [*PreSharedKey],
// [*ReInit], [*ExternalInit], [*GroupContextExtensions]
// (RFC 9420, Section 12.1), [*AppDataUpdate], [*AppEphemeral], [*SelfRemove] and,
// for all other types, [*CustomProposal].
type Proposal interface {
	Type() ProposalType
	marshalBody(w *codec.Writer)
}

// Add adds a client to the group (RFC 9420, Section 12.1.1).
type Add struct{ KeyPackage KeyPackage }

// Update replaces the sender's leaf (RFC 9420, Section 12.1.2).
type Update struct{ LeafNode LeafNode }

// Remove removes a member (RFC 9420, Section 12.1.3).
type Remove struct{ Removed LeafIndex }

// PreSharedKey mixes a pre-shared key into the epoch
// (RFC 9420, Section 12.1.4).
type PreSharedKey struct{ PSK PreSharedKeyID }

// ReInit shuts the group down in favour of a new one
// (RFC 9420, Section 12.1.5).
type ReInit struct {
	GroupID     []byte
	Version     ProtocolVersion
	CipherSuite CipherSuite
	Extensions  Extensions
}

// ExternalInit gives the group the init secret of an external joiner
// (RFC 9420, Section 12.1.6).
type ExternalInit struct{ KEMOutput []byte }

// GroupContextExtensions replaces all extensions of the GroupContext
// (RFC 9420, Section 12.1.7).
type GroupContextExtensions struct{ Extensions Extensions }

// A CustomProposal is one of a type that this package doesn't implement
// (RFC 9420, Section 13.2). Its content is taken to be one vector, as other
// implementations have it too; RFC 9420 leaves that to the type's definition.
type CustomProposal struct {
	Kind ProposalType
	Data []byte // without the vector's length
}

// Type implements [Proposal].
func (*Add) Type() ProposalType { return ProposalAdd }

// Type implements [Proposal].
func (*Update) Type() ProposalType { return ProposalUpdate }

// Type implements [Proposal].
func (*Remove) Type() ProposalType { return ProposalRemove }

// Type implements [Proposal].
func (*PreSharedKey) Type() ProposalType { return ProposalPreSharedKey }

// Type implements [Proposal].
func (*ReInit) Type() ProposalType { return ProposalReInit }

// Type implements [Proposal].
func (*ExternalInit) Type() ProposalType { return ProposalExternalInit }

// Type implements [Proposal].
func (*GroupContextExtensions) Type() ProposalType { return ProposalGroupContextExtensions }

// Type implements [Proposal].
func (p *CustomProposal) Type() ProposalType { return p.Kind }

func (p *CustomProposal) marshalBody(w *codec.Writer) { w.Vector(p.Data) }

func (p *Add) marshalBody(w *codec.Writer)          { p.KeyPackage.MarshalMLS(w) }
func (p *Update) marshalBody(w *codec.Writer)       { p.LeafNode.MarshalMLS(w) }
func (p *Remove) marshalBody(w *codec.Writer)       { w.Uint32(uint32(p.Removed)) }
func (p *PreSharedKey) marshalBody(w *codec.Writer) { p.PSK.MarshalMLS(w) }
func (p *ReInit) marshalBody(w *codec.Writer) {
	w.Vector(p.GroupID)
	w.Uint16(uint16(p.Version))
	w.Uint16(uint16(p.CipherSuite))
	p.Extensions.MarshalMLS(w)
}
func (p *ExternalInit) marshalBody(w *codec.Writer)           { w.Vector(p.KEMOutput) }
func (p *GroupContextExtensions) marshalBody(w *codec.Writer) { p.Extensions.MarshalMLS(w) }

// WriteProposal writes p with its type.
func WriteProposal(w *codec.Writer, p Proposal) {
	w.Uint16(uint16(p.Type()))
	p.marshalBody(w)
}

// ReadProposal reads a proposal with its type. It is nil after an error.
func ReadProposal(r *codec.Reader) Proposal {
	t := ProposalType(r.Uint16())
	if r.Err() != nil {
		return nil
	}
	p := readProposalBody(r, t)
	if r.Err() != nil {
		return nil
	}
	return p
}

func readProposalBody(r *codec.Reader, t ProposalType) Proposal {
	switch t {
	case ProposalAdd:
		p := new(Add)
		p.KeyPackage.UnmarshalMLS(r)
		return p
	case ProposalUpdate:
		p := new(Update)
		p.LeafNode.UnmarshalMLS(r)
		return p
	case ProposalRemove:
		return &Remove{Removed: LeafIndex(r.Uint32())}
	case ProposalPreSharedKey:
		p := new(PreSharedKey)
		p.PSK.UnmarshalMLS(r)
		return p
	case ProposalReInit:
		p := &ReInit{GroupID: r.Vector(), Version: ProtocolVersion(r.Uint16()), CipherSuite: CipherSuite(r.Uint16())}
		p.Extensions.UnmarshalMLS(r)
		return p
	case ProposalExternalInit:
		return &ExternalInit{KEMOutput: r.Vector()}
	case ProposalGroupContextExtensions:
		p := new(GroupContextExtensions)
		p.Extensions.UnmarshalMLS(r)
		return p
	case ProposalAppDataUpdate:
		p := new(AppDataUpdate)
		p.unmarshalBody(r)
		return p
	case ProposalAppEphemeral:
		p := new(AppEphemeral)
		p.Data.UnmarshalMLS(r)
		return p
	case ProposalSelfRemove:
		return &SelfRemove{}
	}
	return &CustomProposal{Kind: t, Data: r.Vector()}
}
