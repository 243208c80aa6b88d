package public

import (
	"parley/mls/internal/codec"
	"parley/mls/internal/suite"
)

// A WireFormat says what an MLSMessage carries (RFC 9420, Section 17.2).
type WireFormat uint16

// Wire formats.
const (
	WirePublicMessage  WireFormat = 1
	WirePrivateMessage WireFormat = 2
	WireWelcome        WireFormat = 3
	WireGroupInfo      WireFormat = 4
	WireKeyPackage     WireFormat = 5
)

// A ContentType says what a FramedContent carries (RFC 9420, Section 6).
type ContentType uint8

// Content types.
const (
	ContentApplication ContentType = 1
	ContentProposal    ContentType = 2
	ContentCommit      ContentType = 3
)

// readContentType reads a content type and fails for an unknown one.
func readContentType(r *codec.Reader) ContentType {
	t := ContentType(r.Uint8())
	if t < ContentApplication || t > ContentCommit {
		r.Fail(invalidValue{"content_type", uint64(t)})
	}
	return t
}

// A SenderType says what kind of party sent a message (RFC 9420, Section 6).
type SenderType uint8

// Sender types.
const (
	SenderMember            SenderType = 1
	SenderExternal          SenderType = 2
	SenderNewMemberProposal SenderType = 3
	SenderNewMemberCommit   SenderType = 4
)

// A Sender says who sent a message (RFC 9420, Section 6).
type Sender struct {
	Type SenderType
	// Index is the leaf of a member, or the place of an external sender in the
	// external_senders extension; 0 for others.
	Index uint32
}

// MemberSender returns the Sender of the member at leaf.
func MemberSender(leaf LeafIndex) Sender {
	return Sender{Type: SenderMember, Index: uint32(leaf)}
}

// MarshalMLS implements [Encoder].
func (s *Sender) MarshalMLS(w *codec.Writer) {
	w.Uint8(uint8(s.Type))
	if s.Type == SenderMember || s.Type == SenderExternal {
		w.Uint32(s.Index)
	}
}

// UnmarshalMLS implements [Decoder].
func (s *Sender) UnmarshalMLS(r *codec.Reader) {
	s.Type = SenderType(r.Uint8())
	switch s.Type {
	case SenderMember, SenderExternal:
		s.Index = r.Uint32()
	case SenderNewMemberProposal, SenderNewMemberCommit:
	default:
		r.Fail(invalidValue{"sender_type", uint64(s.Type)})
	}
}

// A FramedContent is the content of a message (RFC 9420, Section 6). Of the
// last three fields, exactly the one that ContentType names is set.
type FramedContent struct {
	GroupID           []byte
	Epoch             uint64
	Sender            Sender
	AuthenticatedData []byte
	ContentType       ContentType

	ApplicationData []byte
	Proposal        Proposal
	Commit          *Commit
}

// MarshalMLS implements [Encoder].
func (c *FramedContent) MarshalMLS(w *codec.Writer) {
	w.Vector(c.GroupID)
	w.Uint64(c.Epoch)
	c.Sender.MarshalMLS(w)
	w.Vector(c.AuthenticatedData)
	w.Uint8(uint8(c.ContentType))
	c.MarshalBody(w)
}

// MarshalBody writes the application data, proposal or commit alone, as
// PrivateMessageContent has it (RFC 9420, Section 6.3.1).
func (c *FramedContent) MarshalBody(w *codec.Writer) {
	switch c.ContentType {
	case ContentApplication:
		w.Vector(c.ApplicationData)
	case ContentProposal:
		WriteProposal(w, c.Proposal)
	case ContentCommit:
		c.Commit.MarshalMLS(w)
	}
}

// UnmarshalMLS implements [Decoder].
func (c *FramedContent) UnmarshalMLS(r *codec.Reader) {
	c.GroupID = r.Vector()
	c.Epoch = r.Uint64()
	c.Sender.UnmarshalMLS(r)
	c.AuthenticatedData = r.Vector()
	c.ContentType = readContentType(r)
	c.UnmarshalBody(r)
}

// UnmarshalBody reads what MarshalBody writes. ContentType must be set.
func (c *FramedContent) UnmarshalBody(r *codec.Reader) {
	switch c.ContentType {
	case ContentApplication:
		c.ApplicationData = r.Vector()
	case ContentProposal:
		c.Proposal = ReadProposal(r)
	case ContentCommit:
		c.Commit = new(Commit)
		c.Commit.UnmarshalMLS(r)
	}
}

