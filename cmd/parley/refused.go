package main

import (
	"context"
	"errors"
	"fmt"

	"parley/client"
	"parley/cmd/parley/chat"
)

var refusedCommand = command{
	name: "refused", usage: "refused [--json]",
	summary: "Print what this device refused from others, and why, newest last.",
	more:    "With --json: one object a line, of at, code, room, seq, sender, subject.",
	run:     runRefused,
}

// A refusedLine is a refusal as refused --json prints it.
type refusedLine struct {
	At      string `json:"at"` // this device's clock
	Code    string `json:"code"`
	Room    string `json:"room"`
	Seq     uint64 `json:"seq"`
	Sender  string `json:"sender"`  // a device, as the server says
	Subject string `json:"subject"` // an account or device that it is about, or empty
}

func runRefused(ctx context.Context, p *program, args []string) error {
	fs := newFlags("refused")
	asJSON := fs.Bool("json", false, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("refused takes no arguments")
	}
	return p.withClient(ctx, func(c *client.Client) error {
		err := c.Sync(ctx)
		return errors.Join(p.listRefused(ctx, c, *asJSON), err)
	})
}

func (p *program) listRefused(ctx context.Context, c *client.Client, asJSON bool) error {
	refusals, err := c.Refusals(ctx)
	if err != nil {
		return err
	}
	for _, r := range refusals {
		l := refusedLine{rfc3339(r.AtMS), r.Code, string(r.Room), r.Seq, string(r.Sender), r.Subject}
		if asJSON {
			err = printJSON(p.stdout, l)
		} else {
			_, err = fmt.Fprintln(p.stdout, chat.SanitizeLine(l.At+"\t"+l.Code+"\t"+l.Sender+"\t"+l.Subject+"\t"+l.Room))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
