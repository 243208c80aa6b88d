package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// TestAccessible: axe finds nothing in any view, light and dark, from left to right
// and from right to left.
func TestAccessible(t *testing.T) {
	axe := readAxe(t)
	for _, c := range []struct {
		language, name string
		lines          lines
	}{{"en", "English", english}, {"ar", "العربية", arabic}} {
		t.Run(c.language, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			n := 0
			look := func(o *tour, name string) {
				o.axe(axe, name+", light", nil)
				o.scheme("dark")
				o.axe(axe, name+", dark", []string{"color-contrast"})
				o.scheme("light")
				n++
			}
			maya := newTour(s, "maya", c.language, look)
			maya.arrive()
			maya.chosenLanguage(c.name)
			maya.main(maya.newWorld(c.lines), c.lines)
			newTour(s, "second", c.language, look).waits(maya)
			if n < 30 {
				t.Errorf("%d views were looked at", n)
			}
		})
	}
}

// readAxe reads axe-core, which npm installs with the page's other libraries.
func readAxe(t *testing.T) string {
	t.Helper()
	need(t)
	script, err := os.ReadFile(filepath.Join("..", "..", "web", "node_modules", "axe-core", "axe.min.js"))
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") != "true" {
		t.Skip("axe-core isn't installed: npm ci --ignore-scripts in web")
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// scheme has the browser prefer light or dark.
func (p *tab) scheme(name string) {
	p.t.Helper()
	p.do(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}))
}

// settled waits until nothing moves on the page.
func (p *tab) settled() {
	p.t.Helper()
	p.until("rest", `text() !== null && document.fonts.ready.then(() => document.getAnimations().every((a) => a.playState !== "running" || a.effect.getTiming().iterations === Infinity))`)
}

// axe fails the test for what axe finds in the page as it is; rules are all where
// none is named. It runs in a world of its own, which the page's policy isn't for.
// What it finds while the page is changing, as in a dialog that is just fading in, it
// looks for again.
func (p *tab) axe(script, view string, rules []string) {
	p.t.Helper()
	if known, err := p.apart(`typeof axe`); err != nil || known != "object" {
		if _, err := p.apart(script + "\n;''"); err != nil {
			p.t.Fatalf("%s: axe: %v", view, err)
		}
	}
	var found []violation
	for range 5 {
		p.settled()
		var moved bool
		if found, moved = p.violations(view, rules); len(found) == 0 || !moved {
			break
		}
	}
	for _, v := range found {
		p.t.Errorf("%s, %s: %s (%s)\n\t%s", p.name, view, v.Help, v.ID, strings.Join(v.Nodes, "\n\t"))
	}
}

// A violation is what axe finds in a page.
type violation struct {
	ID, Help string
	Nodes    []string // at most four of those it is found in, and why
}

// violations returns what axe finds now, and whether the page changed meanwhile.
func (p *tab) violations(view string, rules []string) ([]violation, bool) {
	p.t.Helper()
	options := map[string]any{"resultTypes": []string{"violations"}}
	if rules != nil {
		options["runOnly"] = rules
	}
	set, _ := json.Marshal(options)
	out, err := p.apart(`(async () => {
		let moved = false;
		const note = () => { moved = true; };
		for (const kind of ["animationstart", "transitionrun"]) document.addEventListener(kind, note, true);
		const changes = new MutationObserver(note);
		changes.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
		const found = await axe.run(document, ` + string(set) + `);
		changes.disconnect();
		for (const kind of ["animationstart", "transitionrun"]) document.removeEventListener(kind, note, true);
		return JSON.stringify({moved, violations: found.violations.map((v) => ({id: v.id, help: v.help,
			nodes: v.nodes.slice(0, 4).map((n) => n.html.slice(0, 200) + " " + n.any.map((a) => a.message).join("; ").slice(0, 200))}))});
	})()`)
	if err != nil {
		p.t.Fatalf("%s: axe: %v", view, err)
	}
	var found struct {
		Moved      bool
		Violations []violation
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		p.t.Fatal(err)
	}
	return found.Violations, found.Moved
}

// apart runs a script beside the page's own, in a world of its own, and returns the
// text that it promises.
func (p *tab) apart(script string) (string, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (string, error) {
		tree, err := cdp.Call(ctx, target, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return "", err
		}
		world, err := cdp.Call(ctx, target, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.Frame.ID, WorldName: "axe"})
		if err != nil {
			return "", err
		}
		yes := true
		out, err := cdp.Call(ctx, target, runtime.Evaluate, runtime.EvaluateParams{
			Expression: script, ContextID: world.ExecutionContextID, AwaitPromise: &yes, ReturnByValue: &yes,
		})
		if err != nil {
			return "", err
		}
		if x := out.ExceptionDetails; x != nil {
			return "", fmt.Errorf("%s %s", x.Text, x.Exception.Description)
		}
		var text string
		return text, json.Unmarshal([]byte(out.Result.Value), &text)
	})
}

// TestScreenshots writes every view as a picture: make screenshots.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("PARLEY_SCREENSHOTS")
	if dir == "" {
		t.Skip("PARLEY_SCREENSHOTS doesn't name a directory: make screenshots")
	}
	for _, c := range []struct {
		language, name string
		lines          lines
	}{{"en", "English", english}, {"ar", "العربية", arabic}} {
		s := newSite(t)
		sizes := screens // those that a view is shown in; a menu closes when the size changes
		shoot := func(o *tour, name string) {
			for _, size := range sizes {
				if len(sizes) > 1 {
					o.do(chromedp.EmulateViewport(size.w, size.h))
				}
				for _, scheme := range []string{"light", "dark"} {
					o.scheme(scheme)
					o.settled()
					o.shoot(filepath.Join(dir, c.language+"-"+size.name+"-"+scheme), name)
				}
			}
			o.scheme("light")
		}
		maya := newTour(s, "maya", c.language, shoot)
		maya.arrive()
		maya.chosenLanguage(c.name)
		w := maya.newWorld(c.lines)
		newTour(s, "second", c.language, shoot).waits(maya)
		for i := range screens {
			sizes = screens[i : i+1]
			maya.do(chromedp.EmulateViewport(sizes[0].w, sizes[0].h))
			maya.main(w, c.lines)
		}
	}
}

// A screen is a size of the window.
type screen struct {
	name string
	w, h int64
}

var screens = []screen{{"desktop", 1280, 800}, {"phone", 390, 844}}

// shoot writes what the page shows to DIR/NAME.png.
func (p *tab) shoot(dir, name string) {
	p.t.Helper()
	picture, err := p.picture()
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}
