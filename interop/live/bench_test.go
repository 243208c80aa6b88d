package live

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"parley/mls"
	"parley/mls/public"
)

// Sizes of the comparison.
const (
	benchMessages = 150  // below what ts-mls lets a ratchet go ahead
	benchSize     = 1024 // bytes of a message
)

// rates are operations a second of one implementation.
type rates struct{ send, receive, commit, follow float64 }

// TestRates compares us with ts-mls in one group of n members, in which both
// send, receive, commit and follow. The figures go to the file that INTEROP_BENCH
// names, without which the test is skipped; no time is asserted.
func TestRates(t *testing.T) {
	file := os.Getenv("INTEROP_BENCH")
	if file == "" {
		t.Skip("INTEROP_BENCH is not set")
	}
	n := start(t, tsMLS)
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "suite\tmembers\twhat\tours/s\tts-mls/s\tratio\n")
	for _, s := range without(rfcSuites(), public.SuiteX448, public.SuiteX448ChaCha20) {
		for _, size := range []int{3, 100} {
			if size > 3 && s.id != public.SuiteX25519 {
				continue
			}
			ours, theirs, err := compare(n, s, size)
			if err != nil {
				t.Fatalf("%s, %d members: %v", s.suite.Name(), size, err)
			}
			print := func(what string, a, b float64) {
				fmt.Fprintf(w, "%d\t%d\t%s\t%.0f\t%.0f\t%.1f\n", uint16(s.id), size, what, a, b, a/b)
			}
			print("messages sent", ours.send, theirs.send)
			print("messages received", ours.receive, theirs.receive)
			print("Update commits made", ours.commit, theirs.commit)
			print("Update commits followed", ours.follow, theirs.follow)
		}
	}
	w.Flush()
	t.Log("\n" + b.String())
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// bench is the group of a comparison: alice and carol are ours, bob is not, the
// rest are key packages that nobody uses.
type bench struct {
	alice, carol *ours
	bob          *peer
	commits      int // how many to make
}

func compare(n *node, s *suite, size int) (ours, theirs rates, err error) {
	b := &bench{commits: max(3, 60/size)}
	if err := b.gather(n, s, size); err != nil {
		return ours, theirs, err
	}
	for _, step := range []func(ours, theirs *rates) error{b.oursSend, b.theySend, b.oursCommit, b.theyCommit} {
		if err := step(&ours, &theirs); err != nil {
			return ours, theirs, err
		}
	}
	return ours, theirs, nil
}

// gather makes the group in one commit, so that inner nodes are blank.
func (b *bench) gather(n *node, s *suite, size int) (err error) {
	if b.alice, err = openOurs(s, "alice", []byte("alice")); err != nil {
		return err
	}
	if b.carol, err = openOurs(s, "carol", []byte("carol")); err != nil {
		return err
	}
	if b.bob, err = tsMLS.open(n, s, fmt.Sprintf("bench %d %d", s.id, size), []byte("bob")); err != nil {
		return err
	}
	list := []party{b.bob, b.carol}
	for i := 3; i < size; i++ {
		m, err := openOurs(s, "filler", fmt.Appendf(nil, "filler %d", i))
		if err != nil {
			return err
		}
		list = append(list, m)
	}
	var c change
	for _, m := range list {
		kp, err := m.keyPackage()
		if err != nil {
			return err
		}
		c.add = append(c.add, kp)
	}
	if err := b.alice.create([]byte("bench")); err != nil {
		return err
	}
	out, err := b.alice.commit(c)
	if err != nil {
		return err
	}
	for _, m := range []party{b.bob, b.carol} {
		if err := m.join(out.welcome); err != nil {
			return err
		}
	}
	return nil
}

func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

// note writes changes without reading the group back.
func (o *ours) note(changes mls.Changes) {
	for _, c := range changes {
		if c.Value == nil {
			delete(o.records, c.Key)
			continue
		}
		o.records[c.Key] = c.Value
	}
}

// oursSend: alice sends, bob and carol receive the same messages.
func (b *bench) oursSend(ours, theirs *rates) error {
	data := make([]byte, benchSize)
	var messages [][]byte
	start := time.Now()
	for range benchMessages {
		m, changes, err := b.alice.group.Encrypt(nil, data)
		if err != nil {
			return err
		}
		b.alice.note(changes)
		messages = append(messages, m)
	}
	ours.send = perSecond(benchMessages, time.Since(start))
	start = time.Now()
	for _, m := range messages {
		_, changes, err := b.carol.group.Decrypt(m)
		if err != nil {
			return err
		}
		b.carol.note(changes)
	}
	ours.receive = perSecond(benchMessages, time.Since(start))
	var r struct{ Receive float64 }
	err := b.bob.call("benchReceive", map[string]any{"messages": messages}, &r)
	theirs.receive = benchMessages / r.Receive
	return err
}

// theySend: bob sends, and makes commits.
func (b *bench) theySend(_, theirs *rates) error {
	var r struct{ Send, Commit float64 }
	err := b.bob.call("bench", map[string]any{"size": benchSize, "messages": benchMessages, "commits": b.commits}, &r)
	theirs.send, theirs.commit = benchMessages/r.Send, float64(b.commits)/r.Commit
	return err
}

// oursCommit: alice makes commits, the last of which bob follows, each time from
// the same epoch.
func (b *bench) oursCommit(ours, theirs *rates) error {
	var last []byte
	var took time.Duration
	for range b.commits {
		start := time.Now()
		staged, changes, err := b.alice.group.Commit(mls.CommitOptions{Update: true})
		if err != nil {
			return err
		}
		took += time.Since(start)
		b.alice.note(changes)
		b.alice.note(b.alice.group.DropPending())
		last = staged.CommitMessage()
	}
	ours.commit = perSecond(b.commits, took)
	start := time.Now()
	for range b.commits {
		if _, err := b.carol.group.Stage(last); err != nil {
			return err
		}
	}
	ours.follow = perSecond(b.commits, time.Since(start))
	var r struct{ Handle float64 }
	err := b.bob.call("benchHandle", map[string]any{"message": last, "times": b.commits}, &r)
	theirs.follow = float64(b.commits) / r.Handle
	return err
}

// theyCommit: nothing is left to time; a commit of bob is followed by ours, so
// that the group that was measured is known to be one.
func (b *bench) theyCommit(_, _ *rates) error {
	out, err := b.bob.commit(change{})
	if err != nil {
		return err
	}
	return b.carol.handle(out.commit)
}
