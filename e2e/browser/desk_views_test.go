package browser

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
	"parley/web"
)

// fills gives the desk cases: of messages with a gap between them, of a picture, one
// that waits for a second person, one that was appealed.
func (o *deskTour) fills() {
	o.t.Helper()
	s, ctx := o.scene, o.t.Context()
	threat := s.Case(report.Harassment, s.Say(s.Bob, "You will be sorry."), s.Say(s.Alice, "Leave me alone."))
	dec, err := s.Decide(ctx, s.Rita, deskapi.NewDecision{ID: threat, Kind: deskapi.Suspend, Days: 7, Reasons: desktest.Reasons()})
	o.must0(err)
	s.Appeal(s.Bob, dec.ID, "It was a joke between friends, and I’ve said sorry since.")
	s.Wait(10 * time.Minute)
	s.Send(s.Report(s.Alice, s.Carol, report.ChildSafety, s.Say(s.Carol, "How old are you? Don’t tell your parents.")))
	o.must0(s.Desk.Step(ctx))
	for _, row := range s.Queue().Cases {
		if row.Category == deskapi.ChildSafety {
			_, err := s.Decide(ctx, s.Sara, deskapi.NewDecision{ID: row.ID, Kind: deskapi.Suspend, Reasons: desktest.Reasons(), Note: "As in March."})
			o.must0(err)
		}
	}
	first := s.Say(s.Bob, "Look what I have of you.")
	s.Say(s.Alice, "this one isn’t shown") // its number is taken
	r := s.Report(s.Alice, s.Bob, report.SexualContent, first, s.Attach(s.Bob, "image/png", deskPicture()), s.Say(s.Bob, "Pay, or everybody sees it."))
	r.Note = "He says that he will send it to my school."
	s.Send(r)
	s.Send(s.Report(s.Carol, s.Alice, report.Scam, s.Say(s.Alice, "Invest 100, get 1000 tomorrow.")))
	s.Step()
	_, err = s.Desk.Legal(ctx, s.Sara, deskapi.NewLegal{Account: string(s.Carol.Account), Order: "AZ-7/2026"})
	o.must0(err)
}

// all goes through the views.
func (o *deskTour) all() {
	o.t.Helper()
	o.do(chromedp.Navigate(o.scene.Config.Origin))
	o.has("button", "Sign in with a passkey")
	o.view("desk-01-sign-in")
	o.do(chromedp.Navigate(o.link)) // in the same tab
	o.has("button", "Make a passkey")
	o.view("desk-02-invited")
	o.joins(o.link)
	o.sees("Nothing waits here")
	o.view("desk-03-empty")
	o.fills()
	o.press("button", "Refresh")
	o.has("link", "*Sexual content*bob*")
	o.view("desk-04-queue")
	o.key("?")
	o.has("dialog", "Keyboard")
	o.view("desk-05-keyboard")
	o.escapes("Keyboard")
	o.evidence()
	o.forged()
	o.decisions()
	o.offices()
}

// evidence looks at a case with messages, a gap and a picture.
func (o *deskTour) evidence() {
	o.t.Helper()
	o.press("link", "*Sexual content*bob*")
	o.sees("Pay, or everybody sees it.")
	o.sees("Nothing of it has been fetched.")
	if n := o.must(`document.querySelectorAll("main img, main video, main audio").length`); n != "0" {
		o.t.Errorf("%s elements of media before anything was revealed", n)
	}
	o.view("desk-06-case")
	o.key("j")
	o.enter()
	o.until("the steps", `text() && !!document.querySelector("details.steps[open] li.ok")`)
	o.key("r")
	o.until("the picture", `text() && document.querySelector("main img")?.complete`)
	if f := o.must(`getComputedStyle(document.querySelector("main img")).filter`); !strings.Contains(f, "blur") || !strings.Contains(f, "grayscale") {
		o.t.Errorf("the picture is shown with %s; want it blurred and grey", f)
	}
	o.view("desk-07-evidence")
	o.key("c")
	o.has("button", "Give back")
	o.key("n")
	o.types("A note for colleagues", "The same words as in another case.")
	o.press("button", "Add note")
	o.sees("The same words as in another case.")
	o.must(`document.activeElement.blur()`)
	o.key("5")
	o.has("dialog", "Remove attachments")
	o.view("desk-08-remove")
	o.escapes("Remove attachments")
	o.key("4")
	o.has("dialog", "Suspend")
	o.view("desk-09-suspend")
	o.escapes("Suspend")
	o.key("e")
	o.has("dialog", "Export")
	o.view("desk-10-export")
	o.escapes("Export")
	o.press("link", "bob")
	o.sees("What holds now")
	o.view("desk-11-account")
}

// forged looks at a case of a message that nobody sent: the step that fails is there to be
// read, and nothing but a dismissal can be decided.
func (o *deskTour) forged() {
	o.t.Helper()
	s := o.scene
	r := s.Report(s.Carol, s.Bob, report.Terror, s.Say(s.Bob, "I never wrote that."))
	r.Items[0].Signature[0] ^= 1
	o.key("g")
	o.key("q")
	o.getsCase("*Terror*bob*Not verified*", "I never wrote that.", r)
	o.sees("No message of this account is proven")
	o.sees("It isn’t proven that this was sent")
	if n := o.must(`document.querySelectorAll("details.steps[open] li.failed").length`); n == "0" {
		o.t.Error("no failed step is open to be read")
	}
	o.key("4")
	o.key("1")
	o.has("dialog", "Dismiss")
	if n := o.count("dialog", "Suspend"); n != 0 {
		o.t.Error("what isn't proven can be answered with a suspension")
	}
	o.escapes("Dismiss")
	o.view("desk-11-forged")
}

