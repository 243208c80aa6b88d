package pebblestore_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"parley/identity"
	"parley/server"
	"parley/server/pebblestore"
	"parley/wire"
)

// A history is a random one of a store that loses its power now and then,
// with what must be true of it.
type history struct {
	t       *testing.T
	rng     *rand.Rand
	disk    *vfs.MemFS
	options pebblestore.Options
	store   *pebblestore.Store
	rooms   []*server.Room
	devices []identity.Device

	sent    map[identity.Room]map[uint64]string // ids acknowledged, by seq
	seen    map[identity.Account][]string       // ids, by position - 1; "" for what isn't a message
	cursors map[identity.Device]uint64          // acknowledged
	count   int
}

// TestTortureHistories: whatever happens in whatever order, each acknowledged message
// is in each mailbox once, in the order of its room, until everyone has
// acknowledged it; positions and cursors never change their meaning.
func TestTortureHistories(t *testing.T) {
	for seed := range uint64(rounds(8)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			o := pebblestore.Options{Logger: quiet}
			if seed%3 != 0 {
				o = pebblestore.Small(o)
			}
			h := &history{
				t: t, rng: rand.New(rand.NewPCG(seed, 1)), disk: vfs.NewCrashableMem(), options: o,
				sent: map[identity.Room]map[uint64]string{}, seen: map[identity.Account][]string{}, cursors: map[identity.Device]uint64{},
			}
			h.begin()
			for range 60 {
				h.step()
			}
			h.check()
			h.must(h.store.Check(t.Context(), func(line string) { t.Log(line) }))
			h.store.Close()
		})
	}
}

func (h *history) open() {
	h.t.Helper()
	h.options.FS = h.disk
	s, err := pebblestore.Open("data", h.options)
	if err != nil {
		h.t.Fatal(err)
	}
	h.store = s
}

func (h *history) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// begin makes five accounts, some with two devices, and rooms of some of them.
func (h *history) begin() {
	h.open()
	var accounts []identity.Account
	for i := range 5 {
		a, err := identity.NewAccount("example.org", fmt.Sprintf("person%d", i))
		h.must(err)
		d := identity.NewDevice(a, [16]byte{1})
		h.must(h.store.CreateAccount(h.t.Context(), server.NewAccount{Account: a, Device: d}))
		accounts, h.devices = append(accounts, a), append(h.devices, d)
	}
	for i, members := range [][]int{{0, 1}, {1, 2, 3}, {0, 1, 2, 3, 4}, {4}} {
		r := server.Room{Room: identity.RandomRoom("example.org"), Epoch: 1}
		for _, m := range members {
			r.Accounts = append(r.Accounts, accounts[m])
			r.Leaves = append(r.Leaves, server.Leaf{Device: h.devices[m]})
		}
		r.Set = r.Accounts
		_, err := h.store.Open(h.t.Context(), server.RoomUpdate{
			Op:   server.OperationID{Kind: wire.EventOpen, Device: h.devices[members[0]], ID: fmt.Appendf(nil, "open %011d", i)},
			Next: r, Envelope: wire.Envelope{Kind: wire.EventOpen, Room: r.Room},
		})
		h.must(err)
		h.rooms = append(h.rooms, &r)
		h.sent[r.Room] = map[uint64]string{}
	}
	for i, a := range accounts[:2] {
		d := identity.NewDevice(a, [16]byte{2})
		_, err := h.store.PutList(h.t.Context(), server.ListUpdate{Account: a, Version: 2, Join: []identity.Device{d}})
		h.must(err)
		reply, err := h.store.Read(h.t.Context(), d, 0, 1, 1)
		h.must(err)
		h.devices = append(h.devices, d)
		h.cursors[d] = reply.Cursor
		if reply.Cursor == 0 {
			h.t.Errorf("the second device of person %d begins at 0", i)
		}
	}
}

func (h *history) step() {
	switch n := h.rng.IntN(20); {
	case n < 9:
		h.burst(1 + h.rng.IntN(30))
	case n < 15:
		h.acknowledge()
	case n < 17:
		h.check()
	case n < 18:
		h.must(h.store.Sweep(h.t.Context(), server.SweepLimits{}))
		h.swept()
	case n < 19:
		h.powerCut()
	default:
		h.must(h.store.Check(h.t.Context(), func(line string) { h.t.Log(line) }))
	}
}

// burst sends n messages at once, some of them twice.
func (h *history) burst(n int) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range n {
		r := h.rooms[h.rng.IntN(len(h.rooms))]
		h.count++
		id := fmt.Sprintf("%016d", h.count)
		again := h.rng.IntN(4) == 0
		wg.Go(func() {
			for range 2 {
				got, err := h.store.Append(h.t.Context(), server.OperationID{Kind: wire.EventMessage, Device: r.Leaves[0].Device, ID: []byte(id)},
					wire.Envelope{Kind: wire.EventMessage, Room: r.Room, Epoch: 1, ID: []byte(id), Message: make([]byte, 100+len(r.Accounts))}, server.Stamp{})
				if err != nil {
					h.t.Error(err)
					return
				}
				mu.Lock()
				if before, ok := h.sent[r.Room][got.Seq]; ok && before != id {
					h.t.Errorf("seq %d is of %s and of %s", got.Seq, before, id)
				}
				h.sent[r.Room][got.Seq] = id
				mu.Unlock()
				if !again {
					return
				}
			}
		})
	}
	wg.Wait()
}

