package pgstore

import (
	"context"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

var _ server.Loader = (*Store)(nil)

// loadDays is for how many days back Load makes partitions. Older envelopes go to
// the default one.
const loadDays = 40

// Bounds of what Load holds in memory.
const (
	loadRows  = 2000
	loadBytes = 8 << 20
)

// Load implements [server.Loader]. It is one transaction: after an error the
// database is as empty as before.
func (s *Store) Load(ctx context.Context, next func() (*server.Record, error)) error {
	today, week := nowMS()/dayMS, int64(week(nowMS()))
	if err := s.makeParts(ctx, envParts, today-loadDays, today); err != nil {
		return explain(err)
	}
	if err := s.makeParts(ctx, receiptParts, week-2, week); err != nil {
		return explain(err)
	}
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return explain(err)
	}
	defer c.Release()
	l := &load{copies: newCopies()}
	err = transact(ctx, c.Conn(), func(ctx context.Context, tx pgx.Tx) error {
		l.tx = tx
		if err := unhurried(ctx, tx); err != nil {
			return err
		}
		if err := l.checkEmpty(ctx); err != nil {
			return err
		}
		return l.run(ctx, next)
	})
	if l.failed != nil {
		return l.failed
	}
	return explain(err)
}

// A load is a Load under way.
type load struct {
	tx     pgx.Tx
	copies map[string]*copying
	failed error // what next returned
}

const anything = `SELECT EXISTS (SELECT 1 FROM meta) OR EXISTS (SELECT 1 FROM account) OR EXISTS (SELECT 1 FROM enrollment) OR EXISTS (SELECT 1 FROM account_record)
	OR EXISTS (SELECT 1 FROM package) OR EXISTS (SELECT 1 FROM used_package) OR EXISTS (SELECT 1 FROM last_resort)
	OR EXISTS (SELECT 1 FROM grp) OR EXISTS (SELECT 1 FROM receipt) OR EXISTS (SELECT 1 FROM env) OR EXISTS (SELECT 1 FROM ledger)`

// checkEmpty returns ErrExists unless nothing is kept.
func (l *load) checkEmpty(ctx context.Context) error {
	var there bool
	if err := l.tx.QueryRow(ctx, anything).Scan(&there); err != nil {
		return err
	}
	if there {
		return server.ErrExists
	}
	return nil
}

func (l *load) run(ctx context.Context, next func() (*server.Record, error)) error {
	for {
		r, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			l.failed = err
			return err
		}
		if err := l.add(ctx, r); err != nil {
			return err
		}
	}
	for _, table := range tables {
		if err := l.flush(ctx, table); err != nil {
			return err
		}
	}
	return nil
}

// tables are those that Load fills.
var tables = []string{
	"meta", "account", "list", "running_reset", "head", "reader", "enrollment", "account_record", "package", "last_resort",
	"used_package", "grp", "roster", "state", "member", "named", "winner", "receipt", "env", "box", "ledger",
}

// A copying is rows that wait to be copied into a table.
type copying struct {
	columns []string
	rows    [][]any
	size    int // bytes, about
}

func newCopies() map[string]*copying {
	copies := map[string]*copying{}
	for table, columns := range map[string][]string{
		"meta":           {"name", "value"},
		"account":        {"mailbox", "name", "credential", "version", "is_reset", "reset_done"},
		"list":           {"mailbox", "version", "body"},
		"running_reset":  {"mailbox", "name", "accepted_ms"},
		"head":           {"mailbox", "first", "pos"},
		"reader":         {"mailbox", "device", "pos"},
		"enrollment":     {"mailbox", "device", "expires_ms", "body"},
		"account_record": {"mailbox", "kind", "name", "value"},
		"package":        {"mailbox", "device", "ref", "suite", "not_after", "message"},
		"last_resort":    {"mailbox", "device", "ref", "suite", "not_after", "message"},
		"used_package":   {"mailbox", "device", "ref", "not_after"},
		"grp":            {"room", "generation", "epoch", "seq", "change", "pending"},
		"roster":         {"room", "body"},
		"state":          {"room", "state", "info"},
		"member":         {"mailbox", "room"},
		"named":          {"set_hash", "room"},
		"winner":         {"room", "generation", "epoch", "seq", "at"},
		"receipt":        {"op", "week", "body"},
		"ledger":         {"name", "value"},
		"env":            {"owner", "seq", "at", "refs", "winner", "body"},
		"box":            {"mailbox", "pos", "owner", "seq", "at", "size"},
	} {
		copies[table] = &copying{columns: columns}
	}
	return copies
}

// put adds a row to a table.
func (l *load) put(ctx context.Context, table string, row ...any) error {
	c := l.copies[table]
	c.rows = append(c.rows, row)
	for _, v := range row {
		if b, ok := v.([]byte); ok {
			c.size += len(b)
		}
	}
	if len(c.rows) < loadRows && c.size < loadBytes {
		return nil
	}
	return l.flush(ctx, table)
}

