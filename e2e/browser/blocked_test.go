package browser

import (
	"testing"

	"parley/client"
)

// TestBlockedInGroup: Eve, whom Alice blocks in a group that they share, goes on writing
// there. With Alice what she says is one calm line, which opens; it makes nothing new, and
// calls nobody; unblocked, all of it is there.
func TestBlockedInGroup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.person("alice")
	alice.signUp()
	bob, eve := s.friend("bob", "Bob "+mark), s.friend("eve", "Eve "+mark)
	direct := bob.writes("alice", "hello "+mark)
	alice.press("button", "Message requests*")
	alice.press("button", "Accept: *")
	bob.accepted(direct)
	room, err := bob.Start(t.Context(), client.Opening{Names: []string{"alice", "eve"}, Group: true, Title: "Cooks " + mark})
	bob.must(err)
	eve.joins(room)
	bob.says(room, "welcome "+mark)
	eve.says(room, "before it "+mark)

	alice.goTo("#/c/" + escaped(room))
	alice.hears("before it " + mark)
	alice.info()
	alice.press("button", "Options for Eve*")
	alice.press("menuitem", "Block Eve*")
	alice.has("dialog", "Block Eve*")
	alice.press("button", "Block")
	alice.sees("Person blocked")
	alice.closed()
	folded := "Messages from *Eve " + mark + "*, whom you blocked."
	alice.has("article", folded)
	alice.goTo("#/")
	row := "*Cooks " + mark + "*"
	alice.has("link", row+"welcome*")

	eve.says(room, "look at me, @alice "+mark)
	eve.says(room, "look at me now "+mark)
	bob.says(room, "who cares "+mark)
	alice.has("link", row+"who cares*")
	alice.until("that Bob’s alone is new", `text() && [...document.querySelectorAll(".room .unread, .room .count")].every((e) => e.innerText.trim() === "1")`)
	alice.goTo("#/c/" + escaped(room))
	alice.hears("who cares " + mark)
	alice.until("that Eve’s are folded", `text() && !document.body.innerText.includes("look at me") && document.querySelectorAll(".line.folded .notice").length === 1`)
	alice.shot("folded")

	alice.press("button", "Show")
	alice.hears("look at me now " + mark)
	alice.hears("before it " + mark)
	alice.shot("unfolded")
	alice.goTo("#/")
	alice.has("heading", "Chats")
	alice.goTo("#/c/" + escaped(room))
	alice.has("article", folded)

	alice.info()
	alice.sees("Blocked")
	alice.press("button", "Options for Eve*")
	alice.press("menuitem", "Unblock Eve*")
	alice.sees("can write to you again")
	alice.closed()
	alice.hears("look at me now " + mark)
	alice.hasNot("article", folded)
}
