package load

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"parley/wire"
)

// A Lane is one direction from a sender's connection to those of its receivers.
type Lane struct {
	clock     *Clock
	number    uint16 // of the lane
	run       uint16
	conn      *Conn
	templates []template
	scan      func(l *Lane, payload []byte) (frame, error)

	limit uint32 // of a closed loop: so many requests and no more; 0: no limit
	sent  uint32 // requests so far; only its writer's
	out   []byte // what is being written

	// Of the reader alone, until it ends.
	refused  map[wire.Code]int64 // within the window
	accepted int64               // within the window
	mailbox  cursor

	count  atomic.Int64 // sent, or due
	taken  atomic.Int64 // acknowledged, in and out of the window
	failed atomic.Int64 // refused, in and out of the window
	stop   atomic.Bool  // nothing more is sent
	due    chan int64   // of an open loop: when each message is due
}

// add puts one request, due at a time, into what is written next.
func (l *Lane) add(due int64) {
	t := &l.templates[int(l.sent)%len(l.templates)]
	at := len(l.out)
	l.out = append(l.out, t.frame...)
	binary.BigEndian.PutUint64(l.out[at+t.number:], firstNumber+uint64(l.sent))
	putID(l.out[at+t.id:], due, l.number, l.run, l.sent)
	l.sent++
}

// flush writes what was added.
func (l *Lane) flush() error {
	if len(l.out) == 0 {
		return nil
	}
	err := l.conn.Write(l.out)
	l.out = l.out[:0]
	return err
}

// Closed keeps inflight requests under way: as soon as one is acknowledged the
// next is sent. It returns when the connection ends.
func (l *Lane) Closed(inflight int) error {
	for range inflight {
		l.add(l.clock.Now())
	}
	l.count.Add(int64(inflight))
	if err := l.flush(); err != nil {
		return err
	}
	return l.read(func(free int) error {
		if l.stop.Load() {
			return nil
		}
		if l.limit > 0 {
			free = min(free, int(l.limit-l.sent))
		}
		now := l.clock.Now()
		for range free {
			l.add(now)
		}
		l.count.Add(int64(free))
		return l.flush()
	})
}

// Open sends each message when it is due. It returns when the channel of due
// times is closed, or the connection ends.
func (l *Lane) Open() error {
	for due := range l.due {
		l.add(due)
		for more := true; more && len(l.out) < maxWrite; {
			select {
			case due, ok := <-l.due:
				if more = ok; ok {
					l.add(due)
				}
			default:
				more = false
			}
		}
		if err := l.flush(); err != nil {
			return err
		}
	}
	return nil
}

// maxWrite bounds, roughly, what is written at once.
const maxWrite = 64 << 10

// read reads until the connection ends. refill is told how many requests ended,
// as often as all that has arrived is read.
func (l *Lane) read(refill func(free int) error) error {
	for {
		var free int
		var wait time.Duration
		now, before := l.clock.Now(), l.accepted
		for {
			payload, ok, err := l.conn.buffered()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			f, err := l.scan(l, payload)
			if err != nil {
				return err
			}
			switch {
			case f.n >= firstCursor:
				if err := f.cursorError(); err != nil {
					return err
				}
			case f.n >= firstNumber:
				free++
				wait = max(wait, l.settle(&f, now))
			}
		}
		l.clock.accepted.Add(l.accepted - before)
		time.Sleep(wait) // as the server asks for
		if free > 0 {
			if err := refill(free); err != nil {
				return err
			}
		}
		if err := l.mailbox.acknowledge(l.conn, now); err != nil {
			return err
		}
		if err := l.conn.fill(); err != nil {
			return err
		}
	}
}

// settle counts one answer and returns how long the server wants to be left alone.
func (l *Lane) settle(f *frame, now int64) time.Duration {
	if f.refused == nil {
		l.taken.Add(1)
		if l.clock.counts(now) {
			l.accepted++
		}
		return 0
	}
	l.failed.Add(1)
	if l.clock.counts(now) {
		l.refused[f.refused.Code]++
	}
	return time.Duration(f.refused.RetryAfter) * time.Millisecond
}

// A Receiver is one connection on which messages arrive.
type Receiver struct {
	clock   *Clock
	lane    uint16
	run     uint16
	conn    *Conn
	scan    func(r *Receiver, payload []byte) error
	now     int64
	mailbox cursor

	Latency   Histogram // within the window: due → received
	Delivered int64     // within the window
	Sum       uint64    // of the numbers of all messages
	came      atomic.Int64
	batch     int64
}

// Read counts messages until the connection ends.
func (r *Receiver) Read() error {
	for {
		r.now, r.batch = r.clock.Now(), 0
		before := r.Delivered
		for {
			payload, ok, err := r.conn.buffered()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			if err := r.scan(r, payload); err != nil {
				return err
			}
		}
		if r.batch > 0 {
			r.came.Add(r.batch)
			r.clock.delivered.Add(r.Delivered - before)
		}
		if err := r.mailbox.acknowledge(r.conn, r.now); err != nil {
			return err
		}
		if err := r.conn.fill(); err != nil {
			return err
		}
	}
}

// message counts one.
func (r *Receiver) message(id []byte) {
	if idLane(id) != r.lane || idRun(id) != r.run {
		return
	}
	r.batch++
	r.Sum += uint64(idNumber(id))
	if r.clock.counts(r.now) {
		r.Delivered++
		r.Latency.Add(r.now - idDue(id))
	}
}

// firstCursor is the number of a connection's first acknowledgement of its
// mailbox: beyond those of its other requests.
const firstCursor = 1 << 40

// A mailbox is acknowledged after so many events, or for so long.
const (
	cursorEvery = 32
	cursorTime  = int64(time.Second) // of the clock
)

// A cursor acknowledges a mailbox now and then.
type cursor struct {
	pos, told uint64
	at        int64 // when it was told last
	n         uint64
}

// cursorError returns why an acknowledgement was refused. One that is to be tried
// later is no error: the next says more.
func (f *frame) cursorError() error {
	if f.refused == nil || f.refused.RetryAfter > 0 {
		return nil
	}
	return f.refused
}

func (c *cursor) acknowledge(conn *Conn, now int64) error {
	if c.pos == c.told || c.pos < c.told+cursorEvery && now < c.at+cursorTime {
		return nil
	}
	body, err := wire.Marshal(wire.AcknowledgeRequest{Pos: c.pos})
	if err != nil {
		return err
	}
	payload, err := wire.Marshal(wire.Frame{N: firstCursor + c.n, Op: wire.OpAcknowledge, Body: body})
	if err != nil {
		return err
	}
	c.n++
	c.told, c.at = c.pos, now
	return conn.Write(appendFrame(nil, opBinary, payload))
}
