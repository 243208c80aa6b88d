package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// secure puts the public listener under TLS where it is configured, and opens
// http_listen beside it.
func (s *running) secure(listener net.Listener) (net.Listener, error) {
	t := &s.cfg.tls
	if !t.on() {
		return listener, nil
	}
	secured, err := t.secure(listener, s.cfg.data, s.log)
	if err != nil {
		return nil, err
	}
	s.url = "https" + strings.TrimPrefix(s.url, "http")
	if t.httpListen == "" {
		return secured, nil
	}
	plain, err := net.Listen("tcp", t.httpListen)
	if err != nil {
		return nil, listenError(t.httpListen, err)
	}
	h := &http.Server{
		Handler: secured.plain, MaxHeaderBytes: 16 << 10, ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second, IdleTimeout: 20 * time.Second, ErrorLog: quiet(),
	}
	s.onClose(h.Close)
	go func() {
		if err := h.Serve(s.conns.guard(plain)); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("http_listen: %w", err)
		}
	}()
	return secured, nil
}

// certifiedOrigins are where clients find the names that the server gets
// certificates for.
func (s *running) certifiedOrigins() (origins []string) {
	_, port, _ := net.SplitHostPort(s.cfg.listen)
	for _, name := range s.cfg.tls.acmeDomains {
		origins = append(origins, "https://"+name)
		if port != "443" {
			origins = append(origins, "https://"+net.JoinHostPort(name, port))
		}
	}
	return origins
}
