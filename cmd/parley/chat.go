package main

import (
	"context"
	"errors"
	"os"

	"golang.org/x/term"

	"parley/client"
	"parley/cmd/parley/chat"
)

var chatCommand = command{
	name: "chat", usage: "chat",
	summary: "The full-screen client: conversations, messages, writing.",
	more: `
F1 shows the keys. Ctrl+C leaves.

` + warningsHelp,
	run: runChat,
}

func runChat(ctx context.Context, p *program, args []string) error {
	rest, err := parse(newFlags("chat"), args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("chat takes no arguments")
	}
	if out, ok := p.stdout.(*os.File); !p.interactive() || !ok || !term.IsTerminal(int(out.Fd())) {
		return errors.New("chat needs a terminal: scripts use send and read (no_terminal)")
	}
	wanted, err := p.warns()
	if err != nil {
		return err
	}
	return p.withClient(ctx, func(c *client.Client) error {
		w := p.warnings(ctx, c, wanted)
		defer w.watch(ctx)()
		return chat.Run(ctx, c, chat.Options{Explain: explain, Files: &chatFiles{p: p, c: c}, Warn: w.lines})
	})
}
