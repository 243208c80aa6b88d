package policy

import (
	"fmt"
	"strings"
)

// Bounds of a policy's file.
const (
	maxFile  = 256 << 10 // bytes
	maxRules = 100
	maxCases = 1000
	maxWhen  = 4 << 10 // bytes of a condition
	maxName  = 64      // bytes of a rule's or a case's name
)

// An Error is one thing that is wrong with a policy.
type Error struct {
	File string
	Line int // from 1
	Text string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }

// Errors are all that is wrong with a policy, in the order of their lines.
type Errors []*Error

// Error implements error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// A block is a rule or a case as it is written.
type block struct {
	kind  string // rule or case
	name  string
	line  int
	parts map[string]part
}

// A part is what stands behind one of a block's words.
type part struct {
	text string
	line int
}

// words are those that a block may have.
var words = map[string][]string{
	"rule": {"on", "when", "then"},
	"case": {"given", "want"},
}

// A reader takes a file apart, line by line.
type reader struct {
	file   string
	blocks []*block
	last   string // the word that an indented line may go on with
	errs   Errors
}

func (r *reader) fail(line int, format string, args ...any) {
	r.errs = append(r.errs, &Error{r.file, line, fmt.Sprintf(format, args...)})
}

// read returns the blocks of a file.
func (r *reader) read(data []byte) {
	if len(data) > maxFile {
		r.fail(1, "the file is larger than %d KiB", maxFile>>10)
		return
	}
	for i, text := range strings.Split(string(data), "\n") {
		n := i + 1
		if j := comment(text); j >= 0 {
			text = text[:j]
		}
		switch trimmed := strings.TrimSpace(text); {
		case trimmed == "":
		case text[0] != ' ' && text[0] != '\t':
			r.begin(n, trimmed)
		default:
			r.inside(n, trimmed)
		}
	}
}

// comment returns where one begins in a line, outside of quotes; -1 if none does.
func comment(line string) int {
	quote := byte(0)
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && c == '#':
			return i
		}
	}
	return -1
}

func (r *reader) begin(line int, text string) {
	kind, name, _ := strings.Cut(text, " ")
	name = strings.TrimSpace(name)
	r.last = ""
	switch {
	case words[kind] == nil:
		r.fail(line, "a line that isn't indented begins with rule or case, not %q", shorten(kind))
	case name == "" || len(name) > maxName:
		r.fail(line, "a %s has a name of up to %d bytes", kind, maxName)
	}
	for _, b := range r.blocks {
		if b.kind == kind && b.name == name {
			r.fail(line, "there is a %s of this name in line %d", kind, b.line)
		}
	}
	r.blocks = append(r.blocks, &block{kind: kind, name: name, line: line, parts: map[string]part{}})
}

func (r *reader) inside(line int, text string) {
	if len(r.blocks) == 0 {
		r.fail(line, "this belongs to no rule: a rule begins at the line's start")
		return
	}
	b := r.blocks[len(r.blocks)-1]
	word, rest, _ := strings.Cut(text, " ")
	for _, w := range words[b.kind] {
		if w != word {
			continue
		}
		if old, ok := b.parts[word]; ok {
			r.fail(line, "%s stands in line %d already", word, old.line)
			return
		}
		b.parts[word], r.last = part{strings.TrimSpace(rest), line}, word
		return
	}
	if r.last == "" || r.last == "then" || r.last == "want" {
		if words[b.kind] != nil {
			r.fail(line, "a %s has the words %s, not %q", b.kind, strings.Join(words[b.kind], ", "), shorten(word))
		}
		return
	}
	p := b.parts[r.last]
	p.text += "\n" + text
	b.parts[r.last] = p
}

// shorten bounds what is shown of a line.
func shorten(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
