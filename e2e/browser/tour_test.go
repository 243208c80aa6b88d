package browser

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"

	"parley/client"
	"parley/content"
	"parley/identity"
)

// A tour goes through all views of the page, in one language.
type tour struct {
	*person
	speech speech
	view   func(name string) // called in each view
}

// press, types and has go by the keys of the strings.
func (o *tour) press(role, key string) { o.t.Helper(); o.person.press(role, o.speech.says(o.t, key)) }

func (o *tour) types(key, text string) { o.t.Helper(); o.person.types(o.speech.says(o.t, key), text) }
func (o *tour) has(role, key string)   { o.t.Helper(); o.person.has(role, o.speech.says(o.t, key)) }

// deeds opens the menu of a message.
func (o *tour) deeds(message string) {
	o.t.Helper()
	o.menuOf(message, o.speech.says(o.t, "conversation.messageMenu"))
}

// close closes a dialog or a menu.
func (o *tour) close() {
	o.t.Helper()
	o.key(kb.Escape)
	o.until("that the dialog is gone", `text() && !document.querySelector("dialog[open], [popover]:popover-open")`)
}

// newTour gives somebody a browser of a language, for a tour.
func newTour(s *site, account, language string, view func(*tour, string)) *tour {
	o := &tour{person: s.person(account), speech: readSpeech(s.t, language)}
	o.view = func(name string) { view(o, name) }
	agent := s.t.Name()
	_ = json.Unmarshal([]byte(o.must("navigator.userAgent")), &agent)
	o.do(call(emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: language}))
	return o
}

// arrive goes through what somebody sees who isn't signed in, and signs up.
func (o *tour) arrive() {
	o.visit()
	o.has("button", "auth.signUp")
	o.view("welcome")
	o.press("button", "auth.signIn")
	o.has("heading", "auth.signIn")
	o.view("sign-in")
	o.press("button", "auth.lost")
	o.has("heading", "auth.reset")
	o.view("start-again")
	o.visit()
	o.press("button", "auth.signUp")
	o.types("auth.name", o.account)
	o.types("auth.display", "Maya Lindqvist")
	o.types("auth.passphrase", passphraseOf(o.account))
	o.view("sign-up")
	o.press("button", "auth.create")
	o.has("heading", "shell.chats")
	o.person.has("heading", o.speech.says(o.t, "list.empty"))
	o.view("list-empty")
	o.authenticator()
	o.goTo("#/settings/account")
	listed := `has("button", ` + quote(o.speech.says(o.t, "devices.remove")) + `)`
	for range 3 { // on a busy machine the browser may refuse
		o.press("button", "account.passkeyAdd")
		if o.within(10*time.Second, listed) {
			break
		}
	}
	o.has("button", "devices.remove")
	o.until("that what was said of it is gone", `text() && !document.querySelector(".toast")`)
	o.goTo("#/settings/look")
	o.has("heading", "look.theme")
}

// chosenLanguage chooses a language in the settings, so that it stays.
func (o *tour) chosenLanguage(name string) {
	o.goTo("#/settings/look")
	o.person.press("radio", name)
	o.until("the choice", `text() && document.querySelector("[name=language]:checked")?.closest("label").innerText.trim() === `+quote(name))
}

// A world is the conversations that a tour goes through.
type world struct {
	leo, nora, sam *friend
	direct, group  identity.Room
	refused        identity.Room // where nothing arrives
}

// newWorld has friends of somebody write, in their language.
func (o *tour) newWorld(lines lines) *world {
	s := o.site
	w := &world{
		leo:  s.friend("leo."+o.account, lines.names[0]),
		nora: s.friend("nora."+o.account, lines.names[1]),
		sam:  s.friend("sam."+o.account, lines.names[2]),
	}
	w.direct = w.leo.writes(o.account, lines.talk[0])
	o.goTo("#/requests")
	o.person.has("heading", o.speech.says(o.t, "requests.title"))
	o.person.has("button", o.speech.says(o.t, "requests.accept")+": *")
	o.view("requests")
	o.goTo("#/requests/c/" + escaped(w.direct))
	o.has("button", "conversation.accept")
	o.view("request")
	o.press("button", "conversation.accept")
	o.has("textbox", "composer.label")
	for i, text := range lines.talk[1:] {
		if i%3 == 0 {
			o.types("composer.label", text)
			o.enter()
			w.leo.last(w.direct, text)
		} else {
			w.leo.says(w.direct, text)
			o.sees(plainOf(text))
		}
	}
	o.makeGroup(w, lines)
	w.nora.writes(o.account, lines.other[0])
	w.sam.writes(o.account, lines.other[1])
	o.isRefused(w, lines)
	return w
}

