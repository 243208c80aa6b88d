package browser

import (
	"testing"
)

// TestGroup: a group is made, named and pictured; people come later, get roles, are
// mentioned, are removed and leave. Who isn't in it yet, or any more, reads nothing.
func TestGroup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	all := s.people("alice", "bob", "carol")
	g := &group{s, all[0], all[1], all[2], "Cooks " + mark}
	acquaint(g.alice, g.bob)
	s.chapters([]chapter{
		{"made", g.made},
		{"face", g.face},
		{"mentions", g.mentions},
		{"forward", g.forward},
		{"later", g.later},
		{"roles", g.roles},
		{"removed", g.removed},
		{"left", g.left},
	})
}

// A group is three people with a browser each, who make one.
type group struct {
	*site
	alice, bob, carol *person
	title             string
}

// meet has all who can look at the group.
func (g *group) meet(all ...*person) {
	g.t.Helper()
	for _, p := range all {
		p.goTo("#/")
		p.has("heading", "Chats")
		p.open(g.title)
		p.has("textbox", "Message to *")
	}
}

// info opens what there is to know of the group.
func (p *person) info() {
	p.t.Helper()
	p.press("button", "Options of this conversation")
	p.press("menuitem", "Group info")
	p.has("dialog", "Group info")
}

// closed closes a dialog.
func (p *person) closed() {
	p.t.Helper()
	p.press("button", "Close")
	p.hasNot("dialog", "*")
}

func (g *group) made() {
	alice, bob, carol := g.alice, g.bob, g.carol
	alice.press("button", "New conversation")
	for _, name := range []string{"bob", "carol"} {
		alice.types("Who do you want to write to?", name)
		alice.key(",")
		alice.has("button", "Remove *")
	}
	alice.types("Group name", g.title)
	alice.press("button", "Create group")
	alice.has("heading", g.title)
	alice.send("welcome " + mark)
	bob.goTo("#/")
	bob.open(g.title)
	bob.hears("welcome " + mark)
	carol.press("button", "Message requests*")
	carol.press("button", "Accept: *")
	carol.press("button", "Back")
	carol.open(g.title)
	carol.hears("welcome " + mark)
	carol.send("thanks " + mark)
	bob.hears("thanks " + mark)
	alice.hears("thanks " + mark)
}

// face: the group gets another name and a picture, which all see.
func (g *group) face() {
	alice, bob, carol := g.alice, g.bob, g.carol
	alice.info()
	alice.press("button", "Change the name")
	g.title = "Bakers " + mark
	alice.types("Name of the group", g.title)
	alice.press("button", "Save")
	alice.has("button", "Change the name")
	alice.chooses("dialog input[type=file]", g.newPicture("oven-"+mark+".png", 300, 220))
	g.conceal(alice.pictureIn("dialog .avatar img"))
	alice.closed()
	for _, p := range []*person{bob, carol} {
		p.has("heading", g.title)
		p.has("article", "*named the group “"+g.title+"”")
		p.has("article", "*changed the group’s picture")
		g.conceal(p.pictureIn(".talk-head .avatar img"))
	}
}

// mentions: a name after @ is completed; who is mentioned is told.
func (g *group) mentions() {
	alice, carol := g.alice, g.carol
	carol.goTo("#/")
	carol.has("heading", "Chats")
	alice.types("Message to *", "@car")
	alice.completes("Carol*")
	alice.until("her name", `holds("Message to *") === `+quote("@"+carol.display()+" "))
	alice.enter()
	carol.has("link", "*"+g.title+"*You were mentioned*")
	carol.open(g.title)
	carol.until("the mention", `text() !== null && [...document.querySelectorAll(".text .mention")].some((e) => e.innerText === `+quote("@"+carol.display())+`)`)
	carol.hasNot("link", "*You were mentioned*")
}

// forward: what was said between two goes to the group, and says that it's forwarded.
func (g *group) forward() {
	alice, bob, carol := g.alice, g.bob, g.carol
	bob.goTo("#/")
	bob.open(alice.display())
	bob.deeds("*: hello from alice*")
	bob.press("menuitem", "Forward")
	bob.has("dialog", "Forward to")
	bob.press("checkbox", "*"+g.title+"*")
	bob.press("button", "Forward")
	bob.hasNot("dialog", "*")
	g.meet(carol, bob)
	for _, p := range []*person{carol, alice} {
		p.has("article", "*Forwarded. hello from alice*")
	}
}

// later: somebody is added, and reads what is said from then on.
func (g *group) later() {
	alice, bob, carol := g.alice, g.bob, g.carol
	dave := g.friend("dave", "Dave "+mark)
	alice.info()
	_, before := alice.point("button", "Close")
	alice.press("button", "Add people")
	alice.types("Who do you want to add?", "bob")
	alice.enter()
	alice.sees("They’re in the group already.")
	alice.types("Who do you want to add?", "dave")
	alice.enter()
	alice.has("button", "Remove *")
	alice.press("button", "Add")
	alice.hasNot("dialog", "Add people")
	alice.has("button", "Options for Dave*")
	if _, after := alice.point("button", "Close"); after != before {
		g.t.Errorf("the cross is at %g, and was at %g before the list grew", after, before)
	}
	alice.closed()
	alice.has("article", "You added *")
	for _, p := range []*person{bob, carol} {
		p.has("article", alice.display()+" added *")
	}
	room := alice.room()
	dave.joins(room)
	alice.send("hello to dave " + mark)
	dave.last(room, "hello to dave "+mark)
	dave.says(room, "hello to all "+mark)
	carol.hears("hello to all " + mark)
	carol.has("article", "*Dave "+mark+"*hello to all*")
	views, err := dave.History(g.t.Context(), room, 0, 50)
	dave.must(err)
	for _, v := range views {
		if v.Text == "welcome "+mark || v.Text == "thanks "+mark {
			g.t.Errorf("who came later reads %q", v.Text)
		}
	}
}

