package bridge

import (
	"context"
	"strings"

	"parley/client"
	"parley/identity"
)

// Bounds of a search and of what names a conversation.
const (
	maxHits    = 100
	maxInTitle = 3 // people in the title of a group without one
)

// searchCalls lists the methods of this file.
func (c *Core) searchCalls() map[string]call {
	return map[string]call{"search": with(c.Search)}
}

// Search looks for text in everything that this device can read. A text without a
// letter finds nothing. Codes: bad_params, too_long, unknown_room.
func (c *Core) Search(ctx context.Context, p Search) (Found, error) {
	cl, err := c.client()
	if err != nil {
		return Found{}, err
	}
	if p.Limit < 1 || p.Limit > maxHits {
		return Found{}, errBadParams
	}
	q := client.Query{Text: p.Text, Limit: p.Limit}
	if p.Room != "" {
		if q.Room, err = identity.ParseRoom(p.Room); err != nil {
			return Found{}, errBadParams
		}
	}
	if strings.TrimSpace(p.Text) == "" {
		return Found{}, nil
	}
	hits, more, err := cl.Search(ctx, q)
	if err != nil {
		return Found{}, err
	}
	found := Found{More: more}
	names := namesOf{ctx: ctx, client: cl}
	for i := range hits {
		h := &hits[i]
		found.Hits = append(found.Hits, Hit{
			Room: string(h.Room), Title: names.title(h.Room), ID: h.ID.String(), Seq: h.Seq, From: names.display(h.From),
			Own: h.Own(cl.Account()), AtMS: h.AtMS, Text: h.Snippet, Start: h.Start, End: h.End,
		})
	}
	return found, nil
}

// namesOf says what people and conversations are called, each asked for once.
type namesOf struct {
	ctx    context.Context
	client *client.Client
	people map[identity.Account]string
	titles map[identity.Room]string
}

// display returns the name under which somebody is shown.
func (n *namesOf) display(a identity.Account) string {
	if name, ok := n.people[a]; ok {
		return name
	}
	if n.people == nil {
		n.people = map[identity.Account]string{}
	}
	n.people[a] = a.Name()
	if p, err := n.client.Person(n.ctx, a); err == nil {
		n.people[a] = p.Display
	}
	return n.people[a]
}

// title returns what a conversation is called: a group's title, else the others in
// it.
func (n *namesOf) title(room identity.Room) string {
	if title, ok := n.titles[room]; ok {
		return title
	}
	if n.titles == nil {
		n.titles = map[identity.Room]string{}
	}
	n.titles[room] = ""
	if r, err := n.client.Room(n.ctx, room); err == nil {
		n.titles[room] = n.called(r)
	}
	return n.titles[room]
}

// called is title for a room that was read.
func (n *namesOf) called(r *client.Room) string {
	if r.Title != "" {
		return r.Title
	}
	var names []string
	for _, a := range r.Accounts {
		if a == n.client.Account() {
			continue
		}
		if len(names) == maxInTitle {
			names = append(names, "…")
			break
		}
		names = append(names, n.display(a))
	}
	if len(names) == 0 {
		return n.display(n.client.Account())
	}
	return strings.Join(names, ", ")
}
