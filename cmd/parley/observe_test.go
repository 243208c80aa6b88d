package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"parley/client"
	"parley/server"
	"parley/server/clientapi"
	"parley/server/pebblestore"
	"parley/server/pgstore"
	"parley/wire"
)

// A safeBuffer takes lines of several goroutines.
type safeBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// String returns what was written.
func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// exchange has two people write to each other on a server of this configuration,
// and returns the server, still running, its log, and what must be nowhere: names,
// devices, rooms, texts, addresses.
func exchange(t *testing.T, change func(*serveConfig)) (*running, *safeBuffer, []string) {
	t.Helper()
	cfg := defaultConfig()
	cfg.data, cfg.listen, cfg.private = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
	change(&cfg)
	log := &safeBuffer{}
	s, err := startServer(t.Context(), cfg, newLogger(log, "json"))
	if err != nil {
		t.Fatal(err)
	}
	p := outside(nil)
	p.stdout, p.stderr = io.Discard, io.Discard
	d := &demo{program: p, dir: t.TempDir(), server: s}
	if err := d.show(t.Context()); err != nil {
		t.Fatal(errors.Join(err, s.stop()))
	}
	secrets := []string{"alice", "bob", "mimi://", "127.0.0.1", "::1", "fountain"}
	for _, name := range []string{"alice", "bob"} {
		c, err := d.person(t.Context(), name)
		if err != nil {
			t.Fatal(errors.Join(err, s.stop()))
		}
		secrets = append(secrets, c.Device().ID(), roomOf(t, c))
		c.Close()
	}
	return s, log, secrets
}

// roomOf returns the id of the person's only room.
func roomOf(t *testing.T, c *client.Client) string {
	t.Helper()
	rooms, err := c.Rooms(t.Context())
	if err != nil || len(rooms) != 1 {
		t.Fatalf("got %d rooms, %v", len(rooms), err)
	}
	return string(rooms[0].Room.ID())
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v\n%s", url, resp.Status, err, body)
	}
	return string(body)
}

func holdsNone(t *testing.T, what, text string, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%s holds %q:\n%s", what, secret, text)
		}
	}
}

// TestMetricsNameNobody: after an exchange /metrics tells what was done and by
// nobody, with no label but those that are meant.
func TestMetricsNameNobody(t *testing.T) {
	s, _, secrets := exchange(t, func(*serveConfig) {})
	text := fetch(t, s.private.url+"/metrics")
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	holdsNone(t, "/metrics", text, secrets)
	for _, want := range []string{
		`parley_operation_seconds_count{code="ok",operation="send"} `, "\nparley_server_messages_total ", "parley_store_groups_total ", "parley_clients_streams ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	labels := []string{"operation", "code", "le", "version", "quantile"}
	for _, m := range regexp.MustCompile(`[{,]([a-z_]+)="`).FindAllStringSubmatch(text, -1) {
		if !slices.Contains(labels, m[1]) {
			t.Errorf("/metrics has a label %s", m[1])
		}
	}
}

// TestLogNamesNobody: the log of a whole exchange, a refusal and an end is JSON
// without names, addresses or content.
func TestLogNamesNobody(t *testing.T) {
	s, log, secrets := exchange(t, func(*serveConfig) {})
	for _, body := range []string{"", "alice fountain", strings.Repeat("x", 1<<20)} {
		resp, err := http.Post(s.url+wire.PathPrefix+"alice", wire.ContentType, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	s.log.Error("as libraries may", "error", errors.New("read tcp 10.1.2.3:443->[2001:db8::1]:5000: mimi://localhost/u/alice reset"))
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	text := log.String()
	holdsNone(t, "the log", text, append(secrets, "10.1.2.3", "2001:db8"))
	lines := 0
	for line := range strings.Lines(text) {
		lines++
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %q", line)
		}
	}
	if lines == 0 {
		t.Error("nothing was logged: this shows nothing")
	}
}

func TestScrub(t *testing.T) {
	for in, want := range map[string]string{
		"plain words, 30% of 5.5 GiB at 12:30:15": "plain words, 30% of 5.5 GiB at 12:30:15",
		"on mimi://localhost/u/alice, gone":       "on …, gone",
		"dial tcp 192.0.2.7:443: refused":         "dial tcp …: refused",
		"from [fe80::1%eth0]:80 now":              "from … now",
		"bad\n(1) attached stack trace":           "bad",
	} {
		if got := scrub(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := scrub(strings.Repeat("é", maxLogged)); len(got) > maxLogged+3 {
		t.Errorf("got %d bytes", len(got))
	}
}

// TestTraces: a collector gets spans of operations, with a code where they were
// refused, and nothing of persons.
func TestTraces(t *testing.T) {
	var mu sync.Mutex // guards bodies
	var bodies [][]byte
	otlp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/v1/traces" {
			bodies = append(bodies, body)
		}
	}))
	defer otlp.Close()
	s, _, secrets := exchange(t, func(c *serveConfig) { c.trace, c.traceShare = otlp.URL, 1 })
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	names := map[string]bool{}
	for _, body := range bodies {
		all, text := spans(t, body)
		holdsNone(t, "a trace", text, secrets)
		for _, span := range all {
			names[span.Name] = true
			for _, a := range span.Attributes {
				if a.Key != "parley.code" {
					t.Errorf("a span has %s", a.Key)
				}
			}
		}
	}
	for _, op := range []wire.Operation{wire.OpSend, wire.OpOpenSession, wire.OpClaimKeyPackages} {
		if !names[string(op)] {
			t.Errorf("no span of %s among %v", op, names)
		}
	}
}

