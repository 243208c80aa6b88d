package nettransport

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"parley/client/transport"
	"parley/wire"
)

var _ transport.Line = (*stream)(nil)

// helloN is the number of the only request that a stream sends.
const helloN = 1

// closeGrace is how long a stream that is closed tries to say so.
const closeGrace = time.Second

// A stream is an open WebSocket. It reads only within Next.
type stream struct {
	conn io.ReadWriteCloser
	in   *wsutil.Reader
	out  *lockedWriter

	nextMu sync.Mutex      // held by Next
	first  *wire.ReadReply // a push that came before the reply to hello; guarded by nextMu

	heard   atomic.Bool // something arrived since the last ping
	waiting atomic.Bool // Next reads

	endOnce sync.Once
	ended   chan struct{} // closed at the end, after cause is set
	cause   error
}

// openStream opens a WebSocket after a position.
func (t *Transport) openStream(ctx context.Context, token []byte, after uint64) (transport.Line, error) {
	conn, err := t.upgrade(ctx)
	if err != nil {
		return nil, err
	}
	s := newStream(conn)
	stop := context.AfterFunc(ctx, func() { s.end(context.DeadlineExceeded) })
	defer stop()
	if err := s.hello(token, after); err != nil {
		s.end(err)
		return nil, s.explain(ctx, err)
	}
	go s.keepAlive(t.ping)
	return s, nil
}

func newStream(conn io.ReadWriteCloser) *stream {
	s := &stream{conn: conn, ended: make(chan struct{}), out: &lockedWriter{w: conn}}
	s.in = wsutil.NewClientSideReader(bufio.NewReader(&heardReader{r: conn, heard: &s.heard}))
	s.in.MaxFrameSize = transport.MaxAnswer
	s.in.MaxMessageSize = transport.MaxAnswer
	s.in.OnIntermediate = s.control
	return s
}

// hello sends the first frame and waits until the server takes it.
func (s *stream) hello(token []byte, after uint64) error {
	body, err := wire.Marshal(&wire.Hello{Token: token, After: after})
	if err != nil {
		return err
	}
	frame, err := wire.Marshal(&wire.Frame{N: helloN, Op: wire.OpHello, Body: body})
	if err != nil {
		return err
	}
	if err := s.out.send(ws.NewBinaryFrame(frame)); err != nil {
		return err
	}
	for {
		f, err := s.readFrame()
		switch {
		case err != nil:
			return err
		case f.Op == wire.OpEvents: // it wouldn't push before it knows who this is
			s.first, err = parseEvents(f)
			return err
		case f.N == helloN:
			return nil
		}
	}
}

// Next implements [client.Stream].
func (s *stream) Next(ctx context.Context) (*wire.ReadReply, error) {
	s.nextMu.Lock()
	defer s.nextMu.Unlock()
	stop := context.AfterFunc(ctx, func() { s.end(context.Cause(ctx)) })
	defer stop()
	push, err := s.next()
	if err != nil {
		s.end(err)
		return nil, s.explain(ctx, err)
	}
	return push, nil
}

func (s *stream) next() (*wire.ReadReply, error) {
	if push := s.first; push != nil {
		s.first = nil
		return push, nil
	}
	s.heard.Store(true) // what was not read before now is no silence
	s.waiting.Store(true)
	defer s.waiting.Store(false)
	for {
		f, err := s.readFrame()
		if err != nil {
			return nil, err
		}
		if f.Op == wire.OpEvents {
			return parseEvents(f)
		}
	}
}

// readFrame returns the next frame. One that holds a refusal is returned as the
// error.
func (s *stream) readFrame() (*wire.Frame, error) {
	body, err := s.readMessage()
	if err != nil {
		return nil, err
	}
	var f wire.Frame
	if err := wire.Unmarshal(body, &f); err != nil {
		return nil, transport.ErrNotParley
	}
	if f.Error == nil {
		return &f, nil
	}
	if refusal := transport.CleanRefusal(f.Error); refusal != nil {
		return nil, refusal
	}
	return nil, transport.ErrNotParley
}

// readMessage returns the next message, of at most transport.MaxAnswer bytes, and answers
// what control frames come before it. What is allocated grows with what arrived.
func (s *stream) readMessage() ([]byte, error) {
	for {
		header, err := s.in.NextFrame()
		if err != nil {
			return nil, err
		}
		switch {
		case header.OpCode.IsControl():
			if err := s.control(header, s.in); err != nil {
				return nil, err
			}
		case header.OpCode == ws.OpBinary:
			return io.ReadAll(s.in)
		default:
			return nil, transport.ErrNotParley
		}
	}
}

// control answers a ping with a pong and a close with a close.
func (s *stream) control(header ws.Header, body io.Reader) error {
	if header.OpCode != ws.OpClose {
		return wsutil.ControlFrameHandler(s.out, ws.StateClientSide)(header, body)
	}
	// Package ws takes some statuses for mistakes that were registered since RFC 6455.
	payload, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	closed := wsutil.ClosedError{Code: ws.StatusNoStatusRcvd}
	if len(payload) >= 2 {
		closed.Code = ws.StatusCode(payload[0])<<8 | ws.StatusCode(payload[1])
	}
	_ = s.out.send(ws.NewCloseFrame(payload[:min(len(payload), 2)])) // if it still can
	return closed
}

func parseEvents(f *wire.Frame) (*wire.ReadReply, error) {
	var push wire.ReadReply
	if err := wire.Unmarshal(f.Body, &push); err != nil {
		return nil, transport.ErrNotParley
	}
	return &push, nil
}

// Close implements [client.Stream].
func (s *stream) Close() error {
	grace := time.AfterFunc(closeGrace, func() { s.conn.Close() })
	defer grace.Stop()
	_ = s.out.send(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))) // if it still can
	s.end(transport.ErrClosed)
	return nil
}

// end closes the connection, the first time, for a reason.
func (s *stream) end(cause error) {
	s.endOnce.Do(func() {
		s.cause = cause
		close(s.ended)
		s.conn.Close()
	})
}

// Statuses of RFC 6455's registry that package ws doesn't name.
const (
	statusRestart  ws.StatusCode = 1012
	statusTryAgain ws.StatusCode = 1013
)

// End implements [transport.Line].
func (s *stream) End() transport.End {
	select {
	case <-s.ended:
	default:
		return transport.Said
	}
	var closed wsutil.ClosedError
	if errors.As(s.cause, &closed) {
		switch closed.Code {
		case ws.StatusGoingAway, statusRestart, statusTryAgain:
			return transport.Moved
		}
		return transport.Said
	}
	if refusal := (*wire.Error)(nil); errors.As(s.cause, &refusal) {
		return transport.Said
	}
	for _, said := range []error{transport.ErrClosed, transport.ErrNotParley, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(s.cause, said) {
			return transport.Said
		}
	}
	return transport.Cut
}

// explain returns why the stream ended: a refusal as it is, else as of a call.
// err may be no more than that the connection was closed from this side.
func (s *stream) explain(ctx context.Context, err error) error {
	if refusal := (*wire.Error)(nil); errors.As(err, &refusal) {
		return refusal
	}
	<-s.ended
	return explain(ctx, s.cause)
}
