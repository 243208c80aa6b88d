package content

import (
	"fmt"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/internal/cbor"
)

// The private extensions of what a message has inline beside its text. Each is a byte
// string that holds CBOR: a client that doesn't know it shows the text alone.
const (
	keySticker = "parley.sticker"
	keyPreview = "parley.preview"
	keyPost    = "parley.post"
)

// with returns e with an extension of our own.
func (e Extensions) with(key string, v any) (Extensions, error) {
	data, err := cbor.Marshal(v)
	if err != nil {
		return e, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	wrapped, err := cbor.Marshal(data)
	if err != nil {
		return e, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	e.Other = maps.Clone(e.Other)
	if e.Other == nil {
		e.Other = map[any]cbor.RawMessage{}
	}
	e.Other[key] = wrapped
	return e, nil
}

// inline reads an extension of our own into v, and reports whether it is there in its
// one encoding.
func (m *Message) inline(key string, v any) bool {
	raw, ok := m.Extensions.Other[key]
	if !ok || m.HasAttachments() {
		return false
	}
	var data []byte
	return unmarshal(raw, &data) == nil && unmarshal(data, v) == nil
}

// CleanLine returns text as one line of at most most bytes: white space is a space,
// and what can't be seen or turns the direction of what follows is gone.
func CleanLine(text string, most int) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsSpace(r) {
			r = ' '
		}
		if bad(r) {
			continue
		}
		if b.Len()+utf8.RuneLen(r) > most {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// bad reports whether r has no place in a line of somebody's that is drawn among our
// own.
func bad(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) || turnsText(r) || r == 0x00ad || r == 0x180e ||
		r == 0x200b || 0x2060 <= r && r <= 0x2065 || 0xfff9 <= r && r <= 0xfffb
}

// isLine reports whether CleanLine has nothing to do.
func isLine(text string, most int) bool {
	return len(text) <= most && utf8.ValidString(text) && CleanLine(text, most) == text
}

// maxURL bounds the bytes of an address in a card.
const maxURL = 2 << 10

// isWebURL reports whether u is an address that a card may be of: http or https, with
// a host, without a name or password, and without what needs escaping.
func isWebURL(u string) bool {
	rest, ok := strings.CutPrefix(u, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(u, "http://")
	}
	if !ok || len(u) > maxURL {
		return false
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	host, _, _ = strings.Cut(host, "#")
	if host == "" || strings.ContainsAny(host, "@\\%") {
		return false
	}
	for _, r := range u {
		if unicode.IsSpace(r) || bad(r) || strings.ContainsRune("<>\"\\^`{|}", r) {
			return false
		}
	}
	return utf8.ValidString(u)
}

// Names reports whether text has the address u as a whole: a card stands beside a text
// that leads there, and not to where u only begins.
func Names(text, u string) bool {
	for {
		_, rest, ok := strings.Cut(text, u)
		if !ok {
			return false
		}
		after := strings.TrimLeft(rest, ".,;:!?)>]}*_~'\"»”’")
		r, _ := utf8.DecodeRuneInString(after)
		if after == "" || unicode.IsSpace(r) || len(after) < len(rest) && rest[0] == ')' {
			return true
		}
		text = rest
	}
}
