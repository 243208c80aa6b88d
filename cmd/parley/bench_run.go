package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"parley/cmd/parley/internal/load"
)

// A bench is one run of the command.
type bench struct {
	*program
	*benchConfig
	report *benchReport
	server *benchProcess // its own, or nil
	dirs   []string      // temporary
	all    []*benchProcess
}

func newTarget(url string) (*load.Target, error) { return load.NewTarget(url) }

// numbers reads a list of whole numbers above 0.
func numbers(s string) (all []int, err error) {
	for _, e := range list(s) {
		n, err := strconv.Atoi(e)
		if err != nil || n < 1 {
			return nil, errors.New("want whole numbers")
		}
		all = append(all, n)
	}
	return all, nil
}

// factors reads a list of numbers above 0.
func factors(s string) (all []float64, err error) {
	for _, e := range list(s) {
		f, err := strconv.ParseFloat(e, 64)
		if err != nil || !(f > 0 && f <= 100) {
			return nil, errors.New("want numbers above 0, 100 at most")
		}
		all = append(all, f)
	}
	return all, nil
}

// close ends all children and removes what they kept.
func (b *bench) close() {
	for _, c := range b.all {
		c.stop()
	}
	for _, dir := range b.dirs {
		os.RemoveAll(dir)
	}
}

// run runs the workloads, one after the other.
func (b *bench) run(ctx context.Context) error {
	if len(b.urls) > 0 {
		b.note("making throw-away accounts on %s, and leaving them there", b.urls[0])
	}
	for _, w := range []struct {
		wanted bool
		run    func(context.Context) error
	}{
		{b.pairs > 0, b.runPairs},
		{b.groups > 0, b.runGroups},
		{len(b.catchup) > 0, b.runCatchUp},
		{b.stored > 0, b.runStored},
		{b.connect > 0, b.runConnect},
		{b.idle > 0, b.runIdle},
	} {
		if !w.wanted {
			continue
		}
		if err := w.run(ctx); err != nil {
			return err
		}
		b.stopAll()
	}
	return nil
}

// stopAll ends the children, so that each workload has its own.
func (b *bench) stopAll() {
	for _, c := range b.all {
		c.stop()
	}
	b.all, b.server = nil, nil
}

// start starts a child in a directory of its own.
func (b *bench) start(ctx context.Context, role string, flags ...string) (*benchProcess, error) {
	dir, err := os.MkdirTemp(b.data, "parley-bench-")
	if err != nil {
		return nil, err
	}
	b.dirs = append(b.dirs, dir)
	return b.startIn(ctx, dir, role, flags...)
}

// startIn starts a child in a directory.
func (b *bench) startIn(ctx context.Context, dir, role string, flags ...string) (*benchProcess, error) {
	c, err := startChild(ctx, append([]string{role, dir}, flags...)...)
	if err != nil {
		return nil, err
	}
	b.all = append(b.all, c)
	return c, nil
}

// targets returns the servers to measure: where senders and receivers connect.
func (b *bench) targets(ctx context.Context) (send, receive *load.Target, err error) {
	urls := b.urls
	if len(urls) == 0 {
		if b.server, err = b.start(ctx, "server", b.serveFlags...); err != nil {
			return nil, nil, err
		}
		urls = []string{b.server.url}
	}
	if send, err = newTarget(urls[0]); err != nil {
		return nil, nil, err
	}
	receive, err = newTarget(urls[len(urls)-1])
	return send, receive, err
}

// measured returns the server's processes.
func (b *bench) measured() (pids []int) {
	if b.server != nil {
		return []int{b.server.cmd.Process.Pid}
	}
	pids, _ = numbers(joinComma(b.pids))
	return pids
}

// A side is the server or the floor, turn after turn.
type side struct {
	pids   []int
	lines  func(context.Context, *load.Clock) ([]*load.Line, error)
	before func() // the window
	after  func() // the window
	syncs  func() (float64, bool)
	watch  func() func() // begins what goes on within the window, and ends it
	sum    *benchSide
}

// runPairs measures pairs.
func (b *bench) runPairs(ctx context.Context) error {
	return b.compare(ctx, b.pairs, 2, &b.report.benchResult)
}

// runGroups measures one group.
func (b *bench) runGroups(ctx context.Context) error {
	b.report.Groups = &benchResult{}
	return b.compare(ctx, 1, b.groups, b.report.Groups)
}

