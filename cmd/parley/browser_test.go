package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"parley/client"
	"parley/client/memstore"
	"parley/client/nettransport"
	"parley/identity"
	"parley/internal/browsertest"
	"parley/web"
	"parley/wire"
)

// browserTime bounds one step in the browser: far more than it takes.
const browserTime = time.Minute

// scripted is a built page that runs a script.
func scripted(script string) fstest.MapFS {
	files := smallPage()
	files["manifest.json"] = &fstest.MapFile{Data: []byte(`{"files": {"index.html": {"path": "index.html"}, "main.js": {"path": "main-ABCD1234.js"},
		"sw.js": {"path": "sw.js"}, "small.wasm": {"path": "small-ABCD1234.wasm"}}}`)}
	files["index.html"] = &fstest.MapFile{Data: []byte(`<!doctype html><title>Parley</title><div id="app"></div><script type="module" src="/main-ABCD1234.js"></script>`)}
	files["main-ABCD1234.js"] = &fstest.MapFile{Data: []byte(script)}
	files["sw.js"] = &fstest.MapFile{Data: []byte("self.addEventListener('install', () => {});")}
	files["small-ABCD1234.wasm"] = &fstest.MapFile{Data: []byte("\x00asm\x01\x00\x00\x00")}
	return files
}

// localhost is the server's address under its name, which browsers trust.
func (s *running) localhost() string { return strings.Replace(s.url, "127.0.0.1", "localhost", 1) }

// do runs actions within a bounded time.
func do(t *testing.T, ctx context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	bounded, cancel := context.WithTimeout(ctx, browserTime)
	defer cancel()
	if err := chromedp.Do(bounded, actions...); err != nil {
		t.Fatal(err)
	}
}

// wait waits until an expression is true in the page.
func wait(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	bounded, cancel := context.WithTimeout(ctx, browserTime)
	defer cancel()
	if _, err := chromedp.Run(bounded, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(browserTime))); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
}

// TestInBrowser: what only a real browser shows, in one.
func TestInBrowser(t *testing.T) {
	browsertest.NeedChromium(t)
	browser := browsertest.Browser(t)
	for name, test := range map[string]func(*testing.T, context.Context){
		"embedding": testEmbedding, "policy": testPolicy, "passkeys": testPasskeys, "real page": testRealPage,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, _ := browsertest.Tab(t, browser)
			test(t, ctx)
		})
	}
}

// A hearing is what the browser complains of.
type hearing struct {
	mu    sync.Mutex // guards texts
	texts []string
}

func (h *hearing) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.texts)
}

// listen hears errors and what nobody catches, from now on.
func listen(t *testing.T, ctx context.Context) *hearing {
	t.Helper()
	h := new(hearing)
	err := chromedp.Listen(ctx, func(event any) {
		h.mu.Lock()
		defer h.mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError {
				h.texts = append(h.texts, e.Entry.Text+" "+e.Entry.URL)
			}
		case *cdpruntime.EventExceptionThrown:
			h.texts = append(h.texts, e.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	do(t, ctx, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		return cdp.Call(ctx, target, log.Enable, cdp.Empty{})
	})
	return h
}

// testEmbedding: a page of a site that the operator names may show ours in a frame;
// in another's there is nothing.
func testEmbedding(t *testing.T, ctx context.Context) {
	var child string // the server's address, once there is one
	parent := func() *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `<!doctype html><script>addEventListener("message", (e) => { globalThis.said = e.origin + " " + e.data; });</script>
<iframe src="%s/#/c/some-room" allow="publickey-credentials-get; clipboard-write" onload="globalThis.loaded = true"></iframe>`, child)
		}))
		t.Cleanup(s.Close)
		return s
	}
	allowed, other := parent(), parent()
	cfg := defaultConfig()
	cfg.page.dir = writePage(t, scripted(`parent.postMessage("shown at " + location.hash, "*");`))
	cfg.page.parents = []string{allowed.URL}
	s := serving(t, cfg, slog.New(slog.DiscardHandler))
	child = s.localhost()

	do(t, ctx, chromedp.Navigate(allowed.URL))
	wait(t, ctx, "globalThis.said !== undefined")
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string]("globalThis.said"))
	if want := child + " shown at #/c/some-room"; err != nil || said != want {
		t.Errorf("the allowed parent: got %q, %v; want %q", said, err, want)
	}
	heard := listen(t, ctx)
	do(t, ctx, chromedp.Navigate(other.URL))
	wait(t, ctx, "globalThis.loaded === true")
	if said, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("globalThis.said === undefined")); err != nil || !said {
		t.Errorf("another parent shows the page: %v", err)
	}
	refused := func(text string) bool {
		return strings.Contains(text, "frame-ancestors") && strings.Contains(text, child)
	}
	for end := time.Now().Add(browserTime); !slices.ContainsFunc(heard.all(), refused); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the browser doesn't say that it refused; it says %q", heard.all())
		}
	}
}

