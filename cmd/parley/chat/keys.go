package chat

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"parley/client"
	"parley/identity"
)

// press takes a key: first those that mean the same everywhere.
func (m *model) press(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "ctrl+c", "ctrl+q":
		return m.leave()
	case "pgup":
		return m.scrollBy(m.paneHeight() - 1)
	case "pgdown":
		return m.scrollBy(1 - m.paneHeight())
	case "f1":
		m.mode = modeHelp
		return nil
	case "ctrl+p":
		m.askCaptcha()
		return nil
	}
	switch m.mode {
	case modeList:
		return m.pressList(msg)
	case modeSelect:
		return m.pressSelect(msg)
	case modePrompt:
		return m.pressPrompt(msg)
	case modeConfirm:
		return m.pressConfirm(msg)
	case modeHelp:
		m.mode = modeList
		if m.composing() {
			m.mode = modeCompose
		}
		return nil
	default:
		return m.pressCompose(msg)
	}
}

// composing reports whether there is anything to write to.
func (m *model) composing() bool { return m.open != "" || len(m.newTo) > 0 }

// leave quits once what was typed is safe. Asked twice, it doesn't wait.
func (m *model) leave() tea.Cmd {
	if len(m.jobs) == 0 || m.leaving {
		return tea.Quit
	}
	m.leaving = true
	m.say("Saving what you wrote; the same key again leaves at once")
	return nil
}

func (m *model) paste(text string) {
	target := m.draft()
	if m.mode == modePrompt {
		target = &m.prompt.input
	} else if m.mode != modeCompose || !m.composing() {
		return
	}
	m.insert(target, text)
}

// tooLong is said of what doesn't fit into a message, until something does.
const tooLong = "That is too long for one message"

func (m *model) insert(to *composer, text string) {
	if !to.insert(text) {
		m.say(tooLong)
	} else if m.status == tooLong {
		m.status = ""
	}
}

func (m *model) pressCompose(msg tea.KeyPressMsg) tea.Cmd {
	d, width := m.draft(), m.composerWidth()
	switch msg.String() {
	case "enter":
		return m.submit()
	case "alt+enter", "shift+enter", "ctrl+j":
		d.insert("\n")
	case "esc":
		m.escape()
	case "tab":
		m.toList()
	case "up":
		if !d.up(m.method, width) {
			m.toSelect()
		}
	case "down":
		d.down(m.method, width)
	case "ctrl+n":
		m.askNames()
	case "ctrl+o":
		m.askFile()
	case "ctrl+r":
		return m.askReset()
	case "alt+up", "ctrl+up":
		return m.step(-1)
	case "alt+down", "ctrl+down":
		return m.step(+1)
	default:
		if msg.Text != "" {
			m.insert(d, msg.Text)
		} else {
			d.edit(msg.String())
		}
	}
	return nil
}

// escape gives up a reply or an edit, else goes to the list.
func (m *model) escape() {
	if m.target.reply != nil || m.target.edit != nil {
		if m.target.edit != nil {
			m.draft().set(m.target.draft)
		}
		m.target = target{}
		return
	}
	m.toList()
}

func (m *model) toList() {
	m.mode = modeList
	for i, r := range m.rooms {
		if r.Room == m.open {
			m.cursor = i
		}
	}
}

func (m *model) toSelect() {
	if len(m.views) > 0 {
		m.mode, m.selected = modeSelect, len(m.views)-1
		m.reveal()
	}
}

// step opens the conversation before or after the open one.
func (m *model) step(by int) tea.Cmd {
	if len(m.rooms) == 0 {
		return nil
	}
	at := -1
	for i, r := range m.rooms {
		if r.Room == m.open {
			at = i
		}
	}
	return m.show(m.rooms[max(0, min(at+by, len(m.rooms)-1))].Room)
}

func (m *model) pressList(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "up", "k":
		m.cursor = max(0, m.cursor-1)
	case "down", "j":
		m.cursor = max(0, min(m.cursor+1, len(m.rooms)-1))
	case "home":
		m.cursor = 0
	case "end":
		m.cursor = max(0, len(m.rooms)-1)
	case "enter", "right":
		if m.cursor < len(m.rooms) {
			return m.show(m.rooms[m.cursor].Room)
		}
	case "n", "ctrl+n":
		m.askNames()
	case "tab", "esc":
		if m.composing() {
			m.mode = modeCompose
		}
	case "?":
		m.mode = modeHelp
	case "q":
		return m.leave()
	}
	return nil
}

func (m *model) pressSelect(msg tea.KeyPressMsg) tea.Cmd {
	v := &m.views[m.selected]
	if key := msg.String(); m.folded(v) && len(key) == 1 && strings.Contains("ovsrx", key) {
		m.unfold(v) // nothing else before it is seen
		return nil
	}
	switch msg.String() {
	case "up", "k":
		m.selected = max(0, m.selected-1)
		m.reveal()
		if m.selected == 0 {
			return m.more()
		}
	case "down", "j":
		if m.selected == len(m.views)-1 {
			m.mode = modeCompose
			return nil
		}
		m.selected++
		m.reveal()
		return m.markRead()
	case "esc", "tab", "enter":
		m.mode, m.scroll = modeCompose, 0
		return m.markRead()
	case "r":
		m.begin(v, target{reply: &v.ID, label: "Replying to " + m.who(v.From) + ": " + firstLine(SanitizeLine(v.Text))})
	case "e":
		m.beginEdit(v)
	case "x":
		m.askReaction(v)
	case "u":
		m.askUnsend(v)
	case "R":
		m.askReport(v)
	case "v", "o", "s":
		return m.withFiles(v, msg.String())
	}
	return nil
}

