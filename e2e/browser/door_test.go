package browser

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A door is the address by which one browser profile reaches the server. All that
// passes is kept, in the clear: bodies, and what the frames of a WebSocket hold. A
// door can be shut: then nothing passes, not even what is under way.
type door struct {
	port   int
	server *url.URL

	mu    sync.Mutex // guards what follows
	shut  bool
	conns map[net.Conn]bool
	seen  []byte // what passed, in both directions, with the requests' lines and headers
	late  string // requests of this path pass only once letGo is closed
	letGo chan struct{}
	left  int           // how many bytes of attachments come before more is closed
	more  chan struct{} // nil: all come
}

// newDoor listens at a port of this machine.
func newDoor(t testing.TB) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &door{port: l.Addr().(*net.TCPAddr).Port, conns: map[net.Conn]bool{}}
	h := &http.Server{Handler: d, ConnState: d.track}
	go h.Serve(l)
	t.Cleanup(func() { h.Close(); d.close() })
	return d
}

func (d *door) origin() string { return fmt.Sprintf("http://localhost:%d", d.port) }

// track knows the connections, and ends those that come while the door is shut.
func (d *door) track(c net.Conn, state http.ConnState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch state {
	case http.StateNew:
		if d.shut {
			c.Close()
			return
		}
		d.conns[c] = true
	case http.StateClosed:
		delete(d.conns, c)
	}
}

// close shuts the door.
func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut = true
	for c := range d.conns {
		c.Close()
	}
	clear(d.conns)
}

// open opens it again.
func (d *door) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut = false
}

// holdsBack lets requests of a path, or of all below one that ends in /, pass only once it
// is let go of.
func (d *door) holdsBack(t testing.TB, path string) (letGo func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	until := make(chan struct{})
	d.late, d.letGo = path, until
	letGo = sync.OnceFunc(func() { close(until) })
	t.Cleanup(letGo)
	return letGo
}

// stopsAfter lets some bytes of attachments come, and the others only once they are let go of.
func (d *door) stopsAfter(t testing.TB, n int) (letGo func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	more := make(chan struct{})
	d.left, d.more = n, more
	letGo = sync.OnceFunc(func() { close(more) })
	t.Cleanup(letGo)
	return letGo
}

// comes waits until so many bytes of an attachment may come.
func (d *door) comes(n int) {
	d.mu.Lock()
	d.left -= n
	stops, more := d.more != nil && d.left < 0, d.more
	d.mu.Unlock()
	if stops {
		<-more
	}
}

// waits waits for as long as a path is held back.
func (d *door) waits(path string) {
	d.mu.Lock()
	until := d.letGo
	isLate := path == d.late || strings.HasSuffix(d.late, "/") && strings.HasPrefix(path, d.late)
	d.mu.Unlock()
	if isLate {
		<-until
	}
}

func (d *door) isShut() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shut
}

// keep keeps a piece of what passed.
func (d *door) keep(piece []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen = append(d.seen, piece...)
}

// passed returns all that passed.
func (d *door) passed() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Clone(d.seen)
}

// size is how many bytes have passed.
func (d *door) size() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.seen)
}

// ServeHTTP passes a request on. Nothing is asked for compressed, so that what is
// kept can be read.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if d.isShut() {
		panic(http.ErrAbortHandler)
	}
	head := r.Header.Clone()
	r.Header.Del("Accept-Encoding")
	r.Header.Del("Sec-WebSocket-Extensions")
	d.keep(fmt.Appendf(nil, "\n%s %s %v\n", r.Method, r.URL, head))
	d.waits(r.URL.Path)
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		d.stream(w, r)
		return
	}
	if r.Body != nil {
		r.Body = &kept{ReadCloser: r.Body, keep: d.keep}
	}
	proxy := httputil.ReverseProxy{
		Rewrite:       func(p *httputil.ProxyRequest) { p.SetURL(d.server); p.Out.Host = r.Host },
		FlushInterval: -1,
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ModifyResponse: func(answer *http.Response) error {
			if strings.HasPrefix(r.URL.Path, "/v1/") {
				answer.Body = &kept{ReadCloser: answer.Body, keep: d.keep}
			}
			if strings.HasPrefix(r.URL.Path, "/v1/blobs/") {
				answer.Body = &kept{ReadCloser: answer.Body, keep: func(b []byte) { d.comes(len(b)) }}
			}
			return nil
		},
	}
	proxy.ServeHTTP(w, r)
}

// kept is a body of which what is read is kept.
type kept struct {
	io.ReadCloser
	keep func([]byte)
}

func (k *kept) Read(b []byte) (int, error) {
	n, err := k.ReadCloser.Read(b)
	k.keep(b[:n])
	return n, err
}

// stream passes a WebSocket on.
func (d *door) stream(w http.ResponseWriter, r *http.Request) {
	back, err := net.Dial("tcp", d.server.Host)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer back.Close()
	front, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer front.Close()
	d.mu.Lock()
	if d.shut {
		d.mu.Unlock()
		return
	}
	d.conns[front] = true
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.conns, front)
	}()
	if err := r.Write(back); err != nil {
		return
	}
	up, down := new(frames), new(frames)
	down.skipHead = true
	go func() {
		_, _ = io.Copy(io.MultiWriter(back, &sink{up, d.keep}), buffered)
		back.Close()
	}()
	_, _ = io.Copy(io.MultiWriter(front, &sink{down, d.keep}), back)
}

// A sink keeps the payloads of the frames that are written to it.
type sink struct {
	frames *frames
	keep   func([]byte)
}

func (s *sink) Write(b []byte) (int, error) {
	s.keep(s.frames.payload(b))
	return len(b), nil
}

// frames takes WebSocket frames (RFC 6455, Section 5.2) apart.
type frames struct {
	skipHead bool // the answer to the handshake comes first
	rest     []byte
}

// payload takes more bytes, and returns the unmasked payloads that are whole now.
func (f *frames) payload(b []byte) []byte {
	f.rest = append(f.rest, b...)
	if f.skipHead {
		_, after, found := bytes.Cut(f.rest, []byte("\r\n\r\n"))
		if !found {
			return nil
		}
		f.skipHead, f.rest = false, after
	}
	var out []byte
	for {
		size, n, mask := f.head()
		if size == 0 || len(f.rest) < size+n {
			return out
		}
		for i, c := range f.rest[size : size+n] {
			if mask != nil {
				c ^= mask[i%4]
			}
			out = append(out, c)
		}
		f.rest = f.rest[size+n:]
	}
}

// head returns the sizes of the next frame's head and payload, and its mask; 0 for
// the head while that isn't whole.
func (f *frames) head() (size, n int, mask []byte) {
	b := f.rest
	if len(b) < 2 {
		return 0, 0, nil
	}
	size, n = 2, int(b[1]&0x7f)
	switch {
	case n == 126 && len(b) >= 4:
		size, n = 4, int(binary.BigEndian.Uint16(b[2:]))
	case n == 127 && len(b) >= 10:
		size, n = 10, int(binary.BigEndian.Uint64(b[2:]))
	case n >= 126:
		return 0, 0, nil
	}
	if b[1]&0x80 != 0 {
		if len(b) < size+4 {
			return 0, 0, nil
		}
		mask, size = b[size:size+4], size+4
	}
	return size, n, mask
}
