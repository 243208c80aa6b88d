package browser

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A duet is two people with a browser each, who talk.
type duet struct {
	*site
	alice, bob *person
	fresh      string // what a browser keeps that nobody has signed in with
}

// TestTwoPeople: two people get to know one another and use what a conversation has,
// chapter by chapter.
func TestTwoPeople(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := &duet{site: s, alice: s.person("alice"), bob: s.person("bob")}
	d.alice.visit()
	d.alice.has("button", "Create an account")
	d.fresh = d.alice.must(inDatabases)
	d.alice.signUp()
	d.bob.signUp()
	s.chapters([]chapter{
		{"first words", d.firstWords},
		{"deeds", d.deeds},
		{"disappearing", d.disappearing},
		{"writing", d.writing},
		{"keyboard", d.keyboard},
		{"touch", d.touching},
		{"two tabs", d.twoTabs},
		{"reload in mid-send", d.reloadInMidSend},
		{"offline", d.offline},
		{"list", d.inTheList},
		{"receipts", d.receipts},
		{"disappeared", d.disappeared},
		{"blocked", d.blocked},
		{"settings", d.ownSettings},
		{"erased", d.erased},
	})
}

// meet has both look at their conversation.
func (d *duet) meet() {
	d.t.Helper()
	for _, p := range []*person{d.alice, d.bob} {
		p.goTo("#/")
		p.has("heading", "Chats")
	}
	d.alice.open(d.bob.display())
	d.bob.open(d.alice.display())
	for _, p := range []*person{d.alice, d.bob} {
		p.has("textbox", "Message to *")
	}
}

// firstWords: one asks, the other accepts, both write; each learns the other's name
// and how far the own words have come.
func (d *duet) firstWords() {
	alice, bob := d.alice, d.bob
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
		d.t.Errorf("bob has %d messages; want 3", n)
	}
}

// deeds: a message is answered, reacted to, changed, copied and taken back, and the
// other one sees what concerns them.
func (d *duet) deeds() {
	alice, bob := d.alice, d.bob
	d.meet()
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
	alice.rewrites("Message to *", "my better answer "+mark)
	alice.enter()
	bob.has("article", "*my better answer "+mark+"*edited*")
	bob.hasNot("article", "*my answer*")

	alice.allow("clipboard-write")
	alice.allow("clipboard-read")
	alice.deeds("*my better answer*")
	alice.press("menuitem", "Copy")
	alice.sees("Copied")
	alice.types("Message to *", "copied: ")
	alice.paste()
	alice.until("what was copied", `holds("Message to *") === `+quote("copied: my better answer "+mark))
	alice.enter()
	bob.hears("copied: my better answer " + mark)

	bob.deeds("You, *: hello from bob*")
	bob.press("menuitem", "Unsend")
	bob.press("button", "Unsend")
	alice.has("article", "*unsent a message*")
	alice.hasNot("article", "*, *: hello from bob*")
}

// disappearing: messages can be set to disappear after they're read.
func (d *duet) disappearing() {
	alice, bob := d.alice, d.bob
	d.meet()
	alice.timer("After 30 *")
	alice.has("article", "You set messages to disappear*")
	bob.has("article", "*set messages to disappear*")
	alice.send("soon gone " + mark)
	bob.hears("soon gone " + mark)
	alice.has("article", "*soon gone*Read.")
	alice.timer("Off")
	bob.has("article", "*turned off disappearing messages")
	alice.send("here to stay " + mark)
	bob.hears("here to stay " + mark)
}

// timer chooses when messages of the open conversation disappear.
func (p *tab) timer(choice string) {
	p.t.Helper()
	p.press("button", "Options of this conversation")
	p.press("menuitem", "Disappearing messages")
	p.press("button", choice)
}

// disappeared: what was to disappear has, for both, and nothing else.
func (d *duet) disappeared() {
	d.meet()
	for _, p := range []*person{d.alice, d.bob} {
		p.hasNot("article", "*soon gone*")
		p.press("searchbox", "Search")
		p.typesInto("searchbox", "Search", "here to stay")
		p.until("what was found", `text() !== null && document.querySelector(".results")?.innerText.includes("here to stay")`)
		eventually(d.t, "that what was to disappear isn't found", func() bool {
			p.typesInto("searchbox", "Search", "stay") // what was found isn't looked for again by itself
			p.typesInto("searchbox", "Search", "soon gone")
			return p.within(time.Second, `shows("Nothing found")`)
		})
		p.key("\x1b")
	}
}

