package chat

import "testing"

// What somebody who is blocked wrote to a group is a line without it, which opens by a key.
func TestBlockedInGroup(t *testing.T) {
	c := newMemory()
	room := c.add(bob, carol)
	c.say(room, bob, "the first")
	id := c.say(room, carol, "you fool")
	c.say(room, bob, "the last")
	_, v := c.view(id)
	v.Blocked = true
	s := start(t, c)
	s.press("enter")
	s.shows("the first", "(from somebody you blocked)")
	s.hides("you fool")
	s.press("up", "up")
	s.shows("o show")
	s.write("o")
	s.shows("you fool")
	s.hides("(from somebody you blocked)")
}
