package server_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

// leaving makes d's proposal to leave.
func (d *device) leaving(room identity.Room) *wire.LeaveRequest {
	d.w.t.Helper()
	message, _, _, err := d.group.Propose(&public.SelfRemove{}, mls.ProposeOptions{})
	if err != nil {
		d.w.t.Fatal(err)
	}
	return &wire.LeaveRequest{ID: d.w.id(), Room: room, Proposal: message}
}

// leave has the server take d's proposal, and others receive it.
func (d *device) leave(room identity.Room, others ...*device) *wire.LeaveReply {
	d.w.t.Helper()
	req := d.leaving(room)
	reply, err := d.w.Leave(d.w.t.Context(), d.name, req)
	if err != nil {
		d.w.t.Fatal(err)
	}
	for _, o := range others {
		o.hear(req.Proposal)
	}
	return reply
}

func (d *device) hear(proposal []byte) {
	d.w.t.Helper()
	if _, _, err := d.group.ReceiveProposal(proposal); err != nil {
		d.w.t.Fatal(err)
	}
}

// taking is a commit that takes in what was proposed.
var taking = mls.CommitOptions{Received: true}

func TestLeave(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	room := alice.room(wire.KindGroup, bob, carol)
	without, _ := alice.committing(room, mls.CommitOptions{})
	req := bob.leaving(room)
	reply, err := w.Leave(t.Context(), bob.name, req)
	if err != nil || reply.Seq != 2 || reply.AcceptedMS == 0 {
		t.Fatalf("Leave = %+v, %v; want seq 2", reply, err)
	}
	if again, err := w.Leave(t.Context(), bob.name, req); err != nil || *again != *reply {
		t.Errorf("again: %+v, %v; want %+v", again, err, reply)
	}
	for _, d := range []*device{alice, bob, carol} {
		if got := d.kinds(); !slices.Equal(got, []wire.EventKind{wire.EventOpen, wire.EventLeave}) {
			t.Errorf("%s got %v", d.account.Name(), got)
		}
	}
	e := alice.inbox()[1].Envelope
	if e.Sender != bob.name || e.Seq != 2 || string(e.Message) != string(req.Proposal) {
		t.Errorf("the event is %+v", e)
	}
	// Until it is taken in: no message, no commit without it, and bob is out.
	refused(t, "a message", alice.send(room, "x"), wire.CodeRemovalPending)
	_, err = w.Commit(t.Context(), alice.name, without)
	refused(t, "a commit that leaves it out", err, wire.CodeRemovalPending)
	refused(t, "bob's message", bob.send(room, "x"), wire.CodeUnknownRoom)
	refused(t, "bob's signal", bob.signal(room, "x"), wire.CodeUnknownRoom)
	_, err = w.GroupInfo(t.Context(), bob.name, &wire.GroupInfoRequest{Room: room})
	refused(t, "bob's look at the group", err, wire.CodeUnknownRoom)
	_, err = w.Leave(t.Context(), bob.name, &wire.LeaveRequest{ID: w.id(), Room: room, Proposal: req.Proposal})
	refused(t, "the same proposal, as another request", err, wire.CodeUnknownRoom)

	alice.hear(req.Proposal)
	carol.hear(req.Proposal)
	alice.commit(room, taking, carol)
	if err := carol.send(room, "without bob"); err != nil {
		t.Error(err)
	}
	if got := len(bob.inbox()); got != 2 {
		t.Errorf("bob has %d events; want 2: none after he left", got)
	}
	if got := len(carol.inbox()); got != 4 {
		t.Errorf("carol has %d events; want 4", got)
	}
	// The set isn't the room's any more, and bob can be added again.
	carol.commit(room, mls.CommitOptions{Add: [][]byte{bob.keyPackage(false)}}, alice)
	if got := bob.kinds(); !slices.Equal(got, []wire.EventKind{wire.EventOpen, wire.EventLeave, wire.EventCommit}) {
		t.Errorf("bob, added again, got %v", got)
	}
}

