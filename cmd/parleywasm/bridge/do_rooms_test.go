package bridge

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

// picture is the smallest thing that counts as a PNG.
var picture = "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\npixels"))

func (p *page) rooms() Rooms { return ask[Rooms](p, "rooms", Nothing{}) }

// only waits until there is one conversation, and returns it.
func (p *page) only() RoomLine {
	p.t.Helper()
	p.until("one conversation", func() bool { return len(p.rooms().Rooms) == 1 })
	return p.rooms().Rooms[0]
}

// asked waits until there is one request, and returns it.
func (p *page) asked() RoomLine {
	p.t.Helper()
	p.until("one request", func() bool { return len(p.rooms().Requests) == 1 })
	return p.rooms().Requests[0]
}

// opened starts a conversation, once its people's new devices can be added.
func (p *page) opened(s Start) (r Room) {
	p.t.Helper()
	p.until("the devices can be added", func() bool {
		var err *Error
		r, err = try[Room](p, "start", s)
		return err == nil || err.Code != "no_key_package"
	})
	return r
}

// friends makes a conversation of two that both want.
func friends(p, q *page, name string) string {
	p.t.Helper()
	room := p.opened(Start{Names: []string{name}}).Room
	ask[Sent](p, "send", Send{Room: room, Text: "hello"})
	q.asked()
	ask[Nothing](q, "accept", InRooms{Rooms: []string{room}})
	p.until("accepted", func() bool { return !ask[Room](p, "room", InRoom{Room: room}).Pending })
	return room
}

func TestRequests(t *testing.T) {
	url := newServer(t)
	ada, bob := newPage(t, url).signUp("ada"), newPage(t, url).signUp("bob")
	ask[Nothing](ada, "setProfile", Profile{Display: "Ada L.", Picture: picture})
	r := ada.opened(Start{Names: []string{"bob"}})
	if !r.Direct || !r.MaySend || !r.Pending || r.Title != "bob" || len(r.Members) != 2 || !r.Members[0].Own {
		t.Errorf("start = %+v", r)
	}
	ask[Sent](ada, "send", Send{Room: r.Room, Text: "hello"})
	if r := ask[Room](ada, "room", InRoom{Room: r.Room}); r.MaySend {
		t.Error("a second message may be sent before it is accepted")
	}
	if _, err := try[Sent](ada, "send", Send{Room: r.Room, Text: "more"}); err == nil || err.Code != "request_pending" {
		t.Errorf("a second message: %v; want request_pending", err)
	}
	line := bob.asked()
	bob.until("the profile is there", func() bool { return bob.asked().Title == "Ada L." })
	if line = bob.asked(); line.People[0].Picture != picture || line.Last.Text != "hello" || line.People[0].Known {
		t.Errorf("the request: %+v", line)
	}
	open := ask[Room](bob, "room", InRoom{Room: r.Room})
	if !open.Request || open.MaySend || open.FirstNew == 0 || bob.rooms().Unread != 0 {
		t.Errorf("the request, open: %+v", open)
	}
	ask[Nothing](bob, "accept", InRooms{Rooms: []string{r.Room}})
	if line := bob.only(); !line.People[0].Known || bob.rooms().Unread != 1 {
		t.Errorf("accepted: %+v", line)
	}
	ada.until("accepted", func() bool { return !ask[Room](ada, "room", InRoom{Room: r.Room}).Pending })
	ask[Nothing](bob, "block", Accounts{Accounts: []string{"ada"}})
	if people := ask[People](bob, "blocked", Nothing{}).People; len(people) != 1 || people[0].Display != "Ada L." {
		t.Errorf("blocked = %+v", people)
	}
	if open := ask[Room](bob, "room", InRoom{Room: r.Room}); open.MaySend || !open.People[0].Blocked {
		t.Errorf("a blocked person's conversation: %+v", open)
	}
	ask[Nothing](bob, "unblock", Accounts{Accounts: []string{"ada"}})
	if people := ask[People](bob, "blocked", Nothing{}).People; len(people) != 0 {
		t.Errorf("blocked = %+v; want nobody", people)
	}
	ask[Nothing](bob, "deleteRoom", InRooms{Rooms: []string{r.Room}})
	if n := len(bob.rooms().Rooms); n != 0 {
		t.Errorf("%d conversations after deleting it", n)
	}
	for _, bad := range []string{"noise", "mimi://example.com/r/x"} {
		if _, err := try[Nothing](bob, "accept", InRooms{Rooms: []string{bad}}); err == nil || err.Code != "bad_params" {
			t.Errorf("accept of %q: %v; want bad_params", bad, err)
		}
	}
}

