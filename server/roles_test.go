package server_test

import (
	"slices"
	"testing"

	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

// roleExtensions are those of a room of kind with admins.
func (w *world) roleExtensions(kind wire.Kind, admins ...*device) public.Extensions {
	w.t.Helper()
	r := wire.Roles{Version: 1}
	for _, a := range admins {
		r.Admins = append(r.Admins, a.account)
	}
	slices.Sort(r.Admins)
	e := w.extension(kind)
	return public.Extensions{
		{Type: public.ExtensionType(wire.RoomExtensionType), Data: e.Marshal()},
		{Type: public.ExtensionType(wire.RolesExtensionType), Data: r.Marshal()},
	}
}

// withRoles opens a group of d and others with admins, whom all join.
func (d *device) withRoles(admins []*device, others ...*device) identity.Room {
	d.w.t.Helper()
	req := d.openingIn(d.w.roleExtensions(wire.KindGroup, admins...), others...)
	if _, err := d.w.OpenRoom(d.w.t.Context(), d.name, req); err != nil {
		d.w.t.Fatal(err)
	}
	for _, o := range others {
		o.join(req.Welcome)
	}
	return req.Room
}

// tryCommit makes a commit and has the server judge it. Taken, d and others merge
// it; else d drops it.
func (d *device) tryCommit(room identity.Room, opts mls.CommitOptions, others ...*device) error {
	d.w.t.Helper()
	req, staged := d.committing(room, opts)
	if _, err := d.w.Commit(d.w.t.Context(), d.name, req); err != nil {
		d.group.DropPending()
		return err
	}
	if _, err := d.group.Merge(staged); err != nil {
		d.w.t.Fatal(err)
	}
	for _, o := range others {
		o.receive(req.Commit)
	}
	return nil
}

func TestRoles(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol, dave := w.person("alice"), w.person("bob"), w.person("carol"), w.person("dave")
	room := alice.withRoles([]*device{alice}, bob, carol)
	roles := func(admins ...*device) *public.Extensions {
		e := w.roleExtensions(wire.KindGroup, admins...)
		return &e
	}
	bare := (*roles(alice))[:1]
	remove := func(d *device) mls.CommitOptions {
		return mls.CommitOptions{Remove: []public.LeafIndex{bob.leaf(d)}}
	}
	for what, opts := range map[string]mls.CommitOptions{
		"to remove":                   remove(carol),
		"to remove an admin":          remove(alice),
		"to make oneself an admin":    {Extensions: roles(alice, bob)},
		"to take the admin's role":    {Extensions: roles()},
		"to take the roles away":      {Extensions: &bare},
		"to add an admin":             {Extensions: roles(alice, dave), Add: [][]byte{dave.keyPackage(false)}},
		"to remove and take the role": {Extensions: roles(), Remove: remove(alice).Remove},
	} {
		refused(t, "a member who tries "+what, bob.tryCommit(room, opts), wire.CodeRoleRefused)
	}
	refused(t, "an admin who takes the roles away", alice.tryCommit(room, mls.CommitOptions{Extensions: &bare}), wire.CodeRoleRefused)
	malformed := slices.Clone(*roles(alice))
	malformed[1].Data = []byte{0x80}
	refused(t, "roles that are none", alice.tryCommit(room, mls.CommitOptions{Extensions: &malformed}), wire.CodeBadCommit)

	// A member adds, and an admin promotes, removes and steps down.
	if err := bob.tryCommit(room, mls.CommitOptions{Add: [][]byte{dave.keyPackage(false)}}, alice, carol); err != nil {
		t.Errorf("a member adds: %v", err)
	}
	if err := alice.tryCommit(room, mls.CommitOptions{Extensions: roles(alice, bob)}, bob, carol); err != nil {
		t.Errorf("an admin makes another: %v", err)
	}
	if err := bob.tryCommit(room, remove(dave), alice, carol); err != nil {
		t.Errorf("the new admin removes: %v", err)
	}
	refused(t, "an admin removed, whose role is kept", bob.tryCommit(room, remove(alice)), wire.CodeRoleRefused)
	if err := alice.tryCommit(room, mls.CommitOptions{Extensions: roles(bob)}, bob, carol); err != nil {
		t.Errorf("an admin steps down: %v", err)
	}
	refused(t, "who stepped down", alice.tryCommit(room, mls.CommitOptions{Remove: []public.LeafIndex{alice.leaf(carol)}}), wire.CodeRoleRefused)
}

// TestRolesExcuse: anybody takes out who leaves, and a device that left its list.
func TestRolesExcuse(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	laptop := carol.another()
	room := alice.withRoles([]*device{alice}, bob, carol, laptop)
	opts := mls.CommitOptions{Remove: []public.LeafIndex{bob.leaf(laptop)}}
	refused(t, "a listed device", bob.tryCommit(room, opts), wire.CodeRoleRefused)
	if err := carol.put(carol.next(identity.Remove, carol)); err != nil {
		t.Fatal(err)
	}
	if err := bob.tryCommit(room, opts, alice, carol); err != nil {
		t.Errorf("a device that left its list: %v", err)
	}
	carol.leave(room, alice, bob)
	if err := bob.tryCommit(room, taking, alice); err != nil {
		t.Errorf("who leaves: %v", err)
	}
	// An admin who leaves goes with the role.
	alice.leave(room, bob)
	refused(t, "an admin leaves and keeps the role", bob.tryCommit(room, taking), wire.CodeRoleRefused)
	none := w.roleExtensions(wire.KindGroup)
	if err := bob.tryCommit(room, mls.CommitOptions{Received: true, Extensions: &none}); err != nil {
		t.Errorf("an admin leaves: %v", err)
	}
	if err := bob.tryCommit(room, mls.CommitOptions{Extensions: ptr(w.roleExtensions(wire.KindGroup, bob))}); err != nil {
		t.Errorf("where there is no admin everyone is: %v", err)
	}
}

func ptr[T any](v T) *T { return &v }

// TestRolesOfNewRooms: who opens a group is an admin, a direct room has no roles, and
// the next generation keeps those there are.
func TestRolesOfNewRooms(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	for what, ext := range map[string]public.Extensions{
		"a group whose creator is no admin": w.roleExtensions(wire.KindGroup, bob),
		"a group without an admin":          w.roleExtensions(wire.KindGroup),
		"a direct room with roles":          w.roleExtensions(wire.KindDirect, alice),
	} {
		_, err := w.OpenRoom(t.Context(), alice.name, alice.openingIn(ext, bob))
		refused(t, what, err, wire.CodeBadCommit)
	}
	room := alice.withRoles([]*device{alice, carol}, bob, carol)
	kept, _ := bob.branching(room, 1, alice)
	_, err := w.OpenRoom(t.Context(), bob.name, kept)
	refused(t, "a next generation with the role of who isn't in it", err, wire.CodeRoleRefused)
	all, _ := bob.branching(room, 1, alice, carol)
	if _, err := w.OpenRoom(t.Context(), bob.name, all); err != nil {
		t.Errorf("a next generation with the same roles: %v", err)
	}
}

// TestRolesAgree: of a commit that was judged while a device was on its list and is
// stored after it left, the judgement is made anew.
func TestRolesAgree(t *testing.T) {
	store := &unsteadyStore{Store: memstore.New()}
	w := newWorld(t, func(c *server.Config) { c.Store = store })
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	laptop := carol.another()
	room := alice.withRoles([]*device{alice}, bob, carol, laptop)
	store.lost, store.also = 1, func() {
		if err := carol.put(carol.next(identity.Remove, carol)); err != nil {
			t.Error(err)
		}
	}
	if err := alice.tryCommit(room, mls.CommitOptions{Remove: []public.LeafIndex{alice.leaf(laptop)}}, bob, carol); err != nil {
		t.Error(err)
	}
	if err := bob.send(room, "x"); err != nil {
		t.Error(err)
	}
}
