package client

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// rejoin brings this device back into a room by an external commit that removes
// its own old leaf. It never goes to an epoch older than one it has heard of.
func (c *Client) rejoin(ctx context.Context, room identity.Room) error {
	for range maxTries {
		info, err := call[wire.GroupInfo](ctx, c, wire.OpGroupInfo, wire.GroupInfoRequest{Room: room})
		if err != nil {
			return c.leftIfGone(ctx, room, err)
		}
		s, err := c.prepareRejoin(ctx, room, info)
		if err != nil {
			return err
		}
		if s == nil {
			return nil // there was no fault any more
		}
		err = c.sendRejoin(ctx, room, info.Generation, s)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, &wire.Error{Code: wire.CodeStaleEpoch}) || errors.Is(err, &wire.Error{Code: wire.CodeGenerationClosed}):
			continue
		}
		return c.leftIfGone(ctx, room, err)
	}
	return fmt.Errorf("%w: the room's epoch goes on moving", ErrQueued)
}

// sendRejoin has the server take an external commit, and takes its group into use.
// Nothing is read meanwhile: the commit itself would meet a group that it doesn't
// fit.
func (c *Client) sendRejoin(ctx context.Context, room identity.Room, generation uint32, s *mls.StagedCommit) error {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	reply, err := call[wire.CommitReply](ctx, c, wire.OpCommit, wire.CommitRequest{
		ID: newID(), Room: room, Generation: generation, Commit: s.CommitMessage(), GroupInfo: s.GroupInfo(),
	})
	if err != nil {
		return err
	}
	return c.rejoined(ctx, room, generation, s, reply)
}

// leftIfGone marks a room as left where the server says that this device is not
// in it.
func (c *Client) leftIfGone(ctx context.Context, room identity.Room, refusal error) error {
	var w *wire.Error
	if !errors.As(refusal, &w) || w.Code != wire.CodeUnknownRoom && w.Code != wire.CodeNotMember {
		return refusal
	}
	return c.markLeft(ctx, room)
}

func (c *Client) markLeft(ctx context.Context, room identity.Room) error {
	return c.step(ctx, func(t *tx) error {
		r, err := t.room(room)
		if err != nil || r == nil || r.Status == statusLeft {
			return err
		}
		if err := t.dropGroup(r.group()); err != nil {
			return err
		}
		r.Status, r.Fault = statusLeft, fault{}
		t.saveRoom(r)
		return t.failQueued(room)
	})
}

// prepareRejoin checks what the server published and makes the external commit.
func (c *Client) prepareRejoin(ctx context.Context, room identity.Room, info *wire.GroupInfo) (*mls.StagedCommit, error) {
	fresh := map[identity.Account]bool{}
	for {
		s, need, err := c.tryRejoin(ctx, room, info, fresh)
		if err == nil || len(need) == 0 {
			return s, err
		}
		for _, a := range need {
			fresh[a] = true
			if err := c.refreshOne(ctx, a); err != nil && !isListRefusal(err) && !isRefusal(err) {
				return nil, err
			}
		}
	}
}

func (c *Client) tryRejoin(ctx context.Context, room identity.Room, info *wire.GroupInfo, fresh map[identity.Account]bool) (s *mls.StagedCommit, need []identity.Account, err error) {
	var bad error
	err = c.step(ctx, func(t *tx) error {
		s, need, bad = nil, nil, nil
		r, err := t.room(room)
		if err != nil || r == nil || r.Fault.Code == "" {
			return err
		}
		if stale(r, info) {
			bad = errSetBack
			return t.refuse(Refusal{Room: room, Seq: info.Seq, Code: "stale_group_info"})
		}
		t.need, t.fresh = nil, fresh
		if s, bad = c.joinExternal(t, r, info); bad == nil {
			return nil
		}
		need = slices.Clone(t.need)
		if len(need) > 0 {
			return nil
		}
		if errors.Is(bad, ErrStrangers) {
			return t.waitForKnown(r, info)
		}
		return t.refuse(Refusal{Room: room, Seq: info.Seq, Code: commitCode(bad)})
	})
	if err == nil {
		err = bad
	}
	return s, need, err
}

// stale reports whether a GroupInfo is of an epoch before one that this device
// has heard of.
func stale(r *roomRecord, info *wire.GroupInfo) bool {
	parsed, err := public.ParseGroupInfo(info.GroupInfo)
	if err != nil {
		return true
	}
	room, generation, err := identity.ParseGroupID(parsed.GroupContext.GroupID)
	if err != nil || room != r.Room || generation != info.Generation {
		return true
	}
	return generation < r.Generation || generation == r.Generation && parsed.GroupContext.Epoch < r.MaxEpoch
}

