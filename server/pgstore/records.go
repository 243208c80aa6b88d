package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/identity"
	"parley/server"
)

const putRecord = `INSERT INTO account_record (mailbox, kind, name, value) VALUES ($1, $2, $3, $4)
	ON CONFLICT (mailbox, kind, name) DO UPDATE SET value = excluded.value`

// UpdateRecords implements [server.Records].
func (s *Store) UpdateRecords(ctx context.Context, u server.RecordUpdate) error {
	k := mailboxKey(u.Account)
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockAccount(ctx, tx, k, new(accountRow)); err != nil {
			return err
		}
		added, err := mayPut(ctx, tx, k, &u)
		if err != nil {
			return err
		}
		gone, err := takesAway(ctx, tx, k, &u)
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		for _, name := range u.Delete {
			batch.Queue(`DELETE FROM account_record WHERE mailbox = $1 AND kind = $2 AND name = $3`, k, u.Kind, []byte(name))
		}
		for _, r := range u.Put {
			batch.Queue(putRecord, k, u.Kind, []byte(r.Key), notNull(r.Value))
		}
		if batch.Len() == 0 {
			return nil
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil || !added && !gone {
			return err
		}
		have := 0
		err = tx.QueryRow(ctx, `SELECT count(*) FROM account_record WHERE mailbox = $1 AND kind = $2`, k, u.Kind).Scan(&have)
		switch {
		case err != nil:
		case added && have > u.Max:
			err = server.ErrTooMany
		case gone && have < u.Min:
			err = server.ErrTooFew
		}
		return err
	})
}

// takesAway reports whether u deletes what is there, and it matters how much is
// left.
func takesAway(ctx context.Context, tx pgx.Tx, k key, u *server.RecordUpdate) (gone bool, err error) {
	if u.Min == 0 || len(u.Delete) == 0 {
		return false, nil
	}
	names := make([][]byte, len(u.Delete))
	for i, name := range u.Delete {
		names[i] = []byte(name)
	}
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM account_record WHERE mailbox = $1 AND kind = $2 AND name = ANY($3))`,
		k, u.Kind, names).Scan(&gone)
	return gone, err
}

// mayPut says why u's records can't be put, and whether some of them are new.
func mayPut(ctx context.Context, tx pgx.Tx, k key, u *server.RecordUpdate) (added bool, err error) {
	names := make([][]byte, len(u.Put))
	devices := make([]string, len(u.Put))
	for i, r := range u.Put {
		names[i], devices[i] = []byte(r.Key), r.Key
	}
	if server.OfDevice(u.Kind) {
		reading := 0
		err := tx.QueryRow(ctx, `SELECT count(*) FROM reader WHERE mailbox = $1 AND device = ANY($2)`, k, devices).Scan(&reading)
		if err != nil {
			return false, err
		}
		if reading < len(u.Put) {
			return false, server.ErrNotFound
		}
	}
	there := 0
	err = tx.QueryRow(ctx, `SELECT count(*) FROM account_record WHERE mailbox = $1 AND kind = $2 AND name = ANY($3)`,
		k, u.Kind, names).Scan(&there)
	if err == nil && u.New && there > 0 {
		err = server.ErrExists
	}
	return there < len(u.Put), err
}

// AccountRecord implements [server.Records].
func (s *Store) AccountRecord(ctx context.Context, a identity.Account, kind, name string) (value []byte, err error) {
	err = s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		return notFound(c.QueryRow(ctx, `SELECT value FROM account_record WHERE mailbox = $1 AND kind = $2 AND name = $3`,
			mailboxKey(a), kind, []byte(name)).Scan(&value))
	})
	if err != nil {
		return nil, err
	}
	return value, nil
}

// AccountRecords implements [server.Records].
func (s *Store) AccountRecords(ctx context.Context, a identity.Account, kind, after string, max int) (list []server.KeyValue, err error) {
	err = s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		rows, err := c.Query(ctx, `SELECT name, value FROM account_record WHERE mailbox = $1 AND kind = $2 AND name > $3
			ORDER BY name LIMIT $4`, mailboxKey(a), kind, []byte(after), max)
		if err != nil {
			return err
		}
		list = nil
		var name, value []byte
		_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
			list = append(list, server.KeyValue{Key: string(name), Value: value})
			value = nil
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// records gives the records of accounts.
func (d *dump) records(ctx context.Context) error {
	var account, kind string
	var name, value []byte
	return d.each(ctx, `SELECT a.name, r.kind, r.name, r.value FROM account_record r JOIN account a ON a.mailbox = r.mailbox
		ORDER BY r.mailbox, r.kind, r.name`, []any{&account, &kind, &name, &value}, func() (*server.Record, error) {
		r := &server.RecordDump{Account: identity.Account(account), Kind: kind, Key: string(name), Value: value}
		value = nil
		return &server.Record{Record: r}, nil
	})
}
