package client

import (
	"context"
	"errors"
	"slices"

	"parley/content"
	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// A leaveRecord says that the account goes out of a group: first its other devices,
// by a commit, then this one, which has to ask (RFC 9420, Section 12.1.3).
type leaveRecord struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8    // of this record: 1
	Room       identity.Room
	ID         []byte // of the request: one for each proposal
	Generation uint32
	Epoch      uint64
	Proposal   []byte // empty: not made yet
}

func leaveKey(room identity.Room) string { return leavePrefix + room.ID() }

// Leave takes the account out of a group, with all its devices: at once for this
// person, and for the others when one of them has committed it. Without a
// connection it is kept, and done later; the error wraps ErrQueued then. It returns
// ErrDirect, ErrUnknownRoom or ErrNotMember.
func (c *Client) Leave(ctx context.Context, room identity.Room) error {
	c.netMu.Lock()
	defer c.netMu.Unlock()
	err := c.step(ctx, func(t *tx) error {
		r, err := t.room(room)
		switch {
		case err != nil:
			return err
		case r == nil:
			return ErrUnknownRoom
		case direct(r):
			return ErrDirect
		case r.Status != statusActive:
			return ErrNotMember
		}
		held, err := t.get(leaveKey(room))
		if err == nil && held == nil {
			t.save(leaveKey(room), &leaveRecord{Version: 1, Room: room})
		}
		return err
	})
	if err != nil {
		return err
	}
	if _, err := c.pull(ctx); err != nil {
		return queuedFor(err)
	}
	return queuedFor(c.resumeLeave(ctx, room))
}

// queuedFor wraps what may pass in ErrQueued.
func queuedFor(err error) error {
	if err != nil && mayPass(err) {
		return errors.Join(ErrQueued, err)
	}
	return err
}

// leaveRequest goes out of a group to which a stranger added this account.
func (c *Client) leaveRequest(ctx context.Context, room identity.Room) error {
	leave := false
	err := c.eachRoom(ctx, []identity.Room{room}, func(t *tx, r *roomRecord) error {
		a, err := t.acceptance(r.Room)
		leave = a == content.Waits && !direct(r) && r.Status == statusActive
		return err
	})
	if err != nil || !leave {
		return err
	}
	return c.Leave(ctx, room)
}

// resumeLeaves goes on with what Leave began.
func (c *Client) resumeLeaves(ctx context.Context) error {
	var rooms []identity.Room
	err := c.step(ctx, func(t *tx) error {
		rooms = nil
		records, err := t.list(leavePrefix)
		for _, rec := range records {
			var l leaveRecord
			if _, err := t.load(rec.Key, &l); err != nil {
				return err
			}
			rooms = append(rooms, l.Room)
		}
		return err
	})
	for _, room := range rooms {
		if err = errors.Join(err, c.resumeLeave(ctx, room)); errors.Is(err, ErrOffline) {
			return err
		}
	}
	return err
}

// resumeLeave takes the account's other devices out, and then asks to go.
func (c *Client) resumeLeave(ctx context.Context, room identity.Room) error {
	for range maxTries {
		if err := c.heal(ctx, room); err != nil && !told(err) {
			return err
		}
		if err := c.commit(ctx, room, othersOut); err != nil {
			return c.leftAlready(ctx, room, err)
		}
		request, err := c.proposeLeave(ctx, room)
		if err != nil || request == nil {
			return c.leftAlready(ctx, room, err)
		}
		reply, err := call[wire.LeaveReply](ctx, c, wire.OpLeave, request)
		if err == nil {
			return c.leftRoom(ctx, room, reply)
		}
		if err := c.recoverLeave(ctx, room, err); err != nil {
			return err
		}
	}
	return ErrQueued
}

// othersOut plans to take the account's other devices out of a room.
func othersOut(t *tx, _ *roomRecord, g *mls.Group) (plan, error) {
	ms, err := members(g)
	var p plan
	for _, m := range ms {
		if m.device.Account() == t.c.self.Account && m.device != t.c.self.Device {
			p.remove = append(p.remove, m.leaf)
		}
	}
	return p, err
}

// proposeLeave returns the request by which this device goes, made for the current
// epoch; nil where it is out already.
func (c *Client) proposeLeave(ctx context.Context, room identity.Room) (*wire.LeaveRequest, error) {
	var request *wire.LeaveRequest
	err := c.step(ctx, func(t *tx) error {
		request = nil
		var l leaveRecord
		found, err := t.load(leaveKey(room), &l)
		if err != nil || !found {
			return err
		}
		r, err := t.room(room)
		if err != nil {
			return err
		}
		if r == nil || r.Status != statusActive {
			t.del(leaveKey(room))
			return nil
		}
		g, err := t.group(r.group())
		if err != nil {
			return err
		}
		if g == nil {
			return ErrNotJoined
		}
		if len(l.Proposal) == 0 || l.Generation != r.Generation || l.Epoch != g.Epoch() {
			message, _, changes, err := g.Propose(&public.SelfRemove{}, mls.ProposeOptions{})
			if err != nil {
				return err
			}
			t.apply(r.group(), changes)
			l.ID, l.Generation, l.Epoch, l.Proposal = newID(), r.Generation, g.Epoch(), message
			t.save(leaveKey(room), &l)
		}
		request = &wire.LeaveRequest{ID: l.ID, Room: room, Generation: l.Generation, Proposal: l.Proposal}
		return nil
	})
	return request, err
}

