package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// updateInterval is how often a device renews its keys in each room.
const updateInterval = 7 * 24 * time.Hour

// A pendingCommit is a commit that was made and not yet known to be accepted or
// refused. It is sent again, as it is, until that is known.
type pendingCommit struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8    // of this record: 1
	ID         []byte
	Generation uint32
	Epoch      uint64 // that it ends
	Commit     []byte
	Welcome    []byte
	GroupInfo  []byte
}

func pendKey(room identity.Room) string { return pendPrefix + room.ID() }

// A plan is what a commit should change. Its zero value is nothing to do.
type plan struct {
	add    []identity.Account // all their listed devices that have no leaf
	remove []public.LeafIndex
	update bool
	roles  *wire.Roles // what they become, unless nil
	leaves bool        // to take out who asked to go
}

func (p *plan) empty() bool {
	return len(p.add) == 0 && len(p.remove) == 0 && !p.update && p.roles == nil && !p.leaves
}

// A planner says, of a room as it is, what is left to do. It is asked again after
// each commit of somebody else that came first.
type planner func(t *tx, r *roomRecord, g *mls.Group) (plan, error)

// commit changes a room until there is nothing left of what want asks for.
func (c *Client) commit(ctx context.Context, room identity.Room, want planner) error {
	for range maxTries {
		if err := c.resume(ctx, room); err != nil {
			return err
		}
		todo, err := c.plan(ctx, room, want)
		if err != nil || todo.empty() {
			return err
		}
		packages, err := c.claim(ctx, todo.add, room)
		if err != nil {
			return err
		}
		if todo.add = nil; len(packages) == 0 && todo.empty() {
			return nil
		}
		made, err := c.prepare(ctx, room, want, packages)
		if err != nil {
			return err
		}
		if !made && len(packages) > 0 && todo.empty() {
			return errTooOld // or somebody else was faster: then the next plan is empty
		}
	}
	return fmt.Errorf("%w: the room's epoch goes on moving", ErrQueued)
}

func (c *Client) plan(ctx context.Context, room identity.Room, want planner) (plan, error) {
	var p plan
	err := c.step(ctx, func(t *tx) error {
		r, g, err := t.ready(room)
		if err != nil {
			return err
		}
		p, err = want(t, r, g)
		return err
	})
	return p, err
}

// prepare makes the commit and keeps it, to be sent by resume; it reports false where
// none of the packages can be used. Where the room
// has moved since the plan was made it does what is still to be done.
func (c *Client) prepare(ctx context.Context, room identity.Room, want planner, packages []wire.ClaimedKeyPackage) (made bool, err error) {
	err = c.step(ctx, func(t *tx) error {
		made = true
		r, g, err := t.ready(room)
		if err != nil {
			return err
		}
		if held, err := t.get(pendKey(room)); err != nil || held != nil {
			return err
		}
		todo, err := want(t, r, g)
		if err != nil || todo.empty() {
			return err
		}
		opts, err := commitOptions(g, &todo, packages)
		if err != nil || opts == nil {
			made = opts != nil
			return err
		}
		s, changes, err := g.Commit(*opts)
		if err != nil {
			return err
		}
		t.apply(r.group(), changes)
		t.save(pendKey(room), &pendingCommit{
			Version: 1, ID: newID(), Generation: r.Generation, Epoch: g.Epoch(),
			Commit: s.CommitMessage(), Welcome: s.Welcome(), GroupInfo: s.GroupInfo(),
		})
		return nil
	})
	return made, err
}

// errTooOld is for devices whose key packages don't list what the group needs: they
// are of a client from before groups had roles.
var errTooOld = wire.Refuse(wire.CodeNoKeyPackage, "Their devices are too old for this group.")

