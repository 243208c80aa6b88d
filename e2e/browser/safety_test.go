package browser

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"parley/client"
	"parley/identity"
	"parley/report"
	"parley/wire"
	"parley/wire/admin"
)

// A careful goes through what keeps somebody safe, and what an operator may do to them.
type careful struct {
	*tour
	desk      *watchedSite
	lines     lines
	bob, nora *friend
	talk      identity.Room // with bob
	other     identity.Room // with nora
}

// TestSafety: a knock is accepted; what looks bad is told of on the device, which tells
// nobody; two messages are reported, and nothing else leaves; who is suspended is told
// so and why, keeps what they can't send, and appeals; who goes takes everything along.
// axe finds nothing in any view of it.
func TestSafety(t *testing.T) {
	t.Parallel()
	axe := readAxe(t)
	c := newCareful(t, "en", english, func(o *tour, name string) {
		o.axe(axe, name+", light", nil)
		o.scheme("dark")
		o.axe(axe, name+", dark", []string{"color-contrast"})
		o.scheme("light")
	})
	c.site.chapters([]chapter{
		{"knock", c.knocked},
		{"warnings", c.warned},
		{"seen once", c.seenOnce},
		{"report", c.reports},
		{"outcome", c.hears},
		{"suspended", c.suspended},
		{"appeal", c.appeals},
		{"own data", c.ownData},
	})
}

// TestSafetyScreenshots writes the same views as pictures: make screenshots.
func TestSafetyScreenshots(t *testing.T) {
	dir := os.Getenv("PARLEY_SCREENSHOTS")
	if dir == "" {
		t.Skip("PARLEY_SCREENSHOTS doesn't name a directory: make screenshots")
	}
	for _, l := range []struct {
		language string
		lines    lines
	}{{"en", english}, {"ar", arabic}} {
		c := newCareful(t, l.language, l.lines, func(o *tour, name string) {
			for _, size := range screens {
				o.do(chromedp.EmulateViewport(size.w, size.h))
				for _, scheme := range []string{"light", "dark"} {
					o.scheme(scheme)
					o.settled()
					o.shoot(filepath.Join(dir, l.language+"-"+size.name+"-"+scheme), name)
				}
			}
			o.scheme("light")
			o.do(chromedp.EmulateViewport(screens[0].w, screens[0].h))
		})
		for _, tell := range []func(){c.knocked, c.warned, c.seenOnce, c.reports, c.hears, c.suspended, c.appeals, c.ownData} {
			tell()
		}
	}
}

// newCareful signs somebody up whose browser speaks a language.
func newCareful(t testing.TB, language string, lines lines, view func(*tour, string)) *careful {
	t.Helper()
	desk := newWatchedSite(t)
	c := &careful{tour: newTour(desk.site, "alice", language, view), desk: desk, lines: lines}
	c.visit()
	c.press("button", "auth.signUp")
	c.types("auth.name", c.account)
	c.types("auth.display", c.display())
	c.types("auth.passphrase", passphraseOf(c.account))
	c.press("button", "auth.create")
	c.has("heading", "list.empty")
	c.bob, c.nora = desk.friend("bob", lines.names[0]), desk.friend("nora", lines.names[1])
	return c
}

// What Bob writes; the device finds something in each.
var (
	demand = "send nudes " + mark
	bait   = "http://192.0.2.7/" + mark
	more   = "send nudes now " + mark
)

// knocked: somebody new asks once, and is let in.
func (c *careful) knocked() {
	c.talk = c.bob.writes(c.account, c.lines.other[0]+" "+mark)
	c.other = c.nora.writes(c.account, c.lines.other[1]+" "+mark)
	for _, room := range []identity.Room{c.other, c.talk} {
		c.goTo("#/requests/c/" + escaped(room))
		c.has("button", "report.report")
		c.has("button", "conversation.accept")
		if room == c.talk {
			c.view("safety-request")
		}
		c.press("button", "conversation.accept")
		c.has("textbox", "composer.label")
	}
}

// warned: a hint beside what looks like blackmail, with who helps; a link that leads to
// a number asks first. Neither sends anything.
func (c *careful) warned() {
	c.bob.says(c.talk, demand)
	c.bob.says(c.talk, bait)
	c.sees(c.speech.says(c.t, "warnings.onlyHere"))
	c.sees(demand)
	c.until("a link that is marked", `text() && document.querySelector("a.flagged") !== null`)
	c.view("safety-warnings")
	c.asksFirst(func() { c.view("safety-link") })
	c.tellsNobody()
}

