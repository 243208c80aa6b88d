package bridge

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A tab is a page that knows the list of an edition.
type tab struct{ known Rooms }

// asks asks for what has changed, and merges it as web/app/state/merge.ts does.
func (b *tab) asks(p *page) {
	now := ask[Rooms](p, "rooms", Known{Edition: b.known.Edition})
	if !now.Part {
		b.known = now
		return
	}
	changed := slices.Clone(now.Gone)
	for _, l := range append(slices.Clone(now.Rooms), now.Requests...) {
		changed = append(changed, l.Room)
	}
	put := func(before, lines []RoomLine) []RoomLine {
		kept := slices.DeleteFunc(slices.Clone(before), func(l RoomLine) bool { return slices.Contains(changed, l.Room) })
		all := append(kept, lines...)
		slices.SortFunc(all, func(a, b RoomLine) int {
			return cmp.Or(flag(b.Pinned)-flag(a.Pinned), cmp.Compare(b.AtMS, a.AtMS), cmp.Compare(a.Room, b.Room))
		})
		return all
	}
	b.known = Rooms{
		Edition: now.Edition, Gone: []string{}, Unread: now.Unread,
		Rooms: put(b.known.Rooms, now.Rooms), Requests: put(b.known.Requests, now.Requests),
	}
}

// anew returns the list as a page that knows nothing gets it of a core that has told
// nothing yet.
func (p *page) anew() Rooms {
	p.t.Helper()
	cl, err := p.client()
	if err != nil {
		p.t.Fatal(err)
	}
	fresh := new(listing)
	if err := fresh.read(p.t.Context(), cl); err != nil {
		p.t.Fatal(err)
	}
	return fresh.since(0)
}

// same fails if a tab that asks for what has changed doesn't come to what there is:
// what arrives between the two questions is in the next answers.
func (b *tab) same(p *page, what string) {
	p.t.Helper()
	p.until(what+": a tab shows what there is", func() bool {
		b.asks(p)
		got, want := b.known, p.anew()
		got.Edition, want.Edition, got.Gone = 0, 0, nil
		x, errX := encode(got)
		y, errY := encode(want)
		return errX == nil && errY == nil && bytes.Equal(x, y)
	})
}

// Several tabs that ask now and then for what has changed show what there is, whatever
// happens, and after the core has begun again.
func TestTabsFollowList(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	url := newServer(t)
	ada, bob, eve := newPage(t, url).signUp("ada"), newPage(t, url).signUp("bob"), newPage(t, url).signUp("eve")
	rooms := []string{friends(bob, ada, "ada"), eve.opened(Start{Names: []string{"ada"}}).Room}
	ask[Sent](eve, "send", Send{Room: rooms[1], Text: "it's me"})
	ada.asked()
	tabs := make([]tab, 3)
	for i := range 60 {
		what := fmt.Sprintf("step %d of seed %d: %s", i, seed, ada.something(r, bob, rooms))
		some := &tabs[r.IntN(len(tabs))]
		some.same(ada, what)
	}
	ada.Core.Close()
	ada.start(url)
	for i := range tabs {
		tabs[i].same(ada, "after the core has begun again")
	}
}

// something does one thing that may show in p's list.
func (p *page) something(r *rand.Rand, friend *page, rooms []string) string {
	room, on, text := rooms[r.IntN(len(rooms))], r.IntN(2) == 0, fmt.Sprintf("text %d", r.Uint32())
	do := []struct {
		what string
		do   func()
	}{
		{"send", func() { _, _ = try[Sent](p, "send", Send{Room: room, Text: text}) }},
		{"hear", func() { _, _ = try[Sent](friend, "send", Send{Room: rooms[0], Text: text}) }},
		{"pin", func() { _, _ = try[Nothing](p, "setRoom", SetRoom{Room: room, Pinned: &on}) }},
		{"archive", func() { _, _ = try[Nothing](p, "setRoom", SetRoom{Room: room, Archived: &on}) }},
		{"draft", func() { _, _ = try[Nothing](p, "setDraft", Draft{Room: room, Text: text}) }},
		{"profile", func() { _, _ = try[Nothing](friend, "setProfile", Profile{Display: text}) }},
		{"block", func() { _, _ = try[Nothing](p, "block", Accounts{Accounts: []string{"eve"}}) }},
		{"unblock", func() { _, _ = try[Nothing](p, "unblock", Accounts{Accounts: []string{"eve"}}) }},
		{"accept", func() { _, _ = try[Nothing](p, "accept", InRooms{Rooms: []string{room}}) }},
		{"delete", func() { _, _ = try[Nothing](p, "deleteRoom", InRooms{Rooms: []string{room}}) }},
		{"typing", func() { _, _ = try[Nothing](friend, "typing", Typing{Room: rooms[0], On: on}) }},
	}[r.IntN(11)]
	do.do()
	return do.what
}

// A tab hears of who writes, though nothing else has changed.
func TestTabSeesTyping(t *testing.T) {
	url := newServer(t)
	ada, bob := newPage(t, url).signUp("ada"), newPage(t, url).signUp("bob")
	room := friends(bob, ada, "ada")
	tab := new(tab)
	tab.same(ada, "before")
	writes := func(all Rooms) bool {
		return slices.ContainsFunc(all.Rooms, func(l RoomLine) bool { return l.Room == room && len(l.Typing) > 0 })
	}
	ada.until("a tab shows that bob writes", func() bool {
		_, _ = try[Nothing](bob, "typing", Typing{Room: room, On: true})
		tab.asks(ada)
		return writes(tab.known)
	})
	ada.until("a tab shows that he doesn't any more", func() bool {
		_, _ = try[Nothing](bob, "typing", Typing{Room: room})
		tab.asks(ada)
		return !writes(tab.known)
	})
}

// A tab that knows an edition of another core gets the whole list: one from before this
// core's first, and one after its last.
func TestTabOfAnotherCore(t *testing.T) {
	ada := newPage(t, newServer(t)).signUp("ada")
	now := ask[Rooms](ada, "rooms", Nothing{}).Edition
	for _, known := range []int64{0, 1, now + 1000, -1} {
		if got := ask[Rooms](ada, "rooms", Known{Edition: known}); got.Part {
			t.Errorf("who knows edition %d, where %d is told, gets a part", known, got.Edition)
		}
	}
	if got := ask[Rooms](ada, "rooms", Known{Edition: now}); !got.Part {
		t.Error("who knows the last edition gets the whole list")
	}
}
