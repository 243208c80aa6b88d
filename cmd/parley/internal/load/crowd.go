package load

import (
	"context"
	"errors"
	"sync"
	"time"

	"parley/wire"
)

// A Crowd is a number of accounts that have nothing to do with each other.
type Crowd struct{ devices []*Device }

// NewCrowd makes n accounts.
func NewCrowd(ctx context.Context, target *Target, n int) (*Crowd, error) {
	c := &Crowd{devices: make([]*Device, n)}
	return c, each(n, func(i int) (err error) {
		c.devices[i], err = target.SignUp(ctx, i)
		return err
	})
}

// MoveTo has the accounts connect elsewhere from now on: to the same server after
// it was started again.
func (c *Crowd) MoveTo(target *Target) {
	for _, d := range c.devices {
		d.moveTo(target)
	}
}

// idleBuffer is enough for a ping.
const idleBuffer = 512

// Idle opens a session and a stream for everyone and keeps them until stop is
// called. lost returns how many the server has ended so far.
func (c *Crowd) Idle(ctx context.Context) (stop func(), lost func() int, err error) {
	conns := make([]*Conn, len(c.devices))
	var mu sync.Mutex // guards ended
	ended, stopped := 0, false
	var all sync.WaitGroup
	stop = func() {
		mu.Lock()
		stopped = true
		mu.Unlock()
		for _, conn := range conns {
			if conn != nil {
				conn.Close()
			}
		}
		all.Wait()
	}
	err = each(len(c.devices), func(i int) (err error) {
		if conns[i], err = c.devices[i].enter(ctx, idleBuffer); err != nil {
			return err
		}
		all.Go(func() {
			for err := error(nil); err == nil; { // pings are answered
				_, err = conns[i].next()
			}
			mu.Lock()
			defer mu.Unlock()
			if !stopped {
				ended++
			}
		})
		return nil
	})
	if err != nil {
		stop()
		return nil, nil, err
	}
	return stop, func() int {
		mu.Lock()
		defer mu.Unlock()
		return ended
	}, nil
}

// enter opens a session and a stream.
func (d *Device) enter(ctx context.Context, buffer int) (*Conn, error) {
	if err := d.Connect(ctx); err != nil {
		return nil, err
	}
	return d.Stream(ctx, 0, buffer)
}

// Connect has everyone open a session and a stream, and leave, one after the other
// on each of a few lines. It returns how long each took.
func (c *Crowd) Connect(ctx context.Context) (*Histogram, error) {
	var mu sync.Mutex // guards took
	took := &Histogram{}
	return took, each(len(c.devices), func(i int) error {
		start := time.Now()
		conn, err := c.devices[i].enter(ctx, idleBuffer)
		if err != nil {
			return err
		}
		mu.Lock()
		took.Add(int64(time.Since(start)))
		mu.Unlock()
		return conn.Close()
	})
}

// A Backlog is a device that has missed messages.
type Backlog struct {
	device *Device
	head   uint64
	run    uint16
}

// NewBacklog sends n messages in a new room, which its other member misses.
func (w *World) NewBacklog(ctx context.Context, n int) (*Backlog, error) {
	clock, run := NewClock(), newRun()
	line, err := w.line(ctx, clock, 0, run)
	if err != nil {
		return nil, err
	}
	defer line.close()
	if err := line.Lane.sendAll(ctx, n, 16); err != nil {
		return nil, err
	}
	b := &Backlog{device: w.rooms[0].Members[1], run: run}
	b.head, err = b.device.Head(ctx)
	return b, err
}

// CatchUp connects as a device that has missed the newest n events, and returns
// how long it took from its hello until it had them all.
func (b *Backlog) CatchUp(ctx context.Context, n int) (time.Duration, error) {
	after := b.head - uint64(n)
	conn, err := b.device.target.Open(ctx, b.device.n, wire.StreamPath, 1<<20)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	conn.conn.SetDeadline(time.Now().Add(maxDrain))
	start := time.Now()
	if err := b.device.hello(conn, after); err != nil {
		return 0, err
	}
	got := 0
	for got < n {
		payload, err := conn.next()
		if err != nil {
			return 0, err
		}
		f, err := scanFrame(payload, func(id []byte) { got++ })
		if err != nil {
			return 0, err
		}
		if f.pos == b.head && got != n {
			return 0, errors.New("load: not every event that was missed came")
		}
	}
	return time.Since(start), nil
}