// asksFirst presses the link that leads to a number, and stays here.
func (c *careful) asksFirst(meanwhile func()) {
	c.t.Helper()
	c.person.press("link", "*192.0.2.7*")
	c.has("dialog", "warnings.linkTitle")
	c.sees(c.speech.says(c.t, "warnings.rawAddress"))
	meanwhile()
	c.press("button", "cancel")
	c.until("that the dialog is gone", `text() && !document.querySelector("dialog[open]")`)
}

// tellsNobody: neither asking before a link opens nor hiding a hint sends anything. What
// passes now and then by itself (receipts, a profile) may do so meanwhile: then it is
// looked at once more, with another hint.
func (c *careful) tellsNobody() {
	c.t.Helper()
	var passed []byte
	for range 5 {
		c.silence()
		before := c.door.size()
		c.asksFirst(func() {})
		c.hidesHint()
		if passed = c.door.passed()[before:]; len(passed) == 0 {
			return
		}
		c.t.Logf("while the device warned, %d bytes passed; once more: %.300q", len(passed), passed)
		c.bob.says(c.talk, more)
		c.has("button", "warnings.hide")
	}
	c.t.Errorf("while the device warned, %d bytes passed each time: %.300q", len(passed), passed)
}

// silence waits until nothing has passed for longer than a device waits with a receipt.
func (c *careful) silence() {
	c.t.Helper()
	quiet, since := c.door.size(), time.Now()
	eventually(c.t, "that nothing passes any more", func() bool {
		if now := c.door.size(); now != quiet {
			quiet, since = now, time.Now()
		}
		return time.Since(since) > 2500*time.Millisecond
	})
}

// hidesHint hides what is said under a message. What is measured meanwhile may take it
// from under the mouse.
func (c *careful) hidesHint() {
	c.t.Helper()
	c.pressesUntil("button", c.speech.says(c.t, "warnings.hide"), "that the hint is gone", `text() && !document.querySelector(".nudge")`)
}

// seenOnce: a photo is looked at, once.
func (c *careful) seenOnce() {
	file := filepath.Join(c.site.outside(), "once.gif")
	writeGIF(c.t, file)
	picture, err := os.ReadFile(file)
	c.mustDo(err)
	_, err = c.bob.Attach(c.t.Context(), c.talk, client.Outgoing{ViewOnce: true}, []client.File{fileOf("once.gif", "image/gif", picture)}, nil)
	c.mustDo(err)
	c.person.press("button", c.speech.says(c.t, "media.oncePhoto")+"*")
	c.until("the photo", `text() && document.querySelector(".viewer .stage img")?.naturalWidth === 240`)
	c.close()
	c.sees(c.speech.says(c.t, "media.onceOpened"))
}

// reports: two messages and a note, and nothing else, reach the desk; who wrote them is
// blocked.
func (c *careful) reports() {
	c.deeds("*" + demand + "*")
	c.press("menuitem", "report.reportMore")
	c.has("dialog", "report.title.choose")
	c.person.press("checkbox", "*192.0.2.7*")
	c.until("what was seen once, in words alone", `text() && document.querySelectorAll("dialog[open] .reported-media").length === 1 && !document.querySelector("dialog[open] :is(img, video, canvas)")`)
	c.view("safety-report-which")
	c.press("button", "report.next")
	c.press("button", "report.category.harassment")
	c.types("report.note", "they go on and on "+mark)
	c.view("safety-report-why")
	c.press("button", "report.show")
	c.has("dialog", "report.title.check")
	for _, leaves := range []string{demand, bait, "they go on and on", c.lines.names[0]} {
		c.sees(leaves)
	}
	c.view("safety-report-check")
	if text := c.must(`document.querySelector("dialog[open]").innerText`); strings.Contains(text, c.lines.other[0]) {
		c.t.Errorf("what wasn't chosen is to leave: %s", text)
	}
	c.press("button", "report.send")
	c.sees(c.speech.says(c.t, "report.sent"))
	c.until("that what was said is gone", `text() && !document.querySelector(".toast")`)
	c.has("button", "conversation.unblock")
	from, body := c.desk.next(wire.ReportReport, report.KindReport)
	r, err := report.Decode(body)
	if err != nil {
		c.t.Fatal(err)
	}
	if got, want := textsOf(c.t, r), []string{demand, bait}; !slices.Equal(got, want) {
		c.t.Errorf("the desk reads %q; want %q", got, want)
	}
	if from != r.Reporter || r.Category != report.Harassment || r.Note != "they go on and on "+mark || r.Reported != c.bob.Account() {
		c.t.Errorf("the report is %s by %s about %s: %q", r.Category, from, r.Reported, r.Note)
	}
	c.mustDo(c.desk.Notify(c.t.Context(), from, admin.NoticeRequest{ID: "outcome-1", Kind: wire.NoticeOutcome, Report: r.ID[:], Outcome: wire.OutcomeActed}))
}

