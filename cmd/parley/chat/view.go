package chat

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// Sizes of the screen, in cells.
const (
	minWidth, minHeight = 16, 5
	listWidth           = 24 // of the list of conversations, beside the messages
	sideBySide          = 60 // the least width that shows both
	maxComposer         = 6  // lines
	maxStatus           = 2  // lines
)

// View implements [tea.Model].
func (m *model) View() tea.View {
	content, cursor := m.screen()
	v := tea.NewView(content)
	v.AltScreen = true
	v.ReportFocus = true
	v.WindowTitle = "Parley" // no names: titles are logged and shared
	v.Cursor = cursor
	return v
}

// screen returns exactly height lines of width cells, and where the cursor is.
func (m *model) screen() (string, *tea.Cursor) {
	if m.width < minWidth || m.height < minHeight {
		return m.method.Truncate("too small", max(0, m.width), ""), nil
	}
	body := m.height - 1
	var lines []string
	var cursor *tea.Cursor
	switch {
	case m.mode == modeHelp:
		lines = m.helpLines(body)
	case m.width >= sideBySide:
		right, at := m.pane(m.paneWidth(), body)
		left := m.list(listWidth, body)
		for i := range body {
			lines = append(lines, left[i]+dim("│")+right[i])
		}
		if cursor = at; cursor != nil {
			cursor.X += listWidth + 1
		}
	case m.mode == modeList:
		lines = m.list(m.width, body)
		if m.status != "" {
			lines[body-1] = fit(m.method, "! "+m.status, m.width)
		}
	default:
		lines, cursor = m.pane(m.width, body)
	}
	lines = append(lines, dim(fit(m.method, m.keyLine(), m.width)))
	return strings.Join(lines, "\n"), cursor
}

func (m *model) paneWidth() int {
	if m.width >= sideBySide {
		return m.width - listWidth - 1
	}
	return m.width
}

func (m *model) composerWidth() int { return m.paneWidth() - 3 }

// A foot is what stands below the messages: a rule, what the text will do, the
// text or question, and a status line.
type foot struct {
	lines    []string
	row, col int // of the cursor in lines; row -1: none
}

// pane draws a conversation: exactly height lines of width cells.
func (m *model) pane(width, height int) ([]string, *tea.Cursor) {
	f := m.foot(width, height)
	lines := []string{bold(fit(m.method, m.title(), width))}
	lines = append(lines, m.messagePane(width, max(0, height-1-len(f.lines)))...)
	at := len(lines)
	lines = append(lines, f.lines...)
	if f.row < 0 {
		return lines[:height], nil
	}
	return lines[:height], tea.NewCursor(f.col, at+f.row)
}

// paneHeight returns how many lines of messages are on the screen.
func (m *model) paneHeight() int {
	height := m.height - 1
	return max(1, height-1-len(m.foot(m.paneWidth(), height).lines))
}

func (m *model) title() string {
	r := m.room()
	switch {
	case r != nil:
		return m.roomName(r)
	case len(m.newTo) > 0:
		return "New: " + strings.Join(m.newTo, ", ")
	}
	return "Parley"
}

// foot draws what is below the messages, in at most height-2 lines, so that one
// line of messages stays.
func (m *model) foot(width, height int) foot {
	f := foot{lines: []string{dim(strings.Repeat("─", width))}, row: -1}
	f.say(m, m.trouble(), width)
	if m.target.label != "" && m.mode == modeCompose {
		f.lines = append(f.lines, dim(fit(m.method, m.target.label, width)))
	}
	room := max(1, min(maxComposer, height-3-len(f.lines)))
	switch {
	case m.mode == modePrompt:
		m.footInput(&f, m.prompt.label, &m.prompt.input, width, room)
	case m.mode == modeConfirm:
		for _, l := range wrap(m.method, m.prompt.label, width) {
			f.lines = append(f.lines, fit(m.method, l, width))
		}
	case m.composing():
		m.footInput(&f, "> ", m.draft(), width, room)
	}
	f.say(m, m.status, width)
	if most := max(1, height-2); len(f.lines) > most {
		drop := len(f.lines) - most
		f.lines, f.row = f.lines[drop:], f.row-drop
	}
	return f
}

// say adds a sentence for the person.
func (f *foot) say(m *model, text string, width int) {
	if text == "" {
		return
	}
	lines := wrap(m.method, "! "+text, width)
	for _, l := range lines[:min(len(lines), maxStatus)] {
		f.lines = append(f.lines, fit(m.method, l, width))
	}
}

