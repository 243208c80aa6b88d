package bridge

import (
	"fmt"
	"testing"
)

// roomsTold returns what was told of a conversation, in order.
func (p *page) roomsTold(room string) (all []RoomNews) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.told {
		var n RoomNews
		if e.event == "room" && decode([]byte(e.data), &n) == nil && n.Room == room {
			all = append(all, n)
		}
	}
	return all
}

// A page that has asked for a conversation is told how it is, and others that it has
// changed.
func TestRoomNews(t *testing.T) {
	url := newServer(t)
	ada, bob := newPage(t, url).signUp("ada"), newPage(t, url).signUp("bob")
	room := ask[Room](ada, "start", Start{Names: []string{"bob"}}).Room
	ask[Sent](ada, "send", Send{Room: room, Text: "hello"})
	bob.until("it came", func() bool { return len(bob.roomsTold(room)) > 0 && ask[Rooms](bob, "rooms", Known{}).Unread == 0 })
	for _, n := range bob.roomsTold(room) {
		if n.Now != nil || n.Tail != nil {
			t.Fatalf("told unasked: %+v", n)
		}
	}
	bob.until("it can be accepted", func() bool { _, err := try[Nothing](bob, "accept", InRooms{[]string{room}}); return err == nil })
	bob.until("it is there", func() bool { _, err := try[Room](bob, "room", InRoom{room}); return err == nil })
	ada.until("bob has accepted", func() bool { return !ask[Room](ada, "room", InRoom{room}).Pending })
	ask[Sent](ada, "send", Send{Room: room, Text: "told with its text"})
	bob.until("the message was told", func() bool {
		told := bob.roomsTold(room)
		last := told[len(told)-1]
		if last.Now == nil || last.Tail == nil || len(last.Tail.Messages) == 0 || last.Tail.Newer {
			return false
		}
		return last.Tail.Messages[len(last.Tail.Messages)-1].Text == "told with its text" && last.Now.Unread > 0
	})
}

// Only the conversations that were asked for last are followed.
func TestFollowed(t *testing.T) {
	var f followed
	name := func(i int) string { return fmt.Sprint("room ", i) }
	for i := range maxFollowed {
		f.add(name(i))
	}
	f.add(name(0))
	f.add("another")
	for i, want := range []bool{true, false, true, true} {
		if got := f.has(name(i)); got != want {
			t.Errorf("%s is followed: %v; want %v", name(i), got, want)
		}
	}
}
