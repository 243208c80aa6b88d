package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/client"
	"parley/client/nettransport"
	"parley/client/sqlitestore"
	"parley/identity"
)

// seedOf returns PARLEY_SEED, or a random one, and logs it.
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

// rounds is how often TestTortureKill kills: PARLEY_TORTURE_ROUNDS, else 20.
// TestCrash, whose rounds are dearer, kills a tenth as often.
func rounds(t *testing.T) int {
	v := os.Getenv("PARLEY_TORTURE_ROUNDS")
	if v == "" {
		return 20
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("PARLEY_TORTURE_ROUNDS=%q", v)
	}
	return n
}

// In each round two people send to each other and read, and the server, a sender
// or a reader is killed at a random instant. Whatever the instant: no message
// that was acknowledged is lost, none is there twice, order is kept, and both go
// on. PARLEY_SEED repeats a run's choices, though not its timing.
func TestCrash(t *testing.T) {
	seed := seedOf(t)
	s := newSite(t)
	s.start()
	s.join("alice", "bob")
	c := &crash{site: s, rng: rand.New(rand.NewPCG(seed, 0)), people: map[string]*account{}}
	for who, to := range map[string]string{"alice": "bob", "bob": "alice"} {
		c.people[who] = &account{name: who, to: to}
	}
	n := (rounds(t) + 9) / 10 // each costs as much as ten of TestTortureKill
	for round := range n {
		c.round(round)
		if t.Failed() {
			return
		}
	}
	c.settle()
	c.check()
	t.Logf("%d rounds: %s", n, c.summary())
}

// A crash is what the rounds share.
type crash struct {
	*site
	rng    *rand.Rand
	people map[string]*account
	kills  map[string]int
}

// An account is one side of the exchange.
type account struct {
	name, to string

	mu      sync.Mutex
	n       int
	tried   []string        // texts, in the order of sending
	kept    map[string]bool // text → the program printed an id: it must arrive
	printed []line          // by read
	torn    bool            // a reader was killed since the last line: its batch may come again
}

// victims are whom a round may kill.
var victims = []string{"server", "sender", "reader"}

// round has both send for a while, both read, and somebody be killed.
func (c *crash) round(n int) {
	victim := victims[c.rng.IntN(len(victims))]
	unlucky := []string{"alice", "bob"}[c.rng.IntN(2)]
	instant := time.Duration(c.rng.IntN(1200)) * time.Millisecond
	if c.kills == nil {
		c.kills = map[string]int{}
	}
	c.kills[victim]++

	ctx, over := context.WithTimeout(c.t.Context(), instant)
	defer over()
	var wg sync.WaitGroup
	for _, a := range c.people {
		mine := a.name == unlucky
		wg.Go(func() { c.sends(ctx, a, n, victim == "sender" && mine) })
		wg.Go(func() { c.reads(ctx, a, victim == "reader" && mine) })
	}
	<-ctx.Done()
	if victim == "server" {
		c.kill()
	}
	wg.Wait()
	if victim == "server" {
		c.start()
	}
	if !c.running() {
		c.t.Errorf("round %d: the server ended by itself", n)
	}
}

// sends sends one message after the other until ctx ends; if killed, the last
// one is cut off there.
func (c *crash) sends(ctx context.Context, a *account, round int, killed bool) {
	for ctx.Err() == nil {
		a.n++
		text := fmt.Sprintf("%s %d.%d", a.name, round, a.n)
		a.mu.Lock()
		a.tried = append(a.tried, text)
		a.mu.Unlock()
		run := c.t.Context()
		if killed {
			run = ctx
		}
		out, err := c.command(run, a.name, "send", a.to, text).Output()
		id := strings.TrimSpace(string(out))
		if id != "" {
			a.mu.Lock()
			if a.kept == nil {
				a.kept = map[string]bool{}
			}
			a.kept[text] = true
			a.mu.Unlock()
		} else if err == nil {
			c.t.Errorf("%s: send succeeded without an id", a.name)
		}
	}
}

// reads follows until ctx ends, and is then interrupted, or killed.
func (c *crash) reads(ctx context.Context, a *account, killed bool) {
	out := filepath.Join(c.dir, a.name+".lines")
	f, err := os.Create(out)
	if err != nil {
		c.t.Error(err)
		return
	}
	cmd := c.command(c.t.Context(), a.name, "read", "--json", "--follow")
	cmd.Stdout = f
	err = cmd.Start()
	f.Close()
	if err != nil {
		c.t.Error(err)
		return
	}
	<-ctx.Done()
	if killed {
		cmd.Process.Kill()
	} else {
		cmd.Process.Signal(os.Interrupt)
	}
	c.ended(a, cmd, killed)
	data, _ := os.ReadFile(out)
	a.take(c.t, parseLines(c.t, string(data)), killed)
}

