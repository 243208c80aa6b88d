package bridge

import (
	"context"
	"slices"
	"sync"
)

const (
	maxFollowed = 4  // conversations, as many as the client remembers the newest messages of
	maxTail     = 40 // messages
)

// A RoomNews tells that something in a conversation has changed. Of those that a page
// has asked for by Room lately it says how they are now, so that no page has to ask
// twice before it draws a message; of others a page that shows them asks again.
type RoomNews struct {
	Room string `json:"room"`           // URI
	Now  *Room  `json:"now,omitempty"`  // as Room returns it
	Tail *Page  `json:"tail,omitempty"` // the newest messages, as History returns them; there whenever Now is
}

// followed are the conversations that pages have asked for last.
type followed struct {
	mu    sync.Mutex // guards what follows
	rooms []string   // URIs, the last one first; at most maxFollowed
}

func (f *followed) add(room string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rooms = slices.DeleteFunc(f.rooms, func(one string) bool { return one == room })
	f.rooms = slices.Insert(f.rooms, 0, room)
	f.rooms = f.rooms[:min(len(f.rooms), maxFollowed)]
}

func (f *followed) has(room string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.rooms, room)
}

// roomNews returns what is told of a conversation now.
func (c *Core) roomNews(ctx context.Context, uri string) any {
	if !c.followed.has(uri) {
		return RoomNews{Room: uri}
	}
	tail, err := c.History(ctx, PageOf{Room: uri, Limit: maxTail})
	if err != nil {
		return RoomNews{Room: uri} // a page that asks is told why
	}
	cl, room, err := c.in(uri)
	if err != nil {
		return RoomNews{Room: uri}
	}
	now, err := c.room(ctx, cl, room)
	if err != nil {
		return RoomNews{Room: uri}
	}
	return RoomNews{Room: uri, Now: &now, Tail: &tail}
}