// commitOptions returns what makes a plan a commit, or nil where nothing of it can
// be done. Everyone who asked to go is taken out by it, and the roles follow.
func commitOptions(g *mls.Group, todo *plan, packages []wire.ClaimedKeyPackage) (*mls.CommitOptions, error) {
	gone := othersLeaving(g)
	opts := &mls.CommitOptions{
		Update: true, Received: true,
		Remove: slices.DeleteFunc(slices.Clone(todo.remove), func(i public.LeafIndex) bool { return gone[i] }),
		Accept: func(p public.CommittedProposal) bool { _, leaves := p.Proposal.(*public.SelfRemove); return leaves },
	}
	var err error
	if opts.Add, err = usable(g, packages); err != nil {
		return nil, err
	}
	roles, err := nextRoles(g, todo.roles, opts)
	if err != nil {
		return nil, err
	}
	if roles != nil {
		opts.Extensions = withRoles(g.Context().Extensions, roles)
	}
	if len(opts.Add)+len(opts.Remove)+len(gone) == 0 && !todo.update && roles == nil {
		return nil, nil
	}
	return opts, nil
}

// usable returns the key packages of devices that have no leaf yet, and can be in
// the group.
func usable(g *mls.Group, packages []wire.ClaimedKeyPackage) ([][]byte, error) {
	ms, err := members(g)
	if err != nil {
		return nil, err
	}
	roles, err := rolesOf(g.Context().Extensions)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, p := range packages {
		in := slices.ContainsFunc(ms, func(m member) bool { return m.device == p.Device })
		if !in && (roles == nil || supportsRoles(p.KeyPackage)) {
			out = append(out, p.KeyPackage)
		}
	}
	return out, nil
}

// resume sends the commit of a room that is pending, if there is one, and merges
// or drops it.
func (c *Client) resume(ctx context.Context, room identity.Room) error {
	var p pendingCommit
	var found bool
	err := c.step(ctx, func(t *tx) (err error) {
		found, err = t.load(pendKey(room), &p)
		return err
	})
	if err != nil || !found {
		return err
	}
	reply, err := call[wire.CommitReply](ctx, c, wire.OpCommit, wire.CommitRequest{
		ID: p.ID, Room: room, Generation: p.Generation, Commit: p.Commit, Welcome: p.Welcome, GroupInfo: p.GroupInfo,
	})
	if err == nil {
		return c.step(ctx, func(t *tx) error {
			return t.mergeOwn(room, &p, stamp{reply.Seq, reply.AcceptedMS, c.self.Device})
		})
	}
	return c.recoverCommit(ctx, room, &p, err)
}

// recoverCommit does what a refusal of a commit asks for, and returns nil if the
// caller may plan again.
func (c *Client) recoverCommit(ctx context.Context, room identity.Room, p *pendingCommit, refusal error) error {
	var w *wire.Error
	if !errors.As(refusal, &w) || mayPass(refusal) || w.Code == wire.CodeUnauthorized {
		return refusal
	}
	if w.Code == wire.CodeStaleEpoch || w.Code == wire.CodeGenerationClosed {
		if _, err := c.pull(ctx); err != nil {
			return err
		}
		if err := c.dropPending(ctx, room, p); err != nil {
			return err
		}
		behind, err := c.behind(ctx, room, p)
		if err == nil && behind {
			err = refusal // the room has to be mended first
		}
		return err
	}
	if err := c.dropPending(ctx, room, p); err != nil {
		return err
	}
	switch w.Code {
	case wire.CodeUnlistedDevice:
		return c.recheck(ctx, room)
	case wire.CodeRemovalPending: // somebody asked to go meanwhile
		if moved, err := c.pull(ctx); err != nil || moved {
			return err
		}
	}
	return refusal
}

// behind has a room mended that the server says has moved on, and whose mailbox,
// read to its end, doesn't: what it held was refused. It reports whether it did.
// p, if not nil, is the commit that came too late.
func (c *Client) behind(ctx context.Context, room identity.Room, p *pendingCommit) (marked bool, err error) {
	err = c.step(ctx, func(t *tx) error {
		marked = false
		r, err := t.room(room)
		if err != nil || r == nil || r.Status != statusActive || r.Fault.Code != "" {
			return err
		}
		g, err := t.group(r.group())
		if err != nil || g == nil || p != nil && (r.Generation != p.Generation || g.Epoch() != p.Epoch) {
			return err
		}
		r.Fault, marked = fault{Code: "missed_commit"}, true
		t.saveRoom(r)
		return nil
	})
	return marked, err
}

