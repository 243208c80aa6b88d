package clientapi

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/gobwas/ws"

	"parley/server"
	"parley/wire"
)

// Bounds of one stream.
const (
	maxHello    = 4 << 10 // bytes of the first frame
	maxRunning  = 16      // requests at work, or whose reply isn't written; more wait unread
	frameMargin = 256     // bytes of a frame beside its body
)

// A stream is one WebSocket. One goroutine reads; while nothing happens there is
// no other, no timer and no buffer: the API's clock looks at all streams by
// turns, and workers do what there is to do.
type stream struct {
	api    *API
	conn   net.Conn
	index  int // in its shard of the clock: guarded by that
	caller caller
	in     input
	out    output
	slots  chan struct{} // a token for each request at work
	sub    *server.Subscription

	releaseConn, releaseStream func() // what was admitted

	ctx    context.Context // of requests that may wait: made by the first
	cancel context.CancelFunc

	pushing atomic.Int32 // pushIdle …
	after   uint64       // the last position pushed: of who pushes, as what follows
	more    bool         // there was more in the mailbox than the last push took
	seen    mailboxAt    // the mailbox, when it was last read

	// What the clock looks at: its times, or 0.
	opened     int64        // when the stream began, until hello: guarded by nothing, set before
	expires    atomic.Int64 // when the session does; 0 before hello
	heard      atomic.Int64 // the last whole frame of the client
	pinged     int64        // the last ping: the clock's own
	partial    atomic.Int64 // a message began to arrive and isn't whole
	writeSince atomic.Int64 // a write began
	closed     atomic.Int64 // a close was queued
	draining   atomic.Bool  // nothing new is taken
}

// serveStream upgrades the connection and leaves it to a goroutine of its own, so
// that what net/http holds for a request is free.
func (a *API) serveStream(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || !headerHas(r, "Upgrade", "websocket") {
		a.answer(w, r, nil, wire.Refuse(wire.CodeBadRequest, "The stream is a WebSocket."))
		return
	}
	from := a.opts.Address(r)
	release, err := a.admit(from)
	if err != nil {
		a.stats.streamsRefused.Add(1)
		a.answer(w, r, nil, err)
		return
	}
	conn, rw, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		release() // it answered for itself
		return
	}
	a.stats.streamsOpened.Add(1)
	s := &stream{api: a, conn: conn, releaseConn: release, caller: caller{from: from}, slots: make(chan struct{}, maxRunning)}
	s.pushing.Store(pushBusy) // not before hello
	s.in.begin(conn, buffered(rw.Reader))
	go s.run()
}

// admit admits a connection from an address, until release is called, once.
func (a *API) admit(from string) (release func(), err error) {
	if err := a.door.enterStream(a.opts.Streams); err != nil {
		return nil, err
	}
	leave, err := a.server.AdmitConnection(from)
	if err != nil {
		a.door.leaveStream()
		return nil, err
	}
	return func() {
		leave()
		a.door.leaveStream()
	}, nil
}

// buffered returns what r has read and not yet given.
func buffered(r *bufio.Reader) []byte {
	rest, _ := r.Peek(r.Buffered())
	return rest
}

// run serves the stream to its end.
func (s *stream) run() {
	defer s.releaseConn()
	s.api.clock.add(s)
	defer s.finish()
	defer s.api.recovered("stream", s.kill)
	switch { // Close or Drain may have looked at all streams before this was one
	case s.api.base.Err() != nil:
		return
	case s.api.door.isShut():
		s.drain()
	}
	n, err := s.hello()
	if err == nil {
		err = s.read()
	} else {
		s.refuse(n, err)
	}
	if status := closeStatus(err); status != 0 {
		s.end(status)
	}
	if s.closed.Load() != 0 {
		s.in.discard()
	}
}

// closeStatus returns how a stream ends that broke for err; 0 where the client is
// gone.
func closeStatus(err error) ws.StatusCode {
	var refusal *wire.Error
	switch {
	case errors.As(err, &refusal):
		return ws.StatusPolicyViolation
	case errors.Is(err, errProtocol):
		return ws.StatusProtocolError
	case errors.Is(err, errTooLarge):
		return ws.StatusMessageTooBig
	case errors.Is(err, errBody):
		return ws.StatusInvalidFramePayloadData
	case errors.Is(err, io.EOF):
		return ws.StatusNormalClosure
	}
	return 0
}

