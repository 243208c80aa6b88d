package bridge

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"parley/client"
	"parley/identity"
)

// A listing is the lines of all conversations as they were told last, so that only
// those that are another are made, and told.
type listing struct {
	mu      sync.Mutex     // guards what follows; held while the lines are read
	client  *client.Client // whose conversations they are
	first   int64          // the edition before all that is known
	edition int64
	lines   map[identity.Room]*listed
	gone    map[identity.Room]int64 // the edition in which a conversation went
	order   []*listed               // as the list shows them
}

// A listed is a conversation's line, with what it was made of.
type listed struct {
	view    *client.Room
	faces   []identity.Account // who is shown in it
	people  []*client.Person   // of faces
	typists []identity.Account
	line    RoomLine
	edition int64 // in which it was made
}

// maxWent bounds the conversations of which it is remembered that they went. After
// more every page reads the whole list again.
const maxWent = 1000

// begin forgets what was told: the list of another client, or too much has gone. A
// page that knows an earlier edition gets the whole list, since no two beginnings
// have an edition in common but by chance.
func (l *listing) begin(cl *client.Client) {
	at := rand.Int64N(1<<51) + 1
	l.client, l.first, l.edition = cl, at, at
	l.lines, l.gone, l.order = map[identity.Room]*listed{}, map[identity.Room]int64{}, nil
}

// read brings the lines up to date. l.mu is held.
func (l *listing) read(ctx context.Context, cl *client.Client) error {
	views, err := cl.List(ctx)
	if err != nil {
		return err
	}
	if l.client != cl || len(l.gone) > maxWent {
		l.begin(cl)
	}
	all := make([]*listed, len(views))
	var want []identity.Account
	for i, view := range views {
		if all[i] = l.lines[view.Room]; all[i] == nil || all[i].view != view {
			all[i] = &listed{view: view, faces: facesIn(view, cl.Account())}
		}
		want = append(want, all[i].faces...)
	}
	people, err := cl.Known(ctx, want...)
	if err != nil {
		return err
	}
	typists := cl.Typists()
	l.edition++
	for i, one := range all {
		now := people[:len(one.faces)]
		people = people[len(one.faces):]
		all[i] = l.made(one, now, typists[one.view.Room])
	}
	l.replace(all)
	return nil
}

// made returns one with its line: what it was, if that is made of the same.
func (l *listing) made(one *listed, people []*client.Person, typists []identity.Account) *listed {
	if one.edition != 0 && slices.Equal(one.people, people) && slices.Equal(one.typists, typists) {
		return one
	}
	own := l.client.Account()
	f := &faces{own: own, people: map[identity.Account]Person{}}
	for _, p := range people {
		f.people[p.Account] = personOf(p)
	}
	return &listed{
		view: one.view, faces: one.faces, people: people, typists: typists,
		line: f.line(one.view, typists), edition: l.edition,
	}
}

// replace takes the lines that there are now, and notes which have gone.
func (l *listing) replace(all []*listed) {
	before := l.lines
	l.lines = make(map[identity.Room]*listed, len(all))
	for _, one := range all {
		l.lines[one.view.Room] = one
		delete(before, one.view.Room)
		delete(l.gone, one.view.Room)
	}
	for room := range before {
		l.gone[room] = l.edition
	}
	l.order = firstThose(all, func(one **listed) bool { return (*one).view.Pinned })
}

// since returns what a page needs that knows an edition: all lines, or those that
// were made since.
func (l *listing) since(edition int64) Rooms {
	out := Rooms{Edition: l.edition, Part: edition >= l.first && edition <= l.edition}
	for _, one := range l.order {
		if one.counts() {
			out.Unread++
		}
		switch {
		case out.Part && one.edition <= edition:
		case one.view.Request:
			out.Requests = append(out.Requests, one.line)
		default:
			out.Rooms = append(out.Rooms, one.line)
		}
	}
	if out.Part {
		for room, when := range l.gone {
			if when > edition {
				out.Gone = append(out.Gone, string(room))
			}
		}
	}
	return out
}

// counts reports whether a conversation is one of those that the badge counts.
func (one *listed) counts() bool {
	return one.line.Unread > 0 && !one.view.Request && !one.line.Muted && !one.line.Archived
}

// facesIn returns the people that a conversation's line shows, each once.
func facesIn(r *client.Room, own identity.Account) []identity.Account {
	out := append(shownOf(r, own), own)
	if r.Last != nil {
		out = append(out, r.Last.From)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