// actionable reports whether v can be replied or reacted to; if not, it says so.
func (m *model) actionable(v *client.View) bool {
	if v.Unsent || (v.Kind != client.KindText && v.Kind != client.KindUnknown) {
		m.say("This line is not a message that can be answered")
		return false
	}
	return true
}

func (m *model) begin(v *client.View, t target) {
	if m.actionable(v) {
		m.target, m.mode, m.status = t, modeCompose, ""
	}
}

func (m *model) beginEdit(v *client.View) {
	if !v.Own(m.own) {
		m.say("Only your own messages can be edited")
		return
	}
	d := m.draft()
	if m.begin(v, target{edit: &v.ID, label: "Editing", draft: d.text}); m.target.edit != nil {
		d.set(v.Text)
	}
}

func (m *model) pressPrompt(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "esc":
		m.mode = m.prompt.back
	case "enter":
		m.mode = m.prompt.back
		return m.prompt.answer(strings.TrimSpace(m.prompt.input.text))
	default:
		m.prompt.input.press(msg)
	}
	return nil
}

func (m *model) pressConfirm(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "y", "Y":
		m.mode = m.prompt.back
		return m.prompt.answer("")
	case "n", "N", "esc", "enter":
		m.mode = m.prompt.back
	}
	return nil
}

// askNames asks for the names of a new conversation.
func (m *model) askNames() {
	back := m.mode
	m.mode, m.status = modePrompt, ""
	m.prompt = prompt{label: "New conversation with (names): ", back: back, answer: func(text string) tea.Cmd {
		names := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' })
		for _, n := range names {
			if m.account(n) == "" {
				m.say("Not an account name: " + n)
				return nil
			}
		}
		if len(names) == 0 {
			return nil
		}
		return m.startNew(names)
	}}
}

// quick are the reactions that a digit stands for.
var quick = []string{"👍", "❤️", "😂", "😮", "😢", "🙏"}

func (m *model) askReaction(v *client.View) {
	if !m.actionable(v) {
		return
	}
	id := v.ID
	m.mode, m.status = modePrompt, ""
	label := "React: 0 none 1👍 2❤️ 3😂 4😮 5😢 6🙏 or an emoji: "
	m.prompt = prompt{label: label, back: modeSelect, answer: func(text string) tea.Cmd {
		switch {
		case text == "":
			return nil
		case text == "0":
			return m.unreact(id)
		case len(text) == 1 && '1' <= text[0] && text[0] <= '6':
			text = quick[text[0]-'1']
		}
		return m.enqueue(job{reactTo: id, run: func(ctx context.Context) (client.MessageID, error) { return m.client.React(ctx, id, text) }})
	}}
}

// unreact takes back the reactions to a message that were made on this screen.
func (m *model) unreact(id client.MessageID) tea.Cmd {
	mine := m.mine[id]
	if len(mine) == 0 {
		m.say("Only a reaction made since this program started can be taken back here")
		return nil
	}
	delete(m.mine, id)
	var cmds []tea.Cmd
	for _, r := range mine {
		cmds = append(cmds, m.enqueue(job{run: func(ctx context.Context) (client.MessageID, error) { return m.client.Unsend(ctx, r) }}))
	}
	return tea.Batch(cmds...)
}

func (m *model) askUnsend(v *client.View) {
	if !v.Own(m.own) {
		m.say("Only your own messages can be unsent")
		return
	}
	if !m.actionable(v) {
		return
	}
	id := v.ID
	m.confirm("Unsend this message for everyone? (y/n)", func(string) tea.Cmd {
		return m.enqueue(job{run: func(ctx context.Context) (client.MessageID, error) { return m.client.Unsend(ctx, id) }})
	})
}

func (m *model) confirm(label string, answer func(string) tea.Cmd) {
	back := m.mode
	m.mode, m.status = modeConfirm, ""
	m.prompt = prompt{label: label, back: back, answer: answer}
}

// askReset offers to go on with a contact whose account was reset, after showing
// the safety number.
func (m *model) askReset() tea.Cmd {
	r := m.room()
	if r == nil || len(r.ResetOf) == 0 {
		return nil
	}
	account := r.ResetOf[0]
	return func() tea.Msg {
		number, err := m.client.SafetyNumber(m.ctx, string(account))
		if err != nil {
			return failedMsg{err}
		}
		return resetMsg{account, number}
	}
}

// resetMsg brings the safety number to compare.
type resetMsg struct {
	account identity.Account
	number  string
}

func (m *model) gotReset(msg resetMsg) {
	label := "Safety number with " + m.name(msg.account) + ": " + msg.number + " — go on? (y/n)"
	m.confirm(label, func(string) tea.Cmd {
		return m.enqueue(job{success: "Confirmed", run: func(ctx context.Context) (client.MessageID, error) {
			return client.MessageID{}, m.client.ConfirmReset(ctx, string(msg.account))
		}})
	})
}
