package chat

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"parley/client"
	"parley/identity"
	"parley/wire"
)

// Messages that commands, and the client's Run, send to the model.
type (
	changedMsg struct{}            // something changed in the client
	endedMsg   struct{ err error } // the client's Run returned by itself
	failedMsg  struct{ err error } // a call that changes nothing failed
	roomsMsg   struct{ rooms []client.Room }
	historyMsg struct {
		room     identity.Room
		views    []client.View
		warnings map[client.MessageID][]string
	}
	// doneMsg ends the first of the jobs.
	doneMsg struct {
		job job
		id  client.MessageID
		err error
	}
)

// A job is a call that changes something.
type job struct {
	run     func(context.Context) (client.MessageID, error)
	text    string           // what the person typed, given back if nothing came of it
	room    identity.Room    // whose draft text came from
	first   bool             // of a new conversation: open it afterwards
	success string           // said when done; empty: nothing
	reactTo client.MessageID // of a reaction: the message
	upload  *upload          // of a file
}

// enqueue runs j after the jobs before it, so that messages keep the order in
// which they were typed.
func (m *model) enqueue(j job) tea.Cmd {
	m.jobs = append(m.jobs, j)
	return m.next()
}

func (m *model) next() tea.Cmd {
	if m.busy || len(m.jobs) == 0 {
		return nil
	}
	m.busy = true
	j := m.jobs[0]
	return func() tea.Msg {
		id, err := j.run(m.ctx)
		return doneMsg{j, id, err}
	}
}

// done ends a job: its text is in the outbox or beyond, or it comes back.
func (m *model) done(msg doneMsg) tea.Cmd {
	m.jobs, m.busy = m.jobs[1:], false
	if msg.job.upload != nil && m.upload == msg.job.upload {
		m.upload = nil
	}
	switch {
	case msg.err == nil:
		if msg.job.success != "" {
			m.say(msg.job.success)
		}
	case errors.Is(msg.err, client.ErrQueued):
		m.sayOf(msg.err)
	default:
		m.sayOf(msg.err)
		m.giveBack(msg.job)
	}
	if r := msg.job.reactTo; !r.IsZero() && !msg.id.IsZero() {
		m.mine[r] = append(m.mine[r], msg.id)
	}
	cmds := []tea.Cmd{m.next(), m.loadRooms(), m.loadHistory()}
	if msg.job.first && (msg.err == nil || errors.Is(msg.err, client.ErrQueued)) && m.open == "" {
		cmds = append(cmds, m.openOf(msg.id))
	}
	if m.leaving && len(m.jobs) == 0 {
		return tea.Quit
	}
	return tea.Batch(cmds...)
}

// sayOf says what err means, unless the line that asks for an answer says it.
func (m *model) sayOf(err error) {
	if m.captcha() != "" && errors.Is(err, &wire.Error{Code: wire.CodeChallenge}) {
		return
	}
	m.say(m.opts.Explain(err))
}

// giveBack puts the text of a failed job back where it was typed, if nothing
// else was typed there meanwhile.
func (m *model) giveBack(j job) {
	if j.text == "" {
		return
	}
	d := m.drafts[j.room]
	if d == nil {
		d = &composer{}
		m.drafts[j.room] = d
	}
	if d.text == "" {
		d.set(j.text)
	}
}

// openOf opens the conversation that a message is in.
func (m *model) openOf(id client.MessageID) tea.Cmd {
	return func() tea.Msg {
		v, err := m.client.Lookup(m.ctx, id)
		if err != nil {
			return failedMsg{err}
		}
		return openMsg{v.Room}
	}
}

// openMsg asks to open a conversation.
type openMsg struct{ room identity.Room }

func (m *model) loadRooms() tea.Cmd { return m.readRooms }

// readRooms is a command.
func (m *model) readRooms() tea.Msg {
	rooms, err := m.client.Rooms(m.ctx)
	if err != nil {
		return failedMsg{err}
	}
	return roomsMsg{rooms}
}

func (m *model) loadHistory() tea.Cmd {
	if m.open == "" {
		return nil
	}
	m.loading = true
	room, limit := m.open, m.limit
	return func() tea.Msg {
		views, err := m.client.History(m.ctx, room, 0, limit)
		if err != nil {
			return failedMsg{err}
		}
		return historyMsg{room, views, m.warningsOf(views)}
	}
}

// warningsOf returns the lines of warnings below messages, sanitised.
func (m *model) warningsOf(views []client.View) map[client.MessageID][]string {
	all := map[client.MessageID][]string{}
	for i := range views {
		if m.opts.Warn == nil {
			break
		}
		for _, line := range m.opts.Warn(&views[i]) {
			all[views[i].ID] = append(all[views[i].ID], SanitizeLine(line))
		}
	}
	return all
}

// submit sends what is in the composer.
func (m *model) submit() tea.Cmd {
	d := m.draft()
	if d.empty() {
		return nil
	}
	text, room, t := d.text, m.open, m.target
	j := job{text: text, room: room}
	switch {
	case t.edit != nil:
		j.run = func(ctx context.Context) (client.MessageID, error) { return m.client.Edit(ctx, *t.edit, text) }
	case t.reply != nil:
		j.run = func(ctx context.Context) (client.MessageID, error) { return m.client.Reply(ctx, *t.reply, text) }
	case room != "":
		j.run = func(ctx context.Context) (client.MessageID, error) { return m.client.Send(ctx, room, text) }
	case len(m.newTo) > 0:
		names := m.newTo
		j.first = true
		j.run = func(ctx context.Context) (client.MessageID, error) { return m.client.SendTo(ctx, names, text) }
	default:
		return nil
	}
	d.set(t.draft)
	m.target, m.status, m.scroll = target{}, "", 0
	return m.enqueue(j)
}