// dropPending forgets a commit that wasn't accepted.
func (c *Client) dropPending(ctx context.Context, room identity.Room, p *pendingCommit) error {
	return c.step(ctx, func(t *tx) error {
		var now pendingCommit
		found, err := t.load(pendKey(room), &now)
		if err != nil || !found || string(now.ID) != string(p.ID) {
			return err
		}
		t.del(pendKey(room))
		k := groupKey{room, p.Generation}
		g, err := t.group(k)
		if err != nil || g == nil {
			return err
		}
		t.apply(k, g.DropPending())
		return nil
	})
}

// mergeOwn merges this device's pending commit, which was accepted.
func (t *tx) mergeOwn(room identity.Room, p *pendingCommit, at stamp) error {
	r, err := t.room(room)
	if err != nil || r == nil {
		return err
	}
	g, err := t.group(groupKey{room, p.Generation})
	if err != nil {
		return err
	}
	var now pendingCommit
	if held, err := t.load(pendKey(room), &now); err != nil || !held || string(now.ID) != string(p.ID) {
		return err // the mailbox was ahead, and what is pending now is another one
	}
	t.del(pendKey(room))
	if g == nil || r.Generation != p.Generation || g.Epoch() != p.Epoch {
		return nil
	}
	s, err := g.Stage(p.Commit)
	if err != nil {
		return err
	}
	return t.merge(r, g, s, at)
}

// merge makes a staged commit the room's state, and keeps what people should
// know of it.
func (t *tx) merge(r *roomRecord, g *mls.Group, s *mls.StagedCommit, at stamp) error {
	before, err := members(g)
	if err != nil {
		return err
	}
	after, err := staged(s)
	if err != nil {
		return err
	}
	roles, err := rolesOf(g.Context().Extensions)
	if err != nil {
		return err
	}
	gone, err := t.departures(g, s, accountsOf(after), at.by)
	if err != nil {
		return err
	}
	epoch := g.Epoch()
	changes, err := g.Merge(s)
	if err != nil {
		return err
	}
	r.ended(epoch, at.seq)
	t.apply(r.group(), changes)
	t.del(pendKey(r.Room))
	r.MaxEpoch = max(r.MaxEpoch, s.Epoch())
	if s.Own() {
		r.UpdatedMS = t.c.nowMS()
	}
	if s.SelfRemoved() {
		return t.takenOut(r, shift{before, after, gone}, at, s.External())
	}
	r.Accounts = accountsOf(after)
	t.saveRoom(r)
	if err := t.markUnlisted(r, before, after); err != nil {
		return err
	}
	t.del(leavesPrefix + r.Room.ID())
	if err := t.noticeMembers(r, shift{before, after, gone}, at, s.External()); err != nil {
		return err
	}
	return t.afterMerge(r, merged{s: s, before: before, after: after, roles: roles, at: at})
}

// takenOut makes this device one that is out of a room, by a commit that it has
// merged.
func (t *tx) takenOut(r *roomRecord, of shift, at stamp, external bool) error {
	if at.by.Account() == t.c.self.Account { // the own device that takes this one out goes next
		of.after = slices.DeleteFunc(of.after, func(m member) bool { return m.device.Account() == t.c.self.Account })
	}
	r.Status = statusLeft
	r.Accounts = accountsOf(of.after)
	delete(t.c.cache, r.group())
	if err := t.noticeMembers(r, of, at, external); err != nil {
		return err
	}
	t.saveRoom(r)
	return t.failQueued(r.Room)
}

// markUnlisted has a room healed into which a device came that is on the list
// before its account's current one alone: it goes before anything is encrypted.
func (t *tx) markUnlisted(r *roomRecord, before, after []member) error {
	added, _ := diffMembers(before, after)
	for _, m := range added {
		k, err := t.contact(m.device.Account())
		if err != nil {
			return err
		}
		if list := t.c.effective(k); list != nil && !list.Lists(m.device, m.key) {
			t.put(healPrefix+r.Room.ID(), []byte(r.Room))
		}
	}
	return nil
}

// A shift is who is in a room before a commit and after it, and how those go who
// aren't then.
type shift struct {
	before, after []member
	gone          departures
}

