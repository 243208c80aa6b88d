package pgstore

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

// AddKeyPackages implements [server.KeyPackages].
func (s *Store) AddKeyPackages(ctx context.Context, device identity.Device, packages []server.KeyPackage, max int) error {
	k := mailboxKey(device.Account())
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// Who adds for a device holds its row, so that the bound is true.
		if _, err := tx.Exec(ctx, `INSERT INTO stock (mailbox, device, touched) VALUES ($1, $2, 1)
			ON CONFLICT (mailbox, device) DO UPDATE SET touched = stock.touched + 1`, k, string(device)); err != nil {
			return err
		}
		fresh, err := unseen(ctx, tx, packages)
		if err != nil {
			return err
		}
		if fresh > 0 {
			held := 0
			if err := tx.QueryRow(ctx, `SELECT count(*) FROM package WHERE mailbox = $1 AND device = $2`, k, string(device)).Scan(&held); err != nil {
				return err
			}
			if held+fresh > max {
				return server.ErrTooMany
			}
		}
		return addPackages(ctx, tx, packages)
	})
}

// unseen counts the single-use packages that were never added before.
func unseen(ctx context.Context, tx pgx.Tx, packages []server.KeyPackage) (n int, err error) {
	type id struct{ device, ref string }
	fresh := map[id]bool{}
	var boxes []key
	var devices []string
	var refs [][]byte
	for _, p := range packages {
		if !p.LastResort {
			fresh[id{string(p.Device), string(p.Ref)}] = true
			boxes, devices, refs = append(boxes, mailboxKey(p.Device.Account())), append(devices, string(p.Device)), append(refs, p.Ref)
		}
	}
	if len(fresh) == 0 {
		return 0, nil
	}
	rows, err := tx.Query(ctx, `SELECT u.device, u.ref FROM used_package u
		JOIN unnest($1::uuid[], $2::text[], $3::bytea[]) AS d(mailbox, device, ref)
		ON u.mailbox = d.mailbox AND u.device = d.device AND u.ref = d.ref`, boxes, devices, refs)
	if err != nil {
		return 0, err
	}
	var device string
	var ref []byte
	_, err = pgx.ForEachRow(rows, []any{&device, &ref}, func() error {
		delete(fresh, id{device, string(ref)})
		return nil
	})
	return len(fresh), err
}

// addPackages adds those that were never added before, and the last resorts.
func addPackages(ctx context.Context, tx pgx.Tx, packages []server.KeyPackage) error {
	batch := &pgx.Batch{}
	for _, p := range packages {
		k, device := mailboxKey(p.Device.Account()), string(p.Device)
		if p.LastResort {
			batch.Queue(`INSERT INTO last_resort (mailbox, device, ref, suite, not_after, message) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (mailbox, device) DO UPDATE SET ref = excluded.ref, suite = excluded.suite, not_after = excluded.not_after, message = excluded.message`,
				k, device, notNull(p.Ref), int32(p.Suite), p.NotAfter, notNull(p.Message))
			continue
		}
		batch.Queue(`WITH fresh AS (
				INSERT INTO used_package (mailbox, device, ref, not_after) VALUES ($1, $2, $3, $5)
				ON CONFLICT (mailbox, device, ref) DO NOTHING RETURNING mailbox, device, ref)
			INSERT INTO package (mailbox, device, ref, suite, not_after, message) SELECT mailbox, device, ref, $4, $5, $6 FROM fresh`,
			k, device, notNull(p.Ref), int32(p.Suite), p.NotAfter, notNull(p.Message))
	}
	if batch.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, batch).Close()
}

// CountKeyPackages implements [server.KeyPackages].
func (s *Store) CountKeyPackages(ctx context.Context, device identity.Device, now int64) (count wire.KeyPackageCount, err error) {
	k := mailboxKey(device.Account())
	err = s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		var expires *int64
		count = wire.KeyPackageCount{}
		err := c.QueryRow(ctx, `SELECT
			(SELECT count(*) FROM package p WHERE p.mailbox = $1 AND p.device = $2 AND p.not_after > $3),
			(SELECT l.not_after FROM last_resort l WHERE l.mailbox = $1 AND l.device = $2 AND l.not_after > $3)`,
			k, string(device), now).Scan(&count.SingleUse, &expires)
		if err == nil && expires != nil {
			count.LastResort, count.Expires = true, *expires
		}
		return err
	})
	return count, err
}

// popPackage takes one that nobody else is taking: of the first suite that has any.
const popPackage = `DELETE FROM package WHERE (mailbox, device, ref) IN (
		SELECT p.mailbox, p.device, p.ref FROM package p
		WHERE p.mailbox = $1 AND p.device = $2 AND p.suite = ANY($3) AND p.not_after > $4
		ORDER BY array_position($3, p.suite), p.ref LIMIT 1 FOR UPDATE SKIP LOCKED)
	RETURNING ref, suite, not_after, message`

const seeLastResort = `SELECT ref, suite, not_after, message FROM last_resort
	WHERE mailbox = $1 AND device = $2 AND suite = ANY($3) AND not_after > $4`

// ClaimKeyPackages implements [server.KeyPackages].
func (s *Store) ClaimKeyPackages(ctx context.Context, devices []identity.Device, suites []uint16, now int64) (claimed []server.KeyPackage, err error) {
	var each []identity.Device
	for _, d := range devices {
		if !slices.Contains(each, d) {
			each = append(each, d)
		}
	}
	wanted := make([]int32, len(suites))
	for i, s := range suites {
		wanted[i] = int32(s)
	}
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found := make([]*server.KeyPackage, len(each))
		if err := claim(ctx, tx, popPackage, each, wanted, now, found); err != nil {
			return err
		}
		if err := claim(ctx, tx, seeLastResort, each, wanted, now, found); err != nil {
			return err
		}
		claimed = nil
		for _, k := range found {
			if k != nil {
				claimed = append(claimed, *k)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// claim runs sql for each device that has nothing in found yet: one round trip.
func claim(ctx context.Context, tx pgx.Tx, sql string, devices []identity.Device, suites []int32, now int64, found []*server.KeyPackage) error {
	batch := &pgx.Batch{}
	for i, d := range devices {
		if found[i] != nil {
			continue
		}
		batch.Queue(sql, mailboxKey(d.Account()), string(d), suites, now).Query(func(rows pgx.Rows) error {
			k := server.KeyPackage{Device: d, LastResort: sql == seeLastResort}
			var suite int32
			_, err := pgx.ForEachRow(rows, []any{&k.Ref, &suite, &k.NotAfter, &k.Message}, func() error {
				k.Suite = uint16(suite)
				found[i] = &k
				return nil
			})
			return err
		})
	}
	if batch.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, batch).Close()
}