// acknowledge moves the cursor of a device to some position, perhaps of before.
func (h *history) acknowledge() {
	d := h.devices[h.rng.IntN(len(h.devices))]
	reply, err := h.store.Read(h.t.Context(), d, 0, 1, 1)
	h.must(err)
	if reply.Head == 0 {
		return
	}
	pos := 1 + h.rng.Uint64N(reply.Head)
	if h.rng.IntN(2) == 0 {
		pos = reply.Head
	}
	h.must(h.store.Acknowledge(h.t.Context(), d, pos))
	h.cursors[d] = max(h.cursors[d], pos)
}

// powerCut loses what wasn't synced, or nothing.
func (h *history) powerCut() {
	clone := h.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100 * h.rng.IntN(2), RNG: h.rng})
	h.store.Close()
	h.disk = clone
	h.open()
	h.check()
}

// acked returns the position up to which all devices of an account have
// everything.
func (h *history) acked(a identity.Account) uint64 {
	least := ^uint64(0)
	for _, d := range h.devices {
		if d.Account() == a {
			least = min(least, h.cursors[d])
		}
	}
	return least
}

// swept checks that what everyone has is gone.
func (h *history) swept() {
	for _, d := range h.devices {
		reply, err := h.store.Read(h.t.Context(), d, 0, 1, 1)
		h.must(err)
		if want := h.acked(d.Account()) + 1; reply.First != want {
			h.t.Errorf("after a sweep %s begins at %d; want %d", d, reply.First, want)
		}
	}
}

// check reads all mailboxes.
func (h *history) check() {
	h.t.Helper()
	for _, d := range h.devices {
		h.readAll(d)
	}
	for _, r := range h.rooms {
		for _, a := range r.Accounts {
			h.inOrder(r, a)
		}
	}
}

// readAll reads a mailbox in small pieces and compares it with what was seen at
// its positions before.
func (h *history) readAll(d identity.Device) {
	h.t.Helper()
	a := d.Account()
	after := uint64(0)
	for {
		raw, err := h.store.Read(h.t.Context(), d, after, 1+h.rng.IntN(20), 1000)
		h.must(err)
		reply, err := raw.Decode()
		h.must(err)
		if reply.Cursor != h.cursors[d] {
			h.t.Fatalf("the cursor is at %d; want %d", reply.Cursor, h.cursors[d])
		}
		if reply.First > h.acked(a)+1 {
			h.t.Fatalf("the mailbox begins at %d, and %d is acknowledged", reply.First, h.acked(a))
		}
		after = max(after, reply.First-1)
		for _, e := range reply.Events {
			if after++; e.Pos != after {
				h.t.Fatalf("position %d; want %d", e.Pos, after)
			}
			h.note(a, e.Pos, string(e.Envelope.ID))
		}
		if after >= reply.Head {
			return
		}
		if len(reply.Events) == 0 {
			h.t.Fatalf("nothing after %d, and the head is %d", after, reply.Head)
		}
	}
}

func (h *history) note(a identity.Account, pos uint64, id string) {
	seen := h.seen[a]
	if pos <= uint64(len(seen)) {
		if seen[pos-1] != id && seen[pos-1] != "?" {
			h.t.Fatalf("position %d was %q and is %q", pos, seen[pos-1], id)
		}
		seen[pos-1] = id
		return
	}
	for uint64(len(seen)) < pos-1 {
		seen = append(seen, "?") // let go before it was looked at
	}
	h.seen[a] = append(seen, id)
}

// inOrder checks that a mailbox has the room's messages in their order, each
// once, but for those that were let go before anybody looked.
func (h *history) inOrder(r *server.Room, a identity.Account) {
	h.t.Helper()
	place := map[string]int{}
	gaps := false
	for i, id := range h.seen[a] {
		if _, twice := place[id]; twice && id != "" && id != "?" {
			h.t.Fatalf("%s is there twice", id)
		}
		place[id] = i
		gaps = gaps || id == "?"
	}
	last := -1
	for seq := uint64(2); seq < uint64(len(h.sent[r.Room])+2); seq++ {
		id, ok := h.sent[r.Room][seq]
		if !ok {
			h.t.Fatalf("no message has seq %d", seq)
		}
		at, ok := place[id]
		if !ok {
			if !gaps && !h.hidden(a) {
				h.t.Fatalf("%s, seq %d, isn't in the mailbox of %s", id, seq, a.Name())
			}
			continue
		}
		if at < last {
			h.t.Fatalf("%s, seq %d, comes before what was sent before it", id, seq)
		}
		last = at
	}
}

// hidden reports whether the end of a mailbox was let go before anybody looked.
func (h *history) hidden(a identity.Account) bool { return h.acked(a) > uint64(len(h.seen[a])) }
