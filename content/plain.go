package content

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain returns a line of plain text for text in Markdown, for lists, quotes,
// notifications and search: without markup, and with any white space or control
// character as one space. It is at most runes long; what is cut ends in "…". It
// needn't be what a full renderer shows, and is never taken for Markdown again.
func Plain(markdown string, runes int) string {
	return Line(stripMarkup(markdown), runes)
}

// Line returns plain text as one line of at most runes: see [Plain].
func Line(text string, runes int) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range text {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			space = b.Len() > 0
			continue
		}
		if n+1 >= runes {
			return b.String() + "…"
		}
		if space {
			b.WriteByte(' ')
			n++
			space = false
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// A delimiter is a run of characters that may begin or end emphasis.
type delimiter struct {
	at, n       int // in the output
	mark        byte
	opens, ends bool
	matched     bool
}

// stripMarkup returns text without its Markdown markup.
func stripMarkup(text string) string {
	var out []byte
	var runs []delimiter
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			out = append(out, '\n')
		}
		line = stripPrefix(line)
		if strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~") {
			continue
		}
		out, runs = stripInline(line, out, runs)
	}
	return dropMatched(out, runs)
}

// stripPrefix takes away what makes a line a heading or a quotation.
func stripPrefix(line string) string {
	line = strings.TrimLeft(line, " \t")
	for strings.HasPrefix(line, ">") {
		line = strings.TrimLeft(line[1:], " \t")
	}
	if n := runOf(line, '#'); n > 0 && n <= 6 && (len(line) == n || line[n] == ' ') {
		line = strings.TrimLeft(line[n:], " ")
	}
	return line
}

// stripInline appends a line without its escapes, spans of code and links, and
// notes where emphasis may begin or end.
func stripInline(line string, out []byte, runs []delimiter) ([]byte, []delimiter) {
	for i := 0; i < len(line); {
		rest := line[i:]
		switch c := rest[0]; {
		case c == '\\' && len(rest) > 1 && isPunctuation(rest[1]):
			out = append(out, rest[1])
			i += 2
		case c == '`':
			n := verbatim(rest)
			code := rest[:n]
			if run := runOf(rest, '`'); n > run {
				code = rest[run : n-run]
			}
			out = append(out, code...)
			i += n
		case c == '!' && strings.HasPrefix(rest, "!["):
			i++ // what a picture shows instead is a link's text
		case c == '[' || c == '<':
			label, n := link(rest)
			if n == 0 {
				out, n = append(out, c), 1
			} else {
				out = append(out, label...)
			}
			i += n
		case c == '*' || c == '_' || c == '~':
			n := runOf(rest, c)
			runs = append(runs, delimit(line, i, n, len(out)))
			out = append(out, rest[:n]...)
			i += n
		default:
			out = append(out, c)
			i++
		}
	}
	return out, runs
}

// link reads any link at the start of text: what it shows, and its length, 0 where
// there is none.
func link(text string) (label string, n int) {
	if text[0] == '<' {
		end := strings.IndexByte(text[:min(len(text), MaxURI)], '>')
		if end < 0 || !strings.Contains(text[:end], ":") || strings.ContainsAny(text[:end], " \t") {
			return "", 0
		}
		return text[1:end], end + 1
	}
	label, rest, ok := linkLabel(text[1:min(len(text), maxLinkLabel)])
	target := text[min(len(text), 1+rest):]
	if !ok || !strings.HasPrefix(target, "(") {
		return "", 0
	}
	end := strings.IndexByte(target[:min(len(target), 2*MaxURI)], ')')
	if end < 0 {
		return "", 0
	}
	return label, 1 + rest + end + 1
}

// delimit judges the run of n marks at i, which goes to at in the output, by what
// stands beside it.
func delimit(line string, i, n, at int) delimiter {
	before, _ := utf8.DecodeLastRuneInString(line[:i])
	after, _ := utf8.DecodeRuneInString(line[i+n:])
	startsLine, endsLine := i == 0, i+n == len(line)
	d := delimiter{at: at, n: n, mark: line[i]}
	d.opens = !endsLine && !unicode.IsSpace(after)
	d.ends = !startsLine && !unicode.IsSpace(before)
	if d.mark == '_' { // not within a word
		d.opens = d.opens && (startsLine || !isWord(before))
		d.ends = d.ends && (endsLine || !isWord(after))
	}
	if d.mark == '~' && n != 2 {
		d.opens, d.ends = false, false
	}
	return d
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// dropMatched takes the runs that belong together out of text.
func dropMatched(text []byte, runs []delimiter) string {
	type open struct {
		mark byte
		n    int
	}
	last := map[open][]int{}
	for i := range runs {
		key := open{runs[i].mark, runs[i].n}
		if stack := last[key]; runs[i].ends && len(stack) > 0 {
			runs[i].matched, runs[stack[len(stack)-1]].matched = true, true
			last[key] = stack[:len(stack)-1]
			continue
		}
		if runs[i].opens {
			last[key] = append(last[key], i)
		}
	}
	var b strings.Builder
	at := 0
	for _, d := range runs {
		if d.matched {
			b.Write(text[at:d.at])
			at = d.at + d.n
		}
	}
	b.Write(text[at:])
	return b.String()
}
