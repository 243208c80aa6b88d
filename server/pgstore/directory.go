package pgstore

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
)

// CreateAccount implements [server.Directory].
func (s *Store) CreateAccount(ctx context.Context, a server.NewAccount) error {
	k := mailboxKey(a.Account)
	list := cbor.MustMarshal(server.ListRecord{List: a.List, Version: 1, AcceptedMS: a.AcceptedMS})
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO account (mailbox, name, credential, version, is_reset, reset_done)
			VALUES ($1, $2, $3, 1, false, false) ON CONFLICT (mailbox) DO NOTHING`, k, string(a.Account), notNull(a.Credential))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return server.ErrExists
		}
		batch := &pgx.Batch{}
		batch.Queue(addList, k, int64(1), list)
		batch.Queue(`INSERT INTO head (mailbox, first, pos) VALUES ($1, 1, 0)`, k)
		batch.Queue(addReader, k, string(a.Device), int64(0))
		for _, r := range a.Records {
			batch.Queue(putRecord, k, r.Kind, []byte(r.Key), notNull(r.Value))
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

const (
	addList   = `INSERT INTO list (mailbox, version, body) VALUES ($1, $2, $3)`
	addReader = `INSERT INTO reader (mailbox, device, pos) VALUES ($1, $2, $3) ON CONFLICT (mailbox, device) DO UPDATE SET pos = excluded.pos`
)

// Account implements [server.Directory].
func (s *Store) Account(ctx context.Context, name identity.Account) (*server.Account, error) {
	result := &server.Account{Account: name}
	err := s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		var newest, previous []byte
		err := c.QueryRow(ctx, `SELECT a.credential, a.reset_done, n.body, p.body FROM account a
			JOIN list n ON n.mailbox = a.mailbox AND n.version = a.version
			LEFT JOIN list p ON p.mailbox = a.mailbox AND p.version = a.version - 1
			WHERE a.mailbox = $1`, mailboxKey(name)).Scan(&result.Credential, &result.ResetDone, &newest, &previous)
		if err != nil {
			return notFound(err)
		}
		current, err := decode[server.ListRecord](newest)
		if err != nil {
			return err
		}
		result.Current = *current
		if previous != nil {
			result.Previous, err = decode[server.ListRecord](previous)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// Lists implements [server.Directory].
func (s *Store) Lists(ctx context.Context, name identity.Account, from uint64, max int) (lists []identity.SignedDeviceList, err error) {
	k := mailboxKey(name)
	err = s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		lists = nil
		rows, err := c.Query(ctx, `SELECT l.body FROM account a LEFT JOIN (
				SELECT mailbox, version, body FROM list WHERE mailbox = $1 AND version >= $2 ORDER BY version LIMIT $3
			) l ON l.mailbox = a.mailbox WHERE a.mailbox = $1 ORDER BY l.version`, k, int64(min(from, 1<<62)), max)
		if err != nil {
			return err
		}
		bodies, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		if err == nil && len(bodies) == 0 {
			err = server.ErrNotFound
		}
		for _, b := range bodies {
			if b == nil || err != nil {
				continue
			}
			var l *server.ListRecord
			if l, err = decode[server.ListRecord](b); err == nil {
				lists = append(lists, l.List)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return lists, nil
}

// RunningResets implements [server.Directory].
func (s *Store) RunningResets(ctx context.Context, before int64) (running []identity.Account, err error) {
	err = s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		rows, err := c.Query(ctx, `SELECT name FROM running_reset WHERE accepted_ms < $1`, before)
		if err != nil {
			return err
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		running = nil
		for _, n := range names {
			running = append(running, identity.Account(n))
		}
		return err
	})
	return running, err
}

// PutEnrollment implements [server.Directory].
func (s *Store) PutEnrollment(ctx context.Context, name identity.Account, e server.Enrollment, now int64, max int) error {
	k, body := mailboxKey(name), cbor.MustMarshal(e)
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockAccount(ctx, tx, k, new(accountRow)); err != nil {
			return err
		}
		others := 0
		err := tx.QueryRow(ctx, `SELECT count(*) FROM enrollment WHERE mailbox = $1 AND device <> $2 AND expires_ms > $3`,
			k, string(e.Device), now).Scan(&others)
		if err != nil {
			return err
		}
		if others >= max {
			return server.ErrTooMany
		}
		_, err = tx.Exec(ctx, `INSERT INTO enrollment (mailbox, device, expires_ms, body) VALUES ($1, $2, $3, $4)
			ON CONFLICT (mailbox, device) DO UPDATE SET expires_ms = excluded.expires_ms, body = excluded.body`,
			k, string(e.Device), e.Expires, body)
		return err
	})
}

// Enrollments implements [server.Directory].
func (s *Store) Enrollments(ctx context.Context, name identity.Account, now int64) (waiting []server.Enrollment, err error) {
	k := mailboxKey(name)
	err = s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		waiting = nil
		rows, err := c.Query(ctx, `SELECT e.body FROM account a LEFT JOIN enrollment e ON e.mailbox = a.mailbox AND e.expires_ms > $2
			WHERE a.mailbox = $1`, k, now)
		if err != nil {
			return err
		}
		bodies, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		if err == nil && len(bodies) == 0 {
			return server.ErrNotFound
		}
		for _, b := range bodies {
			if b == nil {
				continue
			}
			e, err := decode[server.Enrollment](b)
			if err != nil {
				return err
			}
			waiting = append(waiting, *e)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return waiting, nil
}

// An accountRow is what decides on a new list.
type accountRow struct {
	version            int64
	isReset, resetDone bool
}

// lockAccount locks an account and reads it, or returns ErrNotFound.
func lockAccount(ctx context.Context, tx pgx.Tx, k key, a *accountRow) error {
	err := tx.QueryRow(ctx, `SELECT version, is_reset, reset_done FROM account WHERE mailbox = $1 FOR UPDATE`, k).
		Scan(&a.version, &a.isReset, &a.resetDone)
	return notFound(err)
}

// staleUnless returns ErrStale for an account that isn't there or isn't so.
func staleUnless(ok bool, err error) error {
	if errors.Is(err, server.ErrNotFound) || err == nil && !ok {
		return server.ErrStale
	}
	return err
}
