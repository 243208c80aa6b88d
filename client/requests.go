package client

import (
	"context"
	"slices"

	"parley/content"
	"parley/identity"
	"parley/wire"
)

// maxFolded bounds what is kept of a stranger's messages before its request is
// accepted.
const maxFolded = 100

// acceptance says whether both sides want a conversation. Of a room that was there
// before there were requests both do.
func (t *tx) acceptance(room identity.Room) (content.Acceptance, error) {
	n, err := t.number(content.StateRequest, string(room))
	return content.Acceptance(n), err
}

// sorts reports whether the account's person sorts strangers' conversations: on
// this device, or on another one.
func (t *tx) sorts() (bool, error) {
	if t.c.cfg.Requests {
		return true, nil
	}
	n, err := t.number(content.StateSetting, settingRequests)
	return n == 1, err
}

// quiet reports whether nothing may tell the people in a room that somebody reads
// it: neither receipts nor typing. It is a stranger's, who isn't accepted yet, or
// of somebody who is blocked or restricted.
func (t *tx) quiet(r *roomRecord) (bool, error) {
	if blocked, err := t.blockedIn(r); err != nil || blocked {
		return true, err
	}
	if restricted, err := t.restrictedIn(r); err != nil || restricted {
		return true, err
	}
	waits, err := t.waits(r)
	return waits, err
}

// restrictedIn reports whether r is the conversation with somebody who is restricted.
func (t *tx) restrictedIn(r *roomRecord) (bool, error) {
	other, ok := t.other(r)
	if !ok {
		return false, nil
	}
	s, err := t.standing(other)
	return s == content.Restricted, err
}

// waits reports whether a room is a request that waits to be accepted here.
func (t *tx) waits(r *roomRecord) (bool, error) {
	a, err := t.acceptance(r.Room)
	if err != nil || a != content.Waits {
		return a == content.Unwanted, err
	}
	return t.sorts()
}

// blockedIn reports whether r is the conversation with somebody who is blocked.
func (t *tx) blockedIn(r *roomRecord) (bool, error) {
	other, ok := t.other(r)
	if !ok {
		return false, nil
	}
	s, err := t.standing(other)
	return s == content.Blocked, err
}

// other returns the other person of a direct room.
func (t *tx) other(r *roomRecord) (identity.Account, bool) {
	if r.Kind != wire.KindDirect {
		return "", false
	}
	for _, a := range r.Accounts {
		if a != t.c.self.Account {
			return a, true
		}
	}
	return "", false
}

// selfRoom reports whether r is the account's room with itself.
func (t *tx) selfRoom(r *roomRecord) bool {
	return r.Kind == wire.KindDirect && slices.Equal(r.Accounts, []identity.Account{t.c.self.Account})
}

// greet judges a room that this device was just brought into by e: a stranger's is
// a request. The time is the server's, so that each of the own devices comes to the
// same, and what a person said of it since is later.
func (t *tx) greet(r *roomRecord, e *wire.Envelope, members []member) error {
	by := e.Sender.Account()
	mark := content.State{Kind: content.StateRequest, Subject: string(r.Room), Number: int64(content.Waits), AtMS: e.AcceptedMS}
	switch {
	case by == t.c.self.Account && (e.Kind != wire.EventOpen || r.Kind != wire.KindDirect || e.Generation > 0):
		return nil // another own device knows: it tells
	case by == t.c.self.Account:
		mark.Number = int64(content.Pending)
	case slices.ContainsFunc(members, func(m member) bool { return m.device == e.Sender }): // the server says who of the room it was
		s, err := t.standing(by)
		if err != nil || s == content.Accepted {
			return err
		}
		if s == content.Blocked && !direct(r) { // the server shouldn't have let them
			mark.Number = int64(content.Unwanted)
		}
	}
	// Always: without its mark a stranger's room would be one that is wanted.
	_, err := t.takeState(mark, true)
	return err
}

// arrived does what follows from coming into a room by e. wasIn is set where this
// device was in it before.
func (t *tx) arrived(r *roomRecord, e *wire.Envelope, j joinedGroup, wasIn bool) error {
	at := e.AcceptedMS
	if e.Kind != wire.EventOpen {
		at = 0 // who was there before came at times that aren't known
	}
	if err := t.noteSince(r, at); err != nil || wasIn {
		return err
	}
	if err := t.outdate(r.Room); err != nil {
		return err
	}
	if t.selfRoom(r) {
		t.shareAll() // what the others don't know of this device
		return nil
	}
	ms, err := members(j.group)
	if err != nil {
		return err
	}
	if err := t.greet(r, e, ms); err != nil {
		return err
	}
	if waits, err := t.waits(r); err != nil || waits || e.Sender.Account() == t.c.self.Account {
		return err // the own device that brought this one in tells
	}
	t.tellProfile(r, false)
	return nil
}

