package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"parley/client"
)

var accountCommand = command{
	name: "account", usage: "account export [--out FILE] | account erase --yes",
	summary: "Take what the server holds on you, or erase your account there.",
	more: `
  export   writes a JSON document of everything that the server holds on the account:
           device lists, dates, whom it has blocked or accepted, notices, attachments'
           names and sizes, and the sealed messages that wait
  erase    asks for the passphrase, leaves the groups, and erases the account at the
           server: that can't be undone, and the name can't be signed up again for
           half a year. What you sent is still with those to whom you sent it. What
           this PARLEY_HOME holds is deleted too`,
	run: runAccount,
}

func runAccount(ctx context.Context, p *program, args []string) error {
	fs := newFlags("account")
	out := fs.String("out", "", "")
	yes := fs.Bool("yes", false, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) != 1:
	case rest[0] == "export" && !*yes:
		return p.exportAccount(ctx, *out)
	case rest[0] == "erase" && *out == "":
		if !*yes {
			return usagef("account erase can't be undone: say --yes")
		}
		return p.eraseAccount(ctx)
	}
	return usagef("want account export or account erase")
}

// exportAccount writes the export as one JSON document.
func (p *program) exportAccount(ctx context.Context, out string) error {
	return p.withClient(ctx, func(c *client.Client) (err error) {
		to := p.stdout
		if out != "" {
			file, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, file.Close()) }()
			to = file
		}
		w := &arrayWriter{to: bufio.NewWriter(to)}
		if err := c.Export(ctx, w); err != nil {
			return err
		}
		return w.close()
	})
}

// An arrayWriter makes one JSON array of JSON Lines.
type arrayWriter struct {
	to    *bufio.Writer
	rest  []byte // of a line
	lines int
}

// Write implements [io.Writer].
func (w *arrayWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		line, rest, ok := bytes.Cut(w.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		if !json.Valid(line) {
			return 0, errors.New("the server's export isn't JSON")
		}
		before := ",\n"
		if w.lines == 0 {
			before = "[\n"
		}
		if _, err := fmt.Fprintf(w.to, "%s%s", before, line); err != nil {
			return 0, err
		}
		w.lines++
		w.rest = rest
	}
}

func (w *arrayWriter) close() error {
	if len(w.rest) > 0 {
		return io.ErrUnexpectedEOF
	}
	if w.lines == 0 {
		w.to.WriteString("[")
	}
	w.to.WriteString("\n]\n")
	return w.to.Flush()
}

// eraseAccount erases the account, and what is here of it.
func (p *program) eraseAccount(ctx context.Context) error {
	store, err := p.openStore(false)
	if err != nil {
		return err
	}
	home, err := client.ReadHome(ctx, store)
	if err == nil {
		err = p.eraseIn(ctx, store, home)
	}
	if err = errors.Join(err, store.Close()); err != nil {
		return err
	}
	p.forget()
	_, err = fmt.Fprintf(p.stdout, "%s\terased\n", home.Account)
	return err
}

func (p *program) eraseIn(ctx context.Context, store client.Store, home *client.Home) error {
	cfg, err := p.config(store, home.Server)
	if err != nil {
		return err
	}
	passphrase, err := p.passphrase(ctx, false) // also where the keyring would open the home
	if err != nil {
		return err
	}
	login, seal := client.DeriveKeys(passphrase, home.Account)
	c, err := client.Open(ctx, cfg, seal)
	if err != nil {
		return err
	}
	return c.Erase(ctx, client.Proof{Login: login})
}
