package chat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"parley/client"
	"parley/content"
)

// fakeFiles say what they were asked for.
type fakeFiles struct {
	fail error
	sent []Sending
}

func (f *fakeFiles) Show(_ context.Context, _ client.MessageID, in io.Reader, out io.Writer) error {
	key, err := io.ReadAll(in)
	_, _ = out.Write(append([]byte("shown until "), key...))
	return err
}

func (f *fakeFiles) Open(context.Context, client.MessageID, io.Reader, io.Writer) error {
	return f.fail
}

func (f *fakeFiles) Send(_ context.Context, s Sending) (client.MessageID, error) {
	s.Progress(30, 40)
	f.sent = append(f.sent, s)
	return client.MessageID{1}, f.fail
}

func (f *fakeFiles) Save(context.Context, client.MessageID) (string, error) {
	return "beach.png", f.fail
}

// What a message says of its files is drawn, and does nothing to the terminal.
func TestFilesAreDescribed(t *testing.T) {
	c := newMemory()
	room := c.add(bob)
	photo := client.Attachment{Role: content.RolePhoto, Type: "image/png", Name: "beach.png", Alt: "the \x1b[2Jsea", Width: 1200, Height: 800, Size: 340_000}
	voice := client.Attachment{Role: content.RoleVoice, Type: "audio/ogg", DurationMS: 12_400, Size: 999}
	for _, v := range []client.Message{
		{Text: "look", Media: &client.Media{Attachments: []client.Attachment{photo, voice}}},
		{Media: &client.Media{ViewOnce: true, Attachments: []client.Attachment{{Role: content.RoleVideo, Size: 12_300_000}}}},
		{Media: &client.Media{ViewOnce: true, Opened: true, Attachments: []client.Attachment{{Role: content.RolePhoto}}}},
	} {
		v.Kind, v.From = client.KindText, bob
		c.mu.Lock()
		c.put(c.find(room), v)
		c.mu.Unlock()
	}
	s := start(t, c)
	s.press("enter")
	s.shows("[Photo beach.png, 1200 × 800, 340", "KB: the �[2Jsea]", "[Voice message, 0:12, 999 B]", "look",
		"[Video, 12.3 MB, to be viewed once]", "[Photo, to be viewed once: gone]")
}

// The keys of a chosen message do something with its files, where it has any.
func TestFileKeys(t *testing.T) {
	c := newMemory()
	room := c.add(bob)
	put := func(m client.Message) {
		m.Kind, m.From = client.KindText, bob
		c.mu.Lock()
		defer c.mu.Unlock()
		c.put(c.find(room), m)
	}
	put(client.Message{Media: &client.Media{Attachments: []client.Attachment{{Role: content.RoleFile, Name: "plan.txt"}}}})
	s := start(t, c)
	files := &fakeFiles{}
	s.m.opts.Files = files
	s.press("enter")
	s.press("up")
	s.write("s")
	s.shows("Saved: beach.png")
	files.fail = errors.New("disk full")
	s.write("s")
	s.shows(s.m.opts.Explain(files.fail))
	put(client.Message{Text: "only text"})
	s.send(changedMsg{})
	s.press("down")
	s.write("s")
	s.shows("This message has no files")
}

func TestTerminalJob(t *testing.T) {
	var out bytes.Buffer
	j := &terminalJob{run: func(in io.Reader, out io.Writer) error {
		return (&fakeFiles{}).Show(t.Context(), client.MessageID{}, in, out)
	}}
	j.SetStdin(strings.NewReader("x"))
	j.SetStdout(&out)
	if err := j.Run(); err != nil || out.String() != "shown until x" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// A file goes to the open conversation, with what is written as its caption; where it
// can't, the caption comes back.
func TestSendFile(t *testing.T) {
	c := newMemory()
	room := c.add(bob)
	s := start(t, c)
	files := &fakeFiles{}
	s.m.opts.Files = files
	s.press("enter")
	s.write("the sea")
	s.press("ctrl+o")
	s.write(`'/tmp/my beach.jpg'`)
	s.press("enter")
	s.shows("Sent: my beach.jpg")
	if len(files.sent) != 1 || files.sent[0].Room != room || files.sent[0].Path != "/tmp/my beach.jpg" || files.sent[0].Caption != "the sea" {
		t.Fatalf("sent %+v", files.sent)
	}
	files.fail = errors.New("no such file")
	s.write("again")
	s.press("ctrl+o")
	s.write("nothing.jpg")
	s.press("enter")
	s.shows(s.m.opts.Explain(files.fail))
	if got := s.m.draft().text; got != "again" {
		t.Errorf("what was written is %q afterwards; want it kept", got)
	}
}

func TestUnquoted(t *testing.T) {
	for line, want := range map[string]string{
		"": "", " a.jpg ": "a.jpg", `my\ beach.jpg`: "my beach.jpg", `'my beach.jpg'`: "my beach.jpg",
		`"it's.jpg"`: "it's.jpg", `C:\dir\a`: `C:\dir\a`, `\`: `\`,
	} {
		if got := unquoted(line); got != want {
			t.Errorf("%q: %q; want %q", line, got, want)
		}
	}
}
