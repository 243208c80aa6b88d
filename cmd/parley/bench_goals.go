package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
)

// A benchGoal is a figure that the server should reach.
type benchGoal struct {
	name    string
	least   bool // the figure is to be at least the limit, else at most
	limit   float64
	measure func(*benchReport) (value float64, beside string)
}

// A benchSuite is one command line with the goals that it measures.
type benchSuite struct {
	args  string
	goals []benchGoal
}

// benchSuites are the goals of docs/benchmarks.md, section "Delivery".
func benchSuites() []benchSuite {
	return []benchSuite{
		{"--pairs 200 --inflight 16 --overload 0.5,2", []benchGoal{
			{"delivered/s against the floor, 16 under way", true, 0.5, besideFloor},
			{"server CPU, s per 1,000 messages", false, 0.05, func(r *benchReport) (float64, string) { return r.Server.CPUPer1000, "" }},
			{"written to the disk, bytes a message", false, 2000, func(r *benchReport) (float64, string) {
				return r.Server.DiskBytes, fmt.Sprintf("floor %.0f", r.Floor.DiskBytes)
			}},
			{"flushes a message", false, 0.05, func(r *benchReport) (float64, string) { return known(r.Server.Flushes), "" }},
			{"p99 at half of its best, ms", false, 20, func(r *benchReport) (float64, string) {
				return r.Overload[0].Latency.P99, fmt.Sprintf("at %.0f/s", r.Overload[0].Offered)
			}},
			{"p99 of what is accepted at twice its best, ms", false, 100, func(r *benchReport) (float64, string) {
				o := r.Overload[1]
				return o.Latency.P99, fmt.Sprintf("at %.0f/s, %.0f %% refused, %.0f %% unsent", o.Offered, o.RefusedShare*100, o.UnsentShare*100)
			}},
		}},
		{"--pairs 200 --inflight 1", []benchGoal{{"delivered/s against the floor, 1 under way", true, 0.6, besideFloor}}},
		{"--pairs 200 --rate 500 --seconds 10", []benchGoal{
			{"p50 at 500/s, ms", false, 1, func(r *benchReport) (float64, string) {
				return r.Server.Latency.P50, fmt.Sprintf("floor %.2f", r.Floor.Latency.P50)
			}},
			{"p99 at 500/s, ms", false, 4, func(r *benchReport) (float64, string) {
				return r.Server.Latency.P99, fmt.Sprintf("floor %.2f", r.Floor.Latency.P99)
			}},
		}},
		{"--groups 256", []benchGoal{{"deliveries/s in a group of 256", true, 200_000, func(r *benchReport) (float64, string) {
			return r.Groups.Server.DeliveredPerS, fmt.Sprintf("floor %.0f", r.Groups.Floor.DeliveredPerS)
		}}}},
		{"--catchup 1000,5000", []benchGoal{
			{"1,000 envelopes caught up, ms", false, 10, func(r *benchReport) (float64, string) { return r.CatchUp[0].P50, "" }},
			{"5,000 envelopes caught up, ms", false, 50, func(r *benchReport) (float64, string) { return r.CatchUp[1].P50, "" }},
		}},
		{"--connect 5000", []benchGoal{{"connect and authenticate, ms of server CPU", false, 0.3, func(r *benchReport) (float64, string) {
			return r.Connect.CPUEach, fmt.Sprintf("%.0f/s", r.Connect.PerS)
		}}}},
		{"--stored 200000", []benchGoal{{"a start with 200,000 stored envelopes, ms", false, 2000, func(r *benchReport) (float64, string) {
			return r.Stored.Start, fmt.Sprintf("%.0f bytes each", r.Stored.Each)
		}}}},
		{"--idle 15000", []benchGoal{{"memory of an idle stream, bytes", false, 8192, func(r *benchReport) (float64, string) { return r.Idle.Each, "" }}}},
	}
}

