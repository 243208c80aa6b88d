package client_test

import (
	"errors"
	"slices"
	"testing"

	"parley/client"
	"parley/identity"
	"parley/wire"
)

// A shared group of alice, bob and eve, of whom alice has blocked eve.
func sharedGroup(t *testing.T) (alice, bob, eve *person, room identity.Room) {
	w := newWorld(t)
	alice, bob, eve = w.signUp("alice"), w.signUp("bob"), w.signUp("eve")
	room = bob.group("Friends", alice, eve)
	bob.says(room, "welcome")
	alice.want("welcome")
	alice.ok(alice.MarkRead(t.Context(), room, 1000))
	alice.ok(alice.Block(t.Context(), "eve"))
	alice.sync()
	return alice, bob, eve, room
}

// says sends a text to a room.
func (p *person) says(room identity.Room, text string) client.MessageID {
	p.w.t.Helper()
	id, err := p.Send(p.w.t.Context(), room, text)
	p.ok(err)
	return id
}

// view returns a message of a room as p's page of it has it.
func (p *person) viewOf(room identity.Room, id client.MessageID) client.View {
	p.w.t.Helper()
	views, err := p.History(p.w.t.Context(), room, 0, 100)
	p.ok(err)
	i := slices.IndexFunc(views, func(v client.View) bool { return v.ID == id })
	if i < 0 {
		p.w.t.Fatalf("%s doesn't have the message", p.Account())
	}
	return views[i]
}

// What eve writes to a group counts for nothing with alice, who has blocked her: it isn't
// new, isn't last, calls nobody, isn't found; it stands folded, and can be opened and
// reported. Bob hears her as before.
func TestBlockedWritesToGroup(t *testing.T) {
	alice, bob, eve, room := sharedGroup(t)
	ctx := t.Context()
	text, at := "look here @alice, you fool", 10
	id, err := eve.Post(ctx, room, client.Outgoing{Text: text, Mentions: []client.Mention{{Account: alice.Account(), Start: at, End: at + len("@alice")}}})
	eve.ok(err)
	eve.sync()
	before := alice.room()
	alice.want() // nothing is announced
	r := alice.room()
	if r.Unread != 0 || r.Mention || r.Last == nil || r.Last.Text != "welcome" || r.AtMS != before.AtMS {
		t.Errorf("alice's list: %d unread, mention %v, last %+v, moved %v; want it as it was", r.Unread, r.Mention, r.Last, r.AtMS != before.AtMS)
	}
	if v := alice.viewOf(room, id); !v.Blocked || v.Text != text {
		t.Errorf("alice has it blocked %v, with %q; want it folded, and to open", v.Blocked, v.Text)
	}
	if hits, _, err := alice.Search(ctx, client.Query{Text: "fool", Limit: 10}); err != nil || len(hits) != 0 {
		t.Errorf("alice finds %d, %v; want nothing", len(hits), err)
	}
	found, err := alice.Reportables(ctx, room, 10)
	if err != nil || !slices.ContainsFunc(found, func(v client.Reportable) bool { return v.ID == id }) {
		t.Errorf("it can't be reported: %d, %v", len(found), err)
	}
	bob.sync()
	if v, r := bob.viewOf(room, id), bob.room(); v.Blocked || r.Unread != 1 {
		t.Errorf("bob: blocked %v, %d unread; want it as ever", v.Blocked, r.Unread)
	}
}

