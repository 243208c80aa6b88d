package pgstore

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"parley/internal/cbor"
	"parley/server"
)

// Open implements [server.Rooms].
func (s *Store) Open(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	return s.update(ctx, u, func(ctx context.Context, c *change) (*server.Receipt, error) {
		if u.Before != nil {
			return nil, nil
		}
		return c.opened(ctx)
	})
}

// Commit implements [server.Rooms].
func (s *Store) Commit(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	return s.update(ctx, u, func(context.Context, *change) (*server.Receipt, error) { return nil, nil })
}

// A change is the transaction of a RoomUpdate. Its steps lock, in this order: the
// lists' accounts, the set, the room, the mailboxes.
type change struct {
	s    *Store
	tx   pgx.Tx
	u    *server.RoomUpdate
	op   key
	room key

	before  *cachedRoom // nil for a new room
	seq     int64       // the last one given
	receipt server.Receipt
	after   *cachedRoom
}

// update makes u's change unless there is a receipt, or first answers.
func (s *Store) update(ctx context.Context, u server.RoomUpdate, first func(context.Context, *change) (*server.Receipt, error)) (server.Receipt, error) {
	var c *change
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c = &change{s: s, tx: tx, u: &u, op: key(server.OperationHash(u.Op)), room: roomKey(u.Next.Room)}
		return c.run(ctx, first)
	})
	if err != nil {
		return server.Receipt{}, err
	}
	if c.after != nil {
		s.rooms.put(c.room, c.after)
	}
	return c.receipt, nil
}

func (c *change) run(ctx context.Context, first func(context.Context, *change) (*server.Receipt, error)) error {
	errLists := c.lockLists(ctx)
	if errLists != nil && !errors.Is(errLists, server.ErrStale) {
		return errLists
	}
	errRoom := c.lockRoom(ctx)
	if errRoom != nil && !errors.Is(errRoom, server.ErrNotFound) && !errors.Is(errRoom, server.ErrStale) {
		return errRoom
	}
	// Under the locks, so that one that another node takes now is seen.
	r, err := receipt(ctx, c.tx, c.op, c.u.Envelope.AcceptedMS)
	if err == nil && r == nil {
		r, err = first(ctx, c)
	}
	switch {
	case err != nil:
		return err
	case r != nil:
		c.receipt = *r
		return nil
	case errRoom != nil:
		return errRoom
	case errLists != nil:
		return errLists
	}
	return c.take(ctx)
}

// lockLists returns ErrStale unless each list that the change was judged by is the
// newest, which it then stays until the transaction ends.
func (c *change) lockLists(ctx context.Context) error {
	want := map[key]uint64{}
	var boxes []key
	for a, version := range c.u.Lists {
		k := mailboxKey(a)
		want[k], boxes = version, append(boxes, k)
	}
	if len(boxes) == 0 {
		return nil
	}
	rows, err := c.tx.Query(ctx, `SELECT mailbox, version FROM account WHERE mailbox = ANY($1) ORDER BY mailbox FOR SHARE`, sorted(boxes))
	if err != nil {
		return err
	}
	var k key
	var version int64
	_, err = pgx.ForEachRow(rows, []any{&k, &version}, func() error {
		if want[k] == uint64(version) {
			delete(want, k)
		}
		return nil
	})
	if err == nil && len(want) > 0 {
		return server.ErrStale
	}
	return err
}

// lockRoom locks the room and reads it. For a new room it locks the name of its
// set instead, which two nodes may be about to open.
func (c *change) lockRoom(ctx context.Context) error {
	if c.u.Before == nil {
		return c.lockSet(ctx)
	}
	var change int64
	err := c.tx.QueryRow(ctx, `SELECT seq, change FROM grp WHERE room = $1 FOR UPDATE`, c.room).Scan(&c.seq, &change)
	if err != nil {
		return notFound(err)
	}
	found, err := readRooms(ctx, c.tx, []key{c.room})
	if err != nil {
		return err
	}
	if c.before = found[c.room]; c.before == nil {
		return errCorrupt
	}
	if c.before.room.At() != *c.u.Before || !slices.Equal(c.before.room.Accounts, c.u.Was) {
		c.s.rooms.put(c.room, c.before)
		return server.ErrStale
	}
	return nil
}

