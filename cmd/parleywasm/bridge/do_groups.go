package bridge

import (
	"context"

	"parley/client"
)

// groupCalls lists the methods of this file.
func (c *Core) groupCalls() map[string]call {
	return map[string]call{
		"addMembers":   with(c.AddMembers),
		"removeMember": with(c.RemoveMember),
		"setRole":      with(c.SetRole),
		"leave":        with(c.Leave),
	}
}

// AddMembers adds people to a group. Codes: direct, too_many, unknown_account,
// no_key_package, not_accepting, offline.
func (c *Core) AddMembers(ctx context.Context, p Members) (Nothing, error) {
	cl, room, err := c.in(p.Room)
	if err != nil {
		return Nothing{}, err
	}
	r, err := cl.Room(ctx, room)
	if err != nil {
		return Nothing{}, err
	}
	if len(r.Accounts)+len(p.Names) > maxGroup {
		return Nothing{}, client.ErrTooMany
	}
	return Nothing{}, cl.AddMembers(ctx, room, p.Names)
}

// RemoveMember takes somebody out of a group. Codes: not_admin, not_member, direct,
// offline.
func (c *Core) RemoveMember(ctx context.Context, p Member) (Nothing, error) {
	cl, room, err := c.in(p.Room)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.RemoveMember(ctx, room, p.Account)
}

// SetRole gives somebody in a group a role. Codes: not_admin, not_member, direct,
// no_roles, bad_params, offline.
func (c *Core) SetRole(ctx context.Context, p Role) (Nothing, error) {
	cl, room, err := c.in(p.Room)
	if err != nil {
		return Nothing{}, err
	}
	role := client.Role(p.Role)
	if role != client.RoleAdmin && role != client.RoleMember {
		return Nothing{}, errBadParams
	}
	return Nothing{}, cl.SetRole(ctx, room, p.Account, role)
}

// Leave takes the account out of a group; without a connection as soon as there is
// one. Codes: direct, not_member.
func (c *Core) Leave(ctx context.Context, p InRoom) (Nothing, error) {
	cl, room, err := c.in(p.Room)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, kept(cl.Leave(ctx, room))
}
