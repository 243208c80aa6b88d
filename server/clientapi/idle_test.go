package clientapi_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"parley/server/clientapi"
)

// idleBound is what an idle stream may hold at most, in bytes of live memory: both
// its ends, its session and its account together, stacks that happen to be twice
// as large as they need, and what the race detector adds. One goroutine more, or a
// buffer, breaks it. BenchmarkIdle says what a stream alone takes.
const idleBound = 14 << 10

// TestIdleMemory: a stream on which nothing happens holds little, also after it
// was at work.
func TestIdleMemory(t *testing.T) {
	s := newStage(t, clientapi.Options{})
	openIdle(s, 20)
	before := live()
	const n = 300
	openIdle(s, n)
	wait := time.Now().Add(time.Minute)
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

// idleServer is set in the process that BenchmarkIdle measures.
const idleServer = "PARLEY_IDLE_SERVER"

// BenchmarkIdle opens 15,000 streams to a server in a process of its own, whose
// sessions are there already, and reports what is resident for each.
func BenchmarkIdle(b *testing.B) {
	if os.Getenv(idleServer) != "" {
		serveIdle(b)
		return
	}
	const n = 15_000
	cmd := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkIdle$", "-test.benchtime=1x")
	cmd.Env = append(os.Environ(), idleServer+"="+fmt.Sprint(n))
	cmd.Stderr = os.Stderr
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if errIn != nil || errOut != nil {
		b.Fatal(errIn, errOut)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	field := func(name string) string {
		for lines.Scan() {
			if text, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), name+" "); ok {
				return text
			}
		}
		b.Fatalf("the server ended without its %s: %v", name, lines.Err())
		return ""
	}
	s := &stage{tb: b, url: field("url")}
	for range n {
		token, err := base64.StdEncoding.DecodeString(field("token"))
		if err != nil {
			b.Fatal(err)
		}
		l := s.line(&actor{token: token}, 0)
		l.in, l.buf = nil, nil
	}
	io.WriteString(in, "measure\n")
	for _, what := range []string{"resident", "heap", "stack"} {
		var bytes float64
		fmt.Sscan(field(what), &bytes)
		b.ReportMetric(bytes/n, what+"-B/stream")
	}
	b.ReportMetric(0, "ns/op")
}

// serveIdle is the server: what it says is read by BenchmarkIdle.
func serveIdle(b *testing.B) {
	var n int
	fmt.Sscan(os.Getenv(idleServer), &n)
	s := newStage(b, clientapi.Options{})
	fmt.Printf("\nurl %s\n", s.url)
	var tokens []string
	for i := range n {
		tokens = append(tokens, base64.StdEncoding.EncodeToString(s.actor(fmt.Sprintf("idle%d", i)).token))
	}
	before := memory()
	base := resident(b)
	for _, t := range tokens {
		fmt.Printf("token %s\n", t)
	}
	in := bufio.NewScanner(os.Stdin)
	if !in.Scan() {
		return
	}
	if path := os.Getenv("PARLEY_IDLE_PROFILE"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		pprof.WriteHeapProfile(f)
	}
	time.Sleep(2 * time.Second)
	after := memory()
	fmt.Printf("resident %d\nheap %d\nstack %d\n", resident(b)-base, int64(after.HeapAlloc-before.HeapAlloc), int64(after.StackInuse-before.StackInuse))
	in.Scan()
}

// memory returns what is in use, once the collector has been through.
func memory() (m runtime.MemStats) {
	live()
	runtime.ReadMemStats(&m)
	return m
}

// resident returns the bytes of memory that this process has.
func resident(b *testing.B) int64 {
	status, err := os.ReadFile("/proc/self/statm")
	var size, pages int64
	if _, errScan := fmt.Sscan(string(status), &size, &pages); err != nil || errScan != nil {
		b.Skip("only Linux says what is resident")
	}
	return pages * int64(os.Getpagesize())
}
