package client

import (
	"context"
	"slices"

	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// A Role is what somebody may do in a group.
type Role string

// The roles. An admin takes people out, and gives roles.
const (
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
)

const rolesExtension = public.ExtensionType(wire.RolesExtensionType)

// rolesOf returns the roles that a GroupContext has, nil for none, or errRoomRules.
func rolesOf(extensions public.Extensions) (*wire.Roles, error) {
	data, ok := extensions.Find(rolesExtension)
	if !ok {
		return nil, nil
	}
	roles, err := wire.ParseRoles(data)
	if err != nil {
		return nil, errRoomRules
	}
	return roles, nil
}

// withRoles returns extensions with other roles, and nothing else changed.
func withRoles(extensions public.Extensions, roles *wire.Roles) *public.Extensions {
	out := slices.Clone(extensions)
	for i := range out {
		if out[i].Type == rolesExtension {
			out[i].Data = roles.Marshal()
		}
	}
	return &out
}

// onlyRoles reports whether two lists of extensions differ in the roles at most.
func onlyRoles(before, after public.Extensions) bool {
	return slices.EqualFunc(before, after, func(a, b public.Extension) bool {
		return a.Type == b.Type && (a.Type == rolesExtension || string(a.Data) == string(b.Data))
	})
}

// checkRoles holds a commit against the roles of the room: see
// [wire.RosterChange.Allowed].
func (t *tx) checkRoles(r *roomRecord, g *mls.Group, s *mls.StagedCommit, before, after []member) error {
	was, err := rolesOf(g.Context().Extensions)
	if err != nil {
		return err
	}
	is, err := rolesOf(s.Context().Extensions)
	if err != nil {
		return err
	}
	by, _, err := parseLeaf(s.Committer().Identity(), s.Committer().SignatureKey())
	if err != nil {
		return errRoomRules
	}
	c := wire.RosterChange{
		Kind: r.Kind, By: by.Account(), Before: accountsOf(before), After: accountsOf(after), Roles: was, Next: is,
		External: s.External(),
	}
	asked := selfRemoving(g)
	for _, gone := range s.Removed() {
		device, key, err := parseLeaf(gone.Identity(), gone.SignatureKey())
		if err != nil {
			return errRoomRules
		}
		listed, err := t.listed(device, key)
		if err != nil {
			return err
		}
		c.Removed = append(c.Removed, wire.RemovedLeaf{Account: device.Account(), Excused: asked[gone.Index] || !listed})
	}
	if c.Allowed() {
		return nil
	}
	for _, l := range c.Removed { // its device may have left a list that isn't known yet
		if !l.Excused && !t.fresh[l.Account] {
			t.need = append(t.need, l.Account)
		}
	}
	return errRoomRules
}

// listed reports whether a device is on its account's newest list, and on the one
// that counts while a reset waits.
func (t *tx) listed(device identity.Device, key identity.PublicKey) (bool, error) {
	k, err := t.contact(device.Account())
	if err != nil || k.Chain.Current == nil {
		return false, err
	}
	return k.Chain.Current.Lists(device, key) && t.c.effective(k).Lists(device, key), nil
}

// selfRemoving returns the leaves that asked to go in this epoch.
func selfRemoving(g *mls.Group) map[public.LeafIndex]bool {
	out := map[public.LeafIndex]bool{}
	for _, p := range g.Proposals() {
		if _, ok := p.Proposal.(*public.SelfRemove); ok && p.Sender.Type == public.SenderMember {
			out[public.LeafIndex(p.Sender.Index)] = true
		}
	}
	return out
}

// noticeRoles tells whose role a commit changed.
func (t *tx) noticeRoles(r *roomRecord, old, is *wire.Roles, at stamp) error {
	if old == nil || is == nil {
		return nil
	}
	for _, a := range r.Accounts {
		was, now := slices.Contains(old.Admins, a), slices.Contains(is.Admins, a)
		if was == now {
			continue
		}
		role := RoleMember
		if now {
			role = RoleAdmin
		}
		if err := t.noticeValue(r, at, NoticeRole, string(a), string(role)); err != nil {
			return err
		}
	}
	return nil
}

// othersLeaving returns the leaves of others that asked to go in this epoch: what
// this device has to commit.
func othersLeaving(g *mls.Group) map[public.LeafIndex]bool {
	out := selfRemoving(g)
	delete(out, g.OwnIndex())
	return out
}

// Roles returns who the admins of a room are: everyone where it has no roles.
func (c *Client) Roles(ctx context.Context, room identity.Room) (admins []identity.Account, has bool, err error) {
	err = c.look(ctx, func(t *tx) error {
		admins, has = nil, false
		r, err := t.room(room)
		if err != nil {
			return err
		}
		if r == nil {
			return ErrUnknownRoom
		}
		admins, has, err = t.admins(r)
		return err
	})
	return admins, has, err
}

func (t *tx) admins(r *roomRecord) ([]identity.Account, bool, error) {
	g, err := t.group(r.group())
	if err != nil || g == nil || r.Status != statusActive {
		return nil, false, err
	}
	roles, err := rolesOf(g.Context().Extensions)
	if err != nil {
		return nil, false, err
	}
	return roles.AdminsAmong(r.Accounts), roles != nil, nil
}

// mayManage returns ErrNotAdmin unless the own account is an admin of the room.
func (t *tx) mayManage(r *roomRecord) error {
	admins, _, err := t.admins(r)
	if err != nil || slices.Contains(admins, t.c.self.Account) {
		return err
	}
	return ErrNotAdmin
}

// SetRole gives somebody in a group a role. Errors: ErrNotAdmin, ErrNoRoles,
// ErrNoMember, ErrDirect.
func (c *Client) SetRole(ctx context.Context, room identity.Room, name string, role Role) error {
	a, err := c.Resolve(name)
	if err != nil {
		return err
	}
	var base, target []identity.Account // the admins that there were when it was decided, and that there shall be
	return c.change(ctx, room, func(t *tx, r *roomRecord, g *mls.Group) (plan, error) {
		if direct(r) {
			return plan{}, ErrDirect
		}
		if !slices.Contains(r.Accounts, a) {
			return plan{}, ErrNoMember
		}
		roles, err := rolesOf(g.Context().Extensions)
		if err != nil {
			return plan{}, err
		}
		if roles == nil {
			return plan{}, ErrNoRoles
		}
		if slices.Equal(roles.Admins, target) && target != nil {
			return plan{}, nil
		}
		if target == nil || !slices.Equal(roles.Admins, base) {
			base, target = roles.Admins, withRole(roles.AdminsAmong(r.Accounts), a, role)
		}
		if slices.Equal(roles.AdminsAmong(r.Accounts), target) {
			return plan{}, nil
		}
		if err := t.mayManage(r); err != nil {
			return plan{}, err
		}
		return plan{roles: &wire.Roles{Version: 1, Admins: target}}, nil
	})
}

// withRole returns admins after a has a role. It isn't nil.
func withRole(admins []identity.Account, a identity.Account, role Role) []identity.Account {
	out := []identity.Account{}
	for _, other := range admins {
		if other != a {
			out = append(out, other)
		}
	}
	if role == RoleAdmin {
		out = append(out, a)
		slices.Sort(out)
	}
	return out
}

// nextRoles returns the roles that go with a commit: what the plan wants, else those
// that there are, less who goes out and who comes in. It returns nil where nothing
// changes.
func nextRoles(g *mls.Group, want *wire.Roles, opts *mls.CommitOptions) (*wire.Roles, error) {
	was, err := rolesOf(g.Context().Extensions)
	if err != nil || was == nil {
		return nil, err
	}
	next := was
	if want != nil {
		next = want
	}
	ms, err := members(g)
	if err != nil {
		return nil, err
	}
	gone := othersLeaving(g)
	for _, i := range opts.Remove {
		gone[i] = true
	}
	var stay []member
	for _, m := range ms {
		if !gone[m.leaf] {
			stay = append(stay, m)
		}
	}
	next = next.Within(accountsOf(stay))
	if slices.Equal(next.Admins, was.Admins) {
		return nil, nil
	}
	return next, nil
}

// branchExtensions returns the extensions of a room's next generation: those of the
// one before, with the roles of who is in it.
func branchExtensions(old *mls.Group, own identity.Account, packages []wire.ClaimedKeyPackage) (*public.Extensions, error) {
	extensions := old.Context().Extensions
	roles, err := rolesOf(extensions)
	if err != nil || roles == nil {
		return nil, err
	}
	accounts := []identity.Account{own}
	for _, p := range packages {
		accounts = append(accounts, p.Device.Account())
	}
	return withRoles(extensions, roles.Within(accounts)), nil
}

// sameRoles reports whether a room's next generation keeps the roles of the one
// before, as far as its people are in it.
func sameRoles(before, next *mls.Group, accounts []identity.Account) bool {
	was, err := rolesOf(before.Context().Extensions)
	if err != nil {
		return false
	}
	is, err := rolesOf(next.Context().Extensions)
	if err != nil || (was == nil) != (is == nil) {
		return false
	}
	return was == nil || slices.Equal(was.Within(accounts).Admins, is.Within(accounts).Admins)
}

// allSupportRoles reports whether a group of the devices of packages can have roles.
func allSupportRoles(packages []wire.ClaimedKeyPackage) bool {
	return !slices.ContainsFunc(packages, func(p wire.ClaimedKeyPackage) bool { return !supportsRoles(p.KeyPackage) })
}

// supportsRoles reports whether a key package's device can be in a group with roles.
func supportsRoles(keyPackage []byte) bool {
	k, err := public.ParseKeyPackage(keyPackage)
	return err == nil && k.LeafNode.Capabilities.SupportsExtension(rolesExtension)
}
