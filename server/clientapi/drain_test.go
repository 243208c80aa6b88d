package clientapi_test

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"parley/client/nettransport"
	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/server/clientapi"
	"parley/server/hints"
	"parley/server/memstore"
	"parley/wire"
)

// A switchboard is one address before several nodes, as a load balancer's: each
// connection goes to the node that is in front.
type switchboard struct {
	listener net.Listener
	front    atomic.Pointer[node]
}

// A node is one server of a site.
type node struct {
	srv   *server.Server
	api   *clientapi.API
	conns chan net.Conn
	done  chan struct{} // closed: no more
}

// Accept implements net.Listener for a node.
func (n *node) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener; net/http calls it once.
func (n *node) Close() error {
	close(n.done)
	return nil
}

// Addr implements net.Listener.
func (n *node) Addr() net.Addr { return &net.TCPAddr{} }

// newNodes returns nodes over one store, behind one address.
func newNodes(t *testing.T, count int) (*switchboard, string, []*node) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	store, local, quiet := memstore.New(), hints.NewLocal(), slog.New(slog.DiscardHandler)
	var nodes []*node
	for range count {
		n := &node{conns: make(chan net.Conn, 64), done: make(chan struct{})}
		n.srv, err = server.New(t.Context(), server.Config{
			Store: store, Domain: domain, Origins: []string{url}, SignUpOpen: true, Suites: suites, Logger: quiet,
			Hints: local.Node(), Poll: time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		n.api = clientapi.New(n.srv, clientapi.Options{Logger: quiet})
		h := &http.Server{Handler: n.api}
		go h.Serve(n)
		t.Cleanup(func() {
			h.Close()
			n.api.Close()
			n.srv.Close()
		})
		nodes = append(nodes, n)
	}
	b := &switchboard{listener: l}
	b.front.Store(nodes[0])
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b.front.Load().conns <- c
		}
	}()
	t.Cleanup(func() { l.Close() })
	return b, url, nodes
}

