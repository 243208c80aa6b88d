package pgstore

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

// PutList implements [server.Directory].
func (s *Store) PutList(ctx context.Context, u server.ListUpdate) (touched []identity.Account, err error) {
	var changed map[key]*cachedRoom
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		l := &listChange{tx: tx, mailbox: mailboxKey(u.Account), account: u.Account}
		var a accountRow
		err := lockAccount(ctx, tx, l.mailbox, &a)
		if err := staleUnless(uint64(a.version)+1 == u.Version && !(u.Cancel && a.resetDone), err); err != nil {
			return err
		}
		if err := l.lockRooms(ctx); err != nil {
			return err
		}
		if err := l.drop(ctx, u.Leave, u.Gone); err != nil {
			return err
		}
		if err := l.put(ctx, &u); err != nil {
			return err
		}
		touched, changed = l.touched, l.changed
		return addPackages(ctx, tx, u.Publish)
	})
	if err != nil {
		return nil, err
	}
	s.learn(changed)
	return touched, nil
}

// FinishReset implements [server.Directory].
func (s *Store) FinishReset(ctx context.Context, f server.ResetFinish) error {
	var changed map[key]*cachedRoom
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		l := &listChange{tx: tx, mailbox: mailboxKey(f.Account), account: f.Account}
		var a accountRow
		err := lockAccount(ctx, tx, l.mailbox, &a)
		if err := staleUnless(uint64(a.version) == f.Version && a.isReset && !a.resetDone, err); err != nil {
			return err
		}
		if err := l.lockRooms(ctx); err != nil {
			return err
		}
		if err := l.drop(ctx, f.Leave, f.Gone); err != nil {
			return err
		}
		changed = l.changed
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE account SET reset_done = true WHERE mailbox = $1`, l.mailbox)
		batch.Queue(`DELETE FROM running_reset WHERE mailbox = $1`, l.mailbox)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err == nil {
		s.learn(changed)
	}
	return err
}

// learn keeps rooms that this node has changed.
func (s *Store) learn(changed map[key]*cachedRoom) {
	for k, r := range changed {
		s.rooms.put(k, r)
	}
}

// A listChange is the transaction of a new list or of a reset that is finished.
// Whatever joins a room with this account was judged by the account's list, whose
// row is locked: the account's rooms stay the same until the transaction ends.
type listChange struct {
	tx      pgx.Tx
	account identity.Account
	mailbox key
	rooms   map[key]*cachedRoom
	changed map[key]*cachedRoom // with more that is pending
	touched []identity.Account  // account and who shares a room with it, sorted
}

// lockRooms locks the account's rooms and reads them.
func (l *listChange) lockRooms(ctx context.Context) error {
	rows, err := l.tx.Query(ctx, `SELECT g.room FROM grp g WHERE g.room IN (SELECT m.room FROM member m WHERE m.mailbox = $1)
		ORDER BY g.room FOR UPDATE`, l.mailbox)
	if err != nil {
		return err
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[key])
	if err != nil {
		return err
	}
	l.touched = []identity.Account{l.account}
	if len(keys) == 0 {
		return nil
	}
	if l.rooms, err = readRooms(ctx, l.tx, keys); err != nil {
		return err
	}
	for _, r := range l.rooms {
		if r.room.Has(l.account) {
			l.touched = append(l.touched, r.room.Accounts...)
		}
	}
	slices.Sort(l.touched)
	l.touched = slices.Compact(l.touched)
	return nil
}

// drop takes the consequences of devices and leaves that left the list.
func (l *listChange) drop(ctx context.Context, leave []identity.Device, gone []server.Leaf) error {
	batch := &pgx.Batch{}
	for _, d := range leave {
		batch.Queue(`DELETE FROM reader WHERE mailbox = $1 AND device = $2`, l.mailbox, string(d))
		batch.Queue(`DELETE FROM account_record WHERE mailbox = $1 AND kind = ANY($2) AND name = $3`,
			l.mailbox, server.DeviceRecords(), []byte(d))
	}
	for _, g := range gone {
		k := mailboxKey(g.Device.Account())
		batch.Queue(`DELETE FROM package WHERE mailbox = $1 AND device = $2`, k, string(g.Device))
		batch.Queue(`DELETE FROM last_resort WHERE mailbox = $1 AND device = $2`, k, string(g.Device))
	}
	l.changed = map[key]*cachedRoom{}
	for k, r := range l.rooms {
		next := r.room.WithPending(gone)
		if next == r.room {
			continue
		}
		l.changed[k] = &cachedRoom{change: r.change + 1, room: next, boxes: r.boxes}
		batch.Queue(`UPDATE grp SET change = change + 1, pending = $2 WHERE room = $1`, k, encodeLeaves(next.Pending))
	}
	if batch.Len() == 0 {
		return nil
	}
	return l.tx.SendBatch(ctx, batch).Close()
}

// put adds the list, its event, and the devices that join.
func (l *listChange) put(ctx context.Context, u *server.ListUpdate) error {
	heads, err := lockMailboxes(ctx, l.tx, mailboxKeys(l.touched))
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE account SET version = $2, is_reset = $3, reset_done = false WHERE mailbox = $1`, l.mailbox, int64(u.Version), u.Reset)
	batch.Queue(addList, l.mailbox, int64(u.Version),
		cbor.MustMarshal(server.ListRecord{List: u.List, Version: u.Version, AcceptedMS: u.AcceptedMS}))
	batch.Queue(`DELETE FROM running_reset WHERE mailbox = $1`, l.mailbox)
	if u.Reset {
		batch.Queue(`INSERT INTO running_reset (mailbox, name, accepted_ms) VALUES ($1, $2, $3)`, l.mailbox, string(u.Account), u.AcceptedMS)
	}
	e := wire.Envelope{Kind: wire.EventDevices, AcceptedMS: u.AcceptedMS, Account: u.Account, Version: u.Version}
	var w writes
	boxes, pos := advance(heads)
	w.deliver(l.mailbox, int64(u.Version), u.AcceptedMS, false, cbor.MustMarshal(&e), boxes, pos)
	w.queue(batch, heads)
	for _, d := range u.Join {
		batch.Queue(addReader, l.mailbox, string(d), heads[l.mailbox])
		batch.Queue(`DELETE FROM enrollment WHERE mailbox = $1 AND device = $2`, l.mailbox, string(d))
	}
	return l.tx.SendBatch(ctx, batch).Close()
}
