package adminhttp

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/desk"
	"parley/identity"
	"parley/wire/admin"
)

const bob = identity.Account("mimi://example.org/u/bob")

func client(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := New(s.URL, "secret", nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Accounts stand in one segment of the path; what is repeated has the same key.
func TestRequest(t *testing.T) {
	var keys []string
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		var p admin.SanctionRequest
		if r.URL.EscapedPath() != "/admin/v1/accounts/mimi:%2F%2Fexample.org%2Fu%2Fbob/sanctions" || r.Header.Get("Authorization") != "Bearer secret" ||
			json.NewDecoder(r.Body).Decode(&p) != nil || p.Decision != "d-1" {
			t.Errorf("%s %s", r.Method, r.URL.EscapedPath())
		}
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		w.Write([]byte("{}"))
	})
	for range 2 {
		if err := c.Sanction(t.Context(), bob, admin.SanctionRequest{Decision: "d-1", Kind: admin.SanctionWarn}); err != nil {
			t.Fatal(err)
		}
	}
	if keys[0] == "" || keys[0] != keys[1] {
		t.Errorf("keys %q, want the same twice", keys)
	}
}

// What isn't there any more is desk.ErrGone; other refusals may pass, and no error
// names an account, an address or the token.
func TestRefused(t *testing.T) {
	for code, gone := range map[admin.Code]bool{
		admin.CodeUnknownAccount: true, admin.CodeUnknownBlob: true, admin.CodeTaken: true,
		admin.CodeConflict: false, admin.CodeUnavailable: false, admin.CodeScope: false, admin.CodeUnknownRoute: false,
	} {
		c := client(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			json.NewEncoder(w).Encode(admin.Problem{Code: code, Title: "No."})
		})
		_, err := c.Account(t.Context(), bob)
		if errors.Is(err, desk.ErrGone) != gone || err == nil {
			t.Errorf("%s: %v; want gone: %v", code, err, gone)
		}
	}
	down := client(t, func(w http.ResponseWriter, r *http.Request) {
		panic(http.ErrAbortHandler)
	})
	_, err := down.Account(t.Context(), bob)
	if err == nil || strings.Contains(err.Error(), "bob") || strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), "secret") {
		t.Errorf("a server that hangs up: %v", err)
	}
}

// The token goes to no other server, and an answer without end isn't read.
func TestHostileServer(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	defer other.Close()
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	if _, err := c.Reports(t.Context(), ""); err == nil {
		t.Error("a redirect is an answer")
	}
	c = client(t, func(w http.ResponseWriter, r *http.Request) {
		junk := make([]byte, 1<<20)
		for range 40 {
			if _, err := w.Write(junk); err != nil {
				return
			}
		}
	})
	if _, err := c.Reports(t.Context(), ""); err == nil {
		t.Error("junk is an answer")
	}
	body, err := c.Blob(t.Context(), [32]byte{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if data, err := io.ReadAll(body); err != nil || len(data) != 100 {
		t.Errorf("a blob of %d bytes, %v; want no more than were asked for", len(data), err)
	}
}

func TestNew(t *testing.T) {
	for _, bad := range []string{"", "example.org", "ftp://example.org", "http://", "http://u:p@example.org", "http://example.org/path"} {
		if c, err := New(bad, "x", nil); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %v, %v; want ErrAddress", bad, c, err)
		}
	}
	if got := ReadToken("\n  abc \nrest\n"); got != "abc" {
		t.Errorf("ReadToken = %q", got)
	}
}
