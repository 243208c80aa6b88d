package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/freeport"
)

// A sample is what a server holds at one moment.
type sample struct {
	resident   int // KiB
	goroutines int
}

// What the second half of a soak may have more than the second quarter: medians.
// The first quarter is caches that fill.
const (
	soakShare      = 0.15
	soakResident   = 32 << 10 // KiB, for what the collector has not returned
	soakGoroutines = 32
)

// A server under steady load doesn't grow. PARLEY_SOAK says for how long: 30m.
func TestSoak(t *testing.T) {
	v := os.Getenv("PARLEY_SOAK")
	if v == "" {
		t.Skip("PARLEY_SOAK says how long a soak lasts: make soak")
	}
	length, err := time.ParseDuration(v)
	if err != nil || length < 20*time.Second {
		t.Fatalf("PARLEY_SOAK=%q", v)
	}
	private, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, "--private", private, "--cache", "8MiB", "--window", "8MiB") // so that what is bounded is full soon
	s.start()
	s.join("alice", "bob")
	load := s.command(t.Context(), "nobody", "bench", "--url", s.url(), "--pairs", "40", "--inflight", "4", "--rate", "400", "--rounds", "1", "--seconds", fmt.Sprint(int(length.Seconds())), "--json")
	var report, notes strings.Builder
	load.Stdout, load.Stderr = &report, &notes
	done := make(chan error, 1)
	go func() { done <- load.Run() }()

	var all []sample
	tick := time.NewTicker(length / 60)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("bench: %v\n%s", err, notes.String())
			}
			for _, growth := range judge(all) {
				t.Error(growth)
			}
			t.Logf("bench: %s", report.String())
			return
		case <-tick.C:
		}
		// Sessions and streams come and go beside the load.
		s.as("alice", "send", "bob", fmt.Sprint("soak ", n))
		s.wantTexts("bob", fmt.Sprint("soak ", n))
		all = append(all, s.sample(private))
		t.Logf("%+v", all[len(all)-1])
	}
}

// judge returns what grew.
func judge(all []sample) (grown []string) {
	if len(all) < 8 {
		return []string{fmt.Sprintf("only %d samples", len(all))}
	}
	early, late := all[len(all)/4:len(all)/2], all[len(all)/2:]
	resident := func(s sample) int { return s.resident }
	before, after := median(early, resident), median(late, resident)
	if bound := before + int(soakShare*float64(before)) + soakResident; after > bound {
		grown = append(grown, fmt.Sprintf("resident memory grew from %d to %d KiB; want at most %d", before, after, bound))
	}
	goroutines := func(s sample) int { return s.goroutines }
	if before, after := median(early, goroutines), median(late, goroutines); after > before+soakGoroutines {
		grown = append(grown, fmt.Sprintf("goroutines grew from %d to %d", before, after))
	}
	return grown
}

func median(all []sample, of func(sample) int) int {
	var values []int
	for _, s := range all {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// sample asks the system and the server's private address.
func (s *site) sample(private string) sample {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.proc.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.Get("http://" + private + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	profile, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return sample{numberAfter(s.t, string(status), "VmRSS:"), numberAfter(s.t, string(profile), "goroutine profile: total ")}
}

func numberAfter(t *testing.T, text, mark string) int {
	t.Helper()
	_, rest, _ := strings.Cut(text, mark)
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		t.Fatalf("no %q", mark)
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The judgement sees growth, and only growth.
func TestSoakJudges(t *testing.T) {
	for want, grow := range map[string]func(i int, s *sample){
		"":                func(int, *sample) {},
		"resident memory": func(i int, s *sample) { s.resident += i * 4 << 10 },
		"goroutines":      func(i int, s *sample) { s.goroutines += 4 * i },
	} {
		all := make([]sample, 40)
		for i := range all {
			all[i] = sample{resident: 100 << 10, goroutines: 50}
			grow(i, &all[i])
		}
		if got := strings.Join(judge(all), " "); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("judge says %q; want %q", got, want)
		}
	}
}
