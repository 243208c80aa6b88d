package chat

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// Styles are an aid only: every fact is also a word or a sign.
const (
	styleBold    = "\x1b[1m"
	styleDim     = "\x1b[2m"
	styleReverse = "\x1b[7m"
	styleEnd     = "\x1b[m"
)

func bold(s string) string    { return styleBold + s + styleEnd }
func dim(s string) string     { return styleDim + s + styleEnd }
func reverse(s string) string { return styleReverse + s + styleEnd }

// fit cuts or fills s, which may be styled, to exactly width cells.
func fit(m ansi.Method, s string, width int) string {
	if width <= 0 {
		return ""
	}
	if m.StringWidth(s) > width {
		s = m.Truncate(s, width, "…")
	}
	return s + strings.Repeat(" ", max(0, width-m.StringWidth(s)))
}

// wrap breaks text, which is sanitised, into lines of at most width cells: at
// spaces where it can, else anywhere.
func wrap(m ansi.Method, text string, width int) []string {
	width = max(width, 2)
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		for {
			cut := breakAt(m, line, width)
			if cut == len(line) {
				break
			}
			lines = append(lines, strings.TrimRight(line[:cut], " "))
			line = strings.TrimLeft(line[cut:], " ")
		}
		lines = append(lines, line)
	}
	return lines
}

// breakAt returns where to break line: after the last space that fits into width,
// else after the last cluster that does; its length where all of it fits. It looks no further than
// it has to, so that a long text takes as long as it is.
func breakAt(m ansi.Method, line string, width int) int {
	space, at, used := 0, 0, 0
	for at < len(line) {
		g := firstCluster(line[at:])
		used += m.StringWidth(g)
		if used > width && at > 0 {
			if g == " " {
				return at
			}
			break
		}
		at += len(g)
		if g == " " {
			space = at
		}
	}
	if at < len(line) && strings.TrimSpace(line[:space]) != "" {
		return space
	}
	return at
}

// firstLine returns text as one line.
func firstLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func day(t time.Time) string { return t.Format("Monday 2 January 2006") }

// dayLine is a rule with the day in it.
func dayLine(m ansi.Method, t time.Time, width int) string {
	label := "── " + day(t) + " "
	return label + strings.Repeat("─", max(0, width-m.StringWidth(label)))
}
