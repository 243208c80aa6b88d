package bridge

import (
	"strings"
	"testing"
	"time"
)

// toldOf reports whether an event was told whose data holds a text.
func (p *page) toldOf(event, text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.told {
		if e.event == event && strings.Contains(e.data, text) {
			return true
		}
	}
	return false
}

// Nothing that somebody writes is notified who is restricted or blocked, in a group either;
// what others write there is.
func TestNotNotified(t *testing.T) {
	url := newServer(t)
	ada, bob, cem := newPage(t, url).signUp("ada"), newPage(t, url).signUp("bob"), newPage(t, url).signUp("cem")
	group := ada.opened(Start{Names: []string{"bob", "cem"}, Group: true, Title: "us"}).Room
	direct := ada.opened(Start{Names: []string{"cem"}}).Room
	writes := func(p *page, room, text string) {
		p.until("it is sent: "+text, func() bool { _, err := try[Sent](p, "send", Send{Room: room, Text: text}); return err == nil })
	}
	for i, method := range []string{"restrict", "block"} {
		ask[Nothing](ada, method, Accounts{Accounts: []string{"bob"}})
		n := string(rune('1' + i))
		writes(cem, group, "cem in the group "+n)
		ada.until("cem's came", func() bool { return ada.newest(group).Text == "cem in the group "+n })
		writes(bob, group, "bob in the group "+n)
		ada.until("bob's came", func() bool { return ada.newest(group).Text == "bob in the group "+n })
		writes(cem, direct, "cem alone "+n) // what is told of it is told after all before
		deadline := time.Now().Add(30 * time.Second)
		for !ada.toldOf("notify", "cem alone "+n) && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond)
		}
		if !ada.toldOf("notify", "cem alone "+n) || !ada.toldOf("notify", "cem in the group "+n) {
			t.Errorf("%s: what cem writes isn't notified", method)
		}
		if ada.toldOf("notify", "bob in the group "+n) {
			t.Errorf("%s: what bob writes is notified", method)
		}
	}
}
