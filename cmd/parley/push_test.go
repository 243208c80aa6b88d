package main

import (
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/client"
	"parley/client/memstore"
	"parley/client/nettransport"
	"parley/identity"
	"parley/wire"
)

// someone signs up at a server, in this process.
func someone(t *testing.T, url, name string) *client.Client {
	t.Helper()
	transport, err := nettransport.New(url, nettransport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { transport.Close() })
	account, err := identity.NewAccount(defaultConfig().domain, name)
	if err != nil {
		t.Fatal(err)
	}
	login := make([]byte, wire.LoginSize)
	copy(login, name)
	seal, err := client.NewSealKey(login)
	if err != nil {
		t.Fatal(err)
	}
	cfg := client.Config{Store: memstore.New(), Transport: transport, Suites: suites(), Now: time.Now, DeviceName: "test"}
	c, err := client.SignUp(t.Context(), cfg, seal, account, login)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestServePush: a server wakes a device through the operator's own push service
// (RFC 8030), with nothing in it and nothing of people; the settings lead there.
func TestServePush(t *testing.T) {
	type push struct {
		header http.Header
		path   string
		body   string
	}
	pushes := make(chan push, 16)
	service := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		pushes <- push{r.Header.Clone(), r.URL.Path, string(body)}
		w.WriteHeader(http.StatusCreated)
	}))
	defer service.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	write(t, ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: service.Certificate().Raw}))
	cfg := defaultConfig()
	cfg.push.hosts, cfg.push.ca = []string{service.Listener.Addr().String()}, ca
	cfg.push.subject = "mailto:ops@example.org"
	cfg.policy.name = "open" // three messages to a stranger
	s := serving(t, cfg, slog.New(slog.DiscardHandler))

	alice, bob := someone(t, s.url, "alice"), someone(t, s.url, "bob")
	key, auth := make([]byte, wire.PushKeySize), make([]byte, wire.PushAuthSize)
	if err := bob.SubscribePush(t.Context(), "https://127.0.0.1:1/inner", key, auth); err == nil {
		t.Error("an endpoint that the operator didn't name is taken")
	}
	if err := bob.SubscribePush(t.Context(), service.URL+"/push/of-a-browser", key, auth); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := alice.SendTo(t.Context(), []string{"bob"}, "the marked text"); err != nil {
			t.Fatal(err)
		}
	}
	got := <-pushes
	if got.path != "/push/of-a-browser" || got.body != "" || !strings.HasPrefix(got.header.Get("Authorization"), "vapid t=") {
		t.Errorf("got %+v", got)
	}
	for name, values := range got.header {
		for _, v := range values {
			if strings.Contains(v, "alice") || strings.Contains(v, "bob") || strings.Contains(v, "marked") {
				t.Errorf("%s tells of people: %q", name, v)
			}
		}
	}
	if len(pushes) > 0 {
		t.Error("woken twice before it has read")
	}
	for s.server.Stats().Pushed == 0 { // it is counted when the push service's answer is read
		time.Sleep(time.Millisecond)
	}

	// That bob has it is nothing to wake alice for.
	if err := alice.SubscribePush(t.Context(), service.URL+"/push/alice", key, auth); err != nil {
		t.Fatal(err)
	}
	before := s.server.Stats().Messages
	if err := bob.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if stats := s.server.Stats(); stats.Messages == before || stats.Pushing != 0 {
		t.Errorf("%d receipts, %d accounts to be woken; want some, and none", stats.Messages-before, stats.Pushing)
	}
}
