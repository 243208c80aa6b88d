package public

import "parley/mls/internal/codec"

// A PublicMessage is a message that is signed and not encrypted
// (RFC 9420, Section 6.2).
type PublicMessage struct {
	Content       FramedContent
	Auth          FramedContentAuthData
	MembershipTag []byte // one hash; only from a member
}

// MarshalMLS implements [Encoder].
func (m *PublicMessage) MarshalMLS(w *codec.Writer) {
	m.Content.MarshalMLS(w)
	m.Auth.Write(w, m.Content.ContentType)
	if m.Content.Sender.Type == SenderMember {
		w.Vector(m.MembershipTag)
	}
}

// UnmarshalMLS implements [Decoder]. It accepts application data, which
// RFC 9420, Section 6 forbids in a PublicMessage: receivers refuse it.
func (m *PublicMessage) UnmarshalMLS(r *codec.Reader) {
	m.Content.UnmarshalMLS(r)
	m.Auth.Read(r, m.Content.ContentType)
	if m.Content.Sender.Type == SenderMember {
		m.MembershipTag = r.Vector()
	}
}

// Authenticated returns the message without its protection. The caller must
// check the membership tag, if it can, and the signature.
func (m *PublicMessage) Authenticated() *AuthenticatedContent {
	return &AuthenticatedContent{WireFormat: WirePublicMessage, Content: m.Content, Auth: m.Auth}
}

// A PrivateMessage is a message that is signed and encrypted
// (RFC 9420, Section 6.3).
type PrivateMessage struct {
	GroupID             []byte
	Epoch               uint64
	ContentType         ContentType
	AuthenticatedData   []byte
	EncryptedSenderData []byte
	Ciphertext          []byte
}

// MarshalMLS implements [Encoder].
func (m *PrivateMessage) MarshalMLS(w *codec.Writer) {
	w.Vector(m.GroupID)
	w.Uint64(m.Epoch)
	w.Uint8(uint8(m.ContentType))
	w.Vector(m.AuthenticatedData)
	w.Vector(m.EncryptedSenderData)
	w.Vector(m.Ciphertext)
}

// UnmarshalMLS implements [Decoder].
func (m *PrivateMessage) UnmarshalMLS(r *codec.Reader) {
	m.GroupID = r.Vector()
	m.Epoch = r.Uint64()
	m.ContentType = readContentType(r)
	m.AuthenticatedData = r.Vector()
	m.EncryptedSenderData = r.Vector()
	m.Ciphertext = r.Vector()
}

// AAD returns the SenderDataAAD (RFC 9420, Section 6.3.2) and the
// PrivateContentAAD (RFC 9420, Section 6.3.1), which begins with it and shares
// its memory.
func (m *PrivateMessage) AAD() (senderData, content []byte) {
	w := codec.NewWriter(32 + len(m.GroupID) + len(m.AuthenticatedData))
	w.Vector(m.GroupID)
	w.Uint64(m.Epoch)
	w.Uint8(uint8(m.ContentType))
	n := len(w.Bytes())
	w.Vector(m.AuthenticatedData)
	return w.Bytes()[:n], w.Bytes()
}

// EncryptedGroupSecrets is one joiner's part of a Welcome
// (RFC 9420, Section 12.4.3.1).
type EncryptedGroupSecrets struct {
	NewMember             []byte // a KeyPackageRef
	EncryptedGroupSecrets HPKECiphertext
}

// MarshalMLS implements [Encoder].
func (s *EncryptedGroupSecrets) MarshalMLS(w *codec.Writer) {
	w.Vector(s.NewMember)
	s.EncryptedGroupSecrets.MarshalMLS(w)
}

// UnmarshalMLS implements [Decoder].
func (s *EncryptedGroupSecrets) UnmarshalMLS(r *codec.Reader) {
	s.NewMember = r.Vector()
	s.EncryptedGroupSecrets.UnmarshalMLS(r)
}

// A Welcome gives new members the secrets of their first epoch
// (RFC 9420, Section 12.4.3.1).
type Welcome struct {
	CipherSuite        CipherSuite
	Secrets            []EncryptedGroupSecrets
	EncryptedGroupInfo []byte
}

// MarshalMLS implements [Encoder].
func (m *Welcome) MarshalMLS(w *codec.Writer) {
	w.Uint16(uint16(m.CipherSuite))
	marshalList(w, m.Secrets)
	w.Vector(m.EncryptedGroupInfo)
}

