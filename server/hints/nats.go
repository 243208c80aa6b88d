package hints

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"parley/internal/cbor"
	"parley/server"
)

// ErrNoTLS is returned for a listening address that others can reach without
// certificates to know them by.
var ErrNoTLS = errors.New("hints: hints between machines need TLS")

// Options are those of [OpenNATS].
type Options struct {
	// Listen is where the other nodes reach this one, as host:port; port 0 is any
	// that is free.
	Listen string
	// Advertise is what the others are told instead, where Listen isn't what they
	// reach; as host:port.
	Advertise string
	// Peers are other nodes, as host:port; one that is up is enough, since nodes
	// tell each other of the rest. Its own address may be among them.
	Peers []string
	// TLS has this node's certificate, and in RootCAs those that signed the others',
	// which each has to show: as a server and as a client. Nil only where Listen is a
	// loopback address.
	TLS *tls.Config
	// Site keeps apart what must not be joined: nodes of another site are refused.
	// Empty: "parley".
	Site string
	// Logger gets what goes wrong between nodes; nil: slog.Default.
	Logger *slog.Logger

	word string // that this process shows its own embedded server
}

// NATS is a node of a cluster of embedded core NATS servers, which serves nobody
// but its own process and keeps nothing. It is safe for concurrent use.
type NATS struct {
	server *natsserver.Server
	conn   *nats.Conn
	stats  natsStats
	log    *slog.Logger

	mu      sync.Mutex // guards pending
	pending pending
	wake    chan struct{} // something is pending; one is enough
	end     context.CancelFunc
	done    chan struct{}
}

var _ server.Hints = (*NATS)(nil)

// NATSStats counts since the node began.
type NATSStats struct {
	Published uint64 // accounts that other nodes were told of, and signals
	Messages  uint64 // in which they were
	Received  uint64 // messages of other nodes
	Lost      uint64 // accounts, and signals, whose hint was thrown away here: too much waited
	Bad       uint64 // messages of other nodes that can't be read
	Routes    int    // connections to other nodes now
}

type natsStats struct{ published, messages, received, lost, bad atomic.Uint64 }

const (
	subject      = "parley.hints"
	readyTimeout = 30 * time.Second // of what begins in this process, on a machine that may be busy
	maxPayload   = 1 << 20          // bytes of one message
	routeBuffer  = 8 << 20          // bytes that wait for one peer: beyond them the route is cut, and begins anew
)

// OpenNATS starts a node. It doesn't wait for its peers: they join when they are
// there, and again after the network was cut.
func OpenNATS(ctx context.Context, o Options) (*NATS, error) {
	o.word = rand.Text() + rand.Text()
	opts, err := o.server()
	if err != nil {
		return nil, err
	}
	ns, err := natsserver.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("hints: %w", err)
	}
	n := &NATS{server: ns, log: o.Logger, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if n.log == nil {
		n.log = slog.Default()
	}
	ns.SetLoggerV2(natsLog{n.log}, false, false, false)
	go ns.Start()
	if !ns.ReadyForConnections(readyTimeout) {
		ns.Shutdown()
		return nil, errors.New("hints: the node can't listen at its address")
	}
	if n.conn, err = nats.Connect("", nats.InProcessServer(ns), nats.Token(o.word), nats.NoEcho(), nats.MaxReconnects(-1), nats.Timeout(readyTimeout), nats.Name("parley")); err != nil {
		ns.Shutdown()
		return nil, fmt.Errorf("hints: %w", err)
	}
	run, end := context.WithCancel(context.WithoutCancel(ctx))
	n.end = end
	go n.publish(run)
	return n, nil
}

