package client

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainLetters are letters with the marked ones that are found by them.
var plainLetters = foldTable(
	"aàáâãäåāăąǎ", "cçćĉċč", "dďđ", "eèéêëēĕėęěё", "gĝğġģ", "hĥħ", "iìíîïĩīĭįı", "jĵ", "kķ", "lĺļľŀł", "nñńņňŉ",
	"oòóôõöøōŏőơ", "rŕŗř", "sśŝşšș", "tţťŧț", "uùúûüũūŭůűųư", "wŵ", "yýÿŷ", "zźżž",
	"её", "иѝ", "σς", "اأإآٱ", "يى", "هة",
)

func foldTable(rows ...string) map[rune]rune {
	table := map[rune]rune{}
	for _, row := range rows {
		letter, n := utf8.DecodeRuneInString(row)
		for _, marked := range row[n:] {
			table[marked] = letter
		}
	}
	return table
}

// foldRune returns what a character is searched as: in lower case and without
// marks; 0 where it doesn't count.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return unicode.ToLower(r)
	}
	if r == '\u0640' || unicode.In(r, unicode.Mn, unicode.Cf) { // the tatweel, marks, joiners
		return 0
	}
	r = unicode.ToLower(r)
	if letter, ok := plainLetters[r]; ok {
		return letter
	}
	return r
}

// fold returns text as it is searched.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if f := foldRune(r); f != 0 {
			return f
		}
		return -1
	}, text)
}

// findFolded returns where in text the first place begins and ends, in bytes, whose
// fold is needle, which isn't empty.
func findFolded(text, needle string) (start, end int, ok bool) {
	var folded []byte
	var at []int // the byte of text that each byte of folded comes from
	for i, r := range text {
		if f := foldRune(r); f != 0 {
			folded = utf8.AppendRune(folded, f)
			for len(at) < len(folded) {
				at = append(at, i)
			}
		}
	}
	i := strings.Index(string(folded), needle)
	if i < 0 {
		return 0, 0, false
	}
	last := at[i+len(needle)-1]
	_, n := utf8.DecodeRuneInString(text[last:])
	return at[i], last + n, true
}