// openedHere says of a room that was opened here that its people are wanted.
func (t *tx) openedHere(r *roomRecord, at stamp) error {
	if err := t.noteSince(r, at.ms); err != nil {
		return err
	}
	if t.selfRoom(r) {
		t.shareAll()
		return nil
	}
	t.tellProfile(r, false)
	for _, a := range r.Accounts {
		if err := t.welcome(a); err != nil {
			return err
		}
	}
	if err := t.veil(r, false); err != nil {
		return err
	}
	if _, ok := t.other(r); ok {
		return t.setState(content.State{Kind: content.StateRequest, Subject: string(r.Room), Number: int64(content.Pending)})
	}
	return nil
}

// acceptRoom ends a request: its people may write, and hear so.
func (t *tx) acceptRoom(r *roomRecord) error {
	if err := t.setState(content.State{Kind: content.StateRequest, Subject: string(r.Room), Number: int64(content.Both)}); err != nil {
		return err
	}
	if other, ok := t.other(r); ok {
		if err := t.welcome(other); err != nil {
			return err
		}
	}
	t.del(foldPrefix + r.Room.ID())
	t.saveRoom(r)
	return nil
}

// veil covers what the others in a room send beside text, or no more.
func (t *tx) veil(r *roomRecord, on bool) error {
	return t.setState(content.State{Kind: content.StateVeiled, Subject: string(r.Room), Number: flag(on)})
}

// mayWrite judges a message of the own person before it is put into the outbox.
// Whoever writes to somebody accepts them; to who hasn't accepted yet goes one
// message, which is text alone. It returns ErrBlocked, ErrRequestPending or, for one
// with media, ErrRequestMedia.
func (t *tx) mayWrite(r *roomRecord, kind Kind, media bool) error {
	if silent(kind) {
		return nil
	}
	if blocked, err := t.blockedIn(r); err != nil || blocked {
		return cmpErr(err, ErrBlocked)
	}
	a, err := t.acceptance(r.Room)
	switch {
	case err != nil:
		return err
	case a == content.Waits:
		return t.acceptRoom(r)
	case a != content.Pending || kind == KindEdit || kind == KindUnsend:
		return nil
	}
	sorts, err := t.sorts()
	if err != nil || !sorts {
		return err
	}
	said, err := t.said(r)
	switch {
	case err != nil:
		return err
	case said:
		return ErrRequestPending
	case media:
		return ErrRequestMedia
	}
	return nil
}

// pendingIn notes that a room waits to be accepted by the other side, as the server
// says.
func (c *Client) pendingIn(ctx context.Context, room identity.Room) error {
	return c.step(ctx, func(t *tx) error {
		a, err := t.acceptance(room)
		if err != nil || a == content.Pending || a == content.Waits {
			return err
		}
		return t.setState(content.State{Kind: content.StateRequest, Subject: string(room), Number: int64(content.Pending)})
	})
}

// cmpErr returns err, or otherwise where it is nil.
func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// said reports whether there is a line in a room already, sent or on its way.
func (t *tx) said(r *roomRecord) (bool, error) {
	if r.LastKey != "" {
		return true, nil
	}
	entries, err := t.outbox()
	return slices.ContainsFunc(entries, func(q queued) bool {
		return q.Message.Room == r.Room && shown(&q.Message) && q.Message.State != StateFailed
	}), err
}

// answered notes that the other side of a room that was opened here wants it:
// something came from there.
func (t *tx) answered(r *roomRecord, m *Message) error {
	if m.From == t.c.self.Account {
		return nil
	}
	s, err := t.state(content.StateRequest, string(r.Room))
	if err != nil || content.Acceptance(s.Number) != content.Pending {
		return err
	}
	s.Number, s.AtMS, s.Device = int64(content.Both), max(s.AtMS+1, m.AtMS), ""
	_, err = t.learnState(*s)
	t.saveRoom(r)
	return err
}

// wanted reports whether a message that came is to be kept: nothing of who is
// blocked, and not without end of a stranger.
func (t *tx) wants(r *roomRecord, from identity.Account) (bool, error) {
	if from == t.c.self.Account {
		return true, nil
	}
	if blocked, err := t.blockedIn(r); err != nil || blocked {
		return false, err
	}
	waits, err := t.waits(r)
	if err != nil || !waits {
		return true, err
	}
	if a, err := t.acceptance(r.Room); err != nil || a == content.Unwanted {
		return false, err
	}
	deleted, err := t.number(content.StateDeleted, string(r.Room))
	if err != nil || deleted > 0 {
		return false, err // the request was deleted
	}
	var n uint64
	if _, err := t.load(foldPrefix+r.Room.ID(), &n); err != nil || n >= maxFolded {
		return false, err
	}
	t.save(foldPrefix+r.Room.ID(), n+1)
	return true, nil
}

