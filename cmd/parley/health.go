package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"parley/identity"
	"parley/server"
)

// A health says whether this node should get clients.
type health struct {
	store    *opened
	domain   string
	draining atomic.Bool

	mu   sync.Mutex // guards what follows: the store is asked once in a while, however many ask us
	at   time.Time
	last error
}

// Bounds of asking the store.
const (
	healthEvery   = time.Second
	healthTimeout = 3 * time.Second
)

// A readiness is what /readyz says on the private port.
type readiness struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks"` // part: "ok", or what is wrong
}

// check asks every part.
func (h *health) check(ctx context.Context) readiness {
	r := readiness{Ready: true, Checks: map[string]string{"store": "ok", "accepting": "ok"}}
	if err := h.storeAnswers(ctx); err != nil {
		r.Ready, r.Checks["store"] = false, err.Error()
	}
	if h.draining.Load() {
		r.Ready, r.Checks["accepting"] = false, "this server is told to end"
	}
	return r
}

// storeAnswers reads from the store a name that nobody has.
func (h *health) storeAnswers(ctx context.Context) error {
	if err := h.store.err(); err != nil {
		return errors.New("failed: restart the server; its log says why")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.at) < healthEvery {
		return h.last
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthTimeout)
	defer cancel()
	nobody, err := identity.NewAccount(h.domain, "-")
	if err == nil {
		_, err = h.store.Account(ctx, nobody)
	}
	h.last = nil
	if err != nil && !errors.Is(err, server.ErrNotFound) {
		h.last = errors.New("doesn't answer: see the log")
	}
	h.at = time.Now()
	return h.last
}

// public answers /livez and /readyz without a reason, and passes on the rest.
func (h *health) public(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/livez":
			plainStatus(w, true)
		case "/readyz":
			plainStatus(w, h.check(r.Context()).Ready)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func plainStatus(w http.ResponseWriter, ok bool) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, "not ready\n")
		return
	}
	io.WriteString(w, "ok\n")
}

// private answers the same with the part that fails.
func (h *health) private(mux *http.ServeMux) {
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { plainStatus(w, true) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		state := h.check(r.Context())
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "application/json")
		if !state.Ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		json.NewEncoder(w).Encode(state)
	})
}
