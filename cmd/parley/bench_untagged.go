package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"parley/cmd/parley/internal/load"
)

// serverFlags are those of each server that bench starts. Where two sides are
// compared, all is taken however long it waits: what is refused costs, too, and one side might be
// refused more.
func (b *bench) serverFlags() []string {
	if !b.untagged {
		return b.serveFlags
	}
	return append([]string{"--rate-delay", "none"}, b.serveFlags...)
}

// untaggedSide is the server with messages that it doesn't frank. Where bench starts
// the server, that is another process with a store of its own, so that what a message
// costs later (memory, flushes, compactions) counts for its own side.
func (b *bench) untaggedSide(ctx context.Context, world *load.World, c load.WorldConfig, sum *benchSide) (*side, error) {
	if len(b.urls) > 0 || b.postgres {
		return b.serverSide(world.Untagged(), sum), nil
	}
	process, err := b.start(ctx, "server", b.serverFlags()...)
	if err != nil {
		return nil, err
	}
	target, err := newTarget(process.url)
	if err != nil {
		return nil, err
	}
	c.Targets = []*load.Target{target}
	if world, err = load.NewWorld(ctx, c); err != nil {
		return nil, err
	}
	return &side{
		pids: []int{process.cmd.Process.Pid}, sum: sum, lines: world.Untagged().Lines, before: func() {}, after: func() {},
		watch: func() func() { return func() {} },
		syncs: process.syncs, database: func() load.Usage { return load.Usage{} },
	}, nil
}

// A benchPaired compares two sides turn by turn: each turn of the server with the
// other side's beside it, so that what a busy machine does to both is in both.
type benchPaired struct {
	Pairs     int         `json:"pairs"`
	Delivered benchSpread `json:"delivered"`   // the server's delivered_per_s over the other's
	PerCPU    benchSpread `json:"per_cpu"`     // messages for a second of the server's CPU, over the other's
	PerAllCPU benchSpread `json:"per_all_cpu"` // likewise with bench's own CPU, which makes and reads them
}

// A benchSpread is the median of several ratios, and the interval in which the
// median of ever more of them is with a confidence of 95 %: by their order alone, of
// whatever distribution they are. Below six ratios there is none: the interval is
// that of all.
type benchSpread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// pair compares two sides with as many turns each.
func pair(server, other *benchSide) *benchPaired {
	return &benchPaired{
		Pairs:     len(server.Rounds),
		Delivered: spreadOf(server.Rounds, other.Rounds),
		PerCPU:    spreadOf(other.cpuRounds, server.cpuRounds),
		PerAllCPU: spreadOf(other.allRounds, server.allRounds),
	}
}

// spreadOf is that of a[i]/b[i]. What isn't known, as where the system doesn't tell of
// CPU, gives zeros.
func spreadOf(a, b []float64) benchSpread {
	var ratios []float64
	for i := range min(len(a), len(b)) {
		if a[i] <= 0 || b[i] <= 0 {
			return benchSpread{}
		}
		ratios = append(ratios, a[i]/b[i])
	}
	if len(ratios) == 0 {
		return benchSpread{}
	}
	slices.Sort(ratios)
	out := beyond(len(ratios))
	return benchSpread{round(median(ratios), 3), round(ratios[out], 3), round(ratios[len(ratios)-1-out], 3)}
}

// beyond returns how many of n values, at most 1000, are beyond the interval for
// the median on each side: the most for which n throws of a coin show at most so
// many heads with a chance of 2.5 % or less; else 0.
func beyond(n int) int {
	chance := math.Pow(0.5, float64(n)) // of exactly so many
	for heads, sum := 0, 0.0; heads < n; heads++ {
		if sum += chance; sum > 0.025 {
			return max(heads-1, 0)
		}
		chance *= float64(n-heads) / float64(heads+1)
	}
	return 0
}

// print writes what it says.
func (p *benchPaired) print(w io.Writer) {
	fmt.Fprintf(w, "\nof %d pairs of turns\tmedian\t95 %%: from\tto\t\n", p.Pairs)
	for _, r := range []struct {
		name string
		benchSpread
	}{
		{"delivered/s", p.Delivered}, {"messages a CPU second", p.PerCPU}, {"with bench's own CPU", p.PerAllCPU},
	} {
		fmt.Fprintf(w, "%s\t%.3f\t%.3f\t%.3f\t\n", r.name, r.Median, r.Low, r.High)
	}
}
