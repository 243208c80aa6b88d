package server_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
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

// everything reads d's mailbox to its end, from position after on.
func (d *device) everything(after uint64) (all []wire.Event) {
	d.w.t.Helper()
	for {
		reply, err := d.w.Read(d.w.t.Context(), d.session, &wire.ReadRequest{After: after})
		if err != nil {
			d.w.t.Fatal(err)
		}
		if len(reply.Events) == 0 {
			return all
		}
		all = append(all, reply.Events...)
		after = all[len(all)-1].Pos
	}
}

// checkOrder checks that positions and seqs count from 1 without gaps.
func checkOrder(t *testing.T, who string, events []wire.Event) {
	t.Helper()
	for i, e := range events {
		if e.Pos != uint64(i)+1 || e.Envelope.Seq != uint64(i)+1 {
			t.Fatalf("%s: event %d is at position %d, seq %d", who, i, e.Pos, e.Envelope.Seq)
		}
	}
}

// TestOneOrder: three people write at once, each at two nodes of three; everyone
// reads the same messages in the same order, each once, whatever node they ask, and
// whatever becomes of the hints.
func TestOneOrder(t *testing.T) {
	st := newSite(t, 3)
	st.hints.Fault(func(from, to int, _ server.Hint) hints.Fate { return hints.Fate{Lost: to == 0, Again: from} })
	people := []*device{st.nodes[0].person("alice"), st.nodes[0].person("bob"), st.nodes[0].person("carol")}
	room := people[0].room(wire.KindGroup, people[1:]...)
	const each = 40
	var wg sync.WaitGroup
	for i, p := range people {
		message := p.sending(room, "x").Message
		for k := range 2 {
			wg.Go(func() {
				for n := range each {
					id := []byte(fmt.Sprintf("%d.%d.%012d", i, k, n))
					for try := range 2 { // its answer was lost: it comes again, elsewhere
						w := st.nodes[(i+k+try)%3]
						if _, err := w.Send(t.Context(), p.name, &wire.SendRequest{ID: id, Room: room, Message: message}); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
	}
	wg.Wait()
	want := people[0].everything(0)
	if len(want) != 1+len(people)*2*each {
		t.Fatalf("%d events; want each message once", len(want))
	}
	checkOrder(t, "alice", want)
	ids := map[string]int{}
	for _, e := range want {
		ids[string(e.Envelope.ID)]++
	}
	if len(ids) != len(want) {
		t.Errorf("%d ids among %d events", len(ids), len(want))
	}
	for i, p := range people {
		for _, node := range st.nodes {
			if got := p.at(node).everything(0); !sameEvents(got, want) {
				t.Errorf("person %d reads another order", i)
			}
		}
	}
}

func sameEvents(a, b []wire.Event) bool {
	return slices.EqualFunc(a, b, func(x, y wire.Event) bool {
		return x.Pos == y.Pos && x.Envelope.Seq == y.Envelope.Seq && string(x.Envelope.ID) == string(y.Envelope.ID)
	})
}

// waited sends at one node while bob waits at another, and returns how long he did.
func waited(t *testing.T, st *site) time.Duration {
	t.Helper()
	alice, bob := st.nodes[0].person("alice"), st.nodes[0].person("bob")
	room := alice.room(wire.KindDirect, bob)
	bob = bob.at(st.nodes[1])
	type answer struct {
		reply *wire.ReadReply
		err   error
	}
	got := make(chan answer)
	go func() {
		reply, err := bob.w.Read(t.Context(), bob.session, &wire.ReadRequest{After: 1, WaitMS: wire.MaxReadWait})
		got <- answer{reply, err}
	}()
	synctest.Wait() // bob waits
	begin := time.Now()
	if err := alice.send(room, "x"); err != nil {
		t.Fatal(err)
	}
	a := <-got
	if a.err != nil || len(a.reply.Events) != 1 || a.reply.Events[0].Pos != 2 {
		t.Fatalf("bob reads %+v, %v", a.reply, a.err)
	}
	return time.Since(begin)
}

// TestHintWakes: who waits at another node is told at once.
func TestHintWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newSite(t, 2, withPoll(5*time.Second))
		if took := waited(t, st); took > 0 {
			t.Errorf("it took %v; want no time", took)
		}
	})
}

// TestLostHintDelays: without a hint who waits looks by itself, within a poll, and
// late or doubled hints are as good as others.
func TestLostHintDelays(t *testing.T) {
	for what, c := range map[string]struct {
		fate hints.Fate
		most time.Duration
	}{
		"lost":    {hints.Fate{Lost: true}, 5 * time.Second},
		"late":    {hints.Fate{Delay: time.Second}, time.Second},
		"doubled": {hints.Fate{Again: 100}, 0},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := newSite(t, 2, withPoll(5*time.Second))
				st.hints.Fault(func(int, int, server.Hint) hints.Fate { return c.fate })
				if took := waited(t, st); took > c.most {
					t.Errorf("it took %v; want at most %v", took, c.most)
				}
			})
		})
	}
}

