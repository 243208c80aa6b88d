package warn

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLinks and maxURL bound what is looked at of one message: how many links, and how long one is, in bytes.
const (
	maxLinks = 200
	maxURL   = 2048
)

// A link leads to target; display is the text that stands for it, empty where that is the target.
type link struct{ target, display string }

// linksIn returns the http and https addresses of a text, in order, and those of links in markup,
// [words](address), with their words. A terminal shows a text as it was written: hence what is an
// address in it is one, whatever markup would make of it. more says that there are more than maxLinks.
func linksIn(text string, plain bool) (links []link, more bool) {
	var open []int // where brackets were opened
	for i := 0; i < len(text); {
		if len(links) > maxLinks {
			return links[:maxLinks], true
		}
		switch c := text[i]; {
		case c == '[' && !plain:
			open = append(open, i+1)
		case c == ']' && len(open) > 0:
			words := text[open[len(open)-1]:i]
			open = open[:len(open)-1]
			if from := targetAt(text, i+1); from > 0 {
				end := addressEnd(text, from)
				links = append(links, link{text[from:end], unmarked.Replace(words)})
				i = end
				continue
			}
		case (c == 'h' || c == 'H') && startsAddress(text, i):
			end := addressEnd(text, i)
			links = append(links, link{target: text[i:end]})
			i = end
			continue
		}
		i++
	}
	return links[:min(len(links), maxLinks)], len(links) > maxLinks
}

// unmarked takes the signs of markup out of the words of a link.
var unmarked = strings.NewReplacer("*", "", "~", "", "`", "", "\\", "", "[", "", "]", "")

// targetAt returns where the address of a link in markup begins whose words end before i; 0: there is none.
func targetAt(text string, i int) int {
	rest, ok := strings.CutPrefix(text[i:], "(")
	if !ok {
		return 0
	}
	rest = strings.TrimPrefix(strings.TrimLeft(rest, " \n"), "<")
	if !hasScheme(rest) {
		return 0
	}
	return len(text) - len(rest)
}

func hasScheme(text string) bool {
	for _, scheme := range []string{"https://", "http://"} {
		if len(text) > len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
			return true
		}
	}
	return false
}

// startsAddress reports whether an address begins at i: a scheme, at the start of a word.
func startsAddress(text string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	return hasScheme(text[i:]) && (i == 0 || before != '_' && !unicode.IsLetter(before) && !unicode.IsDigit(before))
}

// addressEnd returns where the address that begins at i ends, as people write it in a sentence:
// without the full stop or the bracket after it. It is above i.
func addressEnd(text string, i int) int {
	from := i + len("http://") // at least so much is address
	end, depth := from, 0
	for end < min(len(text), i+maxURL) {
		r, size := utf8.DecodeRuneInString(text[end:])
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 || unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("<>\"`[]", r) {
			break
		}
		end += size
	}
	return from + len(strings.TrimRight(text[from:end], "?!.,:;*_~'’”}،؛؟"))
}
