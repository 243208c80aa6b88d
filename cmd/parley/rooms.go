package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"parley/client"
	"parley/cmd/parley/chat"
	"parley/identity"
)

var roomsCommand = command{
	name: "rooms", usage: "rooms [--json] [add|remove ROOM NAME]",
	summary: "List the conversations, or add and remove people.",
	more: `
ROOM is a room's mimi:// URI or its last part. Only an admin removes others: who
made the group, and whom an admin made one. Whoever removes himself leaves the
group. unread counts what the full-screen client has not shown; read has
its own mark. With --json: one object a line, of
room, direct, members (names), epoch, active, unread, problem.`,
	run: runRooms,
}

func runRooms(ctx context.Context, p *program, args []string) error {
	fs := newFlags("rooms")
	asJSON := fs.Bool("json", false, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return p.withClient(ctx, func(c *client.Client) error {
			err := c.Sync(ctx)
			return errors.Join(p.listRooms(ctx, c, *asJSON), err)
		})
	}
	if len(rest) != 3 || rest[0] != "add" && rest[0] != "remove" {
		return usagef("rooms takes nothing, or add or remove with a room and a name")
	}
	if err := checkNames(rest[2]); err != nil {
		return err
	}
	return p.withClient(ctx, func(c *client.Client) error {
		room, err := parseRoom(rest[1], c.Account())
		if err != nil {
			return err
		}
		_, err = orAfterSync(ctx, c, func() (client.MessageID, error) {
			if rest[0] == "add" {
				return client.MessageID{}, c.AddMembers(ctx, room, rest[2:])
			}
			if a, err := c.Resolve(rest[2]); err == nil && a == c.Account() {
				return client.MessageID{}, c.Leave(ctx, room)
			}
			return client.MessageID{}, c.RemoveMember(ctx, room, rest[2])
		})
		return err
	})
}

// A roomLine is a room as rooms --json prints it.
type roomLine struct {
	Room    string   `json:"room"`
	Direct  bool     `json:"direct"`
	Members []string `json:"members"`
	Epoch   uint64   `json:"epoch"`
	Active  bool     `json:"active"`
	Unread  int      `json:"unread"`
	Problem string   `json:"problem"`
}

func (p *program) listRooms(ctx context.Context, c *client.Client, asJSON bool) error {
	rooms, err := c.Rooms(ctx)
	if err != nil {
		return err
	}
	for i := range rooms {
		r := &rooms[i]
		if asJSON {
			err = printJSON(p.stdout, lineOfRoom(r, c.Account()))
		} else {
			err = p.printRoom(r, c.Account())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func lineOfRoom(r *client.Room, own identity.Account) roomLine {
	return roomLine{
		Room: string(r.Room), Direct: r.Direct, Members: shortNames(r.Accounts, own), Epoch: r.Epoch,
		Active: r.Active, Unread: r.Unread, Problem: r.Problem,
	}
}

func shortNames(accounts []identity.Account, own identity.Account) []string {
	names := make([]string, 0, len(accounts))
	for _, a := range accounts {
		names = append(names, shortName(a, own))
	}
	return names
}

func (p *program) printRoom(r *client.Room, own identity.Account) error {
	var marks []string
	if r.Unread > 0 {
		marks = append(marks, fmt.Sprintf("%d unread", r.Unread))
	}
	if !r.Active {
		marks = append(marks, "you are no longer in it")
	}
	if r.Problem != "" {
		marks = append(marks, chat.SanitizeLine(r.Problem))
	}
	_, err := fmt.Fprintf(p.stdout, "%s\t%s\t%s\n", r.Room.ID(), strings.Join(shortNames(r.Accounts, own), ","), strings.Join(marks, "; "))
	return err
}
