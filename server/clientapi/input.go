package clientapi

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// Why a stream is closed that isn't spoken as it should be.
var (
	errProtocol = errors.New("clientapi: not a frame that is spoken here")
	errTooLarge = errors.New("clientapi: a message that is too large")
	errBody     = errors.New("clientapi: a message that can't be decoded")
)

// maxFragments bounds the parts of one message.
const maxFragments = 1024

// An input takes frames out of what a client sends. While nothing comes it holds
// no more than a few bytes.
type input struct {
	conn  net.Conn
	buf   []byte           // small[:] or large[:]
	r, w  int              // buf[r:w] has been read and not yet taken
	large *[largeRead]byte // of the pool, or nil
	small [smallRead]byte
	holds atomic.Bool // there is a large buffer: see release
}

// begin reads what comes after rest, which was read before.
func (in *input) begin(conn net.Conn, rest []byte) {
	in.conn, in.buf = conn, in.small[:]
	if len(rest) > 0 { // of net/http: at most 4 KiB
		in.grow()
		in.w = copy(in.buf, rest)
	}
}

// grow goes over to a large buffer.
func (in *input) grow() {
	in.large = readBuffers.Get().(*[largeRead]byte)
	in.w = copy(in.large[:], in.buf[in.r:in.w])
	in.r, in.buf = 0, in.large[:]
	in.holds.Store(true)
}

// shrink gives the large buffer back if nothing is in it.
func (in *input) shrink() {
	if in.large == nil || in.r != in.w {
		return
	}
	readBuffers.Put(in.large)
	in.large, in.buf, in.r, in.w = nil, in.small[:], 0, 0
	in.holds.Store(false)
}

// release has a reader that waits with a large buffer give it back. Another
// goroutine than the reader's may call it.
func (in *input) release() { in.conn.SetReadDeadline(time.Unix(1, 0)) }

// ensure reads until n bytes are there. n is at most largeRead.
func (in *input) ensure(n int) error {
	for in.w-in.r < n {
		if err := in.fill(n); err != nil {
			return err
		}
	}
	return nil
}

// fill reads once. There is to be room for n bytes from in.r on.
func (in *input) fill(n int) error {
	switch {
	case in.r == in.w:
		in.r, in.w = 0, 0
	case in.r+n > len(in.buf) && in.large != nil:
		in.w = copy(in.buf, in.buf[in.r:in.w])
		in.r = 0
	}
	if in.r+n > len(in.buf) {
		in.grow()
	}
	return in.read(in.buf[in.w:], &in.w)
}

// read reads into p and adds to n. The deadline of release is no error.
func (in *input) read(p []byte, n *int) error {
	got, err := in.conn.Read(p)
	*n += got
	if got > 0 || err == nil {
		return nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		in.conn.SetReadDeadline(time.Time{})
		in.shrink()
		return nil
	}
	return err
}

// header reads the header of a client's frame, which is masked: RFC 6455,
// Section 5.2.
func (in *input) header() (h ws.Header, err error) {
	if err = in.ensure(2); err != nil {
		return h, err
	}
	first, second := in.buf[in.r], in.buf[in.r+1]
	h.Fin, h.Rsv, h.OpCode = first&0x80 != 0, first>>4&7, ws.OpCode(first&15)
	if h.Masked = second&0x80 != 0; !h.Masked || h.Rsv != 0 {
		return h, errProtocol
	}
	size, wide := 2, 0
	switch second & 127 {
	case 126:
		wide = 2
	case 127:
		wide = 8
	}
	if err = in.ensure(size + wide + 4); err != nil {
		return h, err
	}
	b := in.buf[in.r:]
	switch wide {
	case 0:
		h.Length = int64(second & 127)
	case 2:
		h.Length = int64(binary.BigEndian.Uint16(b[size:]))
	case 8:
		h.Length = int64(binary.BigEndian.Uint64(b[size:]))
	}
	copy(h.Mask[:], b[size+wide:])
	in.r += size + wide + 4
	if h.Length < 0 {
		return h, errProtocol
	}
	return h, nil
}

// payload returns the payload of a frame of at most largeRead bytes, where it
// was read to: it is gone with the next frame.
func (in *input) payload(h ws.Header) ([]byte, error) {
	n := int(h.Length)
	if err := in.ensure(n); err != nil {
		return nil, err
	}
	p := in.buf[in.r : in.r+n : in.r+n]
	in.r += n
	ws.Cipher(p, h.Mask, 0)
	return p, nil
}

// appendPayload appends the payload of a frame of any size to message. What is
// allocated grows with what arrives.
func (in *input) appendPayload(message []byte, h ws.Header) ([]byte, error) {
	start := len(message)
	for left := int(h.Length); left > 0; {
		if have := in.w - in.r; have > 0 {
			n := min(have, left)
			message = append(message, in.buf[in.r:in.r+n]...)
			in.r, left = in.r+n, left-n
			continue
		}
		n := min(left, max(largeRead, len(message)))
		message = grown(message, n)
		end := len(message)
		if err := in.read(message[end:end+n], &end); err != nil {
			return nil, err
		}
		left -= end - len(message)
		message = message[:end]
	}
	ws.Cipher(message[start:], h.Mask, 0)
	return message, nil
}

// discard reads on until the client is gone.
func (in *input) discard() {
	for {
		in.r, in.w = 0, 0
		if in.read(in.buf, &in.w) != nil {
			return
		}
	}
}

// readMessage returns the next binary message, of at most limit bytes, put
// together from its fragments. A message that isn't owned is gone with the next
// one. Control frames in between are answered.
func (s *stream) readMessage(limit int) (message []byte, owned bool, err error) {
	for parts := 0; ; {
		h, err := s.in.header()
		if err != nil {
			return nil, false, err
		}
		if h.OpCode.IsControl() {
			if err := s.control(h); err != nil {
				return nil, false, err
			}
			continue
		}
		if h.OpCode != ws.OpBinary && h.OpCode != ws.OpContinuation || (h.OpCode == ws.OpBinary) != (parts == 0) || parts == maxFragments {
			return nil, false, errProtocol
		}
		if h.Length > int64(limit-len(message)) {
			return nil, false, errTooLarge
		}
		if h.Fin && parts == 0 && h.Length <= largeRead {
			if int(h.Length) > s.in.w-s.in.r { // not all is there
				s.partial.Store(s.api.clock.now())
			}
			message, err = s.in.payload(h)
			s.arrived()
			return message, false, err
		}
		if parts++; parts == 1 {
			s.partial.Store(s.api.clock.now())
		}
		if message, err = s.in.appendPayload(message, h); err != nil {
			return nil, false, err
		}
		if h.Fin {
			s.arrived()
			return message, true, nil
		}
	}
}

// arrived notes that a message is whole.
func (s *stream) arrived() {
	s.partial.Store(0)
	s.heard.Store(s.api.clock.now())
	s.api.stats.framesIn.Add(1)
}

// control reads a control frame. A ping is answered; a close ends the stream.
func (s *stream) control(h ws.Header) error {
	if !h.Fin || h.Length > ws.MaxControlFramePayloadSize {
		return errProtocol
	}
	payload, err := s.in.payload(h)
	if err != nil {
		return err
	}
	switch {
	case h.OpCode == ws.OpClose:
		return io.EOF
	case s.caller.session == nil:
		return nil // it proves nothing
	case h.OpCode == ws.OpPing:
		s.pong(payload)
	case h.OpCode != ws.OpPong:
		return errProtocol
	}
	s.heard.Store(s.api.clock.now())
	return nil
}
