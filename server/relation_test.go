package server_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/identity"
	"parley/mls"
	"parley/server"
	"parley/server/hints"
	"parley/server/memstore"
	"parley/wire"
)

func (d *device) tryRelate(r wire.Relation, accounts ...identity.Account) error {
	_, err := d.w.Relate(d.w.t.Context(), d.name, &wire.RelateRequest{Accounts: accounts, Relation: r})
	return err
}

func (d *device) relate(r wire.Relation, others ...*device) {
	d.w.t.Helper()
	var accounts []identity.Account
	for _, o := range others {
		accounts = append(accounts, o.account)
	}
	if err := d.tryRelate(r, accounts...); err != nil {
		d.w.t.Fatal(err)
	}
}

// relations returns a page of d's relations, as "name relation".
func (d *device) relations(after identity.Account) (list []string) {
	d.w.t.Helper()
	reply, err := d.w.Relations(d.w.t.Context(), d.name, &wire.RelationsRequest{After: after})
	if err != nil {
		d.w.t.Fatal(err)
	}
	for _, r := range reply.Relations {
		list = append(list, r.Account.Name()+" "+string(r.Relation))
	}
	return list
}

func nobody(n int) identity.Account {
	return identity.Account(fmt.Sprintf("mimi://%s/u/nobody%05d", domain, n))
}

func TestRelations(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol, dave := w.person("alice"), w.person("bob"), w.person("carol"), w.person("dave")
	alice.relate(wire.RelationAccepted, dave, bob)
	alice.relate(wire.RelationBlocked, carol, carol)
	if got, want := alice.relations(""), []string{"bob accepted", "carol blocked", "dave accepted"}; !slices.Equal(got, want) {
		t.Errorf("relations = %q; want %q", got, want)
	}
	if got := alice.relations(bob.account); !slices.Equal(got, []string{"carol blocked", "dave accepted"}) {
		t.Errorf("after bob: %q", got)
	}
	alice.relate(wire.RelationBlocked, bob, dave)
	alice.relate(wire.RelationNone, carol, dave)
	alice.relate(wire.RelationAccepted, carol)
	if got, want := alice.relations(""), []string{"bob blocked", "carol accepted"}; !slices.Equal(got, want) {
		t.Errorf("after they changed: %q; want %q", got, want)
	}
	if got := bob.relations(""); len(got) != 0 {
		t.Errorf("bob's: %q; want none", got)
	}
	// The account's other devices see them.
	laptop := alice.another()
	if got := laptop.relations(""); len(got) != 2 {
		t.Errorf("the laptop sees %q", got)
	}
}

func TestRelateRefusals(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	var many []identity.Account
	for i := range wire.MaxRelate + 1 {
		many = append(many, nobody(i))
	}
	for what, err := range map[string]error{
		"nobody":             alice.tryRelate(wire.RelationBlocked),
		"too many at once":   alice.tryRelate(wire.RelationBlocked, many...),
		"an unknown word":    alice.tryRelate("liked", bob.account),
		"oneself":            alice.tryRelate(wire.RelationBlocked, bob.account, alice.account),
		"no account":         alice.tryRelate(wire.RelationBlocked, "mimi://example.org/d/x/y"),
		"a space in between": alice.tryRelate(wire.RelationBlocked, "accepted mimi://example.org/u/bob"),
	} {
		refused(t, what, err, wire.CodeBadRequest)
	}
	if got := alice.relations(""); len(got) != 0 {
		t.Errorf("a refused request left %q", got)
	}
}

