package main

import (
	"context"
	"errors"
	"fmt"
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
	section := ""
	for _, s := range settings {
		if s.flag() == "" {
			continue
		}
		if s.section != section && section != "" {
			b.WriteString("\n")
		}
		section = s.section
		fmt.Fprintf(&b, "  --%-17s %s (default: %s)\n", s.flag(), s.help, s.defaultText())
	}
	b.WriteString(`
Each is also a key of the TOML file that --config or PARLEY_CONFIG names, with "_"
for "-", and a variable as PARLEY_SIGN_UP. The flag counts first, then the
variable, then the file. PARLEY_POSTGRES has no flag. parley config check says what
is wrong, parley config describe what there is.

It prints "parley: listening on http://…" on standard error when it is ready, and
its log after that. The log names nobody. SIGTERM and SIGINT end it: /readyz says
so first, then the streams are closed and what runs is finished, and it exits with
0. A second signal ends it at once; nothing acknowledged is lost by that either.`)
	return b.String()
}

// sweepEvery is how often what has expired is forgotten.
const sweepEvery = time.Minute

func runServe(ctx context.Context, p *program, args []string) error {
	fs := newFlags("serve")
	load := addSettings(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("serve takes no arguments")
	}
	cfg, err := load(p)
	if wrong, ok := errors.AsType[configErrors](err); ok && strings.HasPrefix(wrong[0].where, "--") {
		return usagef("%v", wrong)
	}
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
	if s.private != nil {
		p.note("private port on %s", s.private.url)
	}
	if s.admin != nil {
		p.note("admin API on %s", s.admin.url)
	}
	p.note("listening on %s", s.url)
	return s.wait(ctx)
}

// A running server.
type running struct {
	cfg        serveConfig
	url        string // scheme://HOST:PORT
	log        *slog.Logger
	store      *opened
	hints      server.Hints // nil: the only node
	hintsStats func() any
	server     *server.Server
	api        *clientapi.API
	http       *http.Server
	conns      *connGate
	health     *health
	metrics    *metrics
	tracer     *tracer
	private    *private
	control    *control
	admin      *adminPort // nil: there is none
	failed     chan error // why a listener ended by itself
	closers    []func() error
}

// startServer starts a server: when it returns without error, it listens.
func startServer(ctx context.Context, cfg serveConfig, log *slog.Logger) (_ *running, err error) {
	s := &running{cfg: cfg, log: log, metrics: newMetrics(), failed: make(chan error, 3)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	listener, err := net.Listen("tcp", cfg.listen)
	if err != nil {
		return nil, listenError(cfg.listen, err)
	}
	s.onClose(ignoreClosed(listener.Close))
	s.url = "http://" + listener.Addr().String()
	s.conns = newConnGate(&s.cfg)
	if listener, err = s.secure(s.conns.guard(listener)); err != nil {
		return nil, err
	}
	if s.store, err = openStore(ctx, cfg, log); err != nil {
		return nil, err
	}
	s.onClose(s.store.close)
	if err := s.openHints(ctx); err != nil {
		return nil, err
	}
	if err := s.build(ctx); errors.Is(err, pebblestore.ErrFull) {
		return nil, dataError(cfg.data, err)
	} else if err != nil {
		return nil, err
	}
	if err := s.watch(); err != nil {
		return nil, err
	}
	if err := s.openAdmin(); err != nil {
		return nil, err
	}
	go func() { s.failed <- s.http.Serve(listener) }()
	return s, nil
}

// onClose adds what close does, before what was added earlier.
func (s *running) onClose(f func() error) { s.closers = append(s.closers, f) }

func (s *running) close() (err error) {
	for i := len(s.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, s.closers[i]())
	}
	s.closers = nil
	return err
}