// FramedContentAuthData authenticates a FramedContent
// (RFC 9420, Section 6.1).
type FramedContentAuthData struct {
	Signature       []byte
	ConfirmationTag []byte // one hash; only with ContentCommit
}

// Write writes the value for content of type t.
func (a *FramedContentAuthData) Write(w *codec.Writer, t ContentType) {
	w.Vector(a.Signature)
	if t == ContentCommit {
		w.Vector(a.ConfirmationTag)
	}
}

// Read reads the value for content of type t.
func (a *FramedContentAuthData) Read(r *codec.Reader, t ContentType) {
	a.Signature = r.Vector()
	if t == ContentCommit {
		a.ConfirmationTag = r.Vector()
	}
}

// An AuthenticatedContent is a message without the protection of its wire
// format (RFC 9420, Section 6). Having one doesn't mean that it was verified.
type AuthenticatedContent struct {
	WireFormat WireFormat // WirePublicMessage or WirePrivateMessage
	Content    FramedContent
	Auth       FramedContentAuthData
}

// MarshalMLS implements [Encoder].
func (a *AuthenticatedContent) MarshalMLS(w *codec.Writer) {
	w.Uint16(uint16(a.WireFormat))
	a.Content.MarshalMLS(w)
	a.Auth.Write(w, a.Content.ContentType)
}

// UnmarshalMLS implements [Decoder].
func (a *AuthenticatedContent) UnmarshalMLS(r *codec.Reader) {
	a.WireFormat = WireFormat(r.Uint16())
	if a.WireFormat != WirePublicMessage && a.WireFormat != WirePrivateMessage {
		r.Fail(invalidValue{"wire_format", uint64(a.WireFormat)})
	}
	a.Content.UnmarshalMLS(r)
	a.Auth.Read(r, a.Content.ContentType)
}

// TBS returns the FramedContentTBS that the signature covers
// (RFC 9420, Section 6.1). It covers context, which is that of the current
// epoch, only if the sender is a member or joins by this commit; else it may be
// nil.
func (a *AuthenticatedContent) TBS(context *GroupContext) []byte {
	return a.signable(context).Content()
}

// signable returns what the signature covers.
func (a *AuthenticatedContent) signable(context *GroupContext) suite.Signable {
	size := 256 + len(a.Content.AuthenticatedData) + len(a.Content.ApplicationData)
	if context != nil {
		for i := range context.Extensions {
			size += 4 + len(context.Extensions[i].Data)
		}
	}
	return suite.NewSignable(framedContentLabel, size, func(w *codec.Writer) { a.marshalTBS(w, context) })
}

func (a *AuthenticatedContent) marshalTBS(w *codec.Writer, context *GroupContext) {
	w.Uint16(uint16(MLS10))
	w.Uint16(uint16(a.WireFormat))
	a.Content.MarshalMLS(w)
	if t := a.Content.Sender.Type; t == SenderMember || t == SenderNewMemberCommit {
		context.MarshalMLS(w)
	}
}

// TBM returns the AuthenticatedContentTBM that the membership tag covers
// (RFC 9420, Section 6.2).
func (a *AuthenticatedContent) TBM(context *GroupContext) []byte {
	var w codec.Writer
	a.marshalTBS(&w, context)
	a.Auth.Write(&w, a.Content.ContentType)
	return w.Bytes()
}

// Sign sets the signature, under the label "FramedContentTBS". The error is
// [ErrKey].
func (a *AuthenticatedContent) Sign(s *Suite, key SignaturePrivateKey, context *GroupContext) (err error) {
	a.Auth.Signature, err = s.Sign(key, a.signable(context))
	return err
}

// VerifySignature returns [ErrSignature] if the signature is not one by key.
func (a *AuthenticatedContent) VerifySignature(s *Suite, key SignaturePublicKey, context *GroupContext) error {
	_, err := a.VerifyTBS(s, key, context)
	return err
}

// VerifyTBS is VerifySignature that returns the FramedContentTBS as well. The
// error is [ErrSignature].
func (a *AuthenticatedContent) VerifyTBS(s *Suite, key SignaturePublicKey, context *GroupContext) ([]byte, error) {
	c := a.signable(context)
	if s.Verify(key, c, a.Auth.Signature) != nil {
		return nil, ErrSignature
	}
	return c.Content(), nil
}

// Ref returns the ProposalRef of a proposal sent as a
// (RFC 9420, Section 5.2).
func (a *AuthenticatedContent) Ref(s *Suite) []byte {
	return s.ProposalRef(Marshal(a))
}
