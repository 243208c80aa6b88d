package client

import (
	"cmp"
	"context"
	"slices"

	"parley/identity"
)

// Rooms returns all conversations, the newest activity first.
func (c *Client) Rooms(ctx context.Context) ([]Room, error) {
	views, err := c.List(ctx)
	out := make([]Room, 0, len(views))
	for _, v := range views {
		out = append(out, *v)
	}
	return out, err
}

// List is [Client.Rooms] for who shows them again and again: a conversation of which
// nothing has changed is what it was the last time, and costs nothing. They are
// shared: nobody changes them.
func (c *Client) List(ctx context.Context) ([]*Room, error) {
	var out []*Room
	err := c.look(ctx, func(t *tx) (err error) {
		out, err = t.roomList()
		return err
	})
	return out, err
}

// roomList returns the views of all rooms that are in the list.
func (t *tx) roomList() ([]*Room, error) {
	keys, err := t.roomKeys()
	if err != nil {
		return nil, err
	}
	if err := t.gatherViews(keys); err != nil {
		return nil, err
	}
	out := make([]*Room, 0, len(keys))
	for _, key := range keys {
		v, err := t.remember(listedName+key, func() (any, error) { return t.listedRoom(key) })
		if err != nil {
			return nil, err
		}
		if v := v.(*Room); v != nil {
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, func(a, b *Room) int { return cmp.Compare(b.AtMS, a.AtMS) })
	return out, nil
}

// What names begin with, of what is remembered: see [tx.remember].
const (
	listedName = "listed " // + key of a room
	personName = "person " // + account
)

// listedRoom returns the view of the room of a key, nil if it isn't in the list.
func (t *tx) listedRoom(key string) (*Room, error) {
	r, err := t.loadRoom(key)
	if err != nil || r == nil {
		return nil, err
	}
	if listed, err := t.inList(r); err != nil || !listed {
		return nil, err
	}
	return t.viewRoom(r)
}

// roomKeys returns the keys of all rooms, in order.
func (t *tx) roomKeys() ([]string, error) {
	if kind := t.c.known.kinds[roomPrefix]; kind != nil && len(t.changes) == 0 {
		keys := make([]string, 0, len(kind))
		for key := range kind {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		return keys, nil
	}
	records, err := t.list(roomPrefix)
	keys := make([]string, len(records))
	for i, rec := range records {
		keys[i] = rec.Key
	}
	return keys, err
}

// gatherViews reads at once what the views of rooms are made of, where they have to
// be made.
func (t *tx) gatherViews(keys []string) error {
	var missing []string
	for _, key := range keys {
		if _, ok := t.remembered(listedName + key); !ok {
			missing = append(missing, key)
		}
	}
	if len(missing) < 2 {
		return nil
	}
	for _, prefix := range []string{rosterPrefix, statePrefix, marksPrefix} { // remembered from now on
		if _, err := t.list(prefix); err != nil {
			return err
		}
	}
	rooms := make([]*roomRecord, 0, len(missing))
	for _, key := range missing {
		if r, err := t.loadRoom(key); err != nil {
			return err
		} else if r != nil {
			rooms = append(rooms, r)
		}
	}
	if err := gather(t, rooms, func(r *roomRecord) string { return r.LastKey }); err != nil {
		return err
	}
	return gather(t, rooms, func(r *roomRecord) string { return infoKey(r.Room) })
}

// People returns what is known of some accounts, in their order.
func (c *Client) People(ctx context.Context, accounts ...identity.Account) ([]Person, error) {
	known, err := c.Known(ctx, accounts...)
	out := make([]Person, 0, len(known))
	for _, p := range known {
		out = append(out, *p)
	}
	return out, err
}

// Known is [Client.People] for who shows them again and again, as [Client.List] is of
// Rooms.
func (c *Client) Known(ctx context.Context, accounts ...identity.Account) ([]*Person, error) {
	var out []*Person
	err := c.look(ctx, func(t *tx) error {
		out = make([]*Person, 0, len(accounts))
		if err := t.gatherPeople(accounts); err != nil {
			return err
		}
		for _, a := range accounts {
			p, err := t.remember(personName+string(a), func() (any, error) { return t.person(a) })
			if err != nil {
				return err
			}
			out = append(out, p.(*Person))
		}
		return nil
	})
	return out, err
}

// gatherPeople reads at once what is needed of people who have to be made.
func (t *tx) gatherPeople(accounts []identity.Account) error {
	missing := slices.DeleteFunc(slices.Clone(accounts), func(a identity.Account) bool {
		_, ok := t.remembered(personName + string(a))
		return ok
	})
	if len(missing) == 0 {
		return nil
	}
	if _, err := t.list(statePrefix); err != nil { // remembered from now on
		return err
	}
	return gather(t, missing, t.profileKey)
}
