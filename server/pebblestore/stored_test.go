package pebblestore_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/server/pebblestore"
	"parley/wire"
)

// storedEnvelopes says how many envelopes the benchmarks of a full store have:
// PARLEY_ENVELOPES, or few.
func storedEnvelopes() int {
	if n, err := strconv.Atoi(os.Getenv("PARLEY_ENVELOPES")); err == nil {
		return n
	}
	return 20_000
}

// perAccount is how many envelopes an account has unread in a stored site.
const perAccount = 5000

// storedSite makes a store with n envelopes of 200 bytes, each in the mailboxes
// of two accounts, which have 5,000 unread ones each.
func storedSite(tb testing.TB, dir string, n int) {
	tb.Helper()
	s, err := pebblestore.Open(dir, pebblestore.Options{Logger: quiet})
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Load(tb.Context(), storedRecords(n)); err != nil {
		tb.Fatal(err)
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
}

func storedAccount(i int) (identity.Account, identity.Device) {
	a, _ := identity.NewAccount("example.org", fmt.Sprintf("stored-%06d", i))
	return a, identity.NewDevice(a, [16]byte{1})
}

// storedRecords returns what gives the records of such a site.
func storedRecords(n int) func() (*server.Record, error) {
	accounts := 2 * max(1, n/perAccount)
	i := 0
	text := []byte(incompressible(200))
	rng := rand.New(rand.NewPCG(8, 9))
	return func() (*server.Record, error) {
		defer func() { i++ }()
		if i < accounts {
			a, d := storedAccount(i)
			head := uint64(n / (accounts / 2))
			return &server.Record{Account: &server.AccountDump{
				Account: a, Lists: []server.ListRecord{{Version: 1}}, First: 1, Head: head, Cursors: []server.CursorDump{{Device: d}},
			}}, nil
		}
		k := i - accounts
		pair, pos := k%(accounts/2), uint64(k/(accounts/2)+1)
		if pos > uint64(n/(accounts/2)) {
			return nil, io.EOF
		}
		a, d := storedAccount(2 * pair)
		b, _ := storedAccount(2*pair + 1)
		for j := range 8 {
			text[j] = byte(rng.Uint32())
		}
		return &server.Record{Envelope: &server.EnvelopeDump{
			Envelope: cbor.MustMarshal(wire.Envelope{Kind: wire.EventMessage, AcceptedMS: int64(k), Sender: d, Seq: pos, Message: text}),
			Places:   []server.PlaceDump{{Account: a, Pos: pos}, {Account: b, Pos: pos}},
		}}, nil
	}
}

// TestTortureStored opens a site with many envelopes stored, catches up, and sweeps it:
// each step of a Sweep is bounded, and messages are taken in between.
func TestTortureStored(t *testing.T) {
	n := storedEnvelopes()
	dir := filepath.Join(t.TempDir(), "data")
	begin := time.Now()
	storedSite(t, dir, n)
	t.Logf("%d envelopes loaded in %v", n, time.Since(begin))
	begin, cpu := time.Now(), cpuTime()
	s, err := pebblestore.Open(dir, pebblestore.Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	t.Logf("opened in %v, %v of CPU, %d MiB on disk", time.Since(begin), cpuTime()-cpu, s.Stats().DiskBytes>>20)
	for _, want := range []int{1000, perAccount} {
		_, d := storedAccount(want % 7)
		begin, cpu := time.Now(), cpuTime()
		if got := catchUp(t, s, d, want); got != want {
			t.Errorf("%d envelopes caught up; want %d", got, want)
		}
		t.Logf("%d envelopes caught up in %v, %v of CPU", want, time.Since(begin), cpuTime()-cpu)
	}
	c := chatIn(t, s)
	stop, longest := make(chan struct{}), make(chan time.Duration)
	go func() {
		worst := time.Duration(0)
		for i := 0; ; i++ {
			select {
			case <-stop:
				longest <- worst
				return
			default:
			}
			begin := time.Now()
			if _, err := c.send(t, fmt.Sprint(i), "x"); err != nil {
				t.Error(err)
			}
			worst = max(worst, time.Since(begin))
		}
	}()
	for _, half := range []int64{int64(n) / 2, int64(n)} {
		begin, cpu := time.Now(), cpuTime()
		if err := s.Sweep(t.Context(), server.SweepLimits{Envelopes: half}); err != nil {
			t.Fatal(err)
		}
		t.Logf("half expired in %v, %v of CPU with what was sent meanwhile", time.Since(begin), cpuTime()-cpu)
		_, d := storedAccount(1)
		reply, err := s.Read(t.Context(), d, 0, 1, 1)
		want := uint64(half)/uint64(max(1, n/perAccount)) + 1
		if err != nil || reply.First < want || reply.First > want+1 {
			t.Errorf("after the sweep a mailbox begins at %d, %v; want %d", reply.First, err, want)
		}
	}
	close(stop)
	t.Logf("the slowest message during the sweeps took %v", <-longest)
	begin = time.Now()
	if err := s.Sweep(t.Context(), server.SweepLimits{}); err != nil {
		t.Fatal(err)
	}
	t.Logf("a sweep with nothing to do: %v", time.Since(begin))
}

// catchUp reads want envelopes of d from the begin of its mailbox.
func catchUp(tb testing.TB, s *pebblestore.Store, d identity.Device, want int) (n int) {
	for n < want {
		reply, err := s.Read(context.Background(), d, uint64(n), min(wire.MaxReadEvents, want-n), wire.MaxReadBytes)
		if err != nil {
			tb.Fatal(err)
		}
		if len(reply.Events) == 0 {
			return n
		}
		n += len(reply.Events)
	}
	return n
}
