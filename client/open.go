package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// A pendingOpen is a room that was made here and not yet known to be accepted.
type pendingOpen struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // of this record: 1
	Request []byte   // CBOR of the wire.OpenRoomRequest
}

func openKey(room identity.Room) string { return openPrefix + room.ID() }

// An opening is a room that is wanted.
type opening struct {
	set   []identity.Account // sorted, the own account among them
	group bool               // a new one, whatever others these people have
	room  identity.Room      // of a group: where it is made; empty: anywhere
}

// openRoom returns the room of a set of accounts, making it where there is none.
func (c *Client) openRoom(ctx context.Context, o opening) (identity.Room, error) {
	c.netMu.Lock()
	defer c.netMu.Unlock()
	return c.open(ctx, o)
}

func (c *Client) open(ctx context.Context, o opening) (identity.Room, error) {
	if o.group {
		o.room = c.roomOfKey(ctx)
	}
	mine := o.room
	for range maxTries {
		r, err := c.findRoom(ctx, o, mine)
		if err != nil {
			return "", err
		}
		if r != nil && r.Status == statusActive {
			return r.Room, nil
		}
		if r == nil {
			if r, err = c.prepareRoom(ctx, o); err != nil {
				return "", err
			}
			mine = r.Room
		}
		if err := c.resumeOpen(ctx, r.Room); err != nil {
			return "", err
		}
	}
	return "", ErrNotJoined
}

// findRoom looks for the room of a set: among those known, then among those that
// the mailbox tells of. A new group is only the one that was made here, mine.
func (c *Client) findRoom(ctx context.Context, o opening, mine identity.Room) (*roomRecord, error) {
	var r *roomRecord
	look := func(t *tx) (err error) {
		if o.group {
			r, err = t.room(mine)
			return err
		}
		r, err = t.roomFor(o.set)
		return err
	}
	if o.group {
		return r, c.step(ctx, look)
	}
	if err := c.step(ctx, look); err != nil || r != nil {
		return r, err
	}
	if _, err := c.pull(ctx); err != nil {
		return nil, err
	}
	return r, c.step(ctx, look)
}

// prepareRoom makes a room with everyone in it, and keeps it for resumeOpen.
func (c *Client) prepareRoom(ctx context.Context, o opening) (*roomRecord, error) {
	if err := c.step(ctx, func(t *tx) error { return t.noneBlocked(o.set) }); err != nil {
		return nil, err
	}
	info, err := Info(ctx, c.cfg.Transport)
	if err != nil {
		return nil, err
	}
	packages, err := c.claim(ctx, o.set, "")
	if err != nil {
		return nil, err
	}
	var out *roomRecord
	err = c.step(ctx, func(t *tx) error {
		if !o.group {
			if out, err = t.roomFor(o.set); err != nil || out != nil {
				return err
			}
		}
		if err := t.everyone(o.set, packages); err != nil {
			return err
		}
		out, err = t.makeRoom(o, info, packages)
		return err
	})
	return out, err
}

// everyone checks that there is a key package for at least one device of each
// account but the own one.
func (t *tx) everyone(set []identity.Account, packages []wire.ClaimedKeyPackage) error {
	for _, a := range set {
		has := slices.ContainsFunc(packages, func(p wire.ClaimedKeyPackage) bool { return p.Device.Account() == a })
		if a != t.c.self.Account && !has {
			return wire.Refuse(wire.CodeNoKeyPackage, "someone's devices can't be added now")
		}
		k, err := t.contact(a)
		if err != nil {
			return err
		}
		if t.c.unconfirmed(k) {
			return ErrConfirmReset
		}
	}
	return nil
}

// makeRoom makes the group and the request.
func (t *tx) makeRoom(o opening, info *wire.Info, packages []wire.ClaimedKeyPackage) (*roomRecord, error) {
	c, set := t.c, o.set
	r := &roomRecord{
		Version: 1, Room: cmp.Or(o.room, identity.RandomRoom(info.Domain)), Kind: wire.KindGroup, Status: statusOpening,
		FrankingKey: info.FrankingKey, roster: roster{OpenedFor: set, Accounts: set}, ActivityMS: c.nowMS(), UpdatedMS: c.nowMS(),
	}
	if len(set) <= 2 && !o.group {
		r.Kind = wire.KindDirect
	}
	if o.group {
		r.OpenedFor = nil // it isn't the room of these people
	}
	suite, err := c.bestSuite(t, set)
	if err != nil {
		return nil, err
	}
	ext := wire.RoomExtension{Version: 1, Mode: wire.ModePrivate, Kind: r.Kind, FrankingKey: info.FrankingKey}
	extensions := public.Extensions{{Type: public.ExtensionType(wire.RoomExtensionType), Data: ext.Marshal()}}
	if r.Kind == wire.KindGroup && allSupportRoles(packages) {
		roles := wire.Roles{Version: 1, Admins: []identity.Account{c.self.Account}}
		extensions = append(extensions, public.Extension{Type: rolesExtension, Data: roles.Marshal()})
	}
	g, changes, err := mls.Create(c.mlsConfig(), suite, r.Room.GroupID(0), []byte(c.self.Device), c.signer(), mls.CreateOptions{
		Extensions: extensions,
	})
	if err != nil {
		return nil, err
	}
	t.apply(r.group(), changes)
	request := wire.OpenRoomRequest{ID: newID(), Room: r.Room, Accounts: set, Distinct: o.group}
	if request.GroupInfo, err = g.GroupInfo(); err != nil {
		return nil, err
	}
	if len(packages) > 0 {
		add, err := usable(g, packages)
		if err != nil {
			return nil, err
		}
		s, changes, err := g.Commit(mls.CommitOptions{Add: add, Update: true})
		if err != nil {
			return nil, err
		}
		t.apply(r.group(), changes)
		request.Commit, request.Welcome, request.Next = s.CommitMessage(), s.Welcome(), s.GroupInfo()
	}
	body, err := wire.Marshal(request)
	if err != nil {
		return nil, err
	}
	t.save(openKey(r.Room), &pendingOpen{Version: 1, Request: body})
	t.saveRoom(r)
	return r, nil
}

