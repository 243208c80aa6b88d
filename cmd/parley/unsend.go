package main

import (
	"context"

	"parley/client"
)

var unsendCommand = command{
	name: "unsend", usage: "unsend ID",
	summary: "Take back an own message or reaction, for everyone.",
	more: `
Others' programs stop showing it. Nobody can be made to forget what was read.`,
	run: runUnsend,
}

func runUnsend(ctx context.Context, p *program, args []string) error {
	rest, err := parse(newFlags("unsend"), args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usagef("unsend needs the id of one message")
	}
	id, err := parseMessage(rest[0])
	if err != nil {
		return err
	}
	return p.withClient(ctx, func(c *client.Client) error {
		sent, err := orAfterSync(ctx, c, func() (client.MessageID, error) { return c.Unsend(ctx, id) })
		return p.printID(sent, err)
	})
}
