package pebblestore_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"parley/server"
	"parley/server/pebblestore"
	"parley/wire"
)

// TestReadWhile reads from everywhere in a mailbox while messages come, are
// acknowledged, leave memory and are swept: each reply is without gaps, and each
// message is what was sent.
func TestReadWhile(t *testing.T) {
	c := openChat(t, "data", pebblestore.Small(pebblestore.Options{Logger: quiet, FS: vfs.NewMem()}))
	defer c.store.Close()
	stop := make(chan struct{})
	var writers, others sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 250 {
				id := fmt.Sprintf("%d-%d", w, i)
				if _, err := c.send(t, id, strings.Repeat(id, 30)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running := func() bool {
		select {
		case <-stop:
			return false
		default:
			return true
		}
	}
	for r := range 3 {
		others.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(r), 10))
			for running() {
				c.readSome(t, rng)
			}
		})
	}
	others.Go(func() {
		for running() {
			reply, err := c.store.Read(t.Context(), c.bob, 0, 1, 1)
			if err != nil {
				t.Error(err)
				return
			}
			for _, l := range c.room.Leaves {
				if err := c.store.Acknowledge(t.Context(), l.Device, reply.Head/2); err != nil {
					t.Error(err)
				}
			}
			if err := c.store.Sweep(t.Context(), server.SweepLimits{}); err != nil {
				t.Error(err)
			}
		}
	})
	writers.Wait()
	close(stop)
	others.Wait()
}

// readSome reads a piece from somewhere.
func (c *chat) readSome(t *testing.T, rng *rand.Rand) {
	at, err := c.store.Read(t.Context(), c.bob, 0, 1, 1)
	if err != nil {
		t.Error(err)
		return
	}
	after := rng.Uint64N(at.Head + 1)
	raw, err := c.store.Read(t.Context(), c.bob, after, 1+rng.IntN(100), wire.MaxReadBytes)
	if err != nil {
		t.Error(err)
		return
	}
	reply, err := raw.Decode()
	if err != nil {
		t.Error(err)
		return
	}
	want := max(after+1, reply.First)
	if len(reply.Events) == 0 && reply.Head >= want {
		t.Errorf("nothing after %d of %d to %d", after, reply.First, reply.Head)
	}
	for _, e := range reply.Events {
		id := string(e.Envelope.ID)
		if e.Pos != want || string(e.Envelope.Message) != strings.Repeat(id, 30) {
			t.Errorf("position %d has %q; want position %d whole", e.Pos, id, want)
			return
		}
		want++
	}
}
