package adminapi_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/server/adminapi"
	"parley/wire"
	"parley/wire/admin"
)

// concrete returns a request of a route with names in its path.
func concrete(r admin.Route, account string) call {
	path := strings.NewReplacer(
		"{account}", url.PathEscape(account), "{report}", "1", "{decision}", "d", "{blob}", strings.Repeat("0", 64),
	).Replace(r.Pattern)
	c := call{method: r.Method, path: path}
	if r.Body != nil {
		c.body = []byte("{}")
	}
	return c
}

// TestAttackTokens: without a token, with somebody else's or one that was taken back,
// and with one that lacks the scope, no route does anything.
func TestAttackTokens(t *testing.T) {
	w := newWorld(t)
	alice := w.Person("alice")
	foreign, _, err := adminapi.NewToken("all", admin.Scopes)
	if err != nil {
		t.Fatal(err)
	}
	session := alice.Token()
	for _, r := range admin.Routes {
		c := concrete(r, string(alice.Account))
		for what, token := range map[string]string{
			"no token": "", "a foreign one": foreign, "half of one": w.all[:len(w.all)-1], "one and more": w.all + "x",
			"a client's session": base64.RawURLEncoding.EncodeToString(session), "a very long one": strings.Repeat("x", 10_000), "its hash": w.lines[strings.LastIndexByte(strings.TrimSpace(w.lines), ' ')+1:][:64],
		} {
			c.token = token
			a := w.refused(r.Name+" by "+what, c, admin.CodeUnauthorized)
			if a.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s by %s: no WWW-Authenticate", r.Name, what)
			}
		}
		others := slices.DeleteFunc(slices.Clone(admin.Scopes), func(s admin.Scope) bool { return s == r.Scope })
		c.token = w.token("others."+strings.ToLower(r.Name), others...)
		w.refused(r.Name+" without its scope", c, admin.CodeScope)
	}
	if got := w.notices(alice); len(got.Notices) != 0 || got.Standing != (wire.Standing{}) {
		t.Errorf("something was done: %+v", got)
	}
	if strings.Contains(w.Log.String(), "alice") || strings.Contains(w.Log.String(), foreign) || strings.Contains(w.Log.String(), w.all) {
		t.Error("the log names somebody, or holds a secret")
	}
	if err := w.tokens.Read(strings.NewReader("")); err != nil {
		t.Fatal(err)
	}
	w.refused("one that was taken back", call{method: "GET", path: "/reports", token: w.all}, admin.CodeUnauthorized)
}

// TestAttackTokensFile: a file that isn't right changes nothing, and its error holds no
// secret.
func TestAttackTokensFile(t *testing.T) {
	tokens := new(adminapi.Tokens)
	_, line, err := adminapi.NewToken("good", admin.Scopes)
	if err != nil {
		t.Fatal(err)
	}
	if err := tokens.Read(strings.NewReader("# of the desk\n\n" + line + "\n")); err != nil {
		t.Fatal(err)
	}
	hash := strings.Fields(line)[2]
	for _, text := range []string{
		line + "\n" + line, "name " + hash, "name reports " + hash[:63], "name everything " + hash, "NAME reports " + hash,
		"name reports " + hash + " more", "name  " + hash, strings.Repeat("n", 33) + " reports " + hash, "name reports,, " + hash,
	} {
		if err := tokens.Read(strings.NewReader(text)); err == nil || strings.Contains(err.Error(), hash) {
			t.Errorf("%q: %v; want an error without the hash", text, err)
		}
	}
	if got := tokens.Names(); !slices.Equal(got, []string{"good"}) {
		t.Errorf("the tokens are %q", got)
	}
}

