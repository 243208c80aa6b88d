package wire

import (
	"errors"
	"slices"

	"parley/identity"
	"parley/internal/cbor"
)

// RolesExtensionType is the GroupContext extension that holds the [Roles] of a
// group: a code point for private use (RFC 9420, Section 17.3). A commit changes
// it by a GroupContextExtensions proposal, which changes no other extension.
//
// A group without it, and every direct room, has no roles: all its accounts are
// equal. It is there from the group's making or never.
const RolesExtensionType uint16 = 0xF0A1

// Roles say who the admins of a group are. Whoever else is in it is a member.
type Roles struct {
	_       struct{}           `cbor:",toarray"`
	Version uint8              // 1
	Admins  []identity.Account // sorted, each once; where none of them is in the group, everyone is one
}

// errRoles is returned for what isn't the one encoding of roles.
var errRoles = errors.New("wire: malformed roles")

// Marshal returns r as it is in the GroupContext.
func (r *Roles) Marshal() []byte { return cbor.MustMarshal(r) }

// ParseRoles is the inverse of [Roles.Marshal]. The accounts are valid, sorted
// and different.
func ParseRoles(data []byte) (*Roles, error) {
	var r Roles
	if err := cbor.Unmarshal(data, &r); err != nil || r.Version != 1 {
		return nil, errRoles
	}
	for i, a := range r.Admins {
		if _, err := identity.ParseAccount(string(a)); err != nil || i > 0 && a <= r.Admins[i-1] {
			return nil, errRoles
		}
	}
	return &r, nil
}

// AdminsAmong returns which of accounts are admins by r, in their order: all of
// them where r is nil or names none of them.
func (r *Roles) AdminsAmong(accounts []identity.Account) []identity.Account {
	if r == nil {
		return accounts
	}
	var out []identity.Account
	for _, a := range accounts {
		if slices.Contains(r.Admins, a) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return accounts
	}
	return out
}

// A RosterChange is what a commit does to a room's accounts and roles, as the
// public group shows it: to the server and to each member alike.
type RosterChange struct {
	Kind    Kind
	By      identity.Account   // of the leaf that commits, an external commit's too
	Before  []identity.Account // that have a leaf: sorted
	After   []identity.Account // by the commit: sorted
	Removed []RemovedLeaf      // of others and of By
	Roles   *Roles             // before; nil: the group has none
	Next    *Roles             // by the commit; nil: it has none then
	// External: the commit is an external one, which can't change the roles (RFC 9420,
	// Section 12.4.3.2).
	External bool
}

// A RemovedLeaf is a leaf that a commit takes out.
type RemovedLeaf struct {
	Account identity.Account
	// Excused: the device isn't on its account's list any more, or it asked to go
	// itself, by a SelfRemove in the same commit. Anybody takes such a leaf out.
	Excused bool
}

// Allowed reports whether the roles let the commit be. A room without roles allows
// all that its kind does. In a group with roles:
//
//   - anyone adds accounts, and takes out leaves of the own account and excused
//     ones; only admins take out others;
//   - only admins give and take roles, to accounts that are in the group after the
//     commit;
//   - an account that goes out, or comes in by who is no admin, has no role
//     afterwards: the commit drops it from the roles;
//   - an external commit leaves the roles as they are. Who goes out by it has none
//     all the same: it counts for nothing while it is out, and the next commit drops it.
func (c *RosterChange) Allowed() bool {
	if c.Roles == nil || c.Next == nil {
		return c.Roles == nil && c.Next == nil
	}
	if c.Kind != KindGroup {
		return false
	}
	if c.External {
		return slices.Equal(c.Next.Admins, c.Roles.Admins) && c.takesOutOwn()
	}
	for _, a := range c.Next.Admins {
		leftOver := slices.Contains(c.Roles.Admins, a) && !slices.Contains(c.Before, a)
		if !slices.Contains(c.After, a) && !leftOver {
			return false
		}
	}
	if slices.Contains(c.Roles.AdminsAmong(c.Before), c.By) {
		return true
	}
	return c.takesOutOwn() && slices.Equal(c.Next.Within(c.After).Admins, c.Roles.Within(c.Before).Within(c.After).Admins)
}

// takesOutOwn reports whether the commit takes out leaves of By and excused ones
// alone.
func (c *RosterChange) takesOutOwn() bool {
	return !slices.ContainsFunc(c.Removed, func(l RemovedLeaf) bool { return !l.Excused && l.Account != c.By })
}

// Within returns r without the accounts that aren't among accounts; nil of nil.
func (r *Roles) Within(accounts []identity.Account) *Roles {
	if r == nil {
		return nil
	}
	out := &Roles{Version: r.Version}
	for _, a := range r.Admins {
		if slices.Contains(accounts, a) {
			out.Admins = append(out.Admins, a)
		}
	}
	return out
}
