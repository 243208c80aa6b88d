package server

import (
	"bytes"
	"context"
	"slices"

	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// errRole is for a commit that the room's roles don't allow.
var errRole = wire.Refuse(wire.CodeRoleRefused, "Only an admin of the group may do that.")

// rolesOf reads the roles in a group's context; nil where it has none.
func rolesOf(c *public.GroupContext) (*wire.Roles, error) {
	raw, ok := c.Extensions.Find(public.ExtensionType(wire.RolesExtensionType))
	if !ok {
		return nil, nil
	}
	r, err := wire.ParseRoles(raw)
	if err != nil {
		return nil, badCommit("the roles can't be decoded")
	}
	return r, nil
}

// checkFirstRoles checks the roles of a new room: only a group has any, and its
// creator is an admin.
func checkFirstRoles(c *public.GroupContext, kind wire.Kind, creator identity.Account) error {
	r, err := rolesOf(c)
	switch {
	case err != nil || r == nil:
		return err
	case kind != wire.KindGroup:
		return badCommit("a direct room has roles")
	case !slices.Contains(r.Admins, creator):
		return badCommit("its creator is no admin")
	}
	return nil
}

// checkNextRoles checks that a next generation of accounts has the roles of the one
// before.
func checkNextRoles(before, after *public.GroupContext, accounts []identity.Account) error {
	old, err := rolesOf(before)
	if err != nil {
		return err
	}
	now, err := rolesOf(after)
	if err != nil {
		return err
	}
	want := old.Within(accounts)
	if (want == nil) != (now == nil) || want != nil && !slices.Equal(want.Admins, now.Admins) {
		return errRole
	}
	return nil
}

// rosterChange says what a commit does to accounts and roles, but for the accounts
// after it.
func (j *judge) rosterChange(ctx context.Context, kind wire.Kind, by identity.Device, group *public.Group, staged *public.StagedCommit) (*wire.RosterChange, error) {
	c := &wire.RosterChange{Kind: kind, By: by.Account(), External: staged.External()}
	var err error
	if c.Roles, err = rolesOf(group.Context()); err != nil {
		return nil, err
	}
	if c.Next, err = rolesOf(staged.Context()); err != nil {
		return nil, err
	}
	if _, c.Before, err = groupLeaves(group); err != nil {
		return nil, err
	}
	leaving := leavers(group, staged)
	for _, l := range staged.Removed {
		leaf, err := toLeaf(l.Node)
		if err != nil {
			return nil, err
		}
		removed := wire.RemovedLeaf{Account: leaf.Device.Account(), Excused: leaving[l.Index]}
		if c.Roles != nil && !removed.Excused && removed.Account != c.By {
			listed, err := j.listed(ctx, leaf)
			if err != nil {
				return nil, err
			}
			removed.Excused = !listed
		}
		c.Removed = append(c.Removed, removed)
	}
	return c, nil
}

// sameButRoles reports whether two lists of extensions differ in nothing but the
// roles.
func sameButRoles(a, b public.Extensions) bool {
	rest := func(all public.Extensions) (rest public.Extensions) {
		for _, e := range all {
			if e.Type != public.ExtensionType(wire.RolesExtensionType) {
				rest = append(rest, e)
			}
		}
		return rest
	}
	return slices.EqualFunc(rest(a), rest(b), func(x, y public.Extension) bool {
		return x.Type == y.Type && bytes.Equal(x.Data, y.Data)
	})
}
