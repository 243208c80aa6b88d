package pgstore

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"parley/internal/cbor"
	"parley/server"
)

// A leaving is the transaction of a LeaveUpdate. It locks the room, then the
// mailboxes.
type leaving struct {
	s    *Store
	tx   pgx.Tx
	u    *server.LeaveUpdate
	op   key
	room key

	before  *cachedRoom
	seq     int64 // the last one given
	receipt server.Receipt
	after   *cachedRoom
}

// Leave implements [server.Rooms].
func (s *Store) Leave(ctx context.Context, u server.LeaveUpdate) (server.Receipt, error) {
	var l *leaving
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		l = &leaving{s: s, tx: tx, u: &u, op: key(server.OperationHash(u.Op)), room: roomKey(u.Envelope.Room)}
		return l.run(ctx)
	})
	if err != nil {
		return server.Receipt{}, err
	}
	if l.after != nil {
		s.rooms.put(l.room, l.after)
	}
	return l.receipt, nil
}

func (l *leaving) run(ctx context.Context) error {
	errRoom := l.lockRoom(ctx)
	if errRoom != nil && !errors.Is(errRoom, server.ErrNotFound) {
		return errRoom
	}
	// Under the lock, so that one that another node takes now is seen.
	r, err := receipt(ctx, l.tx, l.op, l.u.Envelope.AcceptedMS)
	switch {
	case err != nil:
		return err
	case r != nil:
		l.receipt = *r
		return nil
	case errRoom != nil:
		return errRoom
	}
	if was := l.before.room; was.At() != l.u.Before || !slices.Equal(was.Accounts, l.u.Was) {
		l.s.rooms.put(l.room, l.before)
		return server.ErrStale
	}
	return l.take(ctx)
}

// lockRoom locks the room and reads it.
func (l *leaving) lockRoom(ctx context.Context) error {
	if err := l.tx.QueryRow(ctx, `SELECT seq FROM grp WHERE room = $1 FOR UPDATE`, l.room).Scan(&l.seq); err != nil {
		return notFound(err)
	}
	found, err := readRooms(ctx, l.tx, []key{l.room})
	if err != nil {
		return err
	}
	if l.before = found[l.room]; l.before == nil {
		return errCorrupt
	}
	return nil
}

// take makes the change: everything stands.
func (l *leaving) take(ctx context.Context) error {
	before, e := l.before.room, l.u.Envelope
	e.Seq = uint64(l.seq) + 1
	next := before.Left(l.u.Leaf)
	l.after = &cachedRoom{change: l.before.change + 1, room: next, boxes: mailboxKeys(next.Accounts)}
	l.receipt = server.Receipt{Room: e.Room, Generation: e.Generation, Seq: e.Seq, Epoch: e.Epoch, AcceptedMS: e.AcceptedMS}
	heads, err := lockMailboxes(ctx, l.tx, mailboxKeys(before.Accounts))
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	var w writes
	boxes, pos := advance(heads)
	w.deliver(l.room, int64(e.Seq), e.AcceptedMS, false, cbor.MustMarshal(&e), boxes, pos)
	w.addReceipt(l.op, l.receipt)
	w.queue(batch, heads)
	batch.Queue(`UPDATE grp SET seq = $2, change = change + 1, pending = $3 WHERE room = $1 AND generation = $4 AND epoch = $5`,
		l.room, int64(e.Seq), encodeLeaves(next.Pending), int64(l.u.Before.Generation), int64(l.u.Before.Epoch)).Exec(oneRow)
	batch.Queue(`UPDATE roster SET body = $2 WHERE room = $1`, l.room, encodeRoster(next)).Exec(oneRow)
	batch.Queue(`UPDATE state SET state = $2 WHERE room = $1`, l.room, notNull(l.u.State)).Exec(oneRow)
	batch.Queue(`DELETE FROM member WHERE mailbox = $1 AND room = $2`, mailboxKey(l.u.Leaf.Device.Account()), l.room)
	return l.tx.SendBatch(ctx, batch).Close()
}
