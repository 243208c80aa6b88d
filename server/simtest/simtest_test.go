package simtest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"parley/server"
)

// number returns an environment variable, or what holds without it.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q", name, v)
	}
	return n
}

// inBubble simulates seed with a clock of its own.
func inBubble(t *testing.T, seed uint64, spoil func(server.Store) server.Store) (s *sim) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { s = simulate(seed, spoil) })
	return s
}

// Whatever the faults: every acknowledged message is delivered exactly once to
// every member device, in one order, and cursors never move back.
func TestSim(t *testing.T) {
	if seed := number(t, "PARLEY_SIM_SEED", 0); seed != 0 {
		s := inBubble(t, seed, nil)
		t.Logf("seed %d\n%s", seed, strings.Join(s.lines, "\n"))
		s.report(t, seed)
		return
	}
	seeds := number(t, "PARLEY_SIM_SEEDS", 50)
	for seed := uint64(1); seed <= seeds; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			inBubble(t, seed, nil).report(t, seed)
		})
	}
}

func (s *sim) report(t *testing.T, seed uint64) {
	t.Helper()
	if len(s.check.errors) > 0 {
		t.Errorf("seed %d after %q:\n%s\nPARLEY_SIM_SEED=%d go test ./server/simtest -run Sim -v shows how",
			seed, s.lines[len(s.lines)-1], s.check, seed)
	}
}

// The same seed gives the same run; another seed another one.
func TestSimRepeats(t *testing.T) {
	traces := map[[32]byte]uint64{}
	for seed := uint64(1); seed <= 8; seed++ {
		a, b := inBubble(t, seed, nil), inBubble(t, seed, nil)
		if a.hash() != b.hash() {
			t.Errorf("seed %d gives two traces: %s", seed, difference(a.lines, b.lines))
		}
		if other, ok := traces[a.hash()]; ok {
			t.Errorf("seeds %d and %d give one trace", other, seed)
		}
		traces[a.hash()] = seed
	}
}

func difference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d is %q, then %q", i, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, then %d", len(a), len(b))
}
