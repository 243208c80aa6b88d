package clientapi_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/clientapi"
	"parley/wire"
)

// roomOf makes a room of people in the store, without a group: signals don't look
// at it.
func (s *site) roomOf(people ...*person) identity.Room {
	s.t.Helper()
	room := identity.RandomRoom(domain)
	next := server.Room{Room: room, Kind: wire.KindGroup, Epoch: 1}
	for _, p := range people {
		next.Accounts = append(next.Accounts, p.device.Account())
		next.Leaves = append(next.Leaves, server.Leaf{Device: p.device})
	}
	next.Set = next.Accounts
	_, err := s.store.Open(s.t.Context(), server.RoomUpdate{
		Op:   server.OperationID{Kind: wire.EventOpen, Device: people[0].device, ID: make([]byte, wire.IDSize)},
		Next: next, Envelope: wire.Envelope{Kind: wire.EventOpen, Room: room, AcceptedMS: time.Now().UnixMilli()},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return room
}

// TestSignalOnStream: a signal comes as a push without events, beside the numbers of
// the mailbox, and no read of the store is made for it.
func TestSignalOnStream(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	alice, bob := s.person("alice"), s.person("bob")
	room := s.roomOf(alice, bob)
	l := s.stream(bob, 0)
	if first := l.push(); len(first.Events) != 1 || first.Head != 1 || len(first.Signals) != 0 {
		t.Fatalf("the first push is %+v", first)
	}
	for n := range 3 {
		data := []byte{byte(n)}
		good[wire.Empty](s, wire.OpSignal, alice.token, wire.SignalRequest{Room: room, Data: data})
		push := l.push()
		if len(push.Events) != 0 || len(push.Signals) != 1 || push.Head != 1 || push.First != 1 {
			t.Fatalf("the push is %+v", push)
		}
		if got := push.Signals[0]; got.Room != room || got.Sender != alice.device || string(got.Data) != string(data) {
			t.Errorf("the signal is %+v", got)
		}
	}
	if reads := s.srv.Stats().Reads; reads > 2 {
		t.Errorf("the mailbox was read %d times; want no read for a signal", reads)
	}
	if got := s.api.Stats().Signals; got != 3 {
		t.Errorf("Stats counts %d signals; want 3", got)
	}
}

// TestSignalWithEvents: what is in the mailbox at the same time comes along, and
// pushes of the mailbox go on after signals.
func TestSignalWithEvents(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	alice, bob := s.person("alice"), s.person("bob")
	room := s.roomOf(alice, bob)
	l := s.stream(bob, 1)
	const each = 8
	for n := range each {
		good[wire.Empty](s, wire.OpSignal, alice.token, wire.SignalRequest{Room: room, Data: []byte{byte(n)}})
		s.event(bob)
	}
	events, signals := 0, 0
	for events < each || signals < each {
		push := l.push()
		for _, e := range push.Events {
			if events++; e.Pos != uint64(events)+1 {
				t.Fatalf("position %d comes as event %d", e.Pos, events)
			}
		}
		signals += len(push.Signals)
	}
}

// TestSignalByPolling: who reads with a wait gets it too, and a flood is refused with
// how long to wait.
func TestSignalByPolling(t *testing.T) {
	s := newSite(t, clientapi.Options{}, func(c *server.Config) { c.Rates.Signal = server.Rate{Burst: 2, Every: time.Hour} })
	alice, bob := s.person("alice"), s.person("bob")
	room := s.roomOf(alice, bob)
	got := make(chan *wire.ReadReply, 1)
	go func() {
		reply, _, _ := call[wire.ReadReply](s, wire.OpRead, bob.token, wire.ReadRequest{After: 1, WaitMS: wire.MaxReadWait})
		got <- reply
	}()
	for s.srv.Stats().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	good[wire.Empty](s, wire.OpSignal, alice.token, wire.SignalRequest{Room: room, Data: []byte("x")})
	if reply := <-got; reply == nil || len(reply.Signals) != 1 || len(reply.Events) != 0 {
		t.Errorf("bob reads %+v", reply)
	}
	good[wire.Empty](s, wire.OpSignal, alice.token, wire.SignalRequest{Room: room, Data: []byte("x")})
	body, err := wire.Marshal(wire.SignalRequest{Room: room, Data: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	resp := s.post(wire.OpSignal, alice.token, bytes.NewReader(body))
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a third: status %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	_, status, refusal := call[wire.Empty](s, wire.OpSignal, bob.token, wire.SignalRequest{Room: identity.RandomRoom(domain), Data: []byte("x")})
	if status != http.StatusNotFound || refusal.Code != wire.CodeUnknownRoom {
		t.Errorf("to another room: %d, %v", status, refusal)
	}
}

// TestRelateOverHTTP: the operations of relations and activity have their names.
func TestRelateOverHTTP(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	alice, bob := s.person("alice"), s.person("bob")
	good[wire.Empty](s, wire.OpRelate, alice.token, wire.RelateRequest{Accounts: []identity.Account{bob.device.Account()}, Relation: wire.RelationBlocked})
	if got := good[wire.Relations](s, wire.OpRelations, alice.token, wire.RelationsRequest{}); len(got.Relations) != 1 || got.Relations[0].Relation != wire.RelationBlocked {
		t.Errorf("relations = %+v", got)
	}
	_, status, refusal := call[wire.ClaimedKeyPackages](s, wire.OpClaimKeyPackages, bob.token, wire.ClaimKeyPackagesRequest{Account: alice.device.Account(), Suites: []uint16{1}})
	if status != http.StatusForbidden || refusal.Code != wire.CodeNotAccepting {
		t.Errorf("a claim of who is blocked: %d, %v", status, refusal)
	}
	if got := good[wire.DeviceActivity](s, wire.OpDeviceActivity, alice.token, wire.Empty{}); len(got.Devices) != 1 || got.Devices[0].DayMS == 0 {
		t.Errorf("activity = %+v", got)
	}
	_, status, refusal = call[wire.LeaveReply](s, wire.OpLeave, alice.token, wire.LeaveRequest{ID: make([]byte, wire.IDSize), Room: identity.RandomRoom(domain)})
	if status != http.StatusNotFound || refusal.Code != wire.CodeUnknownRoom {
		t.Errorf("leave: %d, %v", status, refusal)
	}
}