func withPoll(d time.Duration) func(*server.Config) {
	return func(c *server.Config) { c.Poll = d }
}

// TestManyWaitersLookInTurn: without hints each of many subscriptions is told to look
// once in each poll, and not all at one instant.
func TestManyWaitersLookInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newSite(t, 1, withPoll(time.Minute))
		begin, instants := time.Now(), map[time.Duration]int{}
		var mu sync.Mutex // guards instants
		for i := range 300 {
			d := st.nodes[0].newDevice(fmt.Sprintf("p%d", i))
			if _, err := d.w.SignUp(t.Context(), "addr", &wire.SignUpRequest{Login: d.login, List: d.first()}); err != nil {
				t.Fatal(err)
			}
			d.open()
			sub := st.nodes[0].Watch(d.session, func() {
				mu.Lock()
				defer mu.Unlock()
				instants[time.Since(begin)]++
			})
			defer sub.Close()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		looks, most := 0, 0
		for _, n := range instants {
			looks, most = looks+n, max(most, n)
		}
		if looks < 300 || looks > 400 || most > 60 {
			t.Errorf("%d looks in a minute, %d of them at once; want 300, spread", looks, most)
		}
	})
}

// TestReadAgain: reading moves nothing, so that a device which lost what it had read
// reads it again; what it acknowledged stays acknowledged.
func TestReadAgain(t *testing.T) {
	st := newSite(t, 2)
	alice, bob := st.nodes[0].person("alice"), st.nodes[0].person("bob")
	room := alice.room(wire.KindDirect, bob)
	for i := range 5 {
		if err := alice.send(room, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	first, again := bob.everything(2), bob.at(st.nodes[1]).everything(2)
	if len(first) != 4 || !sameEvents(first, again) {
		t.Errorf("read %d events, then %d; want the same 4", len(first), len(again))
	}
	for _, pos := range []uint64{4, 2, 0} {
		if _, err := st.nodes[pos%2].Acknowledge(t.Context(), bob.name, &wire.AcknowledgeRequest{Pos: pos}); err != nil {
			t.Fatal(err)
		}
	}
	if reply, err := bob.w.Read(t.Context(), bob.session, &wire.ReadRequest{}); err != nil || reply.Cursor != 4 {
		t.Errorf("the cursor is at %d, %v; want 4", reply.Cursor, err)
	}
}

// TestKeptUntilEveryDeviceHasIt: an envelope goes when all devices of an account have
// acknowledged it, not earlier, or when its retention ends.
func TestKeptUntilEveryDeviceHasIt(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	laptop := bob.another() // its cursor begins at 1, behind its own list
	room := alice.room(wire.KindDirect, bob)
	if err := alice.send(room, "x"); err != nil {
		t.Fatal(err)
	}
	head := bob.everything(0)[len(bob.everything(0))-1].Pos
	kept := func() int {
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		return len(laptop.everything(1))
	}
	if _, err := w.Acknowledge(t.Context(), bob.name, &wire.AcknowledgeRequest{Pos: head}); err != nil {
		t.Fatal(err)
	}
	if n := kept(); n != 2 {
		t.Errorf("%d events are kept for the laptop; want 2", n)
	}
	w.pass(server.DefaultRetention - time.Minute)
	laptop.open()
	if n := kept(); n != 2 {
		t.Errorf("%d events are kept just before the retention ends; want 2", n)
	}
	w.pass(2 * time.Minute)
	if n := kept(); n != 0 {
		t.Errorf("%d events are kept after the retention; want none", n)
	}
}

// TestIdempotentForAWeek: the repetition of a message gives the first answer for 7
// days, at any node, even if the room has moved on.
func TestIdempotentForAWeek(t *testing.T) {
	st := newSite(t, 2)
	here, there := st.nodes[0], st.nodes[1]
	alice, bob := here.person("alice"), here.person("bob")
	room := alice.room(wire.KindDirect, bob)
	req := alice.sending(room, "x")
	first, err := here.Send(t.Context(), alice.name, req)
	if err != nil {
		t.Fatal(err)
	}
	alice.commit(room, mls.CommitOptions{}, bob) // its epoch has ended
	for range 7 {
		for _, w := range st.nodes {
			if err := w.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if again, err := w.Send(t.Context(), alice.name, req); err != nil || *again != *first {
				t.Fatalf("the repetition = %+v, %v; want %+v", again, err, first)
			}
		}
		here.pass(24*time.Hour - time.Minute)
		there.pass(24*time.Hour - time.Minute)
	}
	if n := len(bob.everything(0)); n != 3 {
		t.Errorf("bob has %d events; want 3", n)
	}
}

// TestClockJumps: a clock that is set a year back, or forth, changes no order, loses
// nothing, forgets no repetition, ends no reset and no allowance. What is stamped
// meanwhile has the right time.
func TestClockJumps(t *testing.T) {
	for what, jump := range map[string]time.Duration{
		"a year back": -365 * 24 * time.Hour, "a year forth": 365 * 24 * time.Hour,
		"an hour back": -time.Hour, "an hour forth": time.Hour,
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			alice, bob := w.person("alice"), w.person("bob")
			room := alice.room(wire.KindDirect, bob)
			req := alice.sending(room, "before")
			first := sent(t)(w.Send(t.Context(), alice.name, req))
			w.pass(time.Minute)
			right := w.time()
			w.jump(jump)
			sweep(t, w)
			meant := sent(t)(w.Send(t.Context(), alice.name, alice.sending(room, "meanwhile")))
			if off := time.UnixMilli(meant.AcceptedMS).Sub(right).Abs(); off > 2*time.Hour {
				t.Errorf("a message is stamped %v off", off)
			}
			if again := sent(t)(w.Send(t.Context(), alice.name, req)); *again != *first {
				t.Errorf("a repetition gives %+v; want %+v", again, first)
			}
			alice.open() // the old session may have expired: that only costs another
			sweep(t, w)
			w.jump(-jump)
			sweep(t, w)
			sent(t)(w.Send(t.Context(), alice.name, alice.sending(room, "after")))
			if again := sent(t)(w.Send(t.Context(), alice.name, req)); *again != *first {
				t.Errorf("a repetition after it gives %+v; want %+v", again, first)
			}
			bob.open()
			got := bob.everything(0)
			if len(got) != 4 {
				t.Fatalf("bob has %d events; want 4", len(got))
			}
			checkOrder(t, "bob", got)
			w.pass(server.DefaultRetention + 2*time.Hour)
			bob.open()
			sweep(t, w)
			if got := bob.everything(0); len(got) != 0 {
				t.Errorf("bob has %d events after the retention; want none", len(got))
			}
		})
	}
}

