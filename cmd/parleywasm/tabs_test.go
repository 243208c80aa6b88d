//go:build !js

package main

import (
	"strings"
	"testing"
	"time"

	"parley/internal/browsertest"
)

// noShared takes SharedWorker away, as in browsers that have none.
const noShared = `delete globalThis.SharedWorker;`

// until waits until an expression is true. A page that loads anew meanwhile answers
// with an error.
func (b *tab) until(expression string) {
	b.t.Helper()
	var last error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		out, err := b.try(expression)
		if err == nil && out == "true" {
			return
		}
		last = err
	}
	b.t.Fatalf("never: %s (%v)", expression, last)
}

// Every tab works, and hears what happens in another one.
func TestTwoTabs(t *testing.T) {
	for name, before := range map[string]string{"shared": "", "elected": noShared} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			one := s.browser(before)
			two, _ := one.another(s, before)
			two.js(`core.then((c) => { c.on("boot", (b) => told.push(b.phase)); })`)
			one.signUp("ada")
			two.until(`told.includes("ready")`)
			if got := two.phase(); got != "ready" {
				t.Errorf("phase in the other tab = %q; want ready", got)
			}
			if locks := two.js(`navigator.locks.query().then((l) => l.held.filter((h) => h.name === "parley-core").length)`); locks != "1" {
				t.Errorf("%s hold the core's lock; want 1", locks)
			}
		})
	}
}

// If the tab that runs the core is closed another takes over, and repeats what
// wasn't answered.
func TestLeaderCloses(t *testing.T) {
	s := newSite(t)
	keeper := &tab{t: t, ctx: browsertest.Browser(t)} // keeps the browser open
	one, closeOne := keeper.another(s, noShared)
	one.signUp("ada")
	two, _ := keeper.another(s, noShared)
	if got := two.phase(); got != "ready" {
		t.Fatalf("phase in the other tab = %q; want ready", got)
	}
	two.js(`core.then((c) => { globalThis.late = []; for (let i = 0; i < 20; i++) c.storage().then(() => late.push(i)); })`)
	closeOne()
	two.until(`late.length === 20`)
	if got := two.phase(); got != "ready" {
		t.Errorf("phase after = %q; want ready", got)
	}
}

// A store that the browser has deleted is told, once; whoever signed out isn't told
// anything.
func TestWiped(t *testing.T) {
	s := newSite(t)
	b := s.browser(noShared)
	b.signUp("ada")
	b.do(navigate(s.url + "/empty"))
	b.js(`new Promise((r) => { const q = indexedDB.deleteDatabase("parley"); q.onsuccess = r; q.onerror = r; })`)
	b.do(navigate(s.url))
	first := b.js(`core.then((c) => c.boot())`)
	if !strings.Contains(first, `"phase":"none"`) || !strings.Contains(first, `"wiped":true`) {
		t.Errorf("boot after = %s; want none, and wiped", first)
	}
	if again := b.js(`core.then((c) => c.boot())`); !strings.Contains(again, `"wiped":false`) {
		t.Errorf("boot again = %s; want it said once", again)
	}
	// It doesn't make one a new person: the name is taken, and signing in adds a device.
	if _, err := b.try(`core.then((c) => c.signUp({name: "ada", passphrase: "words of ada", device_name: "x"}))`); err == nil {
		t.Error("a second account of the same name was made")
	}
	b.js(`core.then((c) => c.signIn({name: "ada", passphrase: "words of ada", device_name: "new"}))`)
	if got := b.phase(); got != "waiting" {
		t.Errorf("phase after signing in = %q; want waiting", got)
	}
	if out := b.js(`core.then((c) => c.signOut())`); !strings.Contains(out, `"phase":"none"`) || strings.Contains(out, `"wiped":true`) {
		t.Errorf("signOut = %s", out)
	}
	b.do(navigate(s.url))
	if out := b.js(`core.then((c) => c.boot())`); !strings.Contains(out, `"wiped":false`) {
		t.Errorf("boot after signing out = %s", out)
	}
}

// A newer version of the page takes the core over from the older one, whose tabs load
// anew.
func TestHandover(t *testing.T) {
	s := newSite(t)
	old := s.browser("")
	old.signUp("ada")
	old.js(`globalThis.before = true`)
	ctx, _ := browsertest.Tab(t, old.ctx)
	next := &tab{t: t, ctx: ctx}
	next.do(navigate(s.url + "/next"))
	if got := next.phase(); got != "ready" {
		t.Errorf("phase in the newer page = %q; want ready", got)
	}
	old.until(`globalThis.before === undefined`)
}
