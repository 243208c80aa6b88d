package bridge

import (
	"slices"
	"strings"
	"testing"

	"parley/client"
)

// pair returns two pages whose people have a conversation, and its URI.
func pair(t *testing.T) (p, q *page, room string) {
	t.Helper()
	url := newServer(t)
	p, q = newPage(t, url).signUp("ada"), newPage(t, url).signUp("bob")
	ada, err := p.client()
	if err != nil {
		t.Fatal(err)
	}
	p.until("bob's key packages are there", func() bool {
		_, err := ada.SendTo(t.Context(), []string{"bob"}, "hello")
		return err == nil
	})
	rooms, err := ada.Rooms(t.Context())
	if err != nil || len(rooms) != 1 {
		t.Fatalf("Rooms = %v, %v; want one", rooms, err)
	}
	room = string(rooms[0].Room)
	q.until("bob has it", func() bool { _, err := try[Page](q, "history", PageOf{Room: room, Limit: 1}); return err == nil })
	bob, err := q.client()
	if err != nil {
		t.Fatal(err)
	}
	if err := bob.Accept(t.Context(), rooms[0].Room); err != nil {
		t.Fatal(err)
	}
	ask[Sent](q, "send", Send{Room: room, Text: "hello to you"})
	p.until("ada has bob's answer", func() bool { return p.newest(room).Text == "hello to you" })
	return p, q, room
}

// newest returns the last line of a conversation.
func (p *page) newest(room string) Message {
	p.t.Helper()
	lines := ask[Page](p, "history", PageOf{Room: room, Limit: 20}).Messages
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].Kind != "notice" {
			return lines[i]
		}
	}
	return Message{}
}

func TestConversation(t *testing.T) {
	p, q, room := pair(t)
	bob := "mimi://example.com/u/bob"
	sent := ask[Sent](p, "send", Send{Room: room, Text: "hi @bob", Mentions: []Mention{{Account: bob, Start: 3, End: 7}}})
	if m := p.newest(room); m.ID != sent.ID || !m.Own {
		t.Errorf("the newest line is %+v; want what was sent", m)
	}
	q.until("bob reads it", func() bool { return q.newest(room).ID == sent.ID })
	if m := q.newest(room); m.Text != "hi @bob" || len(m.Mentions) != 1 || m.Mentions[0] != (Mention{Account: bob, Start: 3, End: 7}) || m.State != StateReceived {
		t.Errorf("bob sees %+v", m)
	}
	q.until("bob is notified", func() bool { return q.wasTold("notify") })
	ask[Nothing](q, "markRead", Read{Room: room, Seq: q.newest(room).Seq})
	p.until("it is read", func() bool { return p.newest(room).State == StateRead })

	ask[Nothing](q, "react", React{ID: sent.ID, Emoji: "👍"})
	p.until("ada sees the reaction", func() bool {
		r := p.newest(room).Reactions
		return len(r) == 1 && r[0].Emoji == "👍" && !r[0].Own && r[0].From[0] == bob
	})
	if r := q.newest(room).Reactions; len(r) != 1 || !r[0].Own {
		t.Errorf("bob's own reaction is %+v", r)
	}
	ask[Nothing](q, "react", React{ID: sent.ID})
	p.until("it is taken back", func() bool { return len(p.newest(room).Reactions) == 0 })

	ask[Sent](p, "edit", Edit{ID: sent.ID, Text: "**hi**"})
	q.until("bob sees the edit", func() bool { m := q.newest(room); return m.Text == "**hi**" && m.Edited && len(m.Mentions) == 0 })
	reply := ask[Sent](q, "send", Send{Room: room, Text: "answer", Reply: sent.ID})
	p.until("ada sees the answer", func() bool { return p.newest(room).ID == reply.ID })
	if m := p.newest(room); m.Reply == nil || m.Reply.Text != "hi" || m.Reply.ID != sent.ID || m.Reply.Gone {
		t.Errorf("the quote is %+v; want it without markup", m.Reply)
	}
	ask[Nothing](p, "forward", Forward{ID: reply.ID, Rooms: []string{room}})
	q.until("bob sees it forwarded", func() bool { m := q.newest(room); return m.Forwarded && m.Text == "answer" })
	ask[Nothing](p, "unsend", OneMessage(sent))
	q.until("bob's quote is empty", func() bool {
		for _, m := range ask[Page](q, "history", PageOf{Room: room, Limit: 20}).Messages {
			if m.ID == reply.ID {
				return m.Reply.Unsent && m.Reply.Text == ""
			}
		}
		return false
	})
}