// noticeMembers tells who came and went.
func (t *tx) noticeMembers(r *roomRecord, of shift, at stamp, external bool) error {
	was, is := accountsOf(of.before), accountsOf(of.after)
	if external {
		if err := t.notice(r, at, NoticeRejoined, string(at.by)); err != nil {
			return err
		}
		return t.noticeAccounts(r, was, is, of.gone, at)
	}
	added, removed := diffMembers(of.before, of.after)
	if err := t.noticeAccounts(r, was, is, of.gone, at); err != nil {
		return err
	}
	return t.noticeDevices(r, at, keepIn(added, was), keepIn(removed, is))
}

func (t *tx) noticeDevices(r *roomRecord, at stamp, added, removed []member) error {
	for _, m := range added {
		if err := t.notice(r, at, NoticeDeviceAdded, string(m.device)); err != nil {
			return err
		}
	}
	for _, m := range removed {
		if err := t.notice(r, at, NoticeDeviceRemoved, string(m.device)); err != nil {
			return err
		}
	}
	return nil
}

// keepIn returns the members whose account is among accounts.
func keepIn(ms []member, accounts []identity.Account) []member {
	var out []member
	for _, m := range ms {
		if slices.Contains(accounts, m.device.Account()) {
			out = append(out, m)
		}
	}
	return out
}

// failQueued marks what waits for a room that this device is out of. What nobody
// would see as failed goes.
func (t *tx) failQueued(room identity.Room) error {
	entries, err := t.outbox()
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch {
		case e.Message.Room != room || e.Message.State == stateDiscarded:
		case silent(e.Message.Kind):
			if err := t.dropEntry(e.key, &e.Message); err != nil {
				return err
			}
		default:
			e.Message.State = StateFailed
			t.save(e.key, e.outEntry)
		}
	}
	return nil
}

// AddMembers adds people to a group, who count as accepted then. It returns
// ErrDirect, ErrBlocked, or a refusal, no_key_package, where none of somebody's
// devices can be added now.
func (c *Client) AddMembers(ctx context.Context, room identity.Room, names []string) error {
	set, err := c.set(names)
	if err != nil {
		return err
	}
	return c.change(ctx, room, func(t *tx, r *roomRecord, _ *mls.Group) (plan, error) {
		var p plan
		for _, a := range set {
			if !slices.Contains(r.Accounts, a) {
				p.add = append(p.add, a)
			}
		}
		if len(p.add) > 0 && r.Kind == wire.KindDirect {
			return plan{}, ErrDirect
		}
		if err := t.noneBlocked(set); err != nil {
			return plan{}, err
		}
		for _, a := range set {
			if err := t.welcome(a); err != nil {
				return plan{}, err
			}
		}
		return p, nil
	})
}

// RemoveMember removes a person, with all devices, from a group. They can read
// nothing that is sent after it. It returns ErrNoMember, ErrDirect or ErrNotAdmin.
func (c *Client) RemoveMember(ctx context.Context, room identity.Room, name string) error {
	a, err := c.Resolve(name)
	if err != nil {
		return err
	}
	first := true
	return c.change(ctx, room, func(t *tx, r *roomRecord, g *mls.Group) (plan, error) {
		if r.Kind == wire.KindDirect {
			return plan{}, ErrDirect
		}
		if err := t.mayManage(r); err != nil {
			return plan{}, err
		}
		in := slices.Contains(r.Accounts, a)
		if !in && first || a == t.c.self.Account {
			return plan{}, ErrNoMember
		}
		first = false
		ms, err := members(g)
		var p plan
		for _, m := range ms {
			if m.device.Account() == a {
				p.remove = append(p.remove, m.leaf)
			}
		}
		return p, err
	})
}

// change is commit for what a person asked for: the mailbox is read first.
func (c *Client) change(ctx context.Context, room identity.Room, want planner) error {
	c.netMu.Lock()
	defer c.netMu.Unlock()
	if _, err := c.pull(ctx); err != nil {
		return err
	}
	if err := c.heal(ctx, room); err != nil {
		return err
	}
	return c.commit(ctx, room, want)
}
