//go:build !js

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"parley/internal/browsertest"
	"parley/mls/public"
	"parley/server"
	"parley/server/clientapi"
	"parley/server/memstore"
)

// A site is a server with a page that has nothing but the core.
type site struct {
	t    testing.TB
	url  string
	stop func()
}

// core compiles the core as the build does, once for all tests.
var core = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "parleywasm-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "core.wasm")
	cmd := exec.Command("go", "run", "parley/web/build", "-core", file)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return file, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if file, err := core(); err == nil {
		os.RemoveAll(filepath.Dir(file))
	}
	os.Exit(code)
}

// newSite starts a server in this process.
func newSite(t testing.TB) *site {
	t.Helper()
	browsertest.NeedChromium(t)
	wasm, err := core()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, url: fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)}
	srv, err := server.New(t.Context(), server.Config{
		Store: memstore.New(), Domain: "example.com", Origins: []string{s.url}, SignUpOpen: true, Now: time.Now,
		Suites: []*public.Suite{public.XWing(public.SuiteXWing), public.ChaCha20(), public.X25519()},
	})
	if err != nil {
		t.Fatal(err)
	}
	api := clientapi.New(srv, clientapi.Options{})
	h := &http.Server{Handler: s.handler(api, wasm)}
	go h.Serve(l)
	s.stop = func() {
		h.Close()
		api.Close()
	}
	t.Cleanup(s.stop)
	return s
}

// handler serves the page beside the API.
func (s *site) handler(api http.Handler, wasm string) http.Handler {
	root := browsertest.Root(s.t)
	define := map[string]string{"PARLEY_WASM": "/core.wasm", "PARLEY_WORKER": "/worker.js", "PARLEY_SHELL": "/index.html /page.js /worker.js /core.wasm", "PARLEY_BUILD": "test"}
	next := maps.Clone(define) // another version of the page
	next["PARLEY_WORKER"] = "/worker2.js"
	const script = `
			import { connect } from "./web/lib/client";
			import { startOffline } from "./web/lib/offline";
			globalThis.told = [];
			globalThis.core = connect();
			globalThis.startOffline = startOffline;`
	scripts := map[string][]byte{
		"/page.js":    browsertest.Bundle(s.t, root, script, define),
		"/page2.js":   browsertest.Bundle(s.t, root, script, next),
		"/worker2.js": browsertest.Bundle(s.t, root, `import "./web/lib/worker";`, define),
		"/worker.js":  browsertest.Bundle(s.t, root, `import "./web/lib/worker";`, define),
		"/sw.js":      browsertest.Bundle(s.t, root, `import "./web/sw/sw";`, define),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch script, ok := scripts[r.URL.Path]; {
		case ok:
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(script)
		case r.URL.Path == "/core.wasm":
			http.ServeFile(w, r, wasm)
		case r.URL.Path == "/" || r.URL.Path == "/index.html":
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(`<!doctype html><title>Parley</title><script src="/page.js"></script>`))
		case r.URL.Path == "/next":
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(`<!doctype html><title>Parley</title><script src="/page2.js"></script>`))
		case r.URL.Path == "/empty":
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(`<!doctype html>`))
		default:
			api.ServeHTTP(w, r)
		}
	})
}

// A tab is one of a browser's.
type tab struct {
	t   testing.TB
	ctx context.Context
}

// browser starts a browser with a profile of its own, and opens the page. before
// runs before the page's own script, in every tab that its opens.
func (s *site) browser(before string) *tab {
	s.t.Helper()
	return s.open(browsertest.Browser(s.t), before)
}

// open opens the page in a tab.
func (s *site) open(ctx context.Context, before string) *tab {
	s.t.Helper()
	b := &tab{t: s.t, ctx: ctx}
	if before != "" {
		b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: before})
			return err
		}))
	}
	b.do(chromedp.Navigate(s.url))
	return b
}

// another opens the page in one more tab of the same browser.
func (b *tab) another(s *site, before string) (*tab, func()) {
	b.t.Helper()
	ctx, cancel := browsertest.Tab(b.t, b.ctx)
	return s.open(ctx, before), cancel
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func navigate(url string) chromedp.Action[chromedp.Void] { return chromedp.Navigate(url) }

// js evaluates an expression, awaiting what it promises, and returns its JSON.
func (b *tab) js(expression string) string {
	b.t.Helper()
	out, err := b.try(expression)
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return out
}

func (b *tab) try(expression string) (string, error) {
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => JSON.stringify(await (`+expression+`)) ?? "")()`, chromedp.EvalAwaitPromise))
}

// signUp makes an account.
func (b *tab) signUp(name string) {
	b.t.Helper()
	b.js(`core.then((c) => c.signUp({name: "` + name + `", passphrase: "words of ` + name + `", device_name: "test"}))`)
}

// phase asks who is here.
func (b *tab) phase() string {
	b.t.Helper()
	var boot struct{ Phase string }
	if err := json.Unmarshal([]byte(b.js(`core.then((c) => c.boot())`)), &boot); err != nil {
		b.t.Fatal(err)
	}
	return boot.Phase
}

func TestSignUpInBrowser(t *testing.T) {
	s := newSite(t)
	b := s.browser("")
	if got := b.phase(); got != "none" {
		t.Fatalf("phase = %q; want none", got)
	}
	began := time.Now()
	b.signUp("ada")
	t.Log("sign-up took", time.Since(began))
	b.do(chromedp.Reload())
	if got := b.phase(); got != "ready" {
		t.Errorf("phase after a reload = %q; want ready", got)
	}
}
