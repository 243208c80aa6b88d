package nettransport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"parley/client"
	"parley/client/transport"
	"parley/internal/cbor"
	"parley/wire"
)

// quiet returns a log that keeps nothing.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// A peer is the server's end of a stream.
type peer struct {
	t    *testing.T
	conn net.Conn
}

// upgradeTo returns a handler that opens a WebSocket and treats it by handle.
func upgradeTo(t *testing.T, handle func(p *peer)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/read" { // somebody tries whether polling works
			http.NotFound(w, r)
			return
		}
		if r.URL.String() != "/v1/stream" || r.Header.Get("Authorization") != "" {
			t.Errorf("the server got %s with Authorization %q; want /v1/stream without", r.URL, r.Header.Get("Authorization"))
		}
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			return
		}
		defer conn.Close()
		handle(&peer{t, conn})
	}
}

// serveStream returns a Transport to a server that treats streams by handle,
// after it took the hello.
func serveStream(t *testing.T, handle func(p *peer)) *Transport {
	t.Helper()
	return serve(t, upgradeTo(t, func(p *peer) {
		p.hello()
		handle(p)
	}))
}

// hello reads the first frame and accepts it.
func (p *peer) hello() {
	f := p.read()
	var hello wire.Hello
	if f.N == 0 || f.Op != wire.OpHello || wire.Unmarshal(f.Body, &hello) != nil {
		p.t.Errorf("first frame %+v; want a hello", f)
		return
	}
	if !slices.Equal(hello.Token, secretToken) || hello.After != 7 {
		p.t.Errorf("hello %+v; want the token, after 7", hello)
	}
	p.send(&wire.Frame{N: f.N, Body: marshal(p.t, wire.Empty{})})
}

// read returns the next frame of the client's.
func (p *peer) read() *wire.Frame {
	data, err := wsutil.ReadClientBinary(p.conn)
	if err != nil {
		p.t.Errorf("server: read: %v", err)
		return &wire.Frame{}
	}
	var f wire.Frame
	if err := wire.Unmarshal(data, &f); err != nil {
		p.t.Errorf("server: frame: %v", err)
	}
	return &f
}

// wait reads until the client closes the connection. It answers pings.
func (p *peer) wait() {
	for {
		if _, _, err := wsutil.ReadClientData(p.conn); err != nil {
			return
		}
	}
}

func (p *peer) send(f *wire.Frame) { p.raw(ws.NewBinaryFrame(marshal(p.t, f))) }

func (p *peer) push(head uint64) { p.send(pushOf(p.t, head)) }

// raw sends a frame of WebSocket.
func (p *peer) raw(f ws.Frame) {
	if err := p.write(f); err != nil {
		p.t.Errorf("server: write: %v", err)
	}
}

// write sends a frame by one write: what another goroutine sends doesn't get into it.
func (p *peer) write(f ws.Frame) error {
	frame, err := ws.CompileFrame(f)
	if err != nil {
		return err
	}
	_, err = p.conn.Write(frame)
	return err
}

func pushOf(t *testing.T, head uint64) *wire.Frame {
	return &wire.Frame{Op: wire.OpEvents, Body: cbor.RawMessage(marshal(t, &wire.ReadReply{Head: head}))}
}