// The other page is told who writes.
func TestTypingIsTold(t *testing.T) {
	p, q, room := pair(t)
	q.until("bob is told", func() bool {
		ask[Nothing](p, "typing", Typing{Room: room, On: true})
		return q.wasTold("typing")
	})
}

func TestSearchFinds(t *testing.T) {
	p, q, room := pair(t)
	ask[Sent](p, "send", Send{Room: room, Text: "the *quick* brown fox"})
	q.until("bob finds it", func() bool { return len(ask[Found](q, "search", Search{Text: "QUICK b", Limit: 5}).Hits) == 1 })
	h := ask[Found](q, "search", Search{Text: "quick B", Limit: 5}).Hits[0]
	if h.Text != "the quick brown fox" || h.Text[h.Start:h.End] != "quick b" || h.Title != "ada" || h.From != "ada" || h.Own || h.Room != room {
		t.Errorf("found %+v", h)
	}
	if f := ask[Found](q, "search", Search{Text: " ", Limit: 5}); len(f.Hits) != 0 {
		t.Errorf("nothing finds %+v", f)
	}
}

// What a page could ask for that isn't there is refused by its code.
func TestMessagesRefuse(t *testing.T) {
	p, _, room := pair(t)
	other := p.newest(room).ID // of bob
	for _, test := range []struct {
		method string
		params any
		code   string
	}{
		{"history", PageOf{Room: room}, "bad_params"},
		{"history", PageOf{Room: room, Limit: 201}, "bad_params"},
		{"history", PageOf{Room: "x", Limit: 1}, "bad_params"},
		{"history", PageOf{Room: "mimi://example.com/r/AAAAAAAAAAAAAAAAAAAAAA", Limit: 1}, "unknown_room"},
		{"history", PageOf{Room: room, Around: "x", Limit: 1}, "unknown_message"},
		{"send", Send{Room: room, Text: " "}, "empty"},
		{"send", Send{Room: room, Text: strings.Repeat("x", client.MaxText+1)}, "too_long"},
		{"send", Send{Room: room, Text: "hi", Mentions: []Mention{{Account: "x", Start: 0, End: 9}}}, "bad_params"},
		{"send", Send{Room: room, Text: "hi", Reply: "x"}, "unknown_message"},
		{"edit", Edit{ID: other, Text: "mine now"}, "not_yours"},
		{"unsend", OneMessage{ID: other}, "not_yours"},
		{"react", React{ID: other, Emoji: "no"}, "bad_params"},
		{"retry", OneMessage{ID: "x"}, "unknown_message"},
		{"discard", OneMessage{ID: other}, "unknown_message"},
		{"forward", Forward{ID: other, Rooms: []string{"x"}}, "bad_params"},
		{"search", Search{Text: "x", Limit: 0}, "bad_params"},
		{"search", Search{Text: strings.Repeat("x", 300), Limit: 1}, "too_long"},
		{"typing", Typing{Room: "x", On: true}, "bad_params"},
	} {
		if _, err := try[any](p, test.method, test.params); err == nil || err.Code != test.code {
			t.Errorf("%s %+v: %v; want %s", test.method, test.params, err, test.code)
		}
	}
}

// TestGoneAreNamed: a page names those of whom it tells who aren't members any more,
// and nobody else.
func TestGoneAreNamed(t *testing.T) {
	url := newServer(t)
	ada, bob := newPage(t, url).signUp("ada"), newPage(t, url).signUp("bob")
	ask[Nothing](bob, "setProfile", Profile{Display: "Bob B."})
	room := ada.opened(Start{Names: []string{"bob"}, Group: true, Title: "two"}).Room
	bob.asked()
	ask[Nothing](bob, "accept", InRooms{Rooms: []string{room}})
	ask[Sent](bob, "send", Send{Room: room, Text: "hello"})
	ada.until("bob's words are there", func() bool { return ada.newest(room).Text == "hello" })
	ada.until("bob's name is there", func() bool {
		return slices.ContainsFunc(ask[Room](ada, "room", InRoom{Room: room}).Members, func(m RoomMember) bool { return m.Display == "Bob B." })
	})
	if p := ask[Page](ada, "history", PageOf{Room: room, Limit: 20}); len(p.People) != 0 {
		t.Errorf("people = %+v; want none while all are members", p.People)
	}
	ask[Nothing](bob, "leave", InRoom{Room: room})
	ada.until("bob has gone", func() bool { return len(ask[Room](ada, "room", InRoom{Room: room}).Members) == 1 })
	p := ask[Page](ada, "history", PageOf{Room: room, Limit: 20})
	if len(p.People) != 1 || p.People[0].Account != "mimi://example.com/u/bob" || p.People[0].Display != "Bob B." {
		t.Errorf("people = %+v; want Bob B. alone", p.People)
	}
}