// decisions looks at one that waits for a second person, and at an appeal.
func (o *deskTour) decisions() {
	o.t.Helper()
	o.key("g")
	o.key("q")
	o.press("link", "*Child safety*carol*")
	o.has("button", "Agree, and carry it out")
	o.sees("without an end")
	o.sees("As in March.")
	o.view("desk-12-second-person")
	o.key("y")
	o.has("dialog", "Suspension of carol?")
	o.view("desk-12-agree")
	o.press("button", "Carry it out")
	o.sees("Carried out")
	o.view("desk-13-decided")
	o.key("g")
	o.key("a")
	o.has("link", "Suspension*bob*")
	o.view("desk-14-appeals")
	o.press("link", "Suspension*bob*")
	o.sees("It was a joke between friends")
	o.view("desk-15-appeal")
	o.types("What the person reads", "We looked again: it was a joke.")
	o.press("button", "Reverse it")
	o.has("heading", "Answer")
	o.sees("We looked again: it was a joke.")
	o.view("desk-16-reversed")
}

// offices looks at what isn't a case.
func (o *deskTour) offices() {
	o.t.Helper()
	o.key("g")
	o.key("r")
	o.has("button", "Agree, and save the file")
	o.view("desk-17-legal")
	o.key("g")
	o.key("s")
	o.sees("(you)")
	o.view("desk-18-staff")
	o.key("i")
	o.types("Name", "Omar")
	o.press("button", "Make a link")
	o.sees("The link works once")
	o.view("desk-19-invited")
	o.escapes("Invite somebody")
	o.key("g")
	o.key("l")
	o.sees("The chain holds:")
	o.view("desk-20-audit")
	o.key("g")
	o.key("c")
	o.sees("in the median")
	o.view("desk-21-counts")
}

// TestDeskAccessible: axe finds nothing in any view of the desk, light and dark; nothing of
// an attachment is there before it is revealed, and then it is blurred and grey.
func TestDeskAccessible(t *testing.T) {
	t.Parallel()
	axe := readAxe(t)
	n := 0
	o := newDeskTour(t, func(p *tab, name string) {
		p.axe(axe, name+", light", nil)
		p.scheme("dark")
		p.axe(axe, name+", dark", []string{"color-contrast"})
		p.scheme("light")
		p.fits(name)
		n++
	})
	o.all()
	if n < 20 {
		t.Errorf("%d views were looked at", n)
	}
}

// fits fails the test where something of the page lies outside a phone's screen, from
// left to right or from right to left.
func (p *tab) fits(view string) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(screens[1].w, screens[1].h))
	for _, dir := range []string{"rtl", "ltr"} {
		wide := p.must(`(document.documentElement.dir = ` + quote(dir) + `, [...document.querySelectorAll("main, main :is(h1, h2, p, input, textarea, button), dialog[open] :is(h2, button)")]
			.filter((e) => !e.closest(".table-box, .unseen") && e.getClientRects().length > 0)
			.filter((e) => { const r = e.getBoundingClientRect(); return r.left < -1 || r.right > innerWidth + 1; }).map((e) => e.outerHTML.slice(0, 120)))`)
		if wide != "[]" {
			p.t.Errorf("%s, %s: outside the screen: %s", view, dir, wide)
		}
	}
	p.do(chromedp.EmulateViewport(screens[0].w, screens[0].h))
}

// TestDeskApart: the desk's page is no part of the user's page, and each of its files has
// its integrity in the page.
func TestDeskApart(t *testing.T) {
	need(t)
	m, err := web.ReadManifest(web.Files())
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range m.Files {
		if strings.HasPrefix(f.Path, "desk") {
			t.Errorf("the user's page has %s: %s", name, f.Path)
		}
	}
	html, err := fs.ReadFile(web.Files(), "desk/index.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"js", "css"} {
		if !regexp.MustCompile(`"/main-[A-Z2-7]{8}\.` + kind + `" integrity="sha384-[^"]{64}"`).Match(html) {
			t.Errorf("no %s with its integrity in\n%s", kind, html)
		}
	}
}

// TestDeskScreenshots writes every view of the desk as a picture: make screenshots.
func TestDeskScreenshots(t *testing.T) {
	dir := os.Getenv("PARLEY_SCREENSHOTS")
	if dir == "" {
		t.Skip("PARLEY_SCREENSHOTS doesn't name a directory: make screenshots")
	}
	o := newDeskTour(t, func(p *tab, name string) {
		for _, size := range []screen{screens[1], screens[0]} {
			p.do(chromedp.EmulateViewport(size.w, size.h))
			for _, scheme := range []string{"light", "dark"} {
				p.scheme(scheme)
				p.settled()
				p.shoot(filepath.Join(dir, "en-"+size.name+"-"+scheme), name)
			}
		}
		p.scheme("light")
	})
	o.all()
}
