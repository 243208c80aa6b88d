package pgstore

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/server"
)

// sweepStep is how many mailboxes are swept in one transaction.
const sweepStep = 128

// sweepPositions is how many positions a mailbox gives up at once.
const sweepPositions = 4096

// sweepLease is how long a node may sweep without a sign of life, in milliseconds
// by the database's clock.
const sweepLease = 60_000

// Sweep implements [server.Store]. It is many small transactions: where it fails,
// the next one goes on. Every node makes partitions ahead; of several nodes that
// sweep at once, one does the rest.
func (s *Store) Sweep(ctx context.Context, limits server.SweepLimits) error {
	if err := s.attempt(ctx, func() error { return s.makePartitions(ctx) }); err != nil {
		return err
	}
	mine, err := s.takeLease(ctx)
	if err != nil || !mine {
		return err
	}
	if err := s.sweep(ctx, limits); err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM lease WHERE name = 'sweep' AND holder = $1`, s.node)
		return err
	})
}

// takeLease reports whether this node sweeps now, and for how long it is alone.
func (s *Store) takeLease(ctx context.Context) (mine bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO lease (name, holder, until)
			VALUES ('sweep', $1, (extract(epoch FROM now()) * 1000)::bigint + $2)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE lease.holder = excluded.holder OR lease.until < excluded.until - $2`, s.node, int64(sweepLease))
		mine = tag.RowsAffected() == 1
		return err
	})
	return mine, err
}

func (s *Store) sweep(ctx context.Context, limits server.SweepLimits) error {
	whole := s.sweeps.due(limits)
	var after key
	for more := true; more; {
		if mine, err := s.takeLease(ctx); err != nil || !mine {
			return err
		}
		err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
			next, n, err := sweepMailboxes(ctx, tx, after, limits.Envelopes)
			if err == nil && whole {
				err = sweepDevices(ctx, tx, after, next, n < sweepStep, limits)
			}
			if err == nil {
				after, more = next, n == sweepStep
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	err := s.attempt(ctx, func() error {
		if err := s.dropParts(ctx, envParts, limits.Envelopes); err != nil {
			return err
		}
		return s.dropParts(ctx, receiptParts, int64(week(limits.Receipts)))
	})
	if err == nil && whole {
		err = s.sweepRest(ctx, limits)
	}
	if err == nil && whole {
		s.sweeps.done(limits)
	}
	return err
}

// A sweepClock says when what is found only by reading whole tables is looked for:
// once the limits have moved by an hour.
type sweepClock struct {
	mu   sync.Mutex // guards last
	last *server.SweepLimits
}

func (c *sweepClock) due(now server.SweepLimits) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	const hour = 3600 * 1000
	return c.last == nil || now.Now-c.last.Now >= hour || now.Envelopes-c.last.Envelopes >= hour || now.Receipts-c.last.Receipts >= hour
}

func (c *sweepClock) done(now server.SweepLimits) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = &now
}

