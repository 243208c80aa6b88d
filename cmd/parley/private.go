package main

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A private port answers the operator: metrics, health and profiles.
type private struct {
	url      string
	http     *http.Server
	listener net.Listener
}

// quiet is the log of HTTP servers: their own lines name addresses.
func quiet() *log.Logger { return slog.NewLogLogger(slog.DiscardHandler, slog.LevelWarn) }

// watch opens what the operator watches the server by.
func (s *running) watch() (err error) {
	if s.cfg.private != "" {
		if s.private, err = openPrivate(s.cfg.private, s.health, s.metrics); err != nil {
			return err
		}
		s.onClose(s.private.close)
		go func() {
			if err := s.private.http.Serve(s.private.listener); !errors.Is(err, http.ErrServerClosed) {
				s.failed <- err
			}
		}()
	}
	if s.store.embedded != nil {
		if s.control, err = openControl(s); err != nil {
			// The server is whole without it: only a backup needs it to be stopped.
			s.log.Warn("no control socket: parley backup needs this server to be stopped", "error", err)
			return nil
		}
		s.onClose(s.control.close)
	}
	return nil
}

func openPrivate(address string, h *health, m *metrics) (*private, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, listenError(address, err)
	}
	mux := http.NewServeMux()
	h.private(mux)
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return &private{
		url: "http://" + listener.Addr().String(), listener: listener,
		http: &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10, ErrorLog: quiet()},
	}, nil
}

// close ends it after the requests that run, but not those that last.
func (p *private) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := p.http.Shutdown(ctx); err != nil {
		return p.http.Close()
	}
	return nil
}
