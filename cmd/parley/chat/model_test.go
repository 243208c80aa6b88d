package chat

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/client"
	"parley/identity"
)

func TestListAndUnread(t *testing.T) {
	c := newMemory()
	withBob, group := c.add(bob), c.add(bob, carol)
	c.say(withBob, bob, "first")
	c.say(withBob, bob, "second")
	s := start(t, c)
	s.shows("bob", "(2)", "second", "bob, carol", "Choose a conversation")

	// The newest conversation is on top.
	if got := s.m.rooms[0].Room; got != withBob {
		t.Errorf("on top: %s, want the one with bob", got)
	}
	c.say(group, carol, "to all")
	s.send(changedMsg{})
	if got := s.m.rooms[0].Room; got != group {
		t.Errorf("on top: %s, want the group", got)
	}
	s.shows("carol: to all")
	if s.m.rooms[s.m.cursor].Room != withBob {
		t.Error("the cursor left its conversation when the order changed")
	}

	// Opening reads to the end.
	s.press("enter")
	s.shows("bob: first", "bob: second", "── Sunday 22 November 2026")
	s.hides("(2)")
	if got := c.find(withBob).read; got != 2 {
		t.Errorf("read up to %d, want 2", got)
	}
}

func TestUnreadWithoutFocus(t *testing.T) {
	c := newMemory()
	room := c.add(bob)
	c.say(room, bob, "one")
	s := start(t, c)
	s.press("enter")
	s.send(teaBlur)
	c.say(room, bob, "two")
	s.send(changedMsg{})
	if got := c.find(room).read; got != 1 {
		t.Errorf("read up to %d while the window had no focus, want 1", got)
	}
	s.send(teaFocus)
	if got := c.find(room).read; got != 2 {
		t.Errorf("read up to %d, want 2", got)
	}
}

func TestTicks(t *testing.T) {
	c := newMemory()
	c.add(bob)
	s := start(t, c)
	s.press("enter")
	s.write("online")
	s.press("enter")
	s.shows("you: online " + signSent)

	c.offline = true
	s.write("offline")
	s.press("enter")
	s.shows("you: offline "+signQueued, "! kept in the outbox")
	s.hides("offline " + signSent)
	views := c.find(s.m.open).views
	views[0].State, views[1].State = client.StateDelivered, client.StateFailed
	s.send(changedMsg{})
	s.shows("you: online "+signDelivered, "you: offline "+signFailed)
	if got := s.m.draft().text; got != "" {
		t.Errorf("the composer still holds %q: it is in the outbox", got)
	}
}

func TestFailedSendGivesTextBack(t *testing.T) {
	c := newMemory()
	c.add(bob)
	s := start(t, c)
	s.press("enter")
	c.fail = errGone
	s.write("precious")
	s.press("enter")
	s.shows("! memory: gone", "> precious")
	c.fail = nil
	s.press("enter")
	s.shows("you: precious " + signSent)
}

func TestOrderOfSending(t *testing.T) {
	c := newMemory()
	c.add(bob)
	s := start(t, c)
	s.press("enter")
	// Two messages typed before the first call returns: only one may run.
	s.m.draft().set("1")
	first := s.m.submit()
	s.m.draft().set("2")
	if cmd := s.m.submit(); cmd != nil {
		t.Fatal("the second message was sent before the first was done")
	}
	if s.m.leave(); s.quit {
		t.Fatal("left with messages that are not in the outbox")
	}
	s.shows("Saving")
	s.do(first)
	if want := []string{"1", "2"}; !slices.Equal(c.order, want) || !s.quit {
		t.Errorf("sent %q and quit = %v, want %q and true", c.order, s.quit, want)
	}
}

func TestReplyReactEditUnsend(t *testing.T) {
	c := newMemory()
	room := c.add(bob)
	c.say(room, bob, "lunch?")
	s := start(t, c)
	s.press("enter")

	s.press("up")
	s.write("r")
	s.shows("Replying to bob: lunch?")
	s.write("yes")
	s.press("enter")
	s.shows("you ↪ bob: lunch?", "  yes "+signSent)

	s.press("up", "up")
	s.write("x")
	s.shows("React:")
	s.write("1")
	s.press("enter")
	s.shows("👍 you")
	s.write("x")
	s.write("0")
	s.press("enter")
	s.hides("👍 you")
	s.write("x")
	s.write("0")
	s.press("enter")
	s.shows("Only a reaction made since")

	s.press("esc", "up")
	s.write("e")
	s.shows("Editing", "> yes")
	s.write("!")
	s.press("enter")
	s.shows("  yes! (edited) " + signSent)

	s.press("up")
	s.write("u")
	s.shows("Unsend this message for everyone? (y/n)")
	s.write("n")
	s.shows("yes!")
	s.write("u")
	s.write("y")
	s.shows("(unsent)")
	s.hides("yes!")
}

