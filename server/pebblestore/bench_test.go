package pebblestore_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/pebblestore"
	"parley/wire"
)

// A pair is a room of two accounts with one device each.
type pair struct {
	stamp   server.Stamp
	room    *server.Room
	devices [2]identity.Device
	signal  chan struct{} // something was appended
}

func openPairs(tb testing.TB, s *pebblestore.Store, n int) []*pair {
	tb.Helper()
	pairs := make([]*pair, n)
	for i := range pairs {
		p := &pair{signal: make(chan struct{}, 1)}
		var accounts []identity.Account
		var leaves []server.Leaf
		for side := range 2 {
			a, _ := identity.NewAccount("example.org", fmt.Sprintf("person-%05d-%d", i, side))
			p.devices[side] = identity.NewDevice(a, [16]byte{byte(side)})
			if err := s.CreateAccount(tb.Context(), server.NewAccount{Account: a, Device: p.devices[side]}); err != nil {
				tb.Fatal(err)
			}
			accounts, leaves = append(accounts, a), append(leaves, server.Leaf{Device: p.devices[side]})
		}
		room := identity.RandomRoom("example.org")
		_, err := s.Open(tb.Context(), server.RoomUpdate{
			Op:       server.OperationID{Kind: wire.EventOpen, Device: p.devices[0], ID: []byte(fmt.Sprintf("%016d", i))},
			Next:     server.Room{Room: room, Set: accounts, Accounts: accounts, Leaves: leaves, Epoch: 1},
			Envelope: wire.Envelope{Kind: wire.EventOpen, Room: room, AcceptedMS: time.Now().UnixMilli()},
		})
		if err != nil {
			tb.Fatal(err)
		}
		if p.room, err = s.Room(tb.Context(), room); err != nil {
			tb.Fatal(err)
		}
		pairs[i] = p
	}
	return pairs
}

func (p *pair) send(tb testing.TB, s *pebblestore.Store, n int, text []byte) {
	id := []byte(fmt.Sprintf("%016x", n))
	_, err := s.Append(tb.Context(), server.OperationID{Kind: wire.EventMessage, Device: p.devices[0], ID: id}, wire.Envelope{
		Kind: wire.EventMessage, Room: p.room.Room, Epoch: 1, AcceptedMS: time.Now().UnixMilli(),
		Sender: p.devices[0], ID: id, Message: text,
	}, p.stamp)
	if err != nil {
		tb.Error(err)
	}
	select {
	case p.signal <- struct{}{}:
	default:
	}
}

// receive reads both mailboxes until everyone has sent and all is read.
func (p *pair) receive(tb testing.TB, s *pebblestore.Store, n *atomic.Int64, done <-chan struct{}) {
	var sides sync.WaitGroup
	var wake [2]chan struct{}
	for i, d := range p.devices {
		wake[i] = make(chan struct{}, 1)
		sides.Go(func() { receiveOne(tb, s, d, n, wake[i]) })
	}
	for ended := false; !ended; {
		select {
		case <-p.signal:
		case <-done:
			ended = true
		}
		for _, w := range wake {
			select {
			case w <- struct{}{}:
			default:
			}
		}
	}
	for _, w := range wake {
		close(w)
	}
	sides.Wait()
}

// ackEvery is how many events a device acknowledges at once.
const ackEvery = 128

// receiveOne reads a mailbox at each wake, and once more at the end. It
// acknowledges the newest position while it reads on.
func receiveOne(tb testing.TB, s *pebblestore.Store, d identity.Device, n *atomic.Int64, wake <-chan struct{}) {
	acks := make(chan uint64, 1)
	acked := make(chan struct{})
	go func() {
		defer close(acked)
		for pos := range acks {
			if err := s.Acknowledge(tb.Context(), d, pos); err != nil {
				tb.Error(err)
			}
		}
	}()
	after, told := uint64(0), uint64(0)
	for open := true; open; {
		_, open = <-wake
		for {
			reply, err := s.Read(tb.Context(), d, after, wire.MaxReadEvents, wire.MaxReadBytes)
			if err != nil {
				tb.Error(err)
				break
			}
			if len(reply.Events) == 0 {
				break
			}
			after = reply.Events[len(reply.Events)-1].Pos
			n.Add(int64(len(reply.Events)))
			if after < told+ackEvery {
				continue
			}
			told = after
			select {
			case <-acks: // a newer position replaces it
			default:
			}
			acks <- after
		}
	}
	close(acks)
	<-acked
}

