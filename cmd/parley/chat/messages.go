package chat

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"parley/client"
	"parley/identity"
)

// Signs of own messages: how far each is known to have come.
const (
	signQueued    = "◷"
	signSent      = "✓"
	signDelivered = "✓✓"
	signFailed    = "✗"
)

// roomName is how a conversation is called: by the others who are in it.
func (m *model) roomName(r *client.Room) string {
	var others []string
	for _, a := range r.Accounts {
		if a != m.own {
			others = append(others, m.name(a))
		}
	}
	if len(others) == 0 {
		return "Notes to self"
	}
	return strings.Join(others, ", ")
}

// preview is the last line of a conversation, for the list.
func (m *model) preview(r *client.Room) string {
	switch {
	case r.Problem != "":
		return "! " + firstLine(SanitizeLine(r.Problem))
	case !r.Active:
		return "you are no longer in it"
	case r.Last == nil:
		return ""
	}
	v := client.View{Message: *r.Last, Unsent: r.Last.Kind == client.KindUnsend}
	text := firstLine(m.body(&v))
	if r.Last.Own(m.own) {
		return sign(r.Last) + " " + text
	}
	if len(r.Accounts) > 2 && r.Last.Kind != client.KindNotice {
		return m.who(r.Last.From) + ": " + text
	}
	return text
}

// sign returns the tick of an own message.
func sign(msg *client.Message) string {
	switch msg.State {
	case client.StateQueued:
		return signQueued
	case client.StateDelivered:
		return signDelivered
	case client.StateFailed:
		return signFailed
	}
	return signSent
}

func (m *model) who(a identity.Account) string {
	if a == m.own {
		return "you"
	}
	return m.name(a)
}

// notices are sentences for the words of notices.
var notices = map[client.Notice]string{
	client.NoticeOpened:        "the conversation begins",
	client.NoticeJoined:        "%s came in",
	client.NoticeLeft:          "%s is no longer in it",
	client.NoticeRemoved:       "%s was taken out by %by",
	client.NoticeDeviceAdded:   "%s uses one device more",
	client.NoticeDeviceRemoved: "%s uses one device less",
	client.NoticeReset:         "the account of %s was reset: Ctrl+R to compare and go on",
	client.NoticeRejoined:      "a device of %s came back after a fault",
	client.NoticeGeneration:    "the conversation was rebuilt after a fault",
}

// ownNotices are those of the own account, where the words are others.
var ownNotices = map[client.Notice]string{
	client.NoticeLeft:          "you are no longer in it",
	client.NoticeRemoved:       "you were taken out by %by",
	client.NoticeDeviceAdded:   "you use one device more",
	client.NoticeDeviceRemoved: "you use one device less",
}

// body is what a message says, sanitised.
func (m *model) body(v *client.View) string {
	switch {
	case m.folded(v):
		return "(from somebody you blocked)"
	case v.Unsent:
		return "(unsent)"
	case v.Kind == client.KindNotice:
		return m.notice(&v.Message)
	case v.Kind == client.KindUnreadable:
		return "(a message that this device can't read)"
	case v.Kind == client.KindUnknown && v.Text == "":
		return "(a message of a kind that this program doesn't know)"
	case v.Kind == client.KindReaction:
		return "reacted " + Sanitize(v.Text)
	}
	files := strings.Join(filesOf(v), "\n")
	if files != "" && v.Text != "" {
		files += "\n"
	}
	return files + Sanitize(v.Text)
}

// folded reports whether a message stands folded: its author is blocked, and nobody has asked to see it.
func (m *model) folded(v *client.View) bool { return v.Blocked && !m.unfolded[v.ID] }

// unfold shows a message of somebody who is blocked.
func (m *model) unfold(v *client.View) {
	if m.unfolded == nil {
		m.unfolded = map[client.MessageID]bool{}
	}
	m.unfolded[v.ID] = true
}

func (m *model) notice(msg *client.Message) string {
	subject := msg.Subject
	if d, err := identity.ParseDevice(subject); err == nil {
		subject = string(d.Account())
	}
	a, err := identity.ParseAccount(subject)
	if err == nil {
		subject = m.who(a)
	}
	s, ok := notices[msg.Text]
	switch own, is := ownNotices[msg.Text]; {
	case msg.Text == client.NoticeLeft && msg.From == a && err == nil:
		s = "%s left"
	case is && a == m.own:
		s = own
	case !ok:
		s = strings.ReplaceAll(SanitizeLine(msg.Text), "_", " ")
	}
	return strings.NewReplacer("%by", SanitizeLine(m.who(msg.From)), "%s", SanitizeLine(subject)).Replace(s)
}

// A drawn line belongs to one of the views, or to none (-1).
type drawn struct {
	text string
	view int
}

// draw draws the messages of the open conversation at a width.
func (m *model) draw(views []client.View, width int) []drawn {
	var lines []drawn
	last := ""
	byID := map[client.MessageID]*client.View{}
	for i := range views {
		v := &views[i]
		byID[v.ID] = v
		at := time.UnixMilli(v.AtMS).In(m.opts.Location)
		if d := day(at); d != last {
			lines = append(lines, drawn{dim(fit(m.method, dayLine(m.method, at, width), width)), -1})
			last = d
		}
		for _, l := range m.drawView(v, byID, at, width) {
			if m.mode == modeSelect && i == m.selected {
				l = reverse(fit(m.method, ">"+l, width))
			} else {
				l = fit(m.method, " "+l, width)
			}
			lines = append(lines, drawn{l, i})
		}
	}
	return lines
}