// What would leave is shown before it does, and nothing leaves without a word.
func TestReport(t *testing.T) {
	c := newMemory()
	room := c.add(bob)
	id := c.say(room, bob, "you fool")
	s := start(t, c)
	s.press("enter")
	s.press("up")
	s.write("R")
	s.shows("Report to the safety desk", "1 harassment")
	s.write("1")
	s.press("enter")
	s.shows("A note for the desk")
	s.write("again")
	s.press("enter")
	s.shows("safety desk of example.org", "“you fool”", "Nothing else")
	s.press("enter")
	s.shows("Nothing was sent")
	if len(c.reported) != 0 {
		t.Fatalf("%d reports were sent", len(c.reported))
	}
	for _, answer := range []string{"1", "again", "b"} {
		if answer == "1" {
			s.write("R")
		}
		s.write(answer)
		s.press("enter")
	}
	s.shows("Reported")
	if len(c.reported) != 1 {
		t.Fatalf("%d reports were sent; want 1", len(c.reported))
	}
	d := c.reported[0]
	if d.Category != "harassment" || d.Note != "again" || !d.Block || d.About != bob || len(d.Messages) != 1 || d.Messages[0] != id {
		t.Errorf("reported is %+v", d)
	}
	c.aged = true
	s.write("R")
	for _, answer := range []string{"1", "again", "s"} {
		s.write(answer)
		s.press("enter")
		if answer == "again" {
			s.shows("too old")
		}
	}
	if len(c.reported) != 1 {
		t.Error("a report without messages was sent")
	}
}

func TestOnlyOwnMessages(t *testing.T) {
	c := newMemory()
	room := c.add(bob)
	id := c.say(room, bob, "mine")
	s := start(t, c)
	s.press("enter", "up")
	s.write("e")
	s.shows("Only your own messages can be edited")
	s.write("u")
	s.shows("Only your own messages can be unsent")
	if _, v := c.view(id); v.Text != "mine" || v.Unsent {
		t.Errorf("bob's message is now %+v", v)
	}
}

func TestNewConversation(t *testing.T) {
	c := newMemory()
	s := start(t, c)
	s.shows("None yet")
	s.write("n")
	s.shows("New conversation with")
	s.write("Bob!")
	s.press("enter")
	s.shows("Not an account name")
	s.write("n")
	s.write("bob carol")
	s.press("enter")
	s.shows("New: bob, carol", "begins with your first message")
	s.write("hello both")
	s.press("enter")
	s.shows("you: hello both "+signSent, "bob, carol")
	if got := c.find(s.m.open); got == nil || len(got.room.Accounts) != 3 {
		t.Fatalf("open is %q, want the new room", s.m.open)
	}

	// The same names open the same conversation.
	open := s.m.open
	s.press("ctrl+n")
	s.write("carol, bob")
	s.press("enter")
	if s.m.open != open {
		t.Errorf("the same names opened %q, want %q", s.m.open, open)
	}
}

func TestNewConversationThatFails(t *testing.T) {
	c := newMemory()
	s := start(t, c)
	s.press("ctrl+n")
	s.write("nobody")
	s.press("enter")
	c.fail = errGone
	s.write("hello?")
	s.press("enter")
	s.shows("! memory: gone", "> hello?", "New: nobody")
}

func TestDraftsStayWithTheirConversation(t *testing.T) {
	c := newMemory()
	c.say(c.add(bob), bob, "b")
	c.say(c.add(carol), carol, "c")
	s := start(t, c)
	s.press("enter")
	s.write("to carol")
	s.press("alt+down")
	s.hides("to carol")
	s.write("to bob")
	s.press("alt+up")
	s.shows("> to carol")
	s.hides("to bob")
}