// attempts are what a page's script tries under our headers, and what must come of
// it.
const attempts = `
const result = {};
const attempt = async (name, f) => { try { result[name] = String(await f()); } catch (e) { result[name] = "refused"; } };
const policy = trustedTypes.createPolicy("parley", { createScriptURL: (s) => s });
await attempt("eval", () => eval("1+1"));
await attempt("function", () => new Function("return 1")());
await attempt("innerHTML", () => { document.getElementById("app").innerHTML = "<b>x</b>"; return "set"; });
await attempt("inline", () => { const s = document.createElement("script"); s.textContent = "globalThis.inline = 1"; document.body.append(s); return globalThis.inline; });
await attempt("style", () => { const d = document.getElementById("app"); d.setAttribute("style", "color: red"); return getComputedStyle(d).color; });
await attempt("foreign", async () => (await fetch("FOREIGN", { mode: "no-cors" })).type);
await attempt("image", () => new Promise((ok, no) => { const i = new Image(); i.onload = () => ok("loaded"); i.onerror = no; i.src = "FOREIGN/a.png"; }));
await attempt("frame", () => new Promise((ok) => { addEventListener("securitypolicyviolation", (e) => { if (e.effectiveDirective === "frame-src") ok("refused"); });
  const f = document.createElement("iframe"); f.src = "/"; document.body.append(f); }));
await attempt("policy", () => trustedTypes.createPolicy("another", {}) && "made");
await attempt("wasm", async () => (await WebAssembly.instantiateStreaming(fetch("/small-ABCD1234.wasm"))).instance instanceof WebAssembly.Instance);
await attempt("stream", () => new Promise((ok, no) => { const w = new WebSocket(location.origin.replace("http", "ws") + "/v1/stream"); w.onopen = () => { w.close(); ok("open"); }; w.onerror = no; }));
await attempt("api", async () => (await fetch("/v1/info", { method: "POST", headers: { accept: "application/json" } })).status);
await attempt("picture", () => new Promise((ok, no) => { const i = new Image(); i.onload = () => ok("loaded"); i.onerror = no; i.src = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="; }));
await attempt("worker", async () => { await navigator.serviceWorker.register(policy.createScriptURL("/sw.js"), { scope: "/" }); return "registered"; });
await attempt("passkeys", () => document.featurePolicy ? document.featurePolicy.allowsFeature("publickey-credentials-get") : true);
await attempt("camera", () => document.featurePolicy ? document.featurePolicy.allowsFeature("camera") : false);
globalThis.result = result;
`

// testPolicy: a browser holds the page to our headers: what its own code needs works,
// and what somebody else's would need doesn't.
func testPolicy(t *testing.T, ctx context.Context) {
	var mu sync.Mutex // guards foreign
	foreign := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		foreign++
	}))
	defer elsewhere.Close()
	cfg := defaultConfig()
	cfg.page.dir = writePage(t, scripted(strings.ReplaceAll(attempts, "FOREIGN", elsewhere.URL)))
	s := serving(t, cfg, slog.New(slog.DiscardHandler))
	do(t, ctx, chromedp.Navigate(s.localhost()))
	wait(t, ctx, "globalThis.result !== undefined")
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("JSON.stringify(globalThis.result)"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"eval": "refused", "function": "refused", "innerHTML": "refused", "inline": "refused", "style": "rgb(0, 0, 0)", "foreign": "refused",
		"image": "refused", "frame": "refused", "policy": "refused", "wasm": "true", "stream": "open", "api": "200", "picture": "loaded",
		"worker": "registered", "passkeys": "true", "camera": "false",
	} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if foreign != 0 {
		t.Errorf("another server was asked %d times", foreign)
	}
}

