package clientapi

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"parley/server"
	"parley/wire"
)

// Bounds of one stream.
const (
	maxHello    = 4 << 10 // bytes of the first frame
	maxRunning  = 16      // requests at work; more wait unread
	maxReplies  = 32      // that wait to be written
	frameMargin = 256     // bytes of a frame beside its body
)

// A stream is one WebSocket. One goroutine reads, one writes, and each request
// has its own.
type stream struct {
	api     *API
	conn    net.Conn
	in      *bufio.Reader
	caller  caller
	ctx     context.Context
	cancel  context.CancelFunc
	replies chan ws.Frame
	running chan struct{} // a token for each request at work
}

// serveStream upgrades the connection and serves it to its end.
func (a *API) serveStream(w http.ResponseWriter, r *http.Request) {
	ctx, done, ok := a.enter()
	if !ok {
		a.answer(w, r, nil, server.ErrUnavailable)
		return
	}
	defer done()
	if r.Method != http.MethodGet || !headerHas(r, "Upgrade", "websocket") {
		a.answer(w, r, nil, wire.Refuse(wire.CodeBadRequest, "The stream is a WebSocket."))
		return
	}
	conn, rw, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return // it answered for itself
	}
	defer conn.Close()
	s := &stream{
		api: a, conn: conn, in: rw.Reader, caller: caller{from: a.opts.Address(r)},
		replies: make(chan ws.Frame, maxReplies), running: make(chan struct{}, maxRunning),
	}
	s.ctx, s.cancel = context.WithCancel(ctx)
	defer s.cancel()
	s.serve()
}

// enter counts a stream until done is called; not ok after Close.
func (a *API) enter() (ctx context.Context, done func(), ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.base.Err() != nil {
		return nil, nil, false
	}
	a.open.Add(1)
	return a.base, a.open.Done, true
}

// serve takes the first frame, then reads requests until the stream ends.
func (s *stream) serve() {
	hello, n, err := s.hello()
	if err != nil {
		s.refuse(n, err)
		return
	}
	sub := s.api.server.Subscribe(s.caller.session)
	defer sub.Close()
	var writer sync.WaitGroup
	writer.Go(func() {
		defer s.conn.Close() // wakes the reader
		defer s.cancel()
		if welcome, err := replyFrame(n, &wire.Empty{}, nil); err == nil && s.writeFrame(welcome) == nil {
			s.write(sub, hello.After)
		}
	})
	s.read()
	s.cancel()
	writer.Wait()
	for range maxRunning { // those at work see ctx
		s.running <- struct{}{}
	}
}

// hello reads the first frame and opens the session that it names.
func (s *stream) hello() (*wire.Hello, uint64, error) {
	s.conn.SetReadDeadline(time.Now().Add(s.api.opts.HelloTimeout))
	message, err := s.readMessage(maxHello)
	if err != nil {
		return nil, 0, err
	}
	var f wire.Frame
	var hello wire.Hello
	if wire.Unmarshal(message, &f) != nil || f.Op != wire.OpHello || wire.Unmarshal(f.Body, &hello) != nil {
		return nil, f.N, wire.Refuse(wire.CodeBadRequest, "The first frame is hello.")
	}
	s.caller.session, err = s.api.server.Authenticate(hello.Token)
	return &hello, f.N, err
}

// refuse answers a stream that doesn't begin.
func (s *stream) refuse(n uint64, err error) {
	var refusal *wire.Error
	if !errors.As(err, &refusal) {
		return // nobody speaks WebSocket there, or not in time
	}
	if f, err := replyFrame(n, nil, refusal); err == nil && s.writeFrame(f) == nil {
		s.writeFrame(closing(ws.StatusPolicyViolation))
	}
}

// read serves requests until the client ends or something breaks.
func (s *stream) read() {
	for {
		s.conn.SetReadDeadline(time.Now().Add(s.api.opts.IdleTimeout))
		message, err := s.readMessage(wire.MaxBody + frameMargin)
		if err != nil {
			return
		}
		var f wire.Frame
		if wire.Unmarshal(message, &f) != nil {
			return
		}
		select {
		case s.running <- struct{}{}:
		case <-s.ctx.Done():
			return
		}
		go func() {
			defer func() { <-s.running }()
			reply, err := s.request(&f)
			s.reply(f.N, reply, err)
		}()
	}
}

// request runs one request. The session may have ended since hello.
func (s *stream) request(f *wire.Frame) (any, error) {
	op, ok := s.api.ops[f.Op]
	switch {
	case !ok:
		return nil, wire.Refuse(wire.CodeUnknownOperation, "There is no such operation.")
	case len(f.Body) > op.limit:
		return nil, wire.Refuse(wire.CodeTooLarge, "The request is too large.")
	}
	select {
	case <-s.caller.session.Ended():
		return nil, wire.Refuse(wire.CodeUnauthorized, "The session has ended.")
	default:
	}
	return s.api.call(s.ctx, op, s.caller, f.Body)
}

// reply queues the answer to request n.
func (s *stream) reply(n uint64, reply any, err error) {
	f, errEncode := replyFrame(n, reply, err)
	if errEncode != nil {
		s.api.opts.Logger.Error("a reply can't be encoded", "error", errEncode)
		s.cancel()
		return
	}
	select {
	case s.replies <- f:
	case <-s.ctx.Done():
	}
}

