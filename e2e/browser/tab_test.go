package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed words.js
var words string

// A tab is the page in one of a browser's tabs, as somebody sees it who looks at it.
type tab struct {
	t     testing.TB
	name  string // of who looks at it
	ctx   context.Context
	heard *hearing
	close context.CancelFunc
}

// newTab prepares a tab. In the end what the browser said of it fails the test, and
// if the test has failed there is a picture.
func newTab(t testing.TB, name string, ctx context.Context, heard *hearing) *tab {
	t.Helper()
	p := &tab{t: t, name: name, ctx: ctx, heard: heard}
	if err := heard.listen(ctx); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("PARLEY_BENCH_BROWSER") == "" {
		// Else the browser makes its tree of roles and names anew for each question.
		p.do(call(accessibility.Enable, cdp.Empty{}))
	}
	p.do(call(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}), chromedp.EmulateViewport(1280, 800))
	t.Cleanup(p.end)
	return p
}

// call is a command of the protocol as an action.
func call[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, c, params)
		return err
	})
}

func (p *tab) end() {
	if p.ctx.Err() != nil { // closed within the test
		return
	}
	if complaints := p.heard.unexpected(); len(complaints) > 0 {
		p.t.Errorf("%s: the browser complains:\n%s", p.name, strings.Join(complaints, "\n"))
	}
	if !p.t.Failed() {
		return
	}
	dir := failures()
	file := filepath.Join(dir, strings.ReplaceAll(p.t.Name(), "/", "-")+"-"+p.name)
	if picture, err := p.picture(); err == nil {
		_ = os.WriteFile(file+".png", picture, 0o600)
	}
	text, _ := p.try("text()")
	_ = os.WriteFile(file+".txt", []byte(strings.Join(p.heard.all, "\n")+"\n\n"+text), 0o600)
	p.t.Logf("%s saw %s.png; what the browser said is in %[2]s.txt", p.name, file)
}

// failures is the directory for what failed tests leave.
func failures() string {
	dir := filepath.Join(os.TempDir(), "parley-browser-failures")
	_ = os.MkdirAll(dir, 0o700)
	return dir
}

func (p *tab) picture() ([]byte, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}

// do runs actions within a bounded time.
func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

// try evaluates a call of the words, and returns its JSON.
func (p *tab) try(what string) (string, error) { return p.js(words + "." + what) }