// drawView draws one message in lines of less than width cells: time, sender and
// text; what it answers before the text, warnings and reactions below.
func (m *model) drawView(v *client.View, byID map[client.MessageID]*client.View, at time.Time, width int) (lines []string) {
	width -= 2
	clock := at.Format("15:04") + " "
	if v.Kind == client.KindNotice {
		return wrap(m.method, clock+"— "+m.body(v), width)
	}
	indent := strings.Repeat(" ", min(len(clock), width/4))
	head, text := clock+m.who(v.From)+": ", m.body(v)+m.suffix(v)
	if !v.InReplyTo.IsZero() {
		quote := "an earlier message"
		if q := byID[v.InReplyTo]; q != nil {
			quote = m.who(q.From) + ": " + firstLine(m.body(q))
		}
		lines = append(lines, fit(m.method, clock+m.who(v.From)+" ↪ "+quote, width))
		head, text = "", indent+text
	}
	for i, l := range wrap(m.method, head+text, width-len(indent)) {
		if i > 0 {
			l = indent + l
		}
		lines = append(lines, l)
	}
	if m.folded(v) {
		return lines
	}
	for _, warning := range m.warnings[v.ID] {
		for _, l := range wrap(m.method, "! "+warning, width-len(indent)) {
			lines = append(lines, indent+l)
		}
	}
	if r := m.reactions(v); r != "" {
		lines = append(lines, fit(m.method, indent+r, width))
	}
	return lines
}

// suffix is what stands after the text: edits, and the tick of an own message.
func (m *model) suffix(v *client.View) (s string) {
	if v.Edited && !v.Unsent {
		s = " (edited)"
	}
	if v.Own(m.own) {
		s += " " + sign(&v.Message)
	}
	return s
}

func (m *model) reactions(v *client.View) string {
	var parts []string
	for _, emoji := range slices.Sorted(maps.Keys(v.Reactions)) {
		var who []string
		for _, a := range v.Reactions[emoji] {
			who = append(who, m.who(a))
		}
		if len(who) > 0 {
			parts = append(parts, SanitizeLine(emoji)+" "+strings.Join(who, ", "))
		}
	}
	return strings.Join(parts, "  ")
}

// messagePane draws the part of the conversation that the scroll position shows:
// exactly height lines.
func (m *model) messagePane(width, height int) []string {
	var lines []drawn
	if m.composing() && len(m.views) > 0 {
		lines = m.draw(m.views, width)
	} else {
		for _, l := range wrap(m.method, m.emptyText(), width) {
			lines = append(lines, drawn{fit(m.method, l, width), -1})
		}
	}
	m.scroll = max(0, min(m.scroll, len(lines)-height))
	end := len(lines) - m.scroll
	out := make([]string, 0, height)
	for range height - (end - max(0, end-height)) {
		out = append(out, strings.Repeat(" ", width)) // few messages stand at the bottom
	}
	for _, l := range lines[max(0, end-height):end] {
		out = append(out, l.text)
	}
	if m.scroll > 0 && height > 1 {
		out[height-1] = dim(fit(m.method, fmt.Sprintf("↓ %d more lines below (PgDn)", m.scroll+1), width))
	}
	return out
}

func (m *model) emptyText() string {
	switch {
	case len(m.newTo) > 0:
		return "The conversation begins with your first message."
	case m.open == "":
		return "Choose a conversation, or press n in the list to begin one."
	case m.loading:
		return ""
	}
	return "No messages yet."
}

// scrollBy moves the view up by n lines, down if n is negative.
func (m *model) scrollBy(n int) tea.Cmd {
	total, height := len(m.draw(m.views, m.paneWidth())), m.paneHeight()
	m.scroll = max(0, min(m.scroll+n, total-height))
	if n > 0 && m.scroll == max(0, total-height) {
		return m.more()
	}
	return m.markRead()
}

// reveal scrolls so that the selected message is on the screen.
func (m *model) reveal() {
	lines, height := m.draw(m.views, m.paneWidth()), m.paneHeight()
	first, last := -1, 0
	for i, l := range lines {
		if l.view == m.selected {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	below := len(lines) - 1 - last // lines after the message
	lead := 0
	if m.scroll > 0 || below > 0 {
		lead = 1 // the last line says that there is more
	}
	switch {
	case below < m.scroll+lead:
		m.scroll = max(0, below-lead)
	case len(lines)-first > m.scroll+height:
		m.scroll = len(lines) - first - height
	}
}

// linesAfter returns how many lines of views stand after the message id.
func (m *model) linesAfter(views []client.View, id client.MessageID) int {
	at := slices.IndexFunc(views, func(v client.View) bool { return v.ID == id })
	if at < 0 {
		return 0
	}
	n := 0
	for _, l := range m.draw(views, m.paneWidth()) {
		if l.view > at {
			n++
		}
	}
	return n
}