// TestRelateTooMany: beyond the bound nothing is taken, but what is there can be
// changed.
func TestRelateTooMany(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	for i := 0; i < wire.MaxRelations; i += wire.MaxRelate {
		var page []identity.Account
		for n := range wire.MaxRelate {
			page = append(page, nobody(i+n))
		}
		if err := alice.tryRelate([]wire.Relation{wire.RelationBlocked, wire.RelationAccepted}[i/wire.MaxRelate%2], page...); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, "one more", alice.tryRelate(wire.RelationBlocked, nobody(wire.MaxRelations)), wire.CodeTooLarge)
	if err := alice.tryRelate(wire.RelationBlocked, nobody(5), nobody(105)); err != nil {
		t.Errorf("a change of what is there: %v", err)
	}
	if err := alice.tryRelate(wire.RelationNone, nobody(7)); err != nil {
		t.Fatal(err)
	}
	if err := alice.tryRelate(wire.RelationBlocked, nobody(wire.MaxRelations)); err != nil {
		t.Errorf("in the place of one that went: %v", err)
	}
	seen, after := 0, identity.Account("")
	for {
		reply, err := w.Relations(t.Context(), alice.name, &wire.RelationsRequest{After: after})
		if err != nil {
			t.Fatal(err)
		}
		seen += len(reply.Relations)
		for _, r := range reply.Relations {
			if r.Account <= after {
				t.Fatalf("%s comes after %s", r.Account, after)
			}
			after = r.Account
		}
		if len(reply.Relations) < wire.MaxRelate {
			break
		}
	}
	if seen != wire.MaxRelations {
		t.Errorf("the pages hold %d; want %d", seen, wire.MaxRelations)
	}
}

// TestRelateIsLimited: one account can't keep the store busy with it.
func TestRelateIsLimited(t *testing.T) {
	w := newWorld(t, func(c *server.Config) { c.Rates.Relate = server.Rate{Burst: 3, Every: time.Minute} })
	alice, bob := w.person("alice"), w.person("bob")
	for range 3 {
		alice.relate(wire.RelationBlocked, bob)
	}
	if e := refused(t, "a fourth", alice.tryRelate(wire.RelationNone, bob.account), wire.CodeRateLimited); e.RetryAfter <= 0 {
		t.Errorf("RetryAfter = %d", e.RetryAfter)
	}
	w.pass(time.Minute)
	alice.relate(wire.RelationNone, bob)
}

// TestBlocked: what an account that was blocked can't do any more, and what it can.
func TestBlocked(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	room := alice.room(wire.KindDirect, bob)
	direct := bob.group
	before := bob.sending(room, "before")
	reply := sent(t)(w.Send(t.Context(), bob.name, before))
	alice.relate(wire.RelationBlocked, bob)

	refused(t, "a message", bob.send(room, "x"), wire.CodeNotAccepting)
	if again, err := w.Send(t.Context(), bob.name, before); err != nil || *again != *reply {
		t.Errorf("one that was taken before, again: %+v, %v; want %+v", again, err, reply)
	}
	_, err := w.ClaimKeyPackages(t.Context(), bob.name, &wire.ClaimKeyPackagesRequest{Account: alice.account, Suites: []uint16{uint16(suite.ID())}})
	refused(t, "a claim", err, wire.CodeNotAccepting)
	for _, kind := range []wire.Kind{wire.KindDirect, wire.KindGroup} {
		_, err = w.OpenRoom(t.Context(), bob.name, bob.opening(kind, alice))
		refused(t, "opening a room of kind "+string(kind), err, wire.CodeNotAccepting)
	}
	group := bob.room(wire.KindGroup, carol)
	add, _ := bob.committing(group, mls.CommitOptions{Add: [][]byte{alice.keyPackage(false)}})
	_, err = w.Commit(t.Context(), bob.name, add)
	refused(t, "adding", err, wire.CodeNotAccepting)
	if n := w.Stats().Blocked; n != 6 { // the repeated message too
		t.Errorf("Stats counts %d refusals; want 6", n)
	}

	if err := alice.send(room, "to bob"); err != nil {
		t.Errorf("who blocked writes: %v", err)
	}
	carol.receiveAdd(group, bob, alice)
	for _, d := range []*device{bob, alice} { // in a group both are heard
		if err := d.send(group, "hello"); err != nil {
			t.Errorf("in a group: %v", err)
		}
	}
	bob.group = direct
	alice.relate(wire.RelationAccepted, bob)
	if err := bob.send(room, "again"); err != nil {
		t.Errorf("once it is accepted: %v", err)
	}
}

