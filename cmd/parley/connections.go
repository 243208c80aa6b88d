package main

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
)

// Bounds of open connections where the configuration names none: a share of the
// files that the process may open, so that the store, other nodes and the operator
// have theirs; and for one address a share of that.
const (
	connectionShare = 0.8
	addressShare    = 0.25
	unknownFiles    = 1024 // where the system doesn't say
)

// connectionLimits returns the bounds that hold: of all, and from one address.
func (c *serveConfig) connectionLimits() (all, each int) {
	if all = c.maxConns; all == 0 {
		files := fileLimit()
		if files == 0 {
			files = unknownFiles
		}
		all = int(connectionShare * float64(min(files, 1<<30)))
	}
	if each = c.maxConnsEach; each == 0 {
		each = max(1, int(addressShare*float64(all)))
	}
	return all, each
}

// A connGate counts the connections of the ports for clients, before anything is
// read from them, and keeps out what is too many.
type connGate struct {
	all, each int
	exempt    []netip.Prefix // whose connections are many people's: proxies

	mu   sync.Mutex // guards what follows
	open int
	from map[netip.Addr]int // by address, IPv6 by network; none that is exempt

	refused, refusedFrom atomic.Uint64
}

func newConnGate(cfg *serveConfig) *connGate {
	all, each := cfg.connectionLimits()
	return &connGate{all: all, each: each, exempt: cfg.proxies, from: map[netip.Addr]int{}}
}

// connStats are what /metrics shows of a connGate.
type connStats struct {
	Open           int
	Most           int
	Refused        uint64
	RefusedAddress uint64
}

func (g *connGate) stats() connStats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return connStats{Open: g.open, Most: g.all, Refused: g.refused.Load(), RefusedAddress: g.refusedFrom.Load()}
}

// guard returns l without the connections that are too many: they are closed at
// once, without a word.
func (g *connGate) guard(l net.Listener) net.Listener { return &guardedListener{l, g} }

type guardedListener struct {
	net.Listener
	gate *connGate
}

// Accept implements [net.Listener].
func (l *guardedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		t, ok := c.(*net.TCPConn)
		if !ok {
			return c, nil
		}
		from := l.gate.addressOf(t)
		if l.gate.enter(from) {
			return &guardedConn{TCPConn: t, gate: l.gate, from: from}, nil
		}
		t.SetLinger(0) // the system remembers nothing of it
		t.Close()
	}
}

// addressOf returns what a connection is counted under; nothing for a proxy, or
// for what is on this machine.
func (g *connGate) addressOf(c *net.TCPConn) netip.Addr {
	peer, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	at := peer.AddrPort().Addr().Unmap().WithZone("")
	if at.IsLoopback() || slices.ContainsFunc(g.exempt, func(p netip.Prefix) bool { return p.Contains(at) }) {
		return netip.Addr{}
	}
	if at.Is6() {
		return netip.PrefixFrom(at, 64).Masked().Addr()
	}
	return at
}

// enter counts a connection in, unless it is one too many.
func (g *connGate) enter(from netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= g.all {
		g.refused.Add(1)
		return false
	}
	if from.IsValid() {
		if g.from[from] >= g.each {
			g.refusedFrom.Add(1)
			return false
		}
		g.from[from]++
	}
	g.open++
	return true
}

func (g *connGate) leave(from netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	if !from.IsValid() {
		return
	}
	if g.from[from]--; g.from[from] == 0 {
		delete(g.from, from)
	}
}

// A guardedConn is counted until it is closed.
type guardedConn struct {
	*net.TCPConn
	gate   *connGate
	from   netip.Addr
	closed atomic.Bool
}

// Close implements [net.Conn].
func (c *guardedConn) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.gate.leave(c.from)
	}
	return c.TCPConn.Close()
}
