package main

import (
	"bytes"
	"context"
	"errors"
	"time"

	"parley/client"
	"parley/cmd/parley/internal/warn"
	"parley/identity"
)

var readCommand = command{
	name: "read", usage: "read --json [--follow] [--wait SECONDS]",
	summary: "Print what this device has received and not printed yet, one JSON object a line.",
	more: `
Each line has id, room, from, at, seq, kind, text, in_reply_to and replaces. from
is a NAME at the own server, else a mimi:// URI: commands take either. at is the
server's time of acceptance (RFC 3339, UTC). kind is text, edit, unsend, reaction,
unknown or unreadable. in_reply_to and replaces are ids of messages, or null. With
files there is attachments: of each role (photo, video, voice, file), type, name,
size in bytes and alt, all as the sender says; text is their caption then. With
something suspicious there is warnings: kind, text and help of each.

New is what this PARLEY_HOME's read has not printed. A line counts as printed only
after standard output has taken it: if the program is stopped in between, the line
comes again, with the same id, and none is lost. Two that run at once with one
PARLEY_HOME share what comes, and now and then both print a line.

  --wait SECONDS  wait at most so long for a first message, then print what the
                  server has
  --follow        go on until interrupted; with --wait only if a first message
                  comes in time

If the server can't be reached, what is here is printed and the exit status is 1.

` + warningsHelp,
	run: runRead,
}

// readBatch is how many messages are printed before they are marked as printed.
const readBatch = 100

func runRead(ctx context.Context, p *program, args []string) error {
	fs := newFlags("read")
	asJSON, follow := fs.Bool("json", false, ""), fs.Bool("follow", false, "")
	wait := fs.Float64("wait", 0, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) > 0:
		return usagef("read takes no arguments")
	case !*asJSON:
		return usagef("read prints JSON only: say --json")
	case !(0 <= *wait && *wait <= 1e6): // nor NaN
		return usagef("--wait needs a number of seconds")
	}
	wanted, err := p.warns()
	if err != nil {
		return err
	}
	r := reader{p: p, waited: given(fs, "wait"), wait: time.Duration(*wait * float64(time.Second)), follow: *follow}
	err = p.withClient(ctx, func(c *client.Client) error {
		r.client = c
		r.warnings = p.warnings(ctx, c, wanted)
		return r.run(ctx)
	})
	if r.follow && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // interrupted before it began
	}
	return err
}

// A reader prints new messages.
type reader struct {
	p       *program
	client  *client.Client
	waited  bool // --wait was given
	wait    time.Duration
	follow  bool
	printed int

	warnings *warnings
}

func (r *reader) run(ctx context.Context) error {
	if r.follow {
		r.warnings.refresh(ctx)
		return r.live(ctx, r.wait, false)
	}
	err := r.client.Sync(ctx)
	if !errors.Is(err, client.ErrOffline) {
		r.warnings.refresh(ctx)
	}
	if derr := r.drain(ctx); derr != nil {
		return derr
	}
	if r.printed > 0 || !r.waited || ctx.Err() != nil || !mayPass(err) {
		return err
	}
	if err := r.live(ctx, r.wait, true); err != nil {
		return err
	}
	return errors.Join(r.client.Sync(ctx), r.drain(ctx))
}

// mayPass reports whether waiting makes sense after err of a synchronisation.
func mayPass(err error) bool { return err == nil || errors.Is(err, client.ErrOffline) }

// live prints messages as they come, until ctx ends. If patience is not 0 it
// gives up when no first message came for so long; if once, the first ends it.
func (r *reader) live(ctx context.Context, patience time.Duration, once bool) error {
	runCtx, stop := context.WithCancel(ctx)
	defer stop()
	changed, ended := make(chan struct{}, 1), make(chan error, 1)
	defer r.warnings.watch(ctx)()
	go func() {
		ended <- r.client.Run(runCtx, func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
	}()
	err := r.follows(ctx, changed, ended, patience, once)
	stop()
	if err == errRunEnded {
		return <-ended
	}
	<-ended
	return err
}

var errRunEnded = errors.New("ended")

func (r *reader) follows(ctx context.Context, changed <-chan struct{}, ended chan error, patience time.Duration, once bool) error {
	var timeout <-chan time.Time
	if patience > 0 || once || r.waited {
		t := time.NewTimer(patience)
		defer t.Stop()
		timeout = t.C
	}
	for {
		if err := r.drain(ctx); err != nil {
			if ctx.Err() != nil {
				return nil // interrupted: the end of following
			}
			return err
		}
		if r.printed > 0 {
			if timeout = nil; once {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-timeout:
			return nil
		case err := <-ended:
			ended <- err
			if ctx.Err() != nil {
				return nil
			}
			return errRunEnded
		case <-changed:
		}
	}
}

// drain prints everything that has been received and not printed.
func (r *reader) drain(ctx context.Context) error {
	for {
		msgs, upTo, err := r.client.NewMessages(ctx, readBatch)
		if err != nil || len(msgs) == 0 {
			return err
		}
		var lines bytes.Buffer
		for i := range msgs {
			l := lineOf(&msgs[i], r.client.Account())
			l.Warnings = r.warnings.of(&msgs[i])
			if err := printJSON(&lines, l); err != nil {
				return err
			}
		}
		if _, err := r.p.stdout.Write(lines.Bytes()); err != nil {
			return err
		}
		r.printed += len(msgs)
		// Even if interrupted now: what was printed must not come again.
		if err := r.client.MarkPrinted(context.WithoutCancel(ctx), upTo); err != nil {
			return err
		}
	}
}

// A line is a message as read prints it.
type line struct {
	ID        string  `json:"id"`
	Room      string  `json:"room"`
	From      string  `json:"from"`
	At        string  `json:"at"`
	Seq       uint64  `json:"seq"`
	Kind      string  `json:"kind"`
	Text      string  `json:"text"`
	InReplyTo *string `json:"in_reply_to"`
	Replaces  *string `json:"replaces"`

	Attachments []attachmentLine `json:"attachments,omitempty"`
	ViewOnce    bool             `json:"view_once,omitempty"`
	Warnings    []warn.Warning   `json:"warnings,omitempty"`
}

func lineOf(m *client.Message, own identity.Account) line {
	l := line{
		ID: m.ID.String(), Room: string(m.Room), From: shortName(m.From, own), At: rfc3339(m.AtMS), Seq: m.Seq,
		Kind: string(m.Kind), Text: m.Text, InReplyTo: idOrNull(m.InReplyTo), Replaces: idOrNull(m.Replaces),
	}
	if m.Media != nil {
		l.ViewOnce = m.Media.ViewOnce
		for i := range m.Media.Attachments {
			l.Attachments = append(l.Attachments, attachmentLineOf(&m.Media.Attachments[i]))
		}
	}
	return l
}

func idOrNull(id client.MessageID) *string {
	if id.IsZero() {
		return nil
	}
	s := id.String()
	return &s
}
