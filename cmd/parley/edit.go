package main

import (
	"context"

	"parley/client"
)

var editCommand = command{
	name: "edit", usage: "edit ID TEXT",
	summary: "Replace the text of an own message, and print the edit's id.",
	more:    "ID stays the message's name: the next edit names it too.",
	run: func(ctx context.Context, p *program, args []string) error {
		return p.about(ctx, "edit", args, (*client.Client).Edit)
	},
}
