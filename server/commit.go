package server

import (
	"context"
	"errors"
	"slices"

	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// Commit ends an epoch of a room. Exactly one is taken for each epoch.
func (s *Server) Commit(ctx context.Context, device identity.Device, req *wire.CommitRequest) (*wire.CommitReply, error) {
	if err := checkID(req.ID); err != nil {
		return nil, err
	}
	if len(req.Commit)+len(req.Welcome)+len(req.GroupInfo) > s.cfg.Limits.Commit {
		return nil, tooLarge("The commit is too large.")
	}
	op := OperationID{Kind: wire.EventCommit, Device: device, ID: req.ID}
	r, err := s.receipt(ctx, op)
	if err == nil && r == nil {
		r, err = retry(func() (*Receipt, error) { return s.commit(ctx, op, req) })
	}
	if err != nil {
		return nil, err
	}
	return &wire.CommitReply{Seq: r.Seq, Epoch: r.Epoch, AcceptedMS: r.AcceptedMS}, nil
}

// commit decides on req as things are now. ErrStale if they changed.
func (s *Server) commit(ctx context.Context, op OperationID, req *wire.CommitRequest) (*Receipt, error) {
	room, err := s.roomOf(ctx, op.Device, req.Room)
	if err != nil {
		return nil, err
	}
	header, err := public.PeekMessage(req.Commit)
	if err != nil || header.WireFormat != public.WirePublicMessage || header.ContentType != public.ContentCommit {
		return nil, badCommit("it isn't a commit as a public message")
	}
	if err := s.checkPlace(ctx, room, req.Generation, header.Epoch); err != nil {
		return nil, err
	}
	if !isGroup(header.GroupID, room) {
		return nil, badCommit("it is of another group")
	}
	if room.over() {
		return nil, errNotAccepting
	}
	u, err := s.checkCommit(ctx, op, req, room)
	if err != nil {
		return nil, err
	}
	r, err := s.store.Commit(ctx, *u)
	if errors.Is(err, ErrNotFound) {
		return nil, errUnknownRoom
	}
	if err != nil {
		return nil, err
	}
	s.stats.commits.Add(1)
	s.tell(union(room.Accounts, u.Next.Accounts))
	s.pushes.grown(joined(room.Accounts, u.Next.Accounts), op.Device)
	return &r, nil
}

// checkPlace checks that generation and epoch are where the room is; if the epoch
// has ended, the refusal carries the commit that ended it.
func (s *Server) checkPlace(ctx context.Context, room *Room, generation uint32, epoch uint64) error {
	switch {
	case generation < room.Generation:
		e := wire.Refuse(wire.CodeGenerationClosed, "The room has a newer generation.")
		e.Generation = room.Generation
		return e
	case generation > room.Generation:
		return s.unlessMoved(ctx, room, wire.Refuse(wire.CodeFutureEpoch, "The room hasn't got this generation."))
	case epoch > room.Epoch:
		return s.unlessMoved(ctx, room, wire.Refuse(wire.CodeFutureEpoch, "The epoch hasn't begun."))
	case epoch == room.Epoch:
		return nil
	}
	e := wire.Refuse(wire.CodeStaleEpoch, "The epoch has ended.")
	winner, err := s.store.Winner(ctx, room.Room, generation, epoch)
	switch {
	case err == nil:
		e.Winner = winner
	case !errors.Is(err, ErrNotFound): // it isn't kept any more: then without it
		return err
	}
	return e
}

// checkCommit checks all that the public group shows of a commit, and what comes
// with it.
func (s *Server) checkCommit(ctx context.Context, op OperationID, req *wire.CommitRequest, room *Room) (*RoomUpdate, error) {
	group, err := s.group(ctx, room)
	if err != nil {
		return nil, err
	}
	staged, err := group.Stage(req.Commit)
	if err != nil {
		return nil, stageError(err)
	}
	if err := checkLeaving(group, staged); err != nil {
		return nil, err
	}
	j := s.newJudge()
	if err := j.checkEffects(ctx, op.Device, group, staged); err != nil {
		return nil, err
	}
	change, err := j.rosterChange(ctx, room.Kind, op.Device, group, staged)
	if err != nil {
		return nil, err
	}
	if err := checkSameContext(group.Context(), staged.Context()); err != nil {
		return nil, err
	}
	if err := s.checkNext(group, staged, req.GroupInfo, req.Welcome); err != nil {
		return nil, err
	}
	if err := group.Merge(staged); err != nil {
		return nil, err
	}
	leaves, accounts, err := groupLeaves(group)
	if err != nil {
		return nil, err
	}
	if len(accounts) > s.cfg.Limits.Members {
		return nil, tooLarge("The room has too many accounts.")
	}
	accounts, change.Before = room.withoutErased(accounts), room.withoutErased(change.Before)
	if err := j.checkDirect(ctx, room, accounts, leaves); err != nil {
		return nil, err
	}
	if change.After = accounts; !change.Allowed() {
		return nil, errRole
	}
	if err := s.checkAdded(ctx, op, room, accounts); err != nil {
		return nil, err
	}
	at, next := room.At(), *room
	next.Epoch, next.Accounts, next.Leaves = group.Epoch(), accounts, leaves
	return &RoomUpdate{
		Op: op, Before: &at, Was: room.Accounts, Next: next, State: group.Marshal(), Info: req.GroupInfo, Lists: j.versions(),
		Envelope: wire.Envelope{
			Kind: wire.EventCommit, Room: room.Room, Generation: room.Generation, Epoch: room.Epoch, AcceptedMS: s.nowMS(),
			Sender: op.Device, ID: req.ID, Message: req.Commit, Welcome: req.Welcome,
		},
	}, nil
}

// checkAdded checks that who commits may add those of accounts who aren't in room, and
// that each of them takes that.
func (s *Server) checkAdded(ctx context.Context, op OperationID, room *Room, accounts []identity.Account) error {
	added := without(accounts, room.Accounts)
	if err := s.mayAdd(ctx, op.Device.Account(), added); err != nil {
		return err
	}
	if err := s.accepting(ctx, op.Device.Account(), added...); err != nil {
		return err
	}
	return s.addsStrangers(ctx, op, room.Accounts, added)
}

// without returns those of a that aren't in b, which is sorted.
func without(a, b []identity.Account) (rest []identity.Account) {
	for _, x := range a {
		if _, ok := slices.BinarySearch(b, x); !ok {
			rest = append(rest, x)
		}
	}
	return rest
}

// checkEffects checks who commits and what becomes of the members: each leaf
// that is new or changed is of a listed device, with its key.
func (j *judge) checkEffects(ctx context.Context, device identity.Device, group *public.Group, staged *public.StagedCommit) error {
	if staged.ReInit != nil {
		return badCommit("rooms aren't reinitialized")
	}
	if err := checkCommitter(device, group, staged); err != nil {
		return err
	}
	for _, a := range staged.Added {
		l, err := toLeaf(&a.KeyPackage.LeafNode)
		if err != nil {
			return err
		}
		if err := j.check(ctx, l); err != nil {
			return err
		}
	}
	for _, u := range staged.Updated {
		l, err := toLeaf(u.New)
		if err != nil {
			return err
		}
		if string(u.Old.Credential.Identity()) != string(l.Device) {
			return badCommit("a member becomes another device")
		}
		if err := j.check(ctx, l); err != nil {
			return err
		}
	}
	if !staged.External() {
		return nil
	}
	l, err := toLeaf(staged.Committer().Node)
	if err != nil {
		return err
	}
	return j.check(ctx, l)
}

// checkCommitter checks that the commit is the session's device's: of its leaf,
// or an external one that removes its own old leaf, takes in who leaves, and does
// nothing else (RFC 9420, Section 12.4.3.2).
func checkCommitter(device identity.Device, group *public.Group, staged *public.StagedCommit) error {
	if !staged.External() {
		sender := staged.Content().Content.Sender
		leaf, ok := group.Leaf(public.LeafIndex(sender.Index))
		if !ok || string(leaf.Identity()) != string(device) {
			return badCommit("it is another device's")
		}
		return nil
	}
	if string(staged.Committer().Identity()) != string(device) {
		return badCommit("it is another device's")
	}
	own, leaving := 0, leavers(group, staged)
	for _, l := range staged.Removed {
		if string(l.Identity()) == string(device) {
			own++
		} else if !leaving[l.Index] {
			return badCommit("an external commit removes its author's old leaf and no other")
		}
	}
	if own != 1 {
		return badCommit("an external commit removes its author's old leaf and no other")
	}
	if len(staged.Added) > 0 || len(staged.Updated) > 0 || len(staged.PSKs) > 0 || staged.ContextChanged {
		return badCommit("an external commit does nothing but rejoin")
	}
	return nil
}

// checkDirect checks that a direct room keeps its accounts. An account goes only
// with its last listed device's leaf: one that left its list has to be removed.
func (j *judge) checkDirect(ctx context.Context, room *Room, accounts []identity.Account, leaves []Leaf) error {
	if room.Kind != wire.KindDirect {
		return nil
	}
	refused := wire.Refuse(wire.CodeRoleRefused, "A direct room keeps its two accounts.")
	for _, a := range accounts {
		if !slices.Contains(room.Set, a) {
			return refused
		}
	}
	for _, old := range room.Leaves {
		if slices.Contains(accounts, old.Device.Account()) {
			continue
		}
		listed, err := j.listed(ctx, old)
		if err != nil {
			return err
		}
		if listed {
			return refused
		}
	}
	return nil
}