// js evaluates an expression, awaiting what it promises, and returns its JSON.
func (p *tab) js(expression string) (string, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => JSON.stringify(await (`+expression+`)) ?? "null")()`, chromedp.EvalAwaitPromise))
}

// must is js that fails the test.
func (p *tab) must(expression string) string {
	p.t.Helper()
	out, err := p.js(expression)
	if err != nil {
		p.t.Fatalf("%s: %s: %v", p.name, expression, err)
	}
	return out
}

// decode reads what an expression gives.
func (p *tab) decode(expression string, to any) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(p.must(expression)), to); err != nil {
		p.t.Fatalf("%s: %s: %v", p.name, expression, err)
	}
}

func quote(text string) string {
	out, _ := json.Marshal(text)
	return string(out)
}

// until waits until a call of the words is true. A page that is being loaded, or is
// too busy to answer, is asked again.
func (p *tab) until(what, call string) {
	p.t.Helper()
	if !p.within(patience, call) {
		text, _ := p.try("text()")
		p.t.Fatalf("%s never sees %s; the page says\n%s", p.name, what, strings.ReplaceAll(text, `\n`, "\n"))
	}
}

// within is whether a call of the words becomes true. It looks some times at least,
// where the page answers: what stood still for all the time hasn't had any.
func (p *tab) within(bound time.Duration, call string) bool {
	looks := min(25, bound/(80*time.Millisecond))
	for end := time.Now().Add(bound); ; time.Sleep(40 * time.Millisecond) {
		out, err := p.try(call)
		if err == nil && out == "true" {
			return true
		}
		if looks--; time.Now().After(end) && (looks < 0 || err != nil) || p.ctx.Err() != nil {
			return false
		}
	}
}

// notes has the page note when something becomes so, if only for a moment. What it
// returns waits for that.
func (p *tab) notes(what, is string) (wait func()) {
	p.t.Helper()
	p.until("the page", "note("+quote(what)+", () => "+is+")")
	return func() { p.t.Helper(); p.until(what, "noted("+quote(what)+")") }
}

// sees waits for a text anywhere on the page, if only in passing since the last press.
func (p *tab) sees(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("%q", text), "sees("+quote(text)+")")
}

// has waits for something with a role and an accessible name; * in it stands for
// anything.
func (p *tab) has(role, name string) {
	p.t.Helper()
	p.until(role+" "+name, "has("+quote(role)+", "+quote(name)+")")
}

// hasNot waits until there is none.
func (p *tab) hasNot(role, name string) {
	p.t.Helper()
	p.until("that "+role+" "+name+" is gone", "has("+quote(role)+", "+quote(name)+") === false")
}

// count is how many there are.
func (p *tab) count(role, name string) int {
	p.t.Helper()
	out, err := p.try("names(" + quote(role) + ").filter((n) => " + words + ".fits(n, " + quote(name) + ")).length")
	if err != nil {
		p.t.Fatal(err)
	}
	n := 0
	fmt.Sscan(out, &n)
	return n
}

// point waits until something can be pressed, and returns where.
func (p *tab) point(role, name string) (x, y float64) {
	p.t.Helper()
	x, y, ok := p.aim(patience, role, name, "", false)
	if !ok {
		p.cannotPress(role, name)
	}
	return x, y
}

// aim is point within a bound, for what is to be pressed at once, or not; of a message, if
// one is named.
func (p *tab) aim(bound time.Duration, role, name, of string, toPress bool) (x, y float64, ok bool) {
	var at *struct{ X, Y float64 }
	for end := time.Now().Add(bound); ; time.Sleep(20 * time.Millisecond) {
		out, err := p.try(fmt.Sprintf("point(%s, %s, %t, %s)", quote(role), quote(name), toPress, quote(of)))
		if err == nil {
			_ = json.Unmarshal([]byte(out), &at)
		}
		if at != nil {
			return at.X, at.Y, true
		}
		if time.Now().After(end) || p.ctx.Err() != nil {
			return 0, 0, false
		}
	}
}

func (p *tab) cannotPress(role, name string) {
	p.t.Helper()
	names, _ := p.try("names(" + quote(role) + ")")
	p.t.Fatalf("%s can't press %s %q; there are %s", p.name, role, name, names)
}

// press presses something with the mouse.
func (p *tab) press(role, name string) { p.t.Helper(); p.pressWith(role, name) }

// pressWith presses something with a button of the mouse.
func (p *tab) pressWith(role, name string, options ...chromedp.MouseOption) {
	p.t.Helper()
	if !p.pressWithin(patience, role, name, "", options...) {
		p.cannotPress(role, name)
	}
}

// pressWithin presses something, of a message if one is named, if it can be pressed within a bound. On a slow machine
// it may move away between the look at it and the press: then nothing was pressed, and
// it is pressed where it is now, as a person would.
func (p *tab) pressWithin(bound time.Duration, role, name, of string, options ...chromedp.MouseOption) bool {
	p.t.Helper()
	for range 8 {
		x, y, ok := p.aim(bound, role, name, of, true)
		if !ok {
			return false
		}
		p.do(mouse(input.DispatchMouseEventTypeMouseMoved, x, y), chromedp.MouseClickXY(x, y, options...))
		if out, err := p.try("missed()"); err != nil || out != "true" {
			return true
		}
		p.t.Logf("%s: %s %q moved away from under the mouse; it is pressed again", p.name, role, name)
	}
	return false
}

// pressesUntil presses something until what comes of that is so. It may be gone, or
// covered, by then.
func (p *tab) pressesUntil(role, name, what, so string) {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		p.pressWithin(2*time.Second, role, name, "")
		if p.within(4*time.Second, so) {
			return
		}
	}
	p.until(what, so)
}

// hover puts the mouse on something.
func (p *tab) hover(role, name string) {
	p.t.Helper()
	x, y := p.point(role, name)
	p.do(mouse(input.DispatchMouseEventTypeMouseMoved, x, y))
}

// menu opens the menu of something, by the other button.
func (p *tab) menu(role, name string) {
	p.t.Helper()
	p.pressWith(role, name, chromedp.ButtonRight)
}

func mouse(kind input.DispatchMouseEventType, x, y float64) chromedp.Action[chromedp.Void] {
	return call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y})
}

// types replaces what a field holds by a text.
func (p *tab) types(field, text string) { p.t.Helper(); p.typesInto("textbox", field, text) }

func (p *tab) typesInto(role, field, text string) {
	p.t.Helper()
	for range 8 {
		p.until(role+" "+field, "focus("+quote(role)+", "+quote(field)+")")
		p.do(call(input.InsertText, input.InsertTextParams{Text: text}))
		where, err := p.try("wrote()")
		if err != nil || where == quote("there") || text == "" {
			return
		}
		p.t.Logf("%s: the text for %s %q went %s; it is written again", p.name, role, field, where)
	}
	p.t.Fatalf("%s can't write into %s %q: it loses the focus each time", p.name, role, field)
}

// escapes presses Escape until a dialog is gone. While a menu above it is just being
// closed the key may be for that.
func (p *tab) escapes(dialog string) {
	p.t.Helper()
	for range 5 {
		p.key("\x1b")
		if p.within(5*time.Second, "has("+quote("dialog")+", "+quote(dialog)+") === false") {
			return
		}
		p.t.Logf("%s: dialog %q is still there after Escape", p.name, dialog)
	}
	p.hasNot("dialog", dialog)
}

// key presses a key, on what has the focus: one event, as of a keyboard, for the key
// and for what it writes. As two, what it writes would go where the page put the focus
// between them, even though the page had prevented it.
func (p *tab) key(key string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	events := kb.Encode([]rune(key)[0])
	down, up := *events[0], *events[len(events)-1]
	for _, m := range modifiers {
		down.Modifiers |= int64(m)
		up.Modifiers |= int64(m)
	}
	if len(events) > 2 && down.Modifiers&^int64(chromedp.ModifierShift) == 0 {
		down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
	}
	p.do(call(input.DispatchKeyEvent, down), call(input.DispatchKeyEvent, up))
}

// enter presses Enter.
func (p *tab) enter() { p.t.Helper(); p.key(kb.Enter) }
