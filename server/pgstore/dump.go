package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
)

var _ server.Dumper = (*Store)(nil)

// Dump implements [server.Dumper]. It reads one snapshot, and may take long: the
// database keeps what goes meanwhile until it ends. Envelopes come in the order of
// the time at which they were accepted.
func (s *Store) Dump(ctx context.Context, f func(*server.Record) error) error {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return explain(err)
	}
	defer c.Release()
	tx, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	d := &dump{tx: tx, f: f}
	for _, step := range []func(context.Context) error{
		d.unhurried, d.meta, d.accounts, d.enrollments, d.records, d.packages, d.lastResorts, d.used, d.rooms, d.receipts, d.envelopes, d.ledger,
	} {
		if err := step(ctx); err != nil {
			if d.failed != nil {
				return d.failed // the caller's
			}
			return explain(err)
		}
	}
	return nil
}

// A dump is a Dump under way.
type dump struct {
	tx     pgx.Tx
	f      func(*server.Record) error
	failed error // what f returned
}

func (d *dump) give(r *server.Record) error {
	d.failed = d.f(r)
	return d.failed
}

// unhurried lifts the limits on time for this transaction.
func (d *dump) unhurried(ctx context.Context) error { return unhurried(ctx, d.tx) }

func unhurried(ctx context.Context, tx pgx.Tx) error {
	batch := &pgx.Batch{}
	batch.Queue("SET LOCAL statement_timeout = 0")
	batch.Queue("SET LOCAL idle_in_transaction_session_timeout = 0")
	return tx.SendBatch(ctx, batch).Close()
}

// each gives the record that row makes for each row of a query.
func (d *dump) each(ctx context.Context, sql string, columns []any, row func() (*server.Record, error)) error {
	rows, err := d.tx.Query(ctx, sql)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, columns, func() error {
		r, err := row()
		if err != nil {
			return err
		}
		return d.give(r)
	})
	return err
}

func (d *dump) meta(ctx context.Context) error {
	var m server.MetaDump
	return d.each(ctx, `SELECT name, value FROM meta ORDER BY name`, []any{&m.Name, &m.Value}, func() (*server.Record, error) {
		return &server.Record{Meta: &m}, nil
	})
}

// dumpStep is how many accounts are read at once.
const dumpStep = 500

func (d *dump) accounts(ctx context.Context) error {
	var after key
	for {
		keys, accounts, err := d.someAccounts(ctx, after)
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, k := range keys {
			if err := d.give(&server.Record{Account: accounts[k]}); err != nil {
				return err
			}
		}
		after = keys[len(keys)-1]
	}
}

// someAccounts reads the accounts behind a key, in order.
func (d *dump) someAccounts(ctx context.Context, after key) (keys []key, accounts map[key]*server.AccountDump, err error) {
	rows, err := d.tx.Query(ctx, `SELECT a.mailbox, a.name, a.credential, a.reset_done, h.first, h.pos FROM account a JOIN head h ON h.mailbox = a.mailbox
		WHERE a.mailbox > $1 ORDER BY a.mailbox LIMIT $2`, after, dumpStep)
	if err != nil {
		return nil, nil, err
	}
	accounts = map[key]*server.AccountDump{}
	var k key
	var a server.AccountDump
	var first, head int64
	_, err = pgx.ForEachRow(rows, []any{&k, &a.Account, &a.Credential, &a.ResetDone, &first, &head}, func() error {
		one := a
		one.First, one.Head = uint64(first), uint64(head)
		keys, accounts[k] = append(keys, k), &one
		a.Credential = nil
		return nil
	})
	if err != nil || len(keys) == 0 {
		return nil, nil, err
	}
	return keys, accounts, d.fillAccounts(ctx, keys, accounts)
}

// fillAccounts reads the lists and cursors of accounts.
func (d *dump) fillAccounts(ctx context.Context, keys []key, accounts map[key]*server.AccountDump) error {
	rows, err := d.tx.Query(ctx, `SELECT mailbox, body FROM list WHERE mailbox = ANY($1) ORDER BY mailbox, version`, keys)
	if err != nil {
		return err
	}
	var k key
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&k, &body}, func() error {
		l, err := decode[server.ListRecord](body)
		if err == nil {
			accounts[k].Lists = append(accounts[k].Lists, *l)
		}
		return err
	})
	if err != nil {
		return err
	}
	if rows, err = d.tx.Query(ctx, `SELECT mailbox, device, pos FROM reader WHERE mailbox = ANY($1) ORDER BY mailbox, device`, keys); err != nil {
		return err
	}
	var device identity.Device
	var pos int64
	_, err = pgx.ForEachRow(rows, []any{&k, &device, &pos}, func() error {
		if a := accounts[k]; a != nil {
			a.Cursors = append(a.Cursors, server.CursorDump{Device: device, Pos: uint64(pos)})
		}
		return nil
	})
	return err
}

