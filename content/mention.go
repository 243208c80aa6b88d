package content

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/identity"
)

// Bounds of mentions. What is beyond them is left as it was written.
const (
	MaxMentions  = 64  // of one message
	maxLinkLabel = 512 // bytes of what a mention shows, with its escapes
)

// ErrMention is returned for a mention that isn't in its text: out of range,
// overlapping, out of order, within a character, or of nobody.
var ErrMention = errors.New("content: a mention that isn't in the text")

// A Mention is a person in a text: the bytes from Start to End of its UTF-8.
type Mention struct {
	Account identity.Account
	Start   int
	End     int
}

// EncodeMentions returns text with each of mentions as a Markdown link to its
// account, which is what a mention is on the wire
// (draft-ietf-mimi-content-08, Section 5.4). mentions are in order and don't
// overlap, at most [MaxMentions], else ErrMention. [DecodeMentions] is the reverse.
func EncodeMentions(text string, mentions []Mention) (string, error) {
	if err := CheckMentions(text, mentions); err != nil {
		return "", err
	}
	var b strings.Builder
	at := 0
	for _, m := range mentions {
		b.WriteString(text[at:m.Start])
		b.WriteByte('[')
		escapeLabel(&b, text[m.Start:m.End])
		b.WriteString("](")
		b.WriteString(string(m.Account))
		b.WriteByte(')')
		at = m.End
	}
	b.WriteString(text[at:])
	return b.String(), nil
}

// CheckMentions returns ErrMention unless EncodeMentions takes mentions.
func CheckMentions(text string, mentions []Mention) error {
	if len(mentions) > MaxMentions {
		return ErrMention
	}
	at := 0
	for _, m := range mentions {
		if m.Start < at || m.End <= m.Start || m.End > len(text) {
			return ErrMention
		}
		if !utf8.RuneStart(text[m.Start]) || m.End < len(text) && !utf8.RuneStart(text[m.End]) {
			return ErrMention
		}
		if _, err := identity.ParseAccount(string(m.Account)); err != nil {
			return ErrMention
		}
		label := text[m.Start:m.End]
		if len(label) > maxLinkLabel/2 || strings.ContainsFunc(label, unicode.IsControl) {
			return ErrMention
		}
		at = m.End
	}
	return nil
}

// labelMarks are the characters that end a link's text, or mean something in it.
const labelMarks = "\\[]`<>*_~&!"

func escapeLabel(b *strings.Builder, label string) {
	for _, r := range label {
		if strings.ContainsRune(labelMarks, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
}

// DecodeMentions returns text, Markdown, with each link to an account in the place
// of what name returns for it, and where these are. name gets the account and what
// the author wishes to show for it; where it returns "" the link is no mention, and
// stays. Links in code stay too.
//
// What a link shows is its author's word: name decides what is shown
// (draft-ietf-mimi-content-08, Section 9.6), or anybody could be called anything.
func DecodeMentions(text string, name func(a identity.Account, label string) string) (string, []Mention) {
	if !strings.Contains(text, "mimi://") {
		return text, nil
	}
	var b strings.Builder
	var out []Mention
	for i := 0; i < len(text); {
		if n := verbatim(text[i:]); n > 0 {
			b.WriteString(text[i : i+n])
			i += n
			continue
		}
		account, label, n := accountLink(text[i:])
		if n > 0 && len(out) < MaxMentions && !(i > 0 && text[i-1] == '!' && text[i] == '[') {
			if shown := name(account, label); shown != "" {
				out = append(out, Mention{account, b.Len(), b.Len() + len(shown)})
				b.WriteString(shown)
				i += n
				continue
			}
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String(), out
}

// verbatim returns the length of what stands at the start of text and holds no
// links: an escape or a span of code, else 0.
func verbatim(text string) int {
	switch text[0] {
	case '\\':
		return min(2, len(text))
	case '`':
		run := runOf(text, '`')
		if end := closingRun(text[run:], '`', run); end >= 0 {
			return run + end + run
		}
		return run
	}
	return 0
}

// runOf returns how often c stands at the start of text.
func runOf(text string, c byte) int {
	n := 0
	for n < len(text) && text[n] == c {
		n++
	}
	return n
}

// closingRun returns where in text the first run of exactly n times c begins, or -1.
func closingRun(text string, c byte, n int) int {
	for i := 0; i < len(text); {
		at := strings.IndexByte(text[i:], c)
		if at < 0 {
			return -1
		}
		i += at
		run := runOf(text[i:], c)
		if run == n {
			return i
		}
		i += run
	}
	return -1
}

// accountLink reads the link to an account at the start of text: [label](URI) or
// <URI>. n is its length, 0 where there is none.
func accountLink(text string) (a identity.Account, label string, n int) {
	switch text[0] {
	case '<':
		end := strings.IndexByte(text[:min(len(text), MaxURI)], '>')
		if end < 0 {
			return "", "", 0
		}
		a, err := identity.ParseAccount(text[1:end])
		if err != nil {
			return "", "", 0
		}
		return a, text[1:end], end + 1
	case '[':
		label, rest, ok := linkLabel(text[1:min(len(text), maxLinkLabel)])
		if !ok {
			return "", "", 0
		}
		uri := text[1+rest:]
		end := strings.IndexByte(uri[:min(len(uri), MaxURI)], ')')
		if !strings.HasPrefix(uri, "(") || end < 0 {
			return "", "", 0
		}
		a, err := identity.ParseAccount(uri[1:end])
		if err != nil {
			return "", "", 0
		}
		return a, label, 1 + rest + end + 1
	}
	return "", "", 0
}

// linkLabel reads what a link shows up to its bracket. rest is where what follows
// the bracket begins.
func linkLabel(text string) (label string, rest int, ok bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && isPunctuation(text[i+1]):
			i++
			b.WriteByte(text[i])
		case c == ']':
			return b.String(), i + 1, true
		case c == '[' || c == '\n':
			return "", 0, false
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, false
}

// isPunctuation reports whether c is ASCII punctuation, which can be escaped.
func isPunctuation(c byte) bool {
	return c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}
