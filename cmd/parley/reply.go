package main

import (
	"context"
	"errors"

	"parley/client"
)

var replyCommand = command{
	name: "reply", usage: "reply ID TEXT",
	summary: "Answer a message, and print the answer's id.",
	run: func(ctx context.Context, p *program, args []string) error {
		return p.about(ctx, "reply", args, (*client.Client).Reply)
	},
}

// about runs a command that has the id of a message and a text.
func (p *program) about(ctx context.Context, name string, args []string, f aboutFunc) error {
	rest, err := parse(newFlags(name), args)
	if err != nil {
		return err
	}
	if len(rest) != 2 {
		return usagef("%s needs the id of a message and a text", name)
	}
	id, err := parseMessage(rest[0])
	if err != nil {
		return err
	}
	return p.withClient(ctx, func(c *client.Client) error {
		sent, err := orAfterSync(ctx, c, func() (client.MessageID, error) { return f(c, ctx, id, rest[1]) })
		return p.printID(sent, err)
	})
}

// An aboutFunc says something about a message.
type aboutFunc func(*client.Client, context.Context, client.MessageID, string) (client.MessageID, error)

// orAfterSync calls f, and once more after a synchronisation if f doesn't know a
// message or room: it may have come in since the last one.
func orAfterSync(ctx context.Context, c *client.Client, f func() (client.MessageID, error)) (client.MessageID, error) {
	id, err := f()
	if !errors.Is(err, client.ErrUnknownMessage) && !errors.Is(err, client.ErrUnknownRoom) {
		return id, err
	}
	if serr := c.Sync(ctx); serr != nil {
		return id, serr
	}
	return f()
}
