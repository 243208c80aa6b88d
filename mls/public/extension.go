package public

import (
	"slices"

	"parley/mls/internal/codec"
)

// A ProtocolVersion is a version of MLS (RFC 9420, Section 6).
type ProtocolVersion uint16

// MLS10 is the only version.
const MLS10 ProtocolVersion = 1

// An ExtensionType names a kind of extension (RFC 9420, Section 17.3).
type ExtensionType uint16

// Extension types. Those up to ExternalSendersExtension are "default": every
// client implements them and capabilities don't list them
// (RFC 9420, Section 7.2).
const (
	ApplicationIDExtension        ExtensionType = 1 // in LeafNode
	RatchetTreeExtension          ExtensionType = 2 // in GroupInfo
	RequiredCapabilitiesExtension ExtensionType = 3 // in GroupContext
	ExternalPubExtension          ExtensionType = 4 // in GroupInfo
	ExternalSendersExtension      ExtensionType = 5 // in GroupContext
	// AppDataDictionaryExtension is from draft-ietf-mls-extensions, in
	// KeyPackage, LeafNode, GroupContext and GroupInfo.
	AppDataDictionaryExtension ExtensionType = 6
	// SupportedWireFormatsExtension, in LeafNode, and RequiredWireFormatsExtension,
	// in GroupContext, hold [WireFormats] (draft-ietf-mls-extensions-10, Section 5).
	SupportedWireFormatsExtension ExtensionType = 7
	RequiredWireFormatsExtension  ExtensionType = 8
)

// Default reports whether every client implements the extension
// (RFC 9420, Section 7.2).
func (t ExtensionType) Default() bool {
	return t >= ApplicationIDExtension && t <= ExternalSendersExtension
}

// An Extension is an addition to a KeyPackage, LeafNode, GroupContext or
// GroupInfo (RFC 9420, Section 7.2).
type Extension struct {
	Type ExtensionType
	Data []byte // its form depends on Type
}

// MarshalMLS implements [Encoder].
func (e *Extension) MarshalMLS(w *codec.Writer) {
	w.Uint16(uint16(e.Type))
	w.Vector(e.Data)
}

// UnmarshalMLS implements [Decoder].
func (e *Extension) UnmarshalMLS(r *codec.Reader) {
	e.Type = ExtensionType(r.Uint16())
	e.Data = r.Vector()
}

// Extensions is a list with at most one extension of each type.
type Extensions []Extension

// MarshalMLS writes the list as one vector.
func (e Extensions) MarshalMLS(w *codec.Writer) { marshalList(w, e) }

// UnmarshalMLS reads the list from one vector. It accepts repeated types:
// validation refuses them by name.
func (e *Extensions) UnmarshalMLS(r *codec.Reader) { *e = unmarshalList[Extension](r) }

// Find returns the data of the extension of type t, and whether there is one.
func (e Extensions) Find(t ExtensionType) ([]byte, bool) {
	for i := range e {
		if e[i].Type == t {
			return e[i].Data, true
		}
	}
	return nil, false
}

// Equal reports whether both lists are the same, in the same order.
func (e Extensions) Equal(other Extensions) bool {
	return slices.EqualFunc(e, other, func(a, b Extension) bool {
		return a.Type == b.Type && string(a.Data) == string(b.Data)
	})
}

// unique reports whether no type occurs twice (RFC 9420, Section 13.4).
func (e Extensions) unique() bool {
	seen := make(map[ExtensionType]bool, len(e))
	for i := range e {
		if seen[e[i].Type] {
			return false
		}
		seen[e[i].Type] = true
	}
	return true
}

// RequiredCapabilities lists what every member must support
// (RFC 9420, Section 11.1).
type RequiredCapabilities struct {
	Extensions  []ExtensionType
	Proposals   []ProposalType
	Credentials []CredentialType
}

// MarshalMLS implements [Encoder].
func (c *RequiredCapabilities) MarshalMLS(w *codec.Writer) {
	writeUint16s(w, c.Extensions)
	writeUint16s(w, c.Proposals)
	writeUint16s(w, c.Credentials)
}

// UnmarshalMLS implements [Decoder].
func (c *RequiredCapabilities) UnmarshalMLS(r *codec.Reader) {
	c.Extensions = readUint16s[ExtensionType](r)
	c.Proposals = readUint16s[ProposalType](r)
	c.Credentials = readUint16s[CredentialType](r)
}

// An ExternalSender may send proposals without being a member
// (RFC 9420, Section 12.1.8.1).
type ExternalSender struct {
	SignatureKey SignaturePublicKey
	Credential   Credential
}

// MarshalMLS implements [Encoder].
func (s *ExternalSender) MarshalMLS(w *codec.Writer) {
	w.Vector(s.SignatureKey)
	s.Credential.MarshalMLS(w)
}

// UnmarshalMLS implements [Decoder].
func (s *ExternalSender) UnmarshalMLS(r *codec.Reader) {
	s.SignatureKey = r.Vector()
	s.Credential.UnmarshalMLS(r)
}

// ExternalSenders is the content of the external_senders extension.
type ExternalSenders []ExternalSender

// MarshalMLS implements [Encoder].
func (s ExternalSenders) MarshalMLS(w *codec.Writer) { marshalList(w, s) }

// UnmarshalMLS implements [Decoder].
func (s *ExternalSenders) UnmarshalMLS(r *codec.Reader) { *s = unmarshalList[ExternalSender](r) }

// ExternalPub is the content of the external_pub extension: the key to which an
// external joiner encapsulates its init secret (RFC 9420, Section 12.4.3.2).
type ExternalPub struct {
	Key HPKEPublicKey
}

// MarshalMLS implements [Encoder].
func (p *ExternalPub) MarshalMLS(w *codec.Writer) { w.Vector(p.Key) }

// UnmarshalMLS implements [Decoder].
func (p *ExternalPub) UnmarshalMLS(r *codec.Reader) { p.Key = r.Vector() }