// open opens a stream after position 7.
func open(t *testing.T, tr *Transport) client.Stream {
	t.Helper()
	s, err := tr.Stream(t.Context(), secretToken, 7)
	if err != nil {
		t.Fatalf("Stream: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func wantPush(t *testing.T, s client.Stream, head uint64) {
	t.Helper()
	push, err := s.Next(t.Context())
	if err != nil || push.Head != head {
		t.Fatalf("Next = %+v, %v; want head %d", push, err, head)
	}
}

func TestStreamPushes(t *testing.T) {
	s := open(t, serveStream(t, func(p *peer) {
		for head := range uint64(50) {
			p.push(head)
		}
		p.wait()
	}))
	for head := range uint64(50) {
		wantPush(t, s, head)
	}
}

func TestStreamOverTLS(t *testing.T) {
	server, pool := serveTLS(t, upgradeTo(t, func(p *peer) {
		p.hello()
		p.push(8)
		p.wait()
	}))
	s := open(t, connect(t, server.URL, Options{TLS: &tls.Config{RootCAs: pool}}))
	wantPush(t, s, 8)
}

// TestStreamOutlivesItsOpening cancels the context that the stream was opened
// with.
func TestStreamOutlivesItsOpening(t *testing.T) {
	cancelled := make(chan struct{})
	tr := serveStream(t, func(p *peer) {
		<-cancelled
		p.push(8)
		p.wait()
	})
	ctx, cancel := context.WithCancel(t.Context())
	s, err := tr.Stream(ctx, secretToken, 7)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cancel()
	close(cancelled)
	wantPush(t, s, 8)
}

// TestPushBeforeReply lets a push overtake the reply to hello.
func TestPushBeforeReply(t *testing.T) {
	s := open(t, serve(t, upgradeTo(t, func(p *peer) {
		f := p.read()
		p.push(8)
		p.send(&wire.Frame{N: f.N, Body: marshal(t, wire.Empty{})})
		p.push(9)
		p.wait()
	})))
	wantPush(t, s, 8)
	wantPush(t, s, 9)
}

// TestUnknownFramesIgnored lets a newer server say more.
func TestUnknownFramesIgnored(t *testing.T) {
	s := open(t, serveStream(t, func(p *peer) {
		p.send(&wire.Frame{Op: "typing", Body: marshal(t, wire.Empty{})})
		p.send(&wire.Frame{N: 77, Body: marshal(t, wire.Empty{})})
		p.push(8)
		p.wait()
	}))
	wantPush(t, s, 8)
}

// frame reads one small frame of the client.
func (p *peer) frame() (ws.Frame, error) {
	h, err := ws.ReadHeader(p.conn)
	if err != nil || h.Length > 1<<10 {
		return ws.Frame{}, fmt.Errorf("frame of %d bytes: %w", h.Length, err)
	}
	f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
	_, err = io.ReadFull(p.conn, f.Payload)
	return f, err
}

// TestPingWithinMessage sends a message in fragments, with a ping in between
// that is answered.
func TestPingWithinMessage(t *testing.T) {
	s := open(t, serveStream(t, func(p *peer) {
		body := marshal(t, pushOf(t, 8))
		p.raw(ws.NewFrame(ws.OpBinary, false, body[:3]))
		p.raw(ws.NewPingFrame([]byte("are you there?")))
		p.raw(ws.NewFrame(ws.OpContinuation, false, body[3:5]))
		pong, err := p.frame()
		if err != nil || pong.Header.OpCode != ws.OpPong || string(ws.UnmaskFrame(pong).Payload) != "are you there?" {
			t.Errorf("the answer to a ping: %+v, %v; want its pong", pong, err)
		}
		p.raw(ws.NewFrame(ws.OpContinuation, true, body[5:]))
		p.wait()
	}))
	wantPush(t, s, 8)
}

func TestHelloRefused(t *testing.T) {
	for _, n := range []uint64{helloN, 0} {
		tr := serve(t, upgradeTo(t, func(p *peer) {
			p.read()
			p.send(&wire.Frame{N: n, Error: wire.Refuse(wire.CodeUnauthorized, "The session has ended.")})
		}))
		_, err := tr.Stream(t.Context(), secretToken, 7)
		if !errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}) {
			t.Errorf("Stream with a refused hello: %v; want unauthorized", err)
		}
	}
}

func TestStreamRefusedLater(t *testing.T) {
	s := open(t, serveStream(t, func(p *peer) {
		p.push(8)
		p.send(&wire.Frame{Error: wire.Refuse(wire.CodeUnauthorized, "The session has ended.")})
		p.wait()
	}))
	wantPush(t, s, 8)
	if _, err := s.Next(t.Context()); !errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}) {
		t.Errorf("Next: %v; want unauthorized", err)
	}
	_, err := s.Next(t.Context())
	wantOffline(t, err, "") // it is closed after an error
}

func TestUpgradeRefused(t *testing.T) {
	tr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 429, marshal(t, wire.Refuse(wire.CodeRateLimited, "Too many streams.")))
	})
	if _, err := tr.Stream(t.Context(), secretToken, 7); !errors.Is(err, &wire.Error{Code: wire.CodeRateLimited}) {
		t.Errorf("Stream: %v; want rate_limited", err)
	}
	tr = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/stream" {
			http.NotFound(w, r)
			return
		}
		reply(w, 200, marshal(t, wire.Empty{}))
	})
	_, err := tr.Stream(t.Context(), secretToken, 7)
	wantOffline(t, err, "opens no stream")
	tr = serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>hunter2") })
	_, err = tr.Stream(t.Context(), secretToken, 7)
	wantOffline(t, err, "no Parley server")
}

// TestAccept is the example of RFC 6455; a server with another accept value
// doesn't speak WebSocket.
func TestAccept(t *testing.T) {
	if got, want := accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; got != want {
		t.Errorf("accept = %s; want %s", got, want)
	}
	raw := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
	_, err := connect(t, listen(t, answerRaw(raw)), Options{}).Stream(t.Context(), secretToken, 7)
	wantOffline(t, err, "no Parley server")
}

