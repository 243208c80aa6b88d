package load_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"parley/cmd/parley/internal/floor"
	"parley/cmd/parley/internal/load"
)

// startFloor starts the floor on a file of its own.
func startFloor(t *testing.T) (target *load.Target, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "log")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := floor.New(file)
	go f.Serve(l)
	t.Cleanup(func() {
		l.Close()
		f.Close()
		file.Close()
	})
	if target, err = load.NewTarget("http://" + l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	return target, path
}

func TestTurn(t *testing.T) {
	for _, test := range []struct {
		name    string
		members int
		rate    float64
	}{{"pairs", 2, 0}, {"group", 5, 0}, {"at a rate", 2, 500}} {
		t.Run(test.name, func(t *testing.T) {
			target, path := startFloor(t)
			clock := load.NewClock()
			const frame = 1300
			lines, err := load.FloorLines(t.Context(), target, clock, 3, test.members, frame)
			if err != nil {
				t.Fatal(err)
			}
			var begun, ended, drained atomic.Int32
			turn := load.Turn{
				Clock: clock, Lines: lines, Inflight: 4, Rate: test.rate, Warm: 50 * time.Millisecond, Length: 200 * time.Millisecond,
				Begin: func() { begun.Add(1) }, End: func() { ended.Add(1) }, Drained: func() { drained.Add(1) },
			}
			r, err := turn.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Check(); err != nil {
				t.Error(err)
			}
			if begun.Load() != 1 || ended.Load() != 1 || drained.Load() != 1 {
				t.Errorf("begun %d times, ended %d, drained %d; want each once", begun.Load(), ended.Load(), drained.Load())
			}
			if r.Accepted == 0 || r.Latency.Count() != uint64(r.Delivered) {
				t.Errorf("accepted %d, delivered %d, latencies %d", r.Accepted, r.Delivered, r.Latency.Count())
			}
			// The floor has them all in its file, each as long as its frame less mask.
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Size(); got%(frame-8+4) != 0 || got/(frame-8+4) < r.Accepted {
				t.Errorf("the file has %d bytes for at least %d messages of %d", got, r.Accepted, frame-8+4)
			}
		})
	}
}

func TestTurnIsCancelled(t *testing.T) {
	target, _ := startFloor(t)
	clock := load.NewClock()
	lines, err := load.FloorLines(t.Context(), target, clock, 2, 2, 200)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	turn := load.Turn{
		Clock: clock, Lines: lines, Inflight: 1, Length: time.Hour,
		Begin: cancel, End: func() {}, Drained: func() {},
	}
	if _, err := turn.Run(ctx); err == nil {
		t.Error("a turn that is cancelled says that it went well")
	}
}