// nobody stands in a set's row while its first room is being made.
var nobody key

// lockSet locks the row of u's set, and makes it where there is none.
func (c *change) lockSet(ctx context.Context) error {
	set := setKey(c.u.Next.Set)
	if _, err := c.tx.Exec(ctx, `INSERT INTO named (set_hash, room) VALUES ($1, $2) ON CONFLICT (set_hash) DO NOTHING`, set, nobody); err != nil {
		return err
	}
	var room key
	return c.tx.QueryRow(ctx, `SELECT room FROM named WHERE set_hash = $1 FOR UPDATE`, set).Scan(&room)
}

// opened answers for a new room: the room that was opened for the set and still is
// it, ErrExists if the name is taken, or neither.
func (c *change) opened(ctx context.Context) (*server.Receipt, error) {
	var named key
	if err := c.tx.QueryRow(ctx, `SELECT room FROM named WHERE set_hash = $1`, setKey(c.u.Next.Set)).Scan(&named); err != nil {
		return nil, err
	}
	// The room that has the set is locked, since a commit may be changing it.
	rows, err := c.tx.Query(ctx, `SELECT room FROM grp WHERE room = ANY($1) ORDER BY room FOR UPDATE`, sorted([]key{named, c.room}))
	if err != nil {
		return nil, err
	}
	there, err := pgx.CollectRows(rows, pgx.RowTo[key])
	if err != nil {
		return nil, err
	}
	if slices.Contains(there, named) {
		found, err := readRooms(ctx, c.tx, []key{named})
		if err != nil {
			return nil, err
		}
		if r := found[named]; r != nil && slices.Equal(r.room.Accounts, c.u.Next.Set) {
			receipt := server.Receipt{Room: r.room.Room, Generation: r.room.Generation, AcceptedMS: c.u.Envelope.AcceptedMS}
			return &receipt, c.putReceipt(ctx, receipt)
		}
	}
	if slices.Contains(there, c.room) {
		return nil, server.ErrExists
	}
	return nil, nil
}

func (c *change) putReceipt(ctx context.Context, r server.Receipt) error {
	_, err := c.tx.Exec(ctx, `INSERT INTO receipt (op, week, body) VALUES ($1, $2, $3)`, c.op, week(r.AcceptedMS), cbor.MustMarshal(r))
	return err
}

// take makes the change: everything stands.
func (c *change) take(ctx context.Context) error {
	e, next := c.u.Envelope, c.u.Next
	before := &server.Room{}
	c.after = &cachedRoom{change: 1}
	if c.before != nil {
		before, c.after.change = c.before.room, c.before.change+1
	}
	e.Seq, next.Seq, next.Pending = uint64(c.seq)+1, uint64(c.seq)+1, nil
	c.after.room = cloneRoom(next).WithPending(before.Pending)
	c.after.boxes = mailboxKeys(next.Accounts)

	heads, err := lockMailboxes(ctx, c.tx, append(mailboxKeys(before.Accounts), c.after.boxes...))
	if err != nil {
		return err
	}
	c.receipt = server.Receipt{
		Room: next.Room, Generation: next.Generation, Created: true,
		Seq: e.Seq, Epoch: next.Epoch, AcceptedMS: e.AcceptedMS,
	}
	batch := &pgx.Batch{}
	winner := e.Epoch < next.Epoch
	var w writes
	boxes, pos := advance(heads)
	w.deliver(c.room, int64(e.Seq), e.AcceptedMS, winner, cbor.MustMarshal(&e), boxes, pos)
	w.addReceipt(c.op, c.receipt)
	w.queue(batch, heads)
	if winner {
		batch.Queue(`INSERT INTO winner (room, generation, epoch, seq, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (room, generation, epoch) DO UPDATE SET seq = excluded.seq, at = excluded.at`,
			c.room, int64(e.Generation), int64(e.Epoch), int64(e.Seq), e.AcceptedMS)
	}
	c.queueRoom(batch, before)
	return c.tx.SendBatch(ctx, batch).Close()
}