// joinExternal makes the external commit and applies the rules of rooms to the
// group that it joins.
func (c *Client) joinExternal(t *tx, r *roomRecord, info *wire.GroupInfo) (*mls.StagedCommit, error) {
	parsed, err := public.ParseGroupInfo(info.GroupInfo)
	if err != nil {
		return nil, errBadRoom
	}
	leaves, err := t.leavesOf(r, info.Generation, parsed.GroupContext.Epoch)
	if err != nil {
		return nil, err
	}
	s, err := mls.JoinExternal(c.mlsConfig(), info.GroupInfo, []byte(c.self.Device), c.signer(), mls.ExternalOptions{Resync: true, SelfRemoves: leaves})
	if err != nil {
		if errors.Is(err, errUnlisted) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", errBadRoom, err)
	}
	ext, err := roomExtension(s.Context())
	if err != nil {
		return nil, errBadRoom
	}
	ms, err := staged(s)
	if err != nil {
		return nil, err
	}
	accounts := accountsOf(ms)
	known, err := c.knownSigner(r, s, info.GroupInfo)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, ErrStrangers
	}
	best, err := c.bestSuite(t, accounts)
	if err != nil {
		return nil, err
	}
	if c.rank(s.Context().CipherSuite) > c.rank(best.ID()) || ext.Kind != r.Kind || string(ext.FrankingKey) != string(r.FrankingKey) || twice(ms) ||
		r.Kind == wire.KindDirect && !slices.Equal(accounts, r.Accounts) || len(s.Removed()) > 1+len(leaves) {
		return nil, errBadRoom
	}
	return s, nil
}

// waitForKnown keeps that a room's published state has nobody known behind it,
// and says so once. Each sync looks again.
func (t *tx) waitForKnown(r *roomRecord, info *wire.GroupInfo) error {
	if r.Fault.Code == unknownState {
		return nil
	}
	r.Fault.Code = unknownState
	t.saveRoom(r)
	return t.refuse(Refusal{Room: r.Room, Seq: info.Seq, Code: unknownState})
}

// unknownState is the fault of a room that waits for someone known.
const unknownState = "unknown_state"

// knownSigner reports whether the state that a server published was signed by a
// device of somebody who was in the room when this device last was in order. A
// stranger could make a group of this name with everyone's key packages: a
// newcomer is believed only through someone who was there.
func (c *Client) knownSigner(r *roomRecord, s *mls.StagedCommit, groupInfo []byte) (bool, error) {
	info, err := public.ParseGroupInfo(groupInfo)
	if err != nil {
		return false, errBadRoom
	}
	for _, gone := range s.Removed() { // who asked to go may have signed it, and this device may take that place
		if gone.Index == info.Signer {
			device, _, err := parseLeaf(gone.Identity(), gone.SignatureKey())
			return err == nil && slices.Contains(r.Accounts, device.Account()), nil
		}
	}
	after, err := staged(s)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(after, func(m member) bool { return m.leaf == info.Signer })
	return i >= 0 && slices.Contains(r.Accounts, after[i].device.Account()), nil
}

// rejoined takes the group of an accepted external commit into use, and tells
// what changed in the roster meanwhile.
func (c *Client) rejoined(ctx context.Context, room identity.Room, generation uint32, s *mls.StagedCommit, reply *wire.CommitReply) error {
	ms, err := staged(s)
	if err != nil {
		return err
	}
	g, changes, err := s.Join()
	if err != nil {
		return err
	}
	return c.step(ctx, func(t *tx) error {
		r, err := t.room(room)
		if err != nil || r == nil {
			return err
		}
		if r.Generation > generation || r.Generation == generation && r.MaxEpoch > g.Epoch() {
			return nil // another process has read on: what there is of a fault is still to be mended
		}
		for _, k := range []groupKey{r.group(), {room, generation}} {
			if err := t.dropGroup(k); err != nil {
				return err
			}
		}
		t.apply(groupKey{room, generation}, changes)
		t.del(pendKey(room))
		if r.Fault.Author != "" {
			r.Rejoins = append(r.Rejoins, rejoinRecord{Author: r.Fault.Author, AtMS: c.nowMS()})
			r.Rejoins = r.Rejoins[max(0, len(r.Rejoins)-maxRejoins):]
		}
		was := r.Accounts
		r.Generation, r.Accounts, r.Status, r.Fault = generation, accountsOf(ms), statusActive, fault{}
		r.MaxEpoch, r.UpdatedMS = g.Epoch(), c.nowMS()
		t.saveRoom(r)
		t.put(healPrefix+room.ID(), []byte(room))
		if err := t.counted(func(h *Healing) { h.Rejoined++ }); err != nil {
			return err
		}
		at := stamp{reply.Seq, reply.AcceptedMS, c.self.Device}
		if err := t.notice(r, at, NoticeRejoined, string(c.self.Device)); err != nil {
			return err
		}
		return t.noticeAccounts(r, was, r.Accounts, departures{}, at)
	})
}

