package main

import (
	"context"

	"parley/wire"
)

// A benchOverload is what the server does at a multiple of the rate that was just
// measured as its highest.
type benchOverload struct {
	Factor       float64             `json:"factor"`
	Offered      float64             `json:"offered_per_s"`
	Delivered    float64             `json:"delivered_per_s"`
	Latency      benchLatency        `json:"latency_ms"` // of what was accepted
	RefusedShare float64             `json:"refused_share"`
	RefusedBy    map[wire.Code]int64 `json:"refused_by,omitempty"`
	UnsentShare  float64             `json:"unsent_share"` // due, but the connection took no more
	RSS          int64               `json:"rss_bytes"`
}

// runOverload measures further turns of a side that was measured at its best.
func (b *bench) runOverload(ctx context.Context, s *side) error {
	best := s.sum.DeliveredPerS
	for _, factor := range b.overload {
		at := *s
		at.sum, at.before, at.after, at.watch = &benchSide{}, func() {}, func() {}, func() func() { return func() {} }
		if err := b.turn(ctx, &at, best*factor); err != nil {
			return err
		}
		at.sum.finish()
		offered := best * factor
		n := max(offered*b.length.Seconds(), 1)
		b.report.Overload = append(b.report.Overload, benchOverload{
			Factor: factor, Offered: round(offered, 0), Delivered: at.sum.DeliveredPerS, Latency: at.sum.Latency,
			RefusedShare: round(float64(at.sum.Refused)/n, 4), RefusedBy: at.sum.RefusedBy,
			UnsentShare: round(float64(at.sum.Unsent)/n, 4), RSS: at.sum.RSS,
		})
	}
	return nil
}