func (d *dump) enrollments(ctx context.Context) error {
	var body []byte
	return d.each(ctx, `SELECT body FROM enrollment ORDER BY mailbox, device`, []any{&body}, func() (*server.Record, error) {
		e, err := decode[server.Enrollment](body)
		if err != nil {
			return nil, err
		}
		return &server.Record{Enrollment: &server.EnrollmentDump{Account: e.Device.Account(), Enrollment: *e}}, nil
	})
}

func (d *dump) packages(ctx context.Context) error {
	return d.keyPackages(ctx, `SELECT device, ref, suite, not_after, message FROM package ORDER BY mailbox, device, ref`, false)
}

func (d *dump) lastResorts(ctx context.Context) error {
	return d.keyPackages(ctx, `SELECT device, ref, suite, not_after, message FROM last_resort ORDER BY mailbox, device`, true)
}

func (d *dump) keyPackages(ctx context.Context, sql string, last bool) error {
	var suite int32
	var k server.KeyPackage
	return d.each(ctx, sql, []any{&k.Device, &k.Ref, &suite, &k.NotAfter, &k.Message}, func() (*server.Record, error) {
		one := k
		one.Suite, one.LastResort = uint16(suite), last
		k.Ref, k.Message = nil, nil
		return &server.Record{KeyPackage: &one}, nil
	})
}

func (d *dump) used(ctx context.Context) error {
	var u server.UsedPackageDump
	return d.each(ctx, `SELECT device, ref, not_after FROM used_package ORDER BY mailbox, device, ref`,
		[]any{&u.Device, &u.Ref, &u.NotAfter}, func() (*server.Record, error) {
			one := u
			u.Ref = nil
			return &server.Record{UsedPackage: &one}, nil
		})
}

func (d *dump) rooms(ctx context.Context) error {
	var body, pending, state, info []byte
	var seq int64
	var set *[16]byte
	return d.each(ctx, `SELECT r.body, g.pending, g.seq, s.state, s.info, n.set_hash
		FROM grp g JOIN roster r ON r.room = g.room JOIN state s ON s.room = g.room LEFT JOIN named n ON n.room = g.room
		ORDER BY g.room`, []any{&body, &pending, &seq, &state, &info, &set}, func() (*server.Record, error) {
		r, err := decode[server.Room](body)
		if err != nil {
			return nil, err
		}
		if r.Pending, err = decodeLeaves(pending); err != nil {
			return nil, err
		}
		room := &server.RoomDump{Room: *r, Seq: uint64(seq), State: state, Info: info, Named: set != nil && key(*set) == setKey(r.Set)}
		state, info = nil, nil
		return &server.Record{Room: room}, nil
	})
}

func (d *dump) receipts(ctx context.Context) error {
	var op key
	var body []byte
	return d.each(ctx, `SELECT op, body FROM receipt`, []any{&op, &body}, func() (*server.Record, error) {
		r, err := decode[server.Receipt](body)
		if err != nil {
			return nil, err
		}
		return &server.Record{Receipt: &server.ReceiptDump{Op: op, Receipt: *r}}, nil
	})
}

func (d *dump) envelopes(ctx context.Context) error {
	var winner bool
	var body []byte
	var names []string
	var pos []int64
	return d.each(ctx, `SELECT e.winner, e.body, p.names, p.pos FROM env e LEFT JOIN (
			SELECT b.owner, b.seq, b.at,
				array_agg(a.name ORDER BY a.name COLLATE "C") AS names, array_agg(b.pos ORDER BY a.name COLLATE "C") AS pos
			FROM box b JOIN account a ON a.mailbox = b.mailbox GROUP BY b.owner, b.seq, b.at
		) p ON p.owner = e.owner AND p.seq = e.seq AND p.at = e.at
		ORDER BY e.at, e.owner, e.seq`, []any{&winner, &body, &names, &pos}, func() (*server.Record, error) {
		e := &server.EnvelopeDump{Envelope: cbor.RawMessage(body), Winner: winner}
		for i, n := range names {
			e.Places = append(e.Places, server.PlaceDump{Account: identity.Account(n), Pos: uint64(pos[i])})
		}
		body, names, pos = nil, nil, nil
		return &server.Record{Envelope: e}, nil
	})
}
