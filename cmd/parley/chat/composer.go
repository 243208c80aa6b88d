package chat

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"parley/client"
)

// A composer is a text being typed. Its zero value is empty.
type composer struct {
	text string // at most client.MaxText bytes
	pos  int    // of the cursor, in bytes: on the border of a cluster
}

func (c *composer) empty() bool { return strings.TrimSpace(c.text) == "" }

func (c *composer) set(text string) { c.text, c.pos = text, len(text) }

// pasted turns the line ends that terminals paste into ours.
var pasted = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// insert types s. What would go beyond the limit is refused as a whole.
func (c *composer) insert(s string) bool {
	s = Sanitize(pasted.Replace(s))
	if len(c.text)+len(s) > client.MaxText {
		return false
	}
	c.text = c.text[:c.pos] + s + c.text[c.pos:]
	c.pos += len(s)
	return true
}

// edit applies a key that moves or deletes, and reports whether it was one.
func (c *composer) edit(key string) bool {
	switch key {
	case "left", "ctrl+b":
		c.pos = c.before()
	case "right", "ctrl+f":
		c.pos = c.after()
	case "home", "ctrl+a":
		c.pos = c.lineStart()
	case "end", "ctrl+e":
		c.pos = c.lineEnd()
	case "backspace", "ctrl+h":
		c.cut(c.before(), c.pos)
	case "delete", "ctrl+d":
		c.cut(c.pos, c.after())
	case "ctrl+u":
		c.cut(c.lineStart(), c.pos)
	case "ctrl+k":
		c.cut(c.pos, c.lineEnd())
	case "ctrl+w", "alt+backspace":
		c.cut(c.wordStart(), c.pos)
	default:
		return false
	}
	return true
}

// press applies any key of a text field.
func (c *composer) press(msg tea.KeyPressMsg) bool {
	if c.edit(msg.String()) {
		return true
	}
	return msg.Text != "" && c.insert(msg.Text)
}

func (c *composer) cut(from, to int) {
	c.text = c.text[:from] + c.text[to:]
	c.pos = from
}

// before returns the border of the cluster that ends at the cursor.
func (c *composer) before() int {
	last := 0
	for at := 0; at < c.pos; {
		last = at
		at += len(firstCluster(c.text[at:]))
	}
	return last
}

func (c *composer) after() int { return c.pos + len(firstCluster(c.text[c.pos:])) }

func (c *composer) lineStart() int { return strings.LastIndexByte(c.text[:c.pos], '\n') + 1 }

func (c *composer) lineEnd() int {
	if n := strings.IndexByte(c.text[c.pos:], '\n'); n >= 0 {
		return c.pos + n
	}
	return len(c.text)
}

func (c *composer) wordStart() int {
	head := strings.TrimRight(c.text[:c.pos], " \n")
	return strings.LastIndexAny(head, " \n") + 1
}

// up and down move the cursor by one drawn line at a width, and report whether
// there was one.
func (c *composer) up(m ansi.Method, width int) bool   { return c.vertical(m, width, -1) }
func (c *composer) down(m ansi.Method, width int) bool { return c.vertical(m, width, +1) }

func (c *composer) vertical(m ansi.Method, width, by int) bool {
	lines, row, col := c.layout(m, width)
	row += by
	if row < 0 || row >= len(lines) {
		return false
	}
	pos := lines[row].at
	for rest := lines[row].text; rest != "" && col > 0; {
		g := firstCluster(rest)
		col -= m.StringWidth(g)
		pos, rest = pos+len(g), rest[len(g):]
	}
	c.pos = pos
	return true
}

// A composed line is a drawn line of a text, and where in the text it begins.
type composed struct {
	text string
	at   int
}

// layout breaks the text into lines of at most width cells, and says where the
// cursor is.
func (c *composer) layout(m ansi.Method, width int) (lines []composed, row, col int) {
	width = max(width, 2) // the widest cluster
	start, used := 0, 0
	for at := 0; ; {
		if at == c.pos {
			row, col = len(lines), used
		}
		if at == len(c.text) {
			return append(lines, composed{c.text[start:], start}), row, col
		}
		g := firstCluster(c.text[at:])
		w := m.StringWidth(g)
		switch {
		case g == "\n":
			lines = append(lines, composed{c.text[start:at], start})
			at++
			start, used = at, 0
			continue
		case used+w > width:
			lines = append(lines, composed{c.text[start:at], start})
			if at == c.pos {
				row, col = len(lines), 0
			}
			start, used = at, 0
		}
		at, used = at+len(g), used+w
	}
}

// firstCluster returns the first user-perceived character of s.
func firstCluster(s string) string {
	if s == "" {
		return ""
	}
	if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return s[:1]
	}
	g, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	if g == "" {
		_, n := utf8.DecodeRuneInString(s)
		return s[:n]
	}
	return g
}
