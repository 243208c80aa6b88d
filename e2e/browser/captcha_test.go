package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// A guard is a platform's captcha: a page that answers a press, and what the server
// asks whether an answer is right.
type guard struct {
	*httptest.Server
	shown atomic.Int32 // how often the page was
	lets  atomic.Bool  // whether an answer is right
}

func newGuard(t *testing.T) *guard {
	g := new(guard)
	mux := http.NewServeMux()
	mux.HandleFunc("/check", func(w http.ResponseWriter, r *http.Request) {
		g.shown.Add(1)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><title>check</title><body style="font:18px sans-serif;text-align:center"><p>Which of these is a quince?</p>
			<script>addEventListener("click", () => parent.postMessage({parley: "captcha", answer: "a quince"}, "*"))</script>`)
	})
	mux.HandleFunc("/verify", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"success": %t}`, g.lets.Load() && r.FormValue("secret") == "s3cret" && r.FormValue("response") == "a quince")
	})
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	return g
}

// flags are what a server needs that asks for it at an account's second new
// conversation with somebody it doesn't know.
func (g *guard) flags(t *testing.T) []string {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{
		"--captcha-page", g.URL + "/check?site=7", "--captcha-verify", g.URL + "/verify", "--captcha-secret-file", secret,
		"--rate-young-conversation", "1/1h", "--rate-challenge", "1/1h",
	}
}

// pressFrame presses into the middle of the frame that a page shows, unless it has gone.
func (p *tab) pressFrame() {
	p.t.Helper()
	p.settled()
	var at *struct{ X, Y float64 }
	p.decode(`((r) => r ? {x: r.left + r.width / 2, y: r.top + r.height / 2} : null)(document.querySelector("iframe")?.getBoundingClientRect())`, &at)
	if at != nil {
		p.do(chromedp.MouseClickXY(at.X, at.Y))
	}
}

// TestCaptcha: who begins many conversations is asked by the platform's page, in a
// frame; a wrong answer is asked for again, after a right one the conversation begins;
// who doesn't answer is told to wait. Nothing but the frame's own page is loaded.
func TestCaptcha(t *testing.T) {
	t.Parallel()
	axe := readAxe(t)
	g := newGuard(t)
	s := newSite(t, g.flags(t)...)
	alice := s.person("alice")
	alice.signUp()
	for i := range 4 {
		s.friend(fmt.Sprintf("friend%d", i), fmt.Sprintf("Friend %d %s", i, mark))
	}
	begins := func(i int) {
		alice.press("button", "New conversation")
		alice.types("Who do you want to write to?", fmt.Sprintf("friend%d", i))
		alice.press("button", "Start conversation")
	}
	for i := range 2 { // the second costs this device a puzzle, and nobody hears of it
		begins(i)
		alice.has("textbox", "Message to *")
		alice.hasNot("dialog", "*")
	}
	if n := g.shown.Load(); n != 0 {
		t.Fatalf("the captcha was shown %d times before it was asked for", n)
	}

	begins(2)
	alice.has("dialog", "One more step")
	eventually(t, "the platform's page", func() bool { return g.shown.Load() == 1 })
	alice.axe(axe, "the captcha", nil)
	alice.shot("captcha")
	alice.insists(func() bool { return g.shown.Load() > 1 }) // a wrong answer: it is asked anew
	alice.sees("Please try once more.")
	alice.shot("captcha-again")
	g.lets.Store(true)
	alice.insists(func() bool { return alice.within(0, `has("dialog", "*") === false`) })
	alice.has("heading", "*friend2*")
	alice.has("textbox", "Message to *")

	alice.goTo("#/")
	begins(3)
	alice.has("dialog", "One more step")
	alice.escapes("One more step")
	alice.sees("That was a lot at once.")
	alice.press("button", "Close")
	alice.hasNot("dialog", "*")
	if n := alice.count("link", "*friend3*"); n != 0 {
		t.Error("a conversation is there that wasn't begun")
	}
}

// insists presses into the frame until that has come to something: what stands in it
// may not be listening yet.
func (p *tab) insists(done func() bool) {
	p.t.Helper()
	eventually(p.t, "what pressing into the frame comes to", func() bool {
		if done() {
			return true
		}
		if p.within(0, `text() && document.querySelector("iframe") !== null && !document.querySelector(".challenge-busy")`) {
			p.pressFrame()
		}
		return done()
	})
}