// sweepDevices removes the key packages and enrollments that have expired of the
// mailboxes behind after up to last, or of all behind after.
func sweepDevices(ctx context.Context, tx pgx.Tx, after, last key, toEnd bool, limits server.SweepLimits) error {
	if toEnd {
		for i := range last {
			last[i] = 0xff
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM package WHERE mailbox > $1 AND mailbox <= $2 AND not_after <= $3`, after, last, limits.Now/1000)
	batch.Queue(`DELETE FROM used_package WHERE mailbox > $1 AND mailbox <= $2 AND not_after <= $3`, after, last, limits.Now/1000)
	batch.Queue(`DELETE FROM enrollment WHERE mailbox > $1 AND mailbox <= $2 AND expires_ms <= $3`, after, last, limits.Now)
	return tx.SendBatch(ctx, batch).Close()
}

const (
	// The next mailboxes in order, locked as an append locks them.
	sweepHeads = `SELECT mailbox, first, pos FROM head WHERE mailbox > $1 ORDER BY mailbox LIMIT $2`

	// Of mailboxes, the first position that is still needed: one that some device
	// hasn't acknowledged and that isn't too old; else the one behind the head. At
	// most $3 positions go at once: the next Sweep takes more.
	firstNeeded = `SELECT h.mailbox, least(h.first + $3, coalesce((
			SELECT b.pos FROM box b
			WHERE b.mailbox = h.mailbox AND b.pos >= h.first AND b.at >= $2
				AND b.pos > coalesce((SELECT min(r.pos) FROM reader r WHERE r.mailbox = h.mailbox), h.pos)
			ORDER BY b.pos LIMIT 1), h.pos + 1))
		FROM head h WHERE h.mailbox = ANY($1)`

	moveFirst = `UPDATE head SET first = d.first FROM unnest($1::uuid[], $2::bigint[]) AS d(mailbox, first)
		WHERE head.mailbox = d.mailbox`
	clearBoxes = `DELETE FROM box USING unnest($1::uuid[], $2::bigint[]) AS d(mailbox, first)
		WHERE box.mailbox = d.mailbox AND box.pos < d.first
		RETURNING box.owner, box.seq, box.at`
	release = `INSERT INTO released (owner, seq, at, n)
		SELECT d.owner, d.seq, d.at, d.n FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::integer[]) AS d(owner, seq, at, n)
		ORDER BY d.owner, d.seq
		ON CONFLICT (owner, seq) DO UPDATE SET n = released.n + excluded.n`
	clearEnvs = `DELETE FROM env USING released r, unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS d(owner, seq, at)
		WHERE r.owner = d.owner AND r.seq = d.seq AND env.owner = d.owner AND env.seq = d.seq AND env.at = d.at AND r.n >= env.refs
		RETURNING env.owner, env.seq`
	clearReleased = `DELETE FROM released USING unnest($1::uuid[], $2::bigint[]) AS d(owner, seq)
		WHERE released.owner = d.owner AND released.seq = d.seq`
	clearWinners = `DELETE FROM winner USING unnest($1::uuid[], $2::bigint[]) AS d(room, seq)
		WHERE winner.room = d.room AND winner.seq = d.seq`
)

// sweepMailboxes takes from the front of the mailboxes after a key what every
// device has or what is older than limit, and removes envelopes that no mailbox
// has any more. It returns the last mailbox, and how many it looked at.
func sweepMailboxes(ctx context.Context, tx pgx.Tx, after key, limit int64) (last key, n int, err error) {
	last = after
	var all []key
	rows, err := tx.Query(ctx, sweepHeads, after, sweepStep)
	if err != nil {
		return last, 0, err
	}
	var k key
	var first, pos int64
	_, err = pgx.ForEachRow(rows, []any{&k, &first, &pos}, func() error {
		last, n = k, n+1
		if first <= pos {
			all = append(all, k)
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		return last, n, err
	}
	return last, n, letGo(ctx, tx, all, limit)
}

// letGo clears the front of mailboxes.
func letGo(ctx context.Context, tx pgx.Tx, boxes []key, limit int64) error {
	if _, err := tx.Exec(ctx, lockHeads, boxes); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, firstNeeded, boxes, limit, int64(sweepPositions))
	if err != nil {
		return err
	}
	var first []int64
	var k key
	var pos int64
	boxes = nil
	_, err = pgx.ForEachRow(rows, []any{&k, &pos}, func() error {
		boxes, first = append(boxes, k), append(first, pos)
		return nil
	})
	if err != nil {
		return err
	}
	if rows, err = tx.Query(ctx, clearBoxes, boxes, first); err != nil {
		return err
	}
	gone := envelopeCounts{n: map[envelopeKey]int32{}}
	if err := gone.scan(rows); err != nil || len(gone.n) == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, moveFirst, boxes, first); err != nil {
		return err
	}
	return gone.release(ctx, tx)
}

// An envelopeKey is the key of an envelope.
type envelopeKey struct {
	owner key
	seq   int64
	at    int64
}

// envelopeCounts says how many mailboxes let each envelope go.
type envelopeCounts struct{ n map[envelopeKey]int32 }

func (c *envelopeCounts) scan(rows pgx.Rows) error {
	var e envelopeKey
	_, err := pgx.ForEachRow(rows, []any{&e.owner, &e.seq, &e.at}, func() error {
		c.n[e]++
		return nil
	})
	return err
}

// release removes the envelopes that no mailbox has any more, with what names
// them.
func (c *envelopeCounts) release(ctx context.Context, tx pgx.Tx) error {
	var owner []key
	var seq, at []int64
	var n []int32
	for e, count := range c.n {
		owner, seq, at, n = append(owner, e.owner), append(seq, e.seq), append(at, e.at), append(n, count)
	}
	if _, err := tx.Exec(ctx, release, owner, seq, at, n); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, clearEnvs, owner, seq, at)
	if err != nil {
		return err
	}
	owner, seq = nil, nil
	var o key
	var q int64
	_, err = pgx.ForEachRow(rows, []any{&o, &q}, func() error {
		owner, seq = append(owner, o), append(seq, q)
		return nil
	})
	if err != nil || len(owner) == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, clearReleased, owner, seq); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, clearWinners, owner, seq)
	return err
}

// restTime bounds one statement of sweepRest.
const restTime = 5 * time.Minute

// sweepRest removes what has expired outside the mailboxes and has no part of its
// own. The statements read whole tables, small ones: they may take their time.
func (s *Store) sweepRest(ctx context.Context, limits server.SweepLimits) error {
	for _, q := range []struct {
		sql   string
		limit int64
	}{
		{`DELETE FROM released WHERE at < $1`, limits.Envelopes},
		{`DELETE FROM winner WHERE at < $1`, limits.Envelopes},
		{`DELETE FROM env_other WHERE at < $1`, limits.Envelopes},
		{`DELETE FROM receipt_other WHERE week < $1`, int64(week(limits.Receipts))},
	} {
		err := s.attempt(ctx, func() error {
			ctx, cancel := context.WithTimeout(ctx, restTime)
			defer cancel()
			c, err := s.pool.Acquire(ctx)
			if err != nil {
				return err
			}
			defer c.Release()
			return transact(ctx, c.Conn(), func(ctx context.Context, tx pgx.Tx) error {
				if err := unhurried(ctx, tx); err != nil {
					return err
				}
				_, err := tx.Exec(ctx, q.sql, q.limit)
				return err
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
