package fault

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/internal/freeport"
	"parley/server/pgstore/pgtest"
)

var built struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	status := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(status)
}

// program returns the built program.
func program(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "parley-fault"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(built.dir, "parley"), "parley/cmd/parley").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("building: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "parley")
}

// processes are nodes that are processes of the built program over PostgreSQL.
type processes struct {
	t       *testing.T
	dir     string
	bins    []string // of each node
	dsn     string   // a file
	origins []string
	nodes   []*processNode
}

// A processNode is one of them.
type processNode struct {
	addr, nats string
	dir        string
	cmd        *exec.Cmd
	done       chan struct{} // closed when cmd has ended
}

func newProcesses(t *testing.T, n int) *processes {
	t.Helper()
	dsn := pgtest.Database(t) + " connect_timeout=60"
	c := &processes{t: t, dir: t.TempDir()}
	bin := program(t)
	c.dsn = filepath.Join(c.dir, "dsn")
	if err := os.WriteFile(c.dsn, []byte(dsn+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		c.bins = append(c.bins, bin)
		c.nodes = append(c.nodes, &processNode{addr: freeAddress(t), nats: freeAddress(t), dir: filepath.Join(c.dir, fmt.Sprint("node", i))})
	}
	t.Cleanup(func() {
		for n := range c.nodes {
			c.kill(n)
		}
	})
	return c
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func (c *processes) size() int { return len(c.nodes) }

func (c *processes) addresses() (all []string) {
	for _, n := range c.nodes {
		all = append(all, n.addr)
	}
	return all
}

// start starts a node and waits until it listens.
func (c *processes) start(i int) {
	n := c.nodes[i]
	var routes []string
	for _, o := range c.nodes {
		if o != n {
			routes = append(routes, o.nats)
		}
	}
	log, err := os.Create(n.dir + ".log")
	if err != nil {
		c.t.Fatal(err)
	}
	defer log.Close()
	n.cmd = exec.Command(c.bins[i], "serve", "--data", n.dir, "--listen", n.addr, "--domain", domain, "--origins", strings.Join(c.origins, ","),
		"--store", "postgres", "--postgres-file", c.dsn, "--hints", "nats", "--nats-listen", n.nats, "--nats-routes", strings.Join(routes, ","), "--poll", "1s")
	n.cmd.Env, n.cmd.Stderr = []string{"HOME=" + c.dir, "PARLEY_POLICY=open"}, log
	if err := n.cmd.Start(); err != nil {
		c.t.Errorf("a node doesn't start: %v", err)
		return
	}
	n.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) { cmd.Wait(); close(done) }(n.cmd, n.done)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		now, _ := os.ReadFile(log.Name())
		if bytes.Contains(now, []byte("parley: listening on http://")) {
			return
		}
		select {
		case <-n.done:
			c.t.Errorf("a node ended by itself:\n%s", now)
			return
		default:
		}
	}
	c.t.Errorf("a node doesn't listen")
}

func (c *processes) kill(i int) {
	if n := c.nodes[i]; n.cmd != nil {
		n.cmd.Process.Kill()
		<-n.done
	}
}

// stop has a node end by itself.
func (c *processes) stop(i int) {
	n := c.nodes[i]
	n.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-n.done:
		if s := n.cmd.ProcessState; !s.Success() {
			c.t.Errorf("a node that is told to end exits with %v", s)
		}
	case <-time.After(patience):
		c.t.Error("a node doesn't end")
		c.kill(i)
	}
}

// Hints go between the processes themselves, and all have one clock.
func (c *processes) loseHints(bool) bool { return false }

func (c *processes) setClock(int, time.Duration) bool { return false }