// TestClockEndsNoReset: a clock that jumps over a reset's delay doesn't end it.
func TestClockEndsNoReset(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	thief := w.newDevice("alice")
	l := alice.newest().Next(identity.Reset, 0)
	l.Devices = []identity.ListedDevice{thief.entry()}
	if _, err := w.Reset(t.Context(), "addr", &wire.ResetRequest{Login: alice.login, List: l.Sign(thief.name, thief.key)}); err != nil {
		t.Fatal(err)
	}
	w.jump(2 * server.DefaultResetDelay)
	sweep(t, w)
	alice.open() // is still listed
	cancel := alice.next(identity.Cancel, alice)
	cancel.Devices = []identity.ListedDevice{alice.entry()}
	if err := alice.put(cancel); err != nil {
		t.Errorf("cancelling after the clock jumped: %v", err)
	}
}

// TestNodesDisagreeOnTheTime: nodes whose clocks are hours apart serve one room in one
// order.
func TestNodesDisagreeOnTheTime(t *testing.T) {
	st := newSite(t, 3)
	for i, w := range st.nodes {
		w.pass(time.Duration(i) * 20 * time.Minute)
	}
	alice, bob := st.nodes[0].person("alice"), st.nodes[0].person("bob")
	room := alice.room(wire.KindDirect, bob)
	for i := range 30 {
		sent(t)(st.nodes[(2*i)%3].Send(t.Context(), alice.name, alice.sending(room, fmt.Sprint(i))))
	}
	got := bob.everything(0)
	checkOrder(t, "bob", got)
	if len(got) != 31 {
		t.Errorf("bob has %d events; want 31", len(got))
	}
}

