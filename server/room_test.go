package server_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/server"
	"parley/wire"
)

func TestExchange(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	if err := alice.send(room, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := bob.send(room, "hi"); err != nil {
		t.Fatal(err)
	}
	for _, d := range []*device{alice, bob} {
		events := d.inbox()
		if got := d.kinds(); !slices.Equal(got, []wire.EventKind{wire.EventOpen, wire.EventMessage, wire.EventMessage}) {
			t.Fatalf("%s's mailbox holds %v", d.account.Name(), got)
		}
		for i, e := range events {
			if e.Pos != uint64(i)+1 || e.Envelope.Seq != e.Pos || e.Envelope.Room != room || e.Envelope.AcceptedMS != w.time().UnixMilli() {
				t.Errorf("event %d is %+v", i, e)
			}
		}
		if e := events[1].Envelope; e.Sender != alice.name || e.Epoch != 1 || len(e.ID) != wire.IDSize {
			t.Errorf("the message is %+v", e)
		}
	}
	m, _, err := bob.group.Decrypt(bob.inbox()[1].Envelope.Message)
	if err != nil || string(m.Data) != "hello" {
		t.Errorf("Decrypt = %+v, %v", m, err)
	}
}

func TestOpenRoomRefusals(t *testing.T) {
	w := newWorld(t, func(c *server.Config) { c.Limits.Members = 3 })
	alice, bob, carol, dave := w.person("alice"), w.person("bob"), w.person("carol"), w.person("dave")
	unlisted := w.newDevice("bob")
	change := func(req *wire.OpenRoomRequest, f func(*wire.OpenRoomRequest)) *wire.OpenRoomRequest {
		f(req)
		return req
	}
	ext := func(f func(*wire.RoomExtension)) *wire.OpenRoomRequest {
		e := w.extension(wire.KindGroup)
		f(&e)
		return alice.openingWith(e, bob)
	}
	other := alice.opening(wire.KindDirect, bob)
	for _, c := range []struct {
		what string
		req  *wire.OpenRoomRequest
		code wire.Code
	}{
		{"no id", change(alice.opening(wire.KindDirect, bob), func(r *wire.OpenRoomRequest) { r.ID = nil }), wire.CodeBadRequest},
		{"another domain's room", change(alice.opening(wire.KindDirect, bob), func(r *wire.OpenRoomRequest) { r.Room = identity.RandomRoom("other.example") }), wire.CodeBadRequest},
		{"another room's group", change(alice.opening(wire.KindDirect, bob), func(r *wire.OpenRoomRequest) { r.Room = identity.RandomRoom(domain) }), wire.CodeBadGroupInfo},
		{"accounts out of order", change(alice.opening(wire.KindDirect, bob), func(r *wire.OpenRoomRequest) { slices.Reverse(r.Accounts) }), wire.CodeBadRequest},
		{"an account too many", change(alice.opening(wire.KindGroup, bob), func(r *wire.OpenRoomRequest) { r.Accounts = append(r.Accounts, carol.account) }), wire.CodeBadCommit},
		{"an account too few", change(alice.opening(wire.KindDirect, bob), func(r *wire.OpenRoomRequest) { r.Accounts = r.Accounts[:1] }), wire.CodeBadCommit},
		{"not one's own room", bob.opening(wire.KindDirect, carol), wire.CodeBadRequest},
		{"another's group", change(bob.opening(wire.KindDirect, alice), func(*wire.OpenRoomRequest) {}), wire.CodeBadGroupInfo},
		{"three in a direct room", alice.opening(wire.KindDirect, bob, carol), wire.CodeRoleRefused},
		{"too many accounts", alice.opening(wire.KindGroup, bob, carol, dave), wire.CodeTooLarge},
		{"an unlisted device", alice.opening(wire.KindDirect, unlisted), wire.CodeUnlistedDevice},
		{"an unknown mode", ext(func(e *wire.RoomExtension) { e.Mode = "supervised" }), wire.CodeBadCommit},
		{"an unknown kind", ext(func(e *wire.RoomExtension) { e.Kind = "channel" }), wire.CodeBadCommit},
		{"an unknown version", ext(func(e *wire.RoomExtension) { e.Version = 2 }), wire.CodeBadCommit},
		{"another franking key", ext(func(e *wire.RoomExtension) { e.FrankingKey = make([]byte, 32) }), wire.CodeBadCommit},
		{"another room's commit", change(alice.opening(wire.KindDirect, bob), func(r *wire.OpenRoomRequest) { r.Commit = other.Commit }), wire.CodeBadCommit},
		{"another room's next info", change(alice.opening(wire.KindDirect, bob), func(r *wire.OpenRoomRequest) { r.Next = other.Next }), wire.CodeBadGroupInfo},
		{"no next info", change(alice.opening(wire.KindDirect, bob), func(r *wire.OpenRoomRequest) { r.Next = nil }), wire.CodeBadGroupInfo},
		{"another room's welcome", change(alice.opening(wire.KindDirect, bob), func(r *wire.OpenRoomRequest) { r.Welcome = other.Welcome }), wire.CodeBadWelcome},
		{"no welcome", change(alice.opening(wire.KindDirect, bob), func(r *wire.OpenRoomRequest) { r.Welcome = nil }), wire.CodeBadWelcome},
		{"no commit for the welcome", change(alice.opening(wire.KindDirect, bob), func(r *wire.OpenRoomRequest) { r.Commit = nil }), wire.CodeBadRequest},
		{"noise", change(alice.opening(wire.KindDirect, bob), func(r *wire.OpenRoomRequest) { r.GroupInfo = []byte("x") }), wire.CodeBadGroupInfo},
		{"a generation of no room", change(alice.opening(wire.KindDirect, bob), func(r *wire.OpenRoomRequest) { r.Generation = 1 }), wire.CodeUnknownRoom},
	} {
		_, err := w.OpenRoom(t.Context(), alice.name, c.req)
		refused(t, c.what, err, c.code)
	}
	for _, d := range []*device{alice, bob, carol} {
		if got := d.kinds(); len(got) != 0 {
			t.Errorf("refused rooms left %v with %s", got, d.account.Name())
		}
	}
}

// TestSameSet: the same people are the same room, also when opened on two sides.
func TestSameSet(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	room := alice.room(wire.KindDirect, bob)
	again := bob.opening(wire.KindDirect, alice)
	for range 2 {
		reply, err := w.OpenRoom(t.Context(), bob.name, again)
		if err != nil || reply.Created || reply.Room != room {
			t.Errorf("OpenRoom of the same two = %+v, %v; want the room there is", reply, err)
		}
	}
	if got := bob.kinds(); !slices.Equal(got, []wire.EventKind{wire.EventOpen}) {
		t.Errorf("bob's mailbox holds %v", got)
	}
	carol.room(wire.KindDirect, alice)
}

// A distinct group is made whatever there is, and is never the answer for its people.
func TestDistinctGroup(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	open := func(kind wire.Kind, distinct bool) (*wire.OpenRoomReply, *wire.OpenRoomRequest, error) {
		req := alice.opening(kind, bob)
		req.Distinct = distinct
		reply, err := w.OpenRoom(t.Context(), alice.name, req)
		return reply, req, err
	}
	for range 2 {
		if reply, req, err := open(wire.KindGroup, true); err != nil || !reply.Created || reply.Room != req.Room {
			t.Fatalf("a distinct group: %+v, %v; want it made", reply, err)
		}
	}
	named, req, err := open(wire.KindGroup, false)
	if err != nil || !named.Created || named.Room != req.Room {
		t.Fatalf("the room of the set: %+v, %v; want it made", named, err)
	}
	if again, _, err := open(wire.KindGroup, false); err != nil || again.Created || again.Room != named.Room {
		t.Errorf("the room of the set again: %+v, %v; want %s", again, err, named.Room)
	}
	_, _, err = open(wire.KindDirect, true)
	refused(t, "a distinct direct room", err, wire.CodeBadRequest)
}

func TestOpenRoomRetried(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	req := alice.opening(wire.KindDirect, bob)
	for range 2 {
		reply, err := w.OpenRoom(t.Context(), alice.name, req)
		if err != nil || !reply.Created || reply.Room != req.Room || reply.Seq != 1 {
			t.Errorf("OpenRoom = %+v, %v; want the same reply twice", reply, err)
		}
	}
	taken := bob.opening(wire.KindDirect)
	taken.Room = req.Room
	_, err := w.OpenRoom(t.Context(), bob.name, taken)
	refused(t, "a name that is taken, for another group", err, wire.CodeBadGroupInfo)
}

func TestRoomWithOneself(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	room := alice.room(wire.KindDirect)
	info, err := w.GroupInfo(t.Context(), alice.name, &wire.GroupInfoRequest{Room: room})
	if err != nil || info.Epoch != 0 || info.Seq != 1 {
		t.Errorf("GroupInfo = %+v, %v", info, err)
	}
	if err := alice.send(room, "note to self"); err != nil {
		t.Fatal(err)
	}
	laptop := alice.another()
	alice.commit(room, mls.CommitOptions{Add: alice.claimFrom(laptop)[1:]})
}

// TestOutsiders: who isn't in a room can't tell that it is there.
func TestOutsiders(t *testing.T) {
	w := newWorld(t)
	alice, bob, mallory := w.person("alice"), w.person("bob"), w.person("mallory")
	room := alice.room(wire.KindDirect, bob)
	mallory.group = alice.group
	spare := bob.another() // listed, but without a leaf
	spare.group = alice.group
	for _, c := range []struct {
		who  *device
		room identity.Room
		code wire.Code
	}{{mallory, room, wire.CodeUnknownRoom}, {mallory, identity.RandomRoom(domain), wire.CodeUnknownRoom}, {spare, room, wire.CodeNotMember}} {
		_, err := w.Send(t.Context(), c.who.name, c.who.sending(c.room, "x"))
		refused(t, "send", err, c.code)
		req, _ := c.who.committing(c.room, mls.CommitOptions{})
		_, err = w.Commit(t.Context(), c.who.name, req)
		refused(t, "commit", err, c.code)
	}
	_, err := w.GroupInfo(t.Context(), mallory.name, &wire.GroupInfoRequest{Room: room})
	refused(t, "group info", err, wire.CodeUnknownRoom)
	if got := mallory.kinds(); len(got) != 0 {
		t.Errorf("mallory's mailbox holds %v", got)
	}
}

func TestSendRefusals(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	second := alice.room(wire.KindGroup, bob, w.person("carol")) // alice.group is now the second's
	stray := alice.sending(room, "to another room")
	commit, _ := alice.committing(second, mls.CommitOptions{})
	change := func(f func(*wire.SendRequest)) *wire.SendRequest {
		req := alice.sending(second, "x")
		f(req)
		return req
	}
	for _, c := range []struct {
		what string
		req  *wire.SendRequest
		code wire.Code
	}{
		{"another room's message", stray, wire.CodeBadMessage},
		{"a commit", change(func(r *wire.SendRequest) { r.Message = commit.Commit }), wire.CodeBadMessage},
		{"noise", change(func(r *wire.SendRequest) { r.Message = []byte("x") }), wire.CodeBadMessage},
		{"trailing bytes", change(func(r *wire.SendRequest) { r.Message = append(r.Message, 0) }), wire.CodeBadMessage},
		{"no id", change(func(r *wire.SendRequest) { r.ID = nil }), wire.CodeBadRequest},
		{"a huge message", change(func(r *wire.SendRequest) { r.Message = make([]byte, 1<<20) }), wire.CodeTooLarge},
		{"a generation to come", change(func(r *wire.SendRequest) { r.Generation = 1 }), wire.CodeFutureEpoch},
	} {
		_, err := w.Send(t.Context(), alice.name, c.req)
		refused(t, c.what, err, c.code)
	}
}

func TestSendRetried(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	req := alice.sending(room, "once")
	first, err := w.Send(t.Context(), alice.name, req)
	if err != nil {
		t.Fatal(err)
	}
	alice.commit(room, mls.CommitOptions{}, bob)
	// The epoch has ended, and it was taken all the same.
	if again, err := w.Send(t.Context(), alice.name, req); err != nil || *again != *first {
		t.Errorf("Send again = %+v, %v; want %+v", again, err, first)
	}
	req.Message = []byte("whatever")
	if again, err := w.Send(t.Context(), alice.name, req); err != nil || *again != *first {
		t.Errorf("Send of something else with the id = %+v, %v; want %+v", again, err, first)
	}
	if got := bob.kinds(); !slices.Equal(got, []wire.EventKind{wire.EventOpen, wire.EventMessage, wire.EventCommit}) {
		t.Errorf("bob's mailbox holds %v; want the message once", got)
	}
}

// TestOneCommitPerEpoch: the loser gets the winner.
func TestOneCommitPerEpoch(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	won, staged := alice.committing(room, mls.CommitOptions{})
	lost, _ := bob.committing(room, mls.CommitOptions{})
	late := bob.sending(room, "of the old epoch")
	reply, err := w.Commit(t.Context(), alice.name, won)
	if err != nil || reply.Epoch != 2 || reply.Seq != 2 {
		t.Fatalf("Commit = %+v, %v", reply, err)
	}
	_, err = w.Commit(t.Context(), bob.name, lost)
	e := refused(t, "a second commit of the epoch", err, wire.CodeStaleEpoch)
	if e.Winner == nil || !bytes.Equal(e.Winner.Message, won.Commit) || e.Winner.Seq != 2 || e.Winner.Epoch != 1 {
		t.Fatalf("the winner is %+v", e.Winner)
	}
	_, err = w.Send(t.Context(), bob.name, late)
	if e := refused(t, "a message of the old epoch", err, wire.CodeStaleEpoch); e.Winner == nil {
		t.Error("a stale message gets no winner")
	}
	if again, err := w.Commit(t.Context(), alice.name, won); err != nil || *again != *reply {
		t.Errorf("Commit again = %+v, %v; want %+v", again, err, reply)
	}
	// The loser merges the winner and goes on.
	alice.group.Merge(staged)
	bob.receive(e.Winner.Message)
	bob.commit(room, mls.CommitOptions{}, alice)
	alice.commit(room, mls.CommitOptions{}, bob)
	if err := bob.send(room, "here"); err != nil {
		t.Error(err)
	}
}

func TestFutureEpoch(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	_, staged := alice.committing(room, mls.CommitOptions{})
	alice.group.Merge(staged) // the server hasn't seen it
	_, err := w.Send(t.Context(), alice.name, alice.sending(room, "x"))
	refused(t, "a message", err, wire.CodeFutureEpoch)
	req, _ := alice.committing(room, mls.CommitOptions{})
	_, err = w.Commit(t.Context(), alice.name, req)
	refused(t, "a commit", err, wire.CodeFutureEpoch)
}

func TestCommitRefusals(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	room := alice.room(wire.KindGroup, bob, carol)
	first := alice.group
	elsewhere := alice.room(wire.KindGroup, bob)
	stray, _ := alice.committing(elsewhere, mls.CommitOptions{})
	alice.group = first
	dave := w.person("dave")
	unlisted := w.newDevice("dave")
	make := func(opts mls.CommitOptions, f func(*wire.CommitRequest)) *wire.CommitRequest {
		req, _ := alice.committing(room, opts)
		if f != nil {
			f(req)
		}
		return req
	}
	ext := w.extension(wire.KindDirect)
	same := w.extension(wire.KindGroup)
	outside := public.ExternalSenders{{SignatureKey: public.SignaturePublicKey(alice.signer()[32:]), Credential: public.NewBasicCredential([]byte(alice.name))}}
	senders := public.Extensions{
		{Type: public.ExtensionType(wire.RoomExtensionType), Data: same.Marshal()},
		{Type: public.ExternalSendersExtension, Data: public.Marshal(outside)},
	}
	changed := public.Extensions{{Type: public.ExtensionType(wire.RoomExtensionType), Data: ext.Marshal()}}
	info, err := alice.group.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	welcome := make(mls.CommitOptions{Add: [][]byte{dave.keyPackage(false)}}, nil).Welcome
	for _, c := range []struct {
		what string
		req  *wire.CommitRequest
		code wire.Code
	}{
		{"another room's commit", make(mls.CommitOptions{}, func(r *wire.CommitRequest) { r.Commit = stray.Commit }), wire.CodeBadCommit},
		{"noise", make(mls.CommitOptions{}, func(r *wire.CommitRequest) { r.Commit = []byte("x") }), wire.CodeBadCommit},
		{"a flipped bit", make(mls.CommitOptions{}, func(r *wire.CommitRequest) { r.Commit[len(r.Commit)/2] ^= 1 }), wire.CodeBadCommit},
		{"no id", make(mls.CommitOptions{}, func(r *wire.CommitRequest) { r.ID = []byte("x") }), wire.CodeBadRequest},
		{"another room's info", make(mls.CommitOptions{}, func(r *wire.CommitRequest) { r.GroupInfo = stray.GroupInfo }), wire.CodeBadGroupInfo},
		{"the info of the epoch before", make(mls.CommitOptions{}, func(r *wire.CommitRequest) { r.GroupInfo = info }), wire.CodeBadGroupInfo},
		{"the info of another commit", make(mls.CommitOptions{}, func(r *wire.CommitRequest) { r.GroupInfo = make(mls.CommitOptions{}, nil).GroupInfo }), wire.CodeBadGroupInfo},
		{"a welcome for nobody", make(mls.CommitOptions{}, func(r *wire.CommitRequest) { r.Welcome = welcome }), wire.CodeBadWelcome},
		{"no welcome", make(mls.CommitOptions{Add: [][]byte{dave.keyPackage(false)}}, func(r *wire.CommitRequest) { r.Welcome = nil }), wire.CodeBadWelcome},
		{"another's welcome", make(mls.CommitOptions{Add: [][]byte{dave.keyPackage(false)}}, func(r *wire.CommitRequest) { r.Welcome = welcome }), wire.CodeBadWelcome},
		{"an unlisted device", make(mls.CommitOptions{Add: [][]byte{unlisted.keyPackage(false)}}, nil), wire.CodeUnlistedDevice},
		{"another room extension", make(mls.CommitOptions{Extensions: &changed}, nil), wire.CodeBadCommit},
		{"external senders", make(mls.CommitOptions{Extensions: &senders}, nil), wire.CodeBadCommit},
		{"no room extension", make(mls.CommitOptions{Extensions: &public.Extensions{}}, nil), wire.CodeBadCommit},
		{"a generation to come", make(mls.CommitOptions{}, func(r *wire.CommitRequest) { r.Generation = 1 }), wire.CodeFutureEpoch},
	} {
		_, err := w.Commit(t.Context(), alice.name, c.req)
		refused(t, c.what, err, c.code)
	}
	mine, _ := alice.committing(room, mls.CommitOptions{})
	_, err = w.Commit(t.Context(), bob.name, mine)
	refused(t, "another member's commit", err, wire.CodeBadCommit)
	if got := len(carol.inbox()); got != 1 {
		t.Errorf("carol's mailbox holds %d events; want 1: refusals leave nothing", got)
	}
	alice.commit(room, mls.CommitOptions{})
}

// TestRemovedMember gets the commit that removes it, and nothing after it.
func TestRemovedMember(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	room := alice.room(wire.KindGroup, bob, carol)
	alice.commit(room, mls.CommitOptions{Remove: []public.LeafIndex{alice.leaf(carol)}}, bob)
	if err := alice.send(room, "without carol"); err != nil {
		t.Fatal(err)
	}
	if got := carol.kinds(); !slices.Equal(got, []wire.EventKind{wire.EventOpen, wire.EventCommit}) {
		t.Errorf("carol's mailbox holds %v", got)
	}
	refused(t, "carol's message", carol.send(room, "x"), wire.CodeUnknownRoom)
	_, err := w.GroupInfo(t.Context(), carol.name, &wire.GroupInfoRequest{Room: room})
	refused(t, "carol's look at the group", err, wire.CodeUnknownRoom)
	// Back again.
	req, _ := alice.committing(room, mls.CommitOptions{Add: [][]byte{carol.keyPackage(false)}})
	if _, err := w.Commit(t.Context(), alice.name, req); err != nil {
		t.Fatal(err)
	}
	carol.join(req.Welcome)
	if err := carol.send(room, "back"); err != nil {
		t.Error(err)
	}
}

func TestDirectRoomKeepsItsAccounts(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	room := alice.room(wire.KindDirect, bob)
	for _, c := range []struct {
		what string
		opts mls.CommitOptions
	}{
		{"a third account", mls.CommitOptions{Add: [][]byte{carol.keyPackage(false)}}},
		{"the other's removal", mls.CommitOptions{Remove: []public.LeafIndex{alice.leaf(bob)}}},
	} {
		req, _ := alice.committing(room, c.opts)
		_, err := w.Commit(t.Context(), alice.name, req)
		refused(t, c.what, err, wire.CodeRoleRefused)
	}
	laptop := bob.another()
	alice.commit(room, mls.CommitOptions{Add: [][]byte{laptop.keyPackage(false)}}, bob)
}

// TestRemovalPending: a device that left its list stops the room until it is
// removed.
func TestRemovalPending(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	laptop := bob.another()
	req, staged := alice.committing(room, mls.CommitOptions{Add: [][]byte{laptop.keyPackage(false)}})
	if _, err := w.Commit(t.Context(), alice.name, req); err != nil {
		t.Fatal(err)
	}
	alice.group.Merge(staged)
	bob.receive(req.Commit)
	laptop.join(req.Welcome)
	if err := bob.put(bob.next(identity.Remove, bob)); err != nil {
		t.Fatal(err)
	}
	for _, d := range []*device{alice, bob, laptop} {
		refused(t, d.account.Name()+"'s message", d.send(room, "x"), wire.CodeRemovalPending)
	}
	alice.commit(room, mls.CommitOptions{}, bob)
	refused(t, "a message after a commit that doesn't remove", alice.send(room, "x"), wire.CodeRemovalPending)
	again, _ := alice.committing(room, mls.CommitOptions{Add: [][]byte{laptop.keyPackage(false)}, Remove: []public.LeafIndex{alice.leaf(laptop)}})
	_, err := w.Commit(t.Context(), alice.name, again)
	refused(t, "a commit that adds it again", err, wire.CodeUnlistedDevice)
	alice.commit(room, mls.CommitOptions{Remove: []public.LeafIndex{alice.leaf(laptop)}}, bob)
	if err := alice.send(room, "again"); err != nil {
		t.Error(err)
	}
	_, err = w.Send(t.Context(), laptop.name, laptop.sending(room, "x"))
	refused(t, "the removed device's message", err, wire.CodeNotMember)
}

// TestRotatedKey: the leaf has the old key until its device commits.
func TestRotatedKey(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	l := bob.next(identity.Rotate, bob)
	old := *bob
	bob.key = identity.GenerateKey()
	l.Devices[0].SignatureKey = bob.key.Public()
	if err := old.put(l); err != nil {
		t.Fatal(err)
	}
	bob.open()
	refused(t, "a message", alice.send(room, "x"), wire.CodeRemovalPending)
	req, _ := old.committing(room, mls.CommitOptions{})
	_, err := w.Commit(t.Context(), bob.name, req)
	refused(t, "an update with the old key", err, wire.CodeUnlistedDevice)
	req, _ = bob.rejoining(room, mls.ExternalOptions{Resync: true})
	if _, err := w.Commit(t.Context(), bob.name, req); err != nil {
		t.Fatal(err)
	}
	alice.receive(req.Commit)
	if err := alice.send(room, "again"); err != nil {
		t.Error(err)
	}
}

func TestRejoin(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	spare := bob.another()

	_, err := w.GroupInfo(t.Context(), spare.name, &wire.GroupInfoRequest{Room: room})
	if err != nil {
		t.Fatal(err)
	}
	req, _ := spare.rejoining(room, mls.ExternalOptions{})
	_, err = w.Commit(t.Context(), spare.name, req)
	refused(t, "an external join without an old leaf", err, wire.CodeNotMember)

	another := *bob // with a leaf of its own, without removing it
	another.key = identity.GenerateKey()
	req, _ = another.rejoining(room, mls.ExternalOptions{})
	_, err = w.Commit(t.Context(), bob.name, req)
	refused(t, "an external commit that keeps the old leaf", err, wire.CodeBadCommit)

	req, _ = bob.rejoining(room, mls.ExternalOptions{Resync: true})
	_, err = w.Commit(t.Context(), alice.name, req)
	refused(t, "another's external commit", err, wire.CodeBadCommit)

	req, _ = another.rejoining(room, mls.ExternalOptions{Resync: true})
	_, err = w.Commit(t.Context(), bob.name, req)
	refused(t, "an external commit with a key that isn't listed", err, wire.CodeUnlistedDevice)

	req, staged := bob.rejoining(room, mls.ExternalOptions{Resync: true})
	reply, err := w.Commit(t.Context(), bob.name, req)
	if err != nil || reply.Epoch != 2 {
		t.Fatalf("Commit = %+v, %v", reply, err)
	}
	if bob.group, _, err = staged.Join(); err != nil {
		t.Fatal(err)
	}
	alice.receive(req.Commit)
	if err := bob.send(room, "back"); err != nil {
		t.Error(err)
	}
	info, err := w.GroupInfo(t.Context(), alice.name, &wire.GroupInfoRequest{Room: room})
	if err != nil || info.Epoch != 2 || info.Seq != 2 || !bytes.Equal(info.GroupInfo, req.GroupInfo) {
		t.Errorf("GroupInfo = %+v, %v; want the rejoiner's", info.Epoch, err)
	}
}

// branching makes the next generation of a room by d, with others.
func (d *device) branching(room identity.Room, generation uint32, others ...*device) (*wire.OpenRoomRequest, *mls.StagedCommit) {
	d.w.t.Helper()
	var add [][]byte
	accounts := []identity.Account{d.account}
	for _, o := range others {
		add = append(add, o.keyPackage(false))
		accounts = append(accounts, o.account)
	}
	slices.Sort(accounts)
	c, err := mls.Branch(d.w.mls(), d.group, d.group.Epoch(), room.GroupID(generation), mls.BranchOptions{Add: add})
	if err != nil {
		d.w.t.Fatal(err)
	}
	return &wire.OpenRoomRequest{
		ID: d.w.id(), Room: room, Generation: generation, Accounts: slices.Compact(accounts),
		GroupInfo: c.FirstGroupInfo(), Commit: c.CommitMessage(), Welcome: c.Welcome(), Next: c.GroupInfo(),
	}, c
}

func TestNextGeneration(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	room := alice.room(wire.KindGroup, bob, carol)
	if err := alice.send(room, "before"); err != nil {
		t.Fatal(err)
	}
	won, staged := alice.branching(room, 1, bob)
	lost, _ := bob.branching(room, 1, alice)
	skip, _ := bob.branching(room, 1+wire.MaxGenerationAhead, alice)
	_, err := w.OpenRoom(t.Context(), bob.name, skip)
	refused(t, "a generation too far ahead", err, wire.CodeBadRequest)
	dave := w.person("dave")
	old := bob.group
	fresh := bob.openingWith(w.extension(wire.KindGroup), alice, dave)
	bob.group = old
	fresh.Room, fresh.Generation = room, 1
	_, err = w.OpenRoom(t.Context(), bob.name, fresh)
	refused(t, "an account that isn't in the room", err, wire.CodeForbidden)

	oldMessage, oldCommit := carol.sending(room, "late"), must3(carol.committing(room, mls.CommitOptions{}))
	reply, err := w.OpenRoom(t.Context(), alice.name, won)
	if err != nil || !reply.Created || reply.Seq != 3 {
		t.Fatalf("OpenRoom = %+v, %v; want seq 3: it goes on", reply, err)
	}
	_, err = w.OpenRoom(t.Context(), bob.name, lost)
	if e := refused(t, "a second opener", err, wire.CodeGenerationTaken); e.Generation != 1 {
		t.Errorf("its generation is %d; want 1", e.Generation)
	}
	alice.group, _, err = staged.Join()
	if err != nil {
		t.Fatal(err)
	}
	if bob.group, _, err = mls.JoinBranch(w.mls(), bob.group, won.Welcome, bob.secrets, bob.signer()); err != nil {
		t.Fatal(err)
	}
	_, err = w.Send(t.Context(), carol.name, oldMessage)
	refused(t, "who was left out", err, wire.CodeUnknownRoom)
	_, err = w.Commit(t.Context(), carol.name, oldCommit)
	refused(t, "who was left out", err, wire.CodeUnknownRoom)
	late := bob.sending(room, "to the old generation")
	_, err = w.Send(t.Context(), bob.name, late)
	if e := refused(t, "a message to the old generation", err, wire.CodeGenerationClosed); e.Generation != 1 {
		t.Errorf("its generation is %d; want 1", e.Generation)
	}
	late.Generation = 1
	if _, err := w.Send(t.Context(), bob.name, late); err != nil {
		t.Error(err)
	}
	info, err := w.GroupInfo(t.Context(), bob.name, &wire.GroupInfoRequest{Room: room})
	if err != nil || info.Generation != 1 || info.Epoch != 1 {
		t.Errorf("GroupInfo = %+v, %v", info, err)
	}
	if got := carol.kinds(); got[len(got)-1] != wire.EventOpen {
		t.Errorf("carol's mailbox holds %v; want the opening last", got)
	}
}

func must3[A, B any](a A, _ B) A { return a }

// TestDirectGeneration: a next generation can't be used to drop somebody.
func TestDirectGeneration(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	req, _ := alice.branching(room, 1)
	_, err := w.OpenRoom(t.Context(), alice.name, req)
	refused(t, "a direct room without the other", err, wire.CodeRoleRefused)
	old := alice.group
	other := alice.openingWith(w.extension(wire.KindGroup), bob)
	alice.group = old
	other.Room, other.Generation = room, 1
	_, err = w.OpenRoom(t.Context(), alice.name, other)
	refused(t, "another group's info", err, wire.CodeBadGroupInfo)
}

// TestResetAccountInRoom: once a reset is final, the old devices have to go, also
// from a direct room.
func TestResetAccountInRoom(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	fresh, req := bob.resetting()
	if _, err := w.Reset(t.Context(), "a", req); err != nil {
		t.Fatal(err)
	}
	if err := alice.send(room, "while the reset runs"); err != nil {
		t.Error(err)
	}
	if err := bob.send(room, "still here"); err != nil {
		t.Error(err)
	}
	w.pass(server.DefaultResetDelay)
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	refused(t, "a message once it is final", alice.send(room, "x"), wire.CodeRemovalPending)
	alice.commit(room, mls.CommitOptions{Remove: []public.LeafIndex{alice.leaf(bob)}})
	if err := alice.send(room, "alone"); err != nil {
		t.Error(err)
	}
	// The new identity can't rejoin by itself, and is added like anyone.
	fresh.open()
	fresh.publish(1)
	alice.commit(room, mls.CommitOptions{Add: [][]byte{fresh.keyPackage(false)}})
}

func TestLogsSayNothing(t *testing.T) {
	for _, e := range []error{server.ErrUnavailable, server.ErrStale} {
		if m := server.AsWire(e).Message; strings.Contains(m, "server:") {
			t.Errorf("%v is told as %q", e, m)
		}
	}
}
