package safety

import (
	"slices"
	"strings"
	"unicode"
)

// looks are letters that most people read as another, ASCII one: our choice from the
// idea of UTS #39 (revision 32), Section 4, for host names in lower case.
var looks = map[rune]rune{
	// Cyrillic
	'а': 'a', 'ь': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'ё': 'e', 'һ': 'h', 'і': 'i', 'ї': 'i', 'ј': 'j', 'к': 'k', 'ӏ': 'l', 'м': 'm', 'п': 'n', 'о': 'o', 'р': 'p',
	'ԛ': 'q', 'г': 'r', 'ѕ': 's', 'т': 't', 'ц': 'u', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x', 'у': 'y', 'в': 'b', 'н': 'h', 'ү': 'y', 'з': '3',
	// Greek
	'α': 'a', 'β': 'b', 'ϲ': 'c', 'ε': 'e', 'η': 'n', 'ι': 'i', 'ϳ': 'j', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x', 'γ': 'y', 'ω': 'w', 'ό': 'o',
	// Armenian
	'օ': 'o', 'ո': 'n', 'ս': 'u', 'հ': 'h', 'ց': 'g', 'զ': 'q', 'յ': 'j', 'ա': 'w',
	// Latin beyond ASCII
	'ı': 'i', 'ɩ': 'i', 'ǀ': 'l', 'ł': 'l', 'ɡ': 'g', 'ɑ': 'a', 'ᴏ': 'o', 'ø': 'o', 'đ': 'd', 'ħ': 'h', 'ŧ': 't', 'ƅ': 'b', 'ꞌ': 'l', 'ß': 'b',
	'à': 'a', 'á': 'a', 'â': 'a', 'ã': 'a', 'ä': 'a', 'å': 'a', 'ā': 'a', 'ą': 'a', 'ạ': 'a', 'ç': 'c', 'ć': 'c', 'č': 'c', 'ċ': 'c', 'ď': 'd', 'è': 'e', 'é': 'e', 'ê': 'e',
	'ë': 'e', 'ē': 'e', 'ė': 'e', 'ę': 'e', 'ẹ': 'e', 'ğ': 'g', 'ġ': 'g', 'ģ': 'g', 'ì': 'i', 'í': 'i', 'î': 'i', 'ï': 'i', 'ī': 'i', 'į': 'i', 'ị': 'i', 'ķ': 'k', 'ļ': 'l',
	'ľ': 'l', 'ḷ': 'l', 'ṃ': 'm', 'ñ': 'n', 'ń': 'n', 'ň': 'n', 'ņ': 'n', 'ṇ': 'n', 'ò': 'o', 'ó': 'o', 'ô': 'o', 'õ': 'o', 'ö': 'o', 'ō': 'o', 'ő': 'o', 'ọ': 'o', 'ŕ': 'r',
	'ř': 'r', 'ṛ': 'r', 'ś': 's', 'š': 's', 'ş': 's', 'ș': 's', 'ṣ': 's', 'ţ': 't', 'ť': 't', 'ț': 't', 'ṭ': 't', 'ù': 'u', 'ú': 'u', 'û': 'u', 'ü': 'u', 'ū': 'u', 'ů': 'u',
	'ű': 'u', 'ų': 'u', 'ụ': 'u', 'ẉ': 'w', 'ý': 'y', 'ÿ': 'y', 'ỵ': 'y', 'ź': 'z', 'ż': 'z', 'ž': 'z', 'ẓ': 'z',
}

// skeleton returns what a label looks like, in letters that stand for those that are
// taken for them: two labels with one skeleton are taken for each other.
func skeleton(label string) string {
	s := strings.Map(func(r rune) rune {
		if to, ok := looks[r]; ok {
			r = to
		}
		switch r {
		case '0':
			return 'o'
		case '1', 'i', '|':
			return 'l'
		case '5':
			return 's'
		case '3':
			return 'e'
		case '-', '_', '‐', '‑', '–':
			return -1
		}
		return r
	}, label)
	return strings.NewReplacer("rn", "m", "vv", "w", "cl", "d").Replace(s)
}

// scripts are those whose letters are mixed with Latin ones to mislead.
var scripts = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee}

// likeLatin are letters of other scripts that can't be told from ASCII ones in lower case: fewer than
// looks, since words of Russian and Greek are of the others too.
const likeLatin = "асԁеһіјӏорԛѕԝхуь" + "αικνορυ" + "օոսհց"

