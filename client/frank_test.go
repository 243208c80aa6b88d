package client_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"parley/client"
	"parley/content"
	"parley/franking"
	"parley/identity"
	"parley/mls"
	"parley/wire"
)

// What stands before the server, without its key, changes nothing of a stamped
// message: not its number, time, sender, room or epoch, nor whose stamp it has. Each
// is refused with a word, the room goes on, and the message itself isn't used up: it
// is shown when it comes as it was.
func TestChangedStamps(t *testing.T) {
	other, err := identity.NewPrivateKey(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		edit func(e *wire.Envelope)
		code string
	}{
		"none":            {func(e *wire.Envelope) { e.Franking = nil }, "unfranked"},
		"a huge number":   {func(e *wire.Envelope) { e.Seq = 1 << 61 }, "bad_frank"},
		"the next number": {func(e *wire.Envelope) { e.Seq++ }, "bad_frank"},
		"another time":    {func(e *wire.Envelope) { e.AcceptedMS += 1 }, "bad_frank"},
		"another sender":  {func(e *wire.Envelope) { e.Sender = identity.RandomDevice(account("carol")) }, "bad_frank"},
		"another epoch":   {func(e *wire.Envelope) { e.Epoch++ }, "bad_frank"},
		"another hub key": {func(e *wire.Envelope) { e.Franking.HubKey[0] ^= 1 }, "bad_frank"},
		"another frank":   {func(e *wire.Envelope) { e.Franking.Frank[0] ^= 1 }, "bad_frank"},
		"another place":   {func(e *wire.Envelope) { e.Franking.TreeSize++ }, "bad_frank"},
		"no signature":    {func(e *wire.Envelope) { e.Franking.Signature = nil }, "bad_frank"},
		"another's key":   {func(e *wire.Envelope) { stamp(t, other, e) }, "bad_frank"},
		"half a frank":    {func(e *wire.Envelope) { e.Franking.Frank = e.Franking.Frank[:16] }, "bad_frank"},
		"a long path":     {func(e *wire.Envelope) { e.Franking.Path = make([]byte, 32*40) }, "bad_frank"},
		"a crooked path":  {func(e *wire.Envelope) { e.Franking.Path = make([]byte, 33) }, "bad_frank"},
	} {
		t.Run(what, func(t *testing.T) {
			w, ctx := newWorld(t), t.Context()
			alice, bob := w.signUp("alice"), w.signUp("bob")
			alice.sendTo("start", "bob")
			bob.want("start")
			alice.sync()
			tp := alice.tapped()
			var kept *wire.Envelope
			tp.onMessages(t, func(all []*wire.Envelope) {
				if e := all[0]; kept == nil && e.Sender == bob.Device() {
					kept = new(wire.Envelope)
					*kept = *e
					kept.Franking = &wire.Franking{}
					*kept.Franking = *e.Franking
					kept.Franking.Frank, kept.Franking.HubKey = bytes.Clone(e.Franking.Frank), bytes.Clone(e.Franking.HubKey)
					c.edit(e)
				}
			})
			bob.sendTo("changed", "alice")
			alice.want()
			tp.onMessages(t, func(all []*wire.Envelope) {
				if all[0].Sender == bob.Device() {
					*all[0] = *kept
				}
			})
			bob.sendTo("in its place comes the first", "alice")
			alice.want("changed")
			tp.set(nil, nil)
			bob.sendTo("goes on", "alice")
			alice.want("goes on")
			if got := alice.refusals(); !slices.Equal(got, []string{c.code}) {
				t.Errorf("refusals: %q; want %s", got, c.code)
			}
			if h, err := alice.Healing(ctx); err != nil || h.Refused[c.code] != 1 {
				t.Errorf("counted: %v, %v; want one %s", h.Refused, err, c.code)
			}
		})
	}
}

// A stamp counts only for its message: not for another one of the same sender, nor of
// another sender, nor of another room, though the same key has made them all.
func TestSwappedStamps(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	alice.sendTo("start", "bob", "carol")
	bob.want("start")
	carol.want("start")
	group := alice.room().Room
	bob.sendTo("to alice alone", "alice")
	alice.want("to alice alone")
	direct := bob.roomWith(alice)
	say := func(p *person, room identity.Room, text string) {
		_, err := p.Send(ctx, room, text)
		p.ok(err)
	}
	for what, write := range map[string]func(){
		"same sender":    func() { say(bob, group, "one"); say(bob, group, "two") },
		"another sender": func() { say(bob, group, "one"); say(carol, group, "two") },
		"another room":   func() { say(bob, group, "one"); say(bob, direct, "two") },
	} {
		alice.sync()
		before := len(alice.refusals())
		tp := alice.tapped()
		tp.onMessages(t, func(all []*wire.Envelope) {
			if len(all) > 1 {
				all[0].Franking, all[1].Franking = all[1].Franking, all[0].Franking
			}
		})
		write()
		alice.want()
		tp.set(nil, nil)
		if got := alice.refusals()[before:]; !slices.Equal(got, []string{"bad_frank", "bad_frank"}) {
			t.Errorf("%s: refusals %q; want two bad_frank", what, got)
		}
	}
	say(bob, group, "goes on")
	alice.want("goes on")
}

// roomWith returns the direct room of p with q.
func (p *person) roomWith(q *person) identity.Room {
	p.w.t.Helper()
	rooms, err := p.Rooms(p.w.t.Context())
	p.ok(err)
	for _, r := range rooms {
		if r.Direct && slices.Contains(r.Accounts, q.Account()) {
			return r.Room
		}
	}
	p.w.t.Fatal("no such room")
	return ""
}

