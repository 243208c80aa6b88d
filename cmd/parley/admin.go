package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"parley/server/adminapi"
)

var adminCommand = command{
	name: "admin", usage: "admin token new NAME --scopes SCOPE[,SCOPE…] [--file FILE] | admin openapi",
	summary: "Make tokens for the admin API, or print what it is.",
	more: `
  token new   prints a secret, once, for who is to have it. Its line for the server's
              tokens file (admin_tokens) is added to FILE, or printed on standard error.
              The file holds no secret. Scopes: accounts, blobs, desk_key, franks, legal,
              notices, platform, reports, sanctions; "*" is all. To take a token back,
              delete its line: the server reads the file again within a minute
  openapi     prints the OpenAPI 3.1 document`,
	run: runAdmin,
}

func runAdmin(_ context.Context, p *program, args []string) error {
	fs := newFlags("admin")
	scopes := fs.String("scopes", "", "")
	file := fs.String("file", "", "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) == 1 && rest[0] == "openapi" {
		_, err := p.stdout.Write(adminapi.Document())
		return err
	}
	if len(rest) != 3 || rest[0] != "token" || rest[1] != "new" {
		return usagef("want admin token new NAME, or admin openapi")
	}
	list, err := adminapi.ParseScopes(*scopes)
	if err != nil {
		return usagef("--scopes: %v", err)
	}
	secret, line, err := adminapi.NewToken(rest[2], list)
	if err != nil {
		return usagef("%v", strings.TrimPrefix(err.Error(), "adminapi: "))
	}
	if *file == "" {
		p.note("add to the tokens file: %s", line)
	} else if err := addToken(*file, line); err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, secret)
	return err
}

// addToken adds a line to a tokens file, which must be right with it.
func addToken(file, line string) error {
	before, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	text := string(before)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	text += line + "\n"
	if err := new(adminapi.Tokens).Read(strings.NewReader(text)); err != nil {
		return fmt.Errorf("%s: %w (admin_tokens)", file, err)
	}
	fresh := file + ".new"
	if err := os.WriteFile(fresh, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, file)
}

// adminSettings say where the admin API is.
type adminSettings struct {
	listen, tokens, cert, key string
}

var adminSettingList = []setting{
	{section: "Admin", key: "admin_listen", none: "none", help: "HOST:PORT of the admin API, for the safety desk and the platform's own systems: keep it from the outside", set: address(func(c *serveConfig) *string { return &c.admin.listen })},
	{key: "admin_tokens", none: "none", help: "file: its tokens, hashed; see parley admin token new", set: text(func(c *serveConfig) *string { return &c.admin.tokens })},
	{key: "admin_cert", none: "none", help: "file: its certificate chain, PEM; without one it must be reached over this machine alone, or a network that nobody listens to", set: text(func(c *serveConfig) *string { return &c.admin.cert })},
	{key: "admin_key", none: "none", help: "file: its key, PEM", set: text(func(c *serveConfig) *string { return &c.admin.key })},
}

// An adminPort is the admin API's listener.
type adminPort struct {
	url      string
	http     *http.Server
	listener net.Listener
	tokens   *adminapi.Tokens
	settings adminSettings
	read     time.Time // when the tokens file was last changed, as it was read
}

// openAdmin opens the admin API's listener, where one is configured.
func (s *running) openAdmin() error {
	cfg := s.cfg.admin
	if cfg.listen == "" {
		return nil
	}
	if cfg.tokens == "" {
		return errors.New("admin_listen needs admin_tokens (admin_tokens)")
	}
	a := &adminPort{tokens: new(adminapi.Tokens), settings: cfg}
	if _, err := a.readTokens(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.listen)
	if err != nil {
		return listenError(cfg.listen, err)
	}
	a.listener = listener
	a.http = &http.Server{
		Handler:           adminapi.New(s.server, adminapi.Options{Tokens: a.tokens, Logger: s.log}),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: quiet(),
	}
	scheme := "http"
	if cfg.cert != "" || cfg.key != "" {
		scheme = "https"
	} else if host, _, _ := net.SplitHostPort(listener.Addr().String()); !net.ParseIP(host).IsLoopback() {
		s.log.Warn("the admin API is open to other machines without TLS: set admin_cert and admin_key")
	}
	a.url = scheme + "://" + listener.Addr().String()
	s.admin = a
	s.onClose(a.close)
	go func() {
		serve := func() error { return a.http.Serve(listener) }
		if scheme == "https" {
			serve = func() error { return a.http.ServeTLS(listener, cfg.cert, cfg.key) }
		}
		if err := serve(); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
	return nil
}

// maxTokensFile bounds the tokens file, in bytes.
const maxTokensFile = 1 << 20

// readTokens reads the tokens file if it has changed.
func (a *adminPort) readTokens() (changed bool, err error) {
	wrong := func(err error) error { return fmt.Errorf("%s: %w (admin_tokens)", a.settings.tokens, err) }
	file, err := os.Open(a.settings.tokens)
	if err != nil {
		return false, fmt.Errorf("%w (admin_tokens)", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false, wrong(err)
	}
	if info.ModTime().Equal(a.read) {
		return false, nil
	}
	if err := a.tokens.Read(io.LimitReader(file, maxTokensFile)); err != nil {
		return false, wrong(err)
	}
	a.read = info.ModTime()
	return true, nil
}

// renew reads the tokens file again. One that is wrong changes nothing, and is
// logged.
func (a *adminPort) renew(s *running) {
	if a == nil {
		return
	}
	switch changed, err := a.readTokens(); {
	case err != nil:
		s.log.Error("the admin API's tokens can't be read: those before go on", "error", err)
	case changed:
		s.log.Info("the admin API's tokens were read again", "tokens", len(a.tokens.Names()))
	}
}

// close ends it after the requests that run.
func (a *adminPort) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := a.http.Shutdown(ctx); err != nil {
		return a.http.Close()
	}
	return nil
}
