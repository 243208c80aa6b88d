package hints_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/identity"
	"parley/internal/freeport"
	"parley/server"
	"parley/server/hints"
)

// patience is for what happens soon, on a machine that may be busy.
const patience = time.Minute

// An authority signs nodes' certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, pool: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "nodes"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.key, a.cert = a.sign(template, nil)
	a.pool.AddCert(a.cert)
	return a
}

// sign makes a certificate with a new key; without parent it signs itself.
func (a *authority) sign(template, parent *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	signer := a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return key, cert
}

// config returns what a node of a's needs.
func (a *authority) config() *tls.Config {
	a.t.Helper()
	key, cert := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "node"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}, RootCAs: a.pool}
}

func open(t *testing.T, o hints.Options) *hints.NATS {
	t.Helper()
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	n, err := hints.OpenNATS(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// tells publishes hints of a new account until got hears it, and fails if it never
// does.
func tells(t *testing.T, from *hints.NATS, got *heard) {
	t.Helper()
	tellsOf(t, identity.Account("mimi://example.org/u/"+rand.Text()), from, got)
}

// tellsOf is tells of the account name.
func tellsOf(t *testing.T, name identity.Account, from *hints.NATS, got *heard) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for deadline := time.After(patience); ; {
		select {
		case <-again.C:
			from.Publish(server.Hint{Mailboxes: []identity.Account{name}, Lists: []identity.Account{name}})
		case h := <-got.c:
			if slices.Contains(h.Mailboxes, name) && slices.Contains(h.Lists, name) {
				return
			}
		case <-deadline:
			t.Fatalf("it isn't heard; %+v", from.Stats())
		}
	}
}

// TestNATS: three nodes, each of which knows only the first, hear each other, and
// not themselves.
func TestNATS(t *testing.T) {
	ca := newAuthority(t)
	a := open(t, hints.Options{TLS: ca.config()})
	b := open(t, hints.Options{TLS: ca.config(), Peers: []string{a.Address()}})
	c := open(t, hints.Options{TLS: ca.config(), Peers: []string{a.Address()}})
	nodes := []*hints.NATS{a, b, c}
	var at []*heard
	for _, n := range nodes {
		at = append(at, listen(t, n))
	}
	for i, from := range nodes {
		for j := range nodes {
			if i != j {
				tells(t, from, at[j])
			}
		}
	}
	own := identity.Account("mimi://example.org/u/own")
	tellsOf(t, own, a, at[1])
	if slices.Contains(at[0].mailboxes(), own) {
		t.Error("a node hears itself")
	}
	for deadline := time.Now().Add(patience); a.Stats().Routes < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it has %d routes; want 2", a.Stats().Routes)
		}
	}
	if s := a.Stats(); s.Published == 0 || s.Received == 0 || s.Bad != 0 {
		t.Errorf("Stats = %+v", s)
	}
}

// TestNATSRestart: a node that comes back at its address is found again.
func TestNATSRestart(t *testing.T) {
	ca := newAuthority(t)
	address, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	a := open(t, hints.Options{TLS: ca.config(), Listen: address})
	b := open(t, hints.Options{TLS: ca.config(), Peers: []string{address}})
	tells(t, a, listen(t, b))
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, hints.Options{TLS: ca.config(), Listen: address})
	tells(t, again, listen(t, b))
	tells(t, b, listen(t, again))
}

// TestNATSOutsiders: who has no certificate of the site's doesn't join, in whatever
// direction, nor does another site; and the node offers nothing to clients.
func TestNATSOutsiders(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	a := open(t, hints.Options{TLS: ca.config()})
	for what, o := range map[string]hints.Options{
		"another authority's": {TLS: other.config()},
		"without TLS":         {},
		"another site":        {TLS: ca.config(), Site: "elsewhere"},
	} {
		o.Peers = []string{a.Address()}
		outsider := open(t, o)
		got := listen(t, a)
		for range 10 {
			outsider.Publish(server.Hint{Mailboxes: []identity.Account{"evil"}})
			time.Sleep(20 * time.Millisecond)
		}
		if s := a.Stats(); s.Routes != 0 || s.Received != 0 || len(got.mailboxes()) != 0 {
			t.Errorf("%s: the node has %+v", what, s)
		}
	}
	conn, err := net.Dial("tcp", a.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.Write([]byte("CONNECT {}\r\nSUB parley.hints 1\r\nPUB parley.hints 1\r\nx\r\n"))
	conn.SetReadDeadline(time.Now().Add(time.Second))
	if answer, _ := io.ReadAll(conn); bytes.Contains(answer, []byte("MSG")) || a.Stats().Received > 0 {
		t.Errorf("a client is served: %q", answer)
	}
	for range 10 {
		a.Publish(server.Hint{Mailboxes: []identity.Account{"x"}})
	}
	b := open(t, hints.Options{TLS: ca.config(), Peers: []string{a.Address()}})
	tells(t, a, listen(t, b)) // and its own are let in still
}

// TestNATSNeedsTLS: an address that others reach isn't opened without certificates.
func TestNATSNeedsTLS(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "localhost.example.org:0"} {
		if _, err := hints.OpenNATS(t.Context(), hints.Options{Listen: listen}); !errors.Is(err, hints.ErrNoTLS) {
			t.Errorf("%s: %v; want ErrNoTLS", listen, err)
		}
	}
	if _, err := hints.OpenNATS(t.Context(), hints.Options{Listen: "nonsense"}); err == nil {
		t.Error("nonsense is an address")
	}
}

