// Package chat is the full-screen terminal client: a list of conversations, the
// messages of one, and a line to write on. It draws what a [Client] keeps and
// keeps nothing itself but what is being typed.
//
// The program is a bubbletea model. Update changes the model and returns
// commands; a command calls the client and comes back as a message. So the whole
// can be tested by feeding messages and looking at the view.
//
// What others write passes [Sanitize] before it is drawn.
package chat

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"parley/client"
	"parley/identity"
)

// A Client is what the screen needs of a [client.Client], whose methods say what
// each does. Methods are called from several goroutines.
type Client interface {
	Account() identity.Account
	Run(ctx context.Context, changed func()) error
	Rooms(ctx context.Context) ([]client.Room, error)
	History(ctx context.Context, room identity.Room, before uint64, limit int) ([]client.View, error)
	Lookup(ctx context.Context, id client.MessageID) (*client.View, error)
	MarkRead(ctx context.Context, room identity.Room, seq uint64) error
	SendTo(ctx context.Context, names []string, text string) (client.MessageID, error)
	Send(ctx context.Context, room identity.Room, text string) (client.MessageID, error)
	Reply(ctx context.Context, id client.MessageID, text string) (client.MessageID, error)
	Edit(ctx context.Context, id client.MessageID, text string) (client.MessageID, error)
	React(ctx context.Context, id client.MessageID, emoji string) (client.MessageID, error)
	Unsend(ctx context.Context, id client.MessageID) (client.MessageID, error)
	ConfirmReset(ctx context.Context, name string) error
	SafetyNumber(ctx context.Context, name string) (string, error)
	PreviewReport(ctx context.Context, d client.ReportDraft) (*client.ReportPreview, error)
	SendReport(ctx context.Context, d client.ReportDraft) error
	AskedCaptcha() string
	AnswerCaptcha(ctx context.Context, answer string) error
}

var _ Client = (*client.Client)(nil)

// Options are what the caller decides.
type Options struct {
	// Explain returns one plain sentence for an error of the client. It may not
	// be nil.
	Explain func(error) string
	// Location is where days begin and end; nil: the local one.
	Location *time.Location
	// Files are what is done with the files of messages; nil: nothing.
	Files Files
	// Warn returns what is suspicious of a message, a line each; nil: nothing ever. It is
	// called from several goroutines.
	Warn func(*client.View) []string
}

// Files are what a person does with the files of a message.
type Files interface {
	// Show shows them on the terminal, which is all its own meanwhile, until a key is
	// pressed: pictures where the terminal can.
	Show(ctx context.Context, id client.MessageID, in io.Reader, out io.Writer) error
	// Open opens the first of them with the system's program. It has the terminal too.
	Open(ctx context.Context, id client.MessageID, in io.Reader, out io.Writer) error
	// Save keeps them, and says in one line where.
	Save(ctx context.Context, id client.MessageID) (where string, err error)
	// Send sends one, and returns when its message is in the outbox.
	Send(ctx context.Context, s Sending) (client.MessageID, error)
}

// Run shows c on the terminal until the person leaves or ctx ends. It runs
// c.Run beside, and returns that one's error if it ended first by itself.
func Run(ctx context.Context, c Client, opts Options, program ...tea.ProgramOption) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := tea.NewProgram(newModel(ctx, c, opts), append([]tea.ProgramOption{tea.WithContext(ctx)}, program...)...)
	ended := make(chan error, 1)
	go func() {
		err := c.Run(ctx, func() { p.Send(changedMsg{}) })
		if ctx.Err() == nil {
			p.Send(endedMsg{err})
		}
		ended <- err
	}()
	final, err := p.Run()
	cancel()
	<-ended
	if m, ok := final.(*model); ok && m.ended != nil {
		return m.ended
	}
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil || errors.Is(err, tea.ErrInterrupted) {
		return nil // asked to end from outside: a way of leaving
	}
	return err
}
