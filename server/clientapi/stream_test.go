package clientapi_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/server/clientapi"
	"parley/wire"
)

// A line is the client's end of a stream.
type line struct {
	t    *testing.T
	conn net.Conn
}

func (s *site) dial() *line {
	s.t.Helper()
	conn, _, _, err := ws.Dial(s.t.Context(), "ws"+strings.TrimPrefix(s.http.URL, "http")+wire.StreamPath)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(2 * time.Minute)) // a hung test fails
	return &line{s.t, conn}
}

func (l *line) send(f wire.Frame) {
	l.t.Helper()
	message, err := wire.Marshal(f)
	if err != nil {
		l.t.Fatal(err)
	}
	// By one write: a frame whose end comes later may be cut where timeouts are short.
	if _, err := l.conn.Write(masked(ws.NewBinaryFrame(message))); err != nil {
		l.t.Fatal(err)
	}
}

// request sends an operation.
func (l *line) request(n uint64, op wire.Operation, body any) {
	l.t.Helper()
	raw, err := wire.Marshal(body)
	if err != nil {
		l.t.Fatal(err)
	}
	l.send(wire.Frame{N: n, Op: op, Body: cbor.RawMessage(raw)})
}

func (l *line) receive() (*wire.Frame, error) {
	message, err := wsutil.ReadServerBinary(l.conn)
	if err != nil {
		return nil, err
	}
	var f wire.Frame
	return &f, wire.Unmarshal(message, &f)
}

// next returns the next frame.
func (l *line) next() *wire.Frame {
	l.t.Helper()
	f, err := l.receive()
	if err != nil {
		l.t.Fatal(err)
	}
	return f
}

// push returns the next frame, which must be a push.
func (l *line) push() *wire.ReadReply {
	l.t.Helper()
	f := l.next()
	var reply wire.ReadReply
	if f.Op != wire.OpEvents || wire.Unmarshal(f.Body, &reply) != nil {
		l.t.Fatalf("%+v is no push", f)
	}
	return &reply
}

// ended checks that the server closes the stream.
func (l *line) ended(what string, status ws.StatusCode) {
	l.t.Helper()
	_, err := l.receive()
	var closed wsutil.ClosedError
	if !errors.As(err, &closed) || closed.Code != status {
		l.t.Errorf("%s: %v; want the stream closed with %d", what, err, status)
	}
}

// stream opens a stream after a position.
func (s *site) stream(p *person, after uint64) *line {
	s.t.Helper()
	l := s.dial()
	l.request(7, wire.OpHello, &wire.Hello{Token: p.token, After: after})
	if f := l.next(); f.N != 7 || f.Error != nil {
		s.t.Fatalf("hello: %+v", f)
	}
	return l
}

func TestStreamPushes(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	alice := s.person("alice")
	for range 3 {
		s.event(alice)
	}
	l := s.stream(alice, 1)
	got := l.push()
	if len(got.Events) != 2 || got.Events[0].Pos != 2 || got.Head != 3 {
		t.Errorf("the first push = %+v; want positions 2 and 3", got)
	}
	for want := uint64(4); want < 8; want++ {
		s.event(alice)
		if got := l.push(); len(got.Events) != 1 || got.Events[0].Pos != want {
			t.Errorf("a push = %+v; want position %d", got, want)
		}
	}
}

func TestStreamRequests(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	alice := s.person("alice")
	l := s.stream(alice, 0)
	l.request(1, wire.OpRead, &wire.ReadRequest{WaitMS: wire.MaxReadWait}) // waits, and holds nobody up
	l.request(2, wire.OpInfo, wire.InfoRequest{})
	l.request(3, "nonsense", wire.Empty{})
	l.request(4, wire.OpAcknowledge, &wire.AcknowledgeRequest{Pos: 99})
	l.send(wire.Frame{N: 5, Op: wire.OpInfo}) // no body at all
	l.request(6, wire.OpRead, make([]byte, 100<<10))
	want := map[uint64]wire.Code{2: "", 3: wire.CodeUnknownOperation, 4: wire.CodeBadRequest, 5: "", 6: wire.CodeTooLarge}
	for range 5 {
		f := l.next()
		code, ok := want[f.N]
		if !ok || (f.Error == nil) != (code == "") || f.Error != nil && f.Error.Code != code {
			t.Errorf("reply %d: %+v; want %q", f.N, f.Error, code)
		}
		delete(want, f.N)
	}
	s.event(alice)
	seen := map[uint64]bool{}
	for range 2 { // the push, and the reply to 1
		f := l.next()
		var reply wire.ReadReply
		if err := wire.Unmarshal(f.Body, &reply); err != nil || len(reply.Events) != 1 {
			t.Errorf("%+v, %v; want the event", f, err)
		}
		seen[f.N] = true
	}
	if !seen[0] || !seen[1] {
		t.Errorf("got %v; want a push and reply 1", seen)
	}
}

