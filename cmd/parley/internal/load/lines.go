package load

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"

	"parley/wire"
)

// Sizes of what connections read at once, in bytes.
const (
	laneBuffer     = 16 << 10
	receiverBuffer = 64 << 10
)

// messagesPerRoom is how many distinct messages each room has: see the package's
// comment.
const messagesPerRoom = 32

// parallel is how many clients are set up at once.
const parallel = 32

// A World is what a load needs on a server: rooms, and messages made for them.
type World struct {
	rooms     []*Room
	templates [][]template
	untagged  [][]template // the same without a tag; nil where they aren't asked for
}

// A WorldConfig says what a [World] is.
type WorldConfig struct {
	Targets []*Target // nodes of one site, among which the members of each room are spread
	Rooms   int
	Members int // of each room; the first sends
	Size    int // bytes of a message's padded content

	Untagged bool // messages without a tag too: see [World.Untagged]
}

// NewWorld makes a world.
func NewWorld(ctx context.Context, c WorldConfig) (*World, error) {
	rooms, members := c.Rooms, c.Members
	w := &World{rooms: make([]*Room, rooms), templates: make([][]template, rooms), untagged: make([][]template, rooms)}
	kind := wire.KindDirect
	if members > 2 {
		kind = wire.KindGroup
	}
	devices := make([]*Device, rooms*members)
	err := each(len(devices), func(i int) (err error) {
		target := c.Targets[(i/members+i%members)%len(c.Targets)]
		if devices[i], err = target.SignUp(ctx, i); err != nil {
			return err
		}
		return devices[i].Connect(ctx)
	})
	if err != nil {
		return nil, err
	}
	return w, each(rooms, func(i int) (err error) {
		if w.rooms[i], err = OpenRoom(ctx, kind, devices[i*members:(i+1)*members]...); err != nil {
			return err
		}
		if c.Untagged {
			if w.untagged[i], err = w.rooms[i].Messages(messagesPerRoom, c.Size, false); err != nil {
				return err
			}
		}
		w.templates[i], err = w.rooms[i].Messages(messagesPerRoom, c.Size, true)
		return err
	})
}

// Untagged is the same world with messages that the server doesn't frank.
func (w *World) Untagged() *World { return &World{rooms: w.rooms, templates: w.untagged} }

// FrameSize returns the bytes of one request.
func (w *World) FrameSize() int { return len(w.templates[0][0].frame) }

// each calls f for 0 to n-1, several at once, and returns the first error.
func each(n int, f func(int) error) error {
	var all sync.WaitGroup
	next := make(chan int)
	failed := make(chan error, parallel)
	for range min(parallel, n) {
		all.Go(func() {
			for i := range next {
				if err := f(i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	go func() {
		all.Wait()
		close(failed)
	}()
	var err error
	for i := 0; i < n && err == nil; {
		select {
		case next <- i:
			i++
		case err = <-failed:
		}
	}
	close(next)
	for e := range failed {
		if err == nil {
			err = e
		}
	}
	return err
}

// Lines connects everyone of the world to its server.
func (w *World) Lines(ctx context.Context, clock *Clock) ([]*Line, error) {
	lines, run := make([]*Line, len(w.rooms)), newRun()
	err := each(len(w.rooms), func(i int) (err error) {
		lines[i], err = w.line(ctx, clock, uint16(i), run)
		return err
	})
	return lines, err
}

// newRun is never 0, so that a random id of a commit is hardly taken for one's own.
func newRun() uint16 { return uint16(1 + rand.IntN(1<<16-1)) }

func (w *World) line(ctx context.Context, clock *Clock, i, run uint16) (*Line, error) {
	l := &Line{}
	for n, d := range w.rooms[i].Members {
		if err := d.Connect(ctx); err != nil {
			return nil, err
		}
		after, err := d.Head(ctx)
		if err != nil {
			return nil, err
		}
		size := receiverBuffer
		if n == 0 {
			size = laneBuffer
		}
		conn, err := d.Stream(ctx, after, size)
		if err != nil {
			return nil, err
		}
		at := cursor{pos: after, told: after}
		if n == 0 {
			l.Lane = newLane(clock, i, run, conn, w.templates[i])
			l.Lane.mailbox, l.Lane.scan = at, scanAnswer
			continue
		}
		l.Receivers = append(l.Receivers, &Receiver{clock: clock, lane: i, run: run, conn: conn, mailbox: at, scan: scanPush})
	}
	return l, nil
}

func newLane(clock *Clock, number, run uint16, conn *Conn, templates []template) *Lane {
	return &Lane{
		clock: clock, number: number, run: run, conn: conn, templates: templates,
		refused: map[wire.Code]int64{}, due: make(chan int64, dueBuffer),
	}
}

// scanAnswer reads what arrives at a sender: answers, and its own messages.
func scanAnswer(l *Lane, payload []byte) (frame, error) {
	f, err := scanFrame(payload, func([]byte) {})
	l.mailbox.pos = max(l.mailbox.pos, f.pos)
	return f, err
}

// scanPush reads what arrives at a receiver.
func scanPush(r *Receiver, payload []byte) error {
	f, err := scanFrame(payload, r.message)
	r.mailbox.pos = max(r.mailbox.pos, f.pos)
	if err == nil {
		err = f.cursorError()
	}
	return err
}

// FloorLines connects rooms of so many members each to the floor. A request has
// as many bytes as one to the server.
func FloorLines(ctx context.Context, target *Target, clock *Clock, rooms, members, frameSize int) ([]*Line, error) {
	lines, run := make([]*Line, rooms), newRun()
	t := template{frame: appendFrame(nil, opBinary, make([]byte, max(frameSize-8, floorHead)))}
	t.number = len(t.frame) - max(frameSize-8, floorHead)
	t.id = t.number + 8
	err := each(rooms, func(i int) error {
		n := i * members
		conn, err := target.Open(ctx, n, fmt.Sprintf("/s/%d", i), laneBuffer)
		if err != nil {
			return err
		}
		lines[i] = &Line{Lane: newLane(clock, uint16(i), run, conn, []template{t})}
		lines[i].Lane.scan = scanFloorAnswer
		for m := 1; m < members; m++ {
			conn, err := target.Open(ctx, n+m, fmt.Sprintf("/r/%d", i), receiverBuffer)
			if err != nil {
				return err
			}
			lines[i].Receivers = append(lines[i].Receivers, &Receiver{clock: clock, lane: uint16(i), run: run, conn: conn, scan: scanFloorPush})
		}
		return nil
	})
	return lines, err
}

// floorHead is what the floor's messages begin with: number and id.
const floorHead = 8 + wire.IDSize

func scanFloorAnswer(_ *Lane, payload []byte) (frame, error) {
	if len(payload) != 8 {
		return frame{}, errProtocol
	}
	return frame{n: binary.BigEndian.Uint64(payload)}, nil
}

func scanFloorPush(r *Receiver, payload []byte) error {
	if len(payload) < floorHead {
		return errProtocol
	}
	r.message(payload[8:floorHead])
	return nil
}