func replyFrame(n uint64, reply any, err error) (ws.Frame, error) {
	f := wire.Frame{N: n, Error: server.AsWire(err)}
	if err == nil {
		var errEncode error
		if f.Body, errEncode = wire.Marshal(reply); errEncode != nil {
			return ws.Frame{}, errEncode
		}
	}
	message, errEncode := wire.Marshal(&f)
	return ws.NewBinaryFrame(message), errEncode
}

// write writes replies and pushes until the stream ends, and says why.
func (s *stream) write(sub *server.Subscription, after uint64) {
	session := s.caller.session
	expires := time.NewTimer(s.api.server.TimeLeft(session))
	defer expires.Stop()
	ping := time.NewTicker(s.api.opts.IdleTimeout / 3)
	defer ping.Stop()
	status := ws.StatusGoingAway
	moved := true
	for {
		if moved {
			var err error
			if after, err = s.push(after); err != nil {
				break
			}
		}
		moved = false
		var f ws.Frame
		select {
		case f = <-s.replies:
		case <-sub.C:
			moved = true
			continue
		case <-ping.C:
			f = ws.NewPingFrame(nil)
		case <-session.Ended():
			status = ws.StatusPolicyViolation
		case <-expires.C:
			status = ws.StatusPolicyViolation
		case <-s.ctx.Done():
		}
		if f.Header.OpCode == 0 || s.writeFrame(f) != nil {
			break
		}
	}
	s.writeFrame(closing(status))
}

// push writes what is in the mailbox after a position and returns the last
// position written. It doesn't wait for replies to be written in between, nor
// for anything else than the client: one that reads too slowly is cut.
func (s *stream) push(after uint64) (uint64, error) {
	for {
		reply, err := s.api.server.ReadRaw(s.ctx, s.caller.session, &wire.ReadRequest{After: after})
		if err != nil || len(reply.Events) == 0 {
			return after, err
		}
		body, err := wire.Marshal(reply)
		if err != nil {
			return after, err
		}
		message, err := wire.Marshal(&wire.Frame{Op: wire.OpEvents, Body: body})
		if err != nil {
			return after, err
		}
		if err := s.writeFrame(ws.NewBinaryFrame(message)); err != nil {
			return after, err
		}
		after = reply.Events[len(reply.Events)-1].Pos
		if after >= reply.Head {
			return after, nil
		}
	}
}

// writeFrame is called by one goroutine at a time.
func (s *stream) writeFrame(f ws.Frame) error {
	s.conn.SetWriteDeadline(time.Now().Add(s.api.opts.WriteTimeout))
	header := make([]byte, 0, ws.MaxHeaderSize)
	w := &sliceWriter{header}
	if err := ws.WriteHeader(w, f.Header); err != nil {
		return err
	}
	buffers := net.Buffers{w.b, f.Payload}
	_, err := buffers.WriteTo(s.conn)
	return err
}

type sliceWriter struct{ b []byte }

// Write implements io.Writer.
func (w *sliceWriter) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

func closing(status ws.StatusCode) ws.Frame {
	return ws.NewCloseFrame(ws.NewCloseFrameBody(status, ""))
}

// errProtocol is a client that doesn't speak WebSocket, or not the part that we
// use: binary messages.
var errProtocol = errors.New("clientapi: not a frame that is spoken here")

// readMessage returns the next binary message, of at most limit bytes, put
// together from its fragments. It answers pings. What is allocated grows with
// what arrives.
func (s *stream) readMessage(limit int) ([]byte, error) {
	var message []byte
	for begun := false; ; {
		h, err := ws.ReadHeader(s.in)
		if err != nil {
			return nil, err
		}
		room := int64(limit - len(message))
		if h.OpCode.IsControl() {
			room = ws.MaxControlFramePayloadSize
		}
		if !h.Masked || h.Rsv != 0 || h.Length < 0 || h.Length > room {
			return nil, errProtocol
		}
		payload, err := io.ReadAll(io.LimitReader(s.in, h.Length))
		if err != nil {
			return nil, err
		}
		if int64(len(payload)) != h.Length {
			return nil, io.ErrUnexpectedEOF
		}
		ws.Cipher(payload, h.Mask, 0)
		switch {
		case h.OpCode.IsControl():
			if err := s.control(h, payload); err != nil {
				return nil, err
			}
			continue
		case h.OpCode == ws.OpBinary && !begun, h.OpCode == ws.OpContinuation && begun:
			begun = true
		default:
			return nil, errProtocol
		}
		message = append(message, payload...)
		if h.Fin {
			return message, nil
		}
	}
}

// control answers a ping; a close ends the stream.
func (s *stream) control(h ws.Header, payload []byte) error {
	switch {
	case !h.Fin:
		return errProtocol
	case h.OpCode == ws.OpClose:
		return io.EOF
	case h.OpCode == ws.OpPing && s.caller.session != nil:
		s.conn.SetReadDeadline(time.Now().Add(s.api.opts.IdleTimeout))
		select {
		case s.replies <- ws.NewPongFrame(payload):
		case <-s.ctx.Done():
		}
	case h.OpCode == ws.OpPong:
		s.conn.SetReadDeadline(time.Now().Add(s.api.opts.IdleTimeout))
	}
	return nil
}

// headerHas reports whether a header names value, whatever its case.
func headerHas(r *http.Request, name, value string) bool {
	for _, v := range r.Header.Values(name) {
		if strings.EqualFold(strings.TrimSpace(v), value) {
			return true
		}
	}
	return false
}