// nextGeneration rebuilds a room without the author of the fault: a new group
// that branches from the last epoch in which this device was in order.
// within, unless it is nil, are the accounts that the server allows in it.
func (c *Client) nextGeneration(ctx context.Context, room identity.Room, within []identity.Account) error {
	n, err := c.generationMembers(ctx, room, within)
	if err != nil {
		return err
	}
	if err := c.refresh(ctx, slices.Clone(n.accounts)...); err != nil {
		return err
	}
	packages, err := c.claimOf(ctx, n.accounts, []uint16{n.suite}, nil)
	if err != nil {
		return err
	}
	packages = slices.DeleteFunc(packages, func(p wire.ClaimedKeyPackage) bool { return !slices.Contains(n.devices, p.Device) })
	s, request, err := c.branch(ctx, room, packages)
	if err != nil {
		return err
	}
	reply, err := call[wire.OpenRoomReply](ctx, c, wire.OpOpenRoom, request)
	if err != nil {
		if errors.Is(err, &wire.Error{Code: wire.CodeGenerationTaken}) {
			_, err = c.pull(ctx)
		}
		return c.leftIfGone(ctx, room, err)
	}
	_, changes, err := s.Join()
	if err != nil {
		return err
	}
	return c.step(ctx, func(t *tx) error {
		r, err := t.room(room)
		if err != nil || r == nil || r.Generation >= request.Generation {
			return err
		}
		was := r.Accounts
		r.Generation, r.Accounts, r.Fault, r.MaxEpoch = request.Generation, request.Accounts, fault{}, s.Epoch()
		if err := t.dropGroup(r.group()); err != nil {
			return err
		}
		t.apply(r.group(), changes)
		t.del(pendKey(room))
		t.saveRoom(r)
		at := stamp{reply.Seq, c.nowMS(), c.self.Device}
		if err := t.notice(r, at, NoticeGeneration, string(c.self.Account)); err != nil {
			return err
		}
		return t.noticeAccounts(r, was, r.Accounts, departures{}, at)
	})
}

// nextMembers are who is in a room's next generation, this device apart.
type nextMembers struct {
	suite    uint16             // that the room keeps
	accounts []identity.Account // sorted
	devices  []identity.Device
}

// generationMembers returns the members of the last good epoch but the author of
// the fault. Where nobody would be left, the fault stays.
func (c *Client) generationMembers(ctx context.Context, room identity.Room, within []identity.Account) (n nextMembers, err error) {
	err = c.step(ctx, func(t *tx) error {
		n = nextMembers{}
		r, err := t.room(room)
		if err != nil {
			return err
		}
		g, err := t.group(r.group())
		if err != nil {
			return err
		}
		if g == nil {
			return ErrNotJoined
		}
		n.suite = uint16(g.Suite().ID())
		ms, err := members(g)
		if err != nil {
			return err
		}
		for _, m := range ms {
			allowed := within == nil || slices.Contains(within, m.device.Account())
			if m.device != r.Fault.Author && m.device != c.self.Device && allowed {
				n.devices = append(n.devices, m.device)
				n.accounts = append(n.accounts, m.device.Account())
			}
		}
		slices.Sort(n.accounts)
		n.accounts = slices.Compact(n.accounts)
		gone := func(a identity.Account) bool { return a != c.self.Account && !slices.Contains(n.accounts, a) }
		if len(n.devices) == 0 || r.Kind == wire.KindDirect && slices.ContainsFunc(accountsOf(ms), gone) {
			return ErrBroken
		}
		return nil
	})
	return n, err
}

// branch makes the next generation's group and the request that opens it.
func (c *Client) branch(ctx context.Context, room identity.Room, packages []wire.ClaimedKeyPackage) (s *mls.StagedCommit, request *wire.OpenRoomRequest, err error) {
	err = c.step(ctx, func(t *tx) error {
		r, err := t.room(room)
		if err != nil {
			return err
		}
		old, err := t.group(r.group())
		if err != nil {
			return err
		}
		var add [][]byte
		for _, p := range packages {
			add = append(add, p.KeyPackage)
		}
		extensions, err := branchExtensions(old, c.self.Account, packages)
		if err != nil {
			return err
		}
		s, err = mls.Branch(c.mlsConfig(), old, old.Epoch(), room.GroupID(r.Generation+1), mls.BranchOptions{Add: add, Extensions: extensions})
		if err != nil {
			return err
		}
		ms, err := staged(s)
		if err != nil {
			return err
		}
		request = &wire.OpenRoomRequest{
			ID: newID(), Room: room, Generation: r.Generation + 1, Accounts: accountsOf(ms),
			GroupInfo: s.FirstGroupInfo(), Commit: s.CommitMessage(), Welcome: s.Welcome(), Next: s.GroupInfo(),
		}
		return nil
	})
	return s, request, err
}
