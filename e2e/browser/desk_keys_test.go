package browser

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"parley/desk/audit"
	"parley/report"
)

// writes writes where the focus is.
func (p *tab) writes(text string) {
	p.t.Helper()
	p.do(call(input.InsertText, input.InsertTextParams{Text: text}))
}

// tabsTo presses Tab until the focus is on what has a role and a name, as somebody does
// who has no mouse.
func (p *tab) tabsTo(role, name string) {
	p.t.Helper()
	here := `text() !== null && ((e) => e.computedRole === ` + quote(role) + ` && ` + words + `.fits(e.computedName.trim(), ` + quote(name) + `))(document.activeElement)`
	for range 120 {
		if p.within(0, here) {
			return
		}
		p.key(kb.Tab)
	}
	p.t.Fatalf("%s: Tab never leads to %s %q", p.name, role, name)
}

// isAt waits until the focus is on something.
func (p *tab) isAt(what, selector string) {
	p.t.Helper()
	p.until("the focus on "+what, `text() !== null && !!document.activeElement?.matches(`+quote(selector)+`)`)
}

// sendsIt presses Ctrl and Enter.
func (p *tab) sendsIt() {
	p.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, Modifiers: int64(chromedp.ModifierCtrl)}))
	}
}

// TestDeskByKeyboard does a whole case without the mouse: from the invitation over the
// evidence, a note, the decision and its export to an appeal against a colleague's
// decision, and out.
func TestDeskByKeyboard(t *testing.T) {
	t.Parallel()
	o := newDeskTour(t, func(*tab, string) {})
	s := o.scene
	first := s.Case(report.Harassment)
	dec, err := s.Decide(t.Context(), s.Rita, suspension(first))
	o.must0(err)
	s.Appeal(s.Bob, dec.ID, "It was a joke.")
	s.Send(s.Report(s.Alice, s.Carol, report.SexualContent, s.Say(s.Carol, "Look."), s.Attach(s.Carol, "image/png", deskPicture())))
	s.Step()
	o.do(chromedp.Navigate(o.link))
	o.has("button", "Make a passkey")
	o.tabsTo("button", "Make a passkey")
	o.enter()
	o.has("link", "*Sexual content*carol*")
	o.key("j")
	o.isAt("the first case", "a[data-row]")
	o.enter()
	o.sees("Nothing of it has been fetched.")
	o.key("j")
	o.isAt("the first message's steps", "summary[data-row]")
	o.enter()
	o.until("the steps", `text() && !!document.querySelector("details.steps[open] li.ok")`)
	o.key("r")
	o.until("the picture", `text() && document.querySelector("main img")?.complete`)
	o.key("r")
	o.until("it clear", `text() && !getComputedStyle(document.querySelector("main img")).filter.includes("blur")`)
	o.key("b")
	o.until("it blurred", `text() && getComputedStyle(document.querySelector("main img")).filter.includes("blur")`)
	o.key("c")
	o.has("button", "Give back")
	o.key("n")
	o.isAt("the note", "textarea#note")
	o.writes("4 of these this week.")
	o.sendsIt()
	o.until("that the note is there", `text().includes("4 of these this week.") && document.activeElement.value === ""`)
	o.key(kb.Escape)
	o.decides()
	o.exportsByKeys()
	o.answers(dec.ID)
	o.tabsTo("button", "Sign out")
	o.enter()
	o.has("button", "Sign in with a passkey")
}

// decides warns the account of the open case, by the keyboard alone.
func (o *deskTour) decides() {
	o.t.Helper()
	o.key("2")
	o.has("dialog", "Warn")
	o.isAt("the first field", "dialog[open] select")
	for _, field := range []struct{ name, text string }{
		{"Which part of the terms", "Terms, 3"}, {"Why it applies", "Nobody asked for it."}, {"What happened", "A picture that wasn't wanted."},
	} {
		o.tabsTo("textbox", field.name)
		o.writes(field.text)
	}
	o.tabsTo("button", "Warn")
	o.enter()
	o.hasNot("dialog", "Warn")
	o.sees("Carried out")
	if told := o.scene.Server.Sanctioned(o.scene.Carol.Account); len(told) != 1 || told[0].Statement.Facts != "A picture that wasn't wanted." {
		o.t.Errorf("the server was told %+v; want a warning with its reasons", told)
	}
}

// exportsByKeys saves the open case, and goes back to the queue.
func (o *deskTour) exportsByKeys() {
	o.t.Helper()
	id := strings.TrimPrefix(strings.Trim(o.must("location.hash"), `"`), "#/cases/")
	(&person{tab: o.tab}).savesBy(o.t, func() {
		o.key("e")
		o.has("dialog", "Export")
		o.tabsTo("button", "Save the file")
		o.enter()
	}, id+".parley-case")
	o.hasNot("dialog", "Export")
	o.key("u")
	o.has("heading", "Queue")
}

