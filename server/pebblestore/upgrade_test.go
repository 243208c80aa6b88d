package pebblestore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"parley/identity"
	"parley/server"
	"parley/server/pebblestore"
	"parley/wire"
)

// oldDevice returns the n-th device of name as the fixture has it.
func oldDevice(name string, n byte) identity.Device {
	a, _ := identity.NewAccount("example.org", name)
	return identity.NewDevice(a, [16]byte{n})
}

func copyOld(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS("testdata/v0.1.0")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestUpgrade opens a data directory of v0.1.0: everything is in it, before and
// after a restart, and what is new goes on where the old ended.
func TestUpgrade(t *testing.T) {
	dir := copyOld(t)
	if report, err := verify(t, dir); err != nil {
		t.Errorf("Verify of format 1: %v\n%s", err, report)
	}
	for round := range 2 {
		s, err := pebblestore.Open(dir, pebblestore.Options{Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		checkOld(t, s)
		if err := s.Check(t.Context(), func(line string) { t.Logf("round %d: %s", round, line) }); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s, err := pebblestore.Open(dir, pebblestore.Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	goOnFromOld(t, s)
	if err := s.Check(t.Context(), func(line string) { t.Log(line) }); err != nil {
		t.Error(err)
	}
}

// mailOf returns the messages of a mailbox and the reply without them.
func mailOf(t *testing.T, s server.Store, d identity.Device) (texts []string, reply *wire.ReadReply) {
	t.Helper()
	raw, err := s.Read(t.Context(), d, 0, wire.MaxReadEvents, wire.MaxReadBytes)
	if err != nil {
		t.Fatal(err)
	}
	if reply, err = raw.Decode(); err != nil {
		t.Fatal(err)
	}
	for i, e := range reply.Events {
		if want := reply.First + uint64(i); e.Pos != want {
			t.Errorf("position %d; want %d", e.Pos, want)
		}
		texts = append(texts, string(e.Envelope.Message))
	}
	return texts, reply
}

func checkOld(t *testing.T, s server.Store) {
	t.Helper()
	if meta, err := s.Meta(t.Context(), "", nil); err != nil || string(meta) != "meta of v0.1.0" {
		t.Errorf("Meta = %q, %v", meta, err)
	}
	for _, c := range []struct {
		device              identity.Device
		first, head, cursor uint64
	}{
		{oldDevice("alice", 1), 22, 28, 21},
		{oldDevice("bob", 1), 12, 28, 11},
		{oldDevice("bob", 2), 12, 28, 23},
		{oldDevice("carol", 1), 1, 28, 3},
	} {
		texts, r := mailOf(t, s, c.device)
		if r.First != c.first || r.Head != c.head || r.Cursor != c.cursor || len(texts) != int(c.head-c.first+1) {
			t.Errorf("%s: first %d, head %d, cursor %d, %d events; want %+v", c.device, r.First, r.Head, r.Cursor, len(texts), c)
		}
		if texts[len(texts)-1] != "message 24" {
			t.Errorf("%s: the last is %q", c.device, texts[len(texts)-1])
		}
	}
	texts, _ := mailOf(t, s, oldDevice("carol", 1))
	for n := range 20 {
		if want := fmt.Sprintf("message %d", n); texts[n+1] != want {
			t.Errorf("carol's position %d is %q; want %q", n+2, texts[n+1], want)
		}
	}
	bob, err := s.Account(t.Context(), oldDevice("bob", 1).Account())
	if err != nil || bob.Current.Version != 2 || bob.Previous == nil || string(bob.Credential) == "" {
		t.Errorf("bob's account is %+v, %v", bob, err)
	}
	g, err := s.Group(t.Context(), "mimi://example.org/r/AAAAAAAAAAAAAAAAAAAAAA")
	if err != nil || g.At.Epoch != 2 || string(g.State) != "state 2" {
		t.Errorf("Group = %+v, %v", g, err)
	}
	if e, err := s.Winner(t.Context(), "mimi://example.org/r/AAAAAAAAAAAAAAAAAAAAAA", 0, 1); err != nil || string(e.Message) != "commit 1" {
		t.Errorf("Winner = %+v, %v", e, err)
	}
}

func goOnFromOld(t *testing.T, s server.Store) {
	t.Helper()
	const room = "mimi://example.org/r/AAAAAAAAAAAAAAAAAAAAAA"
	alice, bob, carol := oldDevice("alice", 1), oldDevice("bob", 1), oldDevice("carol", 1)
	record := server.RecordUpdate{Account: bob.Account(), Kind: server.RecordSeen, Put: []server.KeyValue{{Key: string(bob), Value: []byte("1")}}, Max: 9}
	if err := s.UpdateRecords(t.Context(), record); err != nil {
		t.Error(err)
	}
	if got, err := s.AccountRecord(t.Context(), bob.Account(), server.RecordSeen, string(bob)); err != nil || string(got) != "1" {
		t.Errorf("a record in an old store: %q, %v", got, err)
	}
	send := func(n int) server.Receipt {
		id := fmt.Appendf(nil, "%016d", n)
		r, err := s.Append(t.Context(), server.OperationID{Kind: wire.EventMessage, Device: alice, ID: id}, wire.Envelope{
			Kind: wire.EventMessage, Room: room, Epoch: 2, AcceptedMS: 6000, Sender: alice, ID: id, Message: fmt.Appendf(nil, "message %d", n),
		}, server.Stamp{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if got := send(7); got.Seq != 9 || got.AcceptedMS != 3007 {
		t.Errorf("a message repeated after the upgrade: %+v; want the receipt of v0.1.0", got)
	}
	if got := send(25).Seq; got != 28 { // 26 messages and 2 commits
		t.Errorf("seq %d; want 28", got)
	}
	for _, d := range []identity.Device{bob, oldDevice("bob", 2), alice} {
		if err := s.Acknowledge(t.Context(), d, 29); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sweep(t.Context(), server.SweepLimits{Now: 150_000}); err != nil {
		t.Fatal(err)
	}
	if _, r := mailOf(t, s, bob); r.First != 30 {
		t.Errorf("bob's first is %d; want 30: both devices have everything", r.First)
	}
	if texts, _ := mailOf(t, s, carol); len(texts) != 26 {
		t.Errorf("carol has %d events; want 26: she acknowledged 3", len(texts))
	}
	packages, err := s.ClaimKeyPackages(t.Context(), []identity.Device{bob}, []uint16{1}, 0)
	if err != nil || len(packages) != 1 || string(packages[0].Message) != "package 2" {
		t.Errorf("claimed %+v, %v; want package 2: the other one has expired", packages, err)
	}
	if err := s.Sweep(t.Context(), server.SweepLimits{Envelopes: 3010}); err != nil {
		t.Fatal(err)
	}
	if _, r := mailOf(t, s, carol); r.First != 12 {
		t.Errorf("carol's first is %d; want 12: what came before 3010 has expired", r.First)
	}
}

// TestUpgradeBreaksOff cuts the power before each write of the upgrade in turn,
// and the next start has everything.
func TestUpgradeBreaksOff(t *testing.T) {
	for cut := int64(1); ; cut++ {
		disk := vfs.NewCrashableMem()
		if _, err := vfs.Clone(vfs.Default, disk, "testdata/v0.1.0", "data", vfs.CloneSync); err != nil {
			t.Fatal(err)
		}
		if root, err := disk.OpenDir(""); err != nil || root.Sync() != nil {
			t.Fatal(err)
		}
		var left *vfs.MemFS // what the power cut left
		fs := onWrite(disk, func(n int64) {
			if n == cut {
				left = disk.CrashClone(vfs.CrashCloneCfg{})
			}
		})
		s, err := pebblestore.Open("data", pebblestore.Options{Logger: quiet, FS: fs})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		if left == nil {
			t.Logf("%d writes", cut-1)
			return
		}
		again, err := pebblestore.Open("data", pebblestore.Options{Logger: quiet, FS: left})
		if err != nil {
			t.Fatalf("after a power cut at write %d: %v", cut, err)
		}
		checkOld(t, again)
		again.Close()
	}
}

// onWrite returns disk, which calls f with the number of each write or sync
// before it does it.
func onWrite(disk vfs.FS, f func(n int64)) vfs.FS {
	var mu sync.Mutex
	n := int64(0)
	return errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpFileWrite, errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpCreate, errorfs.OpRename:
			mu.Lock()
			defer mu.Unlock()
			n++
			f(n)
		}
		return nil
	}))
}