// TestAttackIdempotency: a key stands for one request, at any time within a day:
// draft-ietf-httpapi-idempotency-key-header-06, Section 2.
func TestAttackIdempotency(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.Person("alice"), w.Person("bob")
	body := []byte(`{"decision": "d", "kind": "warn"}`)
	first := w.do(call{method: "POST", path: of(alice, "/sanctions"), body: body, token: w.all, key: "k"})
	again := w.do(call{method: "POST", path: of(alice, "/sanctions"), body: body, token: w.all, key: "k"})
	documented(t, "sanctionAccount", first)
	if first.status != 200 || again.status != 200 || !bytes.Equal(first.body, again.body) {
		t.Errorf("%d %s, then %d %s", first.status, first.body, again.status, again.body)
	}
	for what, c := range map[string]call{
		"another body":    {method: "POST", path: of(alice, "/sanctions"), body: []byte(`{"decision": "e", "kind": "suspend"}`)},
		"another account": {method: "POST", path: of(bob, "/sanctions"), body: body},
		"another route":   {method: "POST", path: of(alice, "/notices"), body: body},
	} {
		c.token, c.key = w.all, "k"
		w.refused(what, c, admin.CodeIdempotencyMismatch)
	}
	other := w.token("other", admin.ScopeSanctions)
	if a := w.do(call{method: "POST", path: of(bob, "/sanctions"), body: body, token: other, key: "k"}); a.status != 200 {
		t.Errorf("another token's own key: %d %s", a.status, a.body)
	}
	quoted := w.do(call{method: "POST", path: of(alice, "/sanctions"), body: body, token: w.all, key: `"k"`})
	if !bytes.Equal(quoted.body, first.body) {
		t.Errorf("with quotes: %d %s", quoted.status, quoted.body)
	}
	for what, key := range map[string]string{
		"a long key": strings.Repeat("k", 129), "a key of other bytes": "k\x80", "half a string": `"k`, "an empty one": `""`,
		"a quote within": `"k"k"`, "a strange escape": `"k\k"`, "a quote": `"`,
	} {
		w.refused(what, call{method: "POST", path: of(alice, "/sanctions"), body: body, token: w.all, key: key}, admin.CodeBadRequest)
	}
	refused := call{method: "POST", path: of(alice, "/sanctions"), body: []byte(`{}`), token: w.all, key: "r"}
	w.refused("a refusal", refused, admin.CodeBadRequest)
	w.refused("the same again", refused, admin.CodeBadRequest)
	if got := w.notices(alice); len(got.Notices) != 1 {
		t.Errorf("%d notices; want 1", len(got.Notices))
	}
	w.Kill()
	w.Start()
	w.Pass(25 * time.Hour)
	if left, err := w.Store.EntryRange(t.Context(), "Sk", "Sm", 10); err != nil || len(left) != 0 {
		t.Errorf("after a day %d entries are kept, %v", len(left), err)
	}
}

