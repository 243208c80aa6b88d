package public

import (
	"bytes"

	"parley/mls/internal/codec"
)

// A GroupContext summarizes the state of a group in one epoch
// (RFC 9420, Section 8.1).
type GroupContext struct {
	Version                 ProtocolVersion
	CipherSuite             CipherSuite
	GroupID                 []byte
	Epoch                   uint64
	TreeHash                []byte // one hash
	ConfirmedTranscriptHash []byte // one hash; empty in epoch 0
	Extensions              Extensions
}

// MarshalMLS implements [Encoder].
func (c *GroupContext) MarshalMLS(w *codec.Writer) {
	w.Uint16(uint16(c.Version))
	w.Uint16(uint16(c.CipherSuite))
	w.Vector(c.GroupID)
	w.Uint64(c.Epoch)
	w.Vector(c.TreeHash)
	w.Vector(c.ConfirmedTranscriptHash)
	c.Extensions.MarshalMLS(w)
}

// UnmarshalMLS implements [Decoder]. A version other than mls10 fails with
// [ErrVersion].
func (c *GroupContext) UnmarshalMLS(r *codec.Reader) {
	c.Version = ProtocolVersion(r.Uint16())
	if c.Version != MLS10 {
		r.Fail(ErrVersion)
	}
	c.CipherSuite = CipherSuite(r.Uint16())
	c.GroupID = r.Vector()
	c.Epoch = r.Uint64()
	c.TreeHash = r.Vector()
	c.ConfirmedTranscriptHash = r.Vector()
	c.Extensions.UnmarshalMLS(r)
}

// Equal reports whether both contexts are the same in every byte.
func (c *GroupContext) Equal(other *GroupContext) bool {
	return bytes.Equal(Marshal(c), Marshal(other))
}

// clone returns a copy whose slices may be replaced, not written to.
func (c *GroupContext) clone() *GroupContext {
	copied := *c
	return &copied
}

// requiredCapabilities returns the content of the extension of that name, nil
// if there is none.
func (e Extensions) requiredCapabilities() (*RequiredCapabilities, error) {
	data, ok := e.Find(RequiredCapabilitiesExtension)
	if !ok {
		return nil, nil
	}
	return Parse[RequiredCapabilities](data)
}

// externalSenders returns the content of the extension of that name, nil if
// there is none.
func (e Extensions) externalSenders() (ExternalSenders, error) {
	data, ok := e.Find(ExternalSendersExtension)
	if !ok {
		return nil, nil
	}
	senders, err := Parse[ExternalSenders](data)
	if err != nil {
		return nil, err
	}
	return *senders, nil
}

// A GroupInfo tells a joiner about a group (RFC 9420, Section 12.4.3).
type GroupInfo struct {
	GroupContext    GroupContext
	Extensions      Extensions
	ConfirmationTag []byte // one hash
	Signer          LeafIndex
	Signature       []byte
}

// MarshalMLS implements [Encoder].
func (g *GroupInfo) MarshalMLS(w *codec.Writer) {
	g.marshalUnsigned(w)
	w.Vector(g.Signature)
}

func (g *GroupInfo) marshalUnsigned(w *codec.Writer) {
	g.GroupContext.MarshalMLS(w)
	g.Extensions.MarshalMLS(w)
	w.Vector(g.ConfirmationTag)
	w.Uint32(uint32(g.Signer))
}

// UnmarshalMLS implements [Decoder].
func (g *GroupInfo) UnmarshalMLS(r *codec.Reader) {
	g.GroupContext.UnmarshalMLS(r)
	g.Extensions.UnmarshalMLS(r)
	g.ConfirmationTag = r.Vector()
	g.Signer = LeafIndex(r.Uint32())
	g.Signature = r.Vector()
}

// TBS returns the GroupInfoTBS that the signature covers.
func (g *GroupInfo) TBS() []byte {
	var w codec.Writer
	g.marshalUnsigned(&w)
	return w.Bytes()
}

// Sign sets the signature, under the label "GroupInfoTBS". The error is [ErrKey].
func (g *GroupInfo) Sign(s *Suite, key SignaturePrivateKey) (err error) {
	g.Signature, err = s.SignWithLabel(key, groupInfoLabel, g.TBS())
	return err
}

// VerifySignature returns [ErrSignature] if the signature is not one by key.
func (g *GroupInfo) VerifySignature(s *Suite, key SignaturePublicKey) error {
	return verify(s, key, groupInfoLabel, g.TBS(), g.Signature)
}

// ParseGroupInfo decodes an MLSMessage that carries a GroupInfo. It judges form
// only. Errors: [ErrMalformed], [ErrVersion], [ErrWireFormat].
func ParseGroupInfo(message []byte) (*GroupInfo, error) {
	m, err := Parse[MLSMessage](message)
	if err != nil {
		return nil, err
	}
	if m.GroupInfo == nil {
		return nil, ErrWireFormat
	}
	return m.GroupInfo, nil
}
