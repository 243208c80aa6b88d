package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// What Raise does: $1 is the least number to go on from. A mailbox is moved as a
// whole, by more than its length, so that no two rows meet on the way.
var raises = []string{
	`UPDATE box SET pos = box.pos + CASE WHEN $1 > h.pos THEN $1 - h.first ELSE 4294967296 END
		FROM head h WHERE h.mailbox = box.mailbox`,
	`UPDATE reader SET pos = reader.pos + CASE WHEN $1 > h.pos THEN $1 - h.first ELSE 4294967296 END
		FROM head h WHERE h.mailbox = reader.mailbox`,
	`UPDATE head SET first = first + CASE WHEN $1 > pos THEN $1 - first ELSE 4294967296 END,
		pos = pos + CASE WHEN $1 > pos THEN $1 - first ELSE 4294967296 END`,
	`UPDATE grp SET seq = CASE WHEN $1 > seq THEN $1 ELSE seq + 4294967296 END, change = change + 1`,
}

// Raise has a database that was restored to an earlier moment go on above every
// number that it can have given out before now: positions of mailboxes, with what
// is in them and the devices' cursors, and the seqs from which rooms go on. They go
// on at the microseconds of Unix time. Single-use key packages go, since they may
// have been given away; devices publish new ones. It is one transaction. No
// node may be running.
func (s *Store) Raise(ctx context.Context, now time.Time) error {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return explain(err)
	}
	defer c.Release()
	return explain(transact(ctx, c.Conn(), func(ctx context.Context, tx pgx.Tx) error {
		if err := unhurried(ctx, tx); err != nil {
			return err
		}
		for _, sql := range raises {
			if _, err := tx.Exec(ctx, sql, now.UnixMicro()); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `DELETE FROM package`)
		return err
	}))
}
