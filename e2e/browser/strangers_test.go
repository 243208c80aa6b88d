package browser

import (
	"bytes"
	"image/jpeg"
	"testing"

	"github.com/chromedp/chromedp"

	"parley/client"
	"parley/content"
	"parley/identity"
)

// TestSomebodyNew: what somebody new sends after they were accepted is covered, and not
// fetched, until it is wanted; who is restricted may write and isn't heard; nothing
// offers a report where there is nobody to report to; an account is erased by a passkey.
func TestSomebodyNew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.person("alice")
	alice.authenticator()
	alice.signUp()
	bob := s.friend("bob", "Bob "+mark)
	n := &newcomer{s, alice, bob, bob.writes("alice", "hello "+mark)}
	s.chapters([]chapter{{"nobody to report to", n.noDesk}, {"covered", n.covered}, {"restricted", n.restricted}, {"erased by a passkey", n.erased}})
}

// A newcomer writes to alice, whose server has no safety desk.
type newcomer struct {
	*site
	alice *person
	bob   *friend
	room  identity.Room
}

// noDesk: neither the request nor the menu of a message has a report in it.
func (n *newcomer) noDesk() {
	alice := n.alice
	alice.goTo("#/requests/c/" + escaped(n.room))
	alice.has("button", "Accept")
	if alice.count("button", "Report*") != 0 {
		n.t.Error("a request can be reported, to nobody")
	}
	alice.press("button", "Accept")
	alice.has("textbox", "Message to *")
	alice.deeds("*: hello*")
	alice.has("menuitem", "Reply")
	if alice.count("menuitem", "Report*") != 0 {
		n.t.Error("a message can be reported, to nobody")
	}
	alice.key("\x1b")
	alice.hasNot("menuitem", "*")
}

// covered: a sticker, a post's poster and a link's picture are covered, and a voice
// message isn't fetched, here and on another device of hers; a press uncovers all, on both,
// also after the page is loaded again.
func (n *newcomer) covered() {
	alice, bob := n.alice, n.bob
	post := func(o client.Outgoing) {
		_, err := bob.Post(n.t.Context(), n.room, o)
		bob.must(err)
	}
	bob.accepted(n.room)
	post(client.Outgoing{Sticker: &content.Sticker{Picture: painting(256, 256), Emoji: "🎉"}})
	post(client.Outgoing{Text: "https://films.example/watch/1", Post: &content.Post{URL: "https://films.example/watch/1", Title: "Evening " + mark, Picture: poster()}})
	post(client.Outgoing{Text: "see https://garden.example/", Preview: &content.Preview{URL: "https://garden.example/", Title: "Garden " + mark, Picture: poster()}})
	voice := client.Attachment{Role: content.RoleVoice, Type: "audio/ogg", DurationMS: 2000}
	bob.shares(n.room, "", client.File{Attachment: voice, Data: bytes.NewReader(make([]byte, 4000)), Bytes: 4000})
	covered := `text() && document.querySelectorAll(".veil").length === 2 && document.querySelectorAll(".sticker:not(.veiled), .post-stage img:not(.veiled), .link-card-picture, .voice").length === 0`
	load := "Voice message, 0:02*"
	alice.has("button", load)
	alice.sees("Garden " + mark)
	alice.until("what is covered", covered)
	alice.shot("covered")
	alice.do(chromedp.Reload())
	alice.has("button", load)
	alice.until("what is still covered", covered)
	if alice.fetched() {
		n.t.Error("a voice message of somebody new is fetched")
	}
	laptop := n.site.person("alice")
	laptop.name = "laptop"
	laptop.visit()
	laptop.signIn(alice)
	laptop.goTo("#/c/" + escaped(n.room))
	laptop.sees("You joined") // what was sent before isn't for this device
	alice.goTo("#/c/" + escaped(n.room))
	bob.shares(n.room, "", client.File{Attachment: voice, Data: bytes.NewReader(make([]byte, 4000)), Bytes: 4000})
	for _, p := range []*person{alice, laptop} {
		p.has("button", load)
	}
	if laptop.fetched() {
		n.t.Error("a voice message of somebody new is fetched on another device, which was just added")
	}
	alice.press("button", load)
	laptop.hasNot("button", load)
	shown := `text() && !document.querySelector(".veil") && document.querySelectorAll(".sticker, .post-stage > img, .link-card-picture").length === 3`
	alice.until("what was covered", shown)
	alice.shot("uncovered")
	eventually(n.t, "that the voice message is fetched", alice.fetched)
	alice.do(chromedp.Reload())
	alice.until("what stays uncovered", shown)
}

// poster is a small JPEG.
func poster() []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, drawing(160, 90), nil) // a buffer takes all
	return b.Bytes()
}

// restricted: what they write arrives in the archive, unannounced, until that is over.
func (n *newcomer) restricted() {
	alice, bob := n.alice, n.bob
	row := "*Bob " + mark + "*"
	alice.goTo("#/")
	alice.menu("link", row)
	alice.press("menuitem", "Restrict Bob*")
	alice.sees("can write, and you won’t be notified")
	alice.hasNot("link", row)
	bob.says(n.room, "do you hear me "+mark)
	alice.goTo("#/archived")
	alice.has("link", row+"do you hear me*")
	alice.goTo("#/")
	alice.has("heading", "Chats")
	alice.hasNot("link", row)
	alice.until("that nothing is announced", `text() && !/\d/.test(document.title)`)
	alice.goTo("#/c/" + escaped(n.room))
	alice.hears("do you hear me " + mark)
	alice.press("button", "Options of this conversation")
	alice.press("menuitem", "Stop restricting Bob*")
	alice.sees("isn’t restricted any more")
	alice.goTo("#/")
	alice.has("link", row)
	bob.says(n.room, "and now "+mark)
	alice.has("link", row+"and now*unread*")
}

// erased: who proves themselves by a passkey needs no passphrase to erase the account.
func (n *newcomer) erased() {
	alice := n.alice
	alice.goTo("#/settings/account")
	alice.opens("button", "Add a passkey", "button", "Remove *")
	alice.until("that what was said of it is gone", `text() && !document.querySelector(".toast")`)
	alice.press("button", "Erase my account")
	alice.has("dialog", "Erase your account for good?")
	alice.press("button", "Erase with a passkey")
	alice.has("button", "Create an account")
	again := n.person("alice")
	again.visit()
	again.press("button", "Sign in")
	again.types("Name", "alice")
	again.types("Passphrase", passphraseOf("alice"))
	again.press("button", "Sign in")
	again.sees("That name and passphrase don’t belong together.")
}
