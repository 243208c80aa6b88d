package public

import "parley/mls/internal/codec"

// A FramedContentTBS is what the sender of a message signs
// (RFC 9420, Section 6.1), read back: for who checks a message outside its group.
// Its signature has the label [FramedContentLabel].
type FramedContentTBS struct {
	WireFormat WireFormat
	Content    FramedContent
	Context    *GroupContext // of members and of who joins by commit; else nil
}

// FramedContentLabel is the label of signatures of a [FramedContentTBS].
const FramedContentLabel = framedContentLabel

// MarshalMLS implements [Encoder].
func (t *FramedContentTBS) MarshalMLS(w *codec.Writer) {
	a := AuthenticatedContent{WireFormat: t.WireFormat, Content: t.Content}
	a.marshalTBS(w, t.Context)
}

// UnmarshalMLS implements [Decoder]. A version other than mls10 fails with
// [ErrVersion].
func (t *FramedContentTBS) UnmarshalMLS(r *codec.Reader) {
	if ProtocolVersion(r.Uint16()) != MLS10 {
		r.Fail(ErrVersion)
	}
	t.WireFormat = WireFormat(r.Uint16())
	t.Content.UnmarshalMLS(r)
	if s := t.Content.Sender.Type; s == SenderMember || s == SenderNewMemberCommit {
		t.Context = new(GroupContext)
		t.Context.UnmarshalMLS(r)
	}
}
