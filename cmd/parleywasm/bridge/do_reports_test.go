package bridge

import (
	"slices"
	"testing"
)

// A page chooses messages, sees what would leave, and hears that there is no desk.
func TestReports(t *testing.T) {
	url := newServer(t)
	alice, bob := newPage(t, url).signUp("alice"), newPage(t, url).signUp("bob")
	room := ask[Room](bob, "start", Start{Names: []string{"alice"}}).Room
	ask[Sent](bob, "send", Send{Room: room, Text: "good morning"})
	alice.until("bob's request has come", func() bool { return len(ask[Rooms](alice, "rooms", Nothing{}).Requests) > 0 })
	ask[Nothing](alice, "accept", InRooms{Rooms: []string{room}})
	var sent Sent
	bob.until("bob may write again", func() (may bool) {
		var refused *Error
		sent, refused = try[Sent](bob, "send", Send{Room: room, Text: "you fool"})
		return refused == nil
	})
	var all Reportables
	alice.until("what bob wrote can be reported", func() bool {
		all = ask[Reportables](alice, "reportables", InRoom{Room: room})
		return slices.ContainsFunc(all.Messages, func(m ReportedMessage) bool { return m.ID == sent.ID })
	})
	if !slices.ContainsFunc(all.People, func(p Person) bool { return p.Name == "bob" && !p.Own }) {
		t.Errorf("the people of what can be reported are %+v", all.People)
	}
	r := Report{Room: room, Messages: []string{sent.ID}, Category: CategoryHarassment, Note: "he insults me"}
	p := ask[ReportPreview](alice, "previewReport", r)
	if len(p.Messages) != 1 || p.Messages[0].Text != "you fool" || p.About.Name != "bob" || p.Desk != "example.com" || p.Signed != 1 || len(p.Lists) != 1 {
		t.Errorf("the preview is %+v", p)
	}
	if _, err := try[Nothing](alice, "sendReport", r); err == nil || err.Code != "no_desk" {
		t.Errorf("sendReport: %v; want no_desk", err)
	}
	if got := ask[Reporting](alice, "reporting", Nothing{}); got.Desk || got.Days != 14 || got.Note != 4096 {
		t.Errorf("reporting = %+v", got)
	}
	n := ask[Notices](alice, "notices", Nothing{})
	if len(n.Reports) != 1 || n.Reports[0].State != "refused" || n.Reports[0].Problem != "no_desk" || n.State != "" || n.Unread != 0 {
		t.Errorf("notices = %+v", n)
	}
	alice.until("the page is told that something has changed", func() bool { return alice.wasTold("notices") })
	for name, bad := range map[string]Report{
		"category": {Room: room, Messages: []string{sent.ID}, Category: "spam"},
		"message":  {Room: room, Messages: []string{"x"}, Category: CategoryScam},
		"oneself":  {Room: room, Messages: []string{sent.ID}, Category: CategoryScam, About: "mimi://example.com/u/alice"},
	} {
		if _, err := try[ReportPreview](alice, "previewReport", bad); err == nil {
			t.Errorf("a bad %s was taken", name)
		}
	}
	if _, err := try[Nothing](alice, "appeal", Appeal{Decision: "d-1", Text: "no"}); err == nil || err.Code != "no_desk" {
		t.Errorf("appeal: %v; want no_desk", err)
	}
}
