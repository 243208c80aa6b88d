package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"parley/identity"
)

// EraseAccount implements [server.Directory]: one transaction.
func (s *Store) EraseAccount(ctx context.Context, name identity.Account) error {
	var changed map[key]*cachedRoom
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		l := &listChange{tx: tx, mailbox: mailboxKey(name), account: name}
		if err := lockAccount(ctx, tx, l.mailbox, new(accountRow)); err != nil {
			return err
		}
		if err := l.lockRooms(ctx); err != nil {
			return err
		}
		if err := l.eraseFromRooms(ctx); err != nil {
			return err
		}
		if err := l.eraseMailbox(ctx); err != nil {
			return err
		}
		changed = l.changed
		batch := &pgx.Batch{}
		for _, table := range []string{
			"member", "reader", "head", "enrollment", "running_reset", "account_record",
			"package", "used_package", "last_resort", "stock", "list", "account",
		} {
			batch.Queue(`DELETE FROM `+table+` WHERE mailbox = $1`, l.mailbox)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if err == nil {
		s.learn(changed)
	}
	return err
}

// eraseFromRooms takes the account out of its rooms.
func (l *listChange) eraseFromRooms(ctx context.Context) error {
	batch := &pgx.Batch{}
	l.changed = map[key]*cachedRoom{}
	for k, r := range l.rooms {
		next, forget := r.room.Erased(l.account)
		l.changed[k] = &cachedRoom{change: r.change + 1, room: next, boxes: mailboxKeys(next.Accounts)}
		batch.Queue(`UPDATE grp SET change = change + 1, pending = $2 WHERE room = $1`, k, encodeLeaves(next.Pending))
		batch.Queue(`UPDATE roster SET body = $2 WHERE room = $1`, k, encodeRoster(next))
		batch.Queue(`DELETE FROM named WHERE set_hash = $1 AND room = $2`, setKey(r.room.Set), k)
		if forget {
			batch.Queue(`UPDATE state SET state = '', info = '' WHERE room = $1`, k)
		}
	}
	if batch.Len() == 0 {
		return nil
	}
	return l.tx.SendBatch(ctx, batch).Close()
}

// eraseMailbox lets all go that the mailbox has.
func (l *listChange) eraseMailbox(ctx context.Context) error {
	if _, err := l.tx.Exec(ctx, lockHeads, []key{l.mailbox}); err != nil {
		return err
	}
	rows, err := l.tx.Query(ctx, `DELETE FROM box WHERE mailbox = $1 RETURNING owner, seq, at`, l.mailbox)
	if err != nil {
		return err
	}
	gone := envelopeCounts{n: map[envelopeKey]int32{}}
	if err := gone.scan(rows); err != nil || len(gone.n) == 0 {
		return err
	}
	return gone.release(ctx, l.tx)
}
