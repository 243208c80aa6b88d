package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

var benchCommand = command{
	name: "bench", usage: "bench [--url URL] [--pairs N] [--inflight N] [--rate N] [--size BYTES] [--seconds S] [--json] [FLAG…]",
	summary: "Measure a server: messages a second, latency, CPU, disk and memory.",
	more: `
Without --url it starts a server of its own in a temporary directory, every message
synced to the disk before it is acknowledged, and a floor: a bare WebSocket server
that appends to one synced file and forwards. The two are measured in turns, and the
ratio of their medians is printed. That server's allowances of single devices are
raised; how long a message may wait (rate_delay) is as usual. With --url it makes throw-away accounts
("bench-…") on that server and leaves them there.

  --url URL[,URL]   this server instead; several are nodes of one site, among which
                    the members of each room are spread
  --pid PID[,PID]   with --url: the server's processes, to measure CPU, disk and memory
  --floor           with --url: measure the floor, on this machine, too
  --untagged        instead of the floor, a second server with messages that it doesn't
                    frank, in 20 short turns each: what franks cost, as the ratio of the
                    two in each pair of turns. With --url it is the same server
  --floor-together  the floor joins the frames for one connection into one write: the
                    limit of the machine rather than a bare server
  --postgres        without --url: a server on a PostgreSQL of its own, from the packages
                    of Debian, every commit synced
  --nodes N         with --postgres: so many servers on it
  --serve FLAGS     without --url: further flags of parley serve
  --data DIR        without --url: where to make the temporary directory

Workloads; the default is pairs:
  --pairs N         N pairs, each one sender and one receiver in a room of two (200)
  --groups N        one group of N accounts, of which one sends
  --idle N          N streams on which nothing happens
  --catchup N[,N]   one device reads so many messages that it has missed
  --connect N       N devices open a session and a stream, one after the other
  --stored N        N messages that nobody takes: their bytes on the disk, and how
                    long a server needs to start with them
  --overload K[,K]  pairs at K times the rate that was just measured as the highest;
                    0.5 is half of it

  --inflight N      messages of each sender under way at once (16)
  --rate N          messages a second of all senders together, each due at its time
                    and its latency counted from then; 0: as fast as it goes (0)
  --size BYTES      of a message's padded content (1024)
  --seconds S       length of one turn (5)
  --rounds N        turns of each (3)
  --warm S          seconds before each turn that don't count (1)
  --goals           all of docs/benchmarks.md, section Delivery, as one table: some minutes
  --soak            one turn of the server alone, in which its memory and the size of its
                    store are printed 30 times, or each minute
  --cpuprofile FILE of the server that it starts, over its turns
  --json            one object on standard output instead of a table`,
	run: runBench,
}

// A benchConfig is what a command line of bench says.
type benchConfig struct {
	urls, pids, serveFlags                                    []string
	floor, together, json, soak, goals, postgres, untagged    bool
	data, profile                                             string
	pairs, groups, idle, connect, stored, inflight, nodeCount int
	catchup                                                   []int
	size, rounds                                              int
	rate                                                      float64
	overload                                                  []float64
	length, warm                                              time.Duration
}

// Bounds of a command line of bench.
const (
	maxBenchLines = 1 << 14
	maxBenchSize  = 200 << 10
)

// errBenchURL says what --url wants.
var errBenchURL = errors.New("want http(s)://HOST[:PORT]")