// TestLastResortEnds: however long it says that it lives, a last-resort key package is
// given out for 14 days.
func TestLastResortEnds(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	for range 4 {
		alice.claimFrom(bob)
	}
	count, err := w.KeyPackageCount(t.Context(), bob.name, &wire.Empty{})
	if err != nil || count.SingleUse != 0 || time.Unix(count.Expires, 0).After(w.time().Add(14*24*time.Hour)) {
		t.Fatalf("KeyPackageCount = %+v, %v; want the last resort alone, for 14 days", count, err)
	}
	w.pass(14*24*time.Hour - time.Minute)
	if got := alice.claimFrom(bob); len(got) != 1 {
		t.Errorf("%d key packages after 14 days less a minute; want 1", len(got))
	}
	w.pass(2 * time.Minute)
	_, err = w.ClaimKeyPackages(t.Context(), alice.name, &wire.ClaimKeyPackagesRequest{Account: bob.account, Suites: []uint16{uint16(suite.ID())}})
	refused(t, "claiming it after 14 days", err, wire.CodeNoKeyPackage)
}

// TestReceiptsAreTrue: what was acknowledged to its sender is in the store already when
// the acknowledgement leaves; what failed may be there or not, and its repetition says.
func TestReceiptsAreTrue(t *testing.T) {
	store := &forgetful{Store: memstore.New()}
	w := newWorld(t, func(c *server.Config) { c.Store = store })
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	store.loses = true // the store has it, and its answer is lost
	req := alice.sending(room, "x")
	_, err := w.Send(t.Context(), alice.name, req)
	if e := server.AsWire(err); e == nil || e.Code != wire.CodeUnavailable {
		t.Fatalf("Send = %v; want unavailable", err)
	}
	store.loses = false
	reply := sent(t)(w.Send(t.Context(), alice.name, req))
	got := bob.everything(0)
	if len(got) != 2 || got[1].Envelope.Seq != reply.Seq || got[1].Envelope.AcceptedMS != reply.AcceptedMS {
		t.Errorf("bob has %d events, the receipt is %+v", len(got), reply)
	}
}

// A forgetful store loses the answers to what it has stored.
type forgetful struct {
	server.Store
	loses bool
}

func (s *forgetful) Append(ctx context.Context, op server.OperationID, e wire.Envelope, stamp server.Stamp) (server.Receipt, error) {
	r, err := s.Store.Append(ctx, op, e, stamp)
	if s.loses {
		return server.Receipt{}, fmt.Errorf("%w: the connection broke", server.ErrUnavailable)
	}
	return r, err
}

func sweep(t *testing.T, w *world) {
	t.Helper()
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// sent returns what fails the test on an error.
func sent(t *testing.T) func(*wire.SendReply, error) *wire.SendReply {
	return func(r *wire.SendReply, err error) *wire.SendReply {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}
