package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"parley/server"
	"parley/server/clientapi"
	"parley/server/pebblestore"
)

var serveCommand = command{
	name: "serve", usage: "serve [--data DIR] [--listen HOST:PORT] [--config FILE] [FLAG…]",
	summary: "Run the delivery server.",
	more:    serveHelp(),
	run:     runServe,
}

// serveHelp lists the settings.
func serveHelp() string {
	var b strings.Builder
	for _, s := range settings {
		fmt.Fprintf(&b, "  --%-13s %s\n", s.flag(), s.help)
	}
	b.WriteString(`
Each is also a key of the TOML file that --config or PARLEY_CONFIG names, with "_"
for "-", and a variable as PARLEY_SIGN_UP. The flag counts first, then the
variable, then the file. Put a proxy that speaks HTTPS before it, and name its
address in --origins.

It prints "parley: listening on http://…" on standard error when it is ready, and
its log after that. The log names nobody. SIGTERM and SIGINT end it: it takes
nothing more, finishes what it has begun, and exits with 0.`)
	return b.String()
}

// drainTime is how long a server that ends waits for requests that run.
const drainTime = 10 * time.Second

// sweepEvery is how often what has expired is forgotten.
const sweepEvery = time.Minute

func runServe(ctx context.Context, p *program, args []string) error {
	fs := newFlags("serve")
	config := fs.String("config", "", "")
	flags := map[string]*string{}
	for _, s := range settings {
		flags[s.flag()] = fs.String(s.flag(), "", "")
	}
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("serve takes no arguments")
	}
	values := map[string]string{}
	for name, v := range flags {
		if given(fs, name) {
			values[name] = *v
		}
	}
	cfg, err := p.loadConfig(*config, values)
	if err != nil {
		return err
	}
	return p.serve(ctx, cfg)
}

// serve runs a server until ctx ends.
func (p *program) serve(ctx context.Context, cfg serveConfig) error {
	s, err := startServer(ctx, cfg, newLogger(p.stderr, cfg.logFormat))
	if err != nil {
		return err
	}
	p.note("listening on %s", s.url)
	return s.wait(ctx)
}

// newLogger returns the server's log.
func newLogger(w io.Writer, format string) *slog.Logger {
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// A running server.
type running struct {
	url    string // http://HOST:PORT
	store  *pebblestore.Store
	server *server.Server
	log    *slog.Logger
	http   *http.Server
	api    *clientapi.API
	failed chan error // why http ended by itself
}

// startServer starts a server: when it returns without error, it listens.
func startServer(ctx context.Context, cfg serveConfig, log *slog.Logger) (_ *running, err error) {
	listener, err := net.Listen("tcp", cfg.listen)
	if err != nil {
		return nil, listenError(cfg.listen, err)
	}
	defer func() {
		if err != nil {
			listener.Close()
		}
	}()
	store, err := pebblestore.Open(cfg.data, pebblestore.Options{Logger: log})
	if err != nil {
		return nil, dataError(cfg.data, err)
	}
	s := &running{url: "http://" + listener.Addr().String(), store: store, log: log, failed: make(chan error, 1)}
	if err := s.build(ctx, cfg); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	go func() { s.failed <- s.http.Serve(listener) }()
	return s, nil
}

func (s *running) build(ctx context.Context, cfg serveConfig) (err error) {
	s.server, err = server.New(ctx, server.Config{
		Store: s.store, Domain: cfg.domain, Origins: s.origins(cfg), Suites: suites(),
		SignUpOpen: cfg.signUp, Version: version(), ResetDelay: atLeast(cfg.resetDelay), Retention: atLeast(cfg.retention), Logger: s.log,
	})
	if err != nil {
		return err
	}
	s.api = clientapi.New(s.server, clientapi.Options{Logger: s.log})
	s.http = &http.Server{
		Handler: s.api, MaxHeaderBytes: 16 << 10,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelWarn), // its lines name addresses
	}
	return nil
}

// atLeast returns d where none was meant as the server takes it: there 0 stands
// for a default.
func atLeast(d time.Duration) time.Duration { return max(d, time.Nanosecond) }

// origins returns the configured ones, else those under which clients on this
// machine reach the address.
func (s *running) origins(cfg serveConfig) []string {
	if len(cfg.origins) > 0 {
		return cfg.origins
	}
	origins := []string{s.url}
	host, _, _ := net.SplitHostPort(cfg.listen)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		return origins
	}
	for _, h := range []string{host, "localhost", "127.0.0.1", "::1"} {
		if h != "" {
			origins = append(origins, "http://"+net.JoinHostPort(h, port))
		}
	}
	return origins
}

// wait serves until ctx ends, and then drains.
func (s *running) wait(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return s.stop()
		case err := <-s.failed:
			return errors.Join(err, s.stop())
		case <-tick.C:
			if err := s.server.Sweep(ctx); err != nil && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "sweep", "error", err)
			}
		}
	}
}

// stop ends the server: requests that run are finished first.
func (s *running) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	return errors.Join(err, s.api.Close(), s.store.Close()) // the streams end last: Shutdown doesn't know of them
}

func listenError(address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("can't listen on %s: %w (address_in_use)", address, syscall.EADDRINUSE)
	}
	return fmt.Errorf("can't listen on %s: %w (listen)", address, err)
}

func dataError(dir string, err error) error {
	switch {
	case errors.Is(err, pebblestore.ErrLocked):
		return fmt.Errorf("another server uses the data directory %s (data_in_use)", dir)
	case errors.Is(err, pebblestore.ErrFull):
		return fmt.Errorf("no room on the disk to open the data directory %s: make room and start again, nothing is lost (disk_full)", dir)
	case errors.Is(err, pebblestore.ErrCorrupt):
		return fmt.Errorf("the data directory %s is damaged: %v (data_damaged)", dir, err)
	}
	return fmt.Errorf("can't use the data directory %s: %w (data)", dir, err)
}
