package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// BeginMove marks the database as one into which a site is being moved: until
// EndMove, Open refuses it with ErrIncomplete, so that nobody serves what hasn't
// been checked.
func (s *Store) BeginMove(ctx context.Context) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO lease (name, holder, until) VALUES ('move', $1, 0) ON CONFLICT (name) DO NOTHING`, s.node)
		return err
	})
}

// EndMove takes the mark of BeginMove away: what was loaded has been checked, or
// nothing was.
func (s *Store) EndMove(ctx context.Context) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM lease WHERE name = 'move'`)
		return err
	})
}

// checkComplete returns ErrIncomplete if a move began and didn't end.
func (s *Store) checkComplete(ctx context.Context) error {
	var moving bool
	if err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM lease WHERE name = 'move')`).Scan(&moving); err != nil {
		return err
	}
	if moving {
		return ErrIncomplete
	}
	return nil
}
