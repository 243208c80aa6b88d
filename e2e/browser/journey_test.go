package browser

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// TestFirstWords: two people sign up, one asks, the other accepts, both write; each
// learns the other's name and how far the own words have come.
func TestFirstWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	both := s.people("alice", "bob")
	alice, bob := both[0], both[1]
	alice.startWith(bob)
	alice.send("hello from alice " + mark)
	alice.sees("Request sent")
	alice.hasNot("textbox", "Message to *")
	bob.accept(alice)
	bob.open("alice")
	bob.hears("hello from alice " + mark)
	bob.send("hello from bob " + mark)
	alice.hears("hello from bob " + mark)
	alice.has("heading", bob.display())
	bob.has("heading", alice.display())
	alice.send("and again " + mark)
	bob.hears("and again " + mark)
	alice.has("article", "*and again "+mark+"* Read.")
	if n := bob.count("article", "*: *"); n != 3 {
		t.Errorf("bob has %d messages; want 3", n)
	}
}

// TestDeeds: a message is answered, reacted to, changed and taken back, and the other
// one sees each.
func TestDeeds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	both := s.people("alice", "bob")
	alice, bob := both[0], both[1]
	acquaint(alice, bob)

	alice.deeds("*hello from bob*")
	alice.press("menuitem", "Reply")
	alice.sees("Answering")
	alice.send("my answer " + mark)
	bob.has("article", "*my answer "+mark+"*Answers*hello from bob*")

	bob.deeds("*my answer*")
	bob.press("menuitem", "React with 👍")
	alice.has("article", "*my answer*Reactions: 👍*")

	alice.deeds("*my answer*")
	alice.press("menuitem", "Edit")
	alice.sees("Editing")
	alice.until("the text to edit", `text() && document.querySelector(".composer textarea").value.startsWith("my answer")`)
	time.Sleep(500 * time.Millisecond) // the page puts the cursor behind it
	alice.types("Message to *", "my better answer "+mark)
	alice.enter()
	bob.has("article", "*my better answer "+mark+"*edited*")
	bob.hasNot("article", "*my answer*")

	bob.deeds("You, *: hello from bob*")
	bob.press("menuitem", "Unsend")
	bob.press("button", "Unsend")
	alice.has("article", "*unsent a message*")
	alice.hasNot("article", "*, *: hello from bob*")
}

// TestGroup: a group is made, somebody comes and goes; who has gone reads nothing
// more.
func TestGroup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	all := s.people("alice", "bob", "carol")
	alice, bob, carol := all[0], all[1], all[2]
	title := "Cooks " + mark
	acquaint(alice, bob)

	alice.press("button", "New conversation")
	for _, name := range []string{"bob", "carol"} {
		alice.types("Who do you want to write to?", name)
		alice.strikes(",", "Comma", 188)
		alice.has("button", "Remove *")
	}
	alice.types("Group name", title)
	alice.press("button", "Create group")
	alice.has("heading", title)
	alice.send("welcome " + mark)
	bob.open(title)
	bob.hears("welcome " + mark)
	carol.press("button", "Message requests*")
	carol.press("button", "Accept: *")
	carol.press("button", "Back")
	carol.open(title)
	carol.hears("welcome " + mark)
	carol.send("thanks " + mark)
	bob.hears("thanks " + mark)
	alice.hears("thanks " + mark)

	alice.press("button", "Options of this conversation")
	alice.press("menuitem", "Group info")
	alice.press("button", "Options for carol*")
	alice.press("menuitem", "Remove from the group")
	alice.press("button", "Remove")
	alice.sees("was removed")
	carol.sees("You’re not in this group any more")
	alice.press("button", "Close")
	alice.hasNot("dialog", "*")
	alice.send("between us " + mark)
	bob.hears("between us " + mark)
	if carol.within(0, "shows("+quote("between us")+")") {
		t.Error("who was removed reads on")
	}
}

// TestTwoTabs: both tabs of a profile work at once, and show the same.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	both := s.people("alice", "bob")
	alice, bob := both[0], both[1]
	acquaint(alice, bob)
	second := alice.another()
	second.do(chromedp.Navigate(alice.door.origin()))
	second.open(bob.display())
	second.send("from the second tab " + mark)
	alice.has("article", "You, *: from the second tab*")
	bob.hears("from the second tab " + mark)
	alice.send("from the first tab " + mark)
	second.has("article", "You, *: from the first tab*")
	bob.send("to both " + mark)
	alice.hears("to both " + mark)
	second.hears("to both " + mark)
	for _, p := range []*tab{alice.tab, second} {
		if n := p.count("article", "*: *"); n != 5 {
			t.Errorf("a tab shows %d messages; want 5", n)
		}
	}
}

// TestReloadInMidSend: what was sent just before a reload arrives, once.
func TestReloadInMidSend(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	both := s.people("alice", "bob")
	alice, bob := both[0], both[1]
	acquaint(alice, bob)
	for _, text := range []string{"first " + mark, "second " + mark, "third " + mark} {
		alice.types("Message to *", text)
		alice.enter()
		alice.has("article", "You, *: "+text+"*") // it's kept, not sent yet perhaps
		alice.do(chromedp.Reload())
		alice.has("textbox", "Message to *")
	}
	for _, text := range []string{"first " + mark, "second " + mark, "third " + mark} {
		bob.hears(text)
		alice.has("article", "You, *: "+text+"*")
	}
	alice.has("article", "*third*Read.")
	if n := bob.count("article", "*: *"); n != 5 {
		t.Errorf("bob has %d messages; want 5", n)
	}
}