// queueRoom adds what makes the room what it is after the change. The epoch is
// checked once more, by the row itself.
func (c *change) queueRoom(batch *pgx.Batch, before *server.Room) {
	next := c.after.room
	at := next.At()
	if c.u.Before == nil {
		batch.Queue(`INSERT INTO grp (room, generation, epoch, seq, change) VALUES ($1, $2, $3, $4, 1)`,
			c.room, int64(at.Generation), int64(at.Epoch), int64(next.Seq))
		batch.Queue(`UPDATE named SET room = $2 WHERE set_hash = $1`, setKey(next.Set), c.room)
	} else {
		batch.Queue(`UPDATE grp SET generation = $2, epoch = $3, seq = $4, change = change + 1, pending = $5
			WHERE room = $1 AND generation = $6 AND epoch = $7`,
			c.room, int64(at.Generation), int64(at.Epoch), int64(next.Seq), encodeLeaves(next.Pending),
			int64(c.u.Before.Generation), int64(c.u.Before.Epoch)).Exec(oneRow)
	}
	batch.Queue(`INSERT INTO roster (room, body) VALUES ($1, $2) ON CONFLICT (room) DO UPDATE SET body = excluded.body`,
		c.room, encodeRoster(next))
	batch.Queue(`INSERT INTO state (room, state, info) VALUES ($1, $2, $3) ON CONFLICT (room) DO UPDATE SET state = excluded.state, info = excluded.info`,
		c.room, notNull(c.u.State), notNull(c.u.Info))
	batch.Queue(`INSERT INTO member (mailbox, room) SELECT m.mailbox, $2 FROM unnest($1::uuid[]) AS m(mailbox) ON CONFLICT (mailbox, room) DO NOTHING`,
		c.after.boxes, c.room)
	var left []key
	for _, a := range before.Accounts {
		if !next.Has(a) {
			left = append(left, mailboxKey(a))
		}
	}
	if len(left) > 0 {
		batch.Queue(`DELETE FROM member WHERE mailbox = ANY($1) AND room = $2`, left, c.room)
	}
}

// encodeRoster encodes all of r but what is pending, which is in grp.
func encodeRoster(r *server.Room) []byte {
	bare := *r
	bare.Pending = nil
	return cbor.MustMarshal(&bare)
}

func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func cloneRoom(r server.Room) *server.Room {
	r.Set, r.Accounts, r.Leaves = slices.Clone(r.Set), slices.Clone(r.Accounts), slices.Clone(r.Leaves)
	return &r
}

// lockMailboxes locks the heads of boxes and returns them. A box without a head is
// left out.
func lockMailboxes(ctx context.Context, tx pgx.Tx, boxes []key) (map[key]int64, error) {
	rows, err := tx.Query(ctx, lockHeads, sorted(boxes))
	if err != nil {
		return nil, err
	}
	heads := map[key]int64{}
	var k key
	var pos int64
	_, err = pgx.ForEachRow(rows, []any{&k, &pos}, func() error {
		heads[k] = pos
		return nil
	})
	return heads, err
}

// advance moves each head by one and returns the boxes and their new positions.
func advance(heads map[key]int64) (boxes []key, pos []int64) {
	for k := range heads {
		heads[k]++
		boxes, pos = append(boxes, k), append(pos, heads[k])
	}
	return boxes, pos
}

// oneRow returns errAgain unless the statement changed something.
func oneRow(tag pgconn.CommandTag) error {
	if tag.RowsAffected() != 1 {
		return errAgain
	}
	return nil
}
