package main

import (
	"context"
	"errors"
	"fmt"

	"parley/client"
)

var whoamiCommand = command{
	name: "whoami", usage: "whoami [--json]",
	summary: "Print who is logged in here. It needs no passphrase and no server.",
	more:    "With --json: one object of name, account, device (URIs) and server.",
	run:     runWhoami,
}

func runWhoami(ctx context.Context, p *program, args []string) error {
	fs := newFlags("whoami")
	asJSON := fs.Bool("json", false, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("whoami takes no arguments")
	}
	store, err := p.openStore(false)
	if err != nil {
		return err
	}
	home, err := client.ReadHome(ctx, store)
	if err = errors.Join(err, store.Close()); err != nil {
		return err
	}
	if *asJSON {
		return printJSON(p.stdout, struct {
			Name    string `json:"name"`
			Account string `json:"account"`
			Device  string `json:"device"`
			Server  string `json:"server"`
		}{home.Account.Name(), string(home.Account), string(home.Device), home.Server})
	}
	_, err = fmt.Fprintf(p.stdout, "%s\t%s\t%s\n", home.Account, home.Device.ID(), home.Server)
	return err
}
