package simtest

import (
	"context"
	"log/slog"
	"time"

	"parley/mls/public"
	"parley/server"
	"parley/wire"
)

const (
	domain    = "example.org"
	origin    = "https://example.org"
	retention = 6 * time.Hour
	poll      = 5 * time.Second
)

var suite = public.X25519()

// A node is one server process: what it has in memory goes when it crashes.
type node struct {
	s       *sim
	n       int
	server  *server.Server // nil while it is down
	end     *wireEnd
	skew    time.Duration // of its clock
	streams map[*stream]bool
}

func (n *node) now() time.Time { return time.Now().Add(n.skew) }

// start starts the process. It may fail, as the store may.
func (n *node) start() error {
	n.end = &wireEnd{n.s.net}
	many := server.Rate{Burst: 1 << 20, Every: time.Microsecond}
	srv, err := server.New(context.Background(), server.Config{
		Store: newNodeStore(n.s.ledger, n.s.remembers), Domain: domain, Origins: []string{origin}, Suites: []*public.Suite{suite},
		SignUpOpen: true, Now: n.now, Retention: retention, Hints: n.end, Poll: poll, Logger: slog.New(slog.DiscardHandler),
		Rates: server.Rates{Login: many, Address: many, SignUp: many, Session: many, Claimer: many, Claimed: many, Claiming: many},
	})
	if err != nil {
		return err
	}
	n.server = srv
	return nil
}

// crash ends the process.
func (n *node) crash() {
	for st := range n.streams {
		st.close()
	}
	clear(n.streams)
	if n.server == nil {
		return
	}
	closeServer(n.server)
	n.server = nil
}

// closeServer ends what a server runs beside its operations, if it does.
func closeServer(s *server.Server) {
	switch c := any(s).(type) {
	case interface{ Close() error }:
		c.Close()
	case interface{ Close() }:
		c.Close()
	}
}

// A stream pushes a mailbox to a device, as a connection does. Only what is in
// flight is buffered, so that a device that doesn't read stops it.
type stream struct {
	node   *node
	in     chan *wire.ReadReply
	cancel context.CancelFunc
	done   chan struct{}
}

// open begins a stream after a position.
func (n *node) open(session *server.Session, after uint64, batch int) *stream {
	ctx, cancel := context.WithCancel(context.Background())
	st := &stream{node: n, in: make(chan *wire.ReadReply, 1), cancel: cancel, done: make(chan struct{})}
	srv := n.server
	go func() {
		defer close(st.done)
		for {
			reply, err := srv.Read(ctx, session, &wire.ReadRequest{After: after, Max: batch, WaitMS: wire.MaxReadWait})
			if err != nil {
				return
			}
			if len(reply.Events) == 0 {
				continue
			}
			select {
			case st.in <- reply:
			case <-ctx.Done():
				return
			}
			after = reply.Events[len(reply.Events)-1].Pos
		}
	}()
	n.streams[st] = true
	return st
}

func (st *stream) close() {
	st.cancel()
	<-st.done
	delete(st.node.streams, st)
}

// ended reports whether the server has ended the stream.
func (st *stream) ended() bool {
	select {
	case <-st.done:
		return true
	default:
		return false
	}
}
