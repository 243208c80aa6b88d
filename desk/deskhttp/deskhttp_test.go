package deskhttp_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"parley/desk"
	"parley/desk/deskapi"
	"parley/desk/deskclient"
	"parley/desk/deskhttp"
	"parley/desk/desktest"
	"parley/report"
	"parley/server/passkeys/passkeytest"
)

const origin = "http://localhost:8450"

// A site is a desk behind HTTP, with a page, and a browser.
type site struct {
	*desktest.Scene
	handler http.Handler
	jar     string // the cookie
	csrf    string
	auth    passkeytest.Authenticator
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{Scene: desktest.New(t), auth: passkeytest.Authenticator{Origin: origin}}
	s.build()
	return s
}

func (s *site) build() {
	s.T.Helper()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "page") })
	h, err := deskhttp.New(deskhttp.Config{Desk: s.Desk, Origin: origin, Page: page})
	if err != nil {
		s.T.Fatal(err)
	}
	s.handler = h
}

// ask makes a request as the browser does, with what change changes of it.
func (s *site) ask(method, path string, body any, change ...func(*http.Request)) *httptest.ResponseRecorder {
	s.T.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		s.T.Fatal(err)
	}
	r := httptest.NewRequest(method, origin+path, bytes.NewReader(raw))
	if method == "GET" {
		r = httptest.NewRequest(method, origin+path, nil)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if s.jar != "" {
		r.Header.Set("Cookie", "desk="+s.jar)
	}
	r.Header.Set(deskapi.CSRFHeader, s.csrf)
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func read[T any](t *testing.T, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// join has somebody open a link and make a passkey.
func (s *site) join(role deskapi.Role) deskapi.Me {
	s.T.Helper()
	in, err := desk.InviteFirst(s.T.Context(), s.Config, deskapi.NewInvite{Name: "New " + string(role), Role: role})
	if err != nil {
		s.T.Fatal(err)
	}
	_, secret, _ := strings.Cut(in.Link, "#invite=")
	t := s.T.(*testing.T)
	o := read[deskapi.PasskeyOptions](t, s.ask("POST", "/desk/v1/invites/options", deskapi.Invited{Token: secret}))
	answer, err := s.auth.Create([]byte(o.Options))
	if err != nil {
		t.Fatal(err)
	}
	w := s.ask("POST", "/desk/v1/invites/register", deskapi.Registration{Token: secret, State: o.State, Answer: string(answer)})
	me := read[deskapi.Me](t, w)
	s.take(w, me)
	if w := s.ask("POST", "/desk/v1/invites/options", deskapi.Invited{Token: secret}); w.Code != 404 {
		t.Errorf("the link works twice: %d", w.Code)
	}
	return me
}

// take keeps the cookie as a browser does.
func (s *site) take(w *httptest.ResponseRecorder, me deskapi.Me) {
	s.T.Helper()
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		s.T.Fatalf("%d cookies", len(cookies))
	}
	s.jar, s.csrf = cookies[0].Value, me.CSRF
}

func (s *site) signIn() *httptest.ResponseRecorder {
	s.T.Helper()
	o := read[deskapi.PasskeyOptions](s.T.(*testing.T), s.ask("POST", "/desk/v1/session/options", nil))
	answer, err := s.auth.Get([]byte(o.Options))
	if err != nil {
		s.T.Fatal(err)
	}
	return s.ask("POST", "/desk/v1/session", deskapi.PasskeyAnswer{State: o.State, Answer: string(answer)})
}

// Every call of the contract has one route and a handler, and the other way round.
func TestRoutes(t *testing.T) {
	methods := reflect.TypeFor[deskapi.Methods]()
	routed := map[string]bool{}
	for _, r := range deskapi.Routes {
		if _, ok := methods.MethodByName(r.Name); !ok || routed[r.Name] {
			t.Errorf("route %s has no method of its own", r.Name)
		}
		routed[r.Name] = true
	}
	for i := range methods.NumMethod() {
		if name := methods.Method(i).Name; !routed[name] {
			t.Errorf("%s has no route", name)
		}
	}
	newSite(t) // New refuses where a route has no handler
}

// Signing in by passkey; the session is the cookie's alone.
func TestSignIn(t *testing.T) {
	s := newSite(t)
	me := s.join(deskapi.Reviewer)
	if got := read[deskapi.Me](t, s.ask("GET", "/desk/v1/me", nil)); got.Person.ID != me.Person.ID || got.CSRF != me.CSRF {
		t.Errorf("me: %+v", got)
	}
	if w := s.ask("DELETE", "/desk/v1/session", nil); w.Code != 200 {
		t.Errorf("signing out: %d", w.Code)
	}
	if w := s.ask("GET", "/desk/v1/me", nil); w.Code != 401 {
		t.Errorf("after signing out: %d, want 401", w.Code)
	}
	w := s.signIn()
	again := read[deskapi.Me](t, w)
	s.take(w, again)
	if again.Person.ID != me.Person.ID || again.CSRF == me.CSRF {
		t.Errorf("signed in again: %+v", again)
	}
	s.Wait(31 * time.Minute)
	if w := s.ask("GET", "/desk/v1/me", nil); w.Code != 401 {
		t.Errorf("after half an hour without a request: %d, want 401", w.Code)
	}
}

// Answers for another page, without verification of the person, of nobody, or used
// before prove nothing.
func TestSignInRefused(t *testing.T) {
	s := newSite(t)
	s.join(deskapi.Reviewer)
	for name, change := range map[string]func(){
		"another origin": func() { s.auth.Origin = "https://evil.example" },
		"another site":   func() { s.auth.RPID = "evil.example" },
		"nobody asked":   func() { s.auth.Unverified = true },
		"in a frame":     func() { s.auth.TopOrigin = "https://evil.example" },
	} {
		before := s.auth
		change()
		if w := s.signIn(); w.Code != 401 {
			t.Errorf("%s: %d, want 401", name, w.Code)
		}
		s.auth = before
	}
	o := read[deskapi.PasskeyOptions](t, s.ask("POST", "/desk/v1/session/options", nil))
	answer, err := s.auth.Get([]byte(o.Options))
	if err != nil {
		t.Fatal(err)
	}
	p := deskapi.PasskeyAnswer{State: o.State, Answer: string(answer)}
	if w := s.ask("POST", "/desk/v1/session", p); w.Code != 200 {
		t.Fatalf("the first time: %d", w.Code)
	}
	if w := s.ask("POST", "/desk/v1/session", p); w.Code != 401 {
		t.Errorf("an answer that was used: %d, want 401", w.Code)
	}
	if w := s.ask("POST", "/desk/v1/session", deskapi.PasskeyAnswer{State: "x", Answer: "{}"}); w.Code != 401 {
		t.Errorf("nonsense: %d, want 401", w.Code)
	}
}

// Attack: another site's page has the browser send a request with the cookie.
func TestCSRF(t *testing.T) {
	s := newSite(t)
	s.join(deskapi.Lead)
	id := s.Case(report.Harassment)
	decide := deskapi.NewDecision{ID: id, Kind: deskapi.Dismiss, Seen: "1.0"}
	path := "/desk/v1/cases/" + id + "/decide"
	for name, change := range map[string]func(*http.Request){
		"without the header":      func(r *http.Request) { r.Header.Del(deskapi.CSRFHeader) },
		"with another":            func(r *http.Request) { r.Header.Set(deskapi.CSRFHeader, s.csrf[1:]+"A") },
		"of another site":         func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"of a sister site":        func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"of another origin":       func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://evil.example") },
		"of a page without one":   func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "null") },
		"a form without a header": func(r *http.Request) { r.Header.Del(deskapi.CSRFHeader); r.Header.Set("Content-Type", "text/plain") },
	} {
		if w := s.ask("POST", path, decide, change); w.Code != 403 {
			t.Errorf("%s: %d, want 403", name, w.Code)
		}
	}
	if w := s.ask("POST", path, decide, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }); w.Code != 400 {
		t.Errorf("a body that isn't JSON: %d, want 400", w.Code)
	}
	if q := s.Queue(); len(q.Cases) != 1 || q.Cases[0].State != deskapi.CaseOpen {
		t.Error("the case was decided")
	}
	if w := s.ask("GET", "/desk/v1/cases", nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); w.Code != 403 {
		t.Errorf("reading from another site: %d, want 403", w.Code)
	}
	if w := s.ask("POST", path, decide); w.Code != 200 {
		t.Errorf("the desk's own page: %d: %s", w.Code, w.Body)
	}
}