func TestSetRoom(t *testing.T) {
	url := newServer(t)
	ada, bob := newPage(t, url).signUp("ada"), newPage(t, url).signUp("bob")
	room := friends(ada, bob, "bob")
	yes, forever, timer, title := true, int64(-1), 3600, "No"
	ask[Nothing](ada, "setRoom", SetRoom{Room: room, Pinned: &yes, MutedMS: &forever, Archived: &yes, TimerS: &timer})
	ask[Nothing](ada, "setDraft", Draft{Room: room, Text: "not yet"})
	ada.until("the timer is set", func() bool { return ask[Room](ada, "room", InRoom{Room: room}).TimerS == timer })
	if r := ask[Room](ada, "room", InRoom{Room: room}); !r.Pinned || !r.Muted || r.MutedMS != -1 || !r.Archived || r.Draft != "not yet" {
		t.Errorf("room = %+v", r)
	}
	bob.until("the timer is there", func() bool { return ask[Room](bob, "room", InRoom{Room: room}).TimerS == timer })
	if _, err := try[Nothing](ada, "setRoom", SetRoom{Room: room, Title: &title}); err == nil || err.Code != "direct" {
		t.Errorf("a title for two: %v; want direct", err)
	}
	wrong := "data:image/svg+xml;base64,PHN2Zz4="
	if _, err := try[Nothing](ada, "setProfile", Profile{Picture: wrong}); err == nil || err.Code != "bad_params" {
		t.Errorf("a picture that is none: %v; want bad_params", err)
	}
}

func TestGroups(t *testing.T) {
	url := newServer(t)
	ada, bob, cy := newPage(t, url).signUp("ada"), newPage(t, url).signUp("bob"), newPage(t, url).signUp("cy")
	g := ada.opened(Start{Names: []string{"bob"}, Group: true, Title: " Friends ", Picture: picture})
	if g.Direct || !g.MayAdd || !g.MayManage || g.Members[0].Role != "admin" {
		t.Errorf("start = %+v", g)
	}
	in := InRoom{Room: g.Room}
	bob.until("bob is asked, by its title", func() bool { r := bob.rooms().Requests; return len(r) == 1 && r[0].Title == "Friends" })
	ask[Nothing](bob, "accept", InRooms{Rooms: []string{g.Room}})
	if r := ask[Room](bob, "room", in); r.MayManage || !r.MayAdd || r.Picture != picture {
		t.Errorf("bob's room = %+v", r)
	}
	bob.until("cy is added", func() bool {
		_, err := try[Nothing](bob, "addMembers", Members{Room: g.Room, Names: []string{"cy"}})
		return err == nil
	})
	cy.asked()
	if _, err := try[Nothing](bob, "removeMember", Member{Room: g.Room, Account: "cy"}); err == nil || err.Code != "not_admin" {
		t.Errorf("a member removes: %v; want not_admin", err)
	}
	ask[Nothing](ada, "setRole", Role{Room: g.Room, Account: "bob", Role: "admin"})
	bob.until("bob may", func() bool { return ask[Room](bob, "room", in).MayManage })
	ask[Nothing](bob, "removeMember", Member{Room: g.Room, Account: "cy"})
	cy.until("cy is out", func() bool { return !ask[Room](cy, "room", in).Active })
	if _, err := try[Nothing](ada, "deleteRoom", InRooms{Rooms: []string{g.Room}}); err == nil || err.Code != "in_group" {
		t.Errorf("deleting a group one is in: %v; want in_group", err)
	}
	ask[Nothing](ada, "leave", in)
	if r := ask[Room](ada, "room", in); r.Active || r.MaySend || r.MayAdd {
		t.Errorf("after leaving: %+v", r)
	}
	bob.until("ada is gone", func() bool { return len(ask[Room](bob, "room", in).Members) == 1 })
	ask[Nothing](ada, "deleteRoom", InRooms{Rooms: []string{g.Room}})
	if h := ask[Healing](bob, "healing", Nothing{}); len(h.Refused) != 0 || h.Rejoined != 0 {
		t.Errorf("healing = %+v; want nothing", h)
	}
}

