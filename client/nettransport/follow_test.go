package nettransport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"parley/client"
	"parley/wire"
)

// What package transport bears in a row before it does something else.
const (
	maxCuts   = 3 // streams that are cut
	moveTries = 4 // nodes that can't be reached
)

// A mailbox is a server that has events up to a head, for streams and reads.
type mailbox struct {
	t       *testing.T
	streams atomic.Int32 // that were asked for
	reads   atomic.Int32

	mu    sync.Mutex // guards what follows
	head  uint64
	grown chan struct{} // closed when head grows
}

func newMailbox(t *testing.T, head uint64) *mailbox {
	return &mailbox{t: t, head: head, grown: make(chan struct{})}
}

// grow adds an event.
func (m *mailbox) grow() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.head++
	close(m.grown)
	m.grown = make(chan struct{})
}

// after returns what comes after a position, once there is anything or the time is
// over.
func (m *mailbox) after(ctx context.Context, pos uint64, wait time.Duration) *wire.ReadReply {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		m.mu.Lock()
		reply, grown := &wire.ReadReply{Head: m.head}, m.grown
		m.mu.Unlock()
		for p := pos + 1; p <= reply.Head; p++ {
			reply.Events = append(reply.Events, wire.Event{Pos: p})
		}
		if len(reply.Events) > 0 {
			return reply
		}
		select {
		case <-grown:
		case <-timer.C:
			return reply
		case <-ctx.Done():
			return reply
		}
	}
}

func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/v1/read":
		m.reads.Add(1)
		body, _ := io.ReadAll(r.Body)
		var req wire.ReadRequest
		if err := wire.Unmarshal(body, &req); err != nil {
			m.t.Errorf("read: %v", err)
		}
		reply(w, 200, marshal(m.t, m.after(r.Context(), req.After, time.Duration(req.WaitMS)*time.Millisecond)))
	case "/v1/stream":
		m.streams.Add(1)
		if r.Header.Get("Upgrade") == "" { // as the real one
			reply(w, 400, marshal(m.t, wire.Refuse(wire.CodeBadRequest, "The stream is a WebSocket.")))
			return
		}
		m.stream(w, r, func(p *peer) { p.wait() })
	}
}

// stream serves a stream: pushes while rest runs.
func (m *mailbox) stream(w http.ResponseWriter, r *http.Request, rest func(p *peer)) {
	conn, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	defer conn.Close()
	p := &peer{m.t, conn}
	f := p.read()
	var hello wire.Hello
	if wire.Unmarshal(f.Body, &hello) != nil {
		return
	}
	p.send(&wire.Frame{N: f.N, Body: marshal(m.t, wire.Empty{})})
	ctx, cancel := context.WithCancel(m.t.Context())
	defer cancel()
	go func() {
		defer cancel()
		rest(p)
	}()
	for pos := hello.After; ctx.Err() == nil; {
		push := m.after(ctx, pos, time.Minute)
		if n := len(push.Events); n > 0 {
			pos = push.Events[n-1].Pos
			message := marshal(m.t, &wire.Frame{Op: wire.OpEvents, Body: marshal(m.t, push)})
			if p.write(ws.NewBinaryFrame(message)) != nil {
				return
			}
		}
	}
}

// wantNext checks that the next events begin at a position, and returns the last.
func wantNext(t *testing.T, s client.Stream, pos uint64) uint64 {
	t.Helper()
	push, err := s.Next(t.Context())
	if err != nil || len(push.Events) == 0 || push.Events[0].Pos != pos {
		t.Fatalf("Next = %+v, %v; want position %d", push, err, pos)
	}
	return push.Events[len(push.Events)-1].Pos
}

// TestBlocked meets what stands between clients and servers and lets no WebSocket
// through. Everything arrives all the same, once and in order.
func TestBlocked(t *testing.T) {
	for name, block := range map[string]func(w http.ResponseWriter, r *http.Request, next http.Handler){
		"a page":    func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { io.WriteString(w, "<html>Welcome") },
		"forbidden": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { w.WriteHeader(http.StatusForbidden) },
		"upgrade": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.WriteHeader(http.StatusUpgradeRequired)
		},
		"no gateway": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { w.WriteHeader(http.StatusBadGateway) },
		"no header": func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			r.Header.Del("Upgrade")
			next.ServeHTTP(w, r)
		},
		"a reset": func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) },
		"nothing passes": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			conn, _, _, err := ws.UpgradeHTTP(r, w)
			if err == nil {
				defer conn.Close()
				io.Copy(io.Discard, conn)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMailbox(t, 9)
			var tried atomic.Int32
			origin := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/v1/stream" {
					m.ServeHTTP(w, r)
					return
				}
				tried.Add(1)
				block(w, r, m)
			}).Origin()
			tr := connect(t, origin, Options{})
			if name == "nothing passes" {
				tr.streams.Timeout = 200 * time.Millisecond // of the WebSocket alone
			}
			s := open(t, tr)
			if last := wantNext(t, s, 8); last != 9 {
				t.Errorf("the first read ends at %d; want 9", last)
			}
			for pos := uint64(10); pos < 13; pos++ {
				time.AfterFunc(5*time.Millisecond, m.grow)
				if last := wantNext(t, s, pos); last != pos {
					t.Errorf("ends at %d; want %d", last, pos)
				}
			}
			s.Close()
			open(t, tr).Close()
			if n := tried.Load(); n > 2 { // net/http itself repeats a request whose connection broke off
				t.Errorf("the WebSocket was tried %d times; want once for a while", n)
			}
		})
	}
}