// Attack: a script steals the session. It can't: the cookie is HttpOnly and Strict,
// its value is in no answer and no address, and no script but the page's own runs.
func TestSessionTheft(t *testing.T) {
	s := newSite(t)
	s.join(deskapi.Lead)
	w := s.signIn()
	c := w.Result().Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie: %+v", c)
	}
	if strings.Contains(w.Body.String(), c.Value) {
		t.Error("the answer has the cookie's value")
	}
	for _, path := range []string{"/", "/desk/v1/me", "/desk/v1/none"} {
		w := s.ask("GET", path, nil)
		policy := w.Header().Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy lacks %s: %q", path, part, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %q", path, w.Header())
		}
		if strings.Contains(w.Body.String(), s.jar) {
			t.Errorf("%s has the session", path)
		}
	}
	// over https the name itself holds the cookie to this host
	h, err := deskhttp.New(deskhttp.Config{Desk: s.Desk, Origin: "https://desk.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "https://desk.example.org/desk/v1/me", nil)
	r.Header.Set("Cookie", "desk="+s.jar)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	if rec.Code != 401 {
		t.Errorf("a cookie that a sister site could set: %d, want 401", rec.Code)
	}
}

// An attachment comes as its type, in a sandbox, to who has revealed it alone.
func TestMedia(t *testing.T) {
	s := newSite(t)
	s.join(deskapi.Reviewer)
	voice := append([]byte("OggS"), "<script>alert(1)</script>"...)
	id := s.Case(report.Scam, s.Attach(s.Bob, "audio/ogg", voice))
	path := "/desk/v1/cases/" + id + "/media/0"
	if w := s.ask("GET", path, nil); w.Code != 403 || !strings.Contains(w.Body.String(), "not_revealed") {
		t.Fatalf("before: %d %s", w.Code, w.Body)
	}
	m := read[deskapi.Media](t, s.ask("POST", "/desk/v1/cases/"+id+"/reveal", deskapi.RevealMedia{Media: 0}))
	if m.URL != path {
		t.Errorf("URL %q, want %q", m.URL, path)
	}
	w := s.ask("GET", path, nil, func(r *http.Request) { r.Header.Set("Range", "bytes=0-3") })
	if w.Code != 206 || w.Body.String() != "OggS" || w.Header().Get("Content-Type") != "audio/ogg" ||
		w.Header().Get("Content-Security-Policy") != "default-src 'none'; sandbox" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("shown: %d %q %q", w.Code, w.Body, w.Header())
	}
	s.jar = ""
	if w := s.ask("GET", path, nil); w.Code != 401 {
		t.Errorf("to nobody: %d, want 401", w.Code)
	}
}

