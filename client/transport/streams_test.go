package transport_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/client"
	"parley/client/transport"
	"parley/wire"
)

// A site is a server and what lies between: what Dial and Call of a Streams meet.
type site struct {
	t     *testing.T
	dials int
	dial  func(n int, l *fakeLine) error // opens the nth line, from 1

	mu    sync.Mutex // guards what follows
	reads []wire.ReadRequest
	read  func(ctx context.Context, r wire.ReadRequest) (*wire.ReadReply, error)
}

// streams returns the Streams of a site, which tries a WebSocket again after ten
// minutes.
func (s *site) streams() *transport.Streams {
	return &transport.Streams{
		Timeout: time.Minute, Retry: 10 * time.Minute,
		Call: func(ctx context.Context, op wire.Operation, _, request []byte) ([]byte, error) {
			var r wire.ReadRequest
			if err := wire.Unmarshal(request, &r); err != nil || op != wire.OpRead {
				s.t.Errorf("called %s, %v; want read", op, err)
			}
			s.mu.Lock()
			s.reads = append(s.reads, r)
			s.mu.Unlock()
			reply, err := s.read(ctx, r)
			if err != nil {
				return nil, err
			}
			return marshal(s.t, reply), nil
		},
		Dial: func(_ context.Context, _ []byte, after uint64) (transport.Line, error) {
			s.dials++
			l := &fakeLine{after: after, pushes: make(chan uint64, 10), closed: make(chan struct{})}
			if err := s.dial(s.dials, l); err != nil {
				return nil, err
			}
			return l, nil
		},
	}
}

// A fakeLine is a WebSocket without a network.
type fakeLine struct {
	after  uint64
	pushes chan uint64   // positions of events
	lasts  time.Duration // until it ends; 0: until Close
	end    transport.End // how it ends then
	closed chan struct{}
	once   sync.Once
}

func (l *fakeLine) Next(ctx context.Context) (*wire.ReadReply, error) {
	select {
	case pos := <-l.pushes:
		return eventAt(pos), nil
	default:
	}
	var end <-chan time.Time
	if l.lasts > 0 {
		end = time.After(l.lasts)
	}
	select {
	case pos := <-l.pushes:
		return eventAt(pos), nil
	case <-end:
		return nil, transport.Offline("it ended")
	case <-l.closed:
		return nil, transport.Offline("it was closed")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *fakeLine) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *fakeLine) End() transport.End { return l.end }

func eventAt(pos uint64) *wire.ReadReply {
	return &wire.ReadReply{Events: []wire.Event{{Pos: pos}}, Head: pos}
}

// wait returns an empty answer once a read has waited as long as it asked for.
func wait(ctx context.Context, r wire.ReadRequest) (*wire.ReadReply, error) {
	select {
	case <-time.After(time.Duration(r.WaitMS) * time.Millisecond):
		return &wire.ReadReply{}, nil
	case <-ctx.Done():
		return nil, transport.Explain(ctx, "")
	}
}

// hold returns an answer that comes after a while, with an event if pos isn't 0.
func hold(d time.Duration, pos uint64) (*wire.ReadReply, error) {
	time.Sleep(d)
	if pos == 0 {
		return &wire.ReadReply{}, nil
	}
	return eventAt(pos), nil
}

func noSocket(int, *fakeLine) error { return transport.Offline("no WebSocket gets through") }

func open(t *testing.T, s *transport.Streams, after uint64) client.Stream {
	t.Helper()
	stream, err := s.Open(t.Context(), []byte("token"), after)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { stream.Close() })
	return stream
}

func wantEvent(t *testing.T, s client.Stream, pos uint64) {
	t.Helper()
	push, err := s.Next(t.Context())
	if err != nil || len(push.Events) != 1 || push.Events[0].Pos != pos {
		t.Fatalf("Next = %+v, %v; want position %d", push, err, pos)
	}
}

// A stream polls where no WebSocket opens, and goes on with a WebSocket from where
// it was once one does.
func TestFallsBackAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var line *fakeLine
		s := &site{t: t, read: func(ctx context.Context, r wire.ReadRequest) (*wire.ReadReply, error) {
			if r.WaitMS > 0 && r.After == 7 {
				return eventAt(8), nil
			}
			return wait(ctx, r)
		}}
		s.dial = func(n int, l *fakeLine) error {
			if n <= 2 {
				return noSocket(n, l)
			}
			line = l
			l.pushes <- l.after + 1
			return nil
		}
		streams := s.streams()
		stream := open(t, streams, 7)
		began := time.Now()
		wantEvent(t, stream, 8)
		if !streams.Blocked() {
			t.Error("Blocked = false while it polls")
		}
		wantEvent(t, stream, 9)
		if line == nil || line.after != 8 {
			t.Fatalf("the WebSocket began at %+v; want after 8", line)
		}
		if took := time.Since(began); took < 20*time.Minute || took > 32*time.Minute {
			t.Errorf("a WebSocket was tried a second time after %v; want 2 times 10 to 15 minutes", took)
		}
		if streams.Blocked() {
			t.Error("Blocked = true after a WebSocket has opened")
		}
	})
}

