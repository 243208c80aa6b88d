package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"parley/client"
	"parley/client/sqlitestore"
	"parley/cmd/parley/internal/demosite"
	"parley/identity"
	"parley/web"
	"parley/wire"
)

var demoCommand = command{
	name: "demo", usage: "demo [--data DIR] [--listen HOST:PORT] [--once]",
	summary: "Start a server with two people, alice and bob, and show what it can't read.",
	more: `
Without --data it uses a fresh directory under the system's one for temporary
files, and says where. --once ends it after the exchange.`,
	run: runDemo,
}

// A demo is a server, and two people on the same machine.
type demo struct {
	*program
	dir    string
	server *running
	films  *demosite.Site // a video platform, for cards of its posts
}

// lines of the scripted exchange.
var script = []struct{ from, to, text string }{
	{"alice", "bob", "Meet me at the fountain at six. 🌻"},
	{"bob", "alice", "I'll be there."},
}

func runDemo(ctx context.Context, p *program, args []string) error {
	fs := newFlags("demo")
	dir := fs.String("data", "", "")
	listen := fs.String("listen", "", "")
	once := fs.Bool("once", false, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("demo takes no arguments")
	}
	d := &demo{program: p, dir: *dir}
	if d.dir == "" {
		if d.dir, err = os.MkdirTemp("", "parley-demo-"); err != nil {
			return err
		}
	}
	if d.dir, err = filepath.Abs(d.dir); err != nil {
		return err
	}
	err = d.start(ctx, *listen)
	if d.films != nil {
		defer d.films.Close()
	}
	if err != nil {
		if *dir == "" {
			err = errors.Join(err, os.RemoveAll(d.dir))
		}
		return err
	}
	if err := d.show(ctx); err != nil || *once {
		err = errors.Join(err, d.server.stop())
		if *dir == "" {
			err = errors.Join(err, os.RemoveAll(d.dir))
		}
		return err
	}
	d.invite()
	return d.server.wait(ctx)
}

// start starts the server: on the address that was asked for, else on the usual
// one, or on any if that is in use.
func (d *demo) start(ctx context.Context, listen string) error {
	cfg := defaultConfig()
	cfg.data = filepath.Join(d.dir, "server")
	var err error
	if d.films, err = demosite.Start(); err != nil {
		return err
	}
	cfg.policy.people = demosite.People{}
	cfg.links.platform, cfg.links.hosts = "Demo films", []string{d.films.Host}
	cfg.links.oembed, cfg.links.players = d.films.OEmbed(), []string{d.films.Players()}
	log := slog.New(slog.DiscardHandler)
	if listen != "" {
		cfg.listen = listen
	}
	d.server, err = startServer(ctx, cfg, log)
	if listen == "" && isInUse(err) {
		cfg.listen = "127.0.0.1:0"
		d.server, err = startServer(ctx, cfg, log)
	}
	return err
}

func isInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }

// show has the two exchange their messages and prints who saw what.
func (d *demo) show(ctx context.Context) error {
	fmt.Fprintf(d.stdout, "Parley demo\n\n  server  %s\n  data    %s\n", d.server.url, d.dir)
	people := map[string]*client.Client{}
	for _, name := range []string{"alice", "bob"} {
		c, err := d.person(ctx, name)
		if err != nil {
			return err
		}
		defer c.Close()
		people[name] = c
	}
	for _, line := range script {
		if err := d.exchange(ctx, people[line.from], people[line.to], line.text); err != nil {
			return err
		}
	}
	return nil
}

// invite prints where the page is, and how to open a terminal client for each of the
// two.
func (d *demo) invite() {
	if _, err := web.ReadManifest(web.Files()); err == nil {
		fmt.Fprintf(d.stdout, "\nNow you. In a browser: %s\n", strings.Replace(d.server.url, "127.0.0.1", "localhost", 1))
		fmt.Fprintf(d.stdout, "Films to send each other there: %s\n", strings.Join(d.films.Films(), " "))
	}
	fmt.Fprintln(d.stdout, "\nIn two other terminals:")
	program, err := os.Executable()
	if err != nil {
		program = "parley"
	}
	for _, name := range []string{"alice", "bob"} {
		fmt.Fprintf(d.stdout, "\n  PARLEY_HOME=%s PARLEY_PASSPHRASE=%s %s chat\n",
			quote(d.home(name)), quote(demoPassphrase(name)), quote(program))
	}
	fmt.Fprintln(d.stdout, "\nThe server runs until Ctrl+C.")
}

