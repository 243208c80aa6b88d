package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"parley/identity"
)

// Meet implements [server.Rooms].
func (s *Store) Meet(ctx context.Context, a, b identity.Account) (met bool, err error) {
	err = s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		return c.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM member x JOIN member y ON y.mailbox = $2 AND y.room = x.room WHERE x.mailbox = $1)`,
			mailboxKey(a), mailboxKey(b)).Scan(&met)
	})
	return met, err
}
