package main

import (
	"context"
	"fmt"

	"parley/client"
)

var sendCommand = command{
	name: "send", usage: "send NAME… TEXT | send --room ROOM TEXT | send NAME… --attach FILE… [--caption TEXT]",
	summary: "Send a message, or files, and print its id.",
	more: `
The same set of names is the same conversation, whoever opens it. NAME is a name
at the own server, or a mimi:// URI. ROOM is what parley rooms prints. TEXT has at
most 60 KiB.

If the server can't be reached the message is kept, its id is printed, the exit
status is 1, and the next command that talks to the server sends it. A TEXT that
begins with "-" comes after "--".

  --attach FILE   send this file; give it once for each file of the message. Of
                  photos nothing is sent but what they show: not where or when
  --caption TEXT  what is said of the files
  --alt TEXT      what the one file shows, for people who can't see it
  --once          the one photo or video can be looked at once
  --as-file       send photos and videos as files: as they are, bit for bit`,
	run: runSend,
}

func runSend(ctx context.Context, p *program, args []string) error {
	fs := newFlags("send")
	room := fs.String("room", "", "")
	var a attaching
	a.flags(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(a.paths) > 0 {
		return p.attach(ctx, &a, *room, rest)
	}
	if given(fs, "caption") || given(fs, "alt") || a.once || a.asFile {
		return usagef("--caption, --alt, --once and --as-file go with --attach")
	}
	least := 2
	if given(fs, "room") {
		least = 1
	}
	if len(rest) < least || given(fs, "room") && (*room == "" || len(rest) > 1) {
		return usagef("send needs names and a text, or --room and a text")
	}
	names, text := rest[:len(rest)-1], rest[len(rest)-1]
	if err := checkNames(names...); err != nil {
		return err
	}
	return p.withClient(ctx, func(c *client.Client) error {
		if *room == "" {
			id, err := c.SendTo(ctx, names, text)
			return p.printID(id, err)
		}
		r, err := parseRoom(*room, c.Account())
		if err != nil {
			return err
		}
		id, err := orAfterSync(ctx, c, func() (client.MessageID, error) { return c.Send(ctx, r, text) })
		return p.printID(id, err)
	})
}

// printID prints the id of a message that was sent or kept.
func (p *program) printID(id client.MessageID, err error) error {
	if id.IsZero() {
		return err
	}
	if _, werr := fmt.Fprintln(p.stdout, id); err == nil {
		err = werr
	}
	return err
}
