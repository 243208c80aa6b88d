package media

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"parley/internal/browsertest"
)

// script is the page: what the tests call.
const script = `
import { Sealing, newHashes } from "./web/lib/media/seal";
import { openAll } from "./web/lib/media/open";
import { Box } from "./web/lib/media/keys";
import * as format from "./web/lib/media/format";
import { upload } from "./web/lib/media/upload";
import { downloadAll } from "./web/lib/media/download";
import { playable, release } from "./web/lib/media/play";
import { trusted } from "./web/lib/urls";

globalThis.access = { base: location.origin, token: "good", expires_ms: Date.now() + 3600e3 };
globalThis.asks = 0;
const leave = async () => { asks++; return { ...access }; };
const bytes = (b) => new Response(b).bytes ? new Response(b).bytes() : new Response(b).arrayBuffer().then((a) => new Uint8Array(a));
const caught = (e) => ({ failed: e instanceof format.MediaError ? e.code : String(e?.name ?? e), status: e?.status ?? 0 });

Object.assign(globalThis, {
  format, Box, Sealing, newHashes, openAll, trusted, playable, release, leave, bytes, caught,
  // pattern is the plaintext of a vector: Go's pattern of the same size.
  pattern(size) {
    const p = new Uint8Array(size);
    for (let i = 0; i < size; i++) p[i] = i * 7 + (i >> 8) * 13 + size;
    return p;
  },
  async sealed(file, key, salt) {
    const s = await Sealing.of(file, key, salt);
    const hashes = await newHashes();
    const pieces = [];
    for await (const p of s.pieces(hashes)) pieces.push(p);
    return { blob: await bytes(new Blob(pieces)), described: s.described(hashes) };
  },
  opened: (blob, a, type = "") => openAll(new Blob([blob]).stream(), a, type).then(bytes),
  stop: new AbortController(),
  progress: [],
  upload: (file) => upload(file, leave, { progress: (n, of) => progress.push([n, of]) }, stop.signal).catch(caught),
  download: (a, room, signal = stop.signal) => downloadAll(a, room, leave, signal).catch(caught),
});
`

// serviceWorker is one with nothing but web/sw/media.ts in it.
const serviceWorker = `
import { heardMedia, mediaResponse } from "./web/sw/media";
self.addEventListener("install", (e) => e.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (e) => e.waitUntil(self.clients.claim()));
self.addEventListener("message", heardMedia);
const instance = crypto.randomUUID();
self.addEventListener("fetch", (e) => {
  if (new URL(e.request.url).pathname === "/instance") return e.respondWith(new Response(instance));
  const r = mediaResponse(e.request); if (r) e.respondWith(r);
});
`

// policy is that of the real page, as far as it matters here.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; img-src 'self' blob:; media-src 'self' blob:; require-trusted-types-for 'script'; trusted-types parley"

// A page is one tab, and the server that it speaks to.
type page struct {
	*fake
	t   testing.TB
	ctx context.Context
}

// open opens the page in a browser, with a service worker or without, against a
// server of its own.
func open(t testing.TB, withWorker bool) *page {
	t.Helper()
	s := newFake(t)
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &http.Server{Handler: handler(t, s)}
	go h.Serve(l)
	t.Cleanup(func() { h.Close() })
	p := visit(t, fmt.Sprintf("http://localhost:%d/", l.Addr().(*net.TCPAddr).Port), withWorker)
	p.fake = s
	return p
}

// visit opens the page at an address.
func visit(t testing.TB, url string, withWorker bool) *page {
	t.Helper()
	p := &page{t: t, ctx: tab(t)}
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	if withWorker {
		do[bool](p, `new Promise(async (done) => {
			navigator.serviceWorker.addEventListener("controllerchange", () => done(true), { once: true });
			await navigator.serviceWorker.register(trusted("/sw.js"));
		})`)
	}
	return p
}

// handler serves the page beside the API.
func handler(t testing.TB, api http.Handler) http.Handler {
	root := browsertest.Root(t)
	scripts := map[string][]byte{
		"/page.js":  browsertest.Bundle(t, root, script, map[string]string{"PARLEY_MEDIA": "/media.js"}),
		"/media.js": browsertest.Bundle(t, root, `import "./web/lib/media/worker";`, nil),
		"/sw.js":    browsertest.Bundle(t, root, serviceWorker, nil),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch script, ok := scripts[r.URL.Path]; {
		case ok:
			w.Header().Set("Content-Security-Policy", policy)
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(script)
		case r.URL.Path == "/":
			w.Header().Set("Content-Security-Policy", policy)
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(`<!doctype html><title>media</title><script src="/page.js"></script>`))
		case r.URL.Path == "/vectors.json":
			http.ServeFile(w, r, filepath.Join(root, "media/testdata/vectors.json"))
		default:
			api.ServeHTTP(w, r)
		}
	})
}

// limit bounds every wait for the browser, well beyond what any takes.
const limit = 5 * time.Minute

// do evaluates an expression, and waits for what it promises.
func do[T any](p *page, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => JSON.stringify(await (`+expression+`)) ?? "null")()`, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression[:min(len(expression), 300)], err)
	}
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		p.t.Fatalf("%s: %v", text[:min(len(text), 300)], err)
	}
	return v
}

// js is a value as JavaScript.
func js(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// lacking skips a test that lacks its tool, or fails it where none may be skipped.
func lacking(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}
