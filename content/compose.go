package content

import "crypto/rand"

// The media types of text that we write.
const (
	TypeMarkdown = "text/markdown;variant=GFM-MIMI"
	TypePlain    = "text/plain;charset=utf-8"
)

// NewText returns a message whose text is Markdown.
func NewText(ext Extensions, text string) *Message {
	return newMessage(ext, DispositionRender, SinglePart{TypeMarkdown, []byte(text)})
}

// NewPlain returns a message whose text is shown as it stands.
func NewPlain(ext Extensions, text string) *Message {
	return newMessage(ext, DispositionRender, SinglePart{TypePlain, []byte(text)})
}

// NewReply returns a message in Markdown that answers message to.
func NewReply(ext Extensions, to MessageID, text string) *Message {
	m := NewText(ext, text)
	m.InReplyTo = to
	return m
}

// NewEdit returns a new version, in Markdown, of the message whose first
// version is first. inReplyTo is what the first version answers, or zero: an
// edit doesn't change it.
func NewEdit(ext Extensions, first, inReplyTo MessageID, text string) *Message {
	m := NewReply(ext, inReplyTo, text)
	m.Replaces = first
	return m
}

// NewUnsend returns the message that takes back the one whose first version is
// first. inReplyTo is what that one answers, or zero.
func NewUnsend(ext Extensions, first, inReplyTo MessageID) *Message {
	m := newMessage(ext, DispositionRender, NullPart{})
	m.Replaces, m.InReplyTo = first, inReplyTo
	return m
}

// NewReaction returns a reaction to message to. It returns ErrReaction unless
// emoji is one emoji.
func NewReaction(ext Extensions, to MessageID, emoji string) (*Message, error) {
	if !IsEmoji(emoji) {
		return nil, ErrReaction
	}
	m := newMessage(ext, DispositionReaction, SinglePart{TypePlain, []byte(emoji)})
	m.InReplyTo = to
	return m, nil
}

// NewUnreact returns the message that takes back reaction, which was to message to.
func NewUnreact(ext Extensions, reaction, to MessageID) *Message {
	m := NewUnsend(ext, reaction, to)
	m.Part.Disposition = DispositionReaction
	return m
}

// newMessage returns a message with a fresh salt (draft-ietf-mimi-content-08,
// Section 9.2).
func newMessage(ext Extensions, d Disposition, body Body) *Message {
	m := &Message{Extensions: ext, Part: NestedPart{Disposition: d, Body: body}}
	rand.Read(m.Salt[:]) // never fails
	return m
}
