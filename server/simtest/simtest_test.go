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
	a, b, c := inBubble(t, 7, nil), inBubble(t, 7, nil), inBubble(t, 8, nil)
	if a.hash() != b.hash() {
		for i := range min(len(a.lines), len(b.lines)) {
			if a.lines[i] != b.lines[i] {
				t.Fatalf("seed 7, line %d: %q, then %q", i, a.lines[i], b.lines[i])
			}
		}
		t.Fatalf("seed 7: %d lines, then %d", len(a.lines), len(b.lines))
	}
	if a.hash() == c.hash() {
		t.Error("seeds 7 and 8 give one trace")
	}
}