// TestStreamComesBack: once WebSockets get through again, the stream is one, and
// nothing is lost or doubled on the way.
func TestStreamComesBack(t *testing.T) {
	m := newMailbox(t, 7)
	var blocked atomic.Bool
	blocked.Store(true)
	origin := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/stream" && blocked.Load() {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		m.ServeHTTP(w, r)
	}).Origin()
	s := open(t, connect(t, origin, Options{Retry: 20 * time.Millisecond}))
	for pos := uint64(8); m.streams.Load() == 0; pos++ {
		blocked.Store(pos < 10)
		time.AfterFunc(10*time.Millisecond, m.grow)
		if last := wantNext(t, s, pos); last != pos {
			t.Errorf("ends at %d; want %d", last, pos)
		}
	}
}

// TestCutAgainAndAgain: where streams open and are cut, without a word and again
// and again, the next one polls.
func TestCutAgainAndAgain(t *testing.T) {
	m := newMailbox(t, 7)
	tr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/stream" {
			m.ServeHTTP(w, r)
			return
		}
		m.streams.Add(1)
		m.stream(w, r, func(p *peer) {
			time.Sleep(10 * time.Millisecond)
			p.conn.Close()
		})
	})
	for range maxCuts {
		_, err := open(t, tr).Next(t.Context())
		wantOffline(t, err, "broke off")
	}
	s := open(t, tr)
	m.grow()
	wantNext(t, s, 8)
	if m.streams.Load() != maxCuts || m.reads.Load() == 0 {
		t.Errorf("%d streams and %d reads; want %d streams, then reads", m.streams.Load(), m.reads.Load(), maxCuts)
	}
}

// TestMoved: a server that restarts, or goes away, is no error, and the next one is
// told from where to go on.
func TestMoved(t *testing.T) {
	for _, status := range []ws.StatusCode{ws.StatusGoingAway, statusRestart, statusTryAgain} {
		m := newMailbox(t, 8)
		tr := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if m.streams.Add(1) > 2 {
				m.stream(w, r, func(p *peer) { p.wait() })
				return
			}
			m.stream(w, r, func(p *peer) {
				time.Sleep(10 * time.Millisecond)
				p.raw(ws.NewCloseFrame(ws.NewCloseFrameBody(status, "")))
				p.wait()
			})
		})
		s := open(t, tr)
		wantNext(t, s, 8)
		time.AfterFunc(20*time.Millisecond, m.grow)
		wantNext(t, s, 9)
		for m.streams.Load() < 3 {
			m.grow()
			if _, err := s.Next(t.Context()); err != nil {
				t.Fatalf("status %d: %v", status, err)
			}
		}
	}
}

// TestMovedNowhere: a server that only ever goes away is an error in the end.
func TestMovedNowhere(t *testing.T) {
	var streams atomic.Int32
	s := open(t, serveStream(t, func(p *peer) {
		streams.Add(1)
		p.raw(ws.NewCloseFrame(ws.NewCloseFrameBody(statusRestart, "")))
		p.wait()
	}))
	_, err := s.Next(t.Context())
	wantOffline(t, err, "closed the stream")
	if n := streams.Load(); n != 1+moveTries {
		t.Errorf("%d streams; want %d", n, 1+moveTries)
	}
}

// TestMoveRefused: a session that has ended isn't tried at other nodes.
func TestMoveRefused(t *testing.T) {
	var streams atomic.Int32
	s := open(t, serve(t, upgradeTo(t, func(p *peer) {
		if streams.Add(1) > 1 {
			p.read()
			p.send(&wire.Frame{N: helloN, Error: wire.Refuse(wire.CodeUnauthorized, "The session has ended.")})
			return
		}
		p.hello()
		p.raw(ws.NewCloseFrame(ws.NewCloseFrameBody(statusRestart, "")))
		p.wait()
	})))
	_, err := s.Next(t.Context())
	wantOffline(t, err, "")
	if n := streams.Load(); n != 2 {
		t.Errorf("%d streams; want 2", n)
	}
}

// TestPollEnds: Close and a cancelled context end a read that waits; a refusal is
// passed on.
func TestPollEnds(t *testing.T) {
	m := newMailbox(t, 7)
	var refuse atomic.Bool
	tr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/v1/stream":
			w.WriteHeader(http.StatusForbidden)
		case refuse.Load():
			reply(w, 401, marshal(t, wire.Refuse(wire.CodeUnauthorized, "The session has ended.")))
		default:
			m.ServeHTTP(w, r)
		}
	})
	s := open(t, tr)
	time.AfterFunc(20*time.Millisecond, func() { s.Close() })
	_, err := s.Next(t.Context())
	wantOffline(t, err, "closed")

	s = open(t, tr)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := s.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Next whose context was cancelled: %v; want context.Canceled", err)
	}

	s = open(t, tr)
	refuse.Store(true)
	m.grow() // ends the read that waits, if one does
	for {
		_, err := s.Next(t.Context())
		if err == nil {
			continue
		}
		if !errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}) {
			t.Errorf("Next: %v; want unauthorized", err)
		}
		return
	}
}