// UnmarshalMLS implements [Decoder].
func (m *Welcome) UnmarshalMLS(r *codec.Reader) {
	m.CipherSuite = CipherSuite(r.Uint16())
	m.Secrets = unmarshalList[EncryptedGroupSecrets](r)
	m.EncryptedGroupInfo = r.Vector()
}

// An MLSMessage is what travels between clients (RFC 9420, Section 6). Exactly
// one field is set.
type MLSMessage struct {
	PublicMessage  *PublicMessage
	PrivateMessage *PrivateMessage
	Welcome        *Welcome
	GroupInfo      *GroupInfo
	KeyPackage     *KeyPackage
}

// WireFormat returns which field is set, 0 for none.
func (m *MLSMessage) WireFormat() WireFormat {
	switch {
	case m.PublicMessage != nil:
		return WirePublicMessage
	case m.PrivateMessage != nil:
		return WirePrivateMessage
	case m.Welcome != nil:
		return WireWelcome
	case m.GroupInfo != nil:
		return WireGroupInfo
	case m.KeyPackage != nil:
		return WireKeyPackage
	}
	return 0
}

// MarshalMLS implements [Encoder].
func (m *MLSMessage) MarshalMLS(w *codec.Writer) {
	w.Uint16(uint16(MLS10))
	w.Uint16(uint16(m.WireFormat()))
	switch {
	case m.PublicMessage != nil:
		m.PublicMessage.MarshalMLS(w)
	case m.PrivateMessage != nil:
		m.PrivateMessage.MarshalMLS(w)
	case m.Welcome != nil:
		m.Welcome.MarshalMLS(w)
	case m.GroupInfo != nil:
		m.GroupInfo.MarshalMLS(w)
	case m.KeyPackage != nil:
		m.KeyPackage.MarshalMLS(w)
	}
}

// UnmarshalMLS implements [Decoder]. A version other than mls10 fails with
// [ErrVersion], an unknown wire format with [ErrWireFormat].
func (m *MLSMessage) UnmarshalMLS(r *codec.Reader) {
	switch readHeader(r) {
	case WirePublicMessage:
		m.PublicMessage = new(PublicMessage)
		m.PublicMessage.UnmarshalMLS(r)
	case WirePrivateMessage:
		m.PrivateMessage = new(PrivateMessage)
		m.PrivateMessage.UnmarshalMLS(r)
	case WireWelcome:
		m.Welcome = new(Welcome)
		m.Welcome.UnmarshalMLS(r)
	case WireGroupInfo:
		m.GroupInfo = new(GroupInfo)
		m.GroupInfo.UnmarshalMLS(r)
	case WireKeyPackage:
		m.KeyPackage = new(KeyPackage)
		m.KeyPackage.UnmarshalMLS(r)
		// RFC 9420, Section 10: both versions must be the same.
		if m.KeyPackage.Version != MLS10 {
			r.Fail(ErrVersion)
		}
	default:
		r.Fail(ErrWireFormat)
	}
}

// readHeader reads version and wire format.
func readHeader(r *codec.Reader) WireFormat {
	if ProtocolVersion(r.Uint16()) != MLS10 {
		r.Fail(ErrVersion)
	}
	return WireFormat(r.Uint16())
}

// Message returns the encoding of m as an MLSMessage.
func (m *PublicMessage) Message() []byte { return Marshal(&MLSMessage{PublicMessage: m}) }

// Message returns the encoding of m as an MLSMessage.
func (m *PrivateMessage) Message() []byte {
	w := codec.NewWriter(64 + len(m.GroupID) + len(m.AuthenticatedData) + len(m.EncryptedSenderData) + len(m.Ciphertext))
	(&MLSMessage{PrivateMessage: m}).MarshalMLS(w)
	return w.Bytes()
}

// Message returns the encoding of m as an MLSMessage.
func (m *Welcome) Message() []byte { return Marshal(&MLSMessage{Welcome: m}) }

// Message returns the encoding of g as an MLSMessage.
func (g *GroupInfo) Message() []byte { return Marshal(&MLSMessage{GroupInfo: g}) }

// Message returns the encoding of k as an MLSMessage.
func (k *KeyPackage) Message() []byte { return Marshal(&MLSMessage{KeyPackage: k}) }
