package public

import "parley/mls/internal/codec"

// A ProposalOrRef is a proposal in a commit: by value, or by the reference of a
// proposal sent before (RFC 9420, Section 12.4). Exactly one field is set.
type ProposalOrRef struct {
	Proposal  Proposal
	Reference []byte // a ProposalRef (RFC 9420, Section 5.2)
}

const (
	proposalByValue     = 1
	proposalByReference = 2
)

// MarshalMLS implements [Encoder].
func (p *ProposalOrRef) MarshalMLS(w *codec.Writer) {
	if p.Proposal != nil {
		w.Uint8(proposalByValue)
		WriteProposal(w, p.Proposal)
		return
	}
	w.Uint8(proposalByReference)
	w.Vector(p.Reference)
}

// UnmarshalMLS implements [Decoder].
func (p *ProposalOrRef) UnmarshalMLS(r *codec.Reader) {
	switch t := r.Uint8(); t {
	case proposalByValue:
		p.Proposal = ReadProposal(r)
	case proposalByReference:
		p.Reference = r.Vector()
	default:
		r.Fail(invalidValue{"ProposalOrRefType", uint64(t)})
	}
}

// An HPKECiphertext is one encrypted path or group secret
// (RFC 9420, Section 7.6).
type HPKECiphertext struct {
	KEMOutput  []byte
	Ciphertext []byte
}

// MarshalMLS implements [Encoder].
func (c *HPKECiphertext) MarshalMLS(w *codec.Writer) {
	w.Vector(c.KEMOutput)
	w.Vector(c.Ciphertext)
}

// UnmarshalMLS implements [Decoder].
func (c *HPKECiphertext) UnmarshalMLS(r *codec.Reader) {
	c.KEMOutput = r.Vector()
	c.Ciphertext = r.Vector()
}

// An UpdatePathNode is the new key of one node on the committer's filtered
// direct path (RFC 9420, Section 7.6).
type UpdatePathNode struct {
	EncryptionKey HPKEPublicKey
	// PathSecrets has one ciphertext for each node in the resolution of the
	// copath child, without the leaves that the same commit adds.
	PathSecrets []HPKECiphertext
}

// MarshalMLS implements [Encoder].
func (n *UpdatePathNode) MarshalMLS(w *codec.Writer) {
	w.Vector(n.EncryptionKey)
	marshalList(w, n.PathSecrets)
}

// UnmarshalMLS implements [Decoder].
func (n *UpdatePathNode) UnmarshalMLS(r *codec.Reader) {
	n.EncryptionKey = r.Vector()
	n.PathSecrets = unmarshalList[HPKECiphertext](r)
}

// An UpdatePath renews the committer's leaf and filtered direct path
// (RFC 9420, Section 7.6).
type UpdatePath struct {
	LeafNode LeafNode
	Nodes    []UpdatePathNode // from the leaf's side to the root
}

// MarshalMLS implements [Encoder].
func (p *UpdatePath) MarshalMLS(w *codec.Writer) {
	w.Grow(p.size())
	p.LeafNode.MarshalMLS(w)
	marshalList(w, p.Nodes)
}

// size returns about how many bytes MarshalMLS writes, rather more than less.
func (p *UpdatePath) size() int {
	n := 1024
	for i := range p.Nodes {
		n += 16 + len(p.Nodes[i].EncryptionKey)
		for k := range p.Nodes[i].PathSecrets {
			c := &p.Nodes[i].PathSecrets[k]
			n += 8 + len(c.KEMOutput) + len(c.Ciphertext)
		}
	}
	return n
}

// UnmarshalMLS implements [Decoder].
func (p *UpdatePath) UnmarshalMLS(r *codec.Reader) {
	p.LeafNode.UnmarshalMLS(r)
	p.Nodes = unmarshalList[UpdatePathNode](r)
}

// A Commit starts a new epoch (RFC 9420, Section 12.4).
type Commit struct {
	Proposals []ProposalOrRef
	Path      *UpdatePath // nil if absent
}

// MarshalMLS implements [Encoder].
func (c *Commit) MarshalMLS(w *codec.Writer) {
	marshalList(w, c.Proposals)
	w.Optional(c.Path != nil)
	if c.Path != nil {
		c.Path.MarshalMLS(w)
	}
}

// UnmarshalMLS implements [Decoder].
func (c *Commit) UnmarshalMLS(r *codec.Reader) {
	c.Proposals = unmarshalList[ProposalOrRef](r)
	c.Path = unmarshalOptional[UpdatePath](r)
}
