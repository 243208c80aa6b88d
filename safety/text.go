package safety

import (
	"slices"
	"strings"
	"unicode"
)

// maxText bounds the text that is looked at, in bytes: what comes behind it says no more.
const maxText = 4 << 10

// normal returns a text as the model and the rules read it: without addresses, in lower case, letters
// that look like ASCII ones as those, numbers as 0 and figures within words as the letters that
// they stand for, Arabic letters that are written in several ways in one, what isn't a letter, a
// number or money as one space, and no letter more than twice in a row.
func normal(text string) string {
	text = withoutLinks(cut(text, maxText))
	var b strings.Builder
	b.WriteByte(' ')
	var last, before rune = ' ', 0
	runes := []rune(text)
	for i, r := range runes {
		r = plain(r)
		if to, ok := figures[r]; ok && inWord(runes, i) {
			r = to
		}
		switch {
		case r == 0:
			continue
		case unicode.IsLetter(r):
		case unicode.IsDigit(r):
			r = '0'
		case unicode.Is(unicode.Sc, r):
			r = '$'
		default:
			r = ' '
		}
		if r == last && (r == ' ' || r == '0' || r == before) {
			continue
		}
		b.WriteRune(r)
		before, last = last, r
	}
	if last != ' ' {
		b.WriteByte(' ')
	}
	return b.String()
}

// figures are those that stand for letters within words.
var figures = map[rune]rune{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', '$': 's', '!': 'i'}

// inWord reports whether there is a letter on both sides of runes[i].
func inWord(runes []rune, i int) bool {
	return i > 0 && i+1 < len(runes) && unicode.IsLetter(runes[i-1]) && unicode.IsLetter(runes[i+1])
}

// plain returns a rune as most people read it: in lower case, and 0 for what isn't seen or says
// nothing.
func plain(r rune) rune {
	switch {
	case r < 0x80 && r != '\'':
		return unicode.ToLower(r)
	case r == '\'' || r == '’' || r == 'ـ' || unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case 0xff01 <= r && r <= 0xff5e: // full width
		return unicode.ToLower(r - 0xff01 + '!')
	case 0x1d400 <= r && r <= 0x1d6a3: // letters of mathematics: alphabets of 52
		return 'a' + (r-0x1d400)%26
	case r == 'أ' || r == 'إ' || r == 'آ' || r == 'ٱ':
		return 'ا'
	case r == 'ى' || r == 'ی':
		return 'ي'
	case r == 'ة':
		return 'ه'
	}
	r = unicode.ToLower(r)
	if to, ok := looks[r]; ok {
		return to
	}
	return r
}

// withoutLinks returns a text without its addresses: what those are is for [Links] to say.
func withoutLinks(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	words := strings.Fields(text)
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return strings.Contains(w, "://") }), " ")
}

// cut returns at most n bytes of text, of whole letters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xc0 == 0x80 {
		n--
	}
	return text[:n]
}

// Features returns the n-grams of a text, as numbers of bits bits: for who makes a model.
func Features(text string, bits int) (all []uint32) {
	features(normal(text), bits, func(bucket uint32) { all = append(all, bucket) })
	return all
}

// features calls f with the number of each n-gram of a normal text: its words, pairs of words, and
// runs of four letters, hashed (FNV-1a) to bits bits. One that comes again is given again.
func features(text string, bits int, f func(bucket uint32)) {
	words := strings.Fields(text)
	for i, w := range words {
		f(bucket("w", w, "", bits))
		if i > 0 {
			f(bucket("p", words[i-1], w, bits))
		}
		if i > 1 {
			f(bucket("s", words[i-2], w, bits))
		}
	}
	runes := []rune(text)
	for i := 0; i+4 <= len(runes); i++ {
		f(bucket("c", string(runes[i:i+4]), "", bits))
	}
}

func bucket(kind, a, b string, bits int) uint32 {
	h := uint32(2166136261)
	for _, s := range [...]string{kind, a, "\x00", b} {
		for i := range len(s) {
			h = (h ^ uint32(s[i])) * 16777619
		}
	}
	h ^= h >> 15 // the low bits of FNV alone are poor
	h *= 0x85ebca6b
	return (h ^ h>>13) & (1<<bits - 1)
}