func runBench(ctx context.Context, p *program, args []string) error {
	if len(args) > 0 && args[0] == benchChild {
		return runBenchChild(ctx, p, args[1:])
	}
	c, err := parseBench(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer stop()
	if c.goals {
		return runGoals(ctx, p, c)
	}
	report, err := measure(ctx, p, c)
	if err != nil {
		return err
	}
	if c.json {
		enc := json.NewEncoder(p.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(report)
	}
	return report.print(p.stdout)
}

// measure runs the workloads of a command line.
func measure(ctx context.Context, p *program, c *benchConfig) (*benchReport, error) {
	b := &bench{program: p, benchConfig: c, report: newReport(c)}
	defer b.close()
	return b.report, b.run(ctx)
}

// parseBench reads a command line.
func parseBench(args []string) (*benchConfig, error) {
	fs := newFlags("bench")
	c := &benchConfig{}
	urls, pids, serve := fs.String("url", "", ""), fs.String("pid", "", ""), fs.String("serve", "", "")
	catchup, overload := fs.String("catchup", "", ""), fs.String("overload", "", "")
	seconds, warm := fs.Float64("seconds", 5, ""), fs.Float64("warm", 1, "")
	fs.BoolVar(&c.floor, "floor", false, "")
	fs.BoolVar(&c.untagged, "untagged", false, "")
	fs.BoolVar(&c.together, "floor-together", false, "")
	fs.BoolVar(&c.json, "json", false, "")
	fs.BoolVar(&c.goals, "goals", false, "")
	fs.BoolVar(&c.soak, "soak", false, "")
	fs.BoolVar(&c.postgres, "postgres", false, "")
	fs.IntVar(&c.nodeCount, "nodes", 1, "")
	fs.StringVar(&c.data, "data", "", "")
	fs.StringVar(&c.profile, "cpuprofile", "", "")
	fs.IntVar(&c.pairs, "pairs", 0, "")
	fs.IntVar(&c.groups, "groups", 0, "")
	fs.IntVar(&c.idle, "idle", 0, "")
	fs.IntVar(&c.connect, "connect", 0, "")
	fs.IntVar(&c.stored, "stored", 0, "")
	fs.IntVar(&c.inflight, "inflight", 16, "")
	fs.IntVar(&c.size, "size", 1024, "")
	fs.IntVar(&c.rounds, "rounds", 3, "")
	fs.Float64Var(&c.rate, "rate", 0, "")
	rest, err := parse(fs, args)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, usagef("bench takes no arguments")
	}
	c.urls, c.pids, c.serveFlags = list(*urls), list(*pids), strings.Fields(*serve)
	c.length, c.warm = inSeconds(*seconds), inSeconds(*warm)
	if c.catchup, err = numbers(*catchup); err != nil {
		return nil, usagef("--catchup: %v", err)
	}
	if c.overload, err = factors(*overload); err != nil {
		return nil, usagef("--overload: %v", err)
	}
	if !given(fs, "pairs") && c.others() == 0 {
		c.pairs = 200
	}
	if c.soak && !given(fs, "rounds") {
		c.rounds = 1
	}
	if c.untagged {
		c.manyShort(given(fs, "rounds"), given(fs, "seconds"), given(fs, "warm"))
	}
	return c, c.check()
}

// manyShort sets what wasn't given for two sides that are compared in pairs of
// turns: a median of many says more than one of three.
func (c *benchConfig) manyShort(rounds, seconds, warm bool) {
	if !rounds {
		c.rounds = 20
	}
	if !seconds {
		c.length = 2 * time.Second
	}
	if !warm {
		c.warm = time.Second / 2
	}
}

// others is 0 where nothing but pairs is asked for.
func (c *benchConfig) others() int {
	return c.groups + c.idle + c.connect + c.stored + len(c.catchup)
}

// check refuses what can't be measured.
func (c *benchConfig) check() error {
	own := len(c.urls) == 0
	for _, rule := range []struct {
		broken bool
		text   string
	}{
		{c.length <= 0 || c.length > 24*time.Hour, "--seconds is more than 0 and at most a day"},
		{c.warm < 0 || c.warm > time.Hour, "--warm is 0 to 3600"},
		{c.pairs < 0 || c.groups < 0 || min(c.idle, c.connect, c.stored) < 0, "a number of clients or messages is not negative"},
		{max(c.pairs, c.groups) > maxBenchLines || c.groups == 1, "--pairs is at most 16384, and so is --groups, which is at least 2"},
		{c.idle > 1<<20 || c.connect > 1<<20, "--idle and --connect are at most 1048576"},
		{c.stored > 1e9 || c.stored > 0 && !own, "--stored is at most 1000000000, and not for another server"},
		{c.inflight < 1 || c.inflight > 4096, "--inflight is 1 to 4096"},
		{c.size < 128 || c.size > maxBenchSize, "--size is 128 to 204800"},
		{c.rounds < 1 || c.rounds > 1000, "--rounds is 1 to 1000"},
		{!(c.rate >= 0 && c.rate <= 1e7), "--rate is 0 to 10000000"},
		{len(c.overload) > 0 && (c.pairs == 0 || c.rate > 0), "--overload needs --pairs, and no --rate"},
		{c.pairs+c.others() == 0, "there is nothing to measure"},
		{c.soak && c.pairs+c.groups == 0, "--soak needs --pairs or --groups"},
		{c.rate > 0 && c.pairs+c.groups == 0, "--rate needs --pairs or --groups"},
		{own && (len(c.pids) > 0 || c.floor), "--pid and --floor need --url"},
		{!own && c.postgres, "--postgres doesn't go with --url"},
		{c.nodeCount < 1 || c.nodeCount > 64 || c.nodeCount > 1 && !c.postgres, "--nodes is 1 to 64, and needs --postgres"},
		{c.postgres && c.idle+c.connect+c.stored > 0, "--idle, --connect and --stored are measured on the embedded store"},
		{!own && (len(c.serveFlags) > 0 || c.data != "" || c.profile != ""), "--serve, --data and --cpuprofile are of the server that bench starts: they don't go with --url"},
	} {
		if rule.broken {
			return usagef("%s", rule.text)
		}
	}
	for _, u := range c.urls {
		if _, err := newTarget(u); err != nil {
			return usagef("--url: %v", errBenchURL)
		}
	}
	if _, err := numbers(strings.Join(c.pids, ",")); err != nil {
		return usagef("--pid: %v", err)
	}
	return nil
}

// list splits at commas; nothing is no element.
func list(s string) []string {
	return slices.DeleteFunc(strings.Split(s, ","), func(e string) bool { return e == "" })
}

func inSeconds(s float64) time.Duration {
	if !(s >= -1 && s < 1e9) {
		return -1
	}
	return time.Duration(s * float64(time.Second))
}

// machine says what the figures were measured on.
func machine() benchMachine {
	host := benchMachine{Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				host.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	return host
}