// ended waits for a reader, which must not get stuck, and must not fail unless
// it was killed.
func (c *crash) ended(a *account, cmd *exec.Cmd, killed bool) {
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil && !killed && err.Error() != "signal: interrupt" { // before its main began
			c.t.Errorf("%s: read --follow ended with %v", a.name, err)
		}
	case <-time.After(patience):
		cmd.Process.Kill()
		<-done
		c.t.Errorf("%s: read --follow is stuck", a.name)
	}
}

// take adds printed lines. After a reader was killed its last lines may come
// once more: they were printed, but not yet marked.
func (a *account) take(t *testing.T, lines []line, killed bool) {
	for _, l := range lines {
		again := slices.ContainsFunc(a.printed, func(p line) bool { return p.ID == l.ID })
		if again && !a.torn {
			t.Errorf("%s: read printed %q twice", a.name, l.Text)
		}
		if !again {
			a.printed = append(a.printed, l)
			a.torn = false
		}
	}
	a.torn = a.torn || killed
}

// settle lets everything that waits go out and come in.
func (c *crash) settle() {
	for range 2 { // what the second sends, the first reads in the second pass
		for _, a := range c.people {
			a.take(c.t, parseLines(c.t, c.as(a.name, "read", "--json")), false)
		}
	}
	for _, a := range c.people { // nobody is stuck
		c.as(a.name, "send", a.to, a.name+" last")
		a.tried = append(a.tried, a.name+" last")
		if a.kept == nil { // its rounds were all of others
			a.kept = map[string]bool{}
		}
		a.kept[a.name+" last"] = true
	}
	for _, a := range c.people {
		a.take(c.t, parseLines(c.t, c.as(a.name, "read", "--json")), false)
	}
}

// check compares what was sent with what was printed, and with what both sides
// keep.
func (c *crash) check() {
	for _, a := range c.people {
		other := c.people[a.to]
		var got []string
		for _, l := range other.printed {
			got = append(got, l.Text)
		}
		c.compare(a, other.name+" printed", got)
		for _, side := range []string{a.name, other.name} {
			c.compare(a, side+" keeps", c.history(side, a.name))
		}
	}
}

// compare checks the texts of a that somebody has: every one that was kept, none
// twice, none unknown, in the order in which they were sent.
func (c *crash) compare(a *account, where string, got []string) {
	last := -1
	for _, text := range got {
		at := slices.Index(a.tried, text)
		switch {
		case at < 0:
			c.t.Errorf("%s %q, which %s never sent", where, text, a.name)
		case at == last:
			c.t.Errorf("%s %q twice", where, text)
		case at < last:
			c.t.Errorf("%s %q after %q", where, text, a.tried[last])
		}
		last = max(last, at)
	}
	for _, text := range a.tried {
		if a.kept[text] && !slices.Contains(got, text) {
			c.t.Errorf("%s nothing of %q, which was acknowledged", where, text)
		}
	}
}

// history returns the texts of an author that somebody's device keeps.
func (c *crash) history(who, author string) (texts []string) {
	c.t.Helper()
	p := openHome(c.t, c.home(who), passphrase(who))
	defer p.Close()
	rooms, err := p.Rooms(c.t.Context())
	if err != nil || len(rooms) != 1 {
		c.t.Fatalf("%s has %d rooms, %v; want 1", who, len(rooms), err)
	}
	views, err := p.History(c.t.Context(), rooms[0].Room, 0, 1<<20)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, v := range views {
		if v.From != "" && v.From.Name() == author && v.Kind == client.KindText {
			texts = append(texts, v.Text)
			if v.State == client.StateQueued {
				c.t.Errorf("%s still has %q in the outbox", who, v.Text)
			}
		}
	}
	return texts
}

// openHome opens a device's store as the program does.
func openHome(t *testing.T, home, passphrase string) *client.Client {
	t.Helper()
	store, err := sqlitestore.Open(filepath.Join(home, "parley.db"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := client.ReadHome(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := nettransport.New(h.Server, nettransport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, seal := client.DeriveKeys(passphrase, identity.Account(h.Account))
	c, err := client.Open(t.Context(), client.Config{
		Store: store, Transport: transport, Suites: testSuites,
	}, seal)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *crash) summary() string {
	n, kept := 0, 0
	for _, a := range c.people {
		n, kept = n+len(a.tried), kept+len(a.kept)
	}
	return fmt.Sprintf("%d messages tried, %d acknowledged or kept, killed %v", n, kept, c.kills)
}