// What a server refuses is no sign of something in between, except a request that
// has lost its Upgrade.
func TestRefusedIsNotBlocked(t *testing.T) {
	for code, polls := range map[wire.Code]bool{
		wire.CodeUnauthorized: false, wire.CodeRateLimited: false, wire.CodeUnavailable: false, wire.CodeBadRequest: true,
	} {
		s := &site{t: t, read: wait, dial: func(int, *fakeLine) error { return wire.Refuse(code, "No.") }}
		streams := s.streams()
		stream, err := streams.Open(t.Context(), nil, 7)
		if polls != (err == nil) || polls != streams.Blocked() {
			t.Errorf("%s: %v, Blocked = %t; want polling %t", code, err, streams.Blocked(), polls)
		}
		if err == nil {
			stream.Close()
		} else if !errors.Is(err, &wire.Error{Code: code}) {
			t.Errorf("%s: %v; want the refusal", code, err)
		}
	}
}

// Where nothing answers at all the error is the WebSocket's, and nothing is
// blocked.
func TestNobodyThere(t *testing.T) {
	s := &site{t: t, dial: noSocket, read: func(context.Context, wire.ReadRequest) (*wire.ReadReply, error) {
		return nil, transport.Offline("nobody")
	}}
	streams := s.streams()
	_, err := streams.Open(t.Context(), nil, 7)
	if !errors.Is(err, client.ErrOffline) || streams.Blocked() {
		t.Errorf("Open: %v, Blocked = %t; want ErrOffline, and not blocked", err, streams.Blocked())
	}
}

// Three WebSockets in a row that are cut soon count as blocked; those that last,
// or that end by a word, don't.
func TestCuts(t *testing.T) {
	for name, test := range map[string]struct {
		lasts time.Duration
		end   transport.End
		want  bool
	}{
		"cut soon":       {time.Minute, transport.Cut, true},
		"cut at length":  {3 * time.Minute, transport.Cut, false},
		"ended by words": {time.Minute, transport.Said, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &site{t: t, read: wait, dial: func(_ int, l *fakeLine) error {
					l.lasts, l.end = test.lasts, test.end
					return nil
				}}
				streams := s.streams()
				for n := range 3 {
					if streams.Blocked() {
						t.Fatalf("blocked after %d lines", n)
					}
					if _, err := open(t, streams, 7).Next(t.Context()); !errors.Is(err, client.ErrOffline) {
						t.Fatalf("Next: %v; want ErrOffline", err)
					}
				}
				if got := streams.Blocked(); got != test.want {
					t.Errorf("Blocked = %t; want %t", got, test.want)
				}
			})
		})
	}
}

// A server that asks to come again is no error: the stream goes on, from the last
// event that was taken.
func TestMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{t: t, read: wait}
		s.dial = func(n int, l *fakeLine) error {
			if n == 2 {
				return transport.Offline("not up yet")
			}
			l.pushes <- l.after + 1
			l.lasts, l.end = time.Second, transport.Moved
			return nil
		}
		// A node that isn't up doesn't answer reads either.
		s.read = func(context.Context, wire.ReadRequest) (*wire.ReadReply, error) {
			return nil, transport.Offline("not up yet")
		}
		stream := open(t, s.streams(), 7)
		for pos := uint64(8); pos < 12; pos++ {
			wantEvent(t, stream, pos)
		}
		if s.dials != 5 {
			t.Errorf("%d lines were tried; want 5", s.dials)
		}
	})
}

// Who only ever asks to come again is an error in the end, and so is who refuses
// then.
func TestMovedNowhere(t *testing.T) {
	for name, test := range map[string]struct {
		second error
		dials  int
	}{
		"again and again": {nil, 5},
		"refused":         {wire.Refuse(wire.CodeUnauthorized, "The session has ended."), 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &site{t: t, read: wait, dial: func(n int, l *fakeLine) error {
					l.lasts, l.end = time.Millisecond, transport.Moved
					if n > 1 {
						return test.second
					}
					return nil
				}}
				_, err := open(t, s.streams(), 7).Next(t.Context())
				if !errors.Is(err, client.ErrOffline) || s.dials != test.dials {
					t.Errorf("Next: %v after %d lines; want ErrOffline after %d", err, s.dials, test.dials)
				}
			})
		})
	}
}
