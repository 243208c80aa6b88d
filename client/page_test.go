package client_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"parley/client"
)

// filled returns a person with a room of n messages.
func filled(t *testing.T, n int, text func(int) string) (*person, client.Room) {
	t.Helper()
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	if err := alice.FillRoom(t.Context(), alice.room().Room, bob.Account(), n, text); err != nil {
		t.Fatal(err)
	}
	return alice, alice.room()
}

func number(i int) string { return fmt.Sprintf("message %d", i) }

func TestPages(t *testing.T) {
	alice, room := filled(t, 300, number)
	ctx := t.Context()
	page := func(of client.PageOf) ([]string, *client.Page) {
		t.Helper()
		p, err := alice.Page(ctx, room.Room, of)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, v := range p.Views {
			texts = append(texts, strings.TrimPrefix(v.Text, "message "))
		}
		return texts, p
	}
	got, p := page(client.PageOf{Limit: 3})
	if !slices.Equal(got, []string{"297", "298", "299"}) || !p.Older || p.Newer {
		t.Errorf("the newest: %v, older %v, newer %v", got, p.Older, p.Newer)
	}
	first := p.Views[0]
	got, p = page(client.PageOf{Before: first.Seq, Limit: 2})
	if !slices.Equal(got, []string{"295", "296"}) || !p.Older || !p.Newer {
		t.Errorf("before them: %v, older %v, newer %v", got, p.Older, p.Newer)
	}
	got, p = page(client.PageOf{After: p.Views[1].Seq, Limit: 2})
	if !slices.Equal(got, []string{"297", "298"}) || !p.Older || !p.Newer {
		t.Errorf("after those: %v, older %v, newer %v", got, p.Older, p.Newer)
	}
	got, p = page(client.PageOf{After: first.Seq, Limit: 2})
	if !slices.Equal(got, []string{"298", "299"}) || p.Newer {
		t.Errorf("to the end: %v, newer %v", got, p.Newer)
	}
	got, p = page(client.PageOf{Around: first.ID, Limit: 6})
	if !slices.Equal(got, []string{"295", "296", "297", "298", "299"}) || p.Newer {
		t.Errorf("around: %v, newer %v", got, p.Newer)
	}
	got, p = page(client.PageOf{Before: 6, Limit: 50})
	if p.Older || len(got) == 0 {
		t.Errorf("the oldest: %v, older %v", got, p.Older)
	}
	// From the start to the end, page by page, each line comes once.
	var all []string
	for after := uint64(1); ; {
		got, p := page(client.PageOf{After: after, Limit: 7})
		all = append(all, got...)
		if !p.Newer {
			break
		}
		after = p.Views[len(p.Views)-1].Seq
	}
	if all = slices.DeleteFunc(all, func(s string) bool { return len(s) > 3 }); len(all) != 300 || all[0] != "0" || all[299] != "299" {
		t.Errorf("%d lines, from %q to %q; want 300", len(all), all[0], all[len(all)-1])
	}
	if _, err := alice.Page(ctx, room.Room, client.PageOf{Around: client.MessageID{1}, Limit: 5}); err == nil {
		t.Error("around what isn't here: no error")
	}
}

