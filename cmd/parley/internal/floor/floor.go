// Package floor is the least that a durable message server can be, to compare
// Parley with: a bare WebSocket server that appends each message to one file,
// syncs it once for all that wait, and then acknowledges and forwards each, frame
// by frame. It knows no accounts, no cryptography, no order between rooms, no
// second delivery, and never reads what it has written. With [Floor.Together] it
// also writes what is ready for one connection at once: no server that is only
// bare does that, but it shows the limit of the machine.
//
//	GET /s/N   the sender of line N: its messages begin with 8 bytes, which are
//	           the acknowledgement
//	GET /r/N   a receiver of line N: gets the messages as they are
package floor

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"

	"github.com/gobwas/ws"
)

// A Floor serves one file. [New] makes one.
type Floor struct {
	// Together joins the frames for one connection into one write. Set it before
	// Serve.
	Together bool

	file *os.File
	sync func() error

	mu      sync.Mutex // guards what follows
	wake    *sync.Cond
	next    batch
	lines   map[string]*line
	closed  bool
	spare   []batch
	written chan batch
}

// A line is a sender with its receivers.
type line struct {
	number    int
	mu        sync.Mutex // guards receivers
	receivers []net.Conn
	out       []byte // forwardTogether's: frames for the receivers
}

// A sender is the connection of one.
type sender struct {
	conn net.Conn
	line *line
	acks []byte // forwardTogether's
}

// A batch is what one sync makes durable.
type batch struct {
	log  []byte // the messages' frames, as they are forwarded
	jobs []job
}

type job struct {
	from *sender
	end  int // of its frame in log
	ack  [8]byte
}

// New returns a floor over a file.
func New(file *os.File) *Floor {
	f := &Floor{file: file, lines: map[string]*line{}, written: make(chan batch, 1)}
	f.sync = func() error { return syncData(file) }
	f.wake = sync.NewCond(&f.mu)
	go f.write()
	go f.forward()
	return f
}

// Close ends it. Connections are the caller's listener's.
func (f *Floor) Close() error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.wake.Broadcast()
	return nil
}

// Serve serves connections until the listener is closed.
func (f *Floor) Serve(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		go f.serve(conn)
	}
}

func (f *Floor) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 4096)
	req, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	role, number, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	l := f.line(number)
	if role == "r" {
		l.mu.Lock()
		l.receivers = append(l.receivers, conn)
		l.mu.Unlock()
	}
	hash := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	if _, err := io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(hash[:])+"\r\n\r\n"); err != nil {
		return
	}
	if role == "s" {
		f.take(&sender{conn: conn, line: l}, in)
	}
	io.Copy(io.Discard, in)
	l.mu.Lock()
	for i, c := range l.receivers {
		if c == conn {
			l.receivers = append(l.receivers[:i:i], l.receivers[i+1:]...)
			break
		}
	}
	l.mu.Unlock()
}

func (f *Floor) line(number string) *line {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.lines[number]
	if l == nil {
		l = &line{number: len(f.lines)}
		f.lines[number] = l
	}
	return l
}

// readBuffer is how much of one sender is read at once, and so the largest frame.
const readBuffer = 64 << 10

// take reads frames, and puts all that has arrived into the next batch at once.
func (f *Floor) take(s *sender, in *bufio.Reader) {
	buf := make([]byte, readBuffer)
	w, err := in.Read(buf[:in.Buffered()])
	for err == nil {
		r, put := 0, false
		f.mu.Lock()
		for {
			n := f.put(s, buf[r:w])
			if n == 0 {
				break
			}
			r, put = r+n, true
		}
		f.mu.Unlock()
		if put {
			f.wake.Signal()
		}
		if r == 0 && w == len(buf) {
			return
		}
		w = copy(buf, buf[r:w])
		var n int
		n, err = s.conn.Read(buf[w:])
		w += n
	}
}

// put adds the first frame of in to the batch and returns its length; 0 if not
// all of it is there. The caller holds mu.
func (f *Floor) put(s *sender, in []byte) int {
	header, length := 2, 0
	if len(in) < 4 {
		return 0
	}
	switch length = int(in[1] & 0x7f); length {
	case 126:
		header, length = 4, int(binary.BigEndian.Uint16(in[2:]))
	case 127:
		if len(in) < 10 {
			return 0
		}
		header, length = 10, int(binary.BigEndian.Uint32(in[6:]))
	}
	total := header + 4 + length
	if len(in) < total || length < 8 {
		return 0
	}
	b := &f.next
	b.log = append(append(b.log, in[0], in[1]&0x7f), in[2:header]...)
	begin := len(b.log)
	b.log = append(b.log, in[header+4:total]...)
	ws.Cipher(b.log[begin:], [4]byte(in[header:]), 0)
	b.jobs = append(b.jobs, job{from: s, end: len(b.log), ack: [8]byte(b.log[begin:])})
	return total
}

// write makes one batch after the other durable.
func (f *Floor) write() {
	defer close(f.written)
	for {
		f.mu.Lock()
		for len(f.next.jobs) == 0 && !f.closed {
			f.wake.Wait()
		}
		if f.closed {
			f.mu.Unlock()
			return
		}
		b := f.next
		f.next = batch{}
		if n := len(f.spare); n > 0 {
			f.next, f.spare = f.spare[n-1], f.spare[:n-1]
		}
		f.mu.Unlock()
		if _, err := f.file.Write(b.log); err != nil || f.sync() != nil {
			return // nothing more is acknowledged
		}
		f.written <- b
	}
}

// forward acknowledges and forwards what is durable.
func (f *Floor) forward() {
	for b := range f.written {
		if f.Together {
			f.forwardTogether(&b)
		} else {
			f.forwardEach(&b)
		}
		f.mu.Lock()
		f.spare = append(f.spare, batch{log: b.log[:0], jobs: b.jobs[:0]})
		f.mu.Unlock()
	}
}

// forwardEach writes a frame at a time, the jobs of a line in order, on all cores.
func (f *Floor) forwardEach(b *batch) {
	n := runtime.GOMAXPROCS(0)
	var workers sync.WaitGroup
	for w := range n {
		workers.Go(func() {
			begin := 0
			for i := range b.jobs {
				j := &b.jobs[i]
				if j.from.line.number%n == w {
					j.forward(b.log[begin:j.end])
				}
				begin = j.end
			}
		})
	}
	workers.Wait()
}

// forward acknowledges a message and passes its frame on.
func (j *job) forward(frame []byte) {
	l := j.from.line
	l.mu.Lock()
	for _, conn := range l.receivers {
		conn.Write(frame) // who is gone is gone
	}
	l.mu.Unlock()
	j.from.conn.Write(append([]byte{0x82, 8}, j.ack[:]...))
}

// forwardTogether writes all frames of a connection at once.
func (f *Floor) forwardTogether(b *batch) {
	var senders []*sender
	var lines []*line
	begin := 0
	for i := range b.jobs {
		j := &b.jobs[i]
		if len(j.from.acks) == 0 {
			senders = append(senders, j.from)
		}
		j.from.acks = append(append(j.from.acks, 0x82, 8), j.ack[:]...)
		if len(j.from.line.out) == 0 {
			lines = append(lines, j.from.line)
		}
		j.from.line.out = append(j.from.line.out, b.log[begin:j.end]...)
		begin = j.end
	}
	for _, l := range lines {
		l.mu.Lock()
		for _, conn := range l.receivers {
			conn.Write(l.out)
		}
		l.mu.Unlock()
		l.out = l.out[:0]
	}
	for _, s := range senders {
		s.conn.Write(s.acks)
		s.acks = s.acks[:0]
	}
}
