package main

import (
	"context"
	"fmt"
	"time"

	"parley/cmd/parley/internal/load"
)

// A benchIdle is what streams cost on which nothing happens.
type benchIdle struct {
	Connections int     `json:"connections"`
	Before      int64   `json:"rss_before_bytes"` // of the server, before the first
	After       int64   `json:"rss_after_bytes"`  // with all of them, when it doesn't change any more
	Each        float64 `json:"bytes_per_connection"`
	Lost        int     `json:"lost"` // that the server ended meanwhile
	CPU         float64 `json:"cpu_s_per_connection_hour"`
}

// idleTime is how long idle streams are watched.
const idleTime = 5 * time.Second

// runIdle measures idle streams. A server of its own is started again when the
// accounts are made, so that what was needed to make them isn't counted.
func (b *bench) runIdle(ctx context.Context) error {
	crowd, err := b.crowd(ctx, b.idle)
	if err != nil {
		return err
	}
	r := &benchIdle{Connections: b.idle}
	b.report.Idle = r
	r.Before = settle(b.measured()).RSS
	stop, lost, err := crowd.Idle(ctx)
	if err != nil {
		return err
	}
	defer stop()
	begin, start := b.calm(ctx), time.Now()
	select {
	case <-time.After(idleTime):
	case <-ctx.Done():
		return ctx.Err()
	}
	used := load.Measure(b.measured()...).Since(begin)
	r.After, r.Lost = used.RSS, lost()
	r.Each = round(float64(r.After-r.Before)/float64(b.idle), 0)
	r.CPU = round(used.CPU.Seconds()/float64(b.idle)*float64(time.Hour)/float64(time.Since(start)), 4)
	if r.Lost > 0 {
		return fmt.Errorf("the server ended %d of %d idle streams", r.Lost, b.idle)
	}
	return nil
}

// calm waits, a while at most, until the server's memory doesn't change any more.
func (b *bench) calm(ctx context.Context) load.Usage {
	u := settle(b.measured())
	for range 20 {
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			return u
		}
		next := load.Measure(b.measured()...)
		still := max(next.RSS-u.RSS, u.RSS-next.RSS) < 256<<10
		if u = next; still {
			break
		}
	}
	return u
}

// crowd makes n accounts on the server, and starts a server of its own again.
func (b *bench) crowd(ctx context.Context, n int) (*load.Crowd, error) {
	targets, err := b.targets(ctx)
	if err != nil {
		return nil, err
	}
	crowd, err := load.NewCrowd(ctx, targets[0], n)
	if err != nil || len(b.nodes) == 0 {
		return crowd, err
	}
	if err := b.restart(ctx); err != nil {
		return nil, err
	}
	again, err := newTarget(b.nodes[0].url)
	if err != nil {
		return nil, err
	}
	crowd.MoveTo(again)
	return crowd, nil
}

// A benchConnect is what it costs to come back: a challenge, a session, a stream.
type benchConnect struct {
	Devices    int     `json:"devices"`
	PerS       float64 `json:"connects_per_s"`
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
	CPUEach    float64 `json:"cpu_ms_each"`       // of the server
	CPUSession float64 `json:"generator_ms_each"` // of bench itself
}

// runConnect measures connecting.
func (b *bench) runConnect(ctx context.Context) error {
	crowd, err := b.crowd(ctx, b.connect)
	if err != nil {
		return err
	}
	begin, own, start := settle(b.measured()), ownUsage(), time.Now()
	took, err := crowd.Connect(ctx)
	if err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	used, n := settle(b.measured()).Since(begin), float64(b.connect)
	b.report.Connect = &benchConnect{
		Devices: b.connect, PerS: round(n/seconds, 0), P50: ms(took.Quantile(0.5)), P99: ms(took.Quantile(0.99)),
		CPUEach: round(used.CPU.Seconds()*1000/n, 4), CPUSession: round(ownUsage().Since(own).CPU.Seconds()*1000/n, 4),
	}
	return nil
}
