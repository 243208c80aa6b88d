package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks in a row are drawn: enough for every
// script, too few to reach into other lines.
const maxMarks = 6

// Sanitize returns text of others as it may be written to a terminal: lines end
// in \n, and no character is left that moves the cursor, begins an escape
// sequence, changes the direction of what follows or hides. Controls become
// U+FFFD, so that a person sees that something was there; invisible formatting
// goes without a trace. Tabs become four spaces. Ordinary text in any script,
// emoji sequences included, stays as it is.
func Sanitize(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	text = strings.ReplaceAll(text, "\r\n", "\n")
	marks := 0
	for _, r := range text {
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; marks > maxMarks {
				continue
			}
		} else {
			marks = 0
		}
		writeSafe(&b, r)
	}
	return b.String()
}

// SanitizeLine is [Sanitize] for one line: line ends become spaces.
func SanitizeLine(text string) string {
	return strings.ReplaceAll(Sanitize(text), "\n", " ")
}

func writeSafe(b *strings.Builder, r rune) {
	switch {
	case r == '\n' || r == '\u2028' || r == '\u2029':
		b.WriteByte('\n')
	case r == '\t':
		b.WriteString("    ")
	case unicode.IsControl(r), unicode.Is(unicode.Co, r):
		b.WriteRune(utf8.RuneError)
	case hidden(r):
	default:
		b.WriteRune(r) // invalid UTF-8 arrives here as U+FFFD
	}
}

// hidden reports whether r is drawn as nothing and has no use in plain text. The
// joiners U+200C and U+200D are needed by scripts and emoji, and variation
// selectors by emoji.
func hidden(r rune) bool {
	switch {
	case r == '\u200c' || r == '\u200d':
		return false
	case unicode.Is(unicode.Cf, r): // directions, zero-width space, tags, byte order mark
		return true
	case r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0': // Hangul fillers
		return true
	}
	return false
}
