package fault

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"parley/server"
	"parley/server/clientapi"
	"parley/server/hints"
)

// A cluster is some nodes over one store.
type cluster interface {
	addresses() []string
	size() int
	kill(n int)                           // at once
	start(n int)                          // again, at its address
	loseHints(bool) bool                  // between all; false: it can't
	setClock(n int, d time.Duration) bool // false: it can't
}

// inProcess are nodes of this process.
type inProcess struct {
	t       *testing.T
	store   server.Store
	origins []string
	hints   *hints.Local
	nodes   []*localNode
}

// A localNode is one of them.
type localNode struct {
	addr  string
	hints *hints.LocalNode

	mu   sync.Mutex // guards what follows
	skew time.Duration
	web  *http.Server
	api  io.Closer
	srv  *server.Server
	open map[net.Conn]bool
}

func (n *localNode) now() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return time.Now().Add(n.skew)
}

const domain = "example.com"

// newInProcess prepares nodes, which start later, when it is known where clients
// connect to.
func newInProcess(t *testing.T, n int, store server.Store) *inProcess {
	t.Helper()
	c := &inProcess{t: t, store: store, hints: hints.NewLocal()}
	for range n {
		c.nodes = append(c.nodes, &localNode{addr: freeAddress(t), hints: c.hints.Node(), open: map[net.Conn]bool{}})
	}
	t.Cleanup(func() {
		for n := range c.nodes {
			c.kill(n)
		}
	})
	return c
}

func (c *inProcess) size() int { return len(c.nodes) }

func (c *inProcess) addresses() (all []string) {
	for _, n := range c.nodes {
		all = append(all, n.addr)
	}
	return all
}

func (c *inProcess) start(i int) {
	n := c.nodes[i]
	srv, err := server.New(c.t.Context(), server.Config{
		Store: c.store, Domain: domain, Origins: c.origins, Suites: suites, SignUpOpen: true, Now: n.now,
		Hints: n.hints, Poll: time.Second, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		c.t.Errorf("a node doesn't start: %v", err)
		return
	}
	l, err := net.Listen("tcp", n.addr)
	if err != nil {
		c.t.Errorf("a node doesn't listen: %v", err)
		return
	}
	api := clientapi.New(srv, clientapi.Options{Logger: slog.New(slog.DiscardHandler)})
	n.mu.Lock()
	defer n.mu.Unlock()
	n.srv, n.api = srv, api
	n.web = &http.Server{Handler: api}
	go n.web.Serve(&notingListener{l, n})
}

// A notingListener knows the connections that it took.
type notingListener struct {
	net.Listener
	n *localNode
}

// Accept implements net.Listener.
func (l *notingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.n.mu.Lock()
		l.n.open[conn] = true
		l.n.mu.Unlock()
	}
	return conn, err
}

// kill breaks every connection first: what the node still does then, nobody hears.
func (c *inProcess) kill(i int) {
	n := c.nodes[i]
	n.mu.Lock()
	web, api, srv := n.web, n.api, n.srv
	n.web = nil
	for conn := range n.open {
		conn.Close()
	}
	clear(n.open)
	n.mu.Unlock()
	if web != nil {
		web.Close()
		api.Close()
		srv.Close()
	}
}

func (c *inProcess) loseHints(lose bool) bool {
	c.hints.Fault(func(int, int, server.Hint) hints.Fate { return hints.Fate{Lost: lose} })
	return true
}

func (c *inProcess) setClock(i int, d time.Duration) bool {
	n := c.nodes[i]
	n.mu.Lock()
	defer n.mu.Unlock()
	n.skew = d
	return true
}