func TestLeaveRefusals(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol, mallory := w.person("alice"), w.person("bob"), w.person("carol"), w.person("mallory")
	direct := alice.room(wire.KindDirect, bob)
	_, err := w.Leave(t.Context(), bob.name, bob.leaving(direct))
	refused(t, "a direct room", err, wire.CodeRoleRefused)

	room := alice.room(wire.KindGroup, bob, carol, mallory)
	other := alice.group
	elsewhere := bob.group
	bobs := bob.leaving(room)
	as := func(by *device, change func(r *wire.LeaveRequest)) error {
		r := *bobs
		r.ID = w.id()
		change(&r)
		_, err := w.Leave(t.Context(), by.name, &r)
		return err
	}
	remove, _, _, err := mallory.group.Propose(&public.Remove{Removed: mallory.leaf(alice)}, mls.ProposeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	elsewheres := bob.leaving(bob.room(wire.KindGroup, mallory))
	bob.group, alice.group = elsewhere, other
	forged := slices.Clone(bobs.Proposal)
	forged[len(forged)-40] ^= 1
	for what, c := range map[string]struct {
		err  error
		code wire.Code
	}{
		"somebody else's proposal": {as(mallory, func(*wire.LeaveRequest) {}), wire.CodeBadMessage},
		"of who isn't there":       {as(w.person("eve"), func(*wire.LeaveRequest) {}), wire.CodeUnknownRoom},
		"no id":                    {as(bob, func(r *wire.LeaveRequest) { r.ID = nil }), wire.CodeBadRequest},
		"noise":                    {as(bob, func(r *wire.LeaveRequest) { r.Proposal = []byte("x") }), wire.CodeBadMessage},
		"a forged signature":       {as(bob, func(r *wire.LeaveRequest) { r.Proposal = forged }), wire.CodeBadMessage},
		"trailing bytes":           {as(bob, func(r *wire.LeaveRequest) { r.Proposal = append(slices.Clone(r.Proposal), 0) }), wire.CodeBadMessage},
		"another group's":          {as(bob, func(r *wire.LeaveRequest) { r.Proposal = elsewheres.Proposal }), wire.CodeBadMessage},
		"to remove another":        {as(mallory, func(r *wire.LeaveRequest) { r.Proposal = remove }), wire.CodeBadMessage},
		"a commit":                 {as(bob, func(r *wire.LeaveRequest) { r.Proposal = alice.opening(wire.KindGroup, carol).Commit }), wire.CodeBadMessage},
		"a huge one":               {as(bob, func(r *wire.LeaveRequest) { r.Proposal = make([]byte, 1<<20) }), wire.CodeTooLarge},
		"a generation to come":     {as(bob, func(r *wire.LeaveRequest) { r.Generation = 1 }), wire.CodeFutureEpoch},
	} {
		refused(t, what, c.err, c.code)
	}
	if got := len(carol.inbox()); got != 1 {
		t.Errorf("carol has %d events; want the opening alone", got)
	}
	// Replayed once the epoch has ended.
	alice.group = other
	alice.commit(room, mls.CommitOptions{})
	if e := refused(t, "an epoch late", as(bob, func(*wire.LeaveRequest) {}), wire.CodeStaleEpoch); e.Winner == nil {
		t.Error("the refusal has no winner")
	}
}

// TestLeaveWithTwoDevices: the other devices go first.
func TestLeaveWithTwoDevices(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindGroup, bob)
	laptop := bob.another()
	alice.commit(room, mls.CommitOptions{Add: [][]byte{laptop.keyPackage(false)}}, bob)
	_, err := w.Leave(t.Context(), bob.name, bob.leaving(room))
	refused(t, "with another device in the room", err, wire.CodeForbidden)
	bob.group.DropPending()
	bob.commit(room, mls.CommitOptions{Remove: []public.LeafIndex{bob.leaf(laptop)}}, alice)
	bob.leave(room, alice)
	alice.commit(room, taking)
	if err := alice.send(room, "alone"); err != nil {
		t.Error(err)
	}
}

// TestLeaveTwoAtOnce: both go, by one commit; an external commit takes them in too.
func TestLeaveTwoAtOnce(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol, dave := w.person("alice"), w.person("bob"), w.person("carol"), w.person("dave")
	room := alice.room(wire.KindGroup, bob, carol, dave)
	var wg sync.WaitGroup
	var proposals [][]byte
	for _, d := range []*device{bob, carol} {
		req := d.leaving(room)
		proposals = append(proposals, req.Proposal)
		wg.Go(func() {
			if _, err := w.Leave(t.Context(), d.name, req); err != nil {
				t.Errorf("%s: %v", d.account.Name(), err)
			}
		})
	}
	wg.Wait()
	one, _ := dave.rejoining(room, mls.ExternalOptions{SelfRemoves: proposals[:1], Resync: true})
	_, err := w.Commit(t.Context(), dave.name, one)
	refused(t, "a rejoin that takes in one of two", err, wire.CodeRemovalPending)
	both, _ := dave.rejoining(room, mls.ExternalOptions{SelfRemoves: proposals, Resync: true})
	if _, err := w.Commit(t.Context(), dave.name, both); err != nil {
		t.Fatalf("a rejoin that takes in both: %v", err)
	}
	for _, p := range proposals {
		alice.hear(p)
	}
	alice.receive(both.Commit)
	if err := alice.send(room, "two of us"); err != nil {
		t.Error(err)
	}
}