// hears: what came of the report.
func (c *careful) hears() {
	c.goTo("#/")
	c.person.has("button", c.speech.says(c.t, "notices.title")+"*")
	c.view("safety-list")
	c.goTo("#/settings/notices")
	c.has("heading", "notices.outcomeActed")
	c.view("safety-outcome")
}

// suspended: the page says so at once; what is written then stays with who wrote it.
func (c *careful) suspended() {
	c.mustDo(c.desk.Sanction(c.t.Context(), c.self(), admin.SanctionRequest{
		Decision: "decision-7", Kind: admin.SanctionSuspend, UntilMS: time.Now().Add(7 * 24 * time.Hour).UnixMilli(), Appealable: true,
		Statement: &wire.Statement{
			Ground: "incompatible_content", GroundReference: "Terms, 4.2", Explanation: "Threats are not allowed.",
			Facts: "Two messages of 3 May threatened somebody.", Source: "report", Redress: "You can appeal within six months.",
		},
	}))
	c.sees(c.speech.says(c.t, "notices.suspended"))
	c.goTo("#/c/" + escaped(c.other))
	c.types("composer.label", c.lines.unsent)
	c.enter()
	c.until("that it wasn't sent", `text() && (document.querySelector(".failed") !== null || document.querySelector(".composer textarea").value !== "")`)
	c.sees(c.lines.unsent)
	c.view("safety-suspended")
}

// appeals: why it was decided is shown, and another look is asked for.
func (c *careful) appeals() {
	c.goTo("#/settings/notices")
	c.sees("Threats are not allowed.")
	c.sees("Two messages of 3 May threatened somebody.")
	c.view("safety-statement")
	c.press("button", "notices.appeal")
	c.types("notices.appealLabel", "it was a line of a play "+mark)
	c.view("safety-appeal")
	c.heard.expectOffline()
	c.offline(true)
	c.press("button", "notices.appealSend") // without a connection it is kept, and nobody presses twice
	c.sees(c.speech.says(c.t, "report.kept"))
	c.sees(c.speech.says(c.t, "notices.appealed"))
	c.offline(false)
	c.until("that what was said is gone", `text() && !document.querySelector(".toast")`)
	_, body := c.desk.next(wire.ReportAppeal, report.KindAppeal)
	a, err := report.DecodeAppeal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	if a.Decision != "decision-7" || a.Text != "it was a line of a play "+mark {
		c.t.Errorf("the appeal is %+v", a)
	}
}

// ownData: what the server holds is saved, and then erased; here and there.
func (c *careful) ownData() {
	c.goTo("#/settings/account")
	held := string(c.savesBy(c.t, func() { c.press("button", "account.export") }, c.account+".jsonl"))
	if !strings.Contains(held, string(c.self())) || !strings.Contains(held, "decision-7") {
		c.t.Errorf("what is held is %.500s", held)
	}
	c.view("safety-account")
	c.press("button", "account.erase")
	c.has("dialog", "account.eraseTitle")
	c.types("auth.passphrase", "not the words")
	c.press("button", "account.eraseDo")
	c.sees(c.speech.says(c.t, "auth.passphraseWrong"))
	c.view("safety-erase")
	c.types("auth.passphrase", passphraseOf(c.account))
	c.press("button", "account.eraseDo")
	c.has("button", "auth.signUp")
	if _, err := c.desk.Account(c.t.Context(), c.self()); err == nil {
		c.t.Error("the server still has the account")
	}
}

func (c *careful) self() identity.Account {
	self, err := identity.NewAccount("localhost", c.account)
	c.mustDo(err)
	return self
}

// mustDo ends the test if an error isn't nil.
func (c *careful) mustDo(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}
