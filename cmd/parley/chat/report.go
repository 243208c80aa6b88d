package chat

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"parley/client"
	"parley/report"
)

// askReport asks what is wrong with a message, then for a note, then shows what would
// leave.
func (m *model) askReport(v *client.View) {
	if v.Own(m.own) || v.Kind == client.KindNotice {
		m.say("Only what others wrote can be reported")
		return
	}
	d := client.ReportDraft{Room: v.Room, Messages: []client.MessageID{v.ID}, About: v.From}
	var parts []string
	for i, c := range report.Categories() {
		parts = append(parts, fmt.Sprintf("%d %s", i+1, strings.ReplaceAll(string(c), "_", " ")))
	}
	m.mode, m.status = modePrompt, ""
	m.prompt = prompt{label: "Report to the safety desk: " + strings.Join(parts, "  ") + ": ", back: modeSelect, answer: func(text string) tea.Cmd {
		all := report.Categories()
		if len(text) != 1 || text[0] < '1' || int(text[0]-'1') >= len(all) {
			return nil
		}
		d.Category = all[text[0]-'1']
		m.askNote(d)
		return nil
	}}
}

func (m *model) askNote(d client.ReportDraft) {
	m.mode = modePrompt
	m.prompt = prompt{label: "A note for the desk, or nothing: ", back: modeSelect, answer: func(text string) tea.Cmd {
		d.Note = text
		return func() tea.Msg {
			v, err := m.client.PreviewReport(m.ctx, d)
			if err != nil {
				return failedMsg{err}
			}
			return reportMsg{d, v}
		}
	}}
}

// reportMsg brings what would leave.
type reportMsg struct {
	draft   client.ReportDraft
	preview *client.ReportPreview
}

// gotReport shows what would leave, and sends it if that is wanted.
func (m *model) gotReport(msg reportMsg) {
	d, v := msg.draft, msg.preview
	if len(v.Messages) == 0 {
		m.say("This is too old: it can't be shown to be theirs any more")
		return
	}
	label := fmt.Sprintf("To the safety desk of %s, about %s (%s):", v.Desk, m.name(v.About), d.Category)
	for _, r := range v.Messages {
		text := firstLine(SanitizeLine(r.Text))
		if r.Media != nil && len(r.Media.Attachments) > 0 {
			text = fmt.Sprintf("[%d files] %s", len(r.Media.Attachments), text)
		}
		label += fmt.Sprintf(" “%s”", text)
	}
	if v.Missing > 0 {
		label += fmt.Sprintf(" (%d edits stay here)", v.Missing)
	}
	if v.Signed > 0 {
		label += " with the names of their devices, and which conversation it is."
	}
	label += " Nothing else leaves. s send, b send and block: "
	d.Messages, d.Exact = nil, true
	for _, r := range v.Messages {
		d.Messages = append(d.Messages, r.ID)
	}
	m.mode, m.status = modePrompt, ""
	m.prompt = prompt{label: SanitizeLine(label), back: modeSelect, answer: func(text string) tea.Cmd {
		if text != "s" && text != "b" {
			m.say("Nothing was sent")
			return nil
		}
		d.Block = text == "b"
		return m.enqueue(job{success: "Reported: you will hear what came of it", run: func(ctx context.Context) (client.MessageID, error) {
			return client.MessageID{}, m.client.SendReport(ctx, d)
		}})
	}}
}
