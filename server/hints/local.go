package hints

import (
	"sync"
	"time"

	"parley/server"
)

// maxQueue bounds the hints that wait for one node. What is beyond it is lost.
const maxQueue = 4096

// Local joins the servers of one process. [NewLocal] makes one.
type Local struct {
	mu    sync.Mutex // guards what follows
	nodes []*LocalNode
	fault func(from, to int, h server.Hint) Fate
}

// A Fate is what becomes of one hint on its way to one node. The zero value is
// that it arrives once, soon.
type Fate struct {
	Lost  bool
	Delay time.Duration
	Again int // how often it comes beside once
}

// NewLocal returns one without nodes, that loses nothing.
func NewLocal() *Local { return &Local{} }

// Fault has f decide about each hint from now on, by the nodes' numbers; nil: all
// arrive. f is called by one goroutine at a time, while a hint is published.
func (l *Local) Fault(f func(from, to int, h server.Hint) Fate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = f
}

// Node adds a node. Its number is how many there were before it.
func (l *Local) Node() *LocalNode {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := &LocalNode{local: l, number: len(l.nodes), queue: make(chan server.Hint, maxQueue)}
	l.nodes = append(l.nodes, n)
	return n
}

// A LocalNode is the server.Hints of one server. It is safe for concurrent use.
type LocalNode struct {
	local  *Local
	number int
	queue  chan server.Hint
}

var _ server.Hints = (*LocalNode)(nil)

// Publish implements [server.Hints].
func (n *LocalNode) Publish(h server.Hint) {
	l := n.local
	l.mu.Lock()
	defer l.mu.Unlock()
	for to, node := range l.nodes {
		if node == n {
			continue
		}
		var fate Fate
		if l.fault != nil {
			fate = l.fault(n.number, to, h)
		}
		if !fate.Lost {
			node.arrive(h, fate)
		}
	}
}

func (n *LocalNode) arrive(h server.Hint, fate Fate) {
	for range 1 + fate.Again {
		if fate.Delay > 0 {
			time.AfterFunc(fate.Delay, func() { n.put(h) })
		} else {
			n.put(h)
		}
	}
}

// put queues h, or loses it where nobody takes what is queued.
func (n *LocalNode) put(h server.Hint) {
	select {
	case n.queue <- h:
	default:
	}
}

// Listen implements [server.Hints].
func (n *LocalNode) Listen(f func(server.Hint)) (stop func()) {
	end, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case h := <-n.queue:
				f(h)
			case <-end:
				return
			}
		}
	}()
	return sync.OnceFunc(func() { close(end); <-done })
}
