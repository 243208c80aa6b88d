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

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
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

func (p *tab) within(bound time.Duration, call string) bool {
	for end := time.Now().Add(bound); ; time.Sleep(40 * time.Millisecond) {
		if out, err := p.try(call); err == nil && out == "true" {
			return true
		}
		if time.Now().After(end) || p.ctx.Err() != nil {
			return false
		}
	}
}

// sees waits for a text anywhere on the page.
func (p *tab) sees(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("%q", text), "shows("+quote(text)+")")
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
	var at *struct{ X, Y float64 }
	for end := time.Now().Add(patience); at == nil; time.Sleep(20 * time.Millisecond) {
		out, err := p.try("point(" + quote(role) + ", " + quote(name) + ")")
		if err == nil {
			_ = json.Unmarshal([]byte(out), &at)
		}
		if at == nil && (time.Now().After(end) || p.ctx.Err() != nil) {
			names, _ := p.try("names(" + quote(role) + ")")
			p.t.Fatalf("%s can't press %s %q; there are %s", p.name, role, name, names)
		}
	}
	return at.X, at.Y
}

// press presses something with the mouse.
func (p *tab) press(role, name string) {
	p.t.Helper()
	x, y := p.point(role, name)
	p.do(mouse(input.DispatchMouseEventTypeMouseMoved, x, y), chromedp.MouseClickXY(x, y))
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
	x, y := p.point(role, name)
	p.do(mouse(input.DispatchMouseEventTypeMouseMoved, x, y), chromedp.MouseClickXY(x, y, chromedp.ButtonRight))
}

func mouse(kind input.DispatchMouseEventType, x, y float64) chromedp.Action[chromedp.Void] {
	return call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y})
}

// types replaces what a field holds by a text.
func (p *tab) types(field, text string) { p.t.Helper(); p.typesInto("textbox", field, text) }

func (p *tab) typesInto(role, field, text string) {
	p.t.Helper()
	p.until(role+" "+field, "focus("+quote(role)+", "+quote(field)+")")
	p.do(call(input.InsertText, input.InsertTextParams{Text: text}))
}

// key presses a key, on what has the focus.
func (p *tab) key(key string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(modifiers...)))
}

// enter presses Enter.
func (p *tab) enter() { p.t.Helper(); p.strikes("\r", "Enter", 13) }

// strikes presses a key that writes something: one event, as of a keyboard, so that
// what the page prevents doesn't happen.
func (p *tab) strikes(text, code string, number int64) {
	p.t.Helper()
	key := text
	if text == "\r" {
		key = code
	}
	down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Code: code, Text: text, WindowsVirtualKeyCode: number}
	up := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: key, Code: code, WindowsVirtualKeyCode: number}
	p.do(call(input.DispatchKeyEvent, down), call(input.DispatchKeyEvent, up))
}