// receiveAdd has carol, who isn't blocked, add who to a group that by is in.
func (d *device) receiveAdd(room identity.Room, by, who *device) {
	d.w.t.Helper()
	by.group.DropPending()
	req, staged := d.committing(room, mls.CommitOptions{Add: [][]byte{who.keyPackage(false)}})
	if _, err := d.w.Commit(d.w.t.Context(), d.name, req); err != nil {
		d.w.t.Fatal(err)
	}
	if _, err := d.group.Merge(staged); err != nil {
		d.w.t.Fatal(err)
	}
	by.receive(req.Commit)
	who.join(req.Welcome)
}

// TestSendReadsNoRelations: messages cost no read of the store for relations, but
// the first.
func TestSendReadsNoRelations(t *testing.T) {
	store := &countingStore{Store: memstore.New()}
	w := newWorld(t, func(c *server.Config) { c.Store = store })
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	store.reads.Store(0)
	for range 50 {
		if err := alice.send(room, "x"); err != nil {
			t.Fatal(err)
		}
	}
	if n := store.reads.Load(); n > 1 {
		t.Errorf("50 messages read records %d times; want at most once", n)
	}
}

type countingStore struct {
	server.Store
	reads atomic.Int64
}

func (s *countingStore) AccountRecords(ctx context.Context, a identity.Account, kind, after string, max int) ([]server.KeyValue, error) {
	s.reads.Add(1)
	return s.Store.AccountRecords(ctx, a, kind, after, max)
}

func (s *countingStore) AccountRecord(ctx context.Context, a identity.Account, kind, key string) ([]byte, error) {
	s.reads.Add(1)
	return s.Store.AccountRecord(ctx, a, kind, key)
}

// TestBlockAtAnotherNode: a block takes hold at once where it was made, elsewhere
// with the hint, and within a poll where the hint is lost.
func TestBlockAtAnotherNode(t *testing.T) {
	for what, lost := range map[string]bool{"told": false, "hint lost": true} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := newSite(t, 2, withPoll(5*time.Second))
				st.hints.Fault(func(int, int, server.Hint) hints.Fate { return hints.Fate{Lost: lost} })
				alice, bob := st.nodes[0].person("alice"), st.nodes[0].person("bob")
				room := alice.room(wire.KindDirect, bob)
				there := bob.at(st.nodes[1])
				for _, d := range []*device{bob, there} { // both nodes remember that alice blocks nobody
					if err := d.send(room, "x"); err != nil {
						t.Fatal(err)
					}
				}
				alice.relate(wire.RelationBlocked, bob)
				synctest.Wait()
				refused(t, "at the node of the block", bob.send(room, "x"), wire.CodeNotAccepting)
				if lost {
					if err := there.send(room, "x"); err != nil {
						t.Errorf("before the poll: %v", err)
					}
					st.nodes[1].pass(5 * time.Second)
				}
				refused(t, "at the other node", there.send(room, "x"), wire.CodeNotAccepting)
			})
		})
	}
}

// TestBlockRace: while messages come at two nodes, a block is set. None that is sent
// after relate has returned, and the hint is there, is taken.
func TestBlockRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newSite(t, 2, withPoll(5*time.Second))
		alice, bob := st.nodes[0].person("alice"), st.nodes[0].person("bob")
		room := alice.room(wire.KindDirect, bob)
		message := bob.sending(room, "x").Message
		var over atomic.Bool
		var wg sync.WaitGroup
		late := make([]int, 4)
		for i := range late {
			w := st.nodes[i%2]
			wg.Go(func() {
				for n := range 400 {
					after := over.Load()
					id := fmt.Appendf(nil, "%d%015d", i, n)
					_, err := w.Send(t.Context(), bob.name, &wire.SendRequest{ID: id, Room: room, Message: message})
					if after && err == nil {
						late[i]++
					}
					time.Sleep(time.Millisecond)
				}
			})
		}
		for n := range 8 { // it is forgotten and set again, while others look
			time.Sleep(20 * time.Millisecond)
			alice.relate([]wire.Relation{wire.RelationBlocked, wire.RelationNone}[n%2], bob)
		}
		alice.relate(wire.RelationBlocked, bob)
		time.Sleep(2 * time.Millisecond) // the hint arrives
		over.Store(true)
		wg.Wait()
		if slices.Max(late) > 0 {
			t.Errorf("taken after the block: %v", late)
		}
	})
}
