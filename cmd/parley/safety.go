package main

import (
	"context"
	"errors"
	"fmt"

	"parley/client"
)

var safetyCommand = command{
	name: "safety", usage: "safety NAME",
	summary: "Print the safety number with somebody: 60 digits to compare.",
	more: `
Both sides see the same number while nobody in between shows false device lists.
Compare it in person, or on a call. It changes when either side's devices do.
Without a connection it prints the number of the devices last seen, and exits with 1.`,
	run: runSafety,
}

func runSafety(ctx context.Context, p *program, args []string) error {
	name, err := oneName("safety", args)
	if err != nil {
		return err
	}
	return p.withClient(ctx, func(c *client.Client) error {
		number, err := c.SafetyNumber(ctx, name)
		if number == "" {
			return err
		}
		_, printed := fmt.Fprintln(p.stdout, number)
		return errors.Join(err, printed) // offline: it is of the lists last seen
	})
}

// oneName reads the arguments of a command that takes one account.
func oneName(command string, args []string) (string, error) {
	rest, err := parse(newFlags(command), args)
	if err != nil {
		return "", err
	}
	if len(rest) != 1 {
		return "", usagef("%s needs one name", command)
	}
	return rest[0], checkNames(rest[0])
}
