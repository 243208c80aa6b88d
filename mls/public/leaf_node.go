package public

import (
	"bytes"
	"slices"

	"parley/mls/internal/codec"
)

// Capabilities lists what a client supports (RFC 9420, Section 7.2). Unknown
// values, GREASE among them, are kept and mean nothing.
type Capabilities struct {
	Versions     []ProtocolVersion
	CipherSuites []CipherSuite
	Extensions   []ExtensionType // without the default ones
	Proposals    []ProposalType  // without the default ones
	Credentials  []CredentialType
}

// MarshalMLS implements [Encoder].
func (c *Capabilities) MarshalMLS(w *codec.Writer) {
	writeUint16s(w, c.Versions)
	writeUint16s(w, c.CipherSuites)
	writeUint16s(w, c.Extensions)
	writeUint16s(w, c.Proposals)
	writeUint16s(w, c.Credentials)
}

// UnmarshalMLS implements [Decoder].
func (c *Capabilities) UnmarshalMLS(r *codec.Reader) {
	c.Versions = readUint16s[ProtocolVersion](r)
	c.CipherSuites = readUint16s[CipherSuite](r)
	c.Extensions = readUint16s[ExtensionType](r)
	c.Proposals = readUint16s[ProposalType](r)
	c.Credentials = readUint16s[CredentialType](r)
}

// SupportsExtension reports whether t is default or listed.
func (c *Capabilities) SupportsExtension(t ExtensionType) bool {
	return t.Default() || slices.Contains(c.Extensions, t)
}

// SupportsProposal reports whether t is default or listed.
func (c *Capabilities) SupportsProposal(t ProposalType) bool {
	return t.Default() || slices.Contains(c.Proposals, t)
}

// SupportsCredential reports whether t is listed.
func (c *Capabilities) SupportsCredential(t CredentialType) bool {
	return slices.Contains(c.Credentials, t)
}

// A Lifetime bounds when a LeafNode from a KeyPackage may be used
// (RFC 9420, Section 7.2).
type Lifetime struct {
	NotBefore uint64 // seconds since 1970-01-01T00:00:00Z
	NotAfter  uint64 // likewise, inclusive
}

// A LeafNodeSource says how a LeafNode came into the tree
// (RFC 9420, Section 7.2).
type LeafNodeSource uint8

// Sources.
const (
	SourceKeyPackage LeafNodeSource = 1 // has a Lifetime
	SourceUpdate     LeafNodeSource = 2
	SourceCommit     LeafNodeSource = 3 // has a ParentHash
)

// A LeafNode is one client's appearance in a group, signed by that client
// (RFC 9420, Section 7.2). A LeafNode in a Tree must not be changed.
type LeafNode struct {
	EncryptionKey HPKEPublicKey
	SignatureKey  SignaturePublicKey
	Credential    Credential
	Capabilities  Capabilities
	Source        LeafNodeSource
	Lifetime      Lifetime // only with SourceKeyPackage
	ParentHash    []byte   // only with SourceCommit: empty or one hash
	Extensions    Extensions
	Signature     []byte
}

// MarshalMLS implements [Encoder].
func (n *LeafNode) MarshalMLS(w *codec.Writer) {
	n.marshalUnsigned(w)
	w.Vector(n.Signature)
}

// marshalUnsigned writes all fields except the signature.
func (n *LeafNode) marshalUnsigned(w *codec.Writer) {
	w.Vector(n.EncryptionKey)
	w.Vector(n.SignatureKey)
	n.Credential.MarshalMLS(w)
	n.Capabilities.MarshalMLS(w)
	w.Uint8(uint8(n.Source))
	switch n.Source {
	case SourceKeyPackage:
		w.Uint64(n.Lifetime.NotBefore)
		w.Uint64(n.Lifetime.NotAfter)
	case SourceCommit:
		w.Vector(n.ParentHash)
	}
	n.Extensions.MarshalMLS(w)
}

// UnmarshalMLS implements [Decoder].
func (n *LeafNode) UnmarshalMLS(r *codec.Reader) {
	n.EncryptionKey = r.Vector()
	n.SignatureKey = r.Vector()
	n.Credential.UnmarshalMLS(r)
	n.Capabilities.UnmarshalMLS(r)
	n.Source = LeafNodeSource(r.Uint8())
	switch n.Source {
	case SourceKeyPackage:
		n.Lifetime = Lifetime{NotBefore: r.Uint64(), NotAfter: r.Uint64()}
	case SourceUpdate:
	case SourceCommit:
		n.ParentHash = r.Vector()
	default:
		r.Fail(invalidValue{"leaf_node_source", uint64(n.Source)})
	}
	n.Extensions.UnmarshalMLS(r)
	n.Signature = r.Vector()
}

// TBS returns the LeafNodeTBS that the signature covers
// (RFC 9420, Section 7.2). Group and leaf are left out with SourceKeyPackage.
func (n *LeafNode) TBS(groupID []byte, leaf LeafIndex) []byte {
	var w codec.Writer
	n.marshalUnsigned(&w)
	if n.Source != SourceKeyPackage {
		w.Vector(groupID)
		w.Uint32(uint32(leaf))
	}
	return w.Bytes()
}

// Sign sets the signature, under the label "LeafNodeTBS". The error is [ErrKey].
func (n *LeafNode) Sign(s *Suite, key SignaturePrivateKey, groupID []byte, leaf LeafIndex) (err error) {
	n.Signature, err = s.SignWithLabel(key, leafNodeLabel, n.TBS(groupID, leaf))
	return err
}

// VerifySignature returns [ErrSignature] if the signature is not one by
// SignatureKey.
func (n *LeafNode) VerifySignature(s *Suite, groupID []byte, leaf LeafIndex) error {
	return verify(s, n.SignatureKey, leafNodeLabel, n.TBS(groupID, leaf), n.Signature)
}

// Equal reports whether both are the same in every byte.
func (n *LeafNode) Equal(other *LeafNode) bool {
	return bytes.Equal(Marshal(n), Marshal(other))
}

// Clone returns a copy that shares no memory with n.
func (n *LeafNode) Clone() *LeafNode {
	c := new(LeafNode)
	c.UnmarshalMLS(codec.NewReader(Marshal(n)))
	return c
}
