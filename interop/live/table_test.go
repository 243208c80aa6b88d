package live

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
)

// outcome of a step.
type outcome string

const (
	ok        outcome = "ok"
	missing   outcome = "missing" // we cannot do it
	peerLacks outcome = "peer-"   // the peer cannot
	failed    outcome = "FAILED"
)

// row is what came of one play.
type row struct {
	peer, begins string
	suite        *suite
	failed       bool
	steps        []string
	outcomes     map[string]outcome
}

func (r *row) set(step string, o outcome) {
	r.steps = append(r.steps, step)
	r.outcomes[step] = o
	r.failed = r.failed || o == failed
}

// table collects the rows of a run.
type table struct {
	mu   sync.Mutex
	rows []*row
}

var report table

func (t *table) add(peer string, s *suite, begins string) *row {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &row{peer: peer, suite: s, begins: begins, outcomes: map[string]outcome{}}
	t.rows = append(t.rows, r)
	return r
}

// String prints one table a peer: a line a step, a column a suite and side.
func (t *table) String() string {
	var b strings.Builder
	var peers []string
	for _, r := range t.rows {
		if !slices.Contains(peers, r.peer) {
			peers = append(peers, r.peer)
		}
	}
	for _, peer := range peers {
		fmt.Fprintf(&b, "%s: suites by number, by who begins; peer- is what the peer can't, missing what we can't\n\n", peer)
		t.print(&b, peer)
		b.WriteString("\n")
		t.names(&b, peer)
	}
	return b.String()
}

// names tells what the numbers of the suites stand for.
func (t *table) names(b *strings.Builder, peer string) {
	for _, r := range t.rows {
		if r.peer == peer && r.begins == "ours" {
			fmt.Fprintf(b, "%5d %s\n", uint16(r.suite.id), r.suite.suite.Name())
		}
	}
	b.WriteString("\n")
}

func (t *table) print(b *strings.Builder, peer string) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	rows := slices.DeleteFunc(slices.Clone(t.rows), func(r *row) bool { return r.peer != peer })
	var steps []string
	fmt.Fprint(w, "step")
	for _, r := range rows {
		fmt.Fprintf(w, "\t%d %s", uint16(r.suite.id), r.begins)
		for _, s := range r.steps {
			if !slices.Contains(steps, s) {
				steps = append(steps, s)
			}
		}
	}
	for _, s := range steps {
		fmt.Fprintf(w, "\n%s", s)
		for _, r := range rows {
			o := r.outcomes[s]
			if o == "" {
				o = "-"
			}
			fmt.Fprintf(w, "\t%s", o)
		}
	}
	fmt.Fprintln(w)
	w.Flush()
}

// TestMain writes the table to the file that INTEROP_REPORT names.
func TestMain(m *testing.M) {
	code := m.Run()
	if file := os.Getenv("INTEROP_REPORT"); file != "" {
		if err := os.WriteFile(file, []byte(report.String()), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}
