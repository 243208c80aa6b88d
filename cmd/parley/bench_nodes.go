package main

import (
	"context"
	"net"
	"strings"

	"parley/cmd/parley/internal/load"
)

// startServers starts the nodes of a site of its own.
func (b *bench) startServers(ctx context.Context) error {
	flags, err := b.startStore(ctx)
	if err != nil {
		return err
	}
	hints, err := freeAddresses(b.nodeCount)
	if err != nil {
		return err
	}
	for i := range b.nodeCount {
		own := flags
		if b.nodeCount > 1 {
			own = append(own[:len(own):len(own)], "--hints", "nats", "--nats-listen", hints[i], "--nats-routes", strings.Join(hints, ","))
		}
		c, err := b.start(ctx, "server", append(own[:len(own):len(own)], b.serverFlags()...)...)
		if err != nil {
			return err
		}
		b.nodes = append(b.nodes, c)
	}
	if !b.postgres {
		b.serverDir = b.dirs[len(b.dirs)-1]
	}
	return nil
}

// freeAddresses returns addresses of this machine on which nobody listens yet.
func freeAddresses(n int) (all []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		all = append(all, l.Addr().String())
	}
	return all, nil
}

// targets returns the nodes to measure, and starts them where they are its own.
func (b *bench) targets(ctx context.Context) (all []*load.Target, err error) {
	urls := b.urls
	if len(urls) == 0 {
		if err := b.startServers(ctx); err != nil {
			return nil, err
		}
		for _, c := range b.nodes {
			urls = append(urls, c.url)
		}
	}
	for _, url := range urls {
		t, err := newTarget(url)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// measured returns the server's processes, on all nodes.
func (b *bench) measured() (pids []int) {
	for _, c := range b.nodes {
		pids = append(pids, c.cmd.Process.Pid)
	}
	if len(b.urls) > 0 {
		pids, _ = numbers(joinComma(b.pids))
	}
	return pids
}

// syncs returns how often the nodes have made something durable, in sum.
func (b *bench) syncs() (sum float64, ok bool) {
	for _, c := range b.nodes {
		n, known := c.syncs()
		if !known {
			return 0, false
		}
		sum, ok = sum+n, true
	}
	return sum, ok
}

// databaseUsage returns what PostgreSQL has used, where bench runs one.
func (b *bench) databaseUsage() load.Usage {
	if b.database == nil {
		return load.Usage{}
	}
	return load.Measure(load.Descendants(b.database.cmd.Process.Pid)...)
}

// restart ends the server that bench started, and starts it again on what it has
// kept. It is for one node with an embedded store.
func (b *bench) restart(ctx context.Context) error {
	b.stopAll()
	c, err := b.startIn(ctx, b.serverDir, "server", b.serveFlags...)
	if err != nil {
		return err
	}
	b.nodes = []*benchProcess{c}
	return nil
}
