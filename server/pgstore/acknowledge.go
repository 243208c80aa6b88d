package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"parley/identity"
	"parley/server"
)

// An acknowledging waits for the acknowledger.
type acknowledging struct {
	mailbox key
	device  identity.Device
	pos     uint64
	err     error
	done    chan struct{} // closed with err set
}

// An acknowledger moves cursors, many in one transaction.
type acknowledger struct {
	s     *Store
	queue chan *acknowledging
}

func newAcknowledger(s *Store) *acknowledger {
	return &acknowledger{s: s, queue: make(chan *acknowledging, 4*groupSize)}
}

// Acknowledge implements [server.Mailboxes]. ErrBusy if too many wait already.
func (s *Store) Acknowledge(ctx context.Context, device identity.Device, pos uint64) error {
	if s.closed() {
		return server.ErrUnavailable
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	a := &acknowledging{mailbox: mailboxKey(device.Account()), device: device, pos: pos, done: make(chan struct{})}
	select {
	case s.acks.queue <- a:
	default:
		s.count.busy.Add(1)
		return server.ErrBusy
	}
	select {
	case <-a.done:
		return a.err
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stop:
	}
	s.running.Wait()
	select {
	case <-a.done:
		return a.err
	default:
		return server.ErrUnavailable
	}
}

func (k *acknowledger) run() {
	for {
		select {
		case a := <-k.queue:
			k.write(k.gather(a))
		case <-k.s.stop:
			return
		}
	}
}

func (k *acknowledger) gather(first *acknowledging) []*acknowledging {
	group := []*acknowledging{first}
	for len(group) < groupSize {
		select {
		case a := <-k.queue:
			group = append(group, a)
		default:
			return group
		}
	}
	return group
}

func (k *acknowledger) write(group []*acknowledging) {
	err := k.store(group)
	for _, a := range group {
		if err != nil {
			a.err = err
		}
		close(a.done)
	}
}

func (k *acknowledger) store(group []*acknowledging) error {
	s := k.s
	return s.attempt(context.Background(), func() error {
		ctx, cancel := context.WithTimeout(context.Background(), s.opts.Timeout)
		defer cancel()
		c, err := s.acquire(ctx)
		if err != nil {
			return err
		}
		defer c.Release()
		if err := s.acknowledge(ctx, c.Conn(), group); err != nil {
			return err
		}
		s.count.ackGroups.Add(1)
		s.count.acks.Add(int64(len(group)))
		return confirmed(ctx, c.Conn())
	})
}

const (
	// Of several positions for one device, the furthest that isn't beyond the head.
	moveReaders = `UPDATE reader SET pos = d.pos FROM (
			SELECT u.mailbox, u.device, max(u.pos) AS pos
			FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS u(mailbox, device, pos) JOIN head h ON h.mailbox = u.mailbox
			WHERE u.pos <= h.pos GROUP BY u.mailbox, u.device) AS d
		WHERE reader.mailbox = d.mailbox AND reader.device = d.device AND reader.pos < d.pos`
	seeReaders = `SELECT r.device, h.pos FROM reader r JOIN head h ON h.mailbox = r.mailbox
		JOIN unnest($1::uuid[], $2::text[]) AS d(mailbox, device) ON r.mailbox = d.mailbox AND r.device = d.device`
)

// acknowledge moves the cursors of group in one transaction of one round trip, and
// gives each its error.
func (s *Store) acknowledge(ctx context.Context, c *pgx.Conn, group []*acknowledging) error {
	boxes, devices, pos := columns(group)
	heads := map[string]int64{}
	batch := &pgx.Batch{}
	batch.Queue(moveReaders, boxes, devices, pos)
	batch.Queue(seeReaders, boxes, devices).Query(func(rows pgx.Rows) error {
		var device string
		var head int64
		_, err := pgx.ForEachRow(rows, []any{&device, &head}, func() error {
			heads[device] = head
			return nil
		})
		return err
	})
	if err := c.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	for _, a := range group {
		switch head, ok := heads[string(a.device)]; {
		case !ok:
			a.err = server.ErrNotFound
		case a.pos > uint64(head):
			a.err = server.ErrBeyond
		default:
			a.err = nil
		}
	}
	return nil
}

// columns returns what is acknowledged.
func columns(group []*acknowledging) (boxes []key, devices []string, pos []int64) {
	for _, a := range group {
		if a.pos > 1<<63-1 {
			a.pos = 1<<63 - 1
		}
		boxes, devices, pos = append(boxes, a.mailbox), append(devices, string(a.device)), append(pos, int64(a.pos))
	}
	return boxes, devices, pos
}
