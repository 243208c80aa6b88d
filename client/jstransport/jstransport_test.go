//go:build !js

package jstransport

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/browsertest"
	"parley/mls/public"
	"parley/server"
	"parley/server/clientapi"
	"parley/server/memstore"
)

// The tests of this package, in a real browser, with a real server.
func TestInBrowser(t *testing.T) {
	browsertest.Run(t, browsertest.Program{Package: "parley/client/jstransport", Script: ";", Handler: &site{t: t, data: memstore.New()}})
}

// A site is a server, and what stands between it and the page.
type site struct {
	t    *testing.T
	data *memstore.Store

	mu      sync.Mutex // guards what follows
	api     *clientapi.API
	blocked bool // no WebSocket gets through
}

// ServeHTTP implements [http.Handler].
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/control/move": // the node goes away, and another one is there
		s.mu.Lock()
		old := s.api
		s.api = nil
		s.mu.Unlock()
		old.Close()
	case "/control/block", "/control/open":
		s.mu.Lock()
		s.blocked = r.URL.Path == "/control/block"
		s.mu.Unlock()
	case "/odd/v1/info":
		w.Header().Set("Content-Type", "application/cbor")
		_, _ = w.Write([]byte("not CBOR"))
	case "/large/v1/info":
		w.Header().Set("Content-Type", "application/cbor")
		for range 11 {
			_, _ = w.Write(make([]byte, 1<<20))
		}
	case "/redirect/v1/info":
		http.Redirect(w, r, "/v1/info", http.StatusTemporaryRedirect)
	default:
		s.serve(w, r)
	}
}

func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	blocked := s.blocked && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
	if s.api == nil {
		s.api = s.start("http://" + r.Host)
	}
	api := s.api
	s.mu.Unlock()
	if blocked {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	api.ServeHTTP(w, r)
}

func (s *site) start(origin string) *clientapi.API {
	srv, err := server.New(context.Background(), server.Config{
		Store: s.data, Domain: "example.com", Origins: []string{origin}, SignUpOpen: true, Now: time.Now,
		Suites: []*public.Suite{public.X25519()},
	})
	if err != nil {
		s.t.Error(err)
	}
	return clientapi.New(srv, clientapi.Options{})
}