// answers decides the appeal against a colleague's decision, by the keyboard alone.
func (o *deskTour) answers(decision string) {
	o.t.Helper()
	o.key("g")
	o.key("a")
	o.has("link", "Suspension*bob*")
	o.key("j")
	o.isAt("the appeal", "a[data-row]")
	o.enter()
	o.sees("It was a joke.")
	o.key("n")
	o.isAt("the answer", "textarea#answer")
	o.writes("We looked again.")
	o.tabsTo("button", "Reverse it")
	o.enter()
	o.sees("Reversed on appeal")
	if left := o.scene.Server.Sanctioned(o.scene.Bob.Account); len(left) != 0 {
		o.t.Errorf("%+v holds after decision %s was reversed", left, decision)
	}
}

// strokes is a key that goes down or up, or repeats since it is held down.
func (p *tab) strokes(kind input.DispatchKeyEventType, key, code string, again bool) {
	p.t.Helper()
	p.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key, Code: code, AutoRepeat: &again}))
}

// TestDeskKeysActOnce: a key that is held down doesn't reveal one attachment after the
// other, and no key acts beneath a dialog.
func TestDeskKeysActOnce(t *testing.T) {
	t.Parallel()
	o := newDesk(t)
	s := o.scene
	o.getsCase("*Sexual content*bob*", "Nothing of it has been fetched.",
		s.Report(s.Alice, s.Bob, report.SexualContent, s.Attach(s.Bob, "image/png", deskPicture()), s.Attach(s.Bob, "image/png", deskPicture()), s.Say(s.Bob, "More?")))
	o.strokes(input.DispatchKeyEventTypeRawKeyDown, "r", "KeyR", false)
	o.until("the picture", `text() && document.querySelector("main img")?.complete`)
	for range 5 {
		o.strokes(input.DispatchKeyEventTypeRawKeyDown, "r", "KeyR", true)
	}
	o.strokes(input.DispatchKeyEventTypeKeyUp, "r", "KeyR", false)
	o.key("n") // which comes after all those
	o.isAt("the note", "textarea#note")
	if n := s.Count(audit.MediaRevealed); n != 1 || o.must(`document.querySelectorAll("main img:not(.blurred)").length`) != "0" {
		t.Errorf("a key that is held down has revealed %d attachments", n)
	}
	o.key(kb.Escape)
	o.key("4")
	o.has("dialog", "Suspend")
	o.must(`document.activeElement.blur()`)
	o.key("1")
	o.key("r")
	o.escapes("Suspend")
	o.hasNot("dialog", "Dismiss")
	if n := s.Count(audit.MediaRevealed); n != 1 {
		t.Errorf("a key has revealed an attachment beneath a dialog")
	}
}

// TestDeskDrafts: what somebody has begun to write is there again after Escape and after
// the session's end, for who wrote it; the queue's filters stay while a case is open.
func TestDeskDrafts(t *testing.T) {
	t.Parallel()
	o := newDesk(t)
	s := o.scene
	s.Case(report.Harassment)
	o.getsReports(s.Report(s.Carol, s.Alice, report.Scam, s.Say(s.Alice, "Invest 100.")))
	o.has("link", "*Harassment*bob*")
	o.press("button", "Scam*")
	o.hasNot("link", "*Harassment*bob*")
	o.press("link", "*Scam*alice*")
	o.sees("Invest 100.")
	o.key("2")
	o.types("Why it applies", "A long explanation.")
	o.escapes("Warn")
	o.key("2")
	o.until("what was written", `holds("Why it applies") === "A long explanation."`)
	o.types("Which part of the terms", "Terms, 9")
	o.types("What happened", "A promise of money.")
	s.Wait(2 * time.Hour)
	o.press("button", "Warn")
	o.sees("You were signed out")
	o.press("button", "Sign in with a passkey")
	o.sees("Invest 100.")
	o.key("2")
	o.until("what was written, after signing in again", `holds("What happened") === "A promise of money."`)
	o.until("what was written before", `holds("Why it applies") === "A long explanation."`)
	o.press("button", "Warn")
	o.sees("Carried out")
	o.key("u")
	o.hasNot("link", "*Harassment*bob*")
	o.press("button", "All")
	o.has("link", "*Harassment*bob*")
	o.typesInto("searchbox", "Find by account", "carol")
	o.finds()
	o.sees("1 report")
	o.key(kb.Escape)
	o.has("link", "*Scam*alice*")
	o.press("button", "Sign out")
	o.press("button", "Sign in with a passkey")
	o.has("link", "*Harassment*bob*") // nothing of who was here before
}

// finds presses Enter in the field of the search.
func (o *deskTour) finds() {
	o.t.Helper()
	o.isAt("the search", "input[type=search]")
	o.enter()
	o.hasNot("link", "*Harassment*bob*")
}