// trouble is what keeps the open conversation from working, or empty.
func (m *model) trouble() string {
	r := m.room()
	switch {
	case m.captcha() != "":
		return "The platform asks if you are a person. Ctrl+P: answer"
	case r == nil:
		return ""
	case len(r.ResetOf) > 0:
		return "The account of " + m.name(r.ResetOf[0]) + " was reset. Ctrl+R: compare and go on"
	case r.Problem != "":
		return firstLine(SanitizeLine(r.Problem))
	case !r.Active:
		return "You are no longer in this conversation"
	}
	return ""
}

// footInput draws a text field after a label: the lines around its cursor.
func (m *model) footInput(f *foot, label string, c *composer, width, room int) {
	indent := m.method.StringWidth(label)
	if indent > width/2 { // the label takes a line of its own
		for _, l := range wrap(m.method, label, width) {
			f.lines = append(f.lines, fit(m.method, l, width))
		}
		label, indent = "> ", 2
	}
	lines, row, col := c.layout(m.method, width-indent-1)
	first := max(0, row-room+1)
	for i := first; i < min(len(lines), first+room); i++ {
		f.lines = append(f.lines, fit(m.method, label+lines[i].text, width))
		if i == row && m.mode != modeSelect && m.mode != modeList {
			f.row, f.col = len(f.lines)-1, indent+col
		}
		label = strings.Repeat(" ", indent)
	}
}

// keyLine is the last line: what the keys do here.
func (m *model) keyLine() string {
	switch m.mode {
	case modeList:
		return "↑↓ choose  Enter open  n new  ? keys  q quit"
	case modeSelect:
		if m.selected < len(m.views) && m.folded(&m.views[m.selected]) {
			return "↑↓ choose  o show  R report  Esc back"
		}
		return "↑↓ choose  r reply  x react  e edit  u unsend  v view  s save  o open  R report  Esc back"
	case modePrompt:
		return "Enter done  Esc cancel"
	case modeConfirm:
		return "y yes  n no"
	case modeHelp:
		return "any key: back"
	}
	if !m.composing() {
		return "Tab list  Ctrl+N new  Ctrl+C quit"
	}
	return "Enter send  Alt+Enter new line  ↑ choose message  Tab list  F1 keys"
}

// helpLines explains keys and signs.
func (m *model) helpLines(height int) []string {
	text := []string{
		bold("Keys"),
		"Enter            send; in the list: open",
		"Alt+Enter        new line (also Ctrl+J)",
		"↑                choose a message: r reply, x react, e edit, u unsend,",
		"                 v view its files, s save them, o open with the system's program,",
		"                 R report it to the safety desk",
		"Tab or Esc       list of conversations",
		"Alt+↑ Alt+↓      conversation before, after",
		"PgUp PgDn        scroll",
		"Ctrl+O           send a file, with what is written as its caption",
		"Ctrl+N           new conversation",
		"Ctrl+R           go on with a contact whose account was reset",
		"Ctrl+P           answer the platform's question, when it asks one",
		"Ctrl+C           quit",
		"",
		bold("Signs"),
		signQueued + "    queued: kept on this device until the server can be reached",
		signSent + "    sent: the server has stored it",
		signDelivered + "   delivered: a device of somebody else has it",
		signFailed + "    failed: refused for good, and not tried again",
		"(2)  unread messages",
		"!    below a message: what this device finds suspicious of it. Nobody is told",
	}
	lines := make([]string, height)
	for i := range lines {
		l := ""
		if i < len(text) {
			l = text[i]
		}
		lines[i] = fit(m.method, l, m.width)
	}
	return lines
}

// list draws the conversations, two lines each: exactly height lines.
func (m *model) list(width, height int) []string {
	lines := []string{bold(fit(m.method, "Conversations", width))}
	fits := max(1, (height-1)/2)
	first := 0
	if m.mode == modeList {
		first = max(0, m.cursor-fits+1)
	}
	for i := first; i < min(len(m.rooms), first+fits); i++ {
		lines = append(lines, m.listEntry(i, width)...)
	}
	if len(m.rooms) == 0 {
		for _, l := range wrap(m.method, "None yet. Press n to begin one.", width) {
			lines = append(lines, fit(m.method, l, width))
		}
	}
	for len(lines) < height {
		lines = append(lines, strings.Repeat(" ", width))
	}
	return lines[:height]
}

func (m *model) listEntry(i, width int) []string {
	r := &m.rooms[i]
	mark, unread := "  ", ""
	if m.mode == modeList && i == m.cursor {
		mark = "> "
	} else if r.Room == m.open {
		mark = "• "
	}
	if r.Unread > 0 {
		unread = fmt.Sprintf(" (%d)", r.Unread)
	}
	name := fit(m.method, mark+m.roomName(r), max(0, width-len(unread))) + unread
	last := fit(m.method, "  "+m.preview(r), width)
	switch {
	case mark == "> ":
		return []string{reverse(name), reverse(last)}
	case r.Unread > 0:
		return []string{bold(name), last}
	}
	return []string{name, dim(last)}
}
