package browser

import (
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// writing: what was begun is kept; a name between colons becomes an emoji; emoji
// alone are large.
func (d *duet) writing() {
	alice, bob := d.alice, d.bob
	d.meet()
	alice.types("Message to *", "half a thought "+mark)
	alice.goTo("#/")
	alice.has("link", "*"+bob.display()+"*Draft:*half a thought*")
	alice.do(chromedp.Reload())
	alice.has("link", "*Draft:*half a thought*")
	alice.open(bob.display())
	alice.until("the draft", `holds("Message to *") === `+quote("half a thought "+mark))

	alice.types("Message to *", ":tada")
	alice.completes("*:tada:*")
	alice.until("an emoji", `holds("Message to *").trim() === "🎉"`)
	alice.enter()
	bob.hears("🎉")
	for _, p := range []*person{alice, bob} {
		p.until("a large one", `text() !== null && [...document.querySelectorAll(".bubble.large-1")].some((e) => e.innerText.includes("🎉"))`)
	}
	alice.goTo("#/")
	alice.has("link", "*"+bob.display()+"*")
	alice.hasNot("link", "*Draft:*")
}

// completes takes the first of what the word that is being written may become.
func (p *tab) completes(first string) {
	p.t.Helper()
	p.has("option", first)
	p.until("that the field is over it", `text() !== null && document.activeElement.hasAttribute("aria-activedescendant")`)
	p.enter()
}

// onMessage is whether what has the focus is a message with some words.
func onMessage(words string) string {
	return `document.activeElement.role === "article" && document.activeElement.innerText.includes(` + quote(words) + `)`
}

// keyboard: everything is done with keys alone: searching, going to a conversation,
// writing, answering, reacting, changing, taking back.
func (d *duet) keyboard() {
	alice, bob := d.alice, d.bob
	d.meet()
	alice.goTo("#/")
	alice.has("heading", "Chats")
	alice.key("k", chromedp.ModifierCtrl)
	alice.until("that one searches", `text() !== null && document.activeElement.type === "search"`)
	alice.key(kb.Escape)
	alice.key(kb.ArrowDown, chromedp.ModifierAlt)
	alice.has("textbox", "Message to *")
	alice.pressUntil(kb.Tab, `document.activeElement.tagName === "TEXTAREA"`)
	alice.do(call(input.InsertText, input.InsertTextParams{Text: "with keys " + mark}))
	alice.enter()
	bob.hears("with keys " + mark)
	alice.has("article", "You, *: with keys "+mark+"*")
	alice.until("an empty field", `empty("Message to *")`)
	alice.key(kb.ArrowUp)
	alice.sees("Editing")
	alice.rewrites("Message to *", "with keys alone "+mark)
	alice.enter()
	bob.has("article", "*with keys alone*edited*")

	alice.pressUntil(kb.Tab, onMessage(""), chromedp.ModifierShift)
	alice.pressUntil(kb.ArrowUp, onMessage("here to stay"))
	alice.key("r")
	alice.sees("Answering")
	alice.isAt("the field", "textarea")
	alice.do(call(input.InsertText, input.InsertTextParams{Text: "answered with keys " + mark}))
	alice.enter()
	bob.has("article", "*answered with keys*Answers*here to stay*")

	alice.pressUntil(kb.Tab, onMessage(""), chromedp.ModifierShift)
	alice.pressUntil(kb.ArrowDown, onMessage("answered with keys"))
	alice.key(kb.Enter)
	alice.has("menuitem", "Unsend")
	alice.pressUntil(kb.ArrowUp, `document.activeElement.innerText === "Unsend"`)
	alice.key(kb.Enter)
	alice.has("dialog", "Unsend*")
	alice.pressUntil(kb.Tab, `document.activeElement.innerText === "Unsend"`)
	alice.key(kb.Enter)
	bob.hasNot("article", "*: answered with keys*")
}

// touching: a finger that draws a message answers it, one that rests opens its menu.
func (d *duet) touching() {
	alice, bob := d.alice, d.bob
	d.meet()
	bob.send("to be touched " + mark)
	alice.hears("to be touched " + mark)
	alice.fingers(true)
	alice.swipe("article", "*to be touched*", 40)
	if alice.within(0, `shows("Answering")`) {
		d.t.Error("a short swipe answers")
	}
	alice.swipes("article", "*to be touched*", 110, `shows("Answering")`)
	alice.send("touched " + mark)
	bob.has("article", "*: touched*Answers*to be touched*")
	alice.rests("article", bob.display()+"*: to be touched*", "React with ❤️")
	alice.press("menuitem", "React with ❤️")
	bob.has("article", "*to be touched*Reactions: ❤️*")
	alice.fingers(false)
}