// known returns v, or NaN where it is 0: where nothing counted it.
func known(v float64) float64 {
	if v == 0 {
		return math.NaN()
	}
	return v
}

// postgresSuites are the goals on PostgreSQL.
func postgresSuites() []benchSuite {
	var one float64
	return []benchSuite{
		{"--pairs 200 --postgres", []benchGoal{{"delivered/s on one PostgreSQL", true, 15_000, func(r *benchReport) (float64, string) {
			one = r.Server.DeliveredPerS
			return one, fmt.Sprintf("CPU s per 1,000: server %.3f, database %.3f", r.Server.CPUPer1000, r.Server.DatabaseCPU)
		}}}},
		{"--pairs 200 --postgres --nodes 2", []benchGoal{{"two nodes against one, delivered/s", true, 1, func(r *benchReport) (float64, string) {
			return round(r.Server.DeliveredPerS/one, 3), fmt.Sprintf("%.0f", r.Server.DeliveredPerS)
		}}}},
	}
}

func besideFloor(r *benchReport) (float64, string) {
	return r.Ratio, fmt.Sprintf("%.0f, floor %.0f", r.Server.DeliveredPerS, r.Floor.DeliveredPerS)
}

// A benchOutcome is a goal and what came of it.
type benchOutcome struct {
	Goal     string  `json:"goal"`
	Limit    float64 `json:"limit"`
	AtLeast  bool    `json:"at_least"` // else at most
	Measured float64 `json:"measured"` // 0 and not Reached: not known
	Beside   string  `json:"beside,omitempty"`
	Reached  bool    `json:"reached"`
	Command  string  `json:"command"`
}

// runGoals runs each command line and prints one table.
func runGoals(ctx context.Context, p *program, c *benchConfig) error {
	fmt.Fprintf(p.stdout, "%s, %d cores, %s\n\n", machine().CPU, machine().Cores, machine().Go)
	var all []benchOutcome
	suites := benchSuites()
	if _, err := postgresPrograms(); err != nil {
		p.note("nothing is measured on PostgreSQL: %v", err)
	} else {
		suites = append(suites, postgresSuites()...)
	}
	for _, s := range suites {
		p.note("parley bench %s", s.args)
		one, err := parseBench(strings.Fields(s.args))
		if err != nil {
			return err
		}
		one.data, one.serveFlags = c.data, c.serveFlags
		report, err := measure(ctx, p, one)
		if err != nil {
			return err
		}
		for _, g := range s.goals {
			all = append(all, g.judge(report, "parley bench "+s.args))
		}
	}
	if c.json {
		return printJSON(p.stdout, all)
	}
	printOutcomes(p.stdout, all)
	return nil
}

func (g *benchGoal) judge(r *benchReport, command string) benchOutcome {
	o := benchOutcome{Goal: g.name, Limit: g.limit, AtLeast: g.least, Command: command}
	o.Measured, o.Beside = g.measure(r)
	if math.IsNaN(o.Measured) {
		o.Measured, o.Beside = 0, "not known"
		return o
	}
	o.Reached = o.Measured <= o.Limit
	if g.least {
		o.Reached = o.Measured >= o.Limit
	}
	return o
}

// printOutcomes writes a table in Markdown.
func printOutcomes(w io.Writer, all []benchOutcome) {
	fmt.Fprintf(w, "| Goal | Measured | Reached | Command |\n|---|---|---|---|\n")
	for _, o := range all {
		sign, reached := "≤", "no"
		if o.AtLeast {
			sign = "≥"
		}
		if o.Reached {
			reached = "yes"
		}
		beside := ""
		if o.Beside != "" {
			beside = " (" + o.Beside + ")"
		}
		fmt.Fprintf(w, "| %s %s %s | %s%s | %s | `%s` |\n", o.Goal, sign, decimal(o.Limit), decimal(o.Measured), beside, reached, o.Command)
	}
}

// decimal writes a number without an exponent.
func decimal(v float64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.4f", v), "0"), ".")
}
