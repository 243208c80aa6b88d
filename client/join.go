package client

import (
	"errors"
	"slices"

	"parley/identity"
	"parley/internal/cbor"
	"parley/mls"
	"parley/wire"
)

// joinEvent joins a room, or its next generation, by a Welcome for one of this
// device's key packages. Others' are passed over.
func (t *tx) joinEvent(r *roomRecord, e *wire.Envelope) error {
	secrets, keys, lastResort, err := t.keyPackagesFor(e.Welcome)
	if err != nil {
		return err
	}
	if len(secrets) == 0 {
		return t.notWelcome(r, e)
	}
	g, changes, err := t.join(r, e, secrets)
	var ext *wire.RoomExtension
	var accounts []identity.Account
	if err == nil {
		ext, accounts, err = t.c.checkGroup(t, e.Room, e.Generation, g)
	}
	if err == nil && r != nil {
		err = continues(r, e, g, ext)
	}
	if err == nil && r != nil && r.Status == statusActive && r.Fault.Code == "" && e.Generation > r.Generation {
		old, oerr := t.group(r.group())
		if oerr != nil {
			return oerr
		}
		if old != nil && !sameRoles(old, g, accounts) {
			err = errRoomRules
		}
	}
	if err != nil {
		if len(t.need) > 0 {
			return nil
		}
		if r != nil && r.Status == statusActive {
			return t.faulty(r, e, "", commitCode(err))
		}
		return t.refuseEvent(e, commitCode(err))
	}
	if !lastResort {
		for _, key := range keys {
			t.del(key)
		}
	}
	t.put(kpCheckKey, cbor.MustMarshal(int64(0))) // look at how many are left
	return t.joined(r, e, joinedGroup{g, changes, ext, accounts, lastResort})
}

// continues checks that a group which this device was welcomed to goes on with a
// room that it knows: what is fixed for ever stays, and no epoch comes again.
func continues(r *roomRecord, e *wire.Envelope, g *mls.Group, ext *wire.RoomExtension) error {
	switch {
	case ext.Kind != r.Kind || string(ext.FrankingKey) != string(r.FrankingKey):
		return errRoomRules
	case e.Generation == r.Generation && g.Epoch() <= r.MaxEpoch:
		return errOldEpoch
	}
	return nil
}

// errOldEpoch is a Welcome into an epoch that this device has seen the end of.
var errOldEpoch = errors.New("client: an epoch that is over")

// join opens the Welcome. A next generation has to continue the group that this
// device is in.
func (t *tx) join(r *roomRecord, e *wire.Envelope, secrets []*mls.KeyPackageSecrets) (*mls.Group, mls.Changes, error) {
	if r == nil || r.Status != statusActive || e.Generation == r.Generation {
		return mls.JoinWelcome(t.c.mlsConfig(), e.Welcome, secrets, t.c.signer())
	}
	old, err := t.group(r.group())
	if err != nil {
		return nil, nil, err
	}
	return mls.JoinBranch(t.c.mlsConfig(), old, e.Welcome, secrets, t.c.signer())
}

// A joinedGroup is what a Welcome gave.
type joinedGroup struct {
	group      *mls.Group
	changes    mls.Changes
	ext        *wire.RoomExtension
	accounts   []identity.Account
	lastResort bool
}

// joined makes a group that this device came into the room's current one.
func (t *tx) joined(r *roomRecord, e *wire.Envelope, j joinedGroup) error {
	k := groupKey{e.Room, e.Generation}
	if err := t.dropGroup(k); err != nil {
		return err
	}
	t.apply(k, j.changes)
	if e.Generation > 0 { // closed: nothing more comes of it, so its keys go
		if err := t.dropGroup(groupKey{e.Room, e.Generation - 1}); err != nil {
			return err
		}
	}
	again := r != nil
	if again && r.Generation != e.Generation { // not always the one before
		if err := t.dropGroup(r.group()); err != nil {
			return err
		}
	}
	if r == nil {
		r = &roomRecord{Version: 1, Room: e.Room}
		if err := t.expectStamps(r); err != nil {
			return err
		}
	}
	before, wasIn := r.Accounts, again && r.Status == statusActive
	r.Generation, r.Kind, r.Status, r.FrankingKey = e.Generation, j.ext.Kind, statusActive, j.ext.FrankingKey
	r.Accounts, r.Fault = j.accounts, fault{}
	r.LastSeq, r.MaxEpoch = max(r.LastSeq, e.Seq), j.group.Epoch()
	r.ActivityMS = max(r.ActivityMS, e.AcceptedMS)
	r.UpdatedMS = t.c.nowMS()
	if j.lastResort {
		r.UpdatedMS = 0 // renew the keys at once
	}
	if e.Kind == wire.EventOpen && e.Generation == 0 {
		r.OpenedFor = j.accounts
	}
	t.saveRoom(r)
	if err := t.arrived(r, e, j, wasIn); err != nil {
		return err
	}
	t.put(healPrefix+r.Room.ID(), []byte(r.Room)) // look for leaves that have to come or go
	switch {
	case again && e.Generation > 0:
		if err := t.notice(r, stampOf(e), NoticeGeneration, ""); err != nil {
			return err
		}
		return t.noticeAccounts(r, before, j.accounts, departures{}, stampOf(e))
	case e.Kind == wire.EventOpen:
		return t.notice(r, stampOf(e), NoticeOpened, string(e.Sender.Account()))
	}
	return t.notice(r, stampOf(e), NoticeJoined, string(t.c.self.Account))
}

// notWelcome handles a commit that begins something without this device.
func (t *tx) notWelcome(r *roomRecord, e *wire.Envelope) error {
	if r == nil || r.Status != statusActive || e.Generation <= r.Generation {
		return nil
	}
	if len(e.Welcome) == 0 && e.Kind != wire.EventOpen {
		return nil
	}
	// Whatever was wrong before is so no more: that generation is closed.
	r.Fault = fault{Code: leftOut}
	t.saveRoom(r)
	return t.refuseEvent(e, leftOut)
}

// leftOut is the fault of a room whose next generation began without this
// device, or was opened by it just before its process ended.
const leftOut = "left_out"

// noticeAccounts tells which people came and went between two rosters, and how they
// went where that is known.
func (t *tx) noticeAccounts(r *roomRecord, was, is []identity.Account, gone departures, at stamp) error {
	for _, a := range is {
		if !slices.Contains(was, a) {
			if err := t.notice(r, at, NoticeJoined, string(a)); err != nil {
				return err
			}
		}
	}
	for _, a := range was {
		if !slices.Contains(is, a) {
			d, ok := gone[a]
			if !ok {
				d = departure{NoticeLeft, at.by}
			}
			if err := t.notice(r, stamp{at.seq, at.ms, d.by}, d.what, string(a)); err != nil {
				return err
			}
		}
	}
	return nil
}
