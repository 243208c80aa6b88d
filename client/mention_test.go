package client_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"parley/client"
	"parley/content"
)

func (p *person) last() client.View {
	p.w.t.Helper()
	page, err := p.Page(p.w.t.Context(), p.room().Room, client.PageOf{Limit: 50})
	if err != nil || len(page.Views) == 0 {
		p.w.t.Fatalf("Page = %+v, %v; want something", page, err)
	}
	return page.Views[len(page.Views)-1]
}

func (p *person) post(o client.Outgoing) client.MessageID {
	p.w.t.Helper()
	id, err := p.Post(p.w.t.Context(), p.room().Room, o)
	if err != nil {
		p.w.t.Fatalf("post %q: %v", o.Text, err)
	}
	p.sync()
	return id
}

func TestMentions(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	alice.sendTo("start", "bob", "carol")
	bob.want("start")
	carol.want("start")
	id := alice.post(client.Outgoing{Text: "**hi** @bob!", Mentions: []client.Mention{{Account: bob.Account(), Start: 7, End: 11}}})
	bob.sync()
	carol.sync()
	for _, p := range []*person{alice, bob, carol} {
		v := p.last()
		if v.Text != "**hi** @bob!" || !slices.Equal(v.Mentions, []client.Mention{{Account: bob.Account(), Start: 7, End: 11}}) {
			t.Errorf("%s sees %q with %v", p.Account(), v.Text, v.Mentions)
		}
		if got, want := v.Mentioned, p == bob; got != want {
			t.Errorf("%s is mentioned: %v; want %v", p.Account(), got, want)
		}
	}
	if !bob.room().Mention || carol.room().Mention || alice.room().Mention {
		t.Error("only bob has an unread mention")
	}
	bob.read()
	if bob.room().Mention {
		t.Error("bob has read it, and it is still there")
	}
	if _, err := alice.PostEdit(ctx, id, client.Outgoing{Text: "@carol", Mentions: []client.Mention{{Account: carol.Account(), Start: 0, End: 6}}}); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	carol.sync()
	if v := carol.last(); v.Text != "@carol" || len(v.Mentions) != 1 || !carol.room().Mention {
		t.Errorf("the edit is %q with %v, mentioned %v", v.Text, v.Mentions, carol.room().Mention)
	}
}

// A link can't call somebody by another's name, and mentions only who is there.
func TestMentionNames(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("[@alice](mimi://example.com/u/bob) <mimi://example.com/u/bob> [@carol](mimi://example.com/u/carol)", "bob")
	bob.sync()
	v := bob.last()
	if want := "@bob @bob [@carol](mimi://example.com/u/carol)"; v.Text != want || len(v.Mentions) != 2 {
		t.Errorf("bob sees %q with %v; want %q", v.Text, v.Mentions, want)
	}
}

func TestMentionOutOfRange(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	for _, m := range []client.Mention{{Account: bob.Account(), Start: 3, End: 99}, {Account: bob.Account(), Start: -1, End: 2}, {Account: "x", Start: 0, End: 2}} {
		o := client.Outgoing{Text: "hey @bob", Mentions: []client.Mention{m}}
		if _, err := alice.Post(ctx, alice.room().Room, o); !errors.Is(err, content.ErrMention) {
			t.Errorf("%+v: %v; want ErrMention", m, err)
		}
	}
}

func TestForward(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	alice.sendTo("start", "bob")
	bob.sync()
	id := bob.post(client.Outgoing{Text: "@alice sees *this*", Mentions: []client.Mention{{Account: alice.Account(), Start: 0, End: 6}}})
	carol.sendTo("hello", "alice")
	alice.sync()
	to := carol.room().Room
	if err := alice.Forward(ctx, id, slices.Repeat([]identityRoom{to}, 21)); !errors.Is(err, client.ErrTooLong) {
		t.Errorf("to 21 rooms: %v; want ErrTooLong", err)
	}
	if err := alice.Forward(ctx, id, []identityRoom{to}); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	carol.sync()
	v := carol.last()
	if v.Text != "@alice sees *this*" || !v.Forwarded || v.Plain || len(v.Mentions) != 0 || v.From != alice.Account() {
		t.Errorf("carol sees %+v; want it forwarded by alice, without mentions", v)
	}
	if keys, err := carol.Holds(ctx, "u/bob"); err != nil || len(keys) != 0 {
		t.Errorf("carol holds whose it was: %v, %v", keys, err)
	}
}

func TestPlainText(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.sync()
	if alice.last().Plain {
		t.Error("Markdown is plain")
	}
	alice.post(client.Outgoing{Text: "*not bold* [@bob](mimi://example.com/u/bob)", Plain: true})
	bob.sync()
	if v := bob.last(); !v.Plain || v.Text != "*not bold* [@bob](mimi://example.com/u/bob)" || bob.room().Mention {
		t.Errorf("bob sees %+v; want it as it stands", v)
	}
}

func TestOneReaction(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	id := alice.sendTo("hello", "bob")
	bob.sync()
	react := func(emoji string) {
		t.Helper()
		if err := bob.PostReaction(ctx, id, emoji); err != nil {
			t.Fatal(err)
		}
		bob.sync()
		alice.sync()
	}
	for _, emoji := range []string{"👍", "👍", "❤️", "", "😀"} {
		react(emoji)
		v := alice.last()
		if emoji == "" && len(v.Reactions) != 0 || emoji != "" && (len(v.Reactions) != 1 || len(v.Reactions[emoji]) != 1) {
			t.Errorf("after %q: %v", emoji, v.Reactions)
		}
	}
	if err := bob.PostReaction(ctx, id, "no"); !errors.Is(err, content.ErrReaction) {
		t.Errorf("no emoji: %v; want ErrReaction", err)
	}
}

func TestQuotes(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	id := alice.sendTo("**"+strings.Repeat("long ", 100)+"end**", "bob")
	bob.sync()
	bob.post(client.Outgoing{Text: "reply", Reply: id})
	alice.sync()
	page, err := alice.Page(ctx, alice.room().Room, client.PageOf{Limit: 1})
	if err != nil || len(page.Views) != 1 || page.Quotes[id] == nil {
		t.Fatalf("Page = %+v, %v; want the reply and its quote", page, err)
	}
	if line := page.Quotes[id].Line(200); len([]rune(line)) != 200 || !strings.HasPrefix(line, "long long") {
		t.Errorf("quote = %q", line)
	}
	if _, err := alice.Unsend(ctx, id); err != nil {
		t.Fatal(err)
	}
	page, err = alice.Page(ctx, alice.room().Room, client.PageOf{Limit: 1})
	if err != nil || !page.Quotes[id].Unsent || page.Quotes[id].Line(200) != "" {
		t.Errorf("after it was taken back: %+v, %v", page.Quotes[id], err)
	}
	elsewhere := client.Outgoing{Text: "x", Reply: client.MessageID{1, 2}}
	if _, err := alice.Post(ctx, alice.room().Room, elsewhere); !errors.Is(err, client.ErrUnknownMessage) {
		t.Errorf("a reply to what isn't here: %v; want ErrUnknownMessage", err)
	}
}