func TestStreamFragments(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	l := s.stream(s.person("alice"), 0)
	message, _ := wire.Marshal(wire.Frame{N: 9, Op: wire.OpInfo})
	for _, f := range []ws.Frame{
		ws.NewFrame(ws.OpBinary, false, message[:3]),
		ws.NewPingFrame([]byte("ping")),
		ws.NewFrame(ws.OpContinuation, false, nil),
		ws.NewFrame(ws.OpContinuation, true, message[3:]),
	} {
		if err := ws.WriteFrame(l.conn, ws.MaskFrame(f)); err != nil {
			t.Fatal(err)
		}
	}
	pong, err := ws.ReadHeader(l.conn)
	payload := make([]byte, 4)
	if _, errRead := io.ReadFull(l.conn, payload); err != nil || errRead != nil || pong.OpCode != ws.OpPong || string(payload) != "ping" {
		t.Errorf("a ping is answered by %+v %q, %v, %v", pong, payload, err, errRead)
	}
	if f := l.next(); f.N != 9 || f.Error != nil {
		t.Errorf("reply = %+v", f)
	}
}

func TestStreamHello(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	l := s.dial()
	l.request(1, wire.OpHello, &wire.Hello{Token: make([]byte, 32)})
	if f := l.next(); f.N != 1 || f.Error == nil || f.Error.Code != wire.CodeUnauthorized {
		t.Errorf("a made-up token: %+v", f)
	}
	l.ended("a made-up token", ws.StatusPolicyViolation)

	l = s.dial()
	l.request(1, wire.OpRead, &wire.ReadRequest{})
	if f := l.next(); f.Error == nil || f.Error.Code != wire.CodeBadRequest {
		t.Errorf("a request before hello: %+v", f)
	}
	l.ended("a request before hello", ws.StatusPolicyViolation)

	l = s.dial()
	l.request(1, wire.OpHello, &wire.Hello{Token: make([]byte, 8<<10)})
	if _, err := l.receive(); err == nil {
		t.Error("a huge hello is answered")
	}
	s.stream(s.person("alice"), 0)

	l = newSite(t, clientapi.Options{HelloTimeout: 100 * time.Millisecond}).dial()
	if _, err := l.receive(); !errors.Is(err, io.EOF) {
		t.Errorf("no hello at all: %v; want the connection closed", err)
	}
}

func TestStreamEndsWithSession(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	alice := s.person("alice")
	l := s.stream(alice, 0)
	s.next(alice, identity.Rotate, func(l *identity.DeviceList) { l.Devices[0].SignatureKey = identity.GenerateKey().Public() })
	for {
		if _, err := l.receive(); err != nil { // the event itself may come first
			var closed wsutil.ClosedError
			if !errors.As(err, &closed) || closed.Code != ws.StatusPolicyViolation {
				t.Errorf("%v; want the stream closed with 1008", err)
			}
			return
		}
	}
}

// TestStreamIdle: a client that answers nothing is pinged, and cut then. Where the
// machine stands still for so long that both are due at once there is no ping, so it
// may take another stream to see one.
func TestStreamIdle(t *testing.T) {
	s := newSite(t, clientapi.Options{IdleTimeout: 600 * time.Millisecond})
	alice := s.person("alice")
	for range 20 {
		if s.stream(alice, 0).pingsUntilCut() > 0 {
			return
		}
	}
	t.Error("idle streams are cut without a ping")
}

// pingsUntilCut counts the pings that come, none of which is answered.
func (l *line) pingsUntilCut() (pings int) {
	for {
		h, err := ws.ReadHeader(l.conn)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			l.t.Fatal("an idle stream isn't cut")
		}
		if err != nil || h.OpCode == ws.OpClose {
			return pings
		}
		if h.OpCode == ws.OpPing && h.Length == 0 {
			pings++
		}
	}
}

// TestSlowReader: who doesn't read is cut, and holds nobody else up.
func TestSlowReader(t *testing.T) {
	s := newSite(t, clientapi.Options{WriteTimeout: time.Second})
	alice := s.person("alice")
	l := s.stream(alice, 0)
	l.conn.(*net.TCPConn).SetReadBuffer(64 << 10)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // ask without reading the answers, until it is cut
		defer cancel()
		for n := uint64(1); ; n++ {
			message, _ := wire.Marshal(wire.Frame{N: n, Op: wire.OpInfo})
			if wsutil.WriteClientBinary(l.conn, message) != nil {
				return
			}
		}
	}()
	<-ctx.Done()
	good[wire.ReadReply](s, wire.OpRead, alice.token, &wire.ReadRequest{})
}

func TestClose(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	srv, err := server.New(t.Context(), server.Config{Store: s.store, Domain: domain, Origins: []string{"x"}, Suites: suites})
	if err != nil {
		t.Fatal(err)
	}
	other := clientapi.New(srv, clientapi.Options{})
	other.Close()
	other.Close()
	alice := s.person("alice")
	l := s.stream(alice, 0)
	s.api.Close()
	l.ended("a closed server", ws.StatusGoingAway)
}