func (d *demo) home(name string) string { return filepath.Join(d.dir, name) }

// demoPassphrase is no secret: it is printed.
func demoPassphrase(name string) string { return name + "-demo" }

// person returns the client of somebody, signed up if need be.
func (d *demo) person(ctx context.Context, name string) (*client.Client, error) {
	if err := os.MkdirAll(d.home(name), 0o700); err != nil {
		return nil, err
	}
	store, err := sqlitestore.Open(filepath.Join(d.home(name), storeName))
	if err != nil {
		return nil, err
	}
	c, err := d.enter(ctx, store, name)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return c, nil
}

func (d *demo) enter(ctx context.Context, store client.Store, name string) (*client.Client, error) {
	cfg, err := d.config(store, d.server.url)
	if err != nil {
		return nil, err
	}
	account, err := identity.NewAccount(defaultConfig().domain, name)
	if err != nil {
		return nil, err
	}
	login, seal := client.DeriveKeys(demoPassphrase(name), account)
	c, err := client.Open(ctx, cfg, seal)
	if err != nil { // none yet, or one that was cut off
		cfg.DeviceName = "demo"
		c, err = client.SignUp(ctx, cfg, seal, account, login)
	}
	if err != nil {
		return nil, err
	}
	return c, c.Sync(ctx)
}

// exchange sends one message and prints what each side saw, and what the server
// stored.
func (d *demo) exchange(ctx context.Context, from, to *client.Client, text string) error {
	id, err := from.SendTo(ctx, []string{to.Account().Name()}, text)
	if err != nil {
		return err
	}
	if err := to.Sync(ctx); err != nil {
		return err
	}
	got, err := to.Lookup(ctx, id)
	if err != nil {
		return err
	}
	stored, err := d.stored(ctx, to.Device(), got.Seq)
	if err != nil {
		return err
	}
	fmt.Fprintln(d.stdout)
	d.line(from.Account().Name()+" writes", text)
	d.line(to.Account().Name()+" sees", got.Text)
	d.line("the server has", fmt.Sprintf("%d bytes: %s", len(stored.Message), shorten(stored.Message)))
	d.line("and knows", fmt.Sprintf("from a device of %s, at %s,", stored.Sender.Account().Name(), rfc3339(stored.AcceptedMS)))
	d.line("", fmt.Sprintf("in epoch %d of room %s", stored.Epoch, stored.Room.ID()))
	if bytes.Contains(stored.Message, []byte(text)) {
		return errors.New("the server's bytes hold the text: this is a bug")
	}
	return nil
}

func (d *demo) line(label, text string) { fmt.Fprintf(d.stdout, "%-17s%s\n", label, text) }

// stored returns the envelope with a number, as the store serves it to a device.
func (d *demo) stored(ctx context.Context, device identity.Device, seq uint64) (*wire.Envelope, error) {
	for after := uint64(0); ; {
		raw, err := d.server.store.Read(ctx, device, after, wire.MaxReadEvents, wire.MaxReadBytes)
		if err != nil {
			return nil, err
		}
		reply, err := raw.Decode()
		if err != nil {
			return nil, err
		}
		for i := range reply.Events {
			e := &reply.Events[i]
			if e.Envelope.Kind == wire.EventMessage && e.Envelope.Seq == seq {
				return &e.Envelope, nil
			}
			after = e.Pos
		}
		if len(reply.Events) == 0 {
			return nil, errors.New("the server doesn't have the message any more")
		}
	}
}

// shorten returns the beginning and the end of b in hex.
func shorten(b []byte) string {
	const head, tail = 8, 16
	if len(b) <= head+tail {
		return hex.EncodeToString(b)
	}
	return hex.EncodeToString(b[:head]) + "…" + hex.EncodeToString(b[len(b)-tail:])
}

// quote returns s as a shell takes it.
func quote(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
