package browser

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"parley/identity"
)

// below is how many pixels of the open conversation lie under what is in sight.
const below = `(([b]) => Math.round(b.scrollHeight - b.scrollTop - b.clientHeight))(document.querySelectorAll(".lines"))`

// newLines are the texts of the messages that "New messages" stands above.
const newLines = `[...document.querySelectorAll(".fresh")].map((e) => e.closest(".line").querySelector(".text p")?.textContent)`

// acceptedFrom has a person accept the conversation that a friend has begun.
func (p *person) acceptedFrom(room identity.Room) {
	p.t.Helper()
	p.goTo("#/requests")
	p.press("button", "Accept: *")
	p.goTo("#/c/" + escaped(room))
	p.has("textbox", "Message to *")
}

// gone has a person look at another window, or come back.
func (p *tab) gone(away bool) {
	p.t.Helper()
	p.must(fmt.Sprintf(`(document.hasFocus = () => %v, dispatchEvent(new Event("focus")))`, !away))
}

// TestFewLines: a conversation opens at its end also where its lines are hardly more
// than what is in sight: then they first fit, until they are measured.
func TestFewLines(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.person("alice")
	alice.signUp()
	bob := s.friend("bob", "Bob "+mark)
	room := bob.writes("alice", "first "+mark)
	alice.acceptedFrom(room)
	alice.types("Message to *", "an answer "+mark)
	alice.enter()
	bob.last(room, "an answer "+mark)
	last := ""
	for _, text := range english.talk {
		last = text + " " + mark
		bob.says(room, last)
		last = plainOf(last)
	}
	alice.hears(last)
	alice.scheme("light") // with less motion
	for _, size := range append(screens, screens...) {
		alice.do(chromedp.EmulateViewport(size.w, size.h))
		alice.goTo("#/settings")
		alice.has("heading", "Settings")
		alice.goTo("#/c/" + escaped(room))
		alice.hears(last)
		alice.until("the end, on a "+size.name, `text() && `+below+` < 8`)
	}
}

// TestWhereOneReads: a conversation opens at its end where everything was read, else at
// the first new message, under one line that says so; what comes while one looks isn't
// marked, what comes while one doesn't is.
func TestWhereOneReads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.person("alice")
	alice.signUp()
	bob := s.friend("bob", "Bob "+mark)
	room := bob.writes("alice", "first "+mark)
	alice.acceptedFrom(room)
	at := "#/c/" + escaped(room)
	alice.goTo(at)
	alice.hears("first " + mark)
	alice.until("it is read", `text() && !document.querySelector(".row .badge")`)
	time.Sleep(time.Second) // as people do: what comes then comes while she looks
	for i := range 30 {
		bob.says(room, fmt.Sprintf("a line of some length, so that two are as wide as a phone: %d %s", i, mark))
	}
	alice.hears("*: 29 " + mark)
	if got := alice.must(newLines); got != "[]" {
		t.Errorf("what came while alice looked is new: %s", got)
	}
	t.Logf("after arriving: %s px below", alice.must(below))
	for _, size := range screens {
		alice.do(chromedp.EmulateViewport(size.w, size.h))
		alice.goTo("#/")
		alice.has("heading", "Chats")
		alice.goTo(at)
		alice.hears("*: 29 " + mark)
		alice.until("the end, on a "+size.name, `text() && `+below+` < 8`)
		alice.do(chromedp.Reload())
		alice.hears("*: 29 " + mark)
		alice.until("the end, on a "+size.name+" that loads", `text() && `+below+` < 8`)
	}

	alice.gone(true)
	bob.says(room, "one "+mark)
	bob.says(room, "two "+mark)
	alice.hears("two " + mark)
	alice.until("one line", `text() && JSON.stringify(`+newLines+`) === `+quote(`["one `+mark+`"]`))
	alice.gone(false)
	bob.says(room, "three "+mark)
	alice.hears("three " + mark)
	if got := alice.must(newLines); got != `["one `+mark+`"]` {
		t.Errorf("the line is above %s", got)
	}
	alice.until("all read", `text() && !document.querySelector(".room-line .badge, .row .badge")`)

	alice.goTo("#/")
	alice.has("heading", "Chats")
	for i := range 30 {
		bob.says(room, fmt.Sprintf("new %d %s", i, mark))
	}
	alice.has("link", "*new 29*")
	alice.goTo(at)
	alice.hears("new 0 " + mark)
	alice.until("one line", `text() && JSON.stringify(`+newLines+`) === `+quote(`["new 0 `+mark+`"]`))
	alice.until("the line in sight", `text() && ((r) => r.top > 60 && r.top < 400)(document.querySelector(".fresh").getBoundingClientRect())`)
}
