package pebblestore_test

import (
	"log/slog"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"parley/server"
	"parley/server/memstore"
	"parley/server/pebblestore"
	"parley/server/storetest"
)

// disks remembers the crashable disk of each store that a test opened.
var disks = map[server.Store]*vfs.MemFS{}

func open(t *testing.T, disk *vfs.MemFS) *pebblestore.Store {
	t.Helper()
	s, err := pebblestore.Open("data", pebblestore.Options{FS: disk, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	disks[s] = disk
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestStore crashes by losing whatever wasn't synced.
func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Driver{
		Dumps: true,
		Open:  func(t *testing.T) server.Store { return open(t, vfs.NewCrashableMem()) },
		Reopen: func(t *testing.T, s server.Store) server.Store {
			return open(t, disks[s].CrashClone(vfs.CrashCloneCfg{}))
		},
	})
}

// TestMove: what one store dumps, the other loads, and dumps the same.
func TestMove(t *testing.T) {
	memory := func(*testing.T) server.Store { return memstore.New() }
	disk := func(t *testing.T) server.Store { return open(t, vfs.NewCrashableMem()) }
	t.Run("ToDisk", func(t *testing.T) { storetest.Move(t, memory, disk) })
	t.Run("FromDisk", func(t *testing.T) { storetest.Move(t, disk, memory) })
}
