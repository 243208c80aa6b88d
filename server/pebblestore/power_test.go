package pebblestore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"parley/server"
	"parley/server/pebblestore"
)

// TestCrashPower cuts the power at some write or sync while eight writers are at
// work: what was acknowledged before is there afterwards, once.
func TestCrashPower(t *testing.T) {
	cuts := 0
	for round := range rounds(25) {
		rng := rand.New(rand.NewPCG(uint64(round), 7))
		disk := vfs.NewCrashableMem()
		var mu sync.Mutex
		acked, before := map[string]bool{}, map[string]bool{}
		var left *vfs.MemFS // what the power cut left
		cut, from := int64(1+rng.IntN(60)), int64(1<<62)
		var base atomic.Int64
		base.Store(from)
		fs := onWrite(disk, func(n int64) {
			if base.CompareAndSwap(1<<61, n) || n != base.Load()+cut {
				return
			}
			mu.Lock()
			for id := range acked {
				before[id] = true
			}
			mu.Unlock()
			left = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100 * rng.IntN(2), RNG: rng})
		})
		o := pebblestore.Options{Logger: quiet, FS: fs}
		if round%2 == 0 {
			o = pebblestore.Small(o)
		}
		c := openChat(t, "data", o)
		base.Store(1 << 61)
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := range 60 {
					id := fmt.Sprintf("%d-%d", w, i)
					seq, err := c.send(t, id, strings.Repeat(id, 20))
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					acked[id] = true
					mu.Unlock()
					if i%10 == 9 {
						c.store.Acknowledge(t.Context(), c.room.Leaves[0].Device, seq)
					}
				}
			})
		}
		wg.Wait()
		c.store.Close()
		if left == nil {
			continue // fewer writes than that
		}
		cuts++
		again := openChat(t, "data", pebblestore.Options{Logger: quiet, FS: left})
		got := again.received(t)
		for id := range before {
			if got[id] != strings.Repeat(id, 20) {
				t.Errorf("round %d: %s was acknowledged and is lost", round, id)
			}
		}
		if err := again.store.Check(t.Context(), func(line string) { t.Log(line) }); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		again.store.Close()
	}
	if cuts < 5 {
		t.Errorf("the power was cut %d times", cuts)
	}
}

// TestFaultSlowDisk: where each sync takes long, many messages share it, and
// nobody waits for more than a few of them.
func TestFaultSlowDisk(t *testing.T) {
	const sync1 = 20 * time.Millisecond
	slow := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData {
			time.Sleep(sync1)
		}
		return nil
	}))
	c := openChat(t, "data", pebblestore.Options{Logger: quiet, FS: slow})
	defer c.store.Close()
	before := c.store.Stats()
	var wg sync.WaitGroup
	for w := range 200 {
		wg.Go(func() {
			for i := range 5 {
				if _, err := c.send(t, fmt.Sprint(w, "-", i), "x"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if groups := c.store.Stats().Groups - before.Groups; groups > 100 {
		t.Errorf("1,000 messages of 200 writers took %d syncs", groups)
	}
	if got := len(c.received(t)); got != 1000 {
		t.Errorf("%d messages are there; want 1,000", got)
	}
}

// TestFaultReadOnly: a disk that becomes read-only while the server runs, and a
// directory that can't be written at the start.
func TestFaultReadOnly(t *testing.T) {
	mem := vfs.NewCrashableMem()
	var readOnly errorfs.Toggle
	readOnly.Injector = errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return syscall.EROFS
		}
		return nil
	})
	c := openChat(t, "data", pebblestore.Options{Logger: quiet, FS: errorfs.Wrap(mem, &readOnly)})
	if _, err := c.send(t, "a", "1"); err != nil {
		t.Fatal(err)
	}
	readOnly.On()
	if _, err := c.send(t, "b", "2"); !errors.Is(err, server.ErrUnavailable) {
		t.Errorf("a write on a read-only disk: %v; want ErrUnavailable", err)
	}
	if got := c.received(t); len(got) != 1 || got["a"] != "1" {
		t.Errorf("bob reads %v", got)
	}
	stopped := errorfs.Wrap(mem.CrashClone(vfs.CrashCloneCfg{}), &readOnly)
	if err := pebblestore.VerifyOn(t.Context(), "data", stopped); errors.Is(err, pebblestore.ErrLocked) || !errors.Is(err, syscall.EROFS) {
		t.Errorf("Verify on a read-only disk: %v; want what the disk says, not ErrLocked", err)
	}
	if _, err := pebblestore.Open("data", pebblestore.Options{Logger: quiet, FS: stopped}); errors.Is(err, pebblestore.ErrLocked) || !errors.Is(err, syscall.EROFS) {
		t.Errorf("Open on a read-only disk: %v; want what the disk says, not ErrLocked", err)
	}
	readOnly.Off()
	again := openChat(t, "data", pebblestore.Options{Logger: quiet, FS: mem.CrashClone(vfs.CrashCloneCfg{})})
	defer again.store.Close()
	if got := again.received(t); got["a"] != "1" {
		t.Errorf("after a new start bob reads %v", got)
	}
	if os.Getuid() == 0 {
		t.Log("a directory without rights isn't tried: root may write anywhere")
		return
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if s, err := pebblestore.Open(dir, pebblestore.Options{Logger: quiet}); err == nil {
		s.Close()
		t.Error("a directory that can't be written was opened")
	}
}