// compare measures server and floor in turns.
func (b *bench) compare(ctx context.Context, rooms, members int, result *benchResult) error {
	send, receive, err := b.targets(ctx)
	if err != nil {
		return err
	}
	world, err := load.NewWorld(ctx, load.WorldConfig{Send: send, Receive: receive, Rooms: rooms, Members: members, Size: b.size})
	if err != nil {
		return err
	}
	result.Server = &benchSide{}
	b.report.FrameBytes = world.FrameSize()
	sides := []*side{{pids: b.measured(), lines: world.Lines, sum: result.Server, before: b.beginProfile, after: b.endProfile}}
	sides[0].syncs = func() (float64, bool) { return 0, false }
	if b.server != nil {
		sides[0].syncs = b.server.syncs
	}
	sides[0].watch = func() func() { return b.watchMemory(sides[len(sides)-1].pids) }
	if len(b.urls) == 0 || b.floor {
		f, err := b.floorSide(ctx, rooms, members, world.FrameSize())
		if err != nil {
			return err
		}
		result.Floor = f.sum
		sides = slices.Insert(sides, 0, f)
	}
	for range b.rounds {
		for _, s := range sides {
			if err := b.turn(ctx, s, b.rate); err != nil {
				return err
			}
		}
	}
	for _, s := range sides {
		s.sum.finish()
	}
	b.report.Growth = growth(b.report.Memory)
	if result.Floor != nil {
		result.Ratio = round(result.Server.DeliveredPerS/result.Floor.DeliveredPerS, 3)
	}
	if members > 2 {
		return nil
	}
	return b.runOverload(ctx, sides[len(sides)-1])
}

func (b *bench) floorSide(ctx context.Context, rooms, members, frameSize int) (*side, error) {
	c, err := b.start(ctx, "floor")
	if err != nil {
		return nil, err
	}
	target, err := newTarget(c.url)
	if err != nil {
		return nil, err
	}
	return &side{
		pids: []int{c.cmd.Process.Pid}, sum: &benchSide{}, before: func() {}, after: func() {},
		watch: func() func() { return func() {} },
		syncs: func() (float64, bool) { return 0, false },
		lines: func(ctx context.Context, clock *load.Clock) ([]*load.Line, error) {
			return load.FloorLines(ctx, target, clock, rooms, members, frameSize)
		},
	}, nil
}

// turn measures one side once.
func (b *bench) turn(ctx context.Context, s *side, rate float64) error {
	clock := load.NewClock()
	lines, err := s.lines(ctx, clock)
	if err != nil {
		return err
	}
	var begin, end, own load.Usage
	unwatch := func() {}
	var syncs, after float64
	counted := false
	t := &load.Turn{
		Clock: clock, Lines: lines, Inflight: b.inflight, Rate: rate, Warm: b.warm, Length: b.length,
		Begin: func() {
			s.before()
			unwatch = s.watch()
			syncs, counted = s.syncs()
			begin, own = load.Measure(s.pids...), ownUsage()
		},
		End: func() {
			own = ownUsage().Since(own)
			unwatch()
			s.after()
		},
		Drained: func() {
			end = settle(s.pids)
			after, _ = s.syncs()
		},
	}
	r, err := t.Run(ctx)
	if err != nil {
		return err
	}
	if counted {
		s.sum.syncs += after - syncs
	}
	return s.sum.add(r, end.Since(begin), own)
}

func ownUsage() load.Usage { return load.Measure(os.Getpid()) }

// settle waits, a while at most, until processes do nothing any more: what they
// still have to do for the messages counts as used for them.
func settle(pids []int) load.Usage {
	u := load.Measure(pids...)
	for range 30 {
		time.Sleep(100 * time.Millisecond)
		next := load.Measure(pids...)
		quiet := next.CPU-u.CPU < 10*time.Millisecond
		if u = next; quiet {
			break
		}
	}
	return u
}

func (b *bench) beginProfile() {
	if b.profile != "" && b.server != nil {
		path, err := filepath.Abs(b.profile)
		if err == nil {
			b.server.tell("profile %s", path)
		}
	}
}

func (b *bench) endProfile() {
	if b.profile != "" && b.server != nil {
		b.server.tell("profiled")
	}
}
