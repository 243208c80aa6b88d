package pebblestore_test

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"parley/franking"
	"parley/identity"
	"parley/server"
	"parley/server/pebblestore"
	"parley/wire"
)

var quiet = slog.New(slog.DiscardHandler)

// A chat is a store with alice and bob in a room.
type chat struct {
	store *pebblestore.Store
	room  *server.Room
	bob   identity.Device
	ring  *server.KeyRing // nil: nothing is franked
}

func openChat(tb testing.TB, dir string, o pebblestore.Options) *chat {
	tb.Helper()
	s, err := pebblestore.Open(dir, o)
	if err != nil {
		tb.Fatal(err)
	}
	return chatIn(tb, s)
}

// chatIn finds alice and bob in s, or makes them.
func chatIn(tb testing.TB, s *pebblestore.Store) *chat {
	tb.Helper()
	var accounts []identity.Account
	var leaves []server.Leaf
	for _, name := range []string{"alice", "bob"} {
		a, _ := identity.NewAccount("example.org", name)
		d := identity.NewDevice(a, [16]byte{1})
		err := s.CreateAccount(tb.Context(), server.NewAccount{Account: a, Device: d})
		if err != nil && !errors.Is(err, server.ErrExists) {
			tb.Fatal(err)
		}
		accounts, leaves = append(accounts, a), append(leaves, server.Leaf{Device: d})
	}
	const room = "mimi://example.org/r/AAAAAAAAAAAAAAAAAAAAAA"
	u := server.RoomUpdate{
		Op:       server.OperationID{Kind: wire.EventOpen, Device: leaves[0].Device, ID: []byte("open")},
		Next:     server.Room{Room: room, Set: accounts, Accounts: accounts, Leaves: leaves, Epoch: 1},
		Envelope: wire.Envelope{Kind: wire.EventOpen, Room: room},
	}
	if _, err := s.Open(tb.Context(), u); err != nil {
		tb.Fatal(err)
	}
	r, err := s.Room(tb.Context(), u.Next.Room)
	if err != nil {
		tb.Fatal(err)
	}
	return &chat{store: s, room: r, bob: leaves[1].Device}
}

// frank has c's messages franked, and those that bob receives checked.
func (c *chat) frank(tb testing.TB) {
	tb.Helper()
	var err error
	if c.ring, err = server.OpenKeyRing(tb.Context(), c.store, "example.org", time.Now()); err != nil {
		tb.Fatal(err)
	}
}

// stamp returns what a message is franked with.
func (c *chat) stamp(tb testing.TB, id string) (s server.Stamp) {
	if c.ring == nil {
		return s
	}
	var err error
	if s.By, err = c.ring.Franker(tb.Context(), time.Now()); err != nil {
		tb.Error(err)
	}
	s.Tag = sha256.Sum256([]byte(id))
	return s
}

// check checks the frank of what bob received.
func (c *chat) check(tb testing.TB, e *wire.Envelope) {
	f := e.Franking
	if f == nil {
		tb.Errorf("message %d isn't franked", e.Seq)
		return
	}
	tag := sha256.Sum256(e.ID)
	context := franking.NewContext(f.HubKey, e.Room, e.Generation, e.Sender, e.Epoch, e.Seq, e.AcceptedMS).Marshal()
	proof := franking.Proof{LeafIndex: f.LeafIndex, TreeSize: f.TreeSize, Path: f.Path, Signature: f.Signature}
	if err := proof.Verify(c.ring.Statements()[0].Key, tag[:], f.Frank, context); err != nil {
		tb.Errorf("message %d: %v", e.Seq, err)
	}
	if ok, err := c.ring.Verify(tb.Context(), tag[:], f.Frank, context); !ok || err != nil {
		tb.Errorf("the frank of message %d: %t, %v", e.Seq, ok, err)
	}
}

func (c *chat) send(tb testing.TB, id, text string) (uint64, error) {
	op := server.OperationID{Kind: wire.EventMessage, Device: c.room.Leaves[0].Device, ID: []byte(id)}
	e := wire.Envelope{Kind: wire.EventMessage, Room: c.room.Room, Epoch: 1, Sender: op.Device, ID: []byte(id), Message: []byte(text)}
	r, err := c.store.Append(tb.Context(), op, e, c.stamp(tb, id))
	return r.Seq, err
}