// testRealPage: the page that was built draws something under our headers, breaks no
// policy, and logs no error.
func testRealPage(t *testing.T, ctx context.Context) {
	if _, err := web.ReadManifest(web.Files()); errors.Is(err, web.ErrNotBuilt) {
		if os.Getenv("CI") == "true" {
			t.Fatal("the page isn't built: go run ./web/build")
		}
		t.Skip("the page isn't built: go run ./web/build")
	}
	heard := listen(t, ctx)
	s := serving(t, defaultConfig(), slog.New(slog.DiscardHandler))
	do(t, ctx, chromedp.Navigate(s.localhost()))
	wait(t, ctx, "document.querySelector('#app input, #app button') !== null")
	if complaints := heard.all(); len(complaints) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(complaints, "\n"))
	}
}

// testPasskeys: a browser takes the server's options as they are, and the server what
// its authenticator answers: to sign up, to sign in, and to add another.
func testPasskeys(t *testing.T, ctx context.Context) {
	cfg := defaultConfig()
	cfg.page.dir = writePage(t, smallPage())
	s := serving(t, cfg, slog.New(slog.DiscardHandler))
	do(t, ctx, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		if _, err := cdp.Call(ctx, target, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return chromedp.Void{}, err
		}
		_, err := cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
			Options: &webauthn.VirtualAuthenticatorOptions{
				Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
				HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
			},
		})
		return chromedp.Void{}, err
	}, chromedp.Navigate(s.localhost()))
	ask := func(call, parse string, options []byte) []byte {
		t.Helper()
		bounded, cancel := context.WithTimeout(ctx, browserTime)
		defer cancel()
		script := fmt.Sprintf("navigator.credentials.%s({publicKey: PublicKeyCredential.%s(%s)}).then((c) => JSON.stringify(c.toJSON()))", call, parse, options)
		answer, err := chromedp.Run(bounded, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		return []byte(answer)
	}
	device := func() client.Config {
		transport, err := nettransport.New(s.localhost(), nettransport.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { transport.Close() })
		return client.Config{Store: memstore.New(), Transport: transport, Suites: suites(), Now: time.Now, DeviceName: "test"}
	}
	account, err := identity.NewAccount(cfg.domain, "alice")
	if err != nil {
		t.Fatal(err)
	}
	seal, err := client.NewSealKey(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	options := func(o []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	first, second := device(), device()
	made := ask("create", "parseCreationOptionsFromJSON", options(client.PasskeyOptions(t.Context(), first.Transport, account, wire.PasskeySignUp)))
	one, err := client.SignUpWith(t.Context(), first, seal, account, client.Proof{Passkey: made})
	if err != nil {
		t.Fatal(err)
	}
	answer := ask("get", "parseRequestOptionsFromJSON", options(client.PasskeyOptions(t.Context(), second.Transport, account, wire.PasskeyLogin)))
	if _, err := client.EnrollWith(t.Context(), second, seal, account, client.Proof{Passkey: answer}); err != nil {
		t.Error("signing in:", err)
	}
	// The authenticator has a passkey of the account, which the options exclude.
	again := fmt.Sprintf("navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(%s)}).then(() => 'made', (e) => e.name)", options(one.PasskeyOptions(t.Context())))
	if got, err := chromedp.Run(ctx, chromedp.Evaluate[string](again, chromedp.EvalAwaitPromise)); err != nil || got != "InvalidStateError" {
		t.Errorf("a second passkey in one authenticator: %q, %v; want InvalidStateError", got, err)
	}
}
