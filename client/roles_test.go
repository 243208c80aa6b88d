package client_test

import (
	"errors"
	"slices"
	"testing"

	"parley/client"
	"parley/content"
	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// group makes a group of p's with others, who are all up to date.
func (p *person) group(title string, others ...*person) identity.Room {
	p.w.t.Helper()
	var names []string
	for _, o := range others {
		names = append(names, o.Account().Name())
	}
	room, err := p.Start(p.w.t.Context(), client.Opening{Names: names, Group: true, Title: title})
	p.ok(err)
	for _, o := range others {
		o.sync()
	}
	return room
}

// notices returns what happened to a room, with whom and what.
func (p *person) notices(room identity.Room) (out []string) {
	p.w.t.Helper()
	h, err := p.History(p.w.t.Context(), room, 0, 100)
	p.ok(err)
	for _, v := range h {
		if v.Kind == client.KindNotice {
			subject := v.Subject
			if a, err := identity.ParseAccount(subject); err == nil {
				subject = a.Name()
			}
			out = append(out, v.Text+" "+subject+" "+v.Value)
		}
	}
	return out
}

// admins returns the names of a room's admins.
func (p *person) admins(room identity.Room) (out []string) {
	p.w.t.Helper()
	all, _, err := p.Roles(p.w.t.Context(), room)
	p.ok(err)
	for _, a := range all {
		out = append(out, a.Name())
	}
	return out
}

func TestRoles(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	w.signUp("dave")
	room := alice.group("Friends", bob, carol)
	if got := bob.admins(room); !slices.Equal(got, []string{"alice"}) {
		t.Fatalf("admins: %q; want alice", got)
	}
	if err := bob.RemoveMember(ctx, room, "carol"); !errors.Is(err, client.ErrNotAdmin) {
		t.Errorf("a member removes: %v; want ErrNotAdmin", err)
	}
	if err := bob.SetRole(ctx, room, "bob", client.RoleAdmin); !errors.Is(err, client.ErrNotAdmin) {
		t.Errorf("a member makes itself admin: %v; want ErrNotAdmin", err)
	}
	bob.ok(bob.AddMembers(ctx, room, []string{"dave"}))
	alice.ok(alice.SetRole(ctx, room, "bob", client.RoleAdmin))
	carol.sync()
	if got := carol.admins(room); !slices.Equal(got, []string{"alice", "bob"}) {
		t.Errorf("admins: %q; want alice and bob", got)
	}
	if got := carol.notices(room); !slices.Contains(got, "role bob admin") {
		t.Errorf("carol's notices %q; want bob's role", got)
	}
	bob.ok(bob.RemoveMember(ctx, room, "alice"))
	carol.sync()
	if got := carol.admins(room); !slices.Equal(got, []string{"bob"}) {
		t.Errorf("admins after alice is out: %q; want bob", got)
	}
	// The role went with her.
	bob.ok(bob.AddMembers(ctx, room, []string{"alice"}))
	alice.sync()
	if got := alice.admins(room); !slices.Equal(got, []string{"bob"}) {
		t.Errorf("admins after alice is back: %q; want bob", got)
	}
	if r, err := alice.Room(ctx, room); err != nil || r.Title != "Friends" {
		t.Errorf("alice's room: %+v, %v; want its title", r, err)
	}
	// Without the last admin everyone is one.
	bob.ok(bob.SetRole(ctx, room, "bob", client.RoleMember))
	carol.sync()
	if got := carol.admins(room); len(got) != 4 {
		t.Errorf("admins where there is none: %q; want all", got)
	}
}

// Two groups of the same people are two groups.
func TestGroupsOfTheSamePeople(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	one, two := alice.group("One", bob, carol), alice.group("Two", bob, carol)
	pair := alice.group("A pair", bob)
	if one == two || pair == one {
		t.Fatalf("groups %s, %s, %s", one, two, pair)
	}
	alice.sendTo("the named one", "bob", "carol")
	alice.sendTo("to bob alone", "bob")
	if n := alice.count(); n != 5 {
		t.Errorf("alice has %d rooms; want 5", n)
	}
	bob.want("the named one", "to bob alone")
	for room, want := range map[identity.Room]string{one: "One", two: "Two", pair: "A pair"} {
		if r, err := bob.Room(t.Context(), room); err != nil || r.Title != want || r.Direct {
			t.Errorf("bob's %s: %+v, %v", want, r, err)
		}
	}
}

// A hand-made commit by which a member takes somebody out, or gives itself a role:
// the server refuses it, and where it doesn't every client does.
func TestRemoveWithoutRole(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, mallory, carol := w.signUp("alice"), w.signUp("mallory"), w.signUp("carol")
	room := alice.group("Friends", mallory, carol)
	own := wire.Roles{Version: 1, Admins: []identity.Account{mallory.Account()}}
	for name, options := range map[string]func(*mls.Group) mls.CommitOptions{
		"removes": func(g *mls.Group) mls.CommitOptions {
			return mls.CommitOptions{Update: true, Remove: []public.LeafIndex{leafOf(t, g, carol)}}
		},
		"gives itself a role": func(g *mls.Group) mls.CommitOptions {
			extensions := slices.Clone(g.Context().Extensions)
			for i := range extensions {
				if extensions[i].Type == public.ExtensionType(wire.RolesExtensionType) {
					extensions[i].Data = own.Marshal()
				}
			}
			return mls.CommitOptions{Update: true, Extensions: &extensions}
		},
		"takes the roles away": func(g *mls.Group) mls.CommitOptions {
			extensions := slices.Clone(g.Context().Extensions)[:1]
			return mls.CommitOptions{Update: true, Extensions: &extensions}
		},
	} {
		t.Run(name, func(t *testing.T) {
			mallory.sync()
			var s *mls.StagedCommit
			mallory.ok(mallory.Hostile(ctx, room, func(g *mls.Group) (changes mls.Changes, err error) {
				s, _, err = g.Commit(options(g))
				return g.DropPending(), err
			}))
			id := make([]byte, wire.IDSize)
			copy(id, name)
			_, err := client.CallAs[wire.CommitReply](ctx, mallory.Client, wire.OpCommit,
				wire.CommitRequest{ID: id, Room: room, Commit: s.CommitMessage(), GroupInfo: s.GroupInfo()})
			var refusal *wire.Error
			if !errors.As(err, &refusal) || refusal.Code != wire.CodeRoleRefused && refusal.Code != wire.CodeBadCommit {
				t.Errorf("the server: %v; want a refusal", err)
			}
			alice.forged(room, mallory, s.CommitMessage())
			if got := alice.refusals(); !slices.Contains(got, "room_rules") {
				t.Errorf("alice refuses %q; want room_rules", got)
			}
			if got := alice.admins(room); !slices.Equal(got, []string{"alice"}) {
				t.Errorf("admins by alice: %q", got)
			}
		})
	}
}

func leafOf(t *testing.T, g *mls.Group, p *person) public.LeafIndex {
	for _, m := range g.Members() {
		if string(m.Identity) == string(p.Device()) {
			return m.Index
		}
	}
	t.Fatal("no such leaf")
	return 0
}

// forged has p take a commit from a server that doesn't check: it judges it, and the
// test goes on with what was before.
func (p *person) forged(room identity.Room, by *person, commit []byte) {
	p.w.t.Helper()
	code, err := p.JudgeCommit(p.w.t.Context(), room, by.Device(), commit)
	p.ok(err)
	if code == "" {
		p.w.t.Errorf("%s takes the commit", p.Account().Name())
	}
}

// Title and picture are for all; a picture that is none, or too large, is not.
func TestRoomInfo(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	room := alice.group("Friends", bob)
	picture := append([]byte("\x89PNG\r\n\x1a\n"), 1, 2, 3)
	title := "Old friends"
	bob.ok(bob.SetRoomInfo(ctx, room, content.RoomSettings{Title: &title, Picture: &picture}))
	alice.sync()
	if r := alice.room(); r.Title != title || string(r.Picture) != string(picture) {
		t.Errorf("alice's room: %q, %d bytes", r.Title, len(r.Picture))
	}
	if got := alice.notices(room); !slices.Contains(got, "title bob Old friends") || !slices.Contains(got, "picture bob ") {
		t.Errorf("alice's notices: %q", got)
	}
	// Who comes later learns it, without a line.
	alice.ok(alice.AddMembers(ctx, room, []string{"carol"}))
	alice.sync()
	carol.sync()
	if r := carol.room(); r.Title != title || string(r.Picture) != string(picture) {
		t.Errorf("carol's room: %q, %d bytes", r.Title, len(r.Picture))
	}
	for _, p := range []*person{bob, carol} {
		p.sync()
		var told []string
		for _, n := range p.notices(room) {
			if n[:5] == "title" {
				told = append(told, n)
			}
		}
		if len(told) > 2 || p == carol && len(told) != 0 {
			t.Errorf("%s's notices of the title: %q", p.Account().Name(), told)
		}
	}
	large := append(picture, make([]byte, content.MaxPicture)...)
	if err := alice.SetRoomInfo(ctx, room, content.RoomSettings{Picture: &large}); !errors.Is(err, content.ErrLimit) {
		t.Errorf("a large picture: %v; want ErrLimit", err)
	}
	alice.sendTo("direct", "bob")
	rooms, err := alice.Rooms(ctx)
	if err != nil || !rooms[0].Direct {
		t.Fatalf("Rooms: %+v, %v", rooms, err)
	}
	if err := alice.SetRoomInfo(ctx, rooms[0].Room, content.RoomSettings{Title: &title}); !errors.Is(err, client.ErrDirect) {
		t.Errorf("a title of a direct room: %v; want ErrDirect", err)
	}
}

// A device of before there were roles: a group with it is made without them, and to
// a group with roles it isn't added, nor tried for ever.
func TestDeviceWithoutRoles(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	room := alice.group("New", carol)
	tp, claims := alice.tapped(), 0
	tp.set(nil, func(op wire.Operation, request, answer []byte) ([]byte, error) {
		if op != wire.OpClaimKeyPackages {
			return answer, nil
		}
		return change(t, answer, func(r *wire.ClaimedKeyPackages) {
			for i := range r.KeyPackages {
				if r.KeyPackages[i].Device == bob.Device() {
					claims++
					r.KeyPackages[i].KeyPackage = bob.oldKeyPackage()
				}
			}
		}), nil
	})
	alice.sync()
	before, err := alice.Readers(ctx, room)
	alice.ok(err)
	if err := alice.AddMembers(ctx, room, []string{"bob"}); !errors.Is(err, &wire.Error{Code: wire.CodeNoKeyPackage}) {
		t.Errorf("AddMembers of an old device: %v; want no_key_package", err)
	}
	after, err := alice.Readers(ctx, room)
	if err != nil || after.Epoch != before.Epoch || claims > 2 {
		t.Errorf("epoch %d, was %d, with %d claims, %v", after.Epoch, before.Epoch, claims, err)
	}
	old, err := alice.Start(ctx, client.Opening{Names: []string{"bob", "carol"}, Group: true, Title: "Old"})
	alice.ok(err)
	if _, has, err := alice.Roles(ctx, old); err != nil || has {
		t.Errorf("a group with an old device has roles, %v", err)
	}
	carol.sync()
	carol.ok(carol.RemoveMember(ctx, old, "bob"))
	if err := carol.SetRole(ctx, old, "carol", client.RoleAdmin); !errors.Is(err, client.ErrNoRoles) {
		t.Errorf("SetRole without roles: %v; want ErrNoRoles", err)
	}
}

// oldKeyPackage returns one as a client from before there were roles makes it.
func (p *person) oldKeyPackage() []byte {
	p.w.t.Helper()
	cfg := p.w.config(p.store)
	signer, _, err := cfg.Suites[0].NewSignaturePrivateKey(p.Client.Seed())
	p.ok(err)
	kp, _, err := mls.NewKeyPackage(&mls.Config{Suites: cfg.Suites}, cfg.Suites[0], []byte(p.Device()), signer, mls.KeyPackageOptions{
		GroupExtensions: []public.ExtensionType{public.ExtensionType(wire.RoomExtensionType)},
	})
	p.ok(err)
	return kp
}