// confusable reports whether a label of host mixes scripts, has what looks like the end of a host, or is all
// of letters that look like ASCII ones, under a top-level domain of ASCII: UTS #39 (revision 32), Sections 4.1
// and 5.1. like is what it looks like, for the latter.
func confusable(host string) (like string, found bool) {
	labels := strings.Split(host, ".")
	foreign := !isASCII(unicodeLabel(labels[len(labels)-1])) // whoever reads that reads the rest
	for i, label := range labels {
		text := unicodeLabel(label)
		if isASCII(text) {
			labels[i] = text
			continue
		}
		labels[i] = shown(text)
		whole := !foreign && strings.Trim(text, likeLatin+"-0123456789") == ""
		if mixed(text) || whole || strings.ContainsAny(text, "⁄∕⧸╱․‧։") {
			found = true
		}
	}
	if like = strings.Join(labels, "."); !found || !isASCII(like) {
		like = ""
	}
	return like, found
}

// shown returns a label with the ASCII letters that its own look like.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		if to, ok := looks[r]; ok {
			return to
		}
		return r
	}, text)
}

func mixed(text string) bool {
	seen := -1
	for _, r := range text {
		for i, s := range scripts {
			if r >= 'a' && unicode.Is(s, r) {
				if seen >= 0 && seen != i {
					return true
				}
				seen = i
			}
		}
	}
	return false
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// minBrand is how long a platform's name must be for others that differ by a letter to
// be taken for it.
const minBrand = 5

// lookAlike returns the domain of the platform that host looks like and isn't; "" for none.
// The name of the platform, which is the label before its suffix, is looked for in all
// labels, with letters that look alike and as part of a label beside words as "login"; and in the
// label that host is known by with one letter but the first more, less or exchanged.
func (l *Links) lookAlike(host string) string {
	if len(l.Own) == 0 || l.owns(host) {
		return ""
	}
	labels := strings.Split(host, ".")
	for _, own := range l.Own {
		if own == "" || isIPv4(own) {
			continue
		}
		brand := unicodeLabel(brandOf(own))
		for _, label := range labels {
			if len(label) <= maxLabel && likeBrand(unicodeLabel(label), brand) {
				return own
			}
		}
		if site := unicodeLabel(brandOf(host)); site != "" && len(site) <= maxLabel && len(brand) >= minBrand && site[:1] == brand[:1] && oneApart(skeleton(site), skeleton(brand)) {
			return own
		}
	}
	return ""
}

// likeBrand reports whether a label looks the same as a brand, or is one beside words that are bait.
func likeBrand(label, brand string) bool {
	if len(brand) < minBrand {
		return label != brand && skeleton(label) == skeleton(brand)
	}
	return skeleton(label) == skeleton(brand) || besideWords(label, brand)
}

// seconds are names that stand below a country's and above the one that a domain is known by.
var seconds = []string{"ac", "co", "com", "edu", "gob", "gov", "ne", "net", "or", "org"}

// brandOf returns the label that a domain is known by.
func brandOf(domain string) string {
	labels := strings.Split(domain, ".")
	if n := len(labels); n >= 3 && slices.Contains(seconds, labels[n-2]) && len(labels[n-1]) == 2 { // example.co.uk
		return labels[n-3]
	} else if n >= 2 {
		return labels[n-2]
	}
	return domain
}

// baits are words that stand beside a platform's name in the names of sites that aren't its.
var baits = []string{"login", "signin", "verify", "secure", "support", "help", "account", "update", "gift", "prize", "free", "bonus", "official", "pay", "wallet", "team", "confirm"}

// besideWords reports whether a label is a brand beside words that are bait.
func besideWords(label, brand string) bool {
	s, b := skeleton(label), skeleton(brand)
	before, after, ok := strings.Cut(s, b)
	if !ok {
		return false
	}
	for _, word := range baits {
		if w := skeleton(word); strings.Contains(before, w) || strings.Contains(after, w) {
			return true
		}
	}
	return false
}

// oneApart reports whether one letter more, less, other, or two exchanged, makes a of b.
func oneApart(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) < len(y) {
		x, y = y, x
	}
	i := 0
	for i < len(y) && x[i] == y[i] {
		i++
	}
	switch len(x) - len(y) {
	case 0:
		if i == len(x) {
			return false // the same
		}
		if string(x[i+1:]) == string(y[i+1:]) {
			return true
		}
		return i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && string(x[i+2:]) == string(y[i+2:])
	case 1:
		return string(x[i+1:]) == string(y[i:])
	}
	return false
}
