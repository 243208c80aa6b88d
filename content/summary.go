package content

import (
	"strings"
	"unicode/utf8"
)

// A Kind says in a word what a message does. The words are a contract: scripts
// read them.
type Kind string

// The kinds. A reply is a text whose InReplyTo names a message.
const (
	KindText     Kind = "text"
	KindEdit     Kind = "edit"     // Replaces names the first version
	KindUnsend   Kind = "unsend"   // Replaces names a message or a reaction
	KindReaction Kind = "reaction" // InReplyTo names the message; Text is one emoji
	KindStatus   Kind = "status"   // see [Message.Reports]; Text is empty
	KindRoom     Kind = "room"     // see [Message.RoomSettings]; Text is empty
	KindProfile  Kind = "profile"  // see [Message.Profile]; Text is empty
	KindState    Kind = "state"    // see [Message.States]; Text is empty
	KindUnknown  Kind = "unknown"  // Text is a fallback that describes it
)

// A Summary is what a client needs to know in order to show a message.
type Summary struct {
	Kind      Kind
	Text      string // valid UTF-8, otherwise as its author wrote it; never empty for KindUnknown
	Markdown  bool   // Text is Markdown, without HTML
	Replaces  MessageID
	InReplyTo MessageID
}

// Summary returns what m is and what to show for it. It never fails: what we
// don't know gets a description in its place.
func (m *Message) Summary() Summary {
	s := Summary{Replaces: m.Replaces, InReplyTo: m.InReplyTo}
	if _, null := m.Part.Body.(NullPart); null {
		s.Kind = KindUnsend
		if m.Replaces.IsZero() {
			s.Kind, s.Text = KindUnknown, "[empty message]"
		}
		return s
	}
	if s.Kind = m.ownKind(); s.Kind != "" {
		return s
	}
	if isStatus(&m.Part) {
		s.Kind = KindStatus
		return s
	}
	if m.HasAttachments() {
		return m.captioned(s)
	}
	if m.Sticker() != nil {
		s.Kind = KindText
		return s
	}
	shown := show(&m.Part)
	s.Text, s.Markdown = shown.text, shown.markdown
	switch {
	case m.Part.Disposition == DispositionReaction:
		s.Kind = KindReaction
		if m.InReplyTo.IsZero() || !shown.known || !IsEmoji(shown.text) {
			s.Kind, s.Text, s.Markdown = KindUnknown, "[reaction] "+shown.text, false
		}
	case !shown.known:
		s.Kind = KindUnknown
	case m.Replaces.IsZero():
		s.Kind = KindText
	default:
		s.Kind = KindEdit
	}
	return s
}

// captioned is Summary of a message with attachments: its text is the caption.
func (m *Message) captioned(s Summary) Summary {
	s.Kind, s.Markdown = KindText, true
	if !m.Replaces.IsZero() {
		s.Kind = KindEdit // only of the caption: the attachments stay
	}
	if caption, _, err := m.attached(); err == nil && caption != nil {
		shown := show(caption)
		s.Text, s.Markdown = shown.text, shown.markdown
	}
	return s
}

// ours are the types of our own that are no lines of a conversation.
var ours = []struct {
	name string
	kind Kind
}{{TypeRoom, KindRoom}, {TypeProfile, KindProfile}, {TypeState, KindState}}

// shown is what one part comes to.
type shown struct {
	text     string
	markdown bool
	known    bool // we understand all of it; else text describes it
}

func show(p *NestedPart) shown {
	switch b := p.Body.(type) {
	case SinglePart:
		return showSingle(b)
	case ExternalPart:
		return shown{text: describeExternal(b)}
	case MultiPart:
		return showMulti(b)
	}
	return shown{known: true} // a null part shows nothing
}

func showSingle(b SinglePart) shown {
	mediaType, params, ok := parseMediaType(b.ContentType)
	if !ok || !utf8.Valid(b.Content) {
		return shown{text: describe(b.ContentType)}
	}
	switch mediaType {
	case "text/markdown": // of any variant: the worst that happens is a bare asterisk
		return shown{string(b.Content), true, true}
	case "text/plain":
		if c := strings.ToLower(params["charset"]); c == "" || c == "utf-8" || c == "us-ascii" {
			return shown{string(b.Content), false, true}
		}
	}
	return shown{text: describe(b.ContentType)}
}

// showMulti follows the semantics of b (draft-ietf-mimi-content-08, Section 4.4).
func showMulti(b MultiPart) shown {
	all := make([]shown, len(b.Parts))
	for i := range b.Parts {
		all[i] = show(&b.Parts[i])
	}
	if b.Semantics == ChooseOne {
		return firstKnown(all)
	}
	if b.Semantics == SingleUnit {
		for _, s := range all {
			if !s.known {
				return s
			}
		}
	}
	return join(all)
}

func firstKnown(all []shown) shown {
	for _, s := range all {
		if s.known {
			return s
		}
	}
	return all[0]
}

// join puts all below each other. The whole is known if any of it is: of
// ProcessAll we show what we can, and describe the rest in its place.
func join(all []shown) shown {
	out := shown{markdown: true}
	var lines []string
	for _, s := range all {
		if s.text != "" {
			lines = append(lines, s.text)
		}
		out.known = out.known || s.known
		out.markdown = out.markdown && s.markdown
	}
	out.text = strings.Join(lines, "\n")
	return out
}

func describeExternal(b ExternalPart) string {
	for _, s := range []string{b.Description, b.Filename, b.ContentType} {
		if s != "" {
			return describe(s)
		}
	}
	return describe("attachment")
}

// maxDescribed bounds the characters of a name in a description.
const maxDescribed = 200

// describe returns what to show in the place of something called name.
func describe(name string) string {
	r := []rune(name)
	if len(r) > maxDescribed {
		r = append(r[:maxDescribed], '…')
	}
	return "[" + string(r) + "]"
}