// A change that comes before its message counts when that comes.
func TestTouchedBefore(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.sync()
	room := alice.room().Room
	phone := alice.secondDevice()
	alice.sync()
	phone.sync()
	id, err := alice.Post(ctx, room, client.Outgoing{Text: "frist"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := alice.PostEdit(ctx, id, client.Outgoing{Text: "first"}); err != nil {
		t.Fatal(err)
	}
	if v := alice.last(); v.Text != "first" || !v.Edited {
		t.Errorf("queued: %+v; want the edit", v)
	}
	alice.sync()
	for _, p := range []*person{alice, bob, phone} {
		p.sync()
		if v, err := p.Lookup(ctx, id); err != nil || v.Text != "first" || !v.Edited {
			t.Errorf("%s sees %+v, %v; want the edit", p.Device(), v, err)
		}
	}
}

func TestSearch(t *testing.T) {
	alice, room := filled(t, 1500, func(i int) string {
		return fmt.Sprintf("Message **%d**: Ünïcode, العَرَبِيَّة, 日本語, needle%d", i, i%700)
	})
	ctx := t.Context()
	find := func(text string, limit int) []string {
		t.Helper()
		hits, _, err := alice.Search(ctx, client.Query{Text: text, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, h := range hits {
			var n int
			fmt.Sscanf(h.Text, "Message **%d**", &n)
			out = append(out, fmt.Sprint(n))
			units := utf16.Encode([]rune(h.Snippet))
			if h.Start < 0 || h.End > len(units) || h.Start >= h.End {
				t.Fatalf("%q: %d to %d of %q", text, h.Start, h.End, h.Snippet)
			}
			if got := string(utf16.Decode(units[h.Start:h.End])); !strings.EqualFold(got, text) && text == "needle7" {
				t.Errorf("%q marks %q", text, got)
			}
		}
		return out
	}
	check := func(when string) {
		t.Helper()
		for text, want := range map[string][]string{
			"message 777:": {"777"}, "NEEDLE699": {"1399", "699"}, "unicode, العربية": {"1499", "1498", "1497"}, "本語": {"1499", "1498", "1497"},
			"nothing": nil, "**": nil, "needle7": {"1470", "1469", "1468"},
		} {
			got := find(text, 3)
			if strings.HasPrefix(text, "needle7") {
				if len(got) != 3 {
					t.Errorf("%s, %q: %v; want three", when, text, got)
				}
				continue
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, %q: %v; want %v", when, text, got, want)
			}
		}
	}
	check("without an index")
	for {
		more, err := alice.Index(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
	}
	if keys, err := alice.Holds(ctx, "needle699"); err != nil || !slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, "words/") }) {
		t.Fatalf("nothing is indexed: %v, %v", keys, err)
	}
	check("indexed")
	alice.restart()
	check("after a restart")
	if _, more, err := alice.Search(ctx, client.Query{Text: "needle", Limit: 5, Room: room.Room}); err != nil || !more {
		t.Errorf("more = %v, %v; want more", more, err)
	}
	for _, q := range []client.Query{{Text: " ", Limit: 1}, {Text: strings.Repeat("x", 300), Limit: 1}, {Text: "x", Room: "mimi://example.com/r/x", Limit: 1}} {
		if _, _, err := alice.Search(ctx, q); err == nil {
			t.Errorf("Search(%.9q, %s): no error", q.Text, q.Room)
		}
	}
}

// What was changed, taken back, erased or deleted is found as it is now, or not.
func TestSearchFollows(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	edited := alice.sendTo("the old needle", "bob")
	unsent := alice.sendTo("an unsent needle", "bob")
	alice.timer(60)
	alice.post(client.Outgoing{Text: "a timed needle"})
	room := alice.room().Room
	alice.timer(0)
	if err := alice.FillRoom(ctx, room, bob.Account(), 600, number); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		var err error
		if more, err = alice.Index(ctx); err != nil {
			t.Fatal(err)
		}
	}
	find := func(text string) int {
		t.Helper()
		hits, _, err := alice.Search(ctx, client.Query{Text: text, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(hits)
	}
	if got := find("needle"); got != 3 {
		t.Fatalf("%d needles; want 3", got)
	}
	if _, err := alice.PostEdit(ctx, edited, client.Outgoing{Text: "a new pin"}); err != nil {
		t.Fatal(err)
	}
	if _, err := alice.PostUnsend(ctx, unsent); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(2 * time.Minute)
	if err := alice.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if old, now := find("needle"), find("new pin"); old != 0 || now != 1 {
		t.Errorf("%d needles and %d pins; want none and one", old, now)
	}
	keys, err := alice.Holds(ctx, "needle")
	if err != nil || slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, "words/") }) {
		t.Errorf("the index still holds them: %v, %v", keys, err)
	}
}

// A gatherer is a counter of a store that gathers.
type gatherer struct{ *counter }

func (g gatherer) Gather(ctx context.Context, keys []string) ([][]byte, error) {
	values, err := g.Store.(client.Gatherer).Gather(ctx, keys)
	g.gathers++
	for _, v := range values {
		g.bytes += len(v)
		if v != nil {
			g.records++
		}
	}
	return values, err
}

