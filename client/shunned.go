package client

import (
	"slices"

	"parley/content"
	"parley/identity"
)

// Somebody who is blocked stays in the groups that one shares with them: the others hear
// them as before, and what they say is kept, since they may be unblocked or reported. Here
// it stands folded ([View.Blocked]), counts for nothing, and nobody is told of it.

// shunned reports whether what an account does in a room is folded: it is blocked, and the
// room is no direct one, in which nothing of it is taken at all.
func (t *tx) shunned(r *roomRecord, a identity.Account) (bool, error) {
	if direct(r) || a == t.c.self.Account {
		return false, nil
	}
	s, err := t.standing(a)
	return s == content.Blocked, err
}

// shunnedIn is shunned for who looks at many messages of a room in one step.
func (f *roomFacts) shunnedIn(t *tx, a identity.Account) (bool, error) {
	if f.record == nil || a == "" {
		return false, nil
	}
	if known, ok := f.shunned[a]; ok {
		return known, nil
	}
	is, err := t.shunned(f.record, a)
	if err == nil {
		f.shunned[a] = is
	}
	return is, err
}

// folded returns a view as it is quoted: nothing of what somebody who is blocked said.
func (v *View) folded() *View {
	if v.Blocked {
		v.Text, v.raw, v.Media, v.Mentions = "", "", nil, nil
	}
	return v
}

// maxShunned bounds the lines of blocked people that are passed over to find what a list
// of rooms shows.
const maxShunned = 64

// lastHeard returns the newest message of a room that isn't of somebody who is blocked, nil
// where there is none among the newest lines.
func (t *tx) lastHeard(r *roomRecord) (*View, error) {
	m, err := t.message(r.LastKey)
	if err != nil || m == nil || t.gone(m) {
		return nil, err
	}
	v, err := t.view(m)
	if err != nil || !v.Blocked {
		return v, err
	}
	var heard *View
	var failed error
	passed := 0
	err = t.scan(r.Room, "", maxShunned, func(l line) bool {
		if v, failed = t.view(l.message); failed == nil && !v.Blocked && v.Kind != KindNotice {
			heard = v
		}
		passed++
		return failed == nil && heard == nil && passed < maxShunned
	})
	return heard, cmpErr(err, failed)
}

// showStanding has the rooms that an account is in shown anew: how it stands has changed.
// What was unread of somebody who is blocked now is unread no more.
func (t *tx) showStanding(a identity.Account) error {
	rooms, err := t.rooms()
	if err != nil {
		return err
	}
	for _, r := range rooms {
		if !slices.Contains(r.Accounts, a) {
			continue
		}
		if err := t.countUnread(r); err != nil {
			return err
		}
		if err := t.unhide(r, a); err != nil {
			return err
		}
		t.saveRoom(r)
	}
	return nil
}

// unhide makes a request of a group that didn't show, where a, who is in it, isn't blocked.
func (t *tx) unhide(r *roomRecord, a identity.Account) error {
	now, err := t.acceptance(r.Room)
	if err != nil || now != content.Unwanted {
		return err
	}
	if s, err := t.standing(a); err != nil || s == content.Blocked {
		return err
	}
	return t.setState(content.State{Kind: content.StateRequest, Subject: string(r.Room), Number: int64(content.Waits)})
}
