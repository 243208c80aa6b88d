package pgstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A partitioned table: its parts hold unit milliseconds or weeks each. What falls
// in none is in its default part, so that no row is ever refused.
type partitioned struct {
	table string
	unit  int64 // of the column, that a part covers
	ahead int64 // parts that are made ahead
}

var (
	envParts     = partitioned{table: "env", unit: dayMS, ahead: 3}
	receiptParts = partitioned{table: "receipt", unit: 1, ahead: 2}
)

// name returns the name of the n-th part.
func (p partitioned) name(n int64) string { return fmt.Sprintf("%s_%d", p.table, n) }

// number reads a part's name; false for the default one.
func (p partitioned) number(name string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(name, p.table+"_"), 10, 64)
	return n, err == nil
}

// today returns the name of env's part for now. It may not be there.
func (p partitioned) today() string { return p.name(nowMS() / p.unit) }

// makePartitions makes the parts for now and the time ahead.
func (s *Store) makePartitions(ctx context.Context) error {
	now := nowMS()
	if err := s.makeParts(ctx, envParts, now/dayMS, now/dayMS+envParts.ahead); err != nil {
		return err
	}
	return s.makeParts(ctx, receiptParts, int64(week(now)), int64(week(now))+receiptParts.ahead)
}

// makeParts makes the parts from first to last that aren't there. One that can't be
// made, since the default part has rows of it or another node is making it, is
// left out.
func (s *Store) makeParts(ctx context.Context, p partitioned, first, last int64) error {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	there, err := p.parts(ctx, c)
	if err != nil {
		return err
	}
	for n := first; n <= last; n++ {
		if there[n] {
			continue
		}
		// Attaching a finished table locks less than creating it in place.
		err := define(ctx, c.Conn(),
			fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %[1]s (LIKE %[2]s INCLUDING ALL)`, p.name(n), p.table),
			fmt.Sprintf(`ALTER TABLE %[2]s ATTACH PARTITION %[1]s FOR VALUES FROM (%[3]d) TO (%[4]d)`,
				p.name(n), p.table, n*p.unit, (n+1)*p.unit))
		if err != nil && !harmless(sqlState(err)) {
			return err
		}
	}
	return nil
}

// define changes the tables. It waits for others for a moment only, since appends
// wait behind it: where somebody reads everything, as a backup does, the next Sweep
// tries again.
func define(ctx context.Context, c *pgx.Conn, statements ...string) error {
	return transact(ctx, c, func(ctx context.Context, tx pgx.Tx) error {
		for _, sql := range append([]string{"SET LOCAL lock_timeout = 200"}, statements...) {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
}

// harmless reports whether a part is made by another node now, can't be made
// because of rows that are in the default part already, or would have to wait.
func harmless(code string) bool {
	switch code {
	case "23514", "23505", "42P07", "42809", "42P17", "42710", "40P01", "55P03", "42P16":
		return true
	}
	return false
}

// parts returns the parts that are attached.
func (p partitioned) parts(ctx context.Context, c *pgxpool.Conn) (map[int64]bool, error) {
	rows, err := c.Query(ctx, `SELECT i.inhrelid::regclass::text FROM pg_inherits i WHERE i.inhparent = $1::regclass`, p.table)
	if err != nil {
		return nil, err
	}
	parts := map[int64]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		if n, ok := p.number(name); ok {
			parts[n] = true
		}
	}
	return parts, rows.Err()
}

// dropParts drops the parts that lie wholly before limit, as far as nobody is in the
// way.
func (s *Store) dropParts(ctx context.Context, p partitioned, limit int64) error {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	there, err := p.parts(ctx, c)
	if err != nil {
		return err
	}
	for n := range there {
		if (n+1)*p.unit > limit {
			continue
		}
		err := define(ctx, c.Conn(), `DROP TABLE IF EXISTS `+p.name(n))
		if sqlState(err) == "55P03" { // who reads everything is in the way of the others too
			return nil
		}
		if err != nil && !harmless(sqlState(err)) {
			return err
		}
	}
	return nil
}
