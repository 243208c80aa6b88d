//go:build js

package jstransport

import (
	"context"
	"errors"
	"sync"
	"syscall/js"
	"time"

	"parley/client/transport"
	"parley/internal/promise"
	"parley/wire"
)

var _ transport.Line = (*socket)(nil)

// Why a socket ended, besides a refusal and what package transport names.
var (
	errCut   = errors.New("the connection broke off")
	errMoved = errors.New("the server asked to come again")
)

// helloN is the number of the first request on a stream; signs of life follow.
const helloN = 1

// maxWaiting bounds what has arrived and wasn't read by Next, in bytes: a browser
// can't be told to wait. Beyond it the stream ends, and the rest is read by calls.
const maxWaiting = 2 * transport.MaxAnswer

// patience is how many signs of life in a row may stay without an answer.
const patience = 2

// A socket is an open WebSocket.
type socket struct {
	ws    js.Value
	funcs []js.Func

	mu      sync.Mutex // guards what follows
	pushes  []*wire.ReadReply
	waiting int // bytes of pushes
	heard   bool
	cause   error // why it ended; nil while it is open

	ready chan struct{} // of one: there may be a push
	taken chan struct{} // closed when the server has answered hello
	ended chan struct{} // closed after cause is set
	once  sync.Once     // of taken
}

// openSocket opens a WebSocket after a position.
func (t *Transport) openSocket(ctx context.Context, token []byte, after uint64) (transport.Line, error) {
	hello, err := wire.Marshal(&wire.Hello{Token: token, After: after})
	if err != nil {
		return nil, err
	}
	s, err := dial("ws"+t.origin[len("http"):]+wire.StreamPath, func(s *socket) { s.send(helloN, wire.OpHello, hello) })
	if err != nil {
		return nil, err
	}
	select {
	case <-s.taken:
	case <-s.ended:
		return nil, s.explain(ctx)
	case <-ctx.Done():
		s.end(transport.ErrSilent)
		return nil, transport.Explain(ctx, transport.ErrSilent.Error())
	}
	go s.keepAlive(t.ping)
	return s, nil
}

// dial begins to open a WebSocket; opened is called when it is.
func dial(url string, opened func(*socket)) (s *socket, err error) {
	defer func() {
		if recover() != nil { // what the constructor throws: a policy of the page
			s, err = nil, transport.Offline("the browser opens no stream")
		}
	}()
	s = &socket{
		ws:    js.Global().Get("WebSocket").New(url),
		ready: make(chan struct{}, 1), taken: make(chan struct{}), ended: make(chan struct{}),
	}
	s.ws.Set("binaryType", "arraybuffer")
	s.on("open", func(js.Value) { opened(s) })
	s.on("message", func(e js.Value) { s.message(e.Get("data")) })
	s.on("close", func(e js.Value) { s.end(causeOf(e.Get("code").Int())) })
	return s, nil
}

func (s *socket) on(event string, fn func(js.Value)) {
	f := js.FuncOf(func(_ js.Value, args []js.Value) any {
		fn(args[0])
		return nil
	})
	s.funcs = append(s.funcs, f)
	s.ws.Set("on"+event, f)
}

// causeOf returns what a status of RFC 6455's registry means.
func causeOf(code int) error {
	switch code {
	case 1001, 1012, 1013: // going away, restart, try again
		return errMoved
	case 1006: // none: it was cut
		return errCut
	}
	return transport.ErrClosed
}

// send sends a request. A socket that isn't open any more drops it.
func (s *socket) send(n uint64, op wire.Operation, body []byte) {
	frame, err := wire.Marshal(&wire.Frame{N: n, Op: op, Body: body})
	if err == nil && s.ws.Get("readyState").Int() == 1 {
		s.ws.Call("send", promise.Array(frame))
	}
}

