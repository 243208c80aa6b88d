package server_test

import (
	"errors"
	"testing"

	"parley/mls"
	"parley/mls/public"
	"parley/server"
	"parley/wire"
)

// shippedPolicies are all that come with the program.
var shippedPolicies = []string{"default", "open"}

// underEach runs a test under each policy that comes with the program.
func underEach(t *testing.T, f func(t *testing.T, w *world)) {
	for _, name := range shippedPolicies {
		t.Run(name, func(t *testing.T) {
			f(t, newWorld(t, func(c *server.Config) { c.Policy = rules(t, name, "") }))
		})
	}
}

func (d *device) is(age server.AgeBand) {
	d.w.t.Helper()
	if err := d.w.PutFacts(d.w.t.Context(), d.account, server.Facts{Age: age, Region: "DE"}); err != nil {
		d.w.t.Fatal(err)
	}
}

func (w *world) follow(t *testing.T, from, to *device, follows bool) {
	t.Helper()
	if err := w.PutRelationship(t.Context(), from.account, to.account, server.Relationship{Follows: follows}); err != nil {
		t.Fatal(err)
	}
}

// adds tries to add others to d's group, and is in it further.
func (d *device) adds(room *wire.OpenRoomRequest, others ...*device) error {
	var packages [][]byte
	for _, o := range others {
		packages = append(packages, o.keyPackage(false))
	}
	req, staged := d.committing(room.Room, mls.CommitOptions{Add: packages})
	if _, err := d.w.Commit(d.w.t.Context(), d.name, req); err != nil {
		return err
	}
	if _, err := d.group.Merge(staged); err != nil {
		d.w.t.Fatal(err)
	}
	for _, o := range others {
		o.join(req.Welcome)
	}
	return nil
}

// TestAttackMinor: a stranger reaches a minor by none of the ways that there are: a
// conversation, a group, one that is made first and grows, one with somebody who
// accepted the stranger, a look, a key package; and hears the same as of somebody who
// isn't there, or doesn't take messages.
func TestAttackMinor(t *testing.T) {
	underEach(t, func(t *testing.T, w *world) {
		stranger, mate := w.person("stranger"), w.person("mate")
		stranger.is(server.AgeAdult)
		mate.relate(wire.RelationAccepted, stranger)
		stranger.relate(wire.RelationAccepted, mate)
		for name, age := range map[string]server.AgeBand{"child": server.AgeUnder16, "teen": server.Age16To17} {
			minor := w.person(name)
			minor.is(age)
			w.follow(t, stranger, minor, true) // whoever likes follows
			minor.relate(wire.RelationAccepted, stranger)
			stranger.group = nil
			attempts := map[string]func() error{
				"a conversation":   func() error { _, err := stranger.tryOpening(wire.KindDirect, minor); return err },
				"a group":          func() error { _, err := stranger.tryOpening(wire.KindGroup, minor); return err },
				"an accomplice":    func() error { _, err := stranger.tryOpening(wire.KindGroup, minor, mate); return err },
				"a growing group":  func() error { req := stranger.opened(mate); return stranger.adds(req, minor) },
				"the accomplice's": func() error { req := mate.opened(stranger); return mate.adds(req, minor) },
			}
			for what, try := range attempts {
				if e := refused(t, name+", "+what, try(), wire.CodeNotAccepting); e.Reason != "" {
					t.Errorf("%s, %s: the stranger is told %q", name, what, e.Reason)
				}
			}
			for what, err := range stranger.looks(minor.account) {
				refused(t, name+", "+what, err, wire.CodeUnknownAccount)
			}
		}
	})
}

// opened opens a group with others, who join.
func (d *device) opened(others ...*device) *wire.OpenRoomRequest {
	d.w.t.Helper()
	d.group = nil
	req := d.opening(wire.KindGroup, others...)
	req.Distinct = true // also where there is one of these people
	if _, err := d.w.OpenRoom(d.w.t.Context(), d.name, req); err != nil {
		d.w.t.Fatal(err)
	}
	for _, o := range others {
		o.join(req.Welcome)
	}
	return req
}

