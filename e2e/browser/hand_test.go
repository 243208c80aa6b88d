package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// fingers gives somebody a screen that can be touched, or takes it away.
func (p *tab) fingers(has bool) {
	p.t.Helper()
	p.do(call(emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: has}))
}

// touch puts a finger on the screen, moves it to some places and lifts it, if it is
// to.
func (p *tab) touch(places ...input.TouchPoint) {
	p.t.Helper()
	kind := input.DispatchTouchEventTypeTouchStart
	for _, at := range places {
		p.do(call(input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: []*input.TouchPoint{&at}}))
		kind = input.DispatchTouchEventTypeTouchMove
	}
}

func (p *tab) lift() {
	p.t.Helper()
	p.do(call(input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}}))
}

// swipe draws something inwards with a finger, by some pixels.
func (p *tab) swipe(role, name string, by float64) {
	p.t.Helper()
	x, y := p.point(role, name)
	var places []input.TouchPoint
	for step := range 6 {
		places = append(places, input.TouchPoint{X: x + by*float64(step)/5, Y: y})
	}
	p.touch(places...)
	p.lift()
}

// swipes draws something inwards until that has come to something. A finger that doesn't
// move at once, on a slow machine, rests: then it has brought up a menu.
func (p *tab) swipes(role, name string, by float64, wanted string) {
	p.t.Helper()
	eventually(p.t, "what a swipe comes to", func() bool {
		if p.within(0, `has("menuitem", "*")`) {
			p.key("\x1b")
		}
		if _, _, ok := p.aim(2*time.Second, role, name, "", false); ok {
			p.swipe(role, name, by)
		}
		return p.within(2*time.Second, wanted)
	})
}

// rests puts a finger on something until that brings up a menu. A line may move away
// from under it while others come.
func (p *tab) rests(role, name, item string) {
	p.t.Helper()
	there := "has(" + quote("menuitem") + ", " + quote(item) + ")"
	eventually(p.t, "the menu under a finger", func() bool {
		if x, y, ok := p.aim(2*time.Second, role, name, "", false); ok {
			p.touch(input.TouchPoint{X: x, Y: y})
			p.within(2*time.Second, there)
			p.lift()
		}
		return p.within(200*time.Millisecond, there)
	})
}

// chooses has a file input take files, as the browser's dialog would.
func (p *tab) chooses(input string, files ...string) {
	p.t.Helper()
	p.until("where files are chosen", `text() !== null && !!document.querySelector(`+quote(input)+`)`)
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		found, err := cdp.Call(ctx, target, runtime.Evaluate, runtime.EvaluateParams{Expression: `document.querySelector(` + quote(input) + `)`})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, target, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: files, ObjectID: found.Result.ObjectID})
		return err
	}))
}

// paste pastes what was copied.
func (p *tab) paste() {
	p.t.Helper()
	p.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeKeyDown, Key: "v", Code: "KeyV", WindowsVirtualKeyCode: 86, Modifiers: int64(chromedp.ModifierCtrl), Commands: []string{"paste"},
	}), call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: "v", Code: "KeyV", WindowsVirtualKeyCode: 86}))
}

// allow has the browser let the page do something without asking.
func (p *person) allow(permission string) {
	p.t.Helper()
	set := browser.SetPermissionParams{Permission: &browser.PermissionDescriptor{Name: permission}, Setting: browser.PermissionSettingGranted, Origin: p.door.origin(), BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if _, err := chromedp.CallBrowser(ctx, browser.SetPermission, set); err != nil {
		p.t.Fatal(err)
	}
}

// rewrites replaces what a field holds, which the page may still be filling.
func (p *tab) rewrites(field, text string) {
	p.t.Helper()
	eventually(p.t, "that "+field+" holds "+text, func() bool {
		p.types(field, text)
		held, err := p.try("holds(" + quote(field) + ")")
		return err == nil && held == quote(text)
	})
}

// drawn comes when what a key led to is drawn: some views move the focus with the next frame.
const drawn = `Promise.race([new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))), new Promise((r) => setTimeout(r, 5000))])`

// pressUntil presses a key until what has the focus is as wanted. Each press has come to
// something before the next: one too many would go past it.
func (p *tab) pressUntil(key, wanted string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if out, err := p.js(drawn + `.then(() => ` + wanted + `)`); err == nil && out == "true" {
			return
		}
		p.key(key, modifiers...)
	}
	p.t.Fatalf("%s never gets to %s; there is %s", p.name, wanted, p.must(`document.activeElement.outerHTML.slice(0, 300)`))
}

// newPicture writes a picture that nobody else has, and returns its file.
func (s *site) newPicture(name string, w, h int) string {
	s.t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, w, h))
	base := color.RGBA{uint8(rand.IntN(256)), uint8(rand.IntN(256)), uint8(rand.IntN(256)), 255}
	for x := range w {
		for y := range h {
			c := base
			c.R += uint8((x / 8) * 9)
			c.G += uint8((y / 8) * 7)
			c.B += uint8(rand.IntN(24))
			picture.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		s.t.Fatal(err)
	}
	// Not among what the server keeps.
	file := filepath.Join(s.outside(), name)
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return file
}

// outside is a directory that isn't the server's.
func (s *site) outside() string { return s.t.TempDir() }

// pictureIn waits for a picture that the page draws, and returns it: as the page has
// it, the server mustn't.
func (p *person) pictureIn(selector string) []byte {
	p.t.Helper()
	p.until("a picture", `text() !== null && document.querySelector(`+quote(selector)+`)?.naturalWidth > 0`)
	var url string
	_ = json.Unmarshal([]byte(p.must(`document.querySelector(`+quote(selector)+`).src`)), &url)
	_, coded, found := strings.Cut(url, ";base64,")
	if !found {
		p.t.Fatalf("the picture is at %.40s; want it in the page", url)
	}
	var picture []byte
	if err := json.Unmarshal(fmt.Appendf(nil, "%q", coded), &picture); err != nil {
		p.t.Fatal(err)
	}
	return picture
}