// A server that gives a message a huge number, and stamps that, doesn't shut the room
// for what follows; a number that was given isn't given again.
func TestHugeNumber(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	alice.sync()
	tp := alice.tapped()
	number := func(seq uint64) {
		tp.onMessages(t, func(all []*wire.Envelope) {
			all[0].Seq = seq
			stamp(t, hubKey(), all[0])
		})
	}
	number(1 << 61)
	bob.sendTo("far ahead", "alice")
	alice.want("far ahead")
	tp.set(nil, nil)
	bob.sendTo("one", "alice")
	bob.sendTo("two", "alice")
	alice.want("one", "two")
	alice.restart()
	bob.sendTo("three", "alice")
	alice.want("three")
	tp = alice.tapped()
	for i, seq := range []uint64{1 << 61, 1<<62 + 1, 0} {
		number(seq)
		bob.sendTo(fmt.Sprint("never ", i), "alice")
		alice.want()
	}
	tp.set(nil, nil)
	bob.sendTo("four", "alice")
	alice.want("four")
	if got := alice.refusals(); !slices.Equal(got, []string{"replayed", "bad_frank", "bad_frank"}) {
		t.Errorf("refusals: %q", got)
	}
}

// Who sends what can't be reported isn't heard: without a tag, with one that isn't
// that of the content, or with more beside it than a report has room for.
func TestUnreportable(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, mallory := w.signUp("alice"), w.signUp("mallory")
	alice.sendTo("start", "mallory")
	mallory.want("start")
	room := mallory.room().Room
	alice.sync()
	say := func(text string, aad func(data, right []byte) []byte) error {
		m := content.NewText(content.Extensions{Sender: mallory.Account(), Room: room}, text)
		data, _, err := m.Encode()
		mallory.ok(err)
		var message []byte
		mallory.ok(mallory.Hostile(ctx, room, func(g *mls.Group) (changes mls.Changes, err error) {
			message, changes, err = g.Encrypt(aad(data, tagFor(data)), data)
			return changes, err
		}))
		_, err = client.CallAs[wire.SendReply](ctx, mallory.Client, wire.OpSend, wire.SendRequest{
			ID: bytes.Repeat([]byte(text[:1]), wire.IDSize), Room: room, Message: message,
		})
		return err
	}
	tag := func(salt, data []byte) []byte {
		t := franking.Tag(salt, data)
		return withTag(t[:])
	}
	for _, c := range []struct {
		text string
		aad  func(data, right []byte) []byte
		code string // empty: the server refuses it
	}{
		{"a: no tag", func(_, _ []byte) []byte { return nil }, "unfranked"},
		{"b: a random tag", func(_, _ []byte) []byte { return withTag(bytes.Repeat([]byte{9}, 32)) }, "bad_tag"},
		{"c: another salt", func(data, _ []byte) []byte { return tag(make([]byte, 16), data) }, "bad_tag"},
		{"d: other words", func(_, _ []byte) []byte { return tagFor([]byte("harmless")) }, "bad_tag"},
		{"e: a short tag", func(_, _ []byte) []byte { return withTag(make([]byte, 31)) }, ""},
		{"f: noise", func(_, _ []byte) []byte { return []byte("noise") }, ""},
	} {
		before := len(alice.refusals())
		err := say(c.text, c.aad)
		alice.want()
		switch got := alice.refusals()[before:]; {
		case err != nil && c.code != "":
			t.Errorf("%s: the server refuses it: %v", c.text, err)
		case err == nil && c.code == "" && !slices.Equal(got, []string{"unfranked"}):
			t.Errorf("%s: refusals %q; want unfranked", c.text, got)
		case c.code != "" && !slices.Equal(got, []string{c.code}):
			t.Errorf("%s: refusals %q; want %s", c.text, got, c.code)
		}
	}
	mallory.ok(say("y: as it should be", func(_, right []byte) []byte { return right }))
	alice.want("y: as it should be")
}

// One tag commits to one reading (Grubbs, Lu, Ristenpart 2017; Dodis et al. 2018):
// what would be another key for the same HMAC is no salt.
func TestTagHasOneReading(t *testing.T) {
	m := content.NewText(content.Extensions{Sender: account("mallory"), Room: identity.RandomRoom(domain)}, "harmless")
	m.Salt[content.SaltSize-1] = 0
	data, _, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	// HMAC pads its key with zeros: a salt without its last zero, and one with another
	// behind it, are the same key.
	long := append(m.Salt[:], 0)
	if franking.Tag(m.Salt[:], data) != franking.Tag(m.Salt[:15], data) || franking.Tag(m.Salt[:], data) != franking.Tag(long, data) {
		t.Fatal("HMAC doesn't pad")
	}
	head := append([]byte{data[0], 0x50}, m.Salt[:]...)
	if !bytes.HasPrefix(data, head) {
		t.Fatalf("content doesn't begin with its salt: %x", data[:20])
	}
	for what, other := range map[string][]byte{
		"a short salt": append(append([]byte{data[0], 0x4f}, m.Salt[:15]...), data[len(head):]...),
		"a long salt":  append(append([]byte{data[0], 0x51}, long...), data[len(head):]...),
	} {
		if _, _, err := content.Decode(other); err == nil {
			t.Errorf("%s is content", what)
		}
	}
}