// TestOffline: without a connection the page starts and reads, and keeps what is
// written; with it again that arrives, once and in order.
func TestOffline(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	both := s.people("alice", "bob")
	alice, bob := both[0], both[1]
	acquaint(alice, bob)
	alice.until("its service worker", workerReady)
	alice.heard.expectOffline()
	alice.offline(true)
	alice.do(chromedp.Reload())
	alice.hears("hello from bob " + mark)
	alice.sees("You’re offline")
	texts := []string{"one " + mark, "two " + mark, "three " + mark}
	for _, text := range texts {
		alice.send(text)
		alice.has("article", "*"+text+"*Waiting to be sent.")
	}
	alice.do(chromedp.Reload()) // they outlast that
	alice.has("article", "*three*Waiting to be sent.")
	if bob.within(0, "shows("+quote(texts[0])+")") {
		t.Fatal("the door wasn't shut")
	}
	alice.offline(false)
	for _, text := range texts {
		bob.hears(text)
	}
	alice.has("article", "*three*Read.")
	if got, want := bob.lastTexts(3), texts; !slices.Equal(got, want) {
		t.Errorf("bob reads %q; want %q", got, want)
	}
	if n := bob.count("article", "*: *"); n != 5 {
		t.Errorf("bob has %d messages; want 5", n)
	}
}

// TestDevices: a second device comes in by a code that the first one approves; one
// whose storage was wiped is told so, and comes back as the same person.
func TestDevices(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	both := s.people("alice", "bob")
	alice, bob := both[0], both[1]
	acquaint(alice, bob)
	laptop := s.person("alice")
	laptop.visit()
	laptop.signIn(alice)
	bob.send("to both devices " + mark)
	laptop.open(bob.display())
	laptop.hears("to both devices " + mark)
	laptop.send("from the laptop " + mark)
	bob.hears("from the laptop " + mark)
	alice.goTo("#/")
	alice.open(bob.display())
	alice.has("article", "You, *: from the laptop*")

	laptop.wipe()
	laptop.do(chromedp.Reload())
	laptop.sees("This browser cleared its storage")
	laptop.sees("The people you talk to will see you as the same person")
	laptop.signIn(alice)
	laptop.open(bob.display())
	bob.send("welcome back " + mark)
	laptop.hears("welcome back " + mark)
	if n := bob.count("link", "*"+mark+"*"); n != 1 {
		t.Errorf("bob has %d conversations; want the one", n)
	}
}

// wipe deletes what the page keeps, as a browser does that needs the space.
func (p *person) wipe() {
	p.t.Helper()
	p.heard.expect("favicon.ico") // a picture alone names no icon
	p.do(chromedp.Navigate(p.door.origin()+"/icons/icon.svg"), call(storage.ClearDataForOrigin, storage.ClearDataForOriginParams{Origin: p.door.origin(), StorageTypes: "indexeddb"}))
	p.do(chromedp.Navigate(p.door.origin()))
}

// signIn adds this browser to somebody's account, whose first device approves it.
func (p *person) signIn(first *person) {
	p.t.Helper()
	p.press("button", "Sign in")
	p.types("Name", first.account)
	p.types("Passphrase", passphraseOf(first.account))
	p.press("button", "Sign in")
	p.approved(first)
}

// approved waits, with its code, until the first device approves this one.
func (p *person) approved(first *person) {
	p.t.Helper()
	p.has("heading", "Approve this device")
	code := p.must(`document.querySelector(".code").lastChild.textContent.trim()`)
	first.goTo("#/settings/devices")
	first.sees("A device wants to be added")
	if other := first.must(`document.querySelector(".code").lastChild.textContent.trim()`); other != code {
		p.t.Fatalf("the codes are %s and %s; want the same", code, other)
	}
	first.press("button", "It shows this code: Approve")
	p.has("heading", "Chats")
}

// TestBlocked: who is blocked isn't heard, nor told; once they aren't blocked any more
// it goes on.
func TestBlocked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	both := s.people("alice", "bob")
	alice, bob := both[0], both[1]
	acquaint(alice, bob)
	bob.menu("link", "*"+alice.display()+"*")
	bob.press("menuitem", "Block *")
	bob.press("button", "Block")
	bob.open(alice.display())
	bob.sees("You’ve blocked " + alice.display())
	bob.hasNot("textbox", "Message to *")
	alice.send("can you hear me " + mark)
	alice.has("article", "*can you hear me*Not sent*")
	if bob.within(2*time.Second, "shows("+quote("can you hear me")+")") {
		t.Error("who is blocked is heard")
	}
	bob.goTo("#/settings/privacy")
	bob.sees("@alice")
	bob.press("button", "Unblock: *")
	bob.sees("You haven’t blocked anybody.")
	bob.goTo("#/")
	bob.open(alice.display())
	alice.send("and now " + mark)
	bob.hears("and now " + mark)
	if bob.within(time.Second, "shows("+quote("can you hear me")+")") {
		t.Error("what was refused arrives after all")
	}
}
