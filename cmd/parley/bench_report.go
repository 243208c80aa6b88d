package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"parley/cmd/parley/internal/load"
	"parley/wire"
)

// A benchReport is what bench prints.
type benchReport struct {
	Machine    benchMachine `json:"machine"`
	Pairs      int          `json:"pairs,omitempty"`
	Inflight   int          `json:"inflight"`
	Rate       float64      `json:"rate"` // a second; 0: as fast as it goes
	Size       int          `json:"size"` // bytes of a message's padded content
	Seconds    float64      `json:"seconds"`
	Rounds     int          `json:"rounds"`
	Store      string       `json:"store,omitempty"` // of its own server: embedded or postgres
	Nodes      int          `json:"nodes,omitempty"`
	FrameBytes int          `json:"frame_bytes,omitempty"` // of one request on the wire
	benchResult
	Groups   *benchResult    `json:"groups,omitempty"`
	Overload []benchOverload `json:"overload,omitempty"`
	CatchUp  []benchCatchUp  `json:"catchup,omitempty"`
	Stored   *benchStored    `json:"stored,omitempty"`
	Connect  *benchConnect   `json:"connect,omitempty"`
	Idle     *benchIdle      `json:"idle,omitempty"`
	Memory   []benchMemory   `json:"memory,omitempty"`        // over a soak
	Growth   float64         `json:"memory_growth,omitempty"` // of the soak's last quarter over its second, as a share
}

// A benchMachine is what was measured on.
type benchMachine struct {
	CPU    string `json:"cpu,omitempty"`
	Cores  int    `json:"cores"`
	System string `json:"system"`
	Go     string `json:"go"`
}

// A benchResult compares the server with the floor.
type benchResult struct {
	Server *benchSide `json:"server,omitempty"`
	Floor  *benchSide `json:"floor,omitempty"`
	Beside string     `json:"beside,omitempty"`         // what Floor is, where it isn't the floor
	Ratio  float64    `json:"ratio_to_floor,omitempty"` // of the medians of delivered_per_s

	Paired *benchPaired `json:"paired,omitempty"` // with Beside
}

// A benchSide is what one side did. What is for each message is for each that was
// acknowledged, and 0 where it isn't known.
type benchSide struct {
	DeliveredPerS float64             `json:"delivered_per_s"` // the rounds' median
	Rounds        []float64           `json:"delivered_per_s_rounds"`
	Accepted      int64               `json:"accepted"`
	Refused       int64               `json:"refused"`
	RefusedBy     map[wire.Code]int64 `json:"refused_by,omitempty"`
	Unsent        int64               `json:"unsent"` // due, but the connection took no more
	Latency       benchLatency        `json:"latency_ms"`
	CPUPer1000    float64             `json:"cpu_s_per_1000"`
	DiskBytes     float64             `json:"disk_bytes_per_message"`
	Ingress       float64             `json:"ingress_bytes_per_message"` // to the side, without TCP and TLS
	Egress        float64             `json:"egress_bytes_per_message"`  // from it, to all devices together
	Flushes       float64             `json:"flushes_per_message"`
	DatabaseCPU   float64             `json:"database_cpu_s_per_1000,omitempty"` // of PostgreSQL; disk_bytes_per_message has its bytes
	RSS           int64               `json:"rss_bytes"`
	Generator     float64             `json:"generator_cpu_s_per_1000"` // of bench itself

	latency  load.Histogram
	taken    int64
	all      int64
	in, out  int64
	syncs    float64
	used     load.Usage
	database load.Usage
	own      load.Usage

	cpuRounds, allRounds []float64 // of each turn: CPU seconds a message, of the server, and with bench's own
}

// A benchLatency is from when a message was due (or sent, where the rate is 0)
// until it was received, in milliseconds.
type benchLatency struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
}

func newReport(c *benchConfig) *benchReport {
	r := &benchReport{
		Machine: machine(), Pairs: c.pairs, Inflight: c.inflight, Rate: c.rate, Size: c.size,
		Seconds: c.length.Seconds(), Rounds: c.rounds,
	}
	if len(c.urls) == 0 {
		r.Store, r.Nodes = "embedded", c.nodeCount
	}
	if c.postgres {
		r.Store = "postgres"
	}
	return r
}

// add counts one turn.
func (s *benchSide) add(r *load.Result, used, own load.Usage) error {
	if err := r.Check(); err != nil {
		return err
	}
	s.Rounds = append(s.Rounds, round(float64(r.Delivered)/r.Seconds, 0))
	s.Accepted += r.Accepted
	s.Unsent += r.Unsent
	for code, n := range r.Refused {
		if s.RefusedBy == nil {
			s.RefusedBy = map[wire.Code]int64{}
		}
		s.RefusedBy[code] += n
		s.Refused += n
	}
	s.latency.Merge(&r.Latency)
	s.taken += r.Taken
	s.all += r.All
	s.in += r.In
	s.out += r.Out
	s.used.CPU += used.CPU
	s.used.Written += used.Written
	s.used.RSS = max(s.used.RSS, used.RSS)
	s.own.CPU += own.CPU
	n := float64(max(r.Taken, 1))
	s.cpuRounds = append(s.cpuRounds, used.CPU.Seconds()/n)
	s.allRounds = append(s.allRounds, (used.CPU+own.CPU).Seconds()/n)
	return nil
}