// TestDrain moves a sender and a receiver from node to node while messages are
// under way. Each message is stored once, and arrives once and in order, through
// a stream that never fails.
func TestDrain(t *testing.T) {
	const messages, moves = 400, 4
	board, url, nodes := newNodes(t, moves+1)
	s := &stage{tb: t, srv: nodes[0].srv, url: url}
	alice, bob := s.actor("alice"), s.actor("bob")
	room, message := s.room(alice, bob, 100)
	tr, err := nettransport.New(url, nettransport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	stream, err := tr.Stream(t.Context(), bob.token, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()

	const each = messages / (moves + 1)
	var sent, allowed atomic.Int64 // allowed: so that there is something to send during each move
	allowed.Store(each)
	done := make(chan error, 1)
	go func() { done <- sendAll(t.Context(), url, alice, room, message, messages, &sent, &allowed) }()
	drained := make(chan error, moves)
	go func() {
		for i := range moves {
			for sent.Load() < int64(i*each+each/2) {
				time.Sleep(time.Millisecond)
			}
			allowed.Store(int64(i+1)*each + each/4) // the sender is still there at the next move
			board.front.Store(nodes[i+1])
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			drained <- nodes[i].api.Drain(ctx)
			cancel()
			allowed.Store(int64(i+2) * each)
		}
	}()
	pos := uint64(1)
	for pos < messages+1 {
		push, err := stream.Next(t.Context())
		if err != nil {
			t.Fatalf("after %d: %v", pos, err)
		}
		for _, e := range push.Events {
			if pos++; e.Pos != pos || e.Envelope.Seq != pos || binary.BigEndian.Uint64(e.Envelope.ID) != pos-2 {
				t.Fatalf("position %d, seq %d, message %x; want %d", e.Pos, e.Envelope.Seq, e.Envelope.ID, pos)
			}
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	for range moves {
		if err := <-drained; err != nil {
			t.Errorf("Drain: %v", err)
		}
	}
	opened := int64(0)
	for _, n := range nodes {
		opened += n.api.Stats().StreamsOpened
	}
	if opened < moves+1+2 { // the sender's on each node, and the receiver's
		t.Errorf("%d streams were opened: who drained wasn't left", opened)
	}
	for _, n := range nodes[:moves] {
		if got := n.api.Stats().Streams; got != 0 {
			t.Errorf("a node that was drained has %d streams", got)
		}
	}
}

// sendAll sends messages one after another over a stream, as a client does that
// gets to the next node when its own goes away: what isn't answered is repeated.
func sendAll(ctx context.Context, url string, p *actor, room identity.Room, message []byte, n int, sent, allowed *atomic.Int64) error {
	id := make([]byte, wire.IDSize)
	for int(sent.Load()) < n {
		conn, _, _, err := ws.Dial(ctx, "ws"+url[len("http"):]+wire.StreamPath)
		if err != nil {
			continue // refused by a node that is drained already
		}
		hello, _ := wire.Marshal(&wire.Hello{Token: p.token, After: 1 << 20})
		if err := exchange(conn, &wire.Frame{N: 1, Op: wire.OpHello, Body: hello}); err == nil {
			for int(sent.Load()) < n {
				for sent.Load() >= allowed.Load() && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				binary.BigEndian.PutUint64(id, uint64(sent.Load()))
				body, _ := wire.Marshal(&wire.SendRequest{ID: id, Room: room, Message: message})
				if exchange(conn, &wire.Frame{N: 2, Op: wire.OpSend, Body: cbor.RawMessage(body)}) != nil {
					break
				}
				sent.Add(1)
			}
		}
		conn.Close()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// exchange sends a request and reads its reply.
func exchange(conn net.Conn, f *wire.Frame) error {
	message, err := wire.Marshal(f)
	if err != nil {
		return err
	}
	if err := ws.WriteFrame(conn, ws.MaskFrame(ws.NewBinaryFrame(message))); err != nil {
		return err
	}
	for {
		header, err := ws.ReadHeader(conn)
		if err != nil {
			return err
		}
		if header.OpCode == ws.OpClose || header.Length > wire.MaxBody {
			return net.ErrClosed
		}
		payload := make([]byte, header.Length)
		if _, err := io.ReadFull(conn, payload); err != nil {
			return err
		}
		var reply wire.Frame
		if header.OpCode != ws.OpBinary || wire.Unmarshal(payload, &reply) != nil || reply.N != f.N {
			continue
		}
		if reply.Error != nil {
			return reply.Error
		}
		return nil
	}
}

// TestDrainRefuses: a node that drains says so, with how long to wait, whatever is
// asked; reads that wait end; and a request that runs is answered before its
// stream is closed.
func TestDrainRefuses(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	alice := s.person("alice")
	l := s.stream(alice, 0)
	l.request(1, wire.OpRead, &wire.ReadRequest{WaitMS: wire.MaxReadWait})
	polled := make(chan *wire.Error)
	go func() {
		_, _, refusal := call[wire.ReadReply](s, wire.OpRead, alice.token, &wire.ReadRequest{WaitMS: wire.MaxReadWait})
		polled <- refusal
	}()
	for s.srv.Stats().Waiting < 3 { // both reads, and the stream
		time.Sleep(time.Millisecond)
	}
	drained := make(chan error)
	go func() { drained <- s.api.Drain(t.Context()) }()
	if e := <-polled; e != nil && (e.Code != wire.CodeUnavailable || e.RetryAfter == 0) {
		t.Errorf("a read that waits: %v; want what there is, or unavailable", e)
	}
	if f := l.next(); f.N != 1 {
		t.Errorf("%+v; want the answer to what ran", f)
	}
	l.ended("a drained stream", ws.StatusGoingAway)
	l.conn.Close()
	if err := <-drained; err != nil {
		t.Errorf("Drain: %v", err)
	}
	for _, op := range []wire.Operation{wire.OpInfo, wire.OpRead, "stream"} {
		resp := s.post(op, alice.token, nil)
		if op == "stream" {
			r, _ := http.NewRequest("GET", s.http.URL+wire.StreamPath, nil)
			r.Header.Set("Upgrade", "websocket")
			var err error
			if resp, err = http.DefaultClient.Do(r); err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		}
		if resp.StatusCode != http.StatusServiceUnavailable || !slices.Contains([]string{"1", "2"}, resp.Header.Get("Retry-After")) {
			t.Errorf("%s at a node that drains: %d, Retry-After %q", op, resp.StatusCode, resp.Header.Get("Retry-After"))
		}
	}
}
