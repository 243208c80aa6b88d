package public

import "parley/mls/internal/codec"

// A PSKType says where a pre-shared key comes from (RFC 9420, Section 8.4).
type PSKType uint8

// PSK types.
const (
	ExternalPSK   PSKType = 1
	ResumptionPSK PSKType = 2
	// ApplicationPSK is of a component (draft-ietf-mls-extensions-10, Section 4.5).
	ApplicationPSK PSKType = 3
)

// A ResumptionPSKUsage says what a resumption PSK is for
// (RFC 9420, Section 8.4).
type ResumptionPSKUsage uint8

// Usages.
const (
	UsageApplication ResumptionPSKUsage = 1
	UsageReInit      ResumptionPSKUsage = 2
	UsageBranch      ResumptionPSKUsage = 3
)

// A PreSharedKeyID names a pre-shared key (RFC 9420, Section 8.4).
type PreSharedKeyID struct {
	Type      PSKType
	Component ComponentID        // application: whose it is
	ID        []byte             // external, application: the application's name for it
	Usage     ResumptionPSKUsage // resumption
	GroupID   []byte             // resumption: of the group that it comes from
	Epoch     uint64             // resumption
	Nonce     []byte             // one hash long, random
}

// MarshalMLS implements [Encoder].
func (p *PreSharedKeyID) MarshalMLS(w *codec.Writer) {
	w.Uint8(uint8(p.Type))
	switch p.Type {
	case ExternalPSK:
		w.Vector(p.ID)
	case ResumptionPSK:
		w.Uint8(uint8(p.Usage))
		w.Vector(p.GroupID)
		w.Uint64(p.Epoch)
	case ApplicationPSK:
		w.Uint16(uint16(p.Component))
		w.Vector(p.ID)
	}
	w.Vector(p.Nonce)
}

// UnmarshalMLS implements [Decoder].
func (p *PreSharedKeyID) UnmarshalMLS(r *codec.Reader) {
	p.Type = PSKType(r.Uint8())
	switch p.Type {
	case ExternalPSK:
		p.ID = r.Vector()
	case ResumptionPSK:
		p.Usage = ResumptionPSKUsage(r.Uint8())
		if p.Usage < UsageApplication || p.Usage > UsageBranch {
			r.Fail(invalidValue{"resumption PSK usage", uint64(p.Usage)})
		}
		p.GroupID = r.Vector()
		p.Epoch = r.Uint64()
	case ApplicationPSK:
		p.Component = ComponentID(r.Uint16())
		p.ID = r.Vector()
	default:
		r.Fail(invalidValue{"psktype", uint64(p.Type)})
	}
	p.Nonce = r.Vector()
}
