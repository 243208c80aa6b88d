package main

import (
	"context"
	"errors"
	"slices"

	"parley/client"
	"parley/identity"
)

var acceptCommand = command{
	name: "accept", usage: "accept NAME|ROOM…",
	summary: "Accept conversations that others have begun: they may write more.",
	more: `
Until a stranger is accepted, the server takes one message from them. Answering
accepts too. NAME is whose conversation it is; a group is accepted by its ROOM.`,
	run: runAccept,
}

var blockCommand = command{
	name: "block", usage: "block [--restrict] NAME… | block --undo NAME…",
	summary: "Block people, or take that back: they neither write nor add you to groups.",
	more: `
With --restrict they may write: the conversation is set apart with what is archived,
and they don't hear that you read it. --undo takes back either.`,
	run: runBlock,
}

func runAccept(ctx context.Context, p *program, args []string) error {
	rest, err := parse(newFlags("accept"), args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return usagef("accept needs somebody's name, or a room")
	}
	return p.withClient(ctx, func(c *client.Client) error {
		if err := c.Sync(ctx); err != nil && !errors.Is(err, client.ErrOffline) {
			return err
		}
		var rooms []identity.Room
		for _, arg := range rest {
			room, err := conversationOf(ctx, c, arg)
			if err != nil {
				return err
			}
			rooms = append(rooms, room)
		}
		if err := c.Accept(ctx, rooms...); err != nil {
			return err
		}
		return c.Sync(ctx)
	})
}

// conversationOf returns a room by its name, or that with one person; client.ErrUnknownRoom if there is none.
func conversationOf(ctx context.Context, c *client.Client, arg string) (identity.Room, error) {
	if checkNames(arg) != nil {
		return parseRoom(arg, c.Account())
	}
	account, err := c.Resolve(arg)
	if err != nil {
		return "", err
	}
	all, err := c.Rooms(ctx)
	if err != nil {
		return "", err
	}
	for i := range all {
		if r := &all[i]; r.Direct && slices.Contains(r.Accounts, account) {
			return r.Room, nil
		}
	}
	if room, err := parseRoom(arg, c.Account()); err == nil {
		return room, nil // the last part of its URI may look like a name
	}
	return "", client.ErrUnknownRoom
}

func runBlock(ctx context.Context, p *program, args []string) error {
	fs := newFlags("block")
	undo, restrict := fs.Bool("undo", false, ""), fs.Bool("restrict", false, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return usagef("block needs somebody's name")
	}
	if err := checkNames(rest...); err != nil {
		return err
	}
	return p.withClient(ctx, func(c *client.Client) error {
		do := []func(context.Context, ...string) error{c.Block}
		switch {
		case *undo:
			do = []func(context.Context, ...string) error{c.Unblock, c.Unrestrict}
		case *restrict:
			do = []func(context.Context, ...string) error{c.Restrict}
		}
		for _, f := range do {
			if err := f(ctx, rest...); err != nil {
				return err
			}
		}
		return c.Sync(ctx)
	})
}