func ignoreClosed(f func() error) func() error {
	return func() error {
		if err := f(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

// build makes the server and its face for clients.
func (s *running) build(ctx context.Context) (err error) {
	cfg := s.cfg
	verifier, err := s.openPasskeys()
	if err != nil {
		return err
	}
	pusher, err := s.openPush(ctx)
	if err != nil {
		return err
	}
	blobs, err := s.openBlobs()
	if err != nil {
		return err
	}
	rules, puzzled, err := s.openPolicy()
	if err != nil {
		return err
	}
	fetcher, platform := s.openLinks()
	s.server, err = server.New(ctx, server.Config{
		Policy: rules, Relations: cfg.policy.people, Captcha: puzzled,
		Unfurler: fetcher, Unfurl: cfg.links.unfurl, Platform: platform,
		Store: s.store, Domain: cfg.domain, Origins: s.origins(), Suites: suites(),
		SignUpOpen: cfg.signUp, Passkeys: verifier, Push: pusher, Version: version(), ResetDelay: atLeast(cfg.resetDelay), Retention: atLeast(cfg.retention),
		Limits: cfg.limits, Rates: cfg.rates, Blobs: blobs, BlockListKey: cfg.safety.blockListKey, Hints: s.hints, Poll: cfg.poll, Logger: s.log,
	})
	if err != nil {
		return err
	}
	s.onClose(func() error { s.server.Close(); return nil })
	s.reloadOnHangup()
	options := clientapi.Options{Logger: s.log, Address: clientAddress(cfg.proxies), BlockList: cfg.safety.blockList}
	if cfg.private != "" {
		options.Observe = s.metrics.observe
	}
	if cfg.trace != "" {
		if s.tracer, err = openTracer(ctx, cfg.trace, cfg.traceShare, s.log); err != nil {
			return fmt.Errorf("trace: %w (trace)", err)
		}
		s.onClose(s.tracer.close)
		options.Trace = s.tracer.operation
	}
	s.api = clientapi.New(s.server, options)
	s.onClose(s.api.Close)
	s.showStats()
	s.health = &health{store: s.store, domain: cfg.domain}
	face, err := s.face()
	if err != nil {
		return err
	}
	s.http = &http.Server{
		Handler: s.health.public(face), MaxHeaderBytes: 16 << 10,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: quiet(),
	}
	return nil
}

// showStats adds what the packages count to the metrics.
func (s *running) showStats() {
	s.metrics.add("server", serverMetas, func() any { return s.server.Stats() })
	s.metrics.add("connections", connectionsMetas, func() any { return s.conns.stats() })
	s.metrics.add("clients", clientsMetas, func() any { return s.api.Stats() })
	if s.store.stats != nil {
		s.metrics.add(s.store.part, storeMetas[s.store.part], s.store.stats)
	}
	if s.hintsStats != nil {
		s.metrics.add("hints", hintsMetas, s.hintsStats)
	}
}

// atLeast returns d where none was meant as the server takes it: there 0 stands
// for a default.
func atLeast(d time.Duration) time.Duration { return max(d, time.Nanosecond) }

// origins returns the configured ones, else those under which clients on this
// machine reach the address.
func (s *running) origins() []string {
	if len(s.cfg.origins) > 0 {
		return s.cfg.origins
	}
	if names := s.certifiedOrigins(); len(names) > 0 {
		return names
	}
	origins := []string{s.url}
	host, _, _ := net.SplitHostPort(s.cfg.listen)
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
	failed := s.store.failed()
	for {
		select {
		case <-ctx.Done():
			return s.stop()
		case err := <-s.failed:
			return errors.Join(err, s.stop())
		case <-failed:
			if s.store.broken() { // it must not serve what may be wrong
				return errors.Join(dataError(s.cfg.data, s.store.err()), s.stop())
			}
			failed = nil // what it has can be read; /readyz says that it takes nothing more
		case <-tick.C:
			s.admin.renew(s)
			if err := s.server.Sweep(ctx); err != nil && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "sweep", "error", err)
			}
		}
	}
}

// stop ends the server: /readyz says so first, then it takes nothing more,
// finishes what runs and closes the streams; the store is closed last.
func (s *running) stop() error {
	s.health.draining.Store(true)
	if s.cfg.drainDelay > 0 && s.store.err() == nil {
		time.Sleep(s.cfg.drainDelay)
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.drain)
	defer cancel()
	if err := s.api.Drain(ctx); err != nil {
		s.log.Warn("not everything ended in time: clients repeat it elsewhere")
	}
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	return errors.Join(err, s.close())
}

func listenError(address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("can't listen on %s: %w (address_in_use)", address, syscall.EADDRINUSE)
	}
	return fmt.Errorf("can't listen on %s: %w (listen)", address, err)
}
