package pgstore

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

// readMailbox is one statement, so that all of it is of one moment. What lies
// beyond the bytes asked for is not read: box knows the sizes. An envelope that is
// null is not in the part that was looked in.
const readMailbox = `SELECT r.pos, h.first, h.pos, b.pos, b.owner, b.seq, b.at, e.body
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
	LEFT JOIN PART e ON e.owner = b.owner AND e.seq = b.seq AND e.at = b.at
	WHERE r.mailbox = $1 AND r.device = $2
	ORDER BY b.pos`

// readElsewhere reads envelopes from wherever they are.
const readElsewhere = `SELECT e.owner, e.seq, e.body FROM env e
	JOIN unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS d(owner, seq, at) ON e.owner = d.owner AND e.seq = d.seq AND e.at = d.at`

// Read implements [server.Mailboxes].
func (s *Store) Read(ctx context.Context, device identity.Device, after uint64, max, maxBytes int) (*wire.RawReadReply, error) {
	if after > 1<<63-1 {
		after = 1<<63 - 1
	}
	mailbox := mailboxKey(device.Account())
	var reply *wire.RawReadReply
	err := s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		var found reading
		err := found.query(ctx, c, envParts.today(), mailbox, string(device), int64(after), max, maxBytes)
		if sqlState(err) == "42P01" { // it isn't there yet, or any more
			found = reading{}
			err = found.query(ctx, c, "env", mailbox, string(device), int64(after), max, maxBytes)
		}
		if err == nil {
			err = found.fill(ctx, c)
		}
		if err == nil {
			reply, err = found.reply()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return reply, nil
}

// A reading is what a read found.
type reading struct {
	there               bool // the device has a cursor
	cursor, first, head int64
	events              []readEvent
	part                string // that was looked in
}

// A readEvent is a row of box with its envelope.
type readEvent struct {
	pos      int64
	envelope envelopeKey
	body     []byte // nil: not found
}

// query reads a mailbox, with the envelopes that are in part: nearly all who read
// are there, and want what is new. To look into each day costs several times as
// much.
func (r *reading) query(ctx context.Context, c *pgxpool.Conn, part string, mailbox key, device string, after int64, max, maxBytes int) error {
	r.part = part
	rows, err := c.Query(ctx, strings.Replace(readMailbox, "PART", part, 1), mailbox, device, after, max, maxBytes)
	if err != nil {
		return err
	}
	var pos, seq, at *int64
	var owner *key
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&r.cursor, &r.first, &r.head, &pos, &owner, &seq, &at, &body}, func() error {
		r.there = true
		if pos != nil {
			r.events = append(r.events, readEvent{*pos, envelopeKey{*owner, *seq, *at}, body})
		}
		body = nil
		return nil
	})
	return err
}

// fill reads the envelopes that weren't in the part.
func (r *reading) fill(ctx context.Context, c *pgxpool.Conn) error {
	var owner []key
	var seq, at []int64
	for _, e := range r.events {
		if e.body == nil && r.part != "env" {
			owner, seq, at = append(owner, e.envelope.owner), append(seq, e.envelope.seq), append(at, e.envelope.at)
		}
	}
	if len(owner) == 0 {
		return nil
	}
	rows, err := c.Query(ctx, readElsewhere, owner, seq, at)
	if err != nil {
		return err
	}
	type place struct {
		owner key
		seq   int64
	}
	bodies := map[place][]byte{}
	var p place
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&p.owner, &p.seq, &body}, func() error {
		bodies[p], body = body, nil
		return nil
	})
	for i, e := range r.events {
		if e.body == nil {
			r.events[i].body = bodies[place{e.envelope.owner, e.envelope.seq}]
		}
	}
	return err
}

// reply returns ErrNotFound if the device has no cursor. An envelope that is
// nowhere has expired, though Sweep hasn't come by its mailbox since.
func (r *reading) reply() (*wire.RawReadReply, error) {
	if !r.there {
		return nil, server.ErrNotFound
	}
	reply := &wire.RawReadReply{Head: uint64(r.head), First: uint64(r.first), Cursor: uint64(r.cursor)}
	for _, e := range r.events {
		switch {
		case e.body != nil:
			reply.Events = append(reply.Events, wire.RawEvent{Pos: uint64(e.pos), Envelope: e.body})
		case len(reply.Events) > 0:
			return reply, nil // what comes behind is for the next read
		default:
			reply.First = uint64(e.pos) + 1
		}
	}
	return reply, nil
}