// linesFolded returns what is shown of a request: what happened in it, and the first
// that was said. The rest waits with it.
func (t *tx) linesFolded(r *roomRecord) ([]line, error) {
	all, _, err := t.linesBefore(r.Room, 0, 4*maxFolded)
	said := false
	return slices.DeleteFunc(all, func(l line) bool {
		if l.message.Kind == KindNotice {
			return false
		}
		again := said
		said = true
		return again
	}), err
}

// foldLast shows in the list what the request shows.
func (t *tx) foldLast(r *roomRecord, v *Room) error {
	lines, err := t.linesFolded(r)
	for _, l := range lines {
		if l.message.Kind == KindNotice {
			continue
		}
		first, err := t.view(l.message)
		if err != nil {
			return err
		}
		v.Last = &first.Message
	}
	return err
}

// Accept takes strangers' conversations among one's own: their people may write, and
// hear that they may.
func (c *Client) Accept(ctx context.Context, rooms ...identity.Room) error {
	err := c.eachRoom(ctx, rooms, func(t *tx, r *roomRecord) error {
		a, err := t.acceptance(r.Room)
		if err != nil || a != content.Waits {
			return err
		}
		t.tellProfile(r, true)
		if err := t.veil(r, true); err != nil {
			return err
		}
		return t.acceptRoom(r)
	})
	return cmpErr(err, c.soon(ctx))
}

// Blocked returns who is blocked.
func (c *Client) Blocked(ctx context.Context) ([]Person, error) {
	var out []Person
	err := c.step(ctx, func(t *tx) error {
		out = nil
		records, err := t.list(statePrefix)
		if err != nil {
			return err
		}
		var blocked []identity.Account
		for _, rec := range records {
			var s content.State
			if _, err := t.load(rec.Key, &s); err != nil {
				return err
			}
			if s.Kind == content.StatePerson && content.Standing(s.Number) == content.Blocked {
				blocked = append(blocked, identity.Account(s.Subject))
			}
		}
		slices.Sort(blocked)
		for _, a := range blocked {
			p, err := t.person(a)
			if err != nil {
				return err
			}
			out = append(out, *p)
		}
		return nil
	})
	return out, err
}

// eachRoom does something in each of some rooms, in one write.
func (c *Client) eachRoom(ctx context.Context, rooms []identity.Room, do func(*tx, *roomRecord) error) error {
	return c.step(ctx, func(t *tx) error {
		for _, room := range rooms {
			r, err := t.room(room)
			if err != nil {
				return err
			}
			if r == nil {
				return ErrUnknownRoom
			}
			if err := do(t, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// sendRelations tells the server how people stand. One that doesn't know of it, or
// refuses, isn't asked again: it only saves what this device would not show anyway.
func (c *Client) sendRelations(ctx context.Context) error {
	for _, relation := range []wire.Relation{wire.RelationNone, wire.RelationAccepted, wire.RelationBlocked} {
		for {
			keys, accounts, err := c.relationsDue(ctx, relation)
			if err != nil || len(accounts) == 0 {
				if err != nil {
					return err
				}
				break
			}
			_, err = call[wire.Empty](ctx, c, wire.OpRelate, wire.RelateRequest{Accounts: accounts, Relation: relation})
			if err != nil && !isRefusal(err) {
				return err
			}
			err = c.step(ctx, func(t *tx) error {
				for i, key := range keys {
					var rec relateRecord
					found, err := t.load(key, &rec)
					if err != nil {
						return err
					}
					if found && rec.Relation == relation && rec.Account == accounts[i] {
						t.del(key)
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// relationsDue returns at most wire.MaxRelate accounts of whom the server has to be
// told that they stand so, and the keys of their records.
func (c *Client) relationsDue(ctx context.Context, relation wire.Relation) (keys []string, accounts []identity.Account, err error) {
	err = c.step(ctx, func(t *tx) error {
		keys, accounts = nil, nil
		records, err := t.list(relatePrefix)
		if err != nil {
			return err
		}
		for _, rec := range records {
			var r relateRecord
			if _, err := t.load(rec.Key, &r); err != nil {
				return err
			}
			if r.Relation == relation && len(keys) < wire.MaxRelate {
				keys, accounts = append(keys, rec.Key), append(accounts, r.Account)
			}
		}
		return nil
	})
	return keys, accounts, err
}