// TestAttackFriendLeaves: a friend who has a teen and a stranger in one group, and
// goes, leaves no conversation of the two behind. While the friend is there, neither
// begins one with the other.
func TestAttackFriendLeaves(t *testing.T) {
	underEach(t, func(t *testing.T, w *world) {
		friend, teen, stranger := w.person("friend"), w.person("teen"), w.person("stranger")
		friend.is(server.AgeAdult)
		teen.is(server.Age16To17)
		stranger.is(server.AgeAdult)
		befriend(t, w, friend, teen)
		befriend(t, w, friend, stranger)
		room := friend.opened(teen, stranger).Room
		if err := errors.Join(stranger.send(room, "hello all"), teen.send(room, "hello")); err != nil {
			t.Fatalf("with the friend: %v", err)
		}
		_, err := stranger.tryOpening(wire.KindDirect, teen)
		refused(t, "a conversation from the group", err, wire.CodeNotAccepting)
		stranger.commit(room, mls.CommitOptions{Remove: []public.LeafIndex{stranger.leaf(friend)}}, teen)
		if e := refused(t, "without the friend", stranger.send(room, "now we are alone"), wire.CodeNotAccepting); e.Reason != "" {
			t.Errorf("the stranger is told %q", e.Reason)
		}
		refused(t, "the teen", teen.send(room, "hello?"), wire.CodeNotAllowed)
		sub := w.Subscribe(teen.session)
		defer sub.Close()
		typing := &wire.SignalRequest{Room: room, Data: []byte("typing")}
		if _, err := w.Signal(t.Context(), stranger.name, typing); err != nil || len(sub.Signals()) != 0 {
			t.Errorf("a sign of typing: %v, or it is passed on", err)
		}
		befriend(t, w, stranger, teen)
		if _, err := w.Signal(t.Context(), stranger.name, typing); err != nil || len(sub.Signals()) != 1 {
			t.Errorf("mutuals: a sign of typing: %v, or it isn't passed on", err)
		}
		if err := stranger.send(room, "cousins after all"); err != nil {
			t.Errorf("mutuals: %v", err)
		}
	})
}

// TestTeensGroup: groups that a teen is in have up to 32 people, whoever adds.
func TestTeensGroup(t *testing.T) {
	underEach(t, func(t *testing.T, w *world) {
		friend, teen := w.person("friend"), w.person("teen")
		teen.is(server.Age16To17)
		befriend(t, w, friend, teen)
		var crowd []*device
		for i := range 30 {
			d := w.person("member" + string(rune('a'+i%26)) + string(rune('a'+i/26)))
			d.relate(wire.RelationAccepted, friend)
			crowd = append(crowd, d)
		}
		full := friend.opened(append(crowd, teen)...)
		last := w.person("last")
		last.relate(wire.RelationAccepted, friend)
		refused(t, "a 33rd", friend.adds(full, last), wire.CodeNotAllowed)
	})
}

// TestAgeLearnedLater: who is told to be under 16 once they are in a group writes
// there no more; their own devices go on among themselves.
func TestAgeLearnedLater(t *testing.T) {
	underEach(t, func(t *testing.T, w *world) {
		child, bob, carol := w.person("child"), w.person("bob"), w.person("carol")
		befriend(t, w, bob, child)
		befriend(t, w, bob, carol)
		own := child.room(wire.KindDirect)
		notes := child.group
		room := bob.opened(child, carol).Room
		group := child.group
		if err := child.send(room, "hello"); err != nil {
			t.Fatal(err)
		}
		child.is(server.AgeUnder16)
		if e := refused(t, "a child", child.send(room, "hello?"), wire.CodeNotAllowed); e.Reason != wire.ReasonOwnAge {
			t.Errorf("a child is told %q", e.Reason)
		}
		child.group = notes
		if err := child.send(own, "a note"); err != nil {
			t.Errorf("to oneself: %v", err)
		}
		child.group = group
		child.is(server.AgeAdult)
		if err := errors.Join(child.send(room, "a mistake"), bob.send(room, "fine")); err != nil {
			t.Errorf("corrected: %v", err)
		}
	})
}

// TestBlockedInAGroupOfTwo: a block holds also where two are left in a group.
func TestBlockedInAGroupOfTwo(t *testing.T) {
	w := newWorld(t)
	mallory, bob, mate := w.person("mallory"), w.person("bob"), w.person("mate")
	room := mallory.opened(bob, mate).Room
	bob.relate(wire.RelationBlocked, mallory)
	if err := mallory.send(room, "in a group both are heard"); err != nil {
		t.Fatal(err)
	}
	mallory.commit(room, mls.CommitOptions{Remove: []public.LeafIndex{mallory.leaf(mate)}}, bob)
	refused(t, "two are left", mallory.send(room, "alone"), wire.CodeNotAccepting)
	if err := bob.send(room, "who blocked writes"); err != nil {
		t.Error(err)
	}
}