func (l *load) flush(ctx context.Context, table string) error {
	c := l.copies[table]
	if len(c.rows) == 0 {
		return nil
	}
	_, err := l.tx.CopyFrom(ctx, pgx.Identifier{table}, c.columns, pgx.CopyFromRows(c.rows))
	c.rows, c.size = nil, 0
	return err
}

// add takes one record.
func (l *load) add(ctx context.Context, r *server.Record) error {
	switch {
	case r.Meta != nil:
		return l.put(ctx, "meta", r.Meta.Name, notNull(r.Meta.Value))
	case r.Account != nil:
		return l.account(ctx, r.Account)
	case r.Enrollment != nil:
		e := &r.Enrollment.Enrollment
		return l.put(ctx, "enrollment", mailboxKey(r.Enrollment.Account), string(e.Device), e.Expires, cbor.MustMarshal(e))
	case r.Record != nil:
		return l.put(ctx, "account_record", mailboxKey(r.Record.Account), r.Record.Kind, []byte(r.Record.Key), notNull(r.Record.Value))
	case r.KeyPackage != nil:
		return l.keyPackage(ctx, r.KeyPackage)
	case r.UsedPackage != nil:
		u := r.UsedPackage
		return l.put(ctx, "used_package", mailboxKey(u.Device.Account()), string(u.Device), notNull(u.Ref), u.NotAfter)
	case r.Room != nil:
		return l.room(ctx, r.Room)
	case r.Receipt != nil:
		return l.put(ctx, "receipt", key(r.Receipt.Op), week(r.Receipt.Receipt.AcceptedMS), cbor.MustMarshal(r.Receipt.Receipt))
	case r.Envelope != nil:
		return l.envelope(ctx, r.Envelope)
	case r.Entry != nil:
		return l.put(ctx, "ledger", notNull(r.Entry.Key), notNull(r.Entry.Value))
	}
	return errCorrupt
}

func (l *load) account(ctx context.Context, a *server.AccountDump) error {
	if len(a.Lists) == 0 {
		return errCorrupt
	}
	k, newest := mailboxKey(a.Account), a.Lists[len(a.Lists)-1]
	reset := isReset(&newest)
	err := errors.Join(
		l.put(ctx, "account", k, string(a.Account), notNull(a.Credential), int64(newest.Version), reset, a.ResetDone),
		l.put(ctx, "head", k, int64(a.First), int64(a.Head)),
	)
	if reset && !a.ResetDone {
		err = errors.Join(err, l.put(ctx, "running_reset", k, string(a.Account), newest.AcceptedMS))
	}
	for _, v := range a.Lists {
		err = errors.Join(err, l.put(ctx, "list", k, int64(v.Version), cbor.MustMarshal(v)))
	}
	for _, c := range a.Cursors {
		err = errors.Join(err, l.put(ctx, "reader", k, string(c.Device), int64(c.Pos)))
	}
	return err
}

func (l *load) keyPackage(ctx context.Context, p *server.KeyPackage) error {
	table := "package"
	if p.LastResort {
		table = "last_resort"
	}
	return l.put(ctx, table, mailboxKey(p.Device.Account()), string(p.Device), notNull(p.Ref), int32(p.Suite), p.NotAfter, notNull(p.Message))
}

func (l *load) room(ctx context.Context, d *server.RoomDump) error {
	r, at := &d.Room, d.Room.At()
	k := roomKey(r.Room)
	err := errors.Join(
		l.put(ctx, "grp", k, int64(at.Generation), int64(at.Epoch), int64(d.Seq), int64(1), encodeLeaves(r.Pending)),
		l.put(ctx, "roster", k, encodeRoster(r)),
		l.put(ctx, "state", k, notNull(d.State), notNull(d.Info)),
	)
	for _, m := range mailboxKeys(r.Accounts) {
		err = errors.Join(err, l.put(ctx, "member", m, k))
	}
	if d.Named {
		err = errors.Join(err, l.put(ctx, "named", setKey(r.Set), k))
	}
	return err
}

func (l *load) envelope(ctx context.Context, d *server.EnvelopeDump) error {
	e, err := decode[wire.Envelope](d.Envelope)
	if err != nil {
		return err
	}
	owner, seq := roomKey(e.Room), int64(e.Seq)
	if e.Kind == wire.EventDevices {
		owner, seq = mailboxKey(e.Account), int64(e.Version)
	}
	body := append([]byte{}, d.Envelope...)
	err = l.put(ctx, "env", owner, seq, e.AcceptedMS, int32(len(d.Places)), d.Winner, body)
	for _, p := range d.Places {
		err = errors.Join(err, l.put(ctx, "box", mailboxKey(p.Account), int64(p.Pos), owner, seq, e.AcceptedMS, int32(len(body))))
	}
	if d.Winner {
		err = errors.Join(err, l.put(ctx, "winner", owner, int64(e.Generation), int64(e.Epoch), seq, e.AcceptedMS))
	}
	return err
}

// isReset reads from a list whether it is a reset: a dump doesn't say it apart.
func isReset(r *server.ListRecord) bool {
	l, err := r.List.Parse()
	return err == nil && l.Change == identity.Reset
}
