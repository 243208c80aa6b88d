package deskhttp_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"parley/desk/deskhttp"
)

func TestPage(t *testing.T) {
	page := deskhttp.Page(fstest.MapFS{
		"index.html": {Data: []byte("<!doctype html>")}, "desk-ABCDEF23.js": {Data: []byte("x")}, "deep/a.css": {Data: []byte("a{}")},
	})
	for _, test := range []struct {
		method, path string
		status       int
		kind, cache  string
	}{
		{"GET", "/", 200, "text/html", "no-cache"},
		{"GET", "/desk-ABCDEF23.js", 200, "text/javascript", "public, max-age=31536000, immutable"},
		{"HEAD", "/deep/a.css", 200, "text/css", "no-cache"},
		{"GET", "/deep", 404, "", ""},
		{"GET", "/../../etc/passwd", 404, "", ""},
		{"GET", "/none.js", 404, "", ""},
		{"POST", "/", 405, "", ""},
	} {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest(test.method, test.path, nil))
		if w.Code != test.status || test.status == 200 && (!strings.HasPrefix(w.Header().Get("Content-Type"), test.kind) || w.Header().Get("Cache-Control") != test.cache) {
			t.Errorf("%s %s: %d %q", test.method, test.path, w.Code, w.Header())
		}
	}
	w := httptest.NewRecorder()
	deskhttp.Page(fstest.MapFS{}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 404 || w.Body.String() != deskhttp.NotBuilt {
		t.Errorf("without a page: %d %q", w.Code, w.Body)
	}
}

// Who takes compressed files gets those, where they are; they have no address of their
// own.
func TestPageCodings(t *testing.T) {
	page := deskhttp.Page(fstest.MapFS{
		"index.html": {Data: []byte("plain")}, "index.html.br": {Data: []byte("br")}, "index.html.gz": {Data: []byte("gz")}, "a.css": {Data: []byte("a{}")},
	})
	for _, test := range []struct{ path, accept, coding, body string }{
		{"/", "", "", "plain"},
		{"/", "gzip, deflate, br", "br", "br"},
		{"/", "gzip;q=0.5", "gzip", "gz"},
		{"/", "br;q=0, gzip;q=0.0, zstd", "", "plain"},
		{"/a.css", "br, gzip", "", "a{}"},
	} {
		r := httptest.NewRequest("GET", test.path, nil)
		r.Header.Set("Accept-Encoding", test.accept)
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		head := w.Header()
		if w.Code != 200 || head.Get("Content-Encoding") != test.coding || w.Body.String() != test.body || head.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s with %q: %d %q %q", test.path, test.accept, w.Code, head, w.Body)
		}
	}
	for _, path := range []string{"/index.html.br", "/index.html.gz"} {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 404 {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
}