// isRefused has somebody write to one who doesn't hear them any more.
func (o *tour) isRefused(w *world, lines lines) {
	kim := o.site.friend("kim."+o.account, lines.names[3])
	w.refused = kim.writes(o.account, lines.other[0])
	o.goTo("#/requests")
	o.person.has("button", o.speech.says(o.t, "requests.accept")+": "+lines.names[3])
	o.goTo("#/requests/c/" + escaped(w.refused))
	o.press("button", "conversation.accept")
	o.has("textbox", "composer.label")
	kim.must(kim.Block(o.t.Context(), o.account))
	kim.must(kim.Sync(o.t.Context()))
	o.types("composer.label", lines.unsent)
	o.enter()
	o.has("button", "conversation.discard")
}

// makeGroup has Leo make a group with all, who write in it.
func (o *tour) makeGroup(w *world, lines lines) {
	group, err := w.leo.Start(o.t.Context(), client.Opening{
		Names: []string{o.account, "nora." + o.account, "sam." + o.account}, Group: true, Title: lines.title,
	})
	w.leo.must(err)
	w.group = group
	first := w.leo.says(group, lines.group[0])
	for _, f := range []*friend{w.nora, w.sam} {
		f.joins(group)
	}
	for i, text := range lines.group[1:] {
		who := []*friend{w.nora, w.sam, w.leo}[i%3]
		who.says(group, text)
	}
	picture := groupPicture()
	w.leo.must(w.leo.SetRoomInfo(o.t.Context(), group, content.RoomSettings{Picture: &picture}))
	w.nora.last(group, lines.group[0])
	_, err = w.nora.React(o.t.Context(), first, "❤️")
	w.nora.must(err)
	_, err = w.sam.React(o.t.Context(), first, "🎉")
	w.sam.last(group, lines.group[0])
	w.sam.must(err)
}

