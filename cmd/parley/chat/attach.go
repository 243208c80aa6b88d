package chat

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"parley/client"
	"parley/identity"
)

// A Sending is a file on its way from the composer.
type Sending struct {
	Room    identity.Room // "": the conversation with Names
	Names   []string
	Path    string
	Caption string
	// Progress is told how many bytes of how many are uploaded. It may be called from any
	// goroutine.
	Progress func(done, of int64)
}

// An upload is what the screen shows of a file on its way.
type upload struct {
	name     string
	done, of atomic.Int64
}

// uploadMsg asks to show how far an upload is.
type uploadMsg struct{ u *upload }

// uploadStep is how often that is.
const uploadStep = 250 * time.Millisecond

// askFile asks which file to send to the open conversation. What is in the composer goes
// with it.
func (m *model) askFile() {
	if m.opts.Files == nil || !m.composing() || m.target.edit != nil || m.target.reply != nil {
		m.say("A file can't be sent from here")
		return
	}
	m.mode, m.status = modePrompt, ""
	m.prompt = prompt{label: "File to send (path): ", back: modeCompose, answer: m.sendFile}
}

// sendFile sends the file that a line of the person names.
func (m *model) sendFile(line string) tea.Cmd {
	path := unquoted(line)
	if path == "" {
		return nil
	}
	d := m.draft()
	s := Sending{Room: m.open, Names: m.newTo, Path: path, Caption: strings.TrimSpace(d.text)}
	u := &upload{name: SanitizeLine(path[strings.LastIndexByte(path, '/')+1:])}
	s.Progress = func(done, of int64) {
		u.done.Store(done)
		u.of.Store(of)
	}
	d.set("")
	m.upload = u
	send := func(ctx context.Context) (client.MessageID, error) { return m.opts.Files.Send(ctx, s) }
	sending := m.enqueue(job{
		run: send, text: s.Caption, room: s.Room, first: s.Room == "", upload: u, success: "Sent: " + u.name,
	})
	return tea.Batch(sending, m.showUpload(u))
}

// showUpload says how far an upload is, and again after a while, until it has ended.
func (m *model) showUpload(u *upload) tea.Cmd {
	if m.upload != u {
		return nil
	}
	text := "Sending " + u.name
	if of := u.of.Load(); of > 0 {
		text += fmt.Sprintf(": %d %%", 100*u.done.Load()/of)
	}
	m.say(text)
	return tea.Tick(uploadStep, func(time.Time) tea.Msg { return uploadMsg{u} })
}

// unquoted returns the path of a line as a person types it, or as a terminal writes a
// file that was dropped on it: in quotes, or with backslashes.
func unquoted(line string) string {
	line = strings.TrimSpace(line)
	if n := len(line); n >= 2 && (line[0] == '\'' || line[0] == '"') && line[n-1] == line[0] {
		return line[1 : n-1]
	}
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' && i+1 < len(line) && strings.IndexByte(" \\'\"()&;[]", line[i+1]) >= 0 {
			i++
		}
		b.WriteByte(line[i])
	}
	return b.String()
}