// received returns bob's messages by id, and checks positions and seqs.
func (c *chat) received(tb testing.TB) map[string]string {
	tb.Helper()
	got := map[string]string{}
	for after := uint64(0); ; {
		raw, err := c.store.Read(tb.Context(), c.bob, after, wire.MaxReadEvents, wire.MaxReadBytes)
		if err != nil {
			tb.Fatal(err)
		}
		reply, err := raw.Decode()
		if err != nil {
			tb.Fatal(err)
		}
		for _, e := range reply.Events {
			if after++; e.Pos != after || e.Envelope.Seq != after {
				tb.Fatalf("position %d and seq %d after %d", e.Pos, e.Envelope.Seq, after-1)
			}
			if id := string(e.Envelope.ID); id != "" {
				if _, twice := got[id]; twice {
					tb.Errorf("%s is there twice", id)
				}
				got[id] = string(e.Envelope.Message)
				if c.ring != nil {
					c.check(tb, &e.Envelope)
				}
			}
		}
		if after == reply.Head {
			return got
		}
	}
}

// TestMain lets the test be its own victim.
func TestMain(m *testing.M) {
	if dir := os.Getenv("PARLEY_CRASH_DIR"); dir != "" {
		victim(dir, os.Getenv("PARLEY_CRASH_ROUND"))
		return
	}
	os.Exit(m.Run())
}

// victim appends with several writers and prints each id once it is
// acknowledged, until it is killed.
func victim(dir, round string) {
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "victim", F: func(t *testing.T) {
		c := openChat(t, dir, pebblestore.Options{Logger: quiet})
		c.frank(t)
		out := make(chan string)
		for w := range 16 {
			go func() {
				for i := 0; ; i++ {
					id := fmt.Sprintf("%s-%d-%d", round, w, i)
					if _, err := c.send(t, id, strings.Repeat(id, 20)); err != nil {
						panic(err)
					}
					out <- id
				}
			}()
		}
		for id := range out {
			fmt.Println("ack", id)
		}
	}}}, nil, nil)
}

// rounds returns how often to do what a test does n times in `make test`.
func rounds(n int) int {
	if more, err := strconv.Atoi(os.Getenv("PARLEY_TORTURE_ROUNDS")); err == nil && more > n {
		return more
	}
	return n
}

// TestCrashKill kills a store at work, again and again: whatever was acknowledged is
// there, once, positions have no gaps, and each frank is of its message's place.
func TestCrashKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	acked := map[string]bool{}
	for round := range rounds(5) {
		for _, id := range runVictim(t, dir, strconv.Itoa(round), 200*(round%5+1)) {
			acked[id] = true
		}
		c := openChat(t, dir, pebblestore.Options{Logger: quiet})
		c.frank(t)
		got := c.received(t)
		for id := range acked {
			if got[id] != strings.Repeat(id, 20) {
				t.Errorf("round %d: %s was acknowledged and is lost", round, id)
			}
		}
		t.Logf("round %d: %d acknowledged, %d there", round, len(acked), len(got))
		if err := c.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// runVictim kills the victim after n acknowledgements and returns all that it
// had printed.
func runVictim(t *testing.T, dir, round string, n int) (ids []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PARLEY_CRASH_DIR="+dir, "PARLEY_CRASH_ROUND="+round)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), "ack "); ok && err == nil {
			if ids = append(ids, id); len(ids) == n {
				cmd.Process.Signal(syscall.SIGKILL)
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) {
			break
		}
	}
	cmd.Wait()
	if len(ids) < n {
		t.Fatalf("the victim ended by itself after %d acknowledgements", len(ids))
	}
	return ids
}

func TestSecondServer(t *testing.T) {
	dir := t.TempDir()
	c := openChat(t, dir, pebblestore.Options{Logger: quiet})
	if _, err := pebblestore.Open(dir, pebblestore.Options{Logger: quiet}); !errors.Is(err, pebblestore.ErrLocked) {
		t.Errorf("a second Open: %v; want ErrLocked", err)
	}
	c.store.Close()
	openChat(t, dir, pebblestore.Options{Logger: quiet}).store.Close()
}

func TestClosed(t *testing.T) {
	c := openChat(t, t.TempDir(), pebblestore.Options{Logger: quiet})
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if _, err := c.send(t, strconv.Itoa(i), "x"); err != nil && !errors.Is(err, server.ErrUnavailable) {
				t.Errorf("a write that meets Close: %v", err)
			}
		})
	}
	c.store.Close()
	wg.Wait()
	if _, err := c.send(t, "late", "x"); !errors.Is(err, server.ErrUnavailable) {
		t.Errorf("a write after Close: %v; want ErrUnavailable", err)
	}
	if _, err := c.store.Read(t.Context(), c.bob, 0, 1, 1); !errors.Is(err, server.ErrUnavailable) {
		t.Errorf("a read after Close: %v; want ErrUnavailable", err)
	}
}

// A fullDisk is a file system with as little space as it says.
type fullDisk struct {
	vfs.FS
	free uint64
}

