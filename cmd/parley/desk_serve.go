package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"parley/desk"
	"parley/desk/deskapi"
	"parley/desk/deskhttp"
	"parley/web"
)

// deskFlagsOf reads --config and the arguments of a command on the desk's machine.
func (p *program) deskFlagsOf(name string, args []string, n int, more func(add func(string) *string, is func(string) *bool)) (*deskConfig, []string, error) {
	fs := newFlags(name)
	config := fs.String("config", "", "")
	if more != nil {
		more(func(n string) *string { return fs.String(n, "", "") }, func(n string) *bool { return fs.Bool(n, false, "") })
	}
	rest, err := parse(fs, args)
	if err != nil {
		return nil, nil, err
	}
	if len(rest) != n {
		return nil, nil, usagef("%s takes %d arguments", name, n)
	}
	c, err := p.loadDeskConfig(*config)
	return c, rest, err
}

// runDeskInit makes a desk: its directory and its key. It makes nothing anew.
func runDeskInit(_ context.Context, p *program, args []string) error {
	c, _, err := p.deskFlagsOf("desk init", args, 0, nil)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	path := c.path(deskKeyFile)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is there already (exists)", path)
	}
	keys, err := desk.NewKeys(c.Domain, time.Now())
	if err != nil {
		return err
	}
	if err := keys.Save(path); err != nil {
		return err
	}
	p.note("made %s: who has it reads every report; keep a copy apart from this machine", path)
	_, err = fmt.Fprintln(p.stdout, keys.Public())
	return err
}

// runDeskInvite makes a person and a link, or a token, on the desk's own machine.
func runDeskInvite(ctx context.Context, p *program, args []string) error {
	var role *string
	var token *bool
	c, rest, err := p.deskFlagsOf("desk invite", args, 1, func(add func(string) *string, is func(string) *bool) {
		role, token = add("role"), is("token")
	})
	if err != nil {
		return err
	}
	o, err := c.open()
	if err != nil {
		return err
	}
	defer o.close()
	in, err := desk.InviteFirst(ctx, o.config, deskapi.NewInvite{Name: rest[0], Role: deskapi.Role(*role)})
	if err != nil {
		return deskError(err)
	}
	if !*token {
		p.note("%s has until %s to open it, once", rest[0], rfc3339(in.EndsMS))
		_, err = fmt.Fprintln(p.stdout, in.Link)
		return err
	}
	t, err := desk.JoinWithToken(ctx, o.config, in)
	if err != nil {
		return deskError(err)
	}
	_, err = fmt.Fprintln(p.stdout, t.Token)
	return err
}

// runDeskServe runs the desk until it is told to end.
func runDeskServe(ctx context.Context, p *program, args []string) error {
	c, _, err := p.deskFlagsOf("desk serve", args, 0, nil)
	if err != nil {
		return err
	}
	o, err := c.open()
	if err != nil {
		return err
	}
	defer o.close()
	unlock, err := lockDesk(c.path("serve.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	log := slog.New(slog.NewJSONHandler(p.stderr, nil))
	if o.config.Server, err = c.client(); err != nil {
		return err
	}
	if o.config.FrankingKey, err = c.pinned(); err != nil {
		return err
	}
	o.config.Logger = log
	o.config.Poll, _ = time.ParseDuration(c.Poll) // was checked
	if err := setDuration(&o.config.Keep, c.Keep); err != nil {
		return err
	}
	d, err := desk.New(ctx, o.config)
	if err != nil {
		return err
	}
	page, err := deskPage()
	if err != nil {
		return err
	}
	h, err := deskhttp.New(deskhttp.Config{Desk: d, Origin: o.config.Origin, Page: page, Logger: log})
	if err != nil {
		return fmt.Errorf("origin: %w (bad_config)", err)
	}
	return p.serveDesk(ctx, c, d, h)
}

// serveDesk answers requests while the desk runs. Where the desk can't go on, nobody
// is answered either.
func (p *program) serveDesk(ctx context.Context, c *deskConfig, d *desk.Desk, h http.Handler) error {
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(slog.NewJSONHandler(p.stderr, nil), slog.LevelDebug),
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- d.Run(running) }()
	served := make(chan error, 1)
	go func() {
		if c.Cert != "" {
			served <- s.ServeTLS(listener, c.Cert, c.Key)
			return
		}
		served <- s.Serve(listener)
	}()
	p.note("desk of %s on %s", c.Domain, listener.Addr())
	var result error
	select {
	case result = <-ended:
		ended <- nil
	case result = <-served:
	}
	stop()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err = s.Shutdown(closing)
	<-ended
	if errors.Is(result, http.ErrServerClosed) {
		result = nil
	}
	return errors.Join(result, err)
}

// deskPage returns the desk's page: what go run ./web/build has put into dist/desk.
func deskPage() (http.Handler, error) {
	files, err := fs.Sub(web.Files(), "desk")
	if err != nil {
		return nil, err
	}
	return deskhttp.Page(files), nil
}
