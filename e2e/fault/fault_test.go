package fault

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"parley/server/memstore"
)

// length is how long the faults last: 6 seconds, or as many as
// PARLEY_TORTURE_ROUNDS has tens.
func length(t *testing.T) time.Duration {
	t.Helper()
	v := os.Getenv("PARLEY_TORTURE_ROUNDS")
	if v == "" {
		return 6 * time.Second
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("PARLEY_TORTURE_ROUNDS=%q", v)
	}
	return max(6*time.Second, time.Duration(n)*time.Second/10)
}

// seedOf returns PARLEY_SEED, or a random one, and logs it. It repeats a run's
// choices, though not its timing.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if v := os.Getenv("PARLEY_SEED"); v != "" {
		var err error
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("PARLEY_SEED=%d", seed)
	return seed
}

// Three nodes, of which one is killed every few seconds, over a network that does
// what networks do.
func TestFaultNodes(t *testing.T) {
	c := newInProcess(t, 3, memstore.New())
	run(t, c, seedOf(t), func(origins []string) {
		c.origins = origins
		for n := range c.nodes {
			c.start(n)
		}
	})
}

// The same with nodes that are processes of the program over PostgreSQL, killed
// with kill -9, and joined by NATS.
func TestFaultProcesses(t *testing.T) {
	c := newProcesses(t, 3)
	run(t, c, seedOf(t), func(origins []string) {
		c.origins = origins
		for n := range c.nodes {
			c.start(n)
		}
	})
}

var names = []string{"ann", "ben", "cem", "dot"}

// run has people talk through faults, and checks what they have in the end. begin
// starts the nodes.
func run(t *testing.T, c cluster, seed uint64, begin func(origins []string)) {
	var proxies []*proxy
	var origins []string
	for i := range names {
		p := newProxy(t, seed+uint64(i), c.addresses)
		proxies, origins = append(proxies, p), append(origins, p.url())
	}
	begin(origins)
	people := gather(t, proxies)
	ctx, stop := context.WithTimeout(t.Context(), length(t))
	defer stop()
	var wg sync.WaitGroup
	talk(ctx, &wg, people, seed)
	f := &faults{t: t, c: c, proxies: proxies, rng: rand.New(rand.NewPCG(seed, 99)), count: map[string]int{}}
	f.run(ctx)
	wg.Wait()
	f.heal()
	t.Logf("%d messages sent or kept through %v", conclude(t, people), f.count)
}

// gather makes the people, each behind a proxy, and their rooms.
func gather(t *testing.T, proxies []*proxy) []*person {
	t.Helper()
	var people []*person
	for i, name := range names {
		people = append(people, join(t, name, domain, proxies[i]))
	}
	// All rooms are there before the faults, each made by one.
	people[0].say(t.Context(), names[1:], "ann -1")
	people[1].say(t.Context(), names[2:3], "ben -1")
	settleAll(t, people)
	return people
}

// talk has everybody send and read until ctx ends.
func talk(ctx context.Context, wg *sync.WaitGroup, people []*person, seed uint64) {
	for i, p := range people {
		rooms := [][]string{others(p.name)}
		switch p.name {
		case "ben":
			rooms = append(rooms, []string{"cem"})
		case "cem":
			rooms = append(rooms, []string{"ben"})
		}
		wg.Go(func() { p.sends(ctx, rooms, rand.New(rand.NewPCG(seed, uint64(10+i)))) })
		wg.Go(func() { p.reads(ctx) })
	}
}

// conclude lets everything go out and come in, checks it, and returns how many
// messages were sent or kept.
func conclude(t *testing.T, people []*person) (kept int) {
	t.Helper()
	settleAll(t, people)
	var all []*told
	for _, p := range people {
		p.look()
		all = append(all, &p.told)
		kept += len(p.kept)
	}
	for _, wrong := range check(all) {
		t.Error(wrong)
	}
	if kept < len(people) {
		t.Errorf("only %d messages were sent or kept", kept)
	}
	return kept
}

func others(name string) (all []string) {
	for _, n := range names {
		if n != name {
			all = append(all, n)
		}
	}
	return all
}

// settleAll lets everything go out and come in.
func settleAll(t *testing.T, people []*person) {
	t.Helper()
	for end, clean := time.Now().Add(patience), 0; clean < 2; {
		clean++
		for _, p := range people {
			if err := p.settle(t.Context()); err != nil {
				if time.Now().After(end) {
					t.Fatalf("%s can't settle: %v", p.name, err)
				}
				clean = 0
			}
		}
	}
}

// faults are what befalls a cluster and its network.
type faults struct {
	t       *testing.T
	c       cluster
	proxies []*proxy
	rng     *rand.Rand
	count   map[string]int
	steps   int
	down    int // a node that is down, plus 1
}

// run does something about twice a second.
func (f *faults) run(ctx context.Context) {
	for ctx.Err() == nil {
		f.something()
		pause(ctx, time.Duration(200+f.rng.IntN(600))*time.Millisecond)
	}
}

func (f *faults) something() {
	if f.steps++; f.steps%3 == 0 {
		f.nodes()
		return
	}
	p := f.proxies[f.rng.IntN(len(f.proxies))]
	switch 2 + f.rng.IntN(9) {
	case 2:
		f.did("cut")
		p.cutAll(false)
	case 3:
		f.did("half open")
		p.cutAll(true)
	case 4:
		f.did("cuts in the middle")
		p.set(weather{cut: 0.05})
	case 5:
		f.did("slow")
		p.set(weather{delay: 20 * time.Millisecond, jitter: 80 * time.Millisecond, rate: 50_000})
	case 6:
		f.did("nothing to the server")
		p.set(weather{up: true})
	case 7:
		f.did("nothing to the client")
		p.set(weather{down: true})
	case 8:
		if f.c.loseHints(f.rng.IntN(3) > 0) {
			f.did("hints lost or not")
		}
	case 9:
		if n := f.rng.IntN(f.c.size()); f.c.setClock(n, time.Duration(f.rng.IntN(1200)-600)*time.Second) {
			f.did("clock")
		}
	case 10:
		p.set(weather{})
	}
}

// nodes kills one, or starts the one that is down.
func (f *faults) nodes() {
	if f.down > 0 {
		f.c.start(f.down - 1)
		f.down = 0
		return
	}
	n := f.rng.IntN(f.c.size())
	f.c.kill(n)
	f.down = n + 1
	f.did("killed")
}

func (f *faults) did(what string) { f.count[what]++ }

// heal ends all faults.
func (f *faults) heal() {
	for _, p := range f.proxies {
		p.set(weather{})
		p.cutAll(false) // also what is half open
	}
	f.c.loseHints(false)
	if f.down > 0 {
		f.c.start(f.down - 1)
		f.down = 0
	}
	for n := range f.c.size() {
		f.c.setClock(n, 0)
	}
}