func (d *fullDisk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: d.free}, nil
}

func (d *fullDisk) Unwrap() vfs.FS { return d.FS }

// Create and ReuseForWrite fail where there is no space at all.
func (d *fullDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if d.free == 0 {
		return nil, syscall.ENOSPC
	}
	return d.FS.Create(name, c)
}

func (d *fullDisk) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if d.free == 0 {
		return nil, syscall.ENOSPC
	}
	return d.FS.ReuseForWrite(from, to, c)
}

// TestCloseOnFullDisk: Close begins no new log where there is no space for one, which
// would end the process; the next start has everything.
func TestCloseOnFullDisk(t *testing.T) {
	disk := &fullDisk{FS: vfs.NewMem(), free: 1 << 30}
	c := openChat(t, "data", pebblestore.Options{Logger: quiet, FS: disk})
	if _, err := c.send(t, "a", "1"); err != nil {
		t.Fatal(err)
	}
	disk.free = 0
	if err := c.store.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	disk.free = 1 << 30
	s, err := pebblestore.Open("data", pebblestore.Options{Logger: quiet, FS: disk})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c.store = s
	if got := c.received(t); len(got) != 1 || got["a"] != "1" {
		t.Errorf("bob has %v", got)
	}
}

// TestDiskFull: below the reserve nothing is taken and nothing is lost; with
// space again, the store goes on by itself.
func TestDiskFull(t *testing.T) {
	disk := &fullDisk{FS: vfs.NewMem(), free: 1 << 30}
	c := openChat(t, "data", pebblestore.Options{Logger: quiet, FS: disk})
	defer c.store.Close()
	if _, err := c.send(t, "a", "1"); err != nil {
		t.Fatal(err)
	}
	disk.free = pebblestore.DefaultReserve
	if _, err := c.send(t, "b", "2"); !errors.Is(err, server.ErrUnavailable) {
		t.Errorf("with a full disk: %v; want ErrUnavailable", err)
	}
	if got := c.received(t); len(got) != 1 || got["a"] != "1" {
		t.Errorf("bob has %v", got)
	}
	disk.free = 1 << 30
	if seq, err := c.send(t, "b", "2"); err != nil || seq != 3 {
		t.Errorf("with space again: %d, %v; want seq 3", seq, err)
	}
	if got := c.received(t); len(got) != 2 {
		t.Errorf("bob has %v", got)
	}
}

// TestWriteFails: the log can't be written although there seemed to be space.
// Nothing of it is acknowledged or seen, and a new start has the rest.
func TestWriteFails(t *testing.T) {
	mem := vfs.NewCrashableMem()
	var broken errorfs.Toggle
	fs := errorfs.Wrap(mem, &broken)
	c := openChat(t, "data", pebblestore.Options{Logger: quiet, FS: fs})
	if _, err := c.send(t, "a", "1"); err != nil {
		t.Fatal(err)
	}
	broken.Injector = errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData {
			return syscall.ENOSPC
		}
		return nil
	})
	broken.On()
	for _, id := range []string{"b", "c"} {
		if _, err := c.send(t, id, "2"); !errors.Is(err, server.ErrUnavailable) {
			t.Errorf("a failing write: %v; want ErrUnavailable", err)
		}
	}
	if got := c.received(t); len(got) != 1 {
		t.Errorf("bob sees %v, which isn't durable", got)
	}
	if c.store.Err() == nil {
		t.Error("Err is nil after a failed write")
	}
	broken.Off()
	again := openChat(t, "data", pebblestore.Options{Logger: quiet, FS: mem.CrashClone(vfs.CrashCloneCfg{})})
	defer again.store.Close()
	if got := again.received(t); got["a"] != "1" {
		t.Errorf("after a new start bob has %v", got)
	}
	if _, err := again.send(t, "b", "2"); err != nil {
		t.Error(err)
	}
}

// TestDamaged: a flipped byte in the log's middle or an unknown format is refused with a
// clear error.
func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	c := openChat(t, dir, pebblestore.Options{Logger: quiet})
	for i := range 100 {
		if _, err := c.send(t, strconv.Itoa(i), strings.Repeat("x", 2000)); err != nil {
			t.Fatal(err)
		}
	}
	crashed := copyOf(t, dir) // Close would leave no log
	c.store.Close()
	dir = crashed
	logs, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	for _, name := range logs {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > 100_000 {
			data[50_000] ^= 1
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if s, err := pebblestore.Open(dir, pebblestore.Options{Logger: quiet}); !errors.Is(err, pebblestore.ErrCorrupt) {
		t.Errorf("Open of damaged data: %v; want ErrCorrupt", err)
		if err == nil {
			s.Close()
		}
	}
}
