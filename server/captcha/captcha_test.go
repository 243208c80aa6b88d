package captcha_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"parley/server/captcha"
)

func TestVerify(t *testing.T) {
	var asked string
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = string(body)
		switch {
		case strings.Contains(asked, "down"):
			w.WriteHeader(http.StatusBadGateway)
		case strings.Contains(asked, "page"):
			io.WriteString(w, "<html>")
		case strings.Contains(asked, "moved"):
			http.Redirect(w, r, "https://example.org", http.StatusFound)
		case strings.Contains(asked, "right"):
			io.WriteString(w, `{"success":true,"challenge_ts":"2026-01-01"}`)
		default:
			io.WriteString(w, `{"success":false,"error-codes":["invalid-input-response"]}`)
		}
	}))
	defer site.Close()
	s, err := captcha.New("https://example.org/check", site.URL, "s3cret")
	if err != nil {
		t.Fatal(err)
	}
	for answer, want := range map[string]struct{ ok, fails bool }{"right": {ok: true}, "wrong": {}, "down": {fails: true}, "page": {fails: true}, "moved": {fails: true}} {
		ok, err := s.Verify(t.Context(), answer)
		if ok != want.ok || (err != nil) != want.fails {
			t.Errorf("%s: %v, %v", answer, ok, err)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error holds the secret: %v", answer, err)
		}
		if asked != "response="+answer+"&secret=s3cret" {
			t.Errorf("the service is told %q", asked)
		}
	}
	for _, bad := range []string{"", "http://example.org", "ftp://x", "https://u:p@example.org"} {
		if _, err := captcha.New("https://example.org", bad, "s3cret"); !errors.Is(err, captcha.ErrAddress) {
			t.Errorf("%q: %v; want ErrAddress", bad, err)
		}
		if _, err := captcha.New(bad, "https://example.org", "s3cret"); !errors.Is(err, captcha.ErrAddress) {
			t.Errorf("a page at %q: %v; want ErrAddress", bad, err)
		}
	}
	if _, err := captcha.New("https://example.org", site.URL, ""); !errors.Is(err, captcha.ErrSecret) {
		t.Errorf("no secret: %v; want ErrSecret", err)
	}
}

// TestHostileService: a service that never answers, or never ends, holds nobody's request longer than they
// wait for it, and isn't read without end; it hears of nobody.
func TestHostileService(t *testing.T) {
	var heard atomic.Pointer[http.Header]
	let := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said := r.Header.Clone()
		heard.Store(&said)
		switch r.FormValue("response") {
		case "endless":
			io.WriteString(w, `{"success":true,"more":"`)
			for range 1 << 10 {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 64<<10)); err != nil {
					return
				}
			}
			io.WriteString(w, `"}`)
		case "silent":
			select {
			case <-let:
			case <-r.Context().Done():
			}
		case "text":
			io.WriteString(w, `{"success":"true"}`)
		case "list":
			io.WriteString(w, `[{"success":true}]`)
		}
	}))
	defer site.Close()
	defer close(let)
	s, err := captcha.New("https://example.org/check", site.URL, "s3cret")
	if err != nil {
		t.Fatal(err)
	}
	for _, answer := range []string{"endless", "text", "list", "nothing"} {
		if ok, err := s.Verify(t.Context(), answer); ok || err == nil {
			t.Errorf("%s: %v, %v; want an error", answer, ok, err)
		}
	}
	for name, said := range *heard.Load() {
		if !slices.Contains([]string{"Accept-Encoding", "Content-Length", "Content-Type", "User-Agent"}, name) {
			t.Errorf("the service hears %s: %q", name, said)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { _, err := s.Verify(ctx, "silent"); done <- err }()
	cancel()
	if err := <-done; err == nil {
		t.Error("a service that says nothing: no error")
	}
}