// TestNATSNeverBlocks: 10,000 hints of 100 accounts each to a node that is cut off
// are told as soon as it is back, or lost; nobody waits, and what waits is bounded.
func TestNATSNeverBlocks(t *testing.T) {
	a := open(t, hints.Options{})
	got := listen(t, a)
	for i := range 10_000 {
		var h server.Hint
		for j := range 100 {
			h.Mailboxes = append(h.Mailboxes, identity.Account(fmt.Sprintf("mimi://example.org/u/%d.%d", i, j)))
		}
		a.Publish(h)
	}
	s := a.Stats()
	if told := s.Published + s.Lost; told > 1_000_000 {
		t.Errorf("%d accounts were told or lost; want at most a million", told)
	}
	b := open(t, hints.Options{Peers: []string{a.Address()}})
	tells(t, b, got)
}

// A cut is a TCP proxy that can be cut and joined again.
type cut struct {
	net.Listener
	mu    sync.Mutex // guards what follows
	to    string
	open  bool
	conns []net.Conn
}

func newCut(t *testing.T) *cut {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cut{Listener: l, open: true}
	t.Cleanup(func() { l.Close(); c.set(false) })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(conn)
		}
	}()
	return c
}

func (c *cut) set(open bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = open
	for _, conn := range c.conns {
		conn.Close()
	}
	c.conns = nil
}

// lead sets where the proxy leads to.
func (c *cut) lead(to string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.to = to
}

// keep has a pair of connections closed with the next cut, unless it came already.
func (c *cut) keep(from, to net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.open {
		to.Close()
		return false
	}
	c.conns = append(c.conns, from, to)
	return true
}

func (c *cut) serve(from net.Conn) {
	defer from.Close()
	c.mu.Lock()
	open, address := c.open, c.to
	c.mu.Unlock()
	if !open {
		return
	}
	to, err := net.Dial("tcp", address)
	if err != nil || !c.keep(from, to) {
		return
	}
	defer to.Close()
	go func() { io.Copy(to, from); to.Close() }()
	io.Copy(from, to)
}

// TestNATSCut: a route that is cut is there again when the network is.
func TestNATSCut(t *testing.T) {
	ca := newAuthority(t)
	wire := newCut(t)
	a := open(t, hints.Options{TLS: ca.config(), Advertise: wire.Addr().String()})
	wire.lead(a.Address())
	// b can't be reached from outside but by what it dials.
	b := open(t, hints.Options{TLS: ca.config(), Peers: []string{wire.Addr().String()}, Advertise: wire.Addr().String()})
	atA, atB := listen(t, a), listen(t, b)
	tells(t, a, atB)
	tells(t, b, atA)
	wire.set(false)
	for deadline := time.Now().Add(patience); a.Stats().Routes+b.Stats().Routes > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the cut isn't noticed")
		}
	}
	for range 100 { // all lost
		b.Publish(server.Hint{Mailboxes: []identity.Account{"lost"}})
	}
	time.Sleep(50 * time.Millisecond)
	if got := atA.mailboxes(); slices.Contains(got, "lost") {
		t.Errorf("through the cut came %v", got)
	}
	wire.set(true)
	tells(t, a, atB)
	tells(t, b, atA)
}

// BenchmarkNATS tells of mailboxes as a busy server does: two for each message.
func BenchmarkNATS(b *testing.B) {
	node, err := hints.OpenNATS(b.Context(), hints.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	defer node.Close()
	other, err := hints.OpenNATS(b.Context(), hints.Options{Listen: "127.0.0.1:0", Peers: []string{node.Address()}})
	if err != nil {
		b.Fatal(err)
	}
	defer other.Close()
	defer other.Listen(func(server.Hint) {})()
	var hintOf []server.Hint
	for i := range 200 {
		hintOf = append(hintOf, server.Hint{Mailboxes: []identity.Account{
			identity.Account(fmt.Sprintf("mimi://example.org/u/a%d", i)), identity.Account(fmt.Sprintf("mimi://example.org/u/b%d", i)),
		}})
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		node.Publish(hintOf[i%len(hintOf)])
	}
}