// message takes one message. It is called by JavaScript, and must not block.
func (s *socket) message(data js.Value) {
	if !data.InstanceOf(js.Global().Get("ArrayBuffer")) || data.Get("byteLength").Int() > transport.MaxAnswer {
		s.end(transport.ErrNotParley)
		return
	}
	body := promise.Bytes(js.Global().Get("Uint8Array").New(data))
	var f wire.Frame
	if wire.Unmarshal(body, &f) != nil {
		s.end(transport.ErrNotParley)
		return
	}
	switch {
	case f.Error != nil && f.N <= helloN:
		if refusal := transport.CleanRefusal(f.Error); refusal != nil {
			s.end(refusal)
			return
		}
		s.end(transport.ErrNotParley)
	case f.Op == wire.OpEvents:
		s.push(&f, len(body))
	case f.N == helloN:
		s.once.Do(func() { close(s.taken) })
	default:
		s.hear()
	}
}

func (s *socket) hear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = true
}

// push keeps what the server pushed until Next takes it.
func (s *socket) push(f *wire.Frame, size int) {
	reply := new(wire.ReadReply)
	if wire.Unmarshal(f.Body, reply) != nil {
		s.end(transport.ErrNotParley)
		return
	}
	s.once.Do(func() { close(s.taken) }) // it wouldn't push before it knows who this is
	s.mu.Lock()
	s.heard = true
	s.waiting += size
	full := s.waiting > maxWaiting
	s.pushes = append(s.pushes, reply)
	s.mu.Unlock()
	if full {
		s.end(transport.ErrTooLarge)
	}
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// Next implements [client.Stream].
func (s *socket) Next(ctx context.Context) (*wire.ReadReply, error) {
	for {
		if push := s.take(); push != nil {
			return push, nil
		}
		select {
		case <-s.ready:
		case <-s.ended:
			if push := s.take(); push != nil {
				return push, nil
			}
			return nil, s.explain(ctx)
		case <-ctx.Done():
			s.end(transport.ErrClosed)
			return nil, ctx.Err()
		}
	}
}

// take returns the first push that waits, or nil.
func (s *socket) take() *wire.ReadReply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pushes) == 0 {
		s.waiting = 0
		return nil
	}
	push := s.pushes[0]
	s.pushes = s.pushes[1:]
	return push
}

// keepAlive asks for a sign of life now and then: a connection that a router has
// forgotten looks like one on which nothing happens.
func (s *socket) keepAlive(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	info, err := wire.Marshal(wire.InfoRequest{})
	if err != nil {
		return
	}
	unanswered := 0
	for n := uint64(helloN + 1); ; n++ {
		select {
		case <-s.ended:
			return
		case <-tick.C:
		}
		s.mu.Lock()
		if s.heard {
			unanswered = 0
		}
		s.heard = false
		s.mu.Unlock()
		if unanswered == patience {
			s.end(transport.ErrSilent)
			return
		}
		unanswered++
		s.send(n, wire.OpInfo, info)
	}
}

// Close implements [client.Stream].
func (s *socket) Close() error {
	s.end(transport.ErrClosed)
	return nil
}

// end closes the socket, the first time, for a reason.
func (s *socket) end(cause error) {
	s.mu.Lock()
	first := s.cause == nil
	if first {
		s.cause = cause
	}
	s.mu.Unlock()
	if !first {
		return
	}
	for _, event := range []string{"open", "message", "close"} {
		s.ws.Set("on"+event, nil)
	}
	s.ws.Call("close")
	close(s.ended)
	go func() { // not by a function that is among them
		for _, f := range s.funcs {
			f.Release()
		}
	}()
}

// why returns why the socket ended, or nil.
func (s *socket) why() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// explain returns why the socket ended, as of a call.
func (s *socket) explain(ctx context.Context) error {
	cause := s.why()
	if refusal := (*wire.Error)(nil); errors.As(cause, &refusal) {
		return refusal
	}
	return transport.Explain(ctx, cause.Error())
}

// End implements [transport.Line].
func (s *socket) End() transport.End {
	switch s.why() {
	case errMoved:
		return transport.Moved
	case errCut, transport.ErrSilent:
		return transport.Cut
	}
	return transport.Said
}