// Eve doesn't come through by what is beside messages: a reaction, an edit, typing, an
// answer of somebody else who quotes her.
func TestBlockedActsInGroup(t *testing.T) {
	alice, bob, eve, room := sharedGroup(t)
	ctx := t.Context()
	seen, frames := alice.watch(), eve.typed()
	eve.sync()
	own := alice.says(room, "mine")
	eve.sync()
	_, err := eve.React(ctx, own, "🤡")
	eve.ok(err)
	hers := eve.says(room, "you fool")
	_, err = eve.PostEdit(ctx, hers, client.Outgoing{Text: "you great fool"})
	eve.ok(err)
	eve.ok(eve.Typing(ctx, room, true))
	f := next(t, eve, frames)
	eve.sync()
	bob.sync()
	answer, err := bob.Reply(ctx, hers, "stop it")
	bob.ok(err)
	alice.want("stop it")
	if v := alice.viewOf(room, own); len(v.Reactions) != 0 || len(v.Emojis) != 0 {
		t.Errorf("alice sees reactions %v", v.Reactions)
	}
	page, err := alice.Page(ctx, room, client.PageOf{Limit: 50})
	alice.ok(err)
	if q := page.Quotes[hers]; q == nil || !q.Blocked || q.Text != "" || alice.viewOf(room, answer).Blocked {
		t.Errorf("bob's answer quotes %+v; want nothing of what eve said", q)
	}
	alice.Hear(ctx, wire.Signal{Room: f.Room, Sender: eve.Device(), Data: f.Data})
	seen.want(t, "eve, who is blocked, writes")
	alice.ok(alice.Unblock(ctx, "eve"))
	alice.Hear(ctx, wire.Signal{Room: f.Room, Sender: eve.Device(), Data: f.Data})
	seen.want(t, "eve, who isn't blocked any more, writes", eve.Account())
	if v := alice.viewOf(room, own); !slices.Equal(v.Emojis, []string{"🤡"}) {
		t.Errorf("unblocked: reactions %v; want what was there", v.Emojis)
	}
	if v := alice.viewOf(room, hers); v.Blocked || v.Text != "you great fool" {
		t.Errorf("unblocked: blocked %v, %q", v.Blocked, v.Text)
	}
}

// What was there before the block is folded too, also on the own other devices, and what
// was unread of it is so no more.
func TestBlockFoldsWhatWas(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, eve := w.signUp("alice"), w.signUp("bob"), w.signUp("eve")
	phone := alice.secondDevice()
	room := bob.group("Friends", alice, eve)
	bob.says(room, "welcome")
	id := eve.says(room, "you fool")
	for _, p := range []*person{alice, phone} {
		p.sync()
		if r := p.room(); r.Unread != 2 || r.Last.Text != "you fool" {
			t.Fatalf("before: %d unread, last %q", r.Unread, r.Last.Text)
		}
	}
	alice.ok(alice.Block(ctx, "eve"))
	alice.sync()
	for _, p := range []*person{alice, phone} {
		p.sync()
		if r := p.room(); r.Unread != 1 || r.Last == nil || r.Last.Text != "welcome" {
			t.Errorf("%s: %d unread, last %+v; want bob's alone", p.Device(), r.Unread, r.Last)
		}
		if !p.viewOf(room, id).Blocked {
			t.Errorf("%s: it isn't folded", p.Device())
		}
	}
	alice.ok(alice.Block(ctx, "bob"))
	if r := alice.room(); r.Unread != 0 || r.Last != nil {
		t.Errorf("all are blocked: %d unread, last %+v; want none, also no notice", r.Unread, r.Last)
	}
}

// The server takes no addition by somebody who is blocked; where it does, since it hasn't
// heard of the block, the group doesn't show, and what is said there is dropped.
func TestBlockedAddsToGroup(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, eve := w.signUp("alice"), w.signUp("bob"), w.signUp("eve")
	alice.sendTo("hello", "eve")
	eve.sync()
	tp := alice.tapped()
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpRelate {
			return wire.Refuse(wire.CodeUnknownOperation, "")
		}
		return nil
	}, nil)
	alice.ok(alice.Block(ctx, "eve"))
	room := eve.group("Look at me", alice, bob)
	eve.says(room, "got you")
	alice.want()
	if n := alice.count(); n != 1 {
		t.Errorf("alice has %d rooms; want the one with eve, and no group", n)
	}
	tp.set(nil, nil)
	alice.ok(alice.Unblock(ctx, "eve"))
	if n := alice.count(); n != 2 {
		t.Errorf("eve is unblocked, and alice has %d rooms; want the group too", n)
	}
	alice.ok(alice.Block(ctx, "eve"))
	alice.sync()
	_, err := eve.Start(ctx, client.Opening{Names: []string{"alice", "bob"}, Group: true, Title: "Again"})
	if !errors.Is(err, &wire.Error{Code: wire.CodeNotAccepting}) && !errors.Is(err, &wire.Error{Code: wire.CodeUnknownAccount}) {
		t.Errorf("the server lets eve add alice: %v", err)
	}
}