// Nobody gets anything of any call without having signed in.
func TestNobody(t *testing.T) {
	s := newSite(t)
	id := s.Case(report.Scam)
	before := len(s.Lines())
	for _, r := range deskapi.Routes {
		if r.Public {
			continue
		}
		path := deskapi.Prefix + strings.NewReplacer("{id}", id, "{account}", "x").Replace(r.Path)
		for name, change := range map[string]func(*http.Request){
			"nothing":         func(*http.Request) {},
			"a made-up one":   func(r *http.Request) { r.Header.Set("Cookie", "desk=AAAA") },
			"a made-up token": func(r *http.Request) { r.Header.Set("Authorization", "Bearer AAAA") },
		} {
			if w := s.ask(r.Method, path, struct{}{}, change); w.Code != 401 {
				t.Errorf("%s with %s: %d, want 401", r.Name, name, w.Code)
			}
		}
	}
	if len(s.Lines()) != before {
		t.Error("strangers write into the log")
	}
}

// A person who is shut out is out at once: with session and token.
func TestShutOut(t *testing.T) {
	s := newSite(t)
	me := s.join(deskapi.Lead)
	token := read[deskapi.Token](t, s.ask("POST", "/desk/v1/tokens", nil))
	server := httptest.NewServer(s.handler)
	defer server.Close()
	c, err := deskclient.New(server.URL, token.Token)
	if err != nil {
		t.Fatal(err)
	}
	var list deskapi.CaseList
	if err := c.Call(t.Context(), "Cases", deskapi.CaseFilter{Limit: 5, Free: true}, &list); err != nil {
		t.Fatalf("a script: %v", err)
	}
	var acc deskapi.Account
	if err := c.Call(t.Context(), "Account", deskapi.AccountID{Account: string(s.Bob.Account)}, &acc); err != nil || acc.Account != string(s.Bob.Account) {
		t.Errorf("an account: %+v, %v", acc, err)
	}
	jar, csrf := s.jar, s.csrf
	s.join(deskapi.Senior)
	s.jar, s.csrf = jar, csrf
	if w := s.ask("POST", "/desk/v1/staff/"+me.Person.ID, deskapi.StaffChange{Role: deskapi.Lead, Disabled: true}); w.Code != 400 {
		t.Errorf("shutting the last lead out: %d, want 400", w.Code)
	}
	if _, err := s.Desk.SetStaff(t.Context(), s.Lena, deskapi.StaffChange{ID: me.Person.ID, Role: deskapi.Reviewer}); desktest.Code(err) != deskapi.Invalid {
		t.Errorf("demoting the last lead who can sign in: %v", err)
	}
	s.jar = ""
	second := s.join2()
	if _, err := s.Desk.SetStaff(t.Context(), desk.Actor{ID: second, Role: deskapi.Lead}, deskapi.StaffChange{ID: me.Person.ID, Role: deskapi.Lead, Disabled: true}); err != nil {
		t.Fatal(err)
	}
	s.jar, s.csrf = jar, csrf
	if w := s.ask("GET", "/desk/v1/me", nil); w.Code != 401 {
		t.Errorf("the session: %d, want 401", w.Code)
	}
	if err := c.Call(t.Context(), "Cases", deskapi.CaseFilter{}, &list); desktest.Code(err) != deskapi.Unauthenticated {
		t.Errorf("the token: %v, want unauthenticated", err)
	}
}

// join2 is a second lead, by the link that the API gives.
func (s *site) join2() string {
	s.T.Helper()
	in, err := s.Desk.Invite(s.T.Context(), s.Lena, deskapi.NewInvite{Name: "Second", Role: deskapi.Lead})
	if err != nil {
		s.T.Fatal(err)
	}
	_, secret, _ := strings.Cut(in.Link, "#invite=")
	if _, err := s.Desk.Join(s.T.Context(), secret, desk.Passkey{ID: []byte("x")}); err != nil {
		s.T.Fatal(err)
	}
	return in.Person.ID
}

// Where the log can't be written, the page is told so, and nothing else.
func TestNoLog(t *testing.T) {
	s := newSite(t)
	s.join(deskapi.Lead)
	s.Case(report.Scam)
	s.Log.Close()
	if w := s.ask("GET", "/desk/v1/cases", nil); w.Code != 503 || !strings.Contains(w.Body.String(), "audit_unwritable") || strings.Contains(w.Body.String(), "mimi:") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
