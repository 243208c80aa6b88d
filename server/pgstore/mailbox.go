package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

// readMailbox is one statement, so that all of it is of one moment. What lies
// beyond the bytes asked for is not read: box knows the sizes. An envelope that is
// null went with its partition.
const readMailbox = `SELECT r.pos, h.first, h.pos, b.pos, e.body
	FROM reader r
	JOIN head h ON h.mailbox = r.mailbox
	LEFT JOIN LATERAL (
		SELECT t.pos, t.owner, t.seq, t.at FROM (
			SELECT s.pos, s.owner, s.seq, s.at, row_number() OVER (ORDER BY s.pos) AS n, sum(s.size) OVER (ORDER BY s.pos) AS total
			FROM (
				SELECT x.pos, x.owner, x.seq, x.at, x.size FROM box x
				WHERE x.mailbox = $1 AND x.pos > $3 AND x.pos >= h.first
				ORDER BY x.pos LIMIT $4
			) s
		) t WHERE t.n = 1 OR t.total <= $5
	) b ON true
	LEFT JOIN env e ON e.owner = b.owner AND e.seq = b.seq AND e.at = b.at
	WHERE r.mailbox = $1 AND r.device = $2
	ORDER BY b.pos`

// Read implements [server.Mailboxes].
func (s *Store) Read(ctx context.Context, device identity.Device, after uint64, max, maxBytes int) (*wire.RawReadReply, error) {
	if after > 1<<63-1 {
		after = 1<<63 - 1
	}
	mailbox := mailboxKey(device.Account())
	var reply *wire.RawReadReply
	err := s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		rows, err := c.Query(ctx, readMailbox, mailbox, string(device), int64(after), max, maxBytes)
		if err != nil {
			return err
		}
		reply, err = scanMailbox(rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	return reply, nil
}

// scanMailbox returns ErrNotFound if there is no row.
func scanMailbox(rows pgx.Rows) (*wire.RawReadReply, error) {
	var reply *wire.RawReadReply
	var cursor, first, head int64
	var pos *int64
	var body []byte
	gap := false
	_, err := pgx.ForEachRow(rows, []any{&cursor, &first, &head, &pos, &body}, func() error {
		if reply == nil {
			reply = &wire.RawReadReply{Head: uint64(head), First: uint64(first), Cursor: uint64(cursor)}
		}
		switch {
		case pos == nil || gap:
		case body != nil:
			reply.Events = append(reply.Events, wire.RawEvent{Pos: uint64(*pos), Envelope: body})
			body = nil
		case len(reply.Events) > 0:
			gap = true // what comes behind is for the next read
		default:
			reply.First = uint64(*pos) + 1 // it has expired before Sweep came by
		}
		return nil
	})
	if err == nil && reply == nil {
		err = server.ErrNotFound
	}
	return reply, err
}
