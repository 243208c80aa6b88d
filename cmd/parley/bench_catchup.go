package main

import (
	"context"
	"slices"

	"parley/cmd/parley/internal/load"
)

// A benchCatchUp is how long a device needs that has missed messages: from its
// hello on the stream until it has the last.
type benchCatchUp struct {
	Envelopes int     `json:"envelopes"`
	Times     int     `json:"times"`
	P50       float64 `json:"p50_ms"`
	Max       float64 `json:"max_ms"`
	CPUEach   float64 `json:"cpu_ms_each"` // of the server
}

// catchUps is how often a device catches up.
const catchUps = 30

// runCatchUp measures catching up.
func (b *bench) runCatchUp(ctx context.Context) error {
	targets, err := b.targets(ctx)
	if err != nil {
		return err
	}
	world, err := load.NewWorld(ctx, load.WorldConfig{Targets: targets, Rooms: 1, Members: 2, Size: b.size})
	if err != nil {
		return err
	}
	backlog, err := world.NewBacklog(ctx, slices.Max(b.catchup))
	if err != nil {
		return err
	}
	for _, n := range b.catchup {
		begin := settle(b.measured())
		var took load.Histogram
		for range catchUps {
			d, err := backlog.CatchUp(ctx, n)
			if err != nil {
				return err
			}
			took.Add(int64(d))
		}
		used := settle(b.measured()).Since(begin)
		b.report.CatchUp = append(b.report.CatchUp, benchCatchUp{
			Envelopes: n, Times: catchUps, P50: ms(took.Quantile(0.5)), Max: ms(took.Quantile(1)),
			CPUEach: round(used.CPU.Seconds()*1000/catchUps, 2),
		})
	}
	return nil
}
