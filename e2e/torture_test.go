package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Two people send to each other and read without an end, and in each round the
// server with its database, a sender or a reader is killed at a random instant and
// started again. Whatever the instants: what TestCrash says.
func TestTortureKill(t *testing.T) {
	seed := seedOf(t)
	s := newSite(t)
	s.start()
	s.join("alice", "bob")
	c := &crash{site: s, rng: rand.New(rand.NewPCG(seed, 0)), people: map[string]*account{}, kills: map[string]int{}}
	var all []*process
	for _, pair := range [][2]string{{"alice", "bob"}, {"bob", "alice"}} {
		a := &account{name: pair[0], to: pair[1], kept: map[string]bool{}}
		c.people[a.name] = a
		c.as(a.name, "send", a.to, a.name+" begins")
		a.tried = append(a.tried, a.name+" begins")
		a.kept[a.name+" begins"] = true
		all = append(all, &process{c: c, a: a, does: "send"}, &process{c: c, a: a, does: "read"})
	}
	for _, p := range all {
		p.start()
	}
	n := rounds(t)
	for round := range n {
		time.Sleep(time.Duration(c.rng.IntN(400)) * time.Millisecond)
		c.strike(all)
		if !c.running() {
			t.Fatalf("round %d: the server ended by itself", round)
		}
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	for _, p := range all {
		p.end(os.Interrupt)
	}
	c.settle()
	c.check()
	t.Logf("%d rounds: %s", n, c.summary())
}

// strike kills somebody and starts them again.
func (c *crash) strike(all []*process) {
	victim := c.rng.IntN(len(all) + 2)
	if victim >= len(all) {
		c.kills["server"]++
		c.kill()
		c.start()
		return
	}
	p := all[victim]
	c.kills[p.does]++
	p.end(os.Kill)
	p.start()
}

// A process is a client that is killed and started again.
type process struct {
	c    *crash
	a    *account
	does string
	n    int // how often it was started
	cmd  *exec.Cmd
}

func (p *process) out() string { return filepath.Join(p.c.dir, p.a.name+"."+p.does) }

func (p *process) start() {
	p.n++
	p.cmd = p.c.startChild(p.does, p.a, fmt.Sprintf("%s %d", p.a.name, p.n), p.out())
}

// end ends the process by a signal and takes what it has printed.
func (p *process) end(how os.Signal) {
	t := p.c.t
	t.Helper()
	p.cmd.Process.Signal(how)
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil && how != os.Kill && err.Error() != "signal: interrupt" { // before its main began
			t.Errorf("%s of %s ended with %v", p.does, p.a.name, err)
		}
		if how == os.Kill && err == nil {
			t.Errorf("%s of %s ended by itself", p.does, p.a.name)
		}
	case <-time.After(patience):
		p.cmd.Process.Kill()
		<-done
		t.Errorf("%s of %s is stuck", p.does, p.a.name)
	}
	data, err := os.ReadFile(p.out())
	if err != nil {
		t.Fatal(err)
	}
	if p.does == "send" {
		p.a.sent(t, string(data))
	} else {
		p.a.take(t, parseLines(t, string(data)), how == os.Kill)
	}
}
