package chat

import (
	"strings"
	"testing"
	"time"

	"parley/client"
	"parley/identity"
)

// Warnings stand in lines of their own below their message, can't write to the terminal, and go when the
// message's text does.
func TestWarnings(t *testing.T) {
	c := newMemory()
	room := c.add(bob)
	c.say(room, bob, "the first")
	id := c.say(room, bob, "suspicious")
	c.say(room, bob, "the last")
	_, v := c.view(id)
	v.Reactions["👍"] = []identity.Account{alice}
	warn := func(v *client.View) []string {
		if v.Text != "suspicious" {
			return nil
		}
		return []string{"Look \x1b[2Jtwice\nat it. " + strings.Repeat("word ", 20) + "end", "Help: https://help.test/"}
	}
	s := &screen{t: t, m: newModel(t.Context(), c, Options{Explain: explain, Location: time.UTC, Warn: warn}), c: c}
	s.send(windowSize(80, 24))
	s.do(s.m.Init())
	s.press("enter")
	s.fits()
	s.shows("! Look \ufffd[2Jtwice at it.", "! Help: https://help.test/")
	if n := strings.Count(s.text(), "! "); n != 2 {
		t.Errorf("%d warnings, want 2:\n%s", n, s.text())
	}
	at := -1
	for _, want := range []string{"suspicious", "! Look", " end", "! Help", "👍 you", "the last"} {
		next := strings.LastIndex(s.text(), want)
		if next <= at {
			t.Errorf("%q isn't in its place:\n%s", want, s.text())
		}
		at = next
	}
	c.mu.Lock()
	v.Text = "harmless"
	c.mu.Unlock()
	s.send(changedMsg{})
	s.hides("! Look", "! Help")
}