// spans returns what a collector got, and its text without what is random: a short name
// may be among that.
func spans(t *testing.T, body []byte) (all []*trace.Span, text string) {
	t.Helper()
	var req collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &req); err != nil {
		t.Fatal(err)
	}
	for _, r := range req.ResourceSpans {
		for _, scope := range r.ScopeSpans {
			all = append(all, scope.Spans...)
		}
	}
	for _, span := range all {
		span.TraceId, span.SpanId, span.ParentSpanId = nil, nil, nil
		for _, link := range span.Links {
			link.TraceId, link.SpanId = nil, nil
		}
	}
	return all, req.String()
}

// Without a collector nothing is traced, and one that is gone is no failure.
func TestTracesToNobody(t *testing.T) {
	if cfg := defaultConfig(); cfg.trace != "" {
		t.Error("traces are on by default")
	}
	s, _, _ := exchange(t, func(c *serveConfig) { c.trace, c.traceShare = "http://127.0.0.1:1", 1 })
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// Each number that a package counts is explained, and nothing else is.
func TestStatsAreExplained(t *testing.T) {
	for part, c := range map[string]struct {
		stats any
		metas map[string]statMeta
	}{
		"server":      {server.Stats{}, serverMetas},
		"clients":     {clientapi.Stats{}, clientsMetas},
		"connections": {connStats{}, connectionsMetas},
		"store":       {pebblestore.Stats{}, storeMetas["store"]},
		"postgres":    {pgstore.Stats{}, storeMetas["postgres"]},
	} {
		v := reflect.ValueOf(c.stats)
		for i, f := range reflect.VisibleFields(v.Type()) {
			if _, ok := integer(v.Field(i)); !ok {
				continue
			}
			if c.metas[f.Name].help == "" {
				t.Errorf("%s: %s isn't explained", part, f.Name)
			}
		}
		for name := range c.metas {
			if !v.FieldByName(name).IsValid() {
				t.Errorf("%s: %s is explained, and isn't counted", part, name)
			}
		}
	}
}

func TestRatesAreExplained(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeOf(server.Rates{})) {
		if rateHelp[f.Name] == "" {
			t.Errorf("%s isn't explained", f.Name)
		}
	}
}

// The health page tells the operator what fails, and the public nothing.
func TestReadiness(t *testing.T) {
	cfg := defaultConfig()
	cfg.data, cfg.listen, cfg.private = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
	s, err := startServer(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if got := fetch(t, s.private.url+"/readyz"); !strings.Contains(got, `"ready":true`) {
		t.Errorf("got %s", got)
	}
	if got := fetch(t, s.url+"/readyz"); got != "ok\n" {
		t.Errorf("got %q", got)
	}
	s.store.close() // the store goes from under it
	s.health.at = s.health.at.Add(-2 * healthEvery)
	for url, want := range map[string]string{s.url: "not ready\n", s.private.url: `"store":"doesn't answer: see the log"`} {
		resp, err := http.Get(url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), want) {
			t.Errorf("got %s %q, want 503 %q", resp.Status, body, want)
		}
	}
	s.stop()
}
