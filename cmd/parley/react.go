package main

import (
	"context"

	"parley/client"
)

var reactCommand = command{
	name: "react", usage: "react ID EMOJI",
	summary: "Answer a message with one emoji, and print the reaction's id.",
	more:    "parley unsend takes the reaction back by its own id.",
	run: func(ctx context.Context, p *program, args []string) error {
		return p.about(ctx, "react", args, (*client.Client).React)
	},
}
