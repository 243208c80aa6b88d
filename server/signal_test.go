package server_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/hints"
	"parley/wire"
)

func (d *device) signal(room identity.Room, data string) error {
	_, err := d.w.Signal(d.w.t.Context(), d.name, &wire.SignalRequest{Room: room, Data: []byte(data)})
	return err
}

// waiting subscribes d until the test ends.
func (d *device) waiting() *server.Subscription {
	sub := d.w.Subscribe(d.session)
	d.w.t.Cleanup(sub.Close)
	sub.Grown()
	return sub
}

// data returns what signals say.
func data(signals []wire.Signal) (list []string) {
	for _, s := range signals {
		list = append(list, string(s.Data))
	}
	return list
}

func TestSignal(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol, dave := w.person("alice"), w.person("bob"), w.person("carol"), w.person("dave")
	room := alice.room(wire.KindGroup, bob, carol)
	laptop := alice.another()
	carol.relate(wire.RelationBlocked, alice)
	subs := map[*device]*server.Subscription{}
	for _, d := range []*device{alice, laptop, bob, carol, dave} {
		subs[d] = d.waiting()
	}
	head := len(bob.inbox())
	if err := alice.signal(room, "typing"); err != nil {
		t.Fatal(err)
	}
	for d, want := range map[*device]int{alice: 0, laptop: 1, bob: 1, carol: 0, dave: 0} {
		got := subs[d].Signals()
		if len(got) != want {
			t.Errorf("%s's device has %d signals; want %d", d.account.Name(), len(got), want)
		}
		for _, s := range got {
			if s.Room != room || s.Sender != alice.name || string(s.Data) != "typing" {
				t.Errorf("the signal is %+v", s)
			}
		}
		select {
		case <-subs[d].C:
			if want == 0 {
				t.Errorf("%s was woken", d.account.Name())
			}
		default:
			if want > 0 {
				t.Errorf("%s wasn't woken", d.account.Name())
			}
		}
		if subs[d].Grown() {
			t.Errorf("%s is told that the mailbox has grown", d.account.Name())
		}
	}
	if got := subs[bob].Signals(); len(got) != 0 {
		t.Errorf("taken twice: %v", got)
	}
	if got := len(bob.inbox()); got != head {
		t.Errorf("the mailbox has %d events; want %d: a signal isn't stored", got, head)
	}
}

func TestSignalRefusals(t *testing.T) {
	w := newWorld(t)
	alice, bob, mallory := w.person("alice"), w.person("bob"), w.person("mallory")
	room := alice.room(wire.KindDirect, bob)
	laptop := alice.another() // listed, and without a leaf in the room
	sub := bob.waiting()
	refused(t, "a stranger's", mallory.signal(room, "x"), wire.CodeUnknownRoom)
	refused(t, "to no room", alice.signal(identity.RandomRoom(domain), "x"), wire.CodeUnknownRoom)
	refused(t, "of a device without a leaf", laptop.signal(room, "x"), wire.CodeNotMember)
	refused(t, "an empty one", alice.signal(room, ""), wire.CodeBadRequest)
	refused(t, "a large one", alice.signal(room, string(make([]byte, wire.MaxSignal+1))), wire.CodeBadRequest)
	if got := sub.Signals(); len(got) != 0 {
		t.Errorf("bob got %v", got)
	}
}

// TestSignalFlood: one device can send no more than its rate, and who doesn't take
// what comes has the newest.
func TestSignalFlood(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	sub := bob.waiting()
	taken := 0
	for i := range 1000 {
		if err := w.Admit(alice.session, wire.OpSignal, 300); err != nil {
			if e := refused(t, "a flood", err, wire.CodeRateLimited); e.RetryAfter <= 0 {
				t.Fatalf("RetryAfter = %d", e.RetryAfter)
			}
			break
		}
		if err := alice.signal(room, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		taken++
	}
	if taken != server.DefaultRates.Signal.Burst {
		t.Errorf("%d signals were admitted at once; want %d", taken, server.DefaultRates.Signal.Burst)
	}
	if err := w.Admit(alice.session, wire.OpSend, 300); err != nil {
		t.Errorf("a message beside the flood: %v", err)
	}
	var want []string
	for i := taken - wire.MaxSignals; i < taken; i++ {
		want = append(want, fmt.Sprint(i))
	}
	if got := data(sub.Signals()); !slices.Equal(got, want) {
		t.Errorf("bob has %v; want the newest, %v", got, want)
	}
	if n := w.Stats().SignalsLost; n != uint64(taken-wire.MaxSignals) {
		t.Errorf("%d are counted as lost; want %d", n, taken-wire.MaxSignals)
	}
	w.pass(time.Second)
	if err := w.Admit(alice.session, wire.OpSignal, 300); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

// TestSignalWakesReader: who reads with a wait gets it, at the same node or another.
func TestSignalWakesReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newSite(t, 2)
		alice, bob := st.nodes[0].person("alice"), st.nodes[0].person("bob")
		room := alice.room(wire.KindDirect, bob)
		for i, w := range st.nodes {
			got := make(chan *wire.ReadReply, 1)
			go func() {
				reply, err := w.Read(t.Context(), bob.session, &wire.ReadRequest{After: 1, WaitMS: wire.MaxReadWait})
				if err != nil {
					t.Error(err)
				}
				got <- reply
			}()
			synctest.Wait()
			begin := time.Now()
			if err := alice.signal(room, "typing"); err != nil {
				t.Fatal(err)
			}
			reply := <-got
			if time.Since(begin) > 0 || len(reply.Events) != 0 || !slices.Equal(data(reply.Signals), []string{"typing"}) || reply.Head != 1 {
				t.Errorf("at node %d after %v bob reads %+v", i, time.Since(begin), reply)
			}
		}
	})
}

// TestSignalOverNodes: the other node passes it on to whom it may, and keeps to the
// block that was made here.
func TestSignalOverNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newSite(t, 2)
		alice, bob, carol := st.nodes[0].person("alice"), st.nodes[0].person("bob"), st.nodes[0].person("carol")
		room := alice.room(wire.KindGroup, bob, carol)
		atBob, atCarol := bob.at(st.nodes[1]).waiting(), carol.at(st.nodes[1]).waiting()
		signal := func(text string, want ...int) {
			t.Helper()
			if err := alice.signal(room, text); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			for i, sub := range []*server.Subscription{atBob, atCarol} {
				if got := sub.Signals(); len(got) != want[i] {
					t.Errorf("%s: %d of them at the other node; want %d", text, len(got), want[i])
				}
			}
		}
		signal("both", 1, 1)
		carol.relate(wire.RelationBlocked, alice)
		synctest.Wait()
		signal("one has blocked the sender", 1, 0)
		st.hints.Fault(func(int, int, server.Hint) hints.Fate { return hints.Fate{Lost: true} })
		signal("lost", 0, 0)
		st.hints.Fault(nil)
		// A node that is told of a room that it can't find, or too much, drops it.
		st.hints.Node().Publish(server.Hint{Signals: []wire.Signal{
			{Room: identity.RandomRoom(domain), Sender: alice.name, Data: []byte("x")},
			{Room: room, Sender: alice.name, Data: make([]byte, wire.MaxSignal+1)},
		}})
		signal("after that", 1, 0)
		if n := st.nodes[1].Stats().SignalsLost; n != 2 {
			t.Errorf("%d are counted as lost; want 2", n)
		}
	})
}