// twoTabs: both tabs of a profile work at once, and show the same.
func (d *duet) twoTabs() {
	alice, bob := d.alice, d.bob
	d.meet()
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
		if got, want := p.lastTexts(3), []string{"from the second tab " + mark, "from the first tab " + mark, "to both " + mark}; !slices.Equal(got, want) {
			d.t.Errorf("a tab shows %q; want %q", got, want)
		}
	}
}

// reloadInMidSend: what was sent just before a reload arrives, once.
func (d *duet) reloadInMidSend() {
	alice, bob := d.alice, d.bob
	d.meet()
	texts := []string{"first " + mark, "second " + mark, "third " + mark}
	for _, text := range texts {
		alice.types("Message to *", text)
		alice.enter()
		alice.has("article", "You, *: "+text+"*") // it's kept, not sent yet perhaps
		alice.do(chromedp.Reload())
		alice.has("textbox", "Message to *")
	}
	for _, text := range texts {
		bob.hears(text)
		alice.has("article", "You, *: "+text+"*")
	}
	alice.has("article", "*third*Read.")
	if got := bob.lastTexts(3); !slices.Equal(got, texts) {
		d.t.Errorf("bob reads %q; want %q", got, texts)
	}
}

// offline: without a connection the page starts and reads, and keeps what is written;
// with it again that arrives, once and in order.
func (d *duet) offline() {
	alice, bob := d.alice, d.bob
	d.meet()
	bob.send("before the tunnel " + mark)
	alice.hears("before the tunnel " + mark)
	alice.until("its service worker", workerReady)
	alice.heard.expectOffline()
	alice.offline(true)
	alice.do(chromedp.Reload())
	alice.hears("before the tunnel " + mark)
	alice.sees("You’re offline")
	texts := []string{"tunnel one " + mark, "tunnel two " + mark, "tunnel three " + mark}
	for _, text := range texts {
		alice.send(text)
		alice.has("article", "*"+text+"*Waiting to be sent.")
	}
	alice.do(chromedp.Reload()) // they outlast that
	alice.has("article", "*tunnel three*Waiting to be sent.")
	if bob.within(0, "shows("+quote(texts[0])+")") {
		d.t.Fatal("the door wasn't shut")
	}
	alice.offline(false)
	for _, text := range texts {
		bob.hears(text)
	}
	alice.has("article", "*tunnel three*Read.")
	if got := bob.lastTexts(3); !slices.Equal(got, texts) {
		d.t.Errorf("bob reads %q; want %q", got, texts)
	}
}

// blocked: who is blocked isn't heard, nor told; what was refused can be tried again
// or deleted. Once they aren't blocked any more it goes on.
func (d *duet) blocked() {
	alice, bob := d.alice, d.bob
	d.meet()
	bob.goTo("#/")
	bob.menu("link", "*"+alice.display()+"*")
	bob.press("menuitem", "Block *")
	bob.press("button", "Block")
	bob.open(alice.display())
	bob.sees("You’ve blocked " + alice.display())
	bob.hasNot("textbox", "Message to *")
	for _, text := range []string{"can you hear me ", "never mind "} {
		alice.send(text + mark)
		alice.has("article", "*"+text+"*Not sent*")
	}
	alice.deeds("*never mind*")
	alice.press("menuitem", "Delete")
	alice.hasNot("article", "*never mind*")
	bob.goTo("#/settings/privacy")
	bob.sees("@alice")
	bob.press("button", "Unblock: *")
	bob.sees("You haven’t blocked anybody.")
	d.bob.goTo("#/")
	bob.open(alice.display())
	alice.send("and now " + mark)
	bob.hears("and now " + mark) // all before it would have come
	if bob.within(0, "shows("+quote("can you hear me")+")") {
		d.t.Error("what was refused arrives after all")
	}
	alice.press("button", "Try again")
	bob.hears("can you hear me " + mark)
	alice.has("article", "*can you hear me*Read.")
	if bob.within(0, "shows("+quote("never mind")+")") {
		d.t.Error("what was deleted arrives after all")
	}
}
