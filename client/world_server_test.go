package client_test

import (
	"net"
	"net/http"
	"testing"

	"parley/internal/freeport"
	"parley/mls/public"
	"parley/server"
	"parley/server/clientapi"
	servermem "parley/server/memstore"
)

// newWorld starts a server on a store in memory; change may set what it has.
func newWorld(t testing.TB, change ...func(*world)) *world {
	t.Helper()
	w := &world{t: t, clock: new(clock), wrap: func(h http.Handler) http.Handler { return h }}
	w.data = servermem.New()
	for _, f := range change {
		f(w)
	}
	plantHubKey(t, w.data)
	l, err := freeport.Listen()
	if err != nil {
		t.Fatal(err)
	}
	w.addr, w.url = l.Addr().String(), "http://"+l.Addr().String()
	w.serve(l)
	t.Cleanup(func() { w.stop() })
	return w
}

// serve starts the server on l.
func (w *world) serve(l net.Listener) {
	w.t.Helper()
	srv, err := server.New(w.t.Context(), server.Config{
		Store: w.data, Domain: domain, Origins: []string{w.url}, SignUpOpen: true, Now: w.clock.now,
		Suites: []*public.Suite{public.XWing(public.SuiteXWing), public.ChaCha20(), public.X25519()},
		Blobs:  w.blobs, Policy: w.policy, Rates: w.rates,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	api := clientapi.New(srv, clientapi.Options{})
	w.api = api
	w.http = &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.wrap(api).ServeHTTP(rw, r) })}
	go w.http.Serve(l)
}

// stop ends the server as a crash would: connections break, streams too, which
// http.Server doesn't know of.
func (w *world) stop() {
	w.http.Close()
	w.api.Close()
}

// start begins it again, at the same address, on the same data.
func (w *world) start() {
	w.t.Helper()
	l, err := net.Listen("tcp", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.serve(l)
}