// ioWritten returns the bytes that this process had the disk write; 0 where the
// system doesn't say.
func ioWritten() (n int64) {
	data, _ := os.ReadFile("/proc/self/io")
	_, line, _ := strings.Cut(string(data), "\nwrite_bytes: ")
	fmt.Sscan(line, &n)
	return n
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkDelivery sends 1 KiB in 200 rooms of two, 16 in flight each; both
// sides read and acknowledge. What counts on a busy machine is the processor's
// time for each message.
func BenchmarkDelivery(b *testing.B) {
	for _, inflight := range []int{1, 16} {
		for _, franked := range []bool{false, true} {
			b.Run(fmt.Sprintf("inflight=%d/franked=%t", inflight, franked), func(b *testing.B) {
				s, err := pebblestore.Open(b.TempDir(), pebblestore.Options{Logger: quiet})
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				pairs := openPairs(b, s, 200)
				if franked {
					frankAll(b, s, pairs)
				}
				benchmarkDelivery(b, s, pairs, inflight)
			})
		}
	}
}

// frankAll has the messages of pairs franked.
func frankAll(tb testing.TB, s *pebblestore.Store, pairs []*pair) {
	tb.Helper()
	stamp := stampOf(tb, s)
	for _, p := range pairs {
		p.stamp = stamp
	}
}

// stampOf returns what messages are franked with by the ring that s keeps.
func stampOf(tb testing.TB, s *pebblestore.Store) server.Stamp {
	tb.Helper()
	now := time.Now()
	ring, err := server.OpenKeyRing(tb.Context(), s, "example.org", now)
	if err != nil {
		tb.Fatal(err)
	}
	by, err := ring.Franker(tb.Context(), now)
	if err != nil {
		tb.Fatal(err)
	}
	return server.Stamp{By: by, Tag: [32]byte{1}}
}

func benchmarkDelivery(b *testing.B, s *pebblestore.Store, pairs []*pair, inflight int) {
	text := make([]byte, 1024)
	rand.Read(text)
	var received, sent atomic.Int64
	done := make(chan struct{})
	var senders, receivers sync.WaitGroup
	before, cpu, io := s.Stats(), cpuTime(), ioWritten()
	b.ResetTimer()
	for _, p := range pairs {
		receivers.Go(func() { p.receive(b, s, &received, done) })
		for range inflight {
			senders.Go(func() {
				for n := sent.Add(1); n <= int64(b.N); n = sent.Add(1) {
					p.send(b, s, int(n), text)
				}
			})
		}
	}
	senders.Wait()
	close(done)
	receivers.Wait()
	b.StopTimer()
	if want := int64(2 * (b.N + len(pairs))); received.Load() < want {
		b.Errorf("%d received; want %d", received.Load(), want)
	}
	n, now := float64(b.N), s.Stats()
	b.ReportMetric(n/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64((cpuTime()-cpu).Nanoseconds())/n, "cpu-ns/message")
	b.ReportMetric(float64(now.LogBytes-before.LogBytes+now.FlushBytes-before.FlushBytes+now.CompactionBytes-before.CompactionBytes)/n, "B-written/message")
	b.ReportMetric(float64(now.LogBytes-before.LogBytes)/n, "B-log/message")
	b.ReportMetric(float64(now.FlushBytes-before.FlushBytes)/n, "B-flushed/message")
	b.ReportMetric(float64(ioWritten()-io)/n, "B-io/message")
	b.ReportMetric(float64(now.Groups-before.Groups)/n, "syncs/message")
}
