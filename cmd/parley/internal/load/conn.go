package load

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A Target is a server, or the floor, that connections go to.
type Target struct {
	URL    *url.URL // http or https
	dialer net.Dialer
}

// NewTarget returns the target of an address http(s)://HOST[:PORT].
func NewTarget(address string) (*Target, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("load: the target is http://HOST[:PORT] or https://…")
	}
	return &Target{URL: u, dialer: net.Dialer{Timeout: 30 * time.Second}}, nil
}

// Loopback reports whether the target is this machine's 127.0.0.1.
func (t *Target) Loopback() bool { return t.URL.Hostname() == "127.0.0.1" }

// dial connects. To a target on this machine the n-th client comes from an
// address of its own in 127.0.0.0/8, clientsPerAddress to each: ports and limits
// for each address are not what is measured.
func (t *Target) dial(ctx context.Context, n int) (net.Conn, error) {
	d := t.dialer
	if t.Loopback() {
		a := n / clientsPerAddress
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 1, byte(a>>8), byte(a&0xff))}
	}
	conn, err := d.DialContext(ctx, "tcp", t.hostPort())
	if err != nil || t.URL.Scheme == "http" {
		return conn, err
	}
	return tls.Client(conn, &tls.Config{ServerName: t.URL.Hostname()}), nil
}

// clientsPerAddress is less than what a server lets one address sign up at once.
const clientsPerAddress = 50

func (t *Target) hostPort() string {
	if t.URL.Port() != "" {
		return t.URL.Host
	}
	if t.URL.Scheme == "https" {
		return net.JoinHostPort(t.URL.Hostname(), "443")
	}
	return net.JoinHostPort(t.URL.Hostname(), "80")
}

// A Conn is one WebSocket, with no more than a generator needs. One goroutine
// reads; writing is safe from several.
type Conn struct {
	conn net.Conn
	buf  []byte // buf[r:w] has arrived and isn't parsed yet
	r, w int
	in   int64      // bytes that arrived
	mu   sync.Mutex // guards writing, and out
	out  int64      // bytes written
}

// Open opens a WebSocket of the n-th client. buffer is how much is read at once.
func (t *Target) Open(ctx context.Context, n int, path string, buffer int) (*Conn, error) {
	conn, err := t.dial(ctx, n)
	if err != nil {
		return nil, err
	}
	c := &Conn{conn: conn, buf: make([]byte, buffer)}
	if err := c.upgrade(t.URL.Host, path); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *Conn) upgrade(host, path string) error {
	c.conn.SetDeadline(time.Now().Add(30 * time.Second))
	defer c.conn.SetDeadline(time.Time{})
	_, err := fmt.Fprintf(c.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: cGFybGV5IGJlbmNoIGtleQ==\r\n\r\n", path, host)
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(c.conn, 4096)
	answer, err := http.ReadResponse(in, &http.Request{Method: http.MethodGet})
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("load: the server answers a stream with %d", answer.StatusCode)
	}
	if in.Buffered() > len(c.buf) {
		return errProtocol
	}
	c.w, err = io.ReadFull(in, c.buf[:in.Buffered()])
	return err
}

// Close closes the connection; a read that waits ends.
func (c *Conn) Close() error { return c.conn.Close() }

// Write writes whole frames.
func (c *Conn) Write(frames []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.conn.Write(frames)
	c.out += int64(n)
	return err
}

var errProtocol = errors.New("load: the server sends what isn't spoken here")

// WebSocket opcodes (RFC 6455, Section 5.2).
const (
	opContinuation = 0x0
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa
	fin            = 0x80
	masked         = 0x80
)

// maxFrame bounds what a server sends at once: a push of wire.MaxReadBytes and
// one large event.
const maxFrame = 32 << 20

// buffered returns the next binary message if all of it has arrived. It is valid
// until the next call of buffered or fill.
func (c *Conn) buffered() (payload []byte, ok bool, err error) {
	for {
		in := c.buf[c.r:c.w]
		header, length, ok := parseHeader(in)
		if !ok {
			return nil, false, nil
		}
		if length > maxFrame {
			return nil, false, errProtocol
		}
		if need := header + length; len(in) < need {
			c.makeRoom(need)
			return nil, false, nil
		}
		c.r += header + length
		payload := in[header : header+length]
		switch in[0] {
		case fin | opBinary:
			return payload, true, nil
		case fin | opPing:
			if err := c.Write(appendFrame(nil, opPong, payload)); err != nil {
				return nil, false, err
			}
		case fin | opPong:
		case fin | opClose:
			return nil, false, io.EOF
		default:
			return nil, false, errProtocol
		}
	}
}

// parseHeader returns the sizes of a server's frame, once its header is there.
func parseHeader(in []byte) (header, length int, ok bool) {
	if len(in) < 2 {
		return 0, 0, false
	}
	switch n := in[1]; {
	case n < 126:
		return 2, int(n), true
	case n == 126 && len(in) >= 4:
		return 4, int(binary.BigEndian.Uint16(in[2:])), true
	case n == 127 && len(in) >= 10:
		return 10, int(min(binary.BigEndian.Uint64(in[2:]), maxFrame+1)), true
	case n > 127: // masked: no server does that
		return 2, maxFrame + 1, true
	}
	return 0, 0, false
}

// makeRoom sees to it that a frame of n bytes fits.
func (c *Conn) makeRoom(n int) {
	if c.r+n <= len(c.buf) {
		return
	}
	to := c.buf
	if n > len(to) {
		to = make([]byte, n+n/2)
	}
	c.w = copy(to, c.buf[c.r:c.w])
	c.buf, c.r = to, 0
}

// fill waits for more bytes.
func (c *Conn) fill() error {
	if c.r == c.w {
		c.r, c.w = 0, 0
	}
	if c.w == len(c.buf) {
		c.makeRoom(c.w - c.r + 1)
	}
	n, err := c.conn.Read(c.buf[c.w:])
	c.w += n
	c.in += int64(n)
	if n > 0 {
		return nil
	}
	return err
}

// next waits for a message.
func (c *Conn) next() ([]byte, error) {
	for {
		payload, ok, err := c.buffered()
		if ok || err != nil {
			return payload, err
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

// appendFrame appends a client's frame. The mask is zero: it costs the server the
// same as any.
func appendFrame(b []byte, opcode byte, payload []byte) []byte {
	b = append(b, fin|opcode)
	switch n := len(payload); {
	case n < 126:
		b = append(b, masked|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, masked|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}
