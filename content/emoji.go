package content

import (
	"unicode"
	"unicode/utf8"
)

// maxEmoji bounds the bytes of one emoji: the longest in use, a family or a
// couple with skin tones, takes 35.
const maxEmoji = 64

const (
	joiner       = '\u200d'
	keycap       = '\u20e3'
	variation16  = '\ufe0f'
	firstTone    = '\U0001f3fb'
	lastTone     = '\U0001f3ff'
	firstTag     = '\U000e0020'
	lastTag      = '\U000e007f'
	firstRegion  = '\U0001f1e6'
	lastRegion   = '\U0001f1ff'
	keycapDigits = "0123456789#*"
)

// IsEmoji reports whether s has the form of one emoji: a symbol with its
// variation, skin tone, tags and joined symbols; a flag; or a keycap. It goes by
// form and knows no list, so that a newer Unicode's emoji pass as well.
//
// Two reactions in one text would be misread (draft-ietf-mimi-content-08,
// Section 5.3).
func IsEmoji(s string) bool {
	if len(s) > maxEmoji || !utf8.ValidString(s) {
		return false
	}
	r := []rune(s)
	if len(r) == 2 && isRegion(r[0]) && isRegion(r[1]) {
		return true
	}
	if isKeycap(r) {
		return true
	}
	for {
		n := symbolLen(r)
		if n == 0 {
			return false
		}
		if n == len(r) {
			return true
		}
		if r[n] != joiner {
			return false
		}
		r = r[n+1:]
	}
}

// symbolLen returns the length of the symbol at the start of r with what
// modifies it, or 0.
func symbolLen(r []rune) int {
	if len(r) == 0 || !isSymbol(r[0]) {
		return 0
	}
	n := 1
	for n < len(r) && isModifier(r[n]) {
		n++
	}
	return n
}

// isSymbol reports whether r can begin an emoji. Skin tones are symbols by
// themselves; a single half of a flag is none.
func isSymbol(r rune) bool {
	switch r {
	case '\u00a9', '\u00ae', '\u203c', '\u2049', '\u3030', '\u303d':
		return true
	}
	return r >= 0x2100 && unicode.In(r, unicode.So, unicode.Sm, unicode.Sk) && !isRegion(r) ||
		r >= 0x1f000 && r <= 0x1faff && !unicode.IsLetter(r) && !isRegion(r)
}

func isModifier(r rune) bool {
	return r == variation16 || r >= firstTone && r <= lastTone || r >= firstTag && r <= lastTag
}

func isRegion(r rune) bool { return r >= firstRegion && r <= lastRegion }

// isKeycap reports whether r is a digit, # or *, perhaps with a variation, in a keycap.
func isKeycap(r []rune) bool {
	if len(r) == 3 && r[1] == variation16 {
		r = []rune{r[0], r[2]}
	}
	if len(r) != 2 || r[1] != keycap {
		return false
	}
	for _, d := range keycapDigits {
		if r[0] == d {
			return true
		}
	}
	return false
}
