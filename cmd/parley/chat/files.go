package chat

import (
	"context"
	"fmt"
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"

	"parley/client"
	"parley/content"
)

// filesOf returns what a message says of its files, a line for each, sanitised; empty
// for a message without.
func filesOf(v *client.View) (lines []string) {
	if v.Media == nil || v.Unsent {
		return nil
	}
	if len(v.Media.Attachments) == 0 || v.Media.Opened || v.Media.Withheld {
		if g := v.Media.Glimpse().String(); g != "" {
			return []string{"[" + SanitizeLine(g) + gone(v.Media) + "]"}
		}
		return nil
	}
	for i := range v.Media.Attachments {
		lines = append(lines, Describe(&v.Media.Attachments[i], v.Media.ViewOnce))
	}
	return lines
}

func gone(m *client.Media) string {
	switch {
	case m.Opened:
		return ": gone"
	case m.Withheld:
		return ": not shown before the conversation is accepted"
	}
	return ""
}

// Describe returns in one line, sanitised, what an attachment is, as far as its sender
// says: "[Photo beach.jpg, 1200 × 800, 340 KB: the sea]".
func Describe(a *client.Attachment, once bool) string {
	word := map[content.Role]string{content.RolePhoto: "Photo", content.RoleVideo: "Video", content.RoleVoice: "Voice message"}[a.Role]
	if word == "" {
		word = "File"
	}
	if a.Name != "" {
		word += " " + a.Name
	}
	parts := []string{word}
	if a.Width > 0 {
		parts = append(parts, fmt.Sprintf("%d × %d", a.Width, a.Height))
	}
	if seconds := (a.DurationMS + 500) / 1000; seconds > 0 {
		parts = append(parts, fmt.Sprintf("%d:%02d", seconds/60, seconds%60))
	}
	parts = append(parts, sizeText(a.Size))
	if once {
		parts = append(parts, "to be viewed once")
	}
	s := strings.Join(parts, ", ")
	if a.Alt != "" {
		s += ": " + a.Alt
	}
	return "[" + SanitizeLine(s) + "]"
}

func sizeText(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprint(n, " B")
	case n < 1000*1000:
		return fmt.Sprintf("%.0f KB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// withFiles does with the files of a message what a key asks for.
func (m *model) withFiles(v *client.View, key string) tea.Cmd {
	if m.opts.Files == nil || v.Media == nil || v.Unsent || len(v.Media.Attachments) == 0 {
		m.say("This message has no files")
		return nil
	}
	id := v.ID
	switch key {
	case "v":
		return m.onTerminal(id, m.opts.Files.Show)
	case "o":
		return m.onTerminal(id, m.opts.Files.Open)
	}
	m.say("Saving…")
	return func() tea.Msg {
		where, err := m.opts.Files.Save(m.ctx, id)
		if err != nil {
			return failedMsg{err}
		}
		return saidMsg{"Saved: " + where}
	}
}

// onTerminal calls f with the terminal to itself.
func (m *model) onTerminal(id client.MessageID, f func(context.Context, client.MessageID, io.Reader, io.Writer) error) tea.Cmd {
	m.status = ""
	return tea.Exec(&terminalJob{run: func(in io.Reader, out io.Writer) error { return f(m.ctx, id, in, out) }}, func(err error) tea.Msg {
		if err != nil {
			return failedMsg{err}
		}
		return changedMsg{}
	})
}

// saidMsg brings a line for the person.
type saidMsg struct{ text string }

// A terminalJob is a [tea.ExecCommand] of this process.
type terminalJob struct {
	run func(in io.Reader, out io.Writer) error
	in  io.Reader
	out io.Writer
}

// Run implements [tea.ExecCommand].
func (j *terminalJob) Run() error { return j.run(j.in, j.out) }

// SetStdin implements [tea.ExecCommand].
func (j *terminalJob) SetStdin(r io.Reader) { j.in = r }

// SetStdout implements [tea.ExecCommand].
func (j *terminalJob) SetStdout(w io.Writer) { j.out = w }

// SetStderr implements [tea.ExecCommand].
func (j *terminalJob) SetStderr(io.Writer) {}