// resumeOpen asks the server for a room that was made here, and either takes it
// into use or leaves it for the one that somebody opened first.
func (c *Client) resumeOpen(ctx context.Context, room identity.Room) error {
	var request wire.OpenRoomRequest
	found := false
	err := c.step(ctx, func(t *tx) error {
		var p pendingOpen
		var err error
		if found, err = t.load(openKey(room), &p); err != nil || !found {
			return err
		}
		return wire.Unmarshal(p.Request, &request)
	})
	if err != nil || !found {
		return err
	}
	reply, err := call[wire.OpenRoomReply](ctx, c, wire.OpOpenRoom, request)
	if err != nil {
		if mayPass(err) || errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}) || ctx.Err() != nil {
			return err
		}
		if derr := c.step(ctx, func(t *tx) error { return t.dropOpening(room) }); derr != nil {
			return derr
		}
		return err
	}
	if reply.Created {
		return c.step(ctx, func(t *tx) error {
			r, err := t.room(room)
			if err != nil || r == nil || r.Status != statusOpening {
				return err
			}
			return t.opened(r, stamp{reply.Seq, c.nowMS(), c.self.Device})
		})
	}
	return c.useOther(ctx, room, reply.Room)
}

// useOther gives up a room for the one that there already was.
func (c *Client) useOther(ctx context.Context, mine, other identity.Room) error {
	if err := c.step(ctx, func(t *tx) error { return t.dropOpening(mine) }); err != nil {
		return err
	}
	if _, err := c.pull(ctx); err != nil {
		return err
	}
	return c.step(ctx, func(t *tx) error {
		r, err := t.room(other)
		if err != nil {
			return err
		}
		if r == nil || r.Status != statusActive {
			return fmt.Errorf("%w", ErrNotJoined)
		}
		if len(r.OpenedFor) == 0 {
			r.OpenedFor = r.Accounts // it was opened for these, says the server
			t.saveRoom(r)
		}
		return nil
	})
}

// opened makes a room that was made here an active one.
func (t *tx) opened(r *roomRecord, at stamp) error {
	g, err := t.group(r.group())
	if err != nil {
		return err
	}
	if g == nil {
		return fmt.Errorf("client: the group of a room is gone")
	}
	var p pendingOpen
	if _, err := t.load(openKey(r.Room), &p); err != nil {
		return err
	}
	var request wire.OpenRoomRequest
	if err := wire.Unmarshal(p.Request, &request); err != nil {
		return err
	}
	if len(request.Commit) > 0 {
		s, err := g.Stage(request.Commit)
		if err != nil {
			return err
		}
		changes, err := g.Merge(s)
		if err != nil {
			return err
		}
		t.apply(r.group(), changes)
	}
	t.del(openKey(r.Room))
	r.Status, r.MaxEpoch = statusActive, g.Epoch()
	t.saveRoom(r)
	if err := t.expectStamps(r); err != nil {
		return err
	}
	ms, err := members(g)
	if err != nil {
		return err
	}
	late, err := t.missing(r, ms)
	if err != nil {
		return err
	}
	if len(late) > 0 { // a device of one's own had no key package yet
		t.put(healPrefix+r.Room.ID(), []byte(r.Room))
	}
	if err := t.openedHere(r, at); err != nil {
		return err
	}
	return t.notice(r, at, NoticeOpened, string(t.c.self.Account))
}

// dropOpening forgets a room that didn't come to be.
func (t *tx) dropOpening(room identity.Room) error {
	r, err := t.room(room)
	if err != nil || r == nil || r.Status != statusOpening {
		return err
	}
	t.del(openKey(room))
	t.del(roomKey(room))
	t.del(rosterKey(room))
	return t.dropGroup(r.group())
}