// finish makes the figures of what was counted.
func (s *benchSide) finish() {
	s.DeliveredPerS = median(s.Rounds)
	s.Latency = benchLatency{ms(s.latency.Quantile(0.5)), ms(s.latency.Quantile(0.99)), ms(s.latency.Quantile(0.999))}
	n := float64(max(s.taken, 1))
	s.CPUPer1000 = round(s.used.CPU.Seconds()/n*1000, 4)
	s.DatabaseCPU = round(s.database.CPU.Seconds()/n*1000, 4)
	s.DiskBytes = round(float64(s.used.Written+s.database.Written)/n, 0)
	s.Ingress, s.Egress = round(float64(s.in)/float64(max(s.all, 1)), 0), round(float64(s.out)/float64(max(s.all, 1)), 0)
	s.Flushes = round(s.syncs/n, 4)
	s.RSS = s.used.RSS
	s.Generator = round(s.own.CPU.Seconds()/n*1000, 4)
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	return (all[len(all)/2] + all[(len(all)-1)/2]) / 2
}

func ms(d time.Duration) float64 { return round(float64(d)/float64(time.Millisecond), 3) }

func round(v float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(v*p) / p
}

func joinComma(all []string) string { return strings.Join(all, ",") }

// print writes tables for people.
func (r *benchReport) print(w io.Writer) error {
	fmt.Fprintf(w, "%d cores, %s, %s\n", r.Machine.Cores, r.Machine.CPU, r.Machine.Go)
	fmt.Fprintf(w, "messages of %d bytes, %d under way for each sender, %d × %.3g s\n", r.Size, r.Inflight, r.Rounds, r.Seconds)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if r.Server != nil {
		r.benchResult.print(out, fmt.Sprintf("%d pairs", r.Pairs))
	}
	if r.Groups != nil {
		r.Groups.print(out, "one group")
	}
	if len(r.Memory) > 0 {
		fmt.Fprintf(w, "memory in the last quarter of the soak against the second: %+.1f %%\n", r.Growth*100)
	}
	for _, o := range r.Overload {
		fmt.Fprintf(out, "\nat %.3g × its best\toffered/s\tdelivered/s\tp50 ms\tp99 ms\trefused\tunsent\t\n", o.Factor)
		fmt.Fprintf(out, "server\t%.0f\t%.0f\t%.2f\t%.2f\t%.1f %%\t%.1f %%\t\n", o.Offered, o.Delivered,
			o.Latency.P50, o.Latency.P99, o.RefusedShare*100, o.UnsentShare*100)
	}
	for _, c := range r.CatchUp {
		fmt.Fprintf(out, "\ncatching up\tp50 ms\tmax ms\tCPU ms\t\n%d envelopes\t%.2f\t%.2f\t%.2f\t\n", c.Envelopes, c.P50, c.Max, c.CPUEach)
	}
	if s := r.Stored; s != nil {
		fmt.Fprintf(out, "\nkept\tbytes a message\tto start ms\t\n%d messages\t%.0f\t%.0f\t\n", s.Messages, s.Each, s.Start)
	}
	if c := r.Connect; c != nil {
		fmt.Fprintf(out, "\nconnecting\teach s\tp50 ms\tp99 ms\tCPU ms each\t\n%d devices\t%.0f\t%.2f\t%.2f\t%.3f\t\n", c.Devices, c.PerS, c.P50, c.P99, c.CPUEach)
	}
	if i := r.Idle; i != nil {
		fmt.Fprintf(out, "\nidle streams\tMB before\tMB after\tbytes each\t\n%d\t%d\t%d\t%.0f\t\n", i.Connections, i.Before>>20, i.After>>20, i.Each)
	}
	return out.Flush()
}

func (r *benchResult) print(w io.Writer, name string) {
	fmt.Fprintf(w, "\n%s\tdelivered/s\tp50 ms\tp99 ms\tp99.9 ms\tCPU s/1,000\tof bench\tdisk B/message\tMB resident\trefused\t\n", name)
	for _, s := range []struct {
		name string
		*benchSide
	}{{cmp.Or(r.Beside, "floor"), r.Floor}, {"server", r.Server}} {
		if s.benchSide == nil {
			continue
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.2f\t%.2f\t%.4f\t%.4f\t%.0f\t%d\t%d\t\n", s.name, s.DeliveredPerS,
			s.Latency.P50, s.Latency.P99, s.Latency.P999, s.CPUPer1000, s.Generator, s.DiskBytes, s.RSS>>20, s.Refused)
	}
	if r.Ratio > 0 {
		fmt.Fprintf(w, "ratio\t%.2f\t\t\t\t\t\t\t\t\t\n", r.Ratio)
	}
	if r.Paired != nil {
		r.Paired.print(w)
	}
}
