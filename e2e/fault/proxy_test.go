package fault

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// A weather is what a proxy does to the bytes that pass.
type weather struct {
	delay, jitter time.Duration // of each piece
	rate          int           // bytes a second, one way; 0: no limit
	cut           float64       // chance that a piece is cut in the middle, and the connection with it
	up, down      bool          // nothing passes, to the server or to the client: a partition, one way or both
}

// A proxy stands between one client and the nodes: each connection goes to some
// node that can be reached, as behind a load balancer.
type proxy struct {
	l     net.Listener
	nodes func() []string // HOST:PORT of each

	mu      sync.Mutex // guards what follows
	rng     *rand.Rand
	weather weather
	links   map[*link]bool
	changed chan struct{} // closed when weather changes
	closed  bool
}

func newProxy(t *testing.T, seed uint64, nodes func() []string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, nodes: nodes, rng: rand.New(rand.NewPCG(seed, 1)), links: map[*link]bool{}, changed: make(chan struct{})}
	go p.serve()
	t.Cleanup(p.close)
	return p
}

func (p *proxy) url() string { return "http://" + p.l.Addr().String() }

func (p *proxy) serve() {
	for {
		conn, err := p.l.Accept()
		if err != nil {
			return
		}
		go p.join(conn)
	}
}

// join connects a client to a node, and passes bytes until either ends.
func (p *proxy) join(client net.Conn) {
	node, err := p.dial()
	if err != nil {
		client.Close()
		return
	}
	k := &link{p: p, client: client, node: node, end: make(chan struct{})}
	p.mu.Lock()
	closed := p.closed
	p.links[k] = true
	p.mu.Unlock()
	if closed {
		k.cut()
		return
	}
	go k.pass(node, client, func(w weather) bool { return w.up })
	k.pass(client, node, func(w weather) bool { return w.down })
}

// dial connects to some node, and to another where that one is down.
func (p *proxy) dial() (conn net.Conn, err error) {
	nodes := p.nodes()
	p.mu.Lock()
	order := p.rng.Perm(len(nodes))
	p.mu.Unlock()
	for _, i := range order {
		if conn, err = net.DialTimeout("tcp", nodes[i], time.Second); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// set changes the weather.
func (p *proxy) set(w weather) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.weather = w
	close(p.changed)
	p.changed = make(chan struct{})
}

// now returns the weather, what closes when it changes, and a number from 0 to 1.
func (p *proxy) now() (weather, chan struct{}, float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.weather, p.changed, p.rng.Float64()
}

// cutAll ends every connection; half leaves the client's side open, so that it
// has to find out by itself.
func (p *proxy) cutAll(half bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for k := range p.links {
		if half {
			k.half()
		} else {
			k.cut()
		}
	}
}

func (p *proxy) close() {
	p.l.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cutAll(false)
}

// A link is one connection through the proxy.
type link struct {
	p            *proxy
	client, node net.Conn
	once         sync.Once
	end          chan struct{} // closed when it is cut
	halfOpen     bool          // guarded by p.mu: only the node's side is closed
}

func (k *link) cut() {
	k.once.Do(func() {
		close(k.end)
		k.client.Close()
		k.node.Close()
	})
}

// half ends the node's side. The caller holds p.mu.
func (k *link) half() {
	k.halfOpen = true
	k.node.Close()
}

// pieceSize is what is passed at once: less than most frames, so that a cut is in
// the middle of one.
const pieceSize = 700

// pass passes bytes from one side to the other.
func (k *link) pass(to, from net.Conn, held func(weather) bool) {
	defer k.ended()
	piece := make([]byte, pieceSize)
	for {
		n, err := from.Read(piece)
		if n > 0 && !k.carry(to, piece[:n], held) {
			return
		}
		if err != nil {
			return
		}
	}
}

// carry carries one piece through the weather. It is false when the link ends.
func (k *link) carry(to net.Conn, piece []byte, held func(weather) bool) bool {
	w, changed, chance := k.p.now()
	for held(w) {
		select {
		case <-changed:
		case <-k.end:
			return false
		}
		w, changed, chance = k.p.now()
	}
	wait := w.delay + time.Duration(chance*float64(w.jitter))
	if w.rate > 0 {
		wait += time.Duration(len(piece)) * time.Second / time.Duration(w.rate)
	}
	if wait > 0 {
		select {
		case <-time.After(wait):
		case <-k.end:
			return false
		}
	}
	if chance < w.cut {
		to.Write(piece[:len(piece)/2])
		return false
	}
	_, err := to.Write(piece)
	return err == nil
}

// ended ends the link, unless it is half open.
func (k *link) ended() {
	k.p.mu.Lock()
	half := k.halfOpen
	if !half {
		delete(k.p.links, k)
	}
	k.p.mu.Unlock()
	if !half {
		k.cut()
	}
}
