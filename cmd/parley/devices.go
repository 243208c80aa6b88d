package main

import (
	"context"
	"fmt"

	"parley/client"
	"parley/cmd/parley/chat"
)

var devicesCommand = command{
	name: "devices", usage: "devices [--json] [approve CODE | remove DEVICE | cancel-reset]",
	summary: "List the account's devices and those that wait, approve one, or remove one.",
	more: `
Approve a device only if the CODE is the one that it shows itself: the server's
word is not enough. DEVICE is a device's mimi:// URI or its last part.
cancel-reset undoes a reset of this account that somebody else began.

With --json: one object a line, of status (listed or waiting), device, name,
added_at, this, code.`,
	run: runDevices,
}

func runDevices(ctx context.Context, p *program, args []string) error {
	fs := newFlags("devices")
	asJSON := fs.Bool("json", false, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	do, err := devicesAction(rest)
	if err != nil {
		return err
	}
	return p.withClient(ctx, func(c *client.Client) error {
		if do != nil {
			return do(ctx, c)
		}
		return p.listDevices(ctx, c, *asJSON)
	})
}

// devicesAction returns what the arguments ask for; nil: the list.
func devicesAction(args []string) (func(context.Context, *client.Client) error, error) {
	if len(args) == 0 {
		return nil, nil
	}
	switch verb := args[0]; {
	case verb == "approve" && len(args) == 2:
		return func(ctx context.Context, c *client.Client) error { return c.Approve(ctx, args[1]) }, nil
	case verb == "remove" && len(args) == 2:
		return func(ctx context.Context, c *client.Client) error { return c.RemoveDevice(ctx, args[1]) }, nil
	case verb == "cancel-reset" && len(args) == 1:
		return func(ctx context.Context, c *client.Client) error { return c.CancelReset(ctx) }, nil
	}
	return nil, usagef("devices takes nothing, approve CODE, remove DEVICE, or cancel-reset")
}

// A deviceLine is a device as devices --json prints it.
type deviceLine struct {
	Status  string  `json:"status"` // listed or waiting
	Device  *string `json:"device"` // null while waiting
	Name    string  `json:"name"`
	AddedAt *string `json:"added_at"` // null while waiting
	This    bool    `json:"this"`
	Code    *string `json:"code"` // null where listed
}

func (p *program) listDevices(ctx context.Context, c *client.Client, asJSON bool) error {
	devices, err := c.Devices(ctx)
	if err != nil {
		return err
	}
	waiting, offline := c.Waiting(ctx)
	var lines []deviceLine
	for _, d := range devices {
		device, at := string(d.Device), rfc3339(d.AddedMS)
		lines = append(lines, deviceLine{Status: "listed", Device: &device, Name: d.Name, AddedAt: &at, This: d.This})
	}
	for _, w := range waiting {
		code := w.Code
		lines = append(lines, deviceLine{Status: "waiting", Name: w.Name, Code: &code})
	}
	for _, l := range lines {
		if asJSON {
			err = printJSON(p.stdout, l)
		} else {
			err = p.printDevice(l)
		}
		if err != nil {
			return err
		}
	}
	return offline // or whatever kept those that wait from being known
}

func (p *program) printDevice(l deviceLine) (err error) {
	name := chat.SanitizeLine(l.Name)
	switch {
	case l.Code != nil:
		_, err = fmt.Fprintf(p.stdout, "%s\t%s\twaits for approval\n", *l.Code, name)
	case l.This:
		_, err = fmt.Fprintf(p.stdout, "%s\t%s\t%s (this device)\n", *l.Device, name, *l.AddedAt)
	default:
		_, err = fmt.Fprintf(p.stdout, "%s\t%s\t%s\n", *l.Device, name, *l.AddedAt)
	}
	return err
}
