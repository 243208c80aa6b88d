package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"parley/identity"
)

// TestDevices: a second device comes in by a code that the first one approves, and
// shares drafts and what is pinned; one whose storage was wiped is told so, and comes
// back as the same person; one that is erased leaves the other.
func TestDevices(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	both := s.people("alice", "bob")
	acquaint(both[0], both[1])
	laptop := s.person("alice")
	laptop.name = "laptop"
	d := &devices{s, both[0], both[1], laptop, ""}
	s.chapters([]chapter{{"second device", d.second}, {"shared", d.shared}, {"wiped", d.wiped}, {"erased", d.erased}})
}

// devices are somebody with two, and somebody with one.
type devices struct {
	*site
	alice, bob, laptop *person
	fresh              string // what a browser keeps that nobody has signed in with
}

func (d *devices) second() {
	alice, bob, laptop := d.alice, d.bob, d.laptop
	laptop.visit()
	laptop.has("button", "Create an account")
	d.fresh = laptop.must(inDatabases)
	laptop.signIn(alice)
	laptop.open(bob.display()) // it's in the conversation then
	bob.send("to both devices " + mark)
	laptop.hears("to both devices " + mark)
	laptop.send("from the laptop " + mark)
	bob.hears("from the laptop " + mark)
	alice.goTo("#/")
	alice.open(bob.display())
	alice.has("article", "You, *: from the laptop*")
}

// shared: what one begins to write on one device one can go on with on the other;
// what is read or pinned there is so here.
func (d *devices) shared() {
	alice, bob, laptop := d.alice, d.bob, d.laptop
	for _, p := range []*person{alice, laptop} {
		p.goTo("#/")
		p.has("heading", "Chats")
	}
	row := "*" + bob.display() + "*"
	bob.send("read it anywhere " + mark)
	for _, p := range []*person{alice, laptop} {
		p.has("link", row+"unread*")
	}
	laptop.open(bob.display())
	alice.hasNot("link", row+"unread*")
	laptop.types("Message to *", "begun on the laptop "+mark)
	laptop.goTo("#/")
	alice.has("link", row+"Draft:*begun on the laptop*")
	alice.open(bob.display())
	alice.until("the draft", `holds("Message to *") === `+quote("begun on the laptop "+mark))
	alice.until("focus", `focus("textbox", "Message to *")`)
	alice.enter()
	bob.hears("begun on the laptop " + mark)
	laptop.hasNot("link", row+"Draft:*")
	laptop.menu("link", row)
	laptop.press("menuitem", "Pin")
	alice.goTo("#/")
	alice.has("link", row+"Pinned.*")
}

func (d *devices) wiped() {
	alice, bob, laptop := d.alice, d.bob, d.laptop
	laptop.wipe()
	laptop.do(chromedp.Reload())
	laptop.sees("This browser cleared its storage")
	laptop.sees("The people you talk to will see you as the same person")
	laptop.signIn(alice)
	laptop.open(bob.display())
	bob.send("welcome back " + mark)
	laptop.hears("welcome back " + mark)
	if n := bob.count("link", "*"+mark+"*"); n != 1 {
		d.t.Errorf("bob has %d conversations; want the one", n)
	}
}

// erased: who signs out of one device goes on with the other.
func (d *devices) erased() {
	alice, bob, laptop := d.alice, d.bob, d.laptop
	laptop.erase(d.fresh)
	alice.goTo("#/settings/devices")
	alice.until("the device that was wiped", `names("button").filter((n) => n.startsWith("Remove ")).length === 1`)
	alice.press("button", "Remove *")
	alice.press("button", "Remove")
	alice.sees("Device removed")
	alice.hasNot("button", "Remove *")
	alice.goTo("#/")
	alice.open(bob.display())
	alice.send("from the one that is left " + mark)
	bob.hears("from the one that is left " + mark)
}

// erase signs out of a device, which keeps no more then than a fresh one.
func (p *person) erase(fresh string) {
	p.t.Helper()
	p.goTo("#/settings/account")
	p.opens("button", "Sign out and erase this device", "button", "Sign out and erase")
	p.press("button", "Sign out and erase")
	p.has("button", "Create an account")
	if left := p.must(inDatabases); left != fresh {
		p.t.Errorf("what is left: %s; want %s", left, fresh)
	}
}

// inDatabases names what the page's databases hold.
const inDatabases = `(async () => {
  const of = (request) => new Promise((ok, no) => { request.onsuccess = () => ok(request.result); request.onerror = no; });
  const all = [];
  for (const { name } of await indexedDB.databases()) {
    const db = await of(indexedDB.open(name));
    for (const store of db.objectStoreNames) {
      const n = await of(db.transaction(store).objectStore(store).count());
      if (n > 0) all.push(name + "/" + store + ": " + n);
    }
    db.close();
  }
  return all;
})()`

// room is the conversation that is open.
func (p *person) room() identity.Room {
	p.t.Helper()
	address := p.must(`decodeURIComponent(/\/c\/([^/?]+)/.exec(location.hash)[1])`)
	return identity.Room(strings.Trim(address, `"`))
}

// wipe deletes what the page keeps, as a browser does that needs the space. Nobody is
// on the page meanwhile, and its worker has ended: else it may write anew.
func (p *person) wipe() {
	p.t.Helper()
	p.do(chromedp.Navigate("about:blank"))
	p.left()
	p.do(call(storage.ClearDataForOrigin, storage.ClearDataForOriginParams{Origin: p.door.origin(), StorageTypes: "indexeddb"}))
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