// finish lets go of everything. Requests at work see that the stream has ended.
func (s *stream) finish() {
	if s.sub != nil {
		s.sub.Close()
		s.releaseStream()
	}
	if s.cancel != nil {
		s.cancel()
	}
	s.kill()
	for range maxRunning {
		s.slots <- struct{}{}
	}
	s.in.shrink()
	s.api.clock.remove(s)
}

// hello reads the first frame, opens the session that it names, answers, and
// lets pushes begin.
func (s *stream) hello() (n uint64, err error) {
	message, _, err := s.readMessage(maxHello)
	if err != nil {
		return 0, err
	}
	var f wire.Frame
	var hello wire.Hello
	if wire.Unmarshal(message, &f) != nil || f.Op != wire.OpHello || wire.Unmarshal(f.Body, &hello) != nil {
		return f.N, wire.Refuse(wire.CodeBadRequest, "The first frame is hello.")
	}
	session, err := s.api.server.Authenticate(hello.Token)
	if err != nil {
		return f.N, err
	}
	if s.releaseStream, err = s.api.server.AdmitStream(session); err != nil {
		return f.N, err
	}
	s.caller.session, s.after = session, hello.After
	s.sub = s.api.server.Watch(session, s.hint)
	s.expires.Store(s.api.clock.now() + max(1, int64(s.api.server.TimeLeft(session))))
	s.slots <- struct{}{}
	s.reply(f.N, &wire.Empty{}, nil)
	s.in.shrink() // until there is more, if ever
	s.api.workers.do(task{stream: s, kind: taskPush})
	return f.N, nil
}

// refuse answers a stream that doesn't begin.
func (s *stream) refuse(n uint64, err error) {
	var refusal *wire.Error
	if !errors.As(err, &refusal) {
		return // nobody speaks WebSocket there, or not in time
	}
	s.api.stats.count(refusal.Code)
	s.slots <- struct{}{}
	s.reply(n, nil, refusal)
}

// read serves requests until the client ends or something breaks, and returns
// why. Of what comes behind a close of this side nothing is served.
func (s *stream) read() error {
	for {
		message, owned, err := s.readMessage(wire.MaxBody + frameMargin)
		if err != nil || s.closed.Load() != 0 {
			return err
		}
		s.slots <- struct{}{}
		j := jobs.Get().(*job)
		if owned {
			j.message = message
		} else {
			j.message = append(j.message[:0], message...)
		}
		if decodeRequest(j.message, &j.request) != nil {
			s.done(1)
			return errBody
		}
		if j.send == nil && j.ack == nil && s.ctx == nil {
			s.ctx, s.cancel = context.WithCancel(s.api.base)
		}
		s.api.workers.do(task{stream: s, kind: taskRequest, job: j})
	}
}

// free frees the slots of n requests.
func (s *stream) free(n int) {
	for range n {
		<-s.slots
	}
}

// done is free, except that a stream that is drained ends with the last one.
func (s *stream) done(n int) {
	s.free(n)
	if n > 0 && s.draining.Load() {
		s.drained()
	}
}

// serve runs one request and answers it.
func (s *stream) serve(j *job) {
	reply, err := s.request(&j.request)
	n := j.N
	if err == nil { // else the store may still look at what it was given
		j.recycle()
	}
	s.reply(n, reply, err)
}

// request runs one request. The session may have ended since hello.
func (s *stream) request(q *request) (any, error) {
	op, ok := s.api.ops[q.Op]
	switch {
	case !ok:
		return nil, s.api.observed("", errUnknown)
	case len(q.Body) > op.limit:
		return nil, s.api.observed(op.name, errLarge)
	case s.draining.Load():
		return nil, s.api.observed(op.name, errDraining)
	}
	if err := s.api.server.Admit(s.caller.session, op.name, len(q.Body)); err != nil {
		return nil, s.api.observed(op.name, err)
	}
	ctx := s.ctx
	if q.send != nil || q.ack != nil {
		ctx = s.api.base
	}
	return s.api.call(ctx, op, s.caller, q)
}

// ended reports whether the session has ended before its time.
func (s *stream) ended() bool {
	select {
	case <-s.caller.session.Ended():
		return true
	default:
		return false
	}
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