// A counter counts what is read of a store.
type counter struct {
	client.Store
	gets, lists, gathers, records, bytes, writes int
}

func (c *counter) Get(ctx context.Context, key string) ([]byte, error) {
	v, err := c.Store.Get(ctx, key)
	c.gets, c.bytes = c.gets+1, c.bytes+len(v)
	if v != nil {
		c.records++
	}
	return v, err
}

func (c *counter) List(ctx context.Context, prefix, after string, limit int) ([]client.Record, error) {
	r, err := c.Store.List(ctx, prefix, after, limit)
	c.lists, c.records = c.lists+1, c.records+len(r)
	for _, rec := range r {
		c.bytes += len(rec.Value)
	}
	return r, err
}

func (c *counter) Write(ctx context.Context, base uint64, changes []client.Change) error {
	c.writes++
	return c.Store.Write(ctx, base, changes)
}

func (c *counter) reset() { *c = counter{Store: c.Store} }

func (c *counter) String() string {
	return fmt.Sprintf("%d gets, %d lists, %d gathers: %d records, %d bytes; %d writes", c.gets, c.lists, c.gathers, c.records, c.bytes, c.writes)
}

// counted puts a counter between p and its store. Nothing of it is remembered then.
func (p *person) counted() *counter {
	p.w.t.Helper()
	c := new(counter)
	p.reopen(func(cfg *client.Config) { c.Store, cfg.Store = cfg.Store, gatherer{c} })
	c.reset()
	return c
}

// A page costs what it shows, whatever the room holds; so does a search, and the list.
func TestReadsAreBounded(t *testing.T) {
	n := 5000
	if testing.Short() {
		n = 1200
	}
	alice, room := filled(t, n, number)
	ctx := t.Context()
	for more := true; more; {
		var err error
		if more, err = alice.Index(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := alice.FillRooms(ctx, room.Room, 200); err != nil {
		t.Fatal(err)
	}
	c := alice.counted()
	for _, test := range []struct {
		what          string
		do            func() error
		records, most int // of records, and of calls
	}{
		{"a page of 50", func() error { _, err := alice.Page(ctx, room.Room, client.PageOf{Limit: 50}); return err }, 150, 20},
		{"the same after a message", func() error {
			if err := alice.FillRoom(ctx, room.Room, alice.Account(), 1, number); err != nil {
				return err
			}
			c.reset()
			p, err := alice.Page(ctx, room.Room, client.PageOf{Limit: 50})
			if err == nil && (len(p.Views) != 50 || p.Views[49].Text != "message 0" || !p.Older) {
				t.Errorf("the page is %d lines to %q", len(p.Views), p.Views[len(p.Views)-1].Text)
			}
			return err
		}, 0, 0},
		{"the page before", func() error {
			_, err := alice.Page(ctx, room.Room, client.PageOf{Before: uint64(n / 2), Limit: 50})
			return err
		}, 150, 20},
		{"the page after", func() error {
			_, err := alice.Page(ctx, room.Room, client.PageOf{After: uint64(n / 2), Limit: 50})
			return err
		}, 300, 20},
		{"200 rooms", func() error { _, err := alice.Rooms(ctx); return err }, 900, 20},
		{"200 rooms again", func() error { _, err := alice.Rooms(ctx); return err }, 420, 10},
	} {
		c.reset()
		if err := test.do(); err != nil {
			t.Fatalf("%s: %v", test.what, err)
		}
		t.Logf("%s: %v", test.what, c)
		if c.records > test.records || c.gets+c.lists+c.gathers > test.most || c.writes != 0 {
			t.Errorf("%s takes %v; want at most %d records and %d calls", test.what, c, test.records, test.most)
		}
	}
	c.reset()
	if _, _, err := alice.Search(ctx, client.Query{Text: "no such text", Limit: 20}); err != nil {
		t.Fatal(err)
	}
	t.Logf("search: %v", c)
	if c.bytes > 200*n+500_000 {
		t.Errorf("a search reads %v of %d short messages", c, n)
	}
}
