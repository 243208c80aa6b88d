package page

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

const manifest = `{"files": {
	"index.html": {"path": "index.html", "integrity": "sha384-x"},
	"main.js": {"path": "main-ABCD1234.js", "integrity": "sha384-x"},
	"core.wasm": {"path": "core-ABCD1234.wasm", "integrity": "sha384-x"},
	"manifest.webmanifest": {"path": "manifest.webmanifest", "integrity": "sha384-x"},
	"sw.js": {"path": "sw.js", "integrity": "sha384-x"}
}}`

func built() fstest.MapFS {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		".keep": file(""), "manifest.json": file(manifest), "index.html": file("<!doctype html>"), "index.html.br": file("html in br"),
		"main-ABCD1234.js": file("let a = 1;"), "main-ABCD1234.js.br": file("js in br"), "main-ABCD1234.js.gz": file("js in gzip"),
		"core-ABCD1234.wasm": file("\x00asm"), "core-ABCD1234.wasm.gz": file("wasm in gzip"),
		"manifest.webmanifest": file("{}"), "sw.js": file("self;"), "secret.txt": file("not of the page"),
	}
}

func newHandler(t *testing.T, files fstest.MapFS, o Options) *Handler {
	t.Helper()
	if o.Address == nil {
		o.Address = func(*http.Request) string { return "192.0.2.1" }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	h, err := New(files, o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const forever = "public, max-age=31536000, immutable"

// TestFiles: each file in the coding that the browser takes (RFC 9110, Section 12.5.3).
func TestFiles(t *testing.T) {
	h := newHandler(t, built(), Options{})
	for _, test := range []struct {
		method, path, accept      string
		status                    int
		kind, coding, cache, body string
	}{
		{"GET", "/", "", 200, "text/html; charset=utf-8", "", "no-cache", "<!doctype html>"},
		{"GET", "/?source=pwa", "gzip, br", 200, "text/html; charset=utf-8", "br", "no-cache", "html in br"},
		{"GET", "/index.html", "", 200, "text/html; charset=utf-8", "", "no-cache", "<!doctype html>"},
		{"GET", "/main-ABCD1234.js", "gzip, deflate, br, zstd", 200, "text/javascript; charset=utf-8", "br", forever, "js in br"},
		{"GET", "/main-ABCD1234.js", "gzip", 200, "text/javascript; charset=utf-8", "gzip", forever, "js in gzip"},
		{"GET", "/main-ABCD1234.js", "br;q=0, gzip;q=0.5", 200, "text/javascript; charset=utf-8", "gzip", forever, "js in gzip"},
		{"GET", "/main-ABCD1234.js", "", 200, "text/javascript; charset=utf-8", "", forever, "let a = 1;"},
		{"GET", "/core-ABCD1234.wasm", "br", 200, "application/wasm", "", forever, "\x00asm"},
		{"GET", "/manifest.webmanifest", "", 200, "application/manifest+json", "", "no-cache", "{}"},
		{"HEAD", "/main-ABCD1234.js", "br", 200, "text/javascript; charset=utf-8", "br", forever, ""},
		{"GET", "/sw.js", "", 200, "text/javascript; charset=utf-8", "", "no-cache", "self;"},
		{"GET", "/secret.txt", "", 404, "text/plain; charset=utf-8", "", "no-store", "There is nothing here.\n"},
		{"GET", "/main-ABCD1234.js.br", "", 404, "text/plain; charset=utf-8", "", "no-store", "There is nothing here.\n"},
		{"GET", "/../manifest.json", "", 404, "text/plain; charset=utf-8", "", "no-store", "There is nothing here.\n"},
		{"POST", "/", "", 405, "text/plain; charset=utf-8", "", "no-store", "Only GET and HEAD are answered here.\n"},
	} {
		w := get(h, test.method, test.path, "Accept-Encoding", test.accept)
		got := w.Header()
		if w.Code != test.status || got.Get("Content-Type") != test.kind || got.Get("Content-Encoding") != test.coding ||
			got.Get("Cache-Control") != test.cache || w.Body.String() != test.body {
			t.Errorf("%s %s (%s): got %d %v %q; want %+v", test.method, test.path, test.accept, w.Code, got, w.Body, test)
		}
	}
	if got := get(h, "GET", "/sw.js").Header().Get("Service-Worker-Allowed"); got != "/" {
		t.Errorf("Service-Worker-Allowed: got %q, want /", got)
	}
}

// A browser that has a file is told so (RFC 9110, Section 13.1.2); another coding is
// another file.
func TestNotModified(t *testing.T) {
	h := newHandler(t, built(), Options{})
	for _, path := range []string{"/", "/main-ABCD1234.js"} {
		plain, coded := get(h, "GET", path).Header().Get("ETag"), get(h, "GET", path, "Accept-Encoding", "br").Header().Get("ETag")
		if plain == "" || plain == coded {
			t.Errorf("%s: tags %q and %q; want two", path, plain, coded)
		}
		if w := get(h, "GET", path, "If-None-Match", `"other", W/`+plain); w.Code != 304 || w.Body.Len() > 0 {
			t.Errorf("%s: got %d with %d bytes, want 304", path, w.Code, w.Body.Len())
		}
		if w := get(h, "GET", path, "If-None-Match", plain, "Accept-Encoding", "br"); w.Code != 200 {
			t.Errorf("%s in another coding: got %d, want 200", path, w.Code)
		}
	}
}

func TestHeaders(t *testing.T) {
	h := newHandler(t, built(), Options{Origins: []string{"https://dm.example.org", "https://dm.example.org:8443"}})
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
			"connect-src 'self' wss://dm.example.org wss://dm.example.org:8443; worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; " +
			"base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types parley",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Referrer-Policy":              "no-referrer",
		"Strict-Transport-Security":    "max-age=31536000",
	}
	for _, path := range []string{"/", "/sw.js", "/nothing"} {
		got := get(h, "GET", path).Header()
		for name, value := range want {
			if got.Get(name) != value {
				t.Errorf("%s of %s: got %q, want %q", name, path, got.Get(name), value)
			}
		}
		if !strings.Contains(got.Get("Permissions-Policy"), "publickey-credentials-get=(self)") {
			t.Errorf("%s: the page may not use passkeys: %q", path, got.Get("Permissions-Policy"))
		}
		for _, some := range []string{"microphone=(self)", "autoplay=(self)", "camera=()"} {
			if !strings.Contains(got.Get("Permissions-Policy"), some) {
				t.Errorf("%s: got %q, want %s in it", path, got.Get("Permissions-Policy"), some)
			}
		}
	}
	plain := newHandler(t, built(), Options{Origins: []string{"http://localhost:1"}, Parents: []string{"https://a.example", "https://*.b.example"}})
	got := get(plain, "GET", "/").Header()
	if got.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS in the clear")
	}
	if csp := got.Get("Content-Security-Policy"); !strings.Contains(csp, "; frame-ancestors https://a.example https://*.b.example;") || got.Get("X-Frame-Options") != "" {
		t.Errorf("with parents: %q, %q", csp, got.Get("X-Frame-Options"))
	}
	if csp := got.Get("Content-Security-Policy"); strings.Contains(csp, "frame-src") {
		t.Errorf("without a platform: %q", csp)
	}
	with := newHandler(t, built(), Options{Frames: []string{"https://video.example/embed/"}})
	if csp := get(with, "GET", "/").Header().Get("Content-Security-Policy"); !strings.HasSuffix(csp, "; frame-src https://video.example/embed/") {
		t.Errorf("with a platform: %q", csp)
	}
}

// A server without the page says what to run.
func TestNotBuilt(t *testing.T) {
	var log bytes.Buffer
	h := newHandler(t, fstest.MapFS{".keep": &fstest.MapFile{}}, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if w := get(h, "GET", "/"); w.Code != 404 || w.Body.String() != NotBuilt+"\n" {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
	if strings.Count(log.String(), NotBuilt) != 1 {
		t.Errorf("the log: %q", &log)
	}
	broken := built()
	delete(broken, "core-ABCD1234.wasm")
	if _, err := New(broken, Options{}); err == nil {
		t.Error("a page with a missing file is served")
	}
}

// A developer's build is seen without a restart.
func TestFresh(t *testing.T) {
	files := built()
	h := newHandler(t, files, Options{Fresh: true})
	before := get(h, "GET", "/").Header().Get("ETag")
	files["index.html"] = &fstest.MapFile{Data: []byte("new")}
	if w := get(h, "GET", "/"); w.Body.String() != "new" || w.Header().Get("ETag") == before {
		t.Errorf("got %q", w.Body)
	}
	delete(files, "manifest.json")
	if w := get(h, "GET", "/"); w.Code != 404 {
		t.Errorf("without a build: got %d", w.Code)
	}
}

// slow has two who don't read ask for a large file at once. An answer may take so long;
// each that ended is told.
func slow(t *testing.T, timeout time.Duration) (h *Handler, ended <-chan struct{}) {
	t.Helper()
	files := built()
	files["core-ABCD1234.wasm"] = &fstest.MapFile{Data: make([]byte, 32<<20)}
	h = newHandler(t, files, Options{
		WriteTimeout: timeout, AtOnceEach: 2,
		Address: func(r *http.Request) string { return r.Header.Get("X-Test") },
	})
	ends := make(chan struct{}, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { ends <- struct{}{} }()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	for range 2 {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		conn.Write([]byte("GET /core-ABCD1234.wasm HTTP/1.1\r\nHost: x\r\nX-Test: slow\r\n\r\n"))
	}
	return h, ends
}

// TestSlowReaders: who doesn't read takes no more than their share of the answers at
// once.
func TestSlowReaders(t *testing.T) {
	h, _ := slow(t, time.Hour)
	for !h.turns.full("slow") { // both are stuck in their answers
		time.Sleep(time.Millisecond)
	}
	if w := get(h, "GET", "/", "X-Test", "slow"); w.Code != 503 || w.Header().Get("Retry-After") == "" || w.Header().Get("ETag") != "" {
		t.Errorf("a third answer at once: got %d, want 503", w.Code)
	}
	if w := get(h, "GET", "/", "X-Test", "other"); w.Code != 200 {
		t.Errorf("somebody else: got %d, want 200", w.Code)
	}
}

// TestSlowReadersAreCut: who doesn't read is cut, and their share is free again.
func TestSlowReadersAreCut(t *testing.T) {
	h, ended := slow(t, 100*time.Millisecond)
	for range 2 { // else the test's own time ends
		<-ended
	}
	if n := h.turns.count(); n != 0 {
		t.Errorf("%d answers are under way; want none", n)
	}
}

func (t *turnstile) full(address string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[address] >= t.each
}

func (t *turnstile) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all
}
