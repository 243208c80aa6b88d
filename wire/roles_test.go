package wire_test

import (
	"slices"
	"testing"

	"parley/identity"
	"parley/wire"
)

const (
	alice = identity.Account("mimi://example.com/u/alice")
	bob   = identity.Account("mimi://example.com/u/bob")
	carol = identity.Account("mimi://example.com/u/carol")
	dave  = identity.Account("mimi://example.com/u/dave")
)

func roles(admins ...identity.Account) *wire.Roles { return &wire.Roles{Version: 1, Admins: admins} }

func TestRolesRoundTrip(t *testing.T) {
	for _, r := range []*wire.Roles{roles(), roles(alice), roles(alice, bob)} {
		got, err := wire.ParseRoles(r.Marshal())
		if err != nil || !slices.Equal(got.Admins, r.Admins) {
			t.Errorf("ParseRoles = %+v, %v; want %+v", got, err, r)
		}
	}
	for name, r := range map[string]*wire.Roles{
		"unsorted": roles(bob, alice), "twice": roles(alice, alice), "no account": roles("alice"), "version": {Version: 2},
	} {
		if _, err := wire.ParseRoles(r.Marshal()); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := wire.ParseRoles(append(roles(alice).Marshal(), 0)); err == nil {
		t.Error("trailing bytes are taken")
	}
}

func TestRolesAllow(t *testing.T) {
	all := []identity.Account{alice, bob, carol}
	two := []identity.Account{alice, bob}
	gone := func(a identity.Account, excused bool) []wire.RemovedLeaf {
		return []wire.RemovedLeaf{{Account: a, Excused: excused}}
	}
	tests := []struct {
		name   string
		change wire.RosterChange
		want   bool
	}{
		{"no roles: anyone removes", wire.RosterChange{By: bob, Before: all, After: two, Removed: gone(carol, false)}, true},
		{"roles appear", wire.RosterChange{By: alice, Before: all, After: all, Next: roles(alice)}, false},
		{"roles vanish", wire.RosterChange{By: alice, Before: all, After: all, Roles: roles(alice)}, false},
		{"an admin removes", wire.RosterChange{By: alice, Before: all, After: two, Removed: gone(carol, false), Roles: roles(alice), Next: roles(alice)}, true},
		{"a member removes", wire.RosterChange{By: bob, Before: all, After: two, Removed: gone(carol, false), Roles: roles(alice), Next: roles(alice)}, false},
		{"a member removes one of somebody's devices", wire.RosterChange{By: bob, Before: all, After: all, Removed: gone(carol, false), Roles: roles(alice), Next: roles(alice)}, false},
		{"a member removes an excused leaf", wire.RosterChange{By: bob, Before: all, After: two, Removed: gone(carol, true), Roles: roles(alice), Next: roles(alice)}, true},
		{"a member removes an own device", wire.RosterChange{By: bob, Before: all, After: all, Removed: gone(bob, false), Roles: roles(alice), Next: roles(alice)}, true},
		{"a member adds", wire.RosterChange{By: bob, Before: two, After: all, Roles: roles(alice), Next: roles(alice)}, true},
		{"a member makes itself admin", wire.RosterChange{By: bob, Before: all, After: all, Roles: roles(alice), Next: roles(alice, bob)}, false},
		{"a member names somebody outside", wire.RosterChange{By: bob, Before: all, After: all, Roles: roles(alice), Next: roles(alice, dave)}, false},
		{"an admin names somebody outside", wire.RosterChange{By: alice, Before: all, After: all, Roles: roles(alice), Next: roles(alice, dave)}, false},
		{"a rejoin", wire.RosterChange{By: bob, Before: all, After: all, Removed: gone(bob, false), Roles: roles(alice), Next: roles(alice), External: true}, true},
		{"a rejoin takes an admin's leave in", wire.RosterChange{By: bob, Before: all, After: []identity.Account{bob, carol}, Removed: gone(alice, true), Roles: roles(alice), Next: roles(alice), External: true}, true},
		{"a rejoin takes somebody out", wire.RosterChange{By: alice, Before: all, After: two, Removed: gone(carol, false), Roles: roles(alice), Next: roles(alice), External: true}, false},
		{"a rejoin gives a role", wire.RosterChange{By: alice, Before: all, After: all, Roles: roles(alice), Next: roles(alice, bob), External: true}, false},
		{"what is left over of who went", wire.RosterChange{By: bob, Before: two, After: two, Roles: roles(alice, dave), Next: roles(alice, dave)}, true},
		{"who went comes back by a member, with the role left over", wire.RosterChange{By: bob, Before: two, After: all, Roles: roles(alice, carol), Next: roles(alice, carol)}, false},
		{"who went comes back by a member, without it", wire.RosterChange{By: bob, Before: two, After: all, Roles: roles(alice, carol), Next: roles(alice)}, true},
		{"a member takes a role", wire.RosterChange{By: bob, Before: all, After: all, Roles: roles(alice, carol), Next: roles(alice)}, false},
		{"an admin gives a role", wire.RosterChange{By: alice, Before: all, After: all, Roles: roles(alice), Next: roles(alice, bob)}, true},
		{"an admin goes and keeps the role", wire.RosterChange{By: bob, Before: all, After: two, Removed: gone(carol, true), Roles: roles(alice, carol), Next: roles(alice, carol)}, false},
		{"an admin goes with the role", wire.RosterChange{By: bob, Before: all, After: two, Removed: gone(carol, true), Roles: roles(alice, carol), Next: roles(alice)}, true},
		{"the last admin goes", wire.RosterChange{By: bob, Before: all, After: two, Removed: gone(carol, true), Roles: roles(carol), Next: roles()}, true},
		{"no admin is left: everyone removes", wire.RosterChange{By: bob, Before: all, After: two, Removed: gone(carol, false), Roles: roles(dave), Next: roles(dave)}, true},
		{"a member brings back an admin of old", wire.RosterChange{By: bob, Before: two, After: all, Roles: roles(alice, carol), Next: roles(alice, carol)}, false},
		{"a member brings back who was admin, without the role", wire.RosterChange{By: bob, Before: two, After: all, Roles: roles(alice, carol), Next: roles(alice)}, true},
	}
	for _, test := range tests {
		test.change.Kind = wire.KindGroup
		if got := test.change.Allowed(); got != test.want {
			t.Errorf("%s: %v; want %v", test.name, got, test.want)
		}
	}
	direct := wire.RosterChange{Kind: wire.KindDirect, By: alice, Before: two, After: two, Roles: roles(alice), Next: roles(alice)}
	if direct.Allowed() {
		t.Error("a direct room has roles")
	}
}
