package adminapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"parley/server/adminapi"
	"parley/server/clientapi/apitest"
	"parley/wire"
	"parley/wire/admin"
)

// A world is a site with an admin API, and a token for all of it.
type world struct {
	*apitest.Site
	t      *testing.T
	url    string
	all    string // a token of all scopes
	tokens *adminapi.Tokens
	lines  string
}

func newWorld(t *testing.T, o ...func(*adminapi.Options)) *world {
	t.Helper()
	return newWorldOf(t, apitest.Options{}, o...)
}

func newWorldOf(t *testing.T, site apitest.Options, o ...func(*adminapi.Options)) *world {
	t.Helper()
	w := &world{t: t, Site: apitest.New(t, site), tokens: new(adminapi.Tokens)}
	w.all = w.token("all", admin.Scopes...)
	options := adminapi.Options{Tokens: w.tokens, Now: w.Now, Logger: slog.New(slog.NewTextHandler(w.Log, nil))}
	for _, f := range o {
		f(&options)
	}
	s := httptest.NewServer(adminapi.New(w.Server, options))
	t.Cleanup(s.Close)
	w.url = s.URL
	return w
}

// token makes a token.
func (w *world) token(name string, scopes ...admin.Scope) string {
	w.t.Helper()
	secret, line, err := adminapi.NewToken(name, scopes)
	if err != nil {
		w.t.Fatal(err)
	}
	w.lines += line + "\n"
	if err := w.tokens.Read(strings.NewReader(w.lines)); err != nil {
		w.t.Fatal(err)
	}
	return secret
}

// A call is one request.
type call struct {
	method, path string
	body         any // nil: none; []byte: as it is
	token        string
	key          string // Idempotency-Key
	contentType  string // application/json where it is empty
}

// An answer is what comes back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (w *world) do(c call) answer {
	w.t.Helper()
	var body io.Reader
	switch v := c.body.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(v)
	default:
		b, err := json.Marshal(v)
		if err != nil {
			w.t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), c.method, w.url+admin.Prefix+c.path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.key != "" {
		req.Header.Set("Idempotency-Key", c.key)
	}
	if body != nil {
		if c.contentType == "" {
			c.contentType = "application/json"
		}
		req.Header.Set("Content-Type", c.contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		w.t.Fatal(err)
	}
	return a
}

// ok does a request with all scopes that must succeed, and decodes its answer.
func ok[T any](w *world, c call) (v T) {
	w.t.Helper()
	c.token = w.all
	a := w.do(c)
	if a.status != 200 && a.status != 204 {
		w.t.Fatalf("%s %s = %d %s", c.method, c.path, a.status, a.body)
	}
	if len(a.body) > 0 {
		if err := json.Unmarshal(a.body, &v); err != nil {
			w.t.Fatalf("%s %s: %v in %s", c.method, c.path, err, a.body)
		}
	}
	return v
}

// refused checks that a request fails as a problem of code, which is whole: RFC 9457,
// Section 3.1.
func (w *world) refused(what string, c call, code admin.Code) answer {
	w.t.Helper()
	a := w.do(c)
	var p admin.Problem
	if err := json.Unmarshal(a.body, &p); err != nil || p.Code != code {
		w.t.Errorf("%s: %d %s; want %s", what, a.status, a.body, code)
		return a
	}
	if a.header.Get("Content-Type") != admin.ProblemType || p.Status != a.status || p.Type != admin.TypePrefix+string(code) || p.Title == "" {
		w.t.Errorf("%s: %d %s as %s; want a whole problem", what, a.status, a.body, a.header.Get("Content-Type"))
	}
	return a
}

// of returns the path of an account's route.
func of(p *apitest.Person, rest string) string {
	return "/accounts/" + url.PathEscape(string(p.Account)) + rest
}

// deskKey has a desk.
func (w *world) deskKey() {
	w.t.Helper()
	ok[any](w, call{method: "PUT", path: "/desk-key", body: admin.DeskKey{Statement: []byte("statement")}})
}

// report has p send a report of n bytes.
func (w *world) report(p *apitest.Person, id byte, kind wire.ReportKind, n int) error {
	_, err := w.Server.Report(w.t.Context(), p.Device, &wire.ReportRequest{
		ID: bytes.Repeat([]byte{id}, wire.IDSize), Kind: kind, Sealed: bytes.Repeat([]byte{id}, n),
	})
	return err
}

// notices reads p's notices.
func (w *world) notices(p *apitest.Person) *wire.Notices {
	w.t.Helper()
	n, err := w.Server.Notices(w.t.Context(), p.Device, &wire.NoticesRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}
