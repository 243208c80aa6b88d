package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// A flood of connections that never speak is kept below the bound, and who is
// connected already isn't disturbed by it. Once it is over, others come in again.
func TestConnectionFlood(t *testing.T) {
	const most, flood = 40, 300
	cfg := defaultConfig()
	cfg.data, cfg.listen, cfg.private, cfg.maxConns = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0", most
	s, err := startServer(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	}()
	transport := &http.Transport{MaxConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	inside := &http.Client{Transport: transport} // one connection, opened before
	askPort(t, inside, s.url+"/livez")

	at := strings.TrimPrefix(s.url, "http://")
	var silent []net.Conn
	defer func() {
		for _, c := range silent {
			c.Close()
		}
	}()
	for range flood {
		c, err := net.Dial("tcp", at)
		if err != nil {
			continue // refused by the system
		}
		silent = append(silent, c)
	}
	open := len(silent)
	for end := time.Now().Add(patience); open > most-1 && time.Now().Before(end); {
		open = stillOpen(silent) // what was refused is closed a little later
	}
	if open > most-1 {
		t.Errorf("%d connections of the flood are open; want at most %d", open, most-1)
	}
	askPort(t, inside, s.url+"/livez")
	got := s.conns.stats()
	if got.Open > most || got.Refused < uint64(len(silent)-most) {
		t.Errorf("stats: %+v; want at most %d open, at least %d refused", got, most, len(silent)-most)
	}
	page := askPort(t, http.DefaultClient, s.private.url+"/metrics") // a port of its own
	for _, want := range []string{fmt.Sprintf("parley_connections_most %d", most), "parley_connections_open ", "parley_connections_refused_total "} {
		if !strings.Contains(page, want) {
			t.Errorf("/metrics has no %q", want)
		}
	}

	for _, c := range silent {
		c.Close()
	}
	var last error
	for end := time.Now().Add(patience); time.Now().Before(end); {
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(s.url + "/livez")
		if last = err; err == nil {
			resp.Body.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("after the flood: %v", last)
}

// stillOpen counts the connections that the other side hasn't closed.
func stillOpen(all []net.Conn) (open int) {
	for _, c := range all {
		c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if _, err := c.Read(make([]byte, 1)); isTimeout(err) {
			open++
		}
	}
	return open
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// askPort returns what url says; it must say that all is well.
func askPort(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return string(body)
}

// One address can't take all that may be open; proxies and this machine can.
func TestConnectionsOfAnAddress(t *testing.T) {
	g := newConnGate(&serveConfig{maxConns: 10, proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	if g.each != 2 {
		t.Fatalf("%d for each address; want a quarter", g.each)
	}
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for n, want := range []bool{true, true, false} {
		if got := g.enter(one); got != want {
			t.Errorf("connection %d of one address: %v; want %v", n, got, want)
		}
	}
	if !g.enter(other) {
		t.Error("another address isn't let in")
	}
	g.leave(one)
	if !g.enter(one) {
		t.Error("one isn't let in again after one left")
	}
	for range 7 {
		if !g.enter(netip.Addr{}) {
			t.Fatal("a proxy isn't let in")
		}
	}
	if g.enter(netip.Addr{}) {
		t.Error("there are more than may be")
	}
	if got := g.stats(); got.Open != 10 || got.Refused != 1 || got.RefusedAddress != 1 || len(g.from) != 2 {
		t.Errorf("stats: %+v, %d addresses", got, len(g.from))
	}
	all, each := (&serveConfig{}).connectionLimits()
	if files := int(fileLimit()); files != 0 && (all >= files || each >= all) {
		t.Errorf("of %d files %d connections, %d of an address", files, all, each)
	}
}
