package client

import (
	"context"
	"errors"
	"slices"

	"parley/identity"
	"parley/mls"
	"parley/wire"
)

// heal does, before anything is sent to a room, what has to be done there first:
// it finishes what was begun, mends a fault, removes leaves whose device left
// its list, adds the own account's new devices, and renews this device's keys
// when it is time.
func (c *Client) heal(ctx context.Context, room identity.Room) error {
	if err := c.refreshStale(ctx); err != nil {
		return err
	}
	due, err := c.healDue(ctx, room)
	if err != nil || due == (dueWork{}) {
		return err
	}
	if due.open {
		if err := c.resumeOpen(ctx, room); err != nil {
			return err
		}
	}
	if due.pending {
		if err := c.resume(ctx, room); err != nil {
			return err
		}
	}
	if due.fault {
		if err := c.mend(ctx, room); err != nil {
			return err
		}
		if due, err = c.healDue(ctx, room); err != nil { // it may be left now
			return err
		}
	}
	if !due.leaves {
		return nil
	}
	err = c.commit(ctx, room, healPlan)
	if err != error(errTooOld) { // this very one: the server's of the same code may pass
		return err
	}
	return c.step(ctx, func(t *tx) error { // not before its list changes again
		t.del(healPrefix + room.ID())
		return nil
	})
}

// dueWork is what there is to do in a room.
type dueWork struct{ open, pending, fault, leaves bool }

func (c *Client) healDue(ctx context.Context, room identity.Room) (due dueWork, err error) {
	err = c.step(ctx, func(t *tx) (err error) {
		due, err = t.due(room)
		return err
	})
	return due, err
}

func (t *tx) due(room identity.Room) (dueWork, error) {
	r, err := t.room(room)
	if err != nil || r == nil || r.Status == statusLeft {
		return dueWork{}, err
	}
	pending, err := t.get(pendKey(room))
	if err != nil {
		return dueWork{}, err
	}
	marked, err := t.get(healPrefix + room.ID())
	if err != nil {
		return dueWork{}, err
	}
	return dueWork{
		open: r.Status == statusOpening, pending: pending != nil, fault: r.Fault.Code != "",
		leaves: marked != nil || t.c.nowMS()-r.UpdatedMS > updateInterval.Milliseconds(),
	}, nil
}

// healPlan says which leaves have to go, which to come.
func healPlan(t *tx, r *roomRecord, g *mls.Group) (plan, error) {
	ms, err := members(g)
	if err != nil {
		return plan{}, err
	}
	p := plan{update: t.c.nowMS()-r.UpdatedMS > updateInterval.Milliseconds(), leaves: len(othersLeaving(g)) > 0}
	for _, m := range ms {
		k, err := t.contact(m.device.Account())
		if err != nil {
			return plan{}, err
		}
		list := t.c.effective(k)
		if list != nil && !list.Lists(m.device, m.key) && m.device != t.c.self.Device {
			p.remove = append(p.remove, m.leaf)
		}
	}
	if p.add, err = t.missing(r, ms); err != nil {
		return plan{}, err
	}
	if p.empty() { // in the step that saw it: what is learned later marks it again
		t.del(healPrefix + r.Room.ID())
	}
	return p, nil
}

// missing returns the accounts in a room whose listed devices this device has to
// add: its own, and those of a contact whose reset its person has confirmed.
func (t *tx) missing(r *roomRecord, ms []member) ([]identity.Account, error) {
	leaving, err := t.get(leaveKey(r.Room))
	if err != nil {
		return nil, err
	}
	var out []identity.Account
	for _, a := range r.Accounts {
		if leaving != nil && a == t.c.self.Account {
			continue
		}
		k, err := t.contact(a)
		if err != nil {
			return nil, err
		}
		list := t.c.effective(k)
		mine := a == t.c.self.Account
		if list == nil || !mine && !(k.Confirmed && k.ResetSeenMS != 0 && t.c.resetFinal(k)) {
			continue
		}
		for _, d := range list.Devices {
			if !slices.ContainsFunc(ms, func(m member) bool { return m.device == d.Device }) {
				out = append(out, a)
				break
			}
		}
	}
	return out, nil
}

// recheck reads the lists of everyone in a room again and removes what has to go.
func (c *Client) recheck(ctx context.Context, room identity.Room) error {
	var accounts []identity.Account
	err := c.step(ctx, func(t *tx) error {
		r, err := t.room(room)
		if err != nil {
			return err
		}
		if r == nil {
			return ErrUnknownRoom
		}
		accounts = slices.Clone(r.Accounts)
		t.put(healPrefix+room.ID(), []byte(room))
		return nil
	})
	if err != nil {
		return err
	}
	return c.refresh(ctx, accounts...)
}

// mend brings a room back in which this device can't go on: by rejoining, or, if
// that was tried after an earlier commit of the same author or fails, by the
// room's next generation without that author. After a commit that breaks a rule
// of rooms nothing is rejoined: who came by it would be in what is published.
func (c *Client) mend(ctx context.Context, room identity.Room) error {
	if _, err := c.pull(ctx); err != nil {
		return err
	}
	var r *roomRecord
	if err := c.step(ctx, func(t *tx) (err error) { r, err = t.room(room); return err }); err != nil {
		return err
	}
	if r == nil || r.Fault.Code == "" {
		return nil
	}
	if !r.repeated() && r.Fault.Code != "room_rules" {
		err := c.rejoin(ctx, room)
		if err == nil || !hopeless(err) {
			return err
		}
		if r.Fault.Code == leftOut && c.outrun(ctx, r) {
			return ErrNotJoined // the next generation is there already
		}
	}
	err := c.nextGeneration(ctx, room, nil)
	if errors.Is(err, &wire.Error{Code: wire.CodeForbidden}) {
		err = c.rejoin(ctx, room) // somebody left meanwhile: others could go on
	}
	if errors.Is(err, errSetBack) {
		return c.goOnAfterSetBack(ctx, room)
	}
	return err
}

// outrun reports whether the room has a newer generation than r, as the server's
// event said.
func (c *Client) outrun(ctx context.Context, r *roomRecord) bool {
	info, err := call[wire.GroupInfo](ctx, c, wire.OpGroupInfo, wire.GroupInfoRequest{Room: r.Room})
	return err == nil && info.Generation > r.Generation
}

// repeated reports whether the author of the fault has made this device rejoin
// before.
func (r *roomRecord) repeated() bool {
	return r.Fault.Author != "" && slices.ContainsFunc(r.Rejoins, func(p rejoinRecord) bool { return p.Author == r.Fault.Author })
}

// hopeless reports whether a rejoin failed for what the room is, rather than for
// the connection or because somebody was faster.
func hopeless(err error) bool {
	var w *wire.Error
	if errors.As(err, &w) {
		return w.Code == wire.CodeBadCommit || w.Code == wire.CodeBadGroupInfo
	}
	return errors.Is(err, errBadRoom) || errors.Is(err, errUnlisted)
}

// errBadRoom is a room whose published state this device refuses.
var errBadRoom = errors.New("client: the room's published state breaks its rules")
