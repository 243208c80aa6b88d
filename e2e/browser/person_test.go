package browser

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"parley/internal/browsertest"
)

// A person has a browser profile of their own, with the page in a tab.
type person struct {
	*tab
	site    *site
	door    *door
	account string // the name by which others find them
	profile context.Context
}

// display is what somebody is called: marked, since the server mustn't know.
func (p *person) display() string {
	return strings.ToUpper(p.account[:1]) + p.account[1:] + " " + mark
}

func passphraseOf(account string) string { return "the words of " + account }

// person gives somebody a browser; nothing is open in it yet.
func (s *site) person(account string) *person {
	s.t.Helper()
	profile, end := chromedp.NewContext(theChromium(s.t), chromedp.WithNewBrowserContext())
	s.t.Cleanup(end)
	if err := browsertest.Begin(profile, patience); err != nil {
		s.t.Fatal(err)
	}
	return s.personIn(account, profile)
}

// personIn gives somebody a profile that there is, and a door.
func (s *site) personIn(account string, profile context.Context) *person {
	s.t.Helper()
	if len(s.doors) == 0 {
		s.t.Fatal("the site has no more doors")
	}
	d := s.doors[0]
	s.doors, s.used = s.doors[1:], append(s.used, d)
	p := &person{site: s, door: d, account: account, profile: profile}
	p.tab = p.another()
	s.t.Cleanup(p.hearWorker)
	return p
}

// another opens one more tab in the same profile, with nothing in it yet.
func (p *person) another() *tab {
	t := p.site.t
	t.Helper()
	ctx, end := chromedp.NewContext(p.profile)
	t.Cleanup(end)
	if err := browsertest.Begin(ctx, patience); err != nil {
		t.Fatal(err)
	}
	heard := new(hearing)
	if p.tab != nil {
		heard = p.heard
	}
	made := newTab(t, p.account, ctx, heard)
	p.site.joined(&made.t)
	made.close = end
	return made
}

// visit opens the page.
func (p *person) visit() {
	p.t.Helper()
	p.do(chromedp.Navigate(p.door.origin()))
}

// hearWorker hears what the worker has said in which the core runs: the browser
// tells that afterwards too. While it is heard the worker doesn't end with its tabs.
func (p *person) hearWorker() {
	if p.profile.Err() != nil {
		return
	}
	all, err := targets(p.profile)
	if err != nil {
		return
	}
	for _, one := range all {
		if one.Type != "shared_worker" || !strings.HasPrefix(one.URL, p.door.origin()) {
			continue
		}
		ctx, end := chromedp.NewContext(p.profile, chromedp.WithTargetID(one.TargetID), chromedp.WithDetachOnCancel(), chromedp.WithListener(p.heard.hear))
		if err := browsertest.Begin(ctx, 10*time.Second); err != nil { // it may have ended with its tabs by now
			p.t.Logf("%s: the worker isn't heard: %v", p.name, err)
		}
		end()
	}
	if complaints := p.heard.unexpected(); len(complaints) > 0 {
		p.t.Errorf("%s: the browser complains:\n%s", p.name, strings.Join(complaints, "\n"))
	}
}

// signUp makes an account, from the first page on.
func (p *person) signUp() {
	p.t.Helper()
	p.visit()
	p.press("button", "Create an account")
	p.types("Name", p.account)
	p.types("What should people call you?", p.display())
	p.types("Passphrase", passphraseOf(p.account))
	p.press("button", "Create account")
	p.has("heading", "Chats")
	p.sees("No conversations yet")
}

// people signs several up, at the same time.
func (s *site) people(accounts ...string) []*person {
	s.t.Helper()
	var all []*person
	for _, account := range accounts {
		p := s.person(account)
		p.signUp()
		all = append(all, p)
	}
	return all
}

// startWith begins a conversation with somebody, by their name.
func (p *person) startWith(other *person) {
	p.t.Helper()
	p.press("button", "New conversation")
	p.types("Who do you want to write to?", other.account)
	p.press("button", "Start conversation")
	p.has("textbox", "Message to *")
}