func TestReaders(t *testing.T) {
	url := newServer(t)
	ada, bob := newPage(t, url).signUp("ada"), newPage(t, url).signUp("bob")
	room := friends(ada, bob, "bob")
	in := InRoom{Room: room}
	other := func(p *page) Reader {
		all := ask[Readers](p, "readers", in)
		i := slices.IndexFunc(all.People, func(r Reader) bool { return !r.Own })
		if i < 0 || all.Mode != "private" || all.Suite == "" || len(all.People) != 2 {
			t.Fatalf("readers = %+v", all)
		}
		return all.People[i]
	}
	a, b := other(ada), other(bob)
	if a.SafetyNumber == "" || a.SafetyNumber != b.SafetyNumber || a.QR != b.QR || a.Verified || len(a.Devices) != 1 || a.Devices[0].Name != "test" {
		t.Errorf("ada reads %+v, bob %+v", a, b)
	}
	rows := strings.Split(a.QR, "\n")
	for _, row := range rows {
		if len(row) != len(rows) || strings.Trim(row, "01") != "" {
			t.Fatalf("a row of %d: %q", len(rows), row)
		}
	}
	if !strings.HasPrefix(rows[0], "1111111") || !strings.HasPrefix(rows[3], "1011101") || len(rows) < 21 {
		t.Errorf("this is no QR code: %q", rows)
	}
	if _, err := try[Nothing](ada, "verify", Verify{Account: "bob", Verified: true, Number: "00000"}); err == nil || err.Code != "no_number" {
		t.Errorf("another number: %v; want no_number", err)
	}
	ask[Nothing](ada, "verify", Verify{Account: "bob", Verified: true, Number: a.SafetyNumber})
	if r := other(ada); !r.Verified || r.Changed {
		t.Errorf("verified: %+v", r)
	}
	// Another device of ada's own changes the number, but nothing about bob.
	mine := newPage(t, url)
	own := ask[Boot](mine, "signIn", SignIn{Name: "ada", Passphrase: "ada's words", DeviceName: "phone"}).Code
	ask[Nothing](ada, "approveDevice", Code{Code: own})
	ada.until("the number is another one", func() bool { return other(ada).SafetyNumber != a.SafetyNumber })
	if r := other(ada); !r.Verified || r.Changed {
		t.Errorf("after a device of one's own: %+v", r)
	}
	// Another device of bob's: calm, but it isn't what was compared.
	second := newPage(t, url)
	code := ask[Boot](second, "signIn", SignIn{Name: "bob", Passphrase: "bob's words", DeviceName: "phone"}).Code
	ask[Nothing](bob, "approveDevice", Code{Code: code})
	ada.until("it is another number", func() bool { return other(ada).Changed })
	if r := other(ada); r.Verified || len(r.Devices) == 0 {
		t.Errorf("after another device: %+v", r)
	}
	if page := ask[Page](ada, "history", PageOf{Room: room, Limit: 50}); !slices.ContainsFunc(page.Messages, func(m Message) bool { return m.Notice == "verified_changed" }) {
		t.Error("no line says so")
	}
	ask[Nothing](ada, "verify", Verify{Account: "bob"})
	if r := other(ada); r.Verified || r.Changed {
		t.Errorf("unverified: %+v", r)
	}
}

func TestSettings(t *testing.T) {
	url := newServer(t)
	ada, phone := newPage(t, url).signUp("ada"), newPage(t, url)
	want := Settings{Receipts: true, Typing: true, Previews: true, Links: true, Warnings: true, Theme: "system"}
	if got := ask[Settings](ada, "settings", Nothing{}); got != want {
		t.Errorf("settings = %+v; want %+v", got, want)
	}
	want = Settings{Receipts: false, Typing: false, Previews: true, Links: false, Theme: "dark", Language: "ar", Notify: true}
	ask[Nothing](ada, "setSettings", want)
	if got := ask[Settings](ada, "settings", Nothing{}); got != want {
		t.Errorf("settings = %+v; want %+v", got, want)
	}
	ada.until("the pages are told", func() bool { return ada.wasTold("settings") })
	bad := want
	bad.Theme = "purple"
	if _, err := try[Nothing](ada, "setSettings", bad); err == nil || err.Code != "bad_params" {
		t.Errorf("an unknown theme: %v; want bad_params", err)
	}
	// A new device has what is shared, and its own theme.
	code := ask[Boot](phone, "signIn", SignIn{Name: "ada", Passphrase: "ada's words", DeviceName: "phone"}).Code
	if w := ask[Devices](ada, "devices", Nothing{}).Waiting; len(w) != 1 || w[0].Code != code || w[0].Name != "phone" {
		t.Errorf("waiting = %+v", w)
	}
	ask[Nothing](ada, "approveDevice", Code{Code: code})
	shared := Settings{Previews: true, Warnings: true, Theme: "system"}
	phone.until("the phone knows the settings", func() bool {
		s, err := try[Settings](phone, "settings", Nothing{})
		return err == nil && s == shared
	})
	d := ask[Devices](ada, "devices", Nothing{})
	if len(d.Devices) != 2 || !d.Devices[0].This || d.Devices[1].Name != "phone" || d.Reset || d.Devices[0].LastSeenMS == 0 {
		t.Errorf("devices = %+v", d)
	}
	ask[Nothing](ada, "removeDevice", Device{Device: d.Devices[1].Device})
	if d := ask[Devices](ada, "devices", Nothing{}); len(d.Devices) != 1 {
		t.Errorf("devices after removing one: %+v", d)
	}
	if _, err := try[Nothing](ada, "removeDevice", Device{Device: d.Devices[0].Device}); err == nil || err.Code != "last_device" {
		t.Errorf("removing the last: %v; want last_device", err)
	}
	if _, err := try[Nothing](ada, "cancelReset", Nothing{}); err == nil || err.Code != "no_reset" {
		t.Errorf("cancelReset: %v; want no_reset", err)
	}
}