// TestAttackTogether: of many who bring the same key at once one does it.
func TestAttackTogether(t *testing.T) {
	w := newWorld(t)
	alice := w.Person("alice")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			a := w.do(call{method: "POST", path: of(alice, "/sanctions"), body: []byte(`{"decision": "d", "kind": "suspend"}`), token: w.all, key: "k"})
			if a.status != 200 && a.status != 409 {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	group.Wait()
	if got := w.notices(alice); len(got.Notices) != 1 {
		t.Errorf("%d notices; want 1", len(got.Notices))
	}
}

// TestAttackBodies: what is too large, or isn't JSON, is refused before it is taken in.
func TestAttackBodies(t *testing.T) {
	w := newWorld(t)
	alice := w.Person("alice")
	for _, r := range admin.Routes {
		if r.Body == nil {
			continue
		}
		c := concrete(r, string(alice.Account))
		c.token = w.all
		c.body = append([]byte(`{"x": "`), append(bytes.Repeat([]byte("x"), 2<<20), `"}`...)...)
		w.refused(r.Name+" with a large body", c, admin.CodeTooLarge)
		c.body = []byte("{}")
		c.contentType = "text/plain"
		w.refused(r.Name+" as text", c, admin.CodeMediaType)
		c.contentType = "application/json; charset=utf-8"
		c.body = []byte("<x>")
		w.refused(r.Name+" as XML", c, admin.CodeBadRequest)
	}
}

// TestAttackPaths: there is nothing beside the routes, whatever a path is made of.
func TestAttackPaths(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{
		"/", "", "/messages", "/rooms", "/accounts", "/accounts/x/messages", "/mailboxes/x", "/reports/1/open", "/blobs", "/v1/send",
		"/legal/accounts/x/messages", "/legal/rooms", "/../../v1/info",
	} {
		if a := w.do(call{method: "GET", path: path, token: w.all}); a.status != 404 && a.status != 405 && a.status != 301 && a.status != 307 {
			t.Errorf("%s = %d %s", path, a.status, a.body)
		}
	}
	a := w.refused("another method", call{method: "PUT", path: "/reports", token: w.all}, admin.CodeMethod)
	if a.header.Get("Allow") != "GET" {
		t.Errorf("Allow = %q; want GET", a.header.Get("Allow"))
	}
	for _, name := range []string{"alice", "mimi:%2F%2Fexample.org%2Fr%2Fx", "%00", strings.Repeat("a", 2000)} {
		w.refused(name, call{method: "GET", path: "/accounts/" + name, token: w.all}, admin.CodeBadRequest)
	}
	for _, query := range []string{"after=x", "after=-1", "limit=0", "limit=x", "after=99999999999999999999"} {
		w.refused(query, call{method: "GET", path: "/reports?" + query, token: w.all}, admin.CodeBadRequest)
	}
}

// TestRateLimit: a token is told what it may still do, and then to wait; others go on.
func TestRateLimit(t *testing.T) {
	w := newWorld(t, func(o *adminapi.Options) { o.Burst, o.Every = 5, time.Hour })
	get := call{method: "GET", path: "/reports", token: w.all}
	for i := range 5 {
		a := w.do(get)
		if want := `"token";r=` + strconv.Itoa(4-i); a.status != 200 || !strings.HasPrefix(a.header.Get("Ratelimit"), want) {
			t.Errorf("request %d: %d, %q; want %s", i, a.status, a.header.Get("Ratelimit"), want)
		}
		if got := a.header.Get("Ratelimit-Policy"); got != `"token";q=5;w=18000` {
			t.Errorf("the policy is %q", got)
		}
	}
	a := w.refused("one more", get, admin.CodeRateLimited)
	if n, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || n < 1 || n > 3600 || a.status != http.StatusTooManyRequests {
		t.Errorf("Retry-After %q with %d", a.header.Get("Retry-After"), a.status)
	}
	get.token = w.token("other", admin.ScopeReports)
	if a := w.do(get); a.status != 200 {
		t.Errorf("another token: %d", a.status)
	}
	w.Pass(time.Hour)
	get.token = w.all
	if a := w.do(get); a.status != 200 {
		t.Errorf("after an hour: %d", a.status)
	}
}

// TestDocumented: each answer is as the document has it.
func TestDocumented(t *testing.T) {
	w := newWorld(t)
	alice := w.Person("alice")
	w.deskKey()
	if err := w.report(alice, 1, wire.ReportReport, 100); err != nil {
		t.Fatal(err)
	}
	bodies := map[string]string{
		"sanctionAccount":  `{"decision": "d", "kind": "suspend", "until_ms": 0, "appealable": true}`,
		"giveNotice":       `{"id": "n", "kind": "removed", "decision": "d"}`,
		"putFacts":         `{"age_band": "adult", "region": "DE"}`,
		"putRelationships": `{"relationships": [{"from": "mimi://example.org/u/alice", "to": "mimi://example.org/u/bob", "follows": true}]}`,
		"takeDownBlob":     `{"decision": "d"}`,
		"restoreBlob":      `{"decision": "d"}`,
		"putDeskKey":       `{"statement": "AAAA"}`,
	}
	for _, r := range admin.Routes {
		if r.Name == "getBlob" || r.Name == "verifyFrank" { // TestBlobs, TestFranks
			continue
		}
		c := concrete(r, string(alice.Account))
		c.token = w.all
		if body, ok := bodies[r.Name]; ok {
			c.body = []byte(body)
		}
		a := w.do(c)
		if a.status >= 300 {
			t.Errorf("%s = %d %s", r.Name, a.status, a.body)
			continue
		}
		documented(t, r.Name, a)
	}
}