// roles: an admin makes another one, who can do what admins can until it's taken back.
func (g *group) roles() {
	alice, bob := g.alice, g.bob
	alice.info()
	alice.press("button", "Options for Bob*")
	alice.press("menuitem", "Make admin")
	bob.has("article", "You’re an admin now")
	bob.info()
	bob.press("button", "Options for Dave*")
	bob.has("menuitem", "Remove from the group")
	bob.press("menuitem", "Make admin")
	bob.escapes("*")
	alice.sees("Dave " + mark + " is an admin now")
	alice.press("button", "Options for Dave*")
	alice.press("menuitem", "No longer admin")
	alice.press("button", "Options for Bob*")
	alice.press("menuitem", "No longer admin")
	bob.has("article", "You aren’t an admin any more")
	bob.info()
	bob.press("button", "Options for Dave*")
	bob.has("menuitem", "Write to *")
	if bob.count("menuitem", "Remove from the group") != 0 {
		g.t.Error("who isn’t an admin any more may remove people")
	}
	bob.key("\x1b")
	bob.closed()
	alice.closed()
}

// removed: who is removed reads nothing more.
func (g *group) removed() {
	alice, bob, carol := g.alice, g.bob, g.carol
	g.meet(alice, bob, carol)
	alice.info()
	alice.press("button", "Options for carol*")
	alice.press("menuitem", "Remove from the group")
	alice.press("button", "Remove")
	alice.sees("was removed")
	carol.sees("You’re not in this group any more")
	alice.closed()
	bob.has("article", alice.display()+" removed *")
	alice.send("between us " + mark)
	bob.hears("between us " + mark)
	if carol.within(0, "shows("+quote("between us")+")") {
		g.t.Error("who was removed reads on")
	}
}

// left: who leaves is out of it, and can delete it.
func (g *group) left() {
	alice, bob := g.alice, g.bob
	bob.press("button", "Options of this conversation")
	bob.press("menuitem", "Leave group")
	bob.press("button", "Leave")
	bob.sees("You’re not in this group any more")
	alice.has("article", bob.display()+" left")
	bob.goTo("#/")
	bob.menu("link", "*"+g.title+"*")
	bob.press("menuitem", "Delete conversation")
	bob.press("button", "Delete")
	bob.hasNot("link", "*"+g.title+"*")
}

// TestRequests: what strangers write is accepted, deleted and blocked, one by one and
// together; till then links in it can't be followed, and pictures aren't fetched.
func TestRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.person("alice")
	alice.signUp()
	for _, name := range []string{"ann", "ben", "cem", "dov", "eva", "fay"} {
		s.friend(name, name+" "+mark).writes("alice", "it's "+name+", see https://example.org/"+name+" "+mark)
	}
	alice.goTo("#/requests")
	alice.until("six requests", `text() && document.querySelectorAll(".requests li").length === 6`)
	alice.press("button", "Select")
	for _, name := range []string{"ann", "ben"} {
		alice.press("checkbox", "Select the request of "+name+"*")
	}
	alice.press("button", "Delete")
	alice.press("button", "Delete") // yes
	alice.until("four requests", `text() && document.querySelectorAll(".requests li").length === 4`)
	alice.press("button", "Select")
	for _, name := range []string{"cem", "dov"} {
		alice.press("checkbox", "Select the request of "+name+"*")
	}
	alice.press("button", "Block")
	alice.press("button", "Block") // yes
	alice.until("two requests", `text() && document.querySelectorAll(".requests li").length === 2`)

	alice.press("link", "*it's eva*")
	alice.sees("wants to write to you")
	links := `document.querySelectorAll('.text a[href*="example.org"]').length`
	if got := alice.must(links); got != "0" {
		t.Errorf("a stranger's message has %s links; want none", got)
	}
	alice.press("button", "Accept")
	alice.until("the link", `text() && `+links+` === 1`)
	alice.pictured(s)
	alice.goTo("#/requests")
	alice.press("button", "Accept: fay*")
	alice.sees("No requests")
	alice.goTo("#/settings/privacy")
	alice.sees("@cem")
	alice.sees("@dov")
	if alice.within(0, `shows("@ann")`) {
		t.Error("who was only deleted is blocked")
	}
	alice.goTo("#/")
	alice.has("link", "*it's eva*")
	alice.has("link", "*it's fay*")
	for _, gone := range []string{"ann", "ben", "cem", "dov"} {
		if n := alice.count("link", "*it's "+gone+"*"); n != 0 {
			t.Errorf("what %s wrote is still there", gone)
		}
	}
}
