package pebblestore_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"parley/server"
	"parley/server/pebblestore"
)

// stuckDisk returns a disk whose syncs wait until let is closed, once stuck is
// set.
func stuckDisk(disk vfs.FS, stuck *atomic.Bool, let chan struct{}) vfs.FS {
	return errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if stuck.Load() && (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData) {
			<-let
		}
		return nil
	}))
}

// TestBusy: while the disk is stuck, 3,200 operations may wait and all succeed
// in the end; of very many more, most are refused at once, and none of them is
// kept.
func TestBusy(t *testing.T) {
	var stuck atomic.Bool
	let := make(chan struct{})
	c := openChat(t, "data", pebblestore.Options{Logger: quiet, FS: stuckDisk(vfs.NewMem(), &stuck, let)})
	defer c.store.Close()
	stuck.Store(true)
	var wg sync.WaitGroup
	var busy, taken atomic.Int64
	try := func(id string) {
		switch _, err := c.send(t, id, "x"); {
		case errors.Is(err, server.ErrBusy):
			busy.Add(1)
		case err != nil:
			t.Error(err)
		default:
			taken.Add(1)
		}
	}
	for i := range 3200 {
		wg.Go(func() { try(fmt.Sprint("first-", i)) })
	}
	for c.store.Stats().Queue < 3200 {
		if busy.Load() > 0 {
			t.Fatal("one of 3,200 was refused")
		}
	}
	for i := range 30_000 {
		wg.Go(func() { try(fmt.Sprint("more-", i)) })
	}
	for busy.Load() < 30_000+3200-1<<14 {
		if c.store.Stats().Queue > 1<<14 {
			t.Fatal("the queue has no bound")
		}
	}
	if c.store.Stats().Refused == 0 {
		t.Error("Stats counts no refusal")
	}
	stuck.Store(false)
	close(let)
	wg.Wait()
	if got := len(c.received(t)); int64(got) != taken.Load() || got < 3200 {
		t.Errorf("%d are there; want the %d that were taken", got, taken.Load())
	}
}

// TestFullMailbox: a mailbox beyond its bound loses its oldest, says so, and
// stops nobody.
func TestFullMailbox(t *testing.T) {
	for name, o := range map[string]pebblestore.Options{
		"Events": {MailboxEvents: 10},
		"Bytes":  {MailboxBytes: 20_000},
	} {
		t.Run(name, func(t *testing.T) {
			o.Logger = quiet
			c := openChat(t, t.TempDir(), o)
			defer c.store.Close()
			alice := c.room.Leaves[0].Device
			for i := range 50 {
				seq, err := c.send(t, fmt.Sprint(i), strings.Repeat("x", 1800))
				if err != nil {
					t.Fatal(err)
				}
				if err := c.store.Acknowledge(t.Context(), alice, seq); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.store.Sweep(t.Context(), server.SweepLimits{}); err != nil {
				t.Fatal(err)
			}
			texts, bob := mailOf(t, c.store, c.bob)
			if n := len(texts); n < 9 || n > 11 || bob.First != 51-uint64(n)+1 || bob.Head != 51 {
				t.Errorf("bob, who reads nothing, has %d events from %d to %d; want the newest 10", n, bob.First, bob.Head)
			}
			if err := c.store.Check(t.Context(), func(line string) { t.Log(line) }); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMaxBytes: a store that has reached its size takes nothing new, tells the
// operator, lets people read and acknowledge, and goes on once a Sweep has made
// room.
func TestMaxBytes(t *testing.T) {
	var log bytes.Buffer
	const limit = 6 << 20
	c := openChat(t, t.TempDir(), pebblestore.OftenSized(pebblestore.Options{
		Logger: slog.New(slog.NewTextHandler(&log, nil)), MaxBytes: limit,
	}))
	defer c.store.Close()
	text := incompressible(64 << 10)
	var err error
	n := 0
	for err == nil && n < 1000 {
		n++
		_, err = c.send(t, fmt.Sprint(n), text)
	}
	if !errors.Is(err, server.ErrUnavailable) || n < 10 || n > 200 {
		t.Fatalf("after %d messages of 64 KiB: %v; want ErrUnavailable", n, err)
	}
	if !strings.Contains(log.String(), "configured size") {
		t.Errorf("the operator reads %q", log.String())
	}
	_, bob := mailOf(t, c.store, c.bob)
	for _, l := range c.room.Leaves {
		if err := c.store.Acknowledge(t.Context(), l.Device, bob.Head); err != nil {
			t.Errorf("an acknowledgement: %v", err)
		}
	}
	// Pebble removes the tables that a sweep has emptied in its own time.
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if err := c.store.Sweep(t.Context(), server.SweepLimits{}); err != nil {
			t.Fatal(err)
		}
		if _, err = c.send(t, "after", "x"); err == nil || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		t.Errorf("after sweeps: %v, with %d bytes", err, c.store.Stats().DiskBytes)
	}
}
