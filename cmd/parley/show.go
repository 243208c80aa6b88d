package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"parley/client"
	"parley/cmd/parley/chat"
	"parley/cmd/parley/internal/termpic"
	"parley/content"
)

// maxShown bounds the pictures that are fetched to be drawn, in bytes.
const maxShown = 32 << 20

// chatFiles are what the full-screen client does with files.
type chatFiles struct {
	p *program
	c *client.Client
}

var _ chat.Files = (*chatFiles)(nil)

// Save implements [chat.Files]: into the working directory.
func (f *chatFiles) Save(ctx context.Context, id client.MessageID) (string, error) {
	all, err := attachmentRef{id: id}.of(ctx, f.c)
	if err != nil {
		return "", err
	}
	if all.once {
		return "", errOnce
	}
	quiet := &program{stderr: io.Discard, stdout: io.Discard, lookup: f.p.lookup}
	var paths []string
	for _, n := range all.numbers {
		path, err := quiet.saveOne(ctx, f.c, id, n, &all.attachments[n], ".")
		if err != nil {
			return "", err
		}
		paths = append(paths, path)
	}
	return strings.Join(paths, ", "), nil
}

// Send implements [chat.Files].
func (f *chatFiles) Send(ctx context.Context, s chat.Sending) (client.MessageID, error) {
	a := &attaching{paths: []string{f.p.homePath(s.Path)}}
	files, done, err := a.open()
	defer done()
	if err != nil {
		return client.MessageID{}, err
	}
	o := client.Outgoing{Text: s.Caption}
	if s.Room == "" {
		return f.c.AttachTo(ctx, s.Names, o, files, s.Progress)
	}
	return f.c.Attach(ctx, s.Room, o, files, s.Progress)
}

// Open implements [chat.Files].
func (f *chatFiles) Open(ctx context.Context, id client.MessageID, _ io.Reader, out io.Writer) error {
	p := &program{stdin: f.p.stdin, stdout: out, stderr: out, lookup: f.p.lookup, person: f.p.person}
	return p.openAttachment(ctx, f.c, attachmentRef{id: id})
}

// Show implements [chat.Files].
func (f *chatFiles) Show(ctx context.Context, id client.MessageID, in io.Reader, out io.Writer) error {
	all, err := attachmentRef{id: id}.of(ctx, f.c)
	if err != nil {
		return err
	}
	if tty, ok := in.(*os.File); ok {
		if before, err := term.MakeRaw(int(tty.Fd())); err == nil {
			defer term.Restore(int(tty.Fd()), before)
		}
	}
	s := &screen{in: newKeys(in), out: out, columns: 80, rows: 24}
	if tty, ok := out.(*os.File); ok {
		if w, h, err := term.GetSize(int(tty.Fd())); err == nil && w > 0 && h > 4 {
			s.columns, s.rows = w, h
		}
	}
	io.WriteString(out, ansi.SetModeAltScreenSaveCursor) // nothing of it stays on the screen
	defer io.WriteString(out, ansi.ResetModeAltScreenSaveCursor)
	s.ask(ctx)
	for i, n := range all.numbers {
		fetch := func() ([]byte, error) { return f.fetch(ctx, id, n, all.attachments[n].Size) }
		if err := s.show(ctx, &all.attachments[n], all.once, fetch); err != nil {
			return err
		}
		io.WriteString(out, fmt.Sprintf("\r\n%d of %d. Any key goes on. ", i+1, len(all.numbers)))
		if _, err := s.in.next(ctx, 0); err != nil {
			return err
		}
		io.WriteString(out, termpic.Clear(s.way))
	}
	return nil
}

func (f *chatFiles) fetch(ctx context.Context, id client.MessageID, n int, size int64) ([]byte, error) {
	if size > maxShown {
		return nil, termpic.ErrPicture
	}
	var b bytes.Buffer
	_, err := f.c.Fetch(ctx, id, n, &b)
	return b.Bytes(), err
}

// A screen is a terminal that pictures are shown on.
type screen struct {
	in            *keys
	out           io.Writer
	way           termpic.Way
	columns, rows int
}

// askTime is how long a terminal has to say which pictures it takes.
const askTime = time.Second

// ask asks the terminal how it takes pictures.
func (s *screen) ask(ctx context.Context) {
	io.WriteString(s.out, termpic.Query)
	end := time.Now().Add(askTime)
	var got []byte
	for {
		b, err := s.in.next(ctx, max(time.Until(end), time.Millisecond))
		if err != nil {
			return // it says nothing: then it takes none
		}
		got = append(got, b)
		way, done := termpic.Answer(got)
		if done {
			s.way = way
			return
		}
	}
}

// drawTime bounds how long a picture is decoded: the terminal answers to no key then.
const drawTime = 20 * time.Second

// show shows one attachment: what its sender says of it, and the picture where it is
// one and the terminal can.
func (s *screen) show(ctx context.Context, a *client.Attachment, once bool, fetch func() ([]byte, error)) error {
	io.WriteString(s.out, "\x1b[2J\x1b[H"+chat.Describe(a, once)+"\r\n")
	picture := a.Poster
	switch {
	case s.way == termpic.None:
		return s.say("This terminal draws no pictures.")
	case a.Role == content.RolePhoto:
		var err error
		if picture, err = fetch(); errors.Is(err, termpic.ErrPicture) {
			return s.say("It is too large to be drawn here.")
		} else if err != nil {
			return err
		}
	case len(picture) == 0:
		return s.say("There is nothing to draw of it.")
	}
	ctx, cancel := context.WithTimeout(ctx, drawTime)
	defer cancel()
	m, err := termpic.Decode(ctx, picture)
	if err != nil {
		return s.say("It can't be drawn.")
	}
	return termpic.Draw(s.out, s.way, m, s.columns, s.rows-4)
}

func (s *screen) say(text string) error {
	_, err := io.WriteString(s.out, text+" s saves it, o opens it with the system's program.\r\n")
	return err
}

// keys are bytes of a terminal, read one at a time and only when one is asked for: what
// is typed afterwards is for who reads next.
type keys struct {
	in      io.Reader
	got     chan key
	pending bool // a read is under way
}

type key struct {
	b   byte
	err error
}

func newKeys(in io.Reader) *keys { return &keys{in: in, got: make(chan key, 1)} }

// errNoKey is returned by keys.next when the time is over.
var errNoKey = errors.New("no key")

// next returns the next byte, once it is there; errNoKey if it takes too long. most 0 is
// for ever.
func (k *keys) next(ctx context.Context, most time.Duration) (byte, error) {
	if !k.pending {
		k.pending = true
		go func() {
			var b [1]byte
			_, err := io.ReadFull(k.in, b[:])
			k.got <- key{b[0], err}
		}()
	}
	var late <-chan time.Time
	if most > 0 {
		t := time.NewTimer(most)
		defer t.Stop()
		late = t.C
	}
	select {
	case got := <-k.got:
		k.pending = false
		return got.b, got.err
	case <-late:
		return 0, errNoKey
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