// TestLeaveMeanwhile: a commit that was checked before a leave came isn't taken
// after it.
func TestLeaveMeanwhile(t *testing.T) {
	store := &unsteadyStore{Store: memstore.New()}
	w := newWorld(t, func(c *server.Config) { c.Store = store })
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	room := alice.room(wire.KindGroup, bob, carol)
	store.lost, store.also = 1, func() {
		if _, err := w.Leave(t.Context(), bob.name, bob.leaving(room)); err != nil {
			t.Error(err)
		}
	}
	req, _ := alice.committing(room, mls.CommitOptions{})
	_, err := w.Commit(t.Context(), alice.name, req)
	refused(t, "a commit that doesn't know", err, wire.CodeRemovalPending)
	if got := alice.kinds(); !slices.Equal(got, []wire.EventKind{wire.EventOpen, wire.EventLeave}) {
		t.Errorf("alice got %v", got)
	}
}

// TestLeaveThenNextGeneration: what can't be committed can be left behind.
func TestLeaveThenNextGeneration(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	room := alice.room(wire.KindGroup, bob, carol)
	bob.leave(room)
	with, _ := alice.branching(room, 1, bob, carol)
	_, err := w.OpenRoom(t.Context(), alice.name, with)
	refused(t, "with who left", err, wire.CodeForbidden)
	without, _ := alice.branching(room, 1, carol)
	if reply, err := w.OpenRoom(t.Context(), alice.name, without); err != nil || !reply.Created {
		t.Errorf("OpenRoom = %+v, %v", reply, err)
	}
}

func TestDeviceActivity(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	laptop := alice.another()
	seen := func(d *device) map[identity.Device]int64 {
		t.Helper()
		reply, err := w.DeviceActivity(t.Context(), d.name, &wire.Empty{})
		if err != nil {
			t.Fatal(err)
		}
		days := map[identity.Device]int64{}
		for _, s := range reply.Devices {
			days[s.Device] = s.DayMS
		}
		return days
	}
	const day = 24 * 3600 * 1000
	today := w.time().UnixMilli() / day * day
	if got := seen(alice); len(got) != 2 || got[alice.name] != today || got[laptop.name] != today {
		t.Errorf("activity = %v; want both devices today, %d", got, today)
	}
	w.pass(48 * time.Hour)
	laptop.open()
	if got := seen(laptop); got[alice.name] != today || got[laptop.name] != today+2*day {
		t.Errorf("two days on: %v", got)
	}
	if got := seen(bob); len(got) != 1 || got[alice.name] != 0 {
		t.Errorf("bob sees %v", got)
	}
	alice.open()
	if err := alice.put(alice.next(identity.Remove, alice)); err != nil {
		t.Fatal(err)
	}
	if got := seen(alice); len(got) != 1 {
		t.Errorf("after the laptop left: %v", got)
	}
	if _, err := w.store.AccountRecord(t.Context(), alice.account, server.RecordSeen, string(laptop.name)); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("the laptop's record: %v; want it gone", err)
	}
}

// TestDeviceActivityOnceADay: no more than one write a day.
func TestDeviceActivityOnceADay(t *testing.T) {
	store := &recordingStore{Store: memstore.New()}
	w := newWorld(t, func(c *server.Config) { c.Store = store })
	alice := w.person("alice")
	for range 5 {
		w.pass(time.Minute)
		alice.open()
	}
	if store.writes != 1 {
		t.Errorf("%d writes in one day; want 1", store.writes)
	}
	store.down = true
	w.pass(24 * time.Hour)
	if err := alice.tryOpen(); err != nil {
		t.Errorf("a session while nothing can be stored: %v", err)
	}
}

// A recordingStore counts the writes of records, or refuses them.
type recordingStore struct {
	server.Store
	writes int
	down   bool
}

func (s *recordingStore) UpdateRecords(ctx context.Context, u server.RecordUpdate) error {
	if s.down {
		return server.ErrUnavailable
	}
	s.writes++
	return s.Store.UpdateRecords(ctx, u)
}
