package pgstore_test

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/pgstore"
	"parley/server/pgstore/pgtest"
	"parley/wire"
)

// BenchmarkAppend appends messages of 1 KiB to rooms of two accounts, from 512
// writers a node, through one node and through two over the same database. It
// reports messages a second, how many went into one transaction, and the processor
// time of the nodes (with the writers) and of the database.
func BenchmarkAppend(b *testing.B) {
	for _, nodes := range []int{1, 2} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			dsn := pgtest.Database(b)
			stores := make([]*pgstore.Store, nodes)
			for i := range stores {
				stores[i] = open(b, dsn)
			}
			benchmarkAppend(b, stores)
		})
	}
}

func benchmarkAppend(b *testing.B, stores []*pgstore.Store) {
	rooms := benchRooms(b, stores[0], 256)
	cpu, theirs := ownCPU(), pgtest.CPU()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for w := range benchWriters() * len(stores) {
		wg.Go(func() {
			s, r := stores[w%len(stores)], rooms[w%len(rooms)]
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if _, err := s.Append(b.Context(), benchOp(r, n), benchMessage(r, n), server.Stamp{}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	b.ReportMetric(float64((ownCPU()-cpu).Microseconds())/float64(b.N), "node-µs/msg")
	b.ReportMetric(float64((pgtest.CPU()-theirs).Microseconds())/float64(b.N), "db-µs/msg")
	appends, groups := int64(0), int64(0)
	for _, s := range stores {
		appends, groups = appends+s.Stats().Appends, groups+s.Stats().Groups
	}
	b.ReportMetric(float64(appends)/float64(max(groups, 1)), "msg/tx")
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var benchNow = time.Now().UnixMilli()

func benchWriters() int {
	if n, err := strconv.Atoi(os.Getenv("PARLEY_BENCH_WRITERS")); err == nil {
		return n
	}
	return 512
}

func benchAccount(b testing.TB, n int) identity.Account {
	a, err := identity.NewAccount("example.org", fmt.Sprintf("u%d", n))
	if err != nil {
		b.Fatal(err)
	}
	return a
}

// benchRooms makes n rooms of two accounts each.
func benchRooms(b testing.TB, s server.Store, n int) (rooms []*server.Room) {
	for i := range n {
		set := []identity.Account{benchAccount(b, 2*i), benchAccount(b, 2*i+1)}
		if set[0] > set[1] {
			set[0], set[1] = set[1], set[0]
		}
		var leaves []server.Leaf
		for _, a := range set {
			d := identity.NewDevice(a, [16]byte{1})
			leaves = append(leaves, server.Leaf{Device: d})
			if err := s.CreateAccount(b.Context(), server.NewAccount{Account: a, Device: d}); err != nil {
				b.Fatal(err)
			}
		}
		name := identity.RandomRoom("example.org")
		u := server.RoomUpdate{
			Op:       server.OperationID{Kind: wire.EventOpen, Device: leaves[0].Device, ID: make([]byte, 16)},
			Next:     server.Room{Room: name, Kind: wire.KindDirect, Set: set, Epoch: 1, Accounts: set, Leaves: leaves},
			Envelope: wire.Envelope{Kind: wire.EventOpen, Room: name},
		}
		if _, err := s.Open(b.Context(), u); err != nil {
			b.Fatal(err)
		}
		r, err := s.Room(b.Context(), name)
		if err != nil {
			b.Fatal(err)
		}
		rooms = append(rooms, r)
	}
	return rooms
}

func benchOp(r *server.Room, n int64) server.OperationID {
	return server.OperationID{Kind: wire.EventMessage, Device: r.Leaves[0].Device, ID: fmt.Appendf(nil, "%016d", n)}
}

var benchBody = func() []byte {
	body := make([]byte, 1024)
	for i := range body {
		body[i] = byte(i * i >> 3)
	}
	return body
}()

func benchMessage(r *server.Room, n int64) wire.Envelope {
	return wire.Envelope{
		Kind: wire.EventMessage, Room: r.Room, Epoch: r.Epoch, AcceptedMS: benchNow, Sender: r.Leaves[0].Device,
		ID: fmt.Appendf(nil, "%016d", n), Message: benchBody,
	}
}

// BenchmarkCatchUp reads 1,000 envelopes of 1 KiB, as a device that was away.
func BenchmarkCatchUp(b *testing.B) {
	s := open(b, database(b))
	r := benchRooms(b, s, 1)[0]
	const n = 1000
	var wg sync.WaitGroup
	for w := range 50 {
		wg.Go(func() {
			for i := w; i < n; i += 50 {
				if _, err := s.Append(b.Context(), benchOp(r, int64(i)), benchMessage(r, int64(i)), server.Stamp{}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	theirs := pgtest.CPU()
	b.ReportAllocs()
	for b.Loop() {
		for after := uint64(0); after < n; {
			reply, err := s.Read(b.Context(), r.Leaves[1].Device, after, wire.MaxReadEvents, wire.MaxReadBytes)
			if err != nil || len(reply.Events) == 0 {
				b.Fatal(err)
			}
			after = reply.Events[len(reply.Events)-1].Pos
		}
	}
	b.ReportMetric(float64((pgtest.CPU()-theirs).Microseconds())/float64(b.N), "db-µs/op")
}

// BenchmarkReadOne reads the newest envelope, as a device that is there.
func BenchmarkReadOne(b *testing.B) {
	s := open(b, database(b))
	r := benchRooms(b, s, 1)[0]
	for i := range 50 {
		if _, err := s.Append(b.Context(), benchOp(r, int64(i)), benchMessage(r, int64(i)), server.Stamp{}); err != nil {
			b.Fatal(err)
		}
	}
	theirs := pgtest.CPU()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Read(b.Context(), r.Leaves[1].Device, 50, wire.MaxReadEvents, wire.MaxReadBytes); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((pgtest.CPU()-theirs).Microseconds())/float64(b.N), "db-µs/op")
}
