package clientapi

import (
	"net"
	"runtime"
	"sync"

	"github.com/gobwas/ws"

	"parley/wire"
)

// writeChunk is what must get through within Options.WriteTimeout.
const writeChunk = 64 << 10

// An output holds what waits to be written to a client. Whoever adds to it while
// nobody writes becomes the writer and writes until nothing is left; so what
// becomes ready at the same time goes by one call of the system.
//
// It is bounded by who adds: a request counts as at work until its reply is
// written, a push is read from the store when the one before it is written, and
// of pongs the newest alone is kept.
type output struct {
	mu      sync.Mutex // guards what follows
	frames  outgoing   // nil: none
	replies int        // among frames: requests that are done once they are written
	push    *pushed    // among frames, or nil
	pong    []byte     // to be answered, or nil
	ping    bool       // to be sent
	writing bool       // somebody writes
	closing bool       // a close is, or was, the last of frames
	dead    bool       // nothing is written any more
}

// A pushed is what is known when a push has been written.
type pushed struct {
	more bool // the mailbox holds more
}

// buffer returns frames, to be appended to. The caller holds mu.
func (o *output) buffer() outgoing {
	if o.frames == nil {
		o.frames = writeBuffers.Get().(outgoing)
	}
	return o.frames
}

// add calls f, which adds to the output, unless nothing may be added any more.
// It returns whether f was called, and then sees to it that what was added is
// written: by this goroutine where inline.
func (s *stream) add(inline bool, f func(o *output)) bool {
	o := &s.out
	o.mu.Lock()
	if o.dead || o.closing {
		o.mu.Unlock()
		return false
	}
	f(o)
	write := !o.writing
	o.writing = true
	o.mu.Unlock()
	switch {
	case write && inline:
		s.flush()
	case write:
		s.api.workers.do(task{stream: s, kind: taskFlush})
	}
	return true
}

// reply answers request n, whose slot is free when the answer is written.
func (s *stream) reply(n uint64, reply any, err error) {
	var message []byte
	var errEncode error
	short := false
	if err == nil {
		switch reply.(type) {
		case *wire.SendReply, *wire.Empty:
			short = true // encoded below, in place
		}
	}
	if !short {
		if message, errEncode = appendReply(nil, n, reply, err); errEncode != nil {
			s.api.opts.Logger.Error("a reply can't be encoded", "error", errEncode)
			s.kill()
		}
	}
	added := s.add(true, func(o *output) {
		b := o.buffer()
		if short {
			*b, _ = appendReply(*b, n, reply, nil)
		} else {
			*b = append(*b, message...)
		}
		o.replies++
		s.api.stats.framesOut.Add(1)
	})
	if !added {
		s.done(1)
	}
}

// pong answers a ping, or several by one.
func (s *stream) pong(payload []byte) {
	s.add(true, func(o *output) { o.pong = append(make([]byte, 0, len(payload)), payload...) })
}

// flush writes until nothing is left. The caller has become the writer.
func (s *stream) flush() {
	runtime.Gosched() // what is ready at the same time comes along
	for {
		b, replies, push, more := s.take()
		if !more {
			return
		}
		err := s.writeAll(*b)
		putOutgoing(b)
		if err != nil {
			s.kill()
		}
		s.done(replies)
		if push != nil {
			s.pushWritten(push.more)
		}
	}
}

// take returns what is to be written. Not more if there is nothing, and then
// this goroutine isn't the writer any more.
func (s *stream) take() (b outgoing, replies int, push *pushed, more bool) {
	o := &s.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead {
		o.drop(s)
	}
	if o.pong != nil {
		b := o.buffer()
		*b = append(appendHeader(*b, ws.OpPong, len(o.pong)), o.pong...)
		o.pong = nil
	}
	if o.ping {
		b := o.buffer()
		*b = appendHeader(*b, ws.OpPing, 0)
		o.ping = false
	}
	if o.frames == nil {
		o.writing = false
		if o.closing {
			s.halfClose()
		}
		return nil, 0, nil, false
	}
	b, replies, push = o.frames, o.replies, o.push
	o.frames, o.replies, o.push = nil, 0, nil
	return b, replies, push, true
}

// drop forgets what waits. The caller holds mu.
func (o *output) drop(s *stream) {
	if o.frames != nil {
		putOutgoing(o.frames)
	}
	s.free(o.replies)
	o.frames, o.replies, o.push, o.pong, o.ping = nil, 0, nil, nil, false
}

// writeAll writes in parts, each of which may take the whole time.
func (s *stream) writeAll(b []byte) error {
	for len(b) > 0 {
		n := min(len(b), writeChunk)
		s.writeSince.Store(s.api.clock.now())
		_, err := s.conn.Write(b[:n])
		s.writeSince.Store(0)
		if err != nil {
			return err
		}
		s.api.stats.bytesOut.Add(int64(n))
		b = b[n:]
	}
	return nil
}

// end closes the stream for a reason: what waits is written before, and the
// client has a moment to take it.
func (s *stream) end(status ws.StatusCode) {
	s.add(false, func(o *output) {
		b := o.buffer()
		*b = append(appendHeader(*b, ws.OpClose, 2), byte(status>>8), byte(status))
		o.closing, o.pong, o.ping = true, nil, false
		s.closed.Store(s.api.clock.now())
	})
}

// halfClose says that nothing more comes. What the client still sends is read
// and dropped, else the system would tell it that the connection failed, and
// what was written last might be lost.
func (s *stream) halfClose() {
	if c, ok := s.conn.(interface{ CloseWrite() error }); ok {
		c.CloseWrite()
	}
}

// kill ends the stream at once.
func (s *stream) kill() {
	o := &s.out
	o.mu.Lock()
	o.dead = true
	if !o.writing {
		o.drop(s)
	}
	o.mu.Unlock()
	underlying(s.conn).Close()
}

// underlying returns the connection below TLS, whose Close waits for nothing.
func underlying(c net.Conn) net.Conn {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok {
		return t.NetConn()
	}
	return c
}
