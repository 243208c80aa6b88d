package client

import (
	"errors"

	"parley/identity"
	"parley/mls"
	"parley/wire"
)

// commitEvent processes a commit, or the first one of a room or generation.
func (t *tx) commitEvent(r *roomRecord, e *wire.Envelope) error {
	if r == nil || r.Status == statusLeft && e.Generation >= r.Generation || e.Generation > r.Generation {
		return t.joinEvent(r, e)
	}
	if e.Generation < r.Generation {
		return nil
	}
	if r.Status == statusOpening {
		if e.Kind == wire.EventOpen && e.Sender == t.c.self.Device {
			return t.opened(r, stampOf(e))
		}
		return t.refuseEvent(e, "bad_event")
	}
	g, err := t.group(r.group())
	if err != nil {
		return err
	}
	switch {
	case g == nil:
		return t.joinEvent(r, e)
	case e.Kind == wire.EventOpen && e.Generation > 0:
		return t.dropGroup(groupKey{e.Room, e.Generation - 1}) // this device opened it: nothing more comes of the one before
	case e.Kind == wire.EventOpen, e.Epoch < g.Epoch():
		return nil // merged when it was acknowledged, or before this device came
	case e.Epoch > g.Epoch():
		r.MaxEpoch = max(r.MaxEpoch, e.Epoch+1)
		t.saveRoom(r)
		return t.faulty(r, e, "", "missed_commit")
	}
	return t.stage(r, g, e)
}

// stage checks a commit of the current epoch and merges it. One that no member
// signed is the server's invention: the room is where it was.
func (t *tx) stage(r *roomRecord, g *mls.Group, e *wire.Envelope) error {
	author, err := t.author(g, e.Message)
	if err != nil {
		return err
	}
	if author == "" && len(t.need) > 0 {
		return nil // judged again with newer lists
	}
	if author == "" {
		return t.refuseEvent(e, "bad_commit")
	}
	r.LastSeq, r.MaxEpoch = max(r.LastSeq, e.Seq), max(r.MaxEpoch, e.Epoch+1)
	t.saveRoom(r)
	s, err := g.Stage(e.Message)
	if err == nil {
		err = t.checkCommit(r, g, s)
	}
	if err == nil && s.External() && string(s.Committer().Identity()) == string(t.c.self.Device) {
		err = mls.ErrOwnCommit // this device's rejoin, whose secrets went with the process that made it
	}
	if err != nil {
		if errors.Is(err, mls.ErrState) {
			return err
		}
		return t.faulty(r, e, author, commitCode(err))
	}
	at := stampOf(e)
	at.by = author
	return t.merge(r, g, s, at)
}

// commitCode is the word for a commit that this device refuses.
func commitCode(err error) string {
	switch {
	case errors.Is(err, errUnlisted):
		return "unlisted_device"
	case errors.Is(err, errRoomRules):
		return "room_rules"
	case errors.Is(err, errOldEpoch):
		return "stale_group_info"
	case errors.Is(err, mls.ErrConfirmationTag):
		return "bad_confirmation_tag"
	case errors.Is(err, mls.ErrOwnCommit):
		return "lost_commit"
	}
	return "bad_commit"
}

// faulty remembers that the room went on by a commit that this device refuses:
// see mend. author is who signed it, "" where that isn't known: what the server
// says is no reason to leave anybody out.
func (t *tx) faulty(r *roomRecord, e *wire.Envelope, author identity.Device, code string) error {
	if len(t.need) > 0 {
		return nil // judged again with newer lists
	}
	if r.Fault.Code != "" && code == "missed_commit" {
		return nil // as it must be
	}
	if r.Fault.Code == "" {
		r.Fault = fault{Code: code, Author: author}
		if author == t.c.self.Device {
			r.Fault.Author = ""
		}
	}
	t.saveRoom(r)
	return t.refuseEvent(e, code)
}
