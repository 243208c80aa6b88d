package browser

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"

	"parley/internal/browsertest"
)

// subscribed has the browser's push service be ours: Chromium's own needs the network
// of its maker.
const subscribed = `if (globalThis.PushManager) PushManager.prototype.subscribe = async function (options) {
  if (!options.userVisibleOnly || !options.applicationServerKey) throw new TypeError("it isn't asked for as it should be");
  const bytes = (n) => btoa(String.fromCharCode(...new Array(n).fill(4))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  return { endpoint: "ENDPOINT", toJSON: () => ({ endpoint: "ENDPOINT", keys: { p256dh: bytes(65), auth: bytes(16) } }) };
};`

// TestPush: while no page is open, a message wakes the service worker through a push
// service (RFC 8030); it syncs, and shows who wrote. The push says nothing.
func TestPush(t *testing.T) {
	t.Parallel()
	need(t)
	bodies := make(chan string, 64)
	service := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
		w.WriteHeader(http.StatusCreated)
	}))
	defer service.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: service.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, "--push-hosts", service.Listener.Addr().String(), "--push-ca", ca, "--push-subject", "mailto:ops@example.org")
	alice := s.ownBrowser("alice")
	alice.do(call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: strings.ReplaceAll(subscribed, "ENDPOINT", service.URL+"/push/alice"),
	}))
	alice.signUp()
	bob := s.friend("bob", "Bob "+mark)
	room := bob.writes("alice", "first "+mark)
	alice.press("button", "Message requests*")
	alice.press("button", "Accept: *")
	bob.accepted(room) // who closes the page before tells it when they're back
	registration := alice.registration()
	alice.goTo("#/settings/notifications")
	alice.press("switch", "Notify me about new messages*")
	alice.sees("They also arrive while this page is closed.")

	for len(bodies) > 0 {
		<-bodies
	}
	blank := alice.another()
	alice.close() // nobody looks any more
	alice.tab = blank
	alice.left()
	bob.says(room, "are you there "+mark)
	select {
	case body := <-bodies:
		if body != "" {
			t.Errorf("a push carries %d bytes; want none", len(body))
		}
	case <-time.After(patience):
		t.Fatal("the push service is never asked")
	}
	// What a push service does then, in the browser.
	alice.do(call(serviceworker.Enable, cdp.Empty{}), call(serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: alice.door.origin() + "/", RegistrationID: registration}))
	var shown []struct{ Title, Body string }
	eventually(t, "a notification", func() bool {
		return json.Unmarshal([]byte(alice.inServiceWorker(`registration.getNotifications().then((all) => all.map((n) => ({title: n.title, body: n.body})))`)), &shown) == nil && len(shown) > 0
	})
	if len(shown) != 1 || !strings.Contains(shown[0].Title, "Bob") || !strings.Contains(shown[0].Body, "are you there") {
		t.Errorf("shown: %+v; want Bob and what he wrote", shown)
	}
	alice.do(chromedp.Navigate(alice.door.origin()))
	alice.open("Bob " + mark)
	alice.hears("are you there " + mark)
}

// ownBrowser gives somebody a browser with a lasting profile, and permission to
// notify.
func (s *site) ownBrowser(account string) *person {
	s.t.Helper()
	ctx, end := chromedp.NewExecAllocator(context.Background(), append(options(), chromedp.UserDataDir(profileDir(s.t)))...)
	s.t.Cleanup(end)
	profile, _ := chromedp.NewContext(ctx)
	if err := browsertest.Begin(profile, patience); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		ctx, stop := context.WithTimeout(profile, 20*time.Second)
		defer stop()
		_ = chromedp.Cancel(ctx) // else it is killed
	})
	p := s.personIn(account, profile)
	p.allow("notifications")
	return p
}

// profileDir is a directory for a browser, one of whose processes may still write there
// when the browser has ended.
func profileDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "parley-profile")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		eventually(t, "that the browser's directory is removed", func() bool { return os.RemoveAll(dir) == nil })
	})
	return dir
}

// registration waits for the page's service worker, and returns its number.
func (p *person) registration() serviceworker.RegistrationID {
	p.t.Helper()
	p.until("its service worker", workerReady)
	updates := make(chan serviceworker.RegistrationID, 64)
	ctx, stop := context.WithCancel(p.ctx)
	defer stop()
	err := chromedp.Listen(ctx, func(event any) {
		e, ok := event.(*serviceworker.EventWorkerRegistrationUpdated)
		if !ok {
			return
		}
		for _, r := range e.Registrations {
			if strings.HasPrefix(r.ScopeURL, p.door.origin()) && len(updates) < cap(updates) {
				updates <- r.RegistrationID
			}
		}
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.do(call(serviceworker.Enable, cdp.Empty{}))
	select {
	case id := <-updates:
		return id
	case <-time.After(patience):
		p.t.Fatal("the browser knows no service worker")
		return ""
	}
}

// inServiceWorker evaluates an expression in the service worker, and returns its
// JSON; none while that doesn't run.
func (p *person) inServiceWorker(expression string) string {
	all, err := targets(p.ctx)
	if err != nil {
		return ""
	}
	for _, one := range all {
		if one.Type != "service_worker" || !strings.HasPrefix(one.URL, p.door.origin()) {
			continue
		}
		ctx, end := chromedp.NewContext(p.profile, chromedp.WithTargetID(one.TargetID), chromedp.WithDetachOnCancel())
		defer end()
		if browsertest.Begin(ctx, 10*time.Second) != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		out, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => JSON.stringify(await (`+expression+`)))()`, chromedp.EvalAwaitPromise))
		if err == nil {
			return out
		}
	}
	return ""
}

// TestInstallable: the browser finds nothing that keeps the page from being
// installed.
func TestInstallable(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.ownBrowser("alice")
	alice.visit()
	alice.has("button", "Create an account")
	alice.until("its service worker", `names("button") && navigator.serviceWorker.ready.then(() => true)`)
	alice.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		manifest, err := cdp.Call(ctx, target, page.GetAppManifest, page.GetAppManifestParams{})
		if err != nil {
			return err
		}
		for _, e := range manifest.Errors {
			t.Errorf("the manifest: %s", e.Message)
		}
		if manifest.URL == "" || len(manifest.Data) == 0 {
			t.Error("the page has no manifest")
		}
		found, err := cdp.Call(ctx, target, page.GetInstallabilityErrors, cdp.Empty{})
		for _, e := range found.InstallabilityErrors {
			t.Errorf("it can't be installed: %s", e.ErrorID)
		}
		return err
	}))
	visit := alice.must(`fetch("/manifest.webmanifest").then((r) => r.json()).then((m) => m.icons.length)`)
	if visit == "0" {
		t.Error("the manifest has no icons")
	}
}
