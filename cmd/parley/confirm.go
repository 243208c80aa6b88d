package main

import (
	"context"

	"parley/client"
)

var confirmCommand = command{
	name: "confirm", usage: "confirm NAME",
	summary: "Go on with somebody whose account was reset.",
	more: `
A reset account is a new identity. Until you confirm it, nothing is sent to it.
Make sure that it is the same person, for instance by comparing the number of
parley safety. It counts once the delay of the reset is over.`,
	run: runConfirm,
}

func runConfirm(ctx context.Context, p *program, args []string) error {
	name, err := oneName("confirm", args)
	if err != nil {
		return err
	}
	return p.withClient(ctx, func(c *client.Client) error { return c.ConfirmReset(ctx, name) })
}