func TestScrollStaysWhenMessagesArrive(t *testing.T) {
	c := newMemory()
	room := c.add(bob)
	for i := range 250 {
		c.say(room, bob, fmt.Sprintf("message %03d", i))
	}
	s := start(t, c)
	s.press("enter")
	s.shows("message 249")
	s.press("pgup")
	s.hides("bob: message 249")
	s.shows("more lines below")
	before := strings.Split(s.text(), "\n")[2:10]
	c.say(room, bob, "fresh")
	s.send(changedMsg{})
	s.hides("bob: fresh")
	if got := strings.Split(s.text(), "\n")[2:10]; !slices.Equal(trim(got), trim(before)) {
		t.Errorf("the screen moved:\n%s\nwas\n%s", strings.Join(got, "\n"), strings.Join(before, "\n"))
	}
	if got := c.find(room).read; got == 251 {
		t.Error("marked as read what was not on the screen")
	}

	// Older ones are loaded at the top.
	for range 40 {
		s.press("pgup")
	}
	s.shows("message 000")
	for range 40 {
		s.press("pgdown")
	}
	s.shows("bob: fresh")
	if got := c.find(room).read; got != 251 {
		t.Errorf("read up to %d, want 251", got)
	}
}

// trim cuts the list of conversations from drawn lines.
func trim(lines []string) (right []string) {
	for _, l := range lines {
		_, r, _ := strings.Cut(l, "│")
		right = append(right, r)
	}
	return right
}

func TestSelectionIsVisible(t *testing.T) {
	c := newMemory()
	room := c.add(bob)
	for i := range 60 {
		c.say(room, bob, fmt.Sprintf("m%02d %s", i, strings.Repeat("long ", i)))
	}
	s := start(t, c)
	s.press("enter", "up")
	visit := func(key string) {
		for s.m.mode == modeSelect {
			if want := fmt.Sprintf("bob: m%02d", s.m.selected); s.m.selected < 50 {
				s.shows(want) // longer ones don't fit as a whole
			}
			s.shows(">")
			was := s.m.selected
			if s.press(key); s.m.selected == was {
				return
			}
		}
	}
	visit("up")
	if s.m.selected != 0 {
		t.Fatalf("stopped at %d", s.m.selected)
	}
	visit("down")
	if s.m.mode != modeCompose {
		t.Errorf("below the last message the mode is %d, want the composer", s.m.mode)
	}
}

func TestReset(t *testing.T) {
	c := newMemory()
	room := c.add(bob)
	c.say(room, bob, "hi")
	c.find(room).room.ResetOf = []identity.Account{bob}
	c.find(room).room.Problem = "bob's account was reset"
	s := start(t, c)
	s.shows("! bob's account")
	s.press("enter")
	s.shows("The account of bob was reset. Ctrl+R")
	s.press("ctrl+r")
	s.shows("00001 00002", "00012", "(y/n)")
	s.write("y")
	if got := c.find(room).room.ResetOf; len(got) != 0 {
		t.Errorf("still waiting: %v", got)
	}
	s.shows("Confirmed", "! bob's account was reset")
	c.find(room).room.Problem, c.find(room).room.Active = "", false
	s.send(changedMsg{})
	s.shows("You are no longer in this conversation")
}

func TestNotices(t *testing.T) {
	c := newMemory()
	room := c.add(bob, carol)
	for _, n := range []client.Notice{client.NoticeJoined, client.NoticeLeft, "brand_new"} {
		c.mu.Lock()
		c.put(c.find(room), client.Message{Kind: client.KindNotice, Text: n, Subject: string(carol)})
		c.mu.Unlock()
	}
	s := start(t, c)
	s.press("enter")
	s.shows("carol came in", "carol is no longer in it", "brand new")
	for _, n := range []client.Message{
		{Text: client.NoticeLeft, From: carol, Subject: string(carol)},
		{Text: client.NoticeRemoved, From: bob, Subject: string(carol)},
		{Text: client.NoticeRemoved, From: bob, Subject: string(s.m.own)},
		{Text: client.NoticeLeft, From: s.m.own, Subject: string(s.m.own)},
	} {
		n.Kind = client.KindNotice
		c.mu.Lock()
		c.put(c.find(room), n)
		c.mu.Unlock()
	}
	s.send(changedMsg{})
	s.shows("carol left", "carol was taken out by bob", "you were taken out by bob", "you left")
}

func TestEndOfTheClient(t *testing.T) {
	s := start(t, newMemory())
	s.send(endedMsg{errGone})
	if !s.quit || s.m.ended != errGone {
		t.Errorf("quit = %v, ended = %v", s.quit, s.m.ended)
	}
}
