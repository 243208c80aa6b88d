package browser

import "strings"

// inTheList: conversations are pinned, muted and archived, and come back.
func (d *duet) inTheList() {
	alice, bob := d.alice, d.bob
	d.meet()
	bob.goTo("#/")
	row := "*" + alice.display() + "*"
	for _, deed := range []struct{ does, shows, undoes string }{{"Pin", "Pinned.", "Unpin"}, {"Mute", "Muted.", "Unmute"}} {
		bob.menu("link", row)
		bob.press("menuitem", deed.does)
		bob.has("link", row+deed.shows+"*")
		bob.menu("link", row)
		bob.press("menuitem", deed.undoes)
		bob.hasNot("link", row+deed.shows+"*")
	}
	bob.menu("link", row)
	bob.press("menuitem", "Archive")
	bob.hasNot("link", row)
	bob.goTo("#/archived")
	bob.has("heading", "Archived")
	bob.menu("link", row)
	bob.press("menuitem", "Back to chats")
	bob.goTo("#/")
	bob.has("link", row)
}

// receipts: who turns receipts off isn't known to have read, and knows it of nobody.
func (d *duet) receipts() {
	alice, bob := d.alice, d.bob
	d.meet()
	alice.goTo("#/settings/privacy")
	alice.press("switch", "Read receipts*")
	alice.until("that they're off", `text() !== null && document.querySelector("[role=switch], input[type=checkbox]").matches("[aria-checked=false], :not(:checked):not([aria-checked=true])")`)
	d.meet()
	bob.send("have you read this " + mark)
	alice.hears("have you read this " + mark)
	alice.send("perhaps " + mark)
	bob.hears("perhaps " + mark)
	bob.has("article", "*have you read this*Delivered.")
	bob.send("just asking " + mark)
	alice.hears("just asking " + mark)
	bob.has("article", "*just asking*Delivered.")
	alice.has("article", "You, *: perhaps*Delivered.")
	alice.goTo("#/settings/privacy")
	alice.press("switch", "Read receipts*")
	d.meet()
	bob.send("and this " + mark)
	alice.hears("and this " + mark)
	bob.has("article", "*and this*Read.")
}

// ownSettings: a name and a picture that are changed reach the other; the language is
// changed and changed back; what is kept here is counted.
func (d *duet) ownSettings() {
	alice, bob := d.alice, d.bob
	d.meet()
	alice.goTo("#/settings/profile")
	alice.has("textbox", "Your name")
	alice.rewrites("Your name", "Alicia "+mark)
	alice.chooses(".settings input[type=file], form input[type=file]", d.newPicture("face-"+mark+".png", 200, 160))
	d.conceal(alice.pictureIn("form .avatar img"))
	alice.press("button", "Save")
	alice.sees("Saved")
	bob.has("heading", "Alicia "+mark)
	d.conceal(bob.pictureIn(".talk-head .avatar img"))

	alice.goTo("#/settings/look")
	alice.press("radio", "العربية")
	alice.until("right to left", `text() !== null && document.documentElement.dir === "rtl" && document.documentElement.lang === "ar"`)
	alice.sees("المظهر")
	alice.press("radio", "English")
	alice.until("left to right", `text() !== null && document.documentElement.dir === "ltr" && document.documentElement.lang === "en"`)

	alice.goTo("#/settings/storage")
	alice.until("what is kept", `shows("on this device") && Number(/(\d+) messages/.exec(document.body.innerText)?.[1]) > 10`)
	if text, _ := alice.try("text()"); strings.Contains(text, "0 bytes on this device") {
		d.t.Error("nothing is kept")
	}
}

// erased: nothing is left of somebody who signs out, in their browser.
func (d *duet) erased() {
	alice := d.alice
	alice.goTo("#/settings/account")
	alice.sees("This is your only device.")
	alice.erase(d.fresh)
	d.bob.goTo("#/")
	d.bob.open("Alicia " + mark) // who stays has what was said
	d.bob.hears("can you hear me " + mark)
}
