package simtest

import (
	"sync"

	"parley/server"
)

// A network carries hints between nodes. Nothing arrives by itself: the
// simulation decides what becomes of each.
type network struct {
	mu        sync.Mutex // guards what follows
	listeners map[*wireEnd]func(server.Hint)
	waiting   []parcel
}

// A parcel is a hint on its way from one node.
type parcel struct {
	from *wireEnd
	hint server.Hint
}

// A wireEnd is the network as one node sees it.
type wireEnd struct{ net *network }

var _ server.Hints = (*wireEnd)(nil)

func newNetwork() *network { return &network{listeners: map[*wireEnd]func(server.Hint){}} }

// Publish implements [server.Hints].
func (w *wireEnd) Publish(h server.Hint) {
	w.net.mu.Lock()
	defer w.net.mu.Unlock()
	w.net.waiting = append(w.net.waiting, parcel{w, h})
}

// Listen implements [server.Hints].
func (w *wireEnd) Listen(f func(server.Hint)) (stop func()) {
	w.net.mu.Lock()
	defer w.net.mu.Unlock()
	w.net.listeners[w] = f
	return func() {
		w.net.mu.Lock()
		defer w.net.mu.Unlock()
		delete(w.net.listeners, w)
	}
}

// take takes what waits.
func (n *network) take() []parcel {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.waiting
	n.waiting = nil
	return all
}

// put lets p wait again.
func (n *network) put(p parcel) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.waiting = append(n.waiting, p)
}

// listener returns who listens at w; nil if nobody.
func (n *network) listener(w *wireEnd) func(server.Hint) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.listeners[w]
}
