package clientapi_test

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"testing"
	"time"

	"parley/server/clientapi"
)

// idleBound is what an idle stream may hold at most, in bytes of live memory,
// both its ends and its session together. What is resident is more, by what the
// collector leaves: see BenchmarkIdle.
const idleBound = 8 << 10

// TestIdleMemory: a stream on which nothing happens holds little, also after it
// was at work.
func TestIdleMemory(t *testing.T) {
	s := newStage(t, clientapi.Options{})
	openIdle(s, 20)
	before := live()
	const n = 300
	openIdle(s, n)
	wait := time.Now().Add(20 * time.Second)
	for {
		each := (live() - before) / n
		if each <= idleBound {
			t.Logf("%d bytes for each stream", each)
			break
		}
		if time.Now().After(wait) { // buffers are given back after a while
			t.Fatalf("an idle stream holds %d bytes; want at most %d", each, idleBound)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if path := os.Getenv("PARLEY_IDLE_PROFILE"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := pprof.WriteHeapProfile(f); err != nil {
			t.Fatal(err)
		}
	}
}

// openIdle opens streams of as many devices, each of which asked something once.
func openIdle(s *stage, n int) {
	s.tb.Helper()
	for range n {
		s.named++
		l := s.line(s.actor(fmt.Sprintf("idle%d", s.named)), 0)
		l.in, l.buf = nil, nil
	}
}

// live returns the bytes that are in use by objects and stacks.
func live() int64 {
	for range 3 { // pools keep for two
		runtime.GC()
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
