package server_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

// A turnStore counts how often the signing keys are read. Who reads them waits for
// those who are about to want them.
type turnStore struct {
	*memstore.Store
	reads  atomic.Int64
	coming sync.WaitGroup
}

func (s *turnStore) EntryRange(ctx context.Context, from, to string, max int) ([]server.KeyValue, error) {
	s.reads.Add(1)
	s.coming.Wait()
	return s.Store.EntryRange(ctx, from, to, max)
}

// TestWeekTurns: when a week ends while many send, on two nodes, every message is
// franked with one key of the old week or one of the new, and the server knows each
// again; and those that wait for the new key read it once.
func TestWeekTurns(t *testing.T) {
	store := &turnStore{Store: memstore.New()}
	const turn = 100 // messages before the turn, and after
	week := time.UnixMilli(0).Add(2900 * 7 * 24 * time.Hour)
	var rings [2]*server.KeyRing
	for i := range rings {
		var err error
		if rings[i], err = server.OpenKeyRing(t.Context(), store, domain, week.Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	before := store.reads.Load()
	key := rings[0].Statements()[0].Key
	room := identity.RandomRoom(domain)
	var mu sync.Mutex
	hubs := map[string]int{}
	send := func(n int) {
		ring := rings[n%2]
		now := week.Add(time.Duration(n-turn) * time.Millisecond)
		store.coming.Done()
		by, err := ring.Franker(t.Context(), now)
		if err != nil {
			t.Error(err)
			return
		}
		e := wire.Envelope{Room: room, Sender: "mimi://example.org/d/a/AAAAAAAAAAAAAAAAAAAAAA", Seq: uint64(n), AcceptedMS: now.UnixMilli()}
		tag := tagOf(fmt.Sprint(n))
		server.FrankAll([]server.Stamped{{Stamp: server.Stamp{By: by, Tag: tag}, Envelope: &e}})
		proof, stamped := proofOf(t, &e)
		if err := proof.Verify(key, tag[:], e.Franking.Frank, stamped); err != nil {
			t.Error(err)
		}
		if ok, err := rings[1-n%2].Verify(t.Context(), tag[:], e.Franking.Frank, stamped); !ok || err != nil {
			t.Errorf("message %d: %t, %v", n, ok, err)
		}
		mu.Lock()
		hubs[string(e.Franking.HubKey)]++
		mu.Unlock()
	}
	var wg sync.WaitGroup
	for n := range 2 * turn {
		if n%turn == 0 { // the second time the week is over
			wg.Wait()
			store.coming.Add(turn)
		}
		wg.Go(func() { send(n) })
	}
	wg.Wait()
	if len(hubs) != 2 {
		t.Errorf("%d hub keys; want that of the old week and that of the new", len(hubs))
	}
	if got := store.reads.Load() - before; got != 2 {
		t.Errorf("the keys were read %d times; want once by each node", got)
	}
}
