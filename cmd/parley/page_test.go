package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"parley/cmd/parley/internal/page"
	"parley/wire"
)

// smallPage is a built page with nothing in it.
func smallPage() fstest.MapFS {
	return fstest.MapFS{
		"manifest.json": {Data: []byte(`{"files": {"index.html": {"path": "index.html"}, "main.js": {"path": "main-ABCD1234.js"}}}`)},
		"index.html":    {Data: []byte("<!doctype html><title>Parley</title>")}, "main-ABCD1234.js": {Data: []byte("0")},
	}
}

// writePage writes files into a fresh directory.
func writePage(t *testing.T, files fstest.MapFS) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, f := range files {
		write(t, filepath.Join(dir, name), f.Data)
	}
	return dir
}

// serving starts a server as cfg says, in a fresh directory.
func serving(t *testing.T, cfg serveConfig, log *slog.Logger) *running {
	t.Helper()
	cfg.data, cfg.listen = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0"
	s, err := startServer(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.stop() })
	return s
}

func ask(t *testing.T, method, url string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// TestServePage: page, API and health share the port, and don't get in each
// other's way.
func TestServePage(t *testing.T) {
	cfg := defaultConfig()
	cfg.page.dir = writePage(t, smallPage())
	s := serving(t, cfg, slog.New(slog.DiscardHandler))
	for _, test := range []struct {
		method, path string
		status       int
		kind         string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8"},
		{"GET", "/main-ABCD1234.js", 200, "text/javascript; charset=utf-8"},
		{"GET", "/none", 404, "text/plain; charset=utf-8"},
		{"GET", "/livez", 200, "text/plain; charset=utf-8"},
		{"POST", "/v1/info", 200, wire.ContentType},
		{"POST", "/v1/none", 404, wire.ContentType},
		{"GET", "/v1/info", 405, wire.ContentType},
	} {
		resp, _ := ask(t, test.method, s.url+test.path)
		if resp.StatusCode != test.status || resp.Header.Get("Content-Type") != test.kind {
			t.Errorf("%s %s: got %s %s, want %d %s", test.method, test.path, resp.Status, resp.Header.Get("Content-Type"), test.status, test.kind)
		}
	}
	resp, _ := ask(t, "GET", s.url)
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "connect-src 'self' ws://") {
		t.Errorf("the page can't open a stream: %q", csp)
	}
}

// TestPageAsides: a server whose page isn't built, or is off, serves clients all the
// same; a directory that isn't there is told at the start.
func TestPageAsides(t *testing.T) {
	cfg := defaultConfig()
	cfg.page.dir = t.TempDir()
	var log bytes.Buffer
	s := serving(t, cfg, slog.New(slog.NewTextHandler(&log, nil)))
	if resp, body := ask(t, "GET", s.url); resp.StatusCode != 404 || body != page.NotBuilt+"\n" || !strings.Contains(log.String(), page.NotBuilt) {
		t.Errorf("not built: got %s %q, log %q", resp.Status, body, &log)
	}
	cfg.page.on = false
	s = serving(t, cfg, slog.New(slog.DiscardHandler))
	if resp, body := ask(t, "GET", s.url); resp.StatusCode != 404 || strings.Contains(body, page.NotBuilt) {
		t.Errorf("off: got %s %q", resp.Status, body)
	}
	if resp, _ := ask(t, "POST", s.url+"/v1/info"); resp.StatusCode != 200 {
		t.Errorf("off: the API answers %s", resp.Status)
	}
	cfg.page.on, cfg.page.dir, cfg.data = true, "/nowhere", filepath.Join(t.TempDir(), "data")
	cfg.listen = "127.0.0.1:0"
	if _, err := startServer(t.Context(), cfg, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "web_dir") {
		t.Errorf("a directory that isn't there: got %v", err)
	}
}

// Settings that become headers or addresses take nothing else.
func TestBrowserSettings(t *testing.T) {
	for _, test := range []struct{ flag, value, want string }{
		{"embed-parents", "https://video.example.org, https://*.video.example.org:8443/", ""},
		{"embed-parents", "http://localhost:8080", ""},
		{"embed-parents", "http://video.example.org", "want https://"},
		{"embed-parents", "https://a.example/path", "want https://"},
		{"embed-parents", "https://a.example; script-src *", "want https://"},
		{"embed-parents", "*", "want https://"},
		{"embed-parents", "https://*", "want https://"},
		{"push-hosts", "push.example.org,push.inside:8443", ""},
		{"push-hosts", "127.0.0.1:8443", ""},
		{"push-hosts", "com", "want a host"},
		{"push-hosts", "10.0.0.1", "want a host"},
		{"push-hosts", "https://push.example.org", "want a host"},
		{"push-subject", "mailto:ops@example.org", ""},
		{"push-subject", "https://example.org/contact", ""},
		{"push-subject", "ops@example.org", "want mailto:"},
		{"rp-id", "example.org", ""},
		{"rp-id", "https://example.org", "want a domain"},
		{"page", "maybe", "want on or off"},
	} {
		_, err := outside(nil).loadConfig("", map[string]string{"data": "/d", test.flag: test.value})
		switch wrong, _ := errors.AsType[configErrors](err); {
		case test.want == "" && err != nil:
			t.Errorf("%s %q: %v", test.flag, test.value, err)
		case test.want != "" && !slices.ContainsFunc(wrong, func(c configError) bool { return strings.Contains(c.text, test.want) }):
			t.Errorf("%s %q: got %v, want %q", test.flag, test.value, err, test.want)
		}
	}
}
