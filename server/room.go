package server

import (
	"context"
	"errors"
	"slices"

	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// casTries is how often an operation is decided anew because something changed
// between the look and the write.
const casTries = 4

// retry calls f until it returns something else than ErrStale.
func retry[T any](f func() (T, error)) (T, error) {
	for range casTries {
		v, err := f()
		if !errors.Is(err, ErrStale) {
			return v, err
		}
	}
	var zero T
	return zero, errBusy
}

// receipt returns the first reply to an operation, nil if it is new.
func (s *Server) receipt(ctx context.Context, op OperationID) (*Receipt, error) {
	r, err := s.store.Receipt(ctx, op, s.nowMS())
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return r, err
}

func checkID(id []byte) error {
	if len(id) != wire.IDSize {
		return badRequest("An operation's id has 16 bytes.")
	}
	return nil
}

// OpenRoom makes a room, or its next generation.
func (s *Server) OpenRoom(ctx context.Context, device identity.Device, req *wire.OpenRoomRequest) (*wire.OpenRoomReply, error) {
	if err := s.checkOpenForm(device, req); err != nil {
		return nil, err
	}
	op := OperationID{Kind: wire.EventOpen, Device: device, ID: req.ID}
	r, err := s.receipt(ctx, op)
	if err == nil && r == nil {
		r, err = retry(func() (*Receipt, error) { return s.openRoom(ctx, op, req) })
	}
	if err != nil {
		return nil, err
	}
	return &wire.OpenRoomReply{Room: r.Room, Created: r.Created, Seq: r.Seq}, nil
}

func (s *Server) checkOpenForm(device identity.Device, req *wire.OpenRoomRequest) error {
	if err := checkID(req.ID); err != nil {
		return err
	}
	room, err := identity.ParseRoom(string(req.Room))
	if err != nil || room.Domain() != s.cfg.Domain {
		return badRequest("This is no room of this server.")
	}
	for i, a := range req.Accounts {
		if _, err := identity.ParseAccount(string(a)); err != nil || i > 0 && a <= req.Accounts[i-1] {
			return badRequest("The accounts are not sorted, or not accounts.")
		}
	}
	if _, ok := slices.BinarySearch(req.Accounts, device.Account()); !ok {
		return badRequest("The creator's account isn't among the accounts.")
	}
	if len(req.Accounts) > s.cfg.Limits.Members {
		return tooLarge("The room has too many accounts.")
	}
	if len(req.GroupInfo)+len(req.Commit)+len(req.Welcome)+len(req.Next) > s.cfg.Limits.Commit {
		return tooLarge("The room's first commit is too large.")
	}
	return nil
}

// openRoom decides on req as things are now. ErrStale if they changed.
func (s *Server) openRoom(ctx context.Context, op OperationID, req *wire.OpenRoomRequest) (*Receipt, error) {
	var before *Room
	if req.Generation > 0 {
		var err error
		if before, err = s.generationBefore(ctx, op.Device, req); err != nil {
			return nil, err
		}
	}
	u, err := s.checkOpening(ctx, op, req, before)
	if err != nil {
		return nil, err
	}
	if before == nil { // else nobody is added who wasn't there
		if err := s.mayAdd(ctx, op.Device.Account(), req.Accounts); err != nil {
			return nil, err
		}
		if err := s.accepting(ctx, op.Device.Account(), req.Accounts...); err != nil {
			return nil, err
		}
	}
	var knocked identity.Account
	if before == nil {
		if knocked, err = s.opensTo(ctx, op, &u.Next); err != nil {
			return nil, err
		}
	}
	r, err := s.store.Open(ctx, *u)
	if knocked != "" && err == nil && r.Room != req.Room { // there is a room already: this began nothing
		err = s.dropKnock(ctx, op.Device.Account(), knocked, req.Room)
	}
	switch {
	case errors.Is(err, ErrExists):
		return nil, wire.Refuse(wire.CodeForbidden, "The room's name is taken.")
	case errors.Is(err, ErrNotFound):
		return nil, errUnknownRoom
	case err != nil:
		return nil, err
	}
	if r.Created {
		s.stats.rooms.Add(1)
		if before != nil {
			s.tell(union(before.Accounts, u.Next.Accounts))
		} else {
			s.tell(u.Next.Accounts)
			s.pushes.grown(u.Next.Accounts, op.Device)
		}
	}
	return &r, nil
}

// union returns the accounts of both, sorted.
func union(a, b []identity.Account) []identity.Account {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// generationBefore returns the room, which req opens the next generation of, if
// it may.
func (s *Server) generationBefore(ctx context.Context, device identity.Device, req *wire.OpenRoomRequest) (*Room, error) {
	room, err := s.roomFor(ctx, device, req.Room)
	if err != nil {
		return nil, err
	}
	if req.Generation <= room.Generation {
		e := wire.Refuse(wire.CodeGenerationTaken, "The room has this generation already.")
		e.Generation = room.Generation
		return nil, e
	}
	if req.Generation-room.Generation > wire.MaxGenerationAhead {
		return nil, s.unlessMoved(ctx, room, badRequest("This isn't the room's next generation."))
	}
	if _, ok := room.Leaf(device); !ok {
		return nil, s.unlessMoved(ctx, room, errNotMember)
	}
	for _, a := range req.Accounts {
		if !room.Has(a) {
			return nil, wire.Refuse(wire.CodeForbidden, "A next generation has no account that isn't in the room.")
		}
	}
	if room.Kind == wire.KindDirect && !slices.Equal(req.Accounts, room.Accounts) {
		return nil, wire.Refuse(wire.CodeRoleRefused, "A direct room keeps its accounts.")
	}
	return room, nil
}

// roomFor returns a room in which device's account is, or unknown_room.
func (s *Server) roomFor(ctx context.Context, device identity.Device, name identity.Room) (*Room, error) {
	room, err := s.store.Room(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return nil, errUnknownRoom
	}
	if err == nil && !room.Has(device.Account()) {
		return nil, s.unlessMoved(ctx, room, errUnknownRoom)
	}
	return room, err
}

// unlessMoved returns refusal, which was decided by room, or ErrStale if room is
// what this node remembers and another one has moved it since: then the decision
// has to be made anew, by what is true.
func (s *Server) unlessMoved(ctx context.Context, room *Room, refusal error) error {
	if s.cfg.Hints == nil {
		return refusal
	}
	g, err := s.store.Group(ctx, room.Room)
	if err != nil {
		return err
	}
	if g.At != room.At() {
		return ErrStale
	}
	return refusal
}

// roomOf returns a room in which device has a leaf, or not_member; unknown_room
// if its account has none either.
func (s *Server) roomOf(ctx context.Context, device identity.Device, name identity.Room) (*Room, error) {
	room, err := s.store.Room(ctx, name)
	if err == nil {
		if leaf, ok := room.Leaf(device); ok && !room.leaves(leaf) {
			return room, nil
		}
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, errUnknownRoom
	case err != nil:
		return nil, err
	case !room.Has(device.Account()):
		return nil, s.unlessMoved(ctx, room, errUnknownRoom)
	}
	return nil, s.unlessMoved(ctx, room, errNotMember)
}

// checkOpening checks the group of a new room, and its first commit, as a whole.
func (s *Server) checkOpening(ctx context.Context, op OperationID, req *wire.OpenRoomRequest, before *Room) (*RoomUpdate, error) {
	group, creator, err := s.newGroup(op.Device, req)
	if err != nil {
		return nil, err
	}
	kind, err := s.checkNewContext(group.Context(), len(req.Accounts), before == nil)
	if err != nil {
		return nil, err
	}
	if before != nil {
		if err := s.checkSameRoom(ctx, before, group, req.Accounts); err != nil {
			return nil, err
		}
	} else if err := checkFirstRoles(group.Context(), kind, op.Device.Account()); err != nil {
		return nil, err
	}
	j := s.newJudge()
	if err := j.check(ctx, creator); err != nil {
		return nil, err
	}
	info, err := s.firstCommit(group, creator, req)
	if err != nil {
		return nil, err
	}
	leaves, accounts, err := groupLeaves(group)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(accounts, req.Accounts) {
		return nil, badCommit("its members' accounts aren't those named")
	}
	if err := j.check(ctx, leaves...); err != nil {
		return nil, err
	}
	if req.Distinct && (kind != wire.KindGroup || before != nil) {
		return nil, badRequest("Only a new group can be distinct.")
	}
	set := accounts
	if own := distinctSet(req.Room); req.Distinct || before != nil && slices.Equal(before.Set, own) {
		set = own
	}
	u := &RoomUpdate{
		Op:    op,
		Next:  Room{Room: req.Room, Kind: kind, Set: set, Generation: req.Generation, Epoch: group.Epoch(), Accounts: accounts, Leaves: leaves},
		State: group.Marshal(), Info: info, Lists: j.versions(),
		Envelope: wire.Envelope{
			Kind: wire.EventOpen, Room: req.Room, Generation: req.Generation, AcceptedMS: s.nowMS(),
			Sender: op.Device, ID: req.ID, Message: req.Commit, Welcome: req.Welcome,
		},
	}
	if before != nil {
		at := before.At()
		u.Before, u.Was = &at, before.Accounts
	}
	return u, nil
}

// distinctSet is the set of a distinct room: no roster is ever equal to it, so that
// nobody is led there for the people in it.
func distinctSet(room identity.Room) []identity.Account {
	return []identity.Account{identity.Account(room)}
}

// newGroup reads the group that req's creator made alone.
func (s *Server) newGroup(device identity.Device, req *wire.OpenRoomRequest) (*public.Group, Leaf, error) {
	if err := checkInfo(req.GroupInfo, false); err != nil {
		return nil, Leaf{}, err
	}
	group, err := public.NewGroup(s.groups, req.GroupInfo)
	if err != nil {
		return nil, Leaf{}, badGroupInfo("it isn't valid")
	}
	if string(group.GroupID()) != string(req.Room.GroupID(req.Generation)) || group.Epoch() != 0 {
		return nil, Leaf{}, badGroupInfo("it is of another group or epoch")
	}
	leaves, _, err := groupLeaves(group)
	if err != nil {
		return nil, Leaf{}, err
	}
	if len(leaves) != 1 || leaves[0].Device != device {
		return nil, Leaf{}, badGroupInfo("the group wasn't made by its creator alone")
	}
	return group, leaves[0], nil
}

// checkSameRoom checks that a next generation keeps the room's extension, and the
// roles of those accounts that are in it.
func (s *Server) checkSameRoom(ctx context.Context, before *Room, group *public.Group, accounts []identity.Account) error {
	old, err := s.group(ctx, before)
	if err != nil {
		return err
	}
	if err := checkNextRoles(old.Context(), group.Context(), accounts); err != nil {
		return err
	}
	return checkSameContext(old.Context(), group.Context())
}

// firstCommit merges the commit that adds everyone else into group, and returns
// the GroupInfo of what there is then. Without a commit there is nobody else.
func (s *Server) firstCommit(group *public.Group, creator Leaf, req *wire.OpenRoomRequest) ([]byte, error) {
	if len(req.Commit) == 0 {
		if len(req.Welcome)+len(req.Next) > 0 {
			return nil, badRequest("There is a welcome or a next group info, and no commit.")
		}
		return req.GroupInfo, nil
	}
	staged, err := group.Stage(req.Commit)
	if err != nil {
		return nil, stageError(err)
	}
	if staged.External() || len(staged.Removed) > 0 || staged.ReInit != nil {
		return nil, badCommit("a room's first commit only adds")
	}
	if now, err := toLeaf(staged.Committer().Node); err != nil || now != creator {
		return nil, badCommit("it changes the creator's credential")
	}
	if err := checkSameContext(group.Context(), staged.Context()); err != nil {
		return nil, err
	}
	if staged.ContextChanged {
		return nil, badCommit("a room's first commit only adds")
	}
	if err := s.checkNext(group, staged, req.Next, req.Welcome); err != nil {
		return nil, err
	}
	return req.Next, group.Merge(staged)
}

// checkNext checks what comes with a commit: the next GroupInfo and the Welcome.
func (s *Server) checkNext(group *public.Group, staged *public.StagedCommit, info, welcome []byte) error {
	if err := checkInfo(info, true); err != nil {
		return err
	}
	if err := group.CheckGroupInfo(staged, info); err != nil {
		return badGroupInfo("it doesn't agree with the commit")
	}
	return checkWelcome(welcome, group.Suite(), staged.Added)
}

// group reads a room's public group. ErrStale if the room has moved.
func (s *Server) group(ctx context.Context, room *Room) (*public.Group, error) {
	stored, err := s.store.Group(ctx, room.Room)
	if err != nil {
		return nil, err
	}
	if stored.At != room.At() {
		return nil, ErrStale
	}
	return public.UnmarshalGroup(s.groups, stored.State)
}

// GroupInfo returns what a device needs to rejoin a room.
func (s *Server) GroupInfo(ctx context.Context, device identity.Device, req *wire.GroupInfoRequest) (*wire.GroupInfo, error) {
	room, err := retry(func() (*Room, error) { return s.roomFor(ctx, device, req.Room) })
	if err != nil {
		return nil, err
	}
	if room.over() {
		return nil, errNotAccepting
	}
	g, err := s.store.Group(ctx, req.Room)
	if err != nil {
		return nil, err
	}
	return &wire.GroupInfo{Generation: g.At.Generation, Epoch: g.At.Epoch, Seq: g.Seq, GroupInfo: g.Info}, nil
}