// server returns the options of the embedded server.
func (o Options) server() (*natsserver.Options, error) {
	host, port, err := splitAddress(o.Listen)
	if err != nil {
		return nil, err
	}
	if o.TLS == nil && !net.ParseIP(host).IsLoopback() {
		return nil, ErrNoTLS
	}
	if port == 0 {
		port = natsserver.RANDOM_PORT
	}
	site := o.Site
	if site == "" {
		site = "parley"
	}
	opts := &natsserver.Options{
		// The embedded server starts no routes without a port for clients: it is on
		// the loopback interface, and asks for a word that only this process knows.
		Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, Authorization: o.word, AuthTimeout: readyTimeout.Seconds(), MaxConn: 8,
		NoSigs: true, MaxPayload: maxPayload, MaxPending: routeBuffer,
		DisableShortFirstPing: true, NoSystemAccount: true,
		Cluster: natsserver.ClusterOpts{
			Name: site, Host: host, Port: port, Advertise: o.Advertise, PoolSize: -1,
			PingInterval: 5 * time.Second, MaxPingsOut: 2, WriteDeadline: 5 * time.Second,
			Compression: natsserver.CompressionOpts{Mode: natsserver.CompressionOff},
		},
	}
	if o.TLS != nil {
		opts.Cluster.TLSConfig, opts.Cluster.TLSTimeout = mutual(o.TLS), 5
	}
	for _, p := range o.Peers {
		if _, _, err := splitAddress(p); err != nil {
			return nil, err
		}
		opts.Routes = append(opts.Routes, &url.URL{Scheme: "nats", Host: p})
	}
	return opts, nil
}

// mutual has both sides show a certificate that RootCAs signed.
func mutual(c *tls.Config) *tls.Config {
	c = c.Clone()
	c.ClientAuth = tls.RequireAndVerifyClientCert
	if c.ClientCAs == nil {
		c.ClientCAs = c.RootCAs
	}
	c.MinVersion = tls.VersionTLS13
	return c
}

func splitAddress(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil || port < 0 || port > 65535 {
		return "", 0, errors.New("hints: an address is host:port")
	}
	return host, port, nil
}

// Address is where other nodes reach this one.
func (n *NATS) Address() string { return n.server.ClusterAddr().String() }

// Stats returns the node's counts.
func (n *NATS) Stats() NATSStats {
	s := &n.stats
	return NATSStats{
		Published: s.published.Load(), Messages: s.messages.Load(), Received: s.received.Load(),
		Lost: s.lost.Load(), Bad: s.bad.Load(), Routes: n.server.NumRoutes(),
	}
}

// Listen implements [server.Hints].
func (n *NATS) Listen(f func(server.Hint)) (stop func()) {
	var mu sync.Mutex // held while f runs
	stopped := false
	sub, err := n.conn.Subscribe(subject, func(m *nats.Msg) {
		n.stats.received.Add(1)
		var h server.Hint
		if err := cbor.Unmarshal(m.Data, &h); err != nil {
			n.stats.bad.Add(1)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if !stopped {
			f(h)
		}
	})
	if err != nil { // closed: there is nothing to hear
		return func() {}
	}
	sub.SetPendingLimits(maxQueue, routeBuffer) // what is beyond is lost
	n.conn.Flush()
	return func() {
		sub.Unsubscribe()
		mu.Lock()
		defer mu.Unlock()
		stopped = true
	}
}

// Close ends the node. What is pending is sent if that is quick.
func (n *NATS) Close() error {
	n.end()
	<-n.done
	n.conn.FlushTimeout(time.Second)
	n.conn.Close()
	n.server.Shutdown()
	n.server.WaitForShutdown()
	return nil
}

// natsLog passes on what the embedded server has to complain of.
type natsLog struct{ *slog.Logger }

var _ natsserver.Logger = natsLog{}

// Noticef implements natsserver.Logger: an operator needn't know.
func (natsLog) Noticef(string, ...any) {}

// Debugf implements natsserver.Logger.
func (natsLog) Debugf(string, ...any) {}

// Tracef implements natsserver.Logger.
func (natsLog) Tracef(string, ...any) {}

// Warnf implements natsserver.Logger.
func (l natsLog) Warnf(format string, v ...any) { l.Warn("hints", "nats", fmt.Sprintf(format, v...)) }

// Errorf implements natsserver.Logger.
func (l natsLog) Errorf(format string, v ...any) { l.Warn("hints", "nats", fmt.Sprintf(format, v...)) }

// Fatalf implements natsserver.Logger: the embedded server goes on without what
// failed, and so do we.
func (l natsLog) Fatalf(format string, v ...any) { l.Error("hints", "nats", fmt.Sprintf(format, v...)) }
