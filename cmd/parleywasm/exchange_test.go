//go:build !js

package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"parley/internal/browsertest"
)

// ask calls a method and decodes what it returns.
func ask[R any](b *tab, method string, params any) (r R) {
	b.t.Helper()
	body, err := json.Marshal(params)
	if err != nil {
		b.t.Fatal(err)
	}
	out := b.js(fmt.Sprintf(`core.then((c) => c.%s(%s))`, method, body))
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		b.t.Fatalf("%s: %v in %s", method, err, out)
	}
	return r
}

type object = map[string]any

// texts returns the texts of the newest messages of a room.
func (b *tab) texts(room string) []string {
	b.t.Helper()
	page := ask[struct {
		Messages []struct{ Kind, Text string }
	}](b, "history", object{"room": room, "limit": 200})
	var out []string
	for _, m := range page.Messages {
		if m.Kind == "text" {
			out = append(out, m.Text)
		}
	}
	return out
}

// startWith opens the conversation with somebody.
func (b *tab) startWith(name string) (room string) {
	b.t.Helper()
	return ask[struct{ Room string }](b, "start", object{"names": []string{name}, "group": false}).Room
}

// Two people in two browsers write to each other.
func TestExchangeInBrowsers(t *testing.T) {
	s := newSite(t)
	ada, bob := s.browser(""), s.browser("")
	ada.signUp("ada")
	bob.signUp("bob")
	room := ada.startWith("bob")
	ask[object](ada, "send", object{"room": room, "text": "hello **Bob**"})
	bob.until(`core.then((c) => c.rooms()).then((r) => r.requests.length + r.rooms.length === 1)`)
	bob.js(fmt.Sprintf(`core.then((c) => c.accept({rooms: [%q]}))`, room))
	// The conversation comes before its first message: they are two operations.
	bob.until(fmt.Sprintf(`core.then((c) => c.history({room: %q, limit: 10})).then((p) => p.messages.some((m) => m.kind === "text"))`, room))
	if got := fmt.Sprint(bob.texts(room)); got != "[hello **Bob**]" {
		t.Errorf("bob reads %s", got)
	}
	ask[object](bob, "send", object{"room": room, "text": "hello Ada"})
	ada.until(fmt.Sprintf(`core.then((c) => c.history({room: %q, limit: 10})).then((p) => p.messages.some((m) => m.text === "hello Ada"))`, room))
	ada.until(fmt.Sprintf(`core.then((c) => c.history({room: %q, limit: 10})).then((p) => p.messages.some((m) => m.own && m.state === "delivered"))`, room))
	bob.do(navigate(s.url)) // what was kept is there after a reload
	if got := fmt.Sprint(bob.texts(room)); got != "[hello **Bob** hello Ada]" {
		t.Errorf("after a reload bob reads %s", got)
	}
}

// The tab that runs the core is closed while another one sends: each message is sent,
// and none twice.
func TestLeaderClosesInMidSend(t *testing.T) {
	const messages = 12
	s := newSite(t)
	bob := s.browser("")
	bob.signUp("bob")
	keeper := &tab{t: t, ctx: browsertest.Browser(t)}
	one, closeOne := keeper.another(s, noShared)
	one.signUp("ada")
	two, _ := keeper.another(s, noShared)
	room := two.startWith("bob")
	two.js(`core.then((c) => { globalThis.sent = []; c.on("room", () => told.push(1)); })`)
	send := func(from, to int) string {
		return fmt.Sprintf(`core.then(async (c) => { for (let i = %d; i < %d; i++) c.send({room: %q, text: "message " + i}).then(() => sent.push(i), () => sent.push(-1)); })`, from, to, room)
	}
	two.js(send(0, 1)) // a stranger may send one message before it is accepted
	two.until(`sent.length === 1`)
	bob.until(`core.then((c) => c.rooms()).then((r) => r.requests.length + r.rooms.length === 1)`)
	bob.js(fmt.Sprintf(`core.then((c) => c.accept({rooms: [%q]}))`, room))
	two.until(fmt.Sprintf(`core.then((c) => c.room({room: %q})).then((r) => r.may_send && !r.pending)`, room))
	two.js(send(1, messages))
	closeOne()
	two.until(fmt.Sprintf(`sent.length === %d`, messages))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("sent: %v", two.js(`JSON.stringify(sent)`))
		}
	})
	bob.until(fmt.Sprintf(`core.then((c) => c.history({room: %q, limit: 100})).then((p) => p.messages.filter((m) => m.kind === "text").length >= %d)`, room, messages))
	seen := map[string]int{}
	for _, text := range bob.texts(room) {
		seen[text]++
	}
	for i := range messages {
		if text := fmt.Sprint("message ", i); seen[text] != 1 {
			t.Errorf("%q arrived %d times; want once", text, seen[text])
		}
	}
}