// send writes a message into the open conversation, and sends it with Enter. The
// field is empty then, or gone where one may not write more.
func (p *tab) send(text string) {
	p.t.Helper()
	p.types("Message to *", text)
	p.enter()
	p.has("article", "You, *: "+text+"*")
	p.until("an empty field", `empty("Message to *")`)
}

// hears waits for a message of somebody else in the open conversation.
func (p *tab) hears(text string) {
	p.t.Helper()
	p.has("article", "*: "+text+"*")
}

// open opens a conversation from the list.
func (p *tab) open(title string) {
	p.t.Helper()
	p.press("link", "*"+title+"*")
	p.has("heading", "*"+title+"*")
}

// accept opens the requests, and takes that of somebody.
func (p *person) accept(other *person) {
	p.t.Helper()
	p.press("button", "Message requests*")
	p.press("button", "Accept: "+other.account+"*")
	p.press("button", "Back")
}

// acquaint has two people write to one another once, so that they are known, and
// leaves their conversation open for both.
func acquaint(a, b *person) {
	a.t.Helper()
	a.startWith(b)
	a.send("hello from " + a.account + " " + mark)
	b.accept(a)
	b.open(a.account)
	b.send("hello from " + b.account + " " + mark)
	a.hears("hello from " + b.account + " " + mark)
	a.has("heading", b.display())
	b.has("heading", a.display())
}

// expectOffline says that what can't be loaded is no error of the page.
func (h *hearing) expectOffline() { h.expect("net::ERR_") }

// workerReady is whether the service worker has taken charge of the page.
const workerReady = `has("heading", "*") && !!navigator.serviceWorker.controller && navigator.serviceWorker.ready.then(() => true)`

// offline takes somebody's connection away, for the page and all its workers, or
// gives it back.
func (p *person) offline(gone bool) {
	p.t.Helper()
	if gone {
		p.door.close()
	} else {
		p.door.open()
	}
	p.do(call(network.Enable, network.EnableParams{}), call(network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: gone, DownloadThroughput: -1, UploadThroughput: -1}))
	p.do(call(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: gone, DownloadThroughput: -1, UploadThroughput: -1}},
	}))
}

// goTo goes to an address within the page.
func (p *tab) goTo(hash string) {
	p.t.Helper()
	p.must(`(location.hash = ` + quote(hash) + `)`)
}

// lastTexts are the texts of the last n messages, in the order of the page.
func (p *tab) lastTexts(n int) []string {
	p.t.Helper()
	var all []string
	out := p.must(`[...document.querySelectorAll("[role=article] .text p:first-child")].map((e) => e.textContent)`)
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		p.t.Fatal(err)
	}
	return all[max(0, len(all)-n):]
}

// deeds opens the menu of a message, with the button that the mouse brings up.
func (p *tab) deeds(message string) { p.t.Helper(); p.menuOf(message, "Options for this message") }

// menuOf presses the button that the mouse brings up on a message. The line may move
// away from under the mouse while others come, and is measured: then it follows.
func (p *tab) menuOf(message, button string) {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		p.hover("article", message)
		if p.pressWithin(2*time.Second, "button", button, message) {
			return
		}
	}
	p.cannotPress("button", button)
}

// opens presses something until what it opens is there: while what is above it is
// loaded, it may move away from under the mouse.
func (p *tab) opens(role, name, opened, openedName string) {
	p.t.Helper()
	p.pressesUntil(role, name, opened+" "+openedName, "has("+quote(opened)+", "+quote(openedName)+")")
}

// left waits until the worker of a page that was left has ended.
func (p *person) left() {
	p.t.Helper()
	eventually(p.t, "the worker's end", func() bool {
		all, err := targets(p.ctx)
		return err == nil && !slices.ContainsFunc(all, func(i *target.Info) bool {
			return i.Type == "shared_worker" && strings.HasPrefix(i.URL, p.door.origin())
		})
	})
}
