package sqlitestore

import (
	"context"
	"database/sql"
	"math"

	"parley/client"
)

// Write implements [client.Store].
func (s *Store) Write(ctx context.Context, base uint64, changes []client.Change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closed.Load() {
		return ErrClosed
	}
	if base > math.MaxInt64 { // no store was written so often
		return client.ErrConflict
	}
	select {
	case s.writing <- struct{}{}:
		defer func() { <-s.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.transact(ctx, int64(base), changes)
}

// transact makes changes in one transaction. It begins by taking the database's
// write lock (BEGIN IMMEDIATE), so that the version can't move after it is
// compared.
func (s *Store) transact(ctx context.Context, base int64, changes []client.Change) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(ctx, "write", err)
	}
	defer tx.Rollback() // does nothing after Commit
	ok, err := s.advance(ctx, tx, base)
	if err != nil {
		return s.explain(ctx, "write", err)
	}
	if !ok {
		return client.ErrConflict
	}
	if err := s.apply(ctx, tx, changes); err != nil {
		return s.explain(ctx, "write", err)
	}
	if err := tx.Commit(); err != nil {
		return s.explain(ctx, "write", err)
	}
	return nil
}

// advance moves the version on from base, and reports whether it was base.
func (s *Store) advance(ctx context.Context, tx *sql.Tx, base int64) (bool, error) {
	result, err := tx.StmtContext(ctx, s.bump).ExecContext(ctx, base)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

func (s *Store) apply(ctx context.Context, tx *sql.Tx, changes []client.Change) error {
	put, del := tx.StmtContext(ctx, s.put), tx.StmtContext(ctx, s.del)
	for _, c := range changes {
		var err error
		if c.Value == nil {
			_, err = del.ExecContext(ctx, []byte(c.Key))
		} else {
			_, err = put.ExecContext(ctx, []byte(c.Key), c.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