// leftRoom makes this device one that is out: the server took its leave.
func (c *Client) leftRoom(ctx context.Context, room identity.Room, reply *wire.LeaveReply) error {
	return c.step(ctx, func(t *tx) error {
		t.del(leaveKey(room))
		r, err := t.room(room)
		if err != nil || r == nil || r.Status == statusLeft {
			return err
		}
		was := r.Accounts
		r.Accounts = slices.DeleteFunc(slices.Clone(was), func(a identity.Account) bool { return a == c.self.Account })
		r.LastSeq = max(r.LastSeq, reply.Seq)
		if err := t.goOut(r); err != nil {
			return err
		}
		return t.noticeAccounts(r, was, r.Accounts, departures{}, stamp{reply.Seq, reply.AcceptedMS, c.self.Device})
	})
}

// goOut drops what a device needs only while it is in a room.
func (t *tx) goOut(r *roomRecord) error {
	if err := t.dropGroup(r.group()); err != nil {
		return err
	}
	t.del(pendKey(r.Room))
	r.Status, r.Fault = statusLeft, fault{}
	t.saveRoom(r)
	return t.failQueued(r.Room)
}

// leftAlready ends a leave that has nothing left to do.
func (c *Client) leftAlready(ctx context.Context, room identity.Room, err error) error {
	if err != nil && !errors.Is(err, ErrNotMember) {
		return err
	}
	return c.step(ctx, func(t *tx) error {
		t.del(leaveKey(room))
		return nil
	})
}

// recoverLeave does what a refusal asks for, and returns nil if it can be tried
// again.
func (c *Client) recoverLeave(ctx context.Context, room identity.Room, refusal error) error {
	var w *wire.Error
	if !errors.As(refusal, &w) || mayPass(refusal) {
		return refusal
	}
	switch w.Code {
	case wire.CodeStaleEpoch, wire.CodeFutureEpoch, wire.CodeGenerationClosed, wire.CodeForbidden, wire.CodeRemovalPending:
		if moved, err := c.pull(ctx); err != nil || moved {
			return err
		}
		if _, err := c.behind(ctx, room, nil); err != nil {
			return err
		}
		return refusal
	case wire.CodeNotMember, wire.CodeUnknownRoom:
		return c.leftAlready(ctx, room, c.markLeft(ctx, room))
	}
	return cmpErr(c.step(ctx, func(t *tx) error { // refused for good: a server that doesn't know of leaving
		t.del(leaveKey(room))
		return nil
	}), refusal)
}

// leaveEvent takes in somebody's proposal to leave. It must be signed by the leaf
// that goes, and made by a member: a server can't invent one.
func (t *tx) leaveEvent(r *roomRecord, e *wire.Envelope) error {
	if r == nil || r.Status != statusActive || e.Generation != r.Generation || e.Sender == t.c.self.Device {
		return nil
	}
	g, err := t.group(r.group())
	if err != nil {
		return err
	}
	if g == nil || e.Epoch < g.Epoch() {
		return nil // over: the commit that ended it has taken it in
	}
	if e.Epoch > g.Epoch() {
		r.MaxEpoch = max(r.MaxEpoch, e.Epoch)
		if err := t.keepLeave(r, e); err != nil { // for the rejoin
			return err
		}
		return t.faulty(r, e, "", "missed_commit")
	}
	leaver, ok := leaverOf(g, e.Message)
	if !ok || leaver != e.Sender {
		return t.refuseEvent(e, "bad_leave")
	}
	_, changes, err := g.ReceiveProposal(e.Message)
	if err != nil {
		if errors.Is(err, mls.ErrState) {
			return err
		}
		return t.refuseEvent(e, "bad_leave")
	}
	t.apply(r.group(), changes)
	r.LastSeq = max(r.LastSeq, e.Seq)
	t.saveRoom(r)
	t.put(healPrefix+r.Room.ID(), []byte(r.Room))
	return t.keepLeave(r, e)
}

// leaverOf returns the member whose SelfRemove of the current epoch a message says
// it is. Nothing is verified.
func leaverOf(g *mls.Group, message []byte) (identity.Device, bool) {
	m, err := public.Parse[public.MLSMessage](message)
	if err != nil || m.PublicMessage == nil {
		return "", false
	}
	c := &m.PublicMessage.Content
	if _, ok := c.Proposal.(*public.SelfRemove); !ok || c.ContentType != public.ContentProposal || c.Sender.Type != public.SenderMember {
		return "", false
	}
	leaf, ok := g.Member(public.LeafIndex(c.Sender.Index))
	if !ok {
		return "", false
	}
	device, _, err := parseLeaf(leaf.Identity, leaf.SignatureKey)
	return device, err == nil
}

// A leavesRecord keeps the proposals to leave of a room's current epoch as they
// came, for a device that has to rejoin by a commit that takes them in.
type leavesRecord struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8    // of this record: 1
	Generation uint32
	Epoch      uint64
	Proposals  [][]byte // at most maxLeaves
}

const maxLeaves = 64

func (t *tx) keepLeave(r *roomRecord, e *wire.Envelope) error {
	var l leavesRecord
	if _, err := t.load(leavesPrefix+r.Room.ID(), &l); err != nil {
		return err
	}
	if l.Generation != e.Generation || l.Epoch != e.Epoch {
		l = leavesRecord{Version: 1, Generation: e.Generation, Epoch: e.Epoch}
	}
	if len(l.Proposals) < maxLeaves {
		l.Proposals = append(l.Proposals, e.Message)
	}
	t.save(leavesPrefix+r.Room.ID(), &l)
	return nil
}

// leavesOf returns the proposals to leave of an epoch.
func (t *tx) leavesOf(r *roomRecord, generation uint32, epoch uint64) ([][]byte, error) {
	var l leavesRecord
	_, err := t.load(leavesPrefix+r.Room.ID(), &l)
	if err != nil || l.Generation != generation || l.Epoch != epoch {
		return nil, err
	}
	return l.Proposals, nil
}
