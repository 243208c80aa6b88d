package client_test

import (
	"testing"
	"time"

	"parley/client"
	"parley/content"
)

// timer sets after how many seconds messages disappear.
func (p *person) timer(seconds uint32) {
	p.w.t.Helper()
	if err := p.SetRoomInfo(p.w.t.Context(), p.room().Room, content.RoomSettings{TimerS: &seconds}); err != nil {
		p.w.t.Fatal(err)
	}
}

// holds fails unless p holds text or doesn't, as want says.
func (p *person) holds(what, text string, want bool) {
	p.w.t.Helper()
	ctx := p.w.t.Context()
	if err := p.Sweep(ctx); err != nil {
		p.w.t.Fatal(err)
	}
	keys, err := p.Holds(ctx, text)
	if err != nil || (len(keys) > 0) != want {
		p.w.t.Errorf("%s: %s holds %q in %v, %v; want %v", what, p.Account(), text, keys, err, want)
	}
}

// A message goes some time after it was read
// (draft-ietf-mimi-content-08, Section 5.8), and what was said of it too.
func TestDisappearing(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.clock.stop()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("stays", "bob")
	bob.sync()
	alice.timer(60)
	bob.sync()
	if r := bob.room(); r.TimerS != 60 {
		t.Fatalf("bob's timer is %d; want 60", r.TimerS)
	}
	id := alice.post(client.Outgoing{Text: "secret one"})
	if _, err := alice.Edit(ctx, id, "secret two"); err != nil {
		t.Fatal(err)
	}
	bob.sync()
	reply := bob.post(client.Outgoing{Text: "about it", Reply: id})
	if err := bob.PostReaction(ctx, id, "👍"); err != nil {
		t.Fatal(err)
	}
	bob.sync()
	alice.sync()
	w.clock.advance(61 * time.Second)
	alice.holds("a minute after sending", "secret", false)
	bob.holds("not read yet", "secret two", true)
	bob.restart()
	bob.read()
	bob.holds("just read", "secret two", true)
	if v, err := bob.Lookup(ctx, id); err != nil || v.ExpiresMS == 0 || v.TimerS != 60 {
		t.Errorf("Lookup = %+v, %v; want its end", v, err)
	}
	w.clock.advance(61 * time.Second)
	if v := bob.last(); v.Kind != client.KindNotice && v.Text != "stays" {
		t.Errorf("a minute after reading bob still sees %q", v.Text)
	}
	bob.holds("a minute after reading", "secret", false)
	bob.holds("a minute after reading", "stays", true)
	if _, err := bob.Lookup(ctx, id); err == nil {
		t.Error("it is still found by its id")
	}
	if r := bob.room(); r.Last == nil || r.Last.Text != "stays" {
		t.Errorf("the list shows %+v; want what stays", r.Last)
	}
	alice.read()
	w.clock.advance(61 * time.Second)
	alice.holds("the reply", "about it", false)
	page, err := alice.Page(ctx, alice.room().Room, client.PageOf{Limit: 10})
	if err != nil || page.Quotes[id] != nil || page.Quotes[reply] != nil {
		t.Errorf("quotes = %v, %v; want none", page.Quotes, err)
	}
	alice.timer(0)
	alice.post(client.Outgoing{Text: "stays too"})
	w.clock.advance(time.Hour)
	alice.holds("without a timer", "stays too", true)
}

// What comes too late for its message goes by its own time.
func TestEditOfWhatIsGone(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.clock.stop()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	alice.timer(60)
	id := alice.post(client.Outgoing{Text: "first"})
	bob.read()
	w.clock.advance(59 * time.Second)
	if _, err := alice.Edit(ctx, id, "second"); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(2 * time.Second)
	bob.holds("the message", "first", false)
	bob.sync()
	w.clock.advance(61 * time.Second)
	bob.holds("the late edit", "second", false)
}

// What a sender says of a message's end is taken within bounds.
func TestForgedExpires(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.clock.stop()
	alice, mallory := w.signUp("alice"), w.signUp("mallory")
	alice.sendTo("start", "mallory")
	mallory.sync()
	room := mallory.room().Room
	day := uint32(86400)
	now := uint32(w.clock.now().Unix())
	for text, e := range map[string]content.Expiration{
		"relative nothing": {Relative: true}, "relative for ever": {Relative: true, Seconds: 1<<32 - 1},
		"absolute before": {Seconds: 1}, "absolute for ever": {Seconds: 1<<32 - 1}, "absolute soon": {Seconds: now + day},
	} {
		m := content.NewText(content.Extensions{Sender: mallory.Account(), Room: room}, text)
		m.Expires = &e
		data, _, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		mallory.sendRaw(room, data)
	}
	alice.sync()
	for _, text := range []string{"relative nothing", "relative for ever", "absolute for ever", "absolute soon", "absolute before"} {
		alice.holds("as it came", text, true)
	}
	alice.read()
	w.clock.advance(6 * time.Second)
	alice.holds("some seconds after", "relative nothing", false)
	alice.holds("some seconds after", "absolute before", false)
	alice.holds("some seconds after", "absolute soon", true)
	w.clock.advance(24 * time.Hour)
	alice.holds("a day after", "absolute soon", false)
	alice.holds("a day after", "for ever", true)
	w.clock.advance(366 * 24 * time.Hour)
	alice.holds("a year after", "for ever", false)

	// An edit takes no message with it, nor comes back as the old text.
	id := alice.sendTo("whole", "mallory")
	mallory.sync()
	edit := content.NewEdit(content.Extensions{Sender: mallory.Account(), Room: room}, id, client.MessageID{}, "broken")
	edit.Expires = &content.Expiration{Relative: true, Seconds: 5}
	data, _, err := edit.Encode()
	if err != nil {
		t.Fatal(err)
	}
	mallory.sendRaw(room, data)
	alice.sync()
	w.clock.advance(time.Minute)
	if v, err := alice.Lookup(ctx, id); err != nil || v.Text != "whole" {
		t.Errorf("after mallory's edit: %+v, %v; want it whole", v, err)
	}
}