func TestBadFrames(t *testing.T) {
	large := ws.Header{Fin: true, OpCode: ws.OpBinary, Length: transport.MaxAnswer + 1}
	for name, test := range map[string]struct {
		send func(p *peer)
		why  string
	}{
		"text":         {func(p *peer) { p.raw(ws.NewTextFrame([]byte("hunter2"))) }, "no Parley server"},
		"not a frame":  {func(p *peer) { p.raw(ws.NewBinaryFrame([]byte("hunter2"))) }, "no Parley server"},
		"empty":        {func(p *peer) { p.raw(ws.NewBinaryFrame(nil)) }, "no Parley server"},
		"not events":   {func(p *peer) { p.send(&wire.Frame{Op: wire.OpEvents, Body: []byte{0x01}}) }, "no Parley server"},
		"bad refusal":  {func(p *peer) { p.send(&wire.Frame{Error: &wire.Error{Code: "hunter2!"}}) }, "no Parley server"},
		"masked":       {func(p *peer) { p.raw(ws.MaskFrame(ws.NewBinaryFrame(marshal(t, pushOf(t, 8))))) }, "no Parley server"},
		"too large":    {func(p *peer) { ws.WriteHeader(p.conn, large) }, "larger"},
		"fragments":    {sendFragments, "larger"},
		"half a frame": {func(p *peer) { ws.WriteHeader(p.conn, ws.Header{Fin: true, OpCode: ws.OpBinary, Length: 9 << 20}) }, "broke off"},
		"close":        {func(p *peer) { p.raw(ws.NewCloseFrame(ws.NewCloseFrameBody(1001, "hunter2"))) }, "closed the stream"},
		"gone":         {func(*peer) {}, "broke off"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, serveStream(t, test.send))
			_, err := s.Next(t.Context())
			wantOffline(t, err, test.why)
		})
	}
}

// sendFragments sends a message whose parts are together too large.
func sendFragments(p *peer) {
	part := make([]byte, transport.MaxAnswer/4)
	kind := ws.OpBinary
	for range 5 {
		if ws.WriteFrame(p.conn, ws.NewFrame(kind, false, part)) != nil {
			return // the client has seen enough
		}
		kind = ws.OpContinuation
	}
}

func TestNextCancelled(t *testing.T) {
	s := open(t, serveStream(t, (*peer).wait))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err := s.Next(ctx)
	if !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrOffline) {
		t.Errorf("Next whose context was cancelled: %v; want context.Canceled alone", err)
	}
	_, err = s.Next(t.Context())
	wantOffline(t, err, "") // it is closed after an error
}

func TestNextDeadline(t *testing.T) {
	s := open(t, serveStream(t, (*peer).wait))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := s.Next(ctx)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Next beyond its deadline: %v; want context.DeadlineExceeded", err)
	}
}

// TestCloseEndsNext checks that Next returns, and that the server is told.
func TestCloseEndsNext(t *testing.T) {
	told := make(chan error, 1)
	s := open(t, serveStream(t, func(p *peer) {
		p.push(8)
		_, err := wsutil.ReadClientBinary(p.conn)
		told <- err
	}))
	wantPush(t, s, 8)
	time.AfterFunc(10*time.Millisecond, func() { s.Close() })
	_, err := s.Next(t.Context())
	wantOffline(t, err, "")
	var closed wsutil.ClosedError
	if err := <-told; !errors.As(err, &closed) || closed.Code != ws.StatusNormalClosure {
		t.Errorf("the server saw %v; want a normal closure", err)
	}
}

// TestPingKeepsAlive lets a server be quiet for more pings than patience, which it
// answers.
func TestPingKeepsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		s := newStream(near)
		defer s.end(nil)
		go s.keepAlive(30 * time.Second)
		pings := 0
		go func() {
			p := &peer{t, far}
			for range patience + 1 {
				f, err := p.frame()
				if err != nil || f.Header.OpCode != ws.OpPing || !f.Header.Masked {
					t.Errorf("frame %+v, %v; want a masked ping", f, err)
					return
				}
				p.raw(ws.NewPongFrame(ws.UnmaskFrame(f).Payload))
				pings++
			}
			p.push(8)
		}()
		wantPush(t, s, 8)
		if pings != patience+1 {
			t.Errorf("%d pings; want %d", pings, patience+1)
		}
	})
}

// TestSilentServer gives up a connection on which no ping is answered.
func TestSilentServer(t *testing.T) {
	tr := serveStream(t, func(p *peer) { io.Copy(io.Discard, p.conn) })
	s := open(t, connect(t, tr.Origin(), Options{Ping: 10 * time.Millisecond}))
	_, err := s.Next(t.Context())
	wantOffline(t, err, "silent")
}

// TestOpeningTimeout meets servers that take the connection, or the WebSocket,
// and say no more.
func TestOpeningTimeout(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"no upgrade": hang,
		"no hello":   upgradeTo(t, (*peer).wait),
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handle)
			t.Cleanup(server.Close)
			_, err := connect(t, server.URL, Options{Timeout: 50 * time.Millisecond}).Stream(t.Context(), secretToken, 7)
			wantOffline(t, err, "no answer in time")
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(10*time.Millisecond, cancel)
			_, err = connect(t, server.URL, Options{}).Stream(ctx, secretToken, 7)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Stream whose context was cancelled: %v; want context.Canceled", err)
			}
		})
	}
}