// groupPicture is a bowl before a wall, as a PNG.
func groupPicture() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 96, 96))
	for y := range 96 {
		for x := range 96 {
			c := color.RGBA{0xf3, 0xd9, 0xb1, 0xff}
			if dx, dy := x-48, y-40; y > 40 && dx*dx+dy*dy < 34*34 {
				c = color.RGBA{0x2f, 0x5d, 0x8a, 0xff}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	_ = png.Encode(&out, img) // a buffer takes all
	return out.Bytes()
}

func escaped(room identity.Room) string {
	out := ""
	for _, c := range []byte(room) {
		switch c {
		case ':':
			out += "%3A"
		case '/':
			out += "%2F"
		default:
			out += string(rune(c))
		}
	}
	return out
}

// plainOf is a text without its marks of style.
func plainOf(text string) string {
	out := ""
	for _, c := range text {
		if c != '*' && c != '`' {
			out += string(c)
		}
	}
	return out
}

// main goes through the views of somebody who is signed in.
func (o *tour) main(w *world, lines lines) {
	o.goTo("#/c/" + escaped(w.direct))
	o.has("textbox", "composer.label")
	o.sees(plainOf(lines.talk[len(lines.talk)-1]))
	o.view("conversation")
	o.press("button", "composer.emoji")
	o.until("the emoji", `text() && document.querySelectorAll(".emoji-grid button").length > 100`)
	o.view("emoji")
	o.close()
	o.until("focus", `focus("textbox", `+quote(o.speech.says(o.t, "composer.label"))+`)`)
	o.deeds("*" + plainOf(lines.talk[len(lines.talk)-1]) + "*")
	o.has("menuitem", "conversation.reply")
	o.view("message-menu")
	o.press("menuitem", "conversation.reply")
	o.types("composer.label", lines.draft)
	o.view("answering")
	o.key(kb.Escape)
	o.press("button", "conversation.options")
	o.view("conversation-menu")
	o.press("menuitem", "conversation.whoReads")
	o.has("button", "readers.compare")
	o.view("who-reads")
	o.press("button", "readers.compare")
	o.has("button", "readers.same")
	o.view("safety-number")
	o.close()
	for _, d := range []struct{ key, name string }{{"conversation.timer", "timer"}, {"conversation.muteFor", "mute"}} {
		o.press("button", "conversation.options")
		o.press("menuitem", d.key)
		o.until("a dialog", `has("dialog", "*")`)
		o.view(d.name)
		o.close()
	}
	o.deeds("*" + plainOf(lines.talk[len(lines.talk)-1]) + "*")
	o.press("menuitem", "conversation.forward")
	o.has("dialog", "forward.title")
	o.view("forward")
	o.close()
	o.own(w, lines)
	o.media()
	o.group(w, lines)
	o.around(w, lines)
}

// own goes through what one can do with what one has written: take it back, and, where
// it was refused, try again or delete it.
func (o *tour) own(w *world, lines lines) {
	last := (len(lines.talk) - 2) / 3 * 3 // of those that newWorld has somebody write
	o.deeds("*" + plainOf(lines.talk[1+last]) + "*")
	o.press("menuitem", "conversation.unsend")
	o.has("dialog", "conversation.unsendTitle")
	o.view("unsend")
	o.close()
	o.goTo("#/c/" + escaped(w.refused))
	o.has("button", "conversation.discard")
	o.view("not-sent")
	o.deeds("*" + lines.unsent + "*")
	o.has("menuitem", "retry")
	o.view("not-sent-menu")
	o.close()
}

// group goes through the views of a group.
func (o *tour) group(w *world, lines lines) {
	o.goTo("#/c/" + escaped(w.group))
	if !o.within(2*time.Second, `has("textbox", `+quote(o.speech.says(o.t, "composer.label"))+`)`) {
		o.press("button", "conversation.accept")
		o.has("textbox", "composer.label")
	}
	o.sees(plainOf(lines.group[len(lines.group)-1]))
	o.view("group")
	o.press("button", "conversation.options")
	o.press("menuitem", "conversation.info")
	o.has("dialog", "groups.title")
	o.view("group-info")
	o.press("button", "groups.add")
	o.has("textbox", "groups.addWho")
	o.view("add-people")
	o.key(kb.Escape)
	o.has("dialog", "groups.title")
	o.close()
	o.press("button", "conversation.options")
	o.press("menuitem", "conversation.leave")
	o.has("dialog", "groups.leaveTitle")
	o.view("leave-group")
	o.close()
}

// around goes through the list, the search, the dialogs and the settings.
func (o *tour) around(w *world, lines lines) {
	o.goTo("#/")
	o.person.has("heading", o.speech.says(o.t, "shell.chats"))
	o.view("list")
	o.typesInto("searchbox", o.speech.says(o.t, "search.label"), lines.search)
	o.has("heading", "search.messages")
	o.view("search")
	o.key(kb.Escape)
	o.person.press("button", o.speech.says(o.t, "list.new"))
	o.has("textbox", "new.who")
	o.view("new-conversation")
	o.close()
	for _, page := range []struct{ name, key string }{
		{"profile", "profile.display"},
		{"devices", "devices.about"},
		{"privacy", "privacy.blocked"},
		{"notifications", "notify.on"},
		{"look", "look.theme"},
		{"storage", ""},
		{"keys", "keys.next"},
		{"account", "account.signOut"},
	} {
		o.goTo("#/settings/" + page.name)
		if page.key != "" {
			o.sees(o.speech.says(o.t, page.key))
		}
		o.view("settings-" + page.name)
	}
	o.press("button", "account.signOut")
	o.has("button", "account.signOutDo")
	o.view("sign-out")
	o.close()
	o.goTo("#/settings")
	o.view("settings")
}

// waits goes through what a second device sees until it is approved.
func (o *tour) waits(first *tour) {
	o.visit()
	o.press("button", "auth.signIn")
	o.types("auth.name", first.account)
	o.types("auth.passphrase", passphraseOf(first.account))
	o.press("button", "auth.signIn")
	o.has("heading", "auth.waiting")
	o.view("waiting")
	first.goTo("#/settings/devices")
	first.sees(first.speech.says(o.t, "devices.waiting"))
	first.view("approve")
}
