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
	report    *benchReport
	nodes     []*benchProcess // its own servers
	serverDir string          // of the embedded store, or empty
	database  *benchProcess   // its own PostgreSQL, or nil
	dirs      []string        // temporary
	all       []*benchProcess
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
	b.stopAll()
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
	for _, c := range slices.Backward(b.all) { // the database last
		c.stop()
	}
	b.all, b.nodes, b.database = nil, nil, nil
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

// A side is the server or the floor, turn after turn.
type side struct {
	pids     []int
	lines    func(context.Context, *load.Clock) ([]*load.Line, error)
	before   func() // the window
	after    func() // the window
	syncs    func() (float64, bool)
	database func() load.Usage
	watch    func() func() // begins what goes on within the window, and ends it
	sum      *benchSide
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
	targets, err := b.targets(ctx)
	if err != nil {
		return err
	}
	config := load.WorldConfig{Targets: targets, Rooms: rooms, Members: members, Size: b.size, Untagged: b.untagged}
	world, err := load.NewWorld(ctx, config)
	if err != nil {
		return err
	}
	result.Server = &benchSide{}
	b.report.FrameBytes = world.FrameSize()
	sides := []*side{b.serverSide(world, result.Server)}
	switch {
	case b.untagged:
		result.Floor, result.Beside = &benchSide{}, "without tags"
		other, err := b.untaggedSide(ctx, world, config, result.Floor)
		if err != nil {
			return err
		}
		sides = slices.Insert(sides, 0, other)
	case len(b.urls) == 0 && !b.soak || b.floor:
		f, err := b.floorSide(ctx, rooms, members, world.FrameSize())
		if err != nil {
			return err
		}
		result.Floor = f.sum
		sides = slices.Insert(sides, 0, f)
	}
	turns := slices.Clone(sides)
	for range b.rounds {
		for _, s := range turns {
			if err := b.turn(ctx, s, b.rate); err != nil {
				return err
			}
		}
		if b.untagged { // what a turn leaves behind for the next is each side's in turn
			slices.Reverse(turns)
		}
	}
	for _, s := range sides {
		s.sum.finish()
	}
	b.report.Growth = growth(b.report.Memory)
	if result.Floor != nil {
		result.Ratio = round(result.Server.DeliveredPerS/result.Floor.DeliveredPerS, 3)
	}
	if b.untagged {
		result.Paired = pair(result.Server, result.Floor)
	}
	if members > 2 {
		return nil
	}
	return b.runOverload(ctx, sides[len(sides)-1])
}

func (b *bench) serverSide(world *load.World, sum *benchSide) *side {
	pids := b.measured()
	return &side{
		pids: pids, lines: world.Lines, sum: sum, before: b.beginProfile, after: b.endProfile,
		syncs: b.syncs, database: b.databaseUsage,
		watch: func() func() { return b.watchMemory(pids) },
	}
}

func (b *bench) floorSide(ctx context.Context, rooms, members, frameSize int) (*side, error) {
	var flags []string
	if b.together {
		flags = append(flags, floorTogether)
	}
	c, err := b.start(ctx, "floor", flags...)
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
		syncs: func() (float64, bool) { return 0, false }, database: func() load.Usage { return load.Usage{} },
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
	var begin, end, own, database load.Usage
	unwatch := func() {}
	var syncs, after float64
	counted := false
	t := &load.Turn{
		Clock: clock, Lines: lines, Inflight: b.inflight, Rate: rate, Warm: b.warm, Length: b.length,
		Begin: func() {
			s.before()
			unwatch = s.watch()
			syncs, counted = s.syncs()
			begin, own, database = load.Measure(s.pids...), ownUsage(), s.database()
		},
		End: func() {
			own = ownUsage().Since(own)
			unwatch()
			s.after()
		},
		Drained: func() {
			end = settle(s.pids)
			after, _ = s.syncs()
			database = s.database().Since(database)
		},
	}
	r, err := t.Run(ctx)
	if err != nil {
		return err
	}
	s.sum.database.CPU += database.CPU
	s.sum.database.Written += database.Written
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
	if b.profile != "" && len(b.nodes) > 0 {
		path, err := filepath.Abs(b.profile)
		if err == nil {
			b.nodes[0].tell("profile %s", path)
		}
	}
}

func (b *bench) endProfile() {
	if b.profile != "" && len(b.nodes) > 0 {
		b.nodes[0].tell("profiled")
	}
}
