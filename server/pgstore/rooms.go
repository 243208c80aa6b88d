package pgstore

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

// notFound turns the driver's word for no row into the store's.
func notFound(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return server.ErrNotFound
	}
	return err
}

// Room implements [server.Rooms]. It may answer from memory.
func (s *Store) Room(ctx context.Context, name identity.Room) (*server.Room, error) {
	k := roomKey(name)
	if r := s.rooms.get(k); r != nil {
		return r.room, nil
	}
	var room *server.Room
	err := s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		found, err := readRooms(ctx, c, []key{k})
		if err != nil {
			return err
		}
		if found[k] == nil {
			return server.ErrNotFound
		}
		s.rooms.put(k, found[k])
		room = found[k].room
		return nil
	})
	return room, err
}

// Group implements [server.Rooms].
func (s *Store) Group(ctx context.Context, name identity.Room) (*server.Group, error) {
	k := roomKey(name)
	var g *server.Group
	err := s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		var roster []byte
		var found server.Group
		err := c.QueryRow(ctx, `SELECT r.body, s.state, s.info FROM roster r JOIN state s ON s.room = r.room WHERE r.room = $1`, k).
			Scan(&roster, &found.State, &found.Info)
		if err != nil {
			return notFound(err)
		}
		r, err := decode[server.Room](roster)
		if err != nil {
			return err
		}
		found.At, found.Seq = r.At(), r.Seq
		s.rooms.moved(k, found.At)
		g = &found
		return nil
	})
	return g, err
}

// Receipt implements [server.Rooms].
func (s *Store) Receipt(ctx context.Context, op server.OperationID, now int64) (*server.Receipt, error) {
	var r *server.Receipt
	err := s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) (err error) {
		r, err = receipt(ctx, c, key(server.OperationHash(op)), now)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case r == nil:
		return nil, server.ErrNotFound
	}
	// What it is of may be waiting for the standby still.
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, commitAnew)
		return err
	})
	return r, err
}

// receipt returns nil where there is none.
func receipt(ctx context.Context, q querier, op key, now int64) (*server.Receipt, error) {
	var body []byte
	err := q.QueryRow(ctx, `SELECT body FROM receipt WHERE op = $1 AND week = ANY($2) ORDER BY week LIMIT 1`, op, weeks(now)).Scan(&body)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decode[server.Receipt](body)
}

// Winner implements [server.Rooms].
func (s *Store) Winner(ctx context.Context, name identity.Room, generation uint32, epoch uint64) (*wire.Envelope, error) {
	var e *wire.Envelope
	err := s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		var body []byte
		err := c.QueryRow(ctx, `SELECT e.body FROM winner w JOIN env e ON e.owner = w.room AND e.seq = w.seq AND e.at = w.at
			WHERE w.room = $1 AND w.generation = $2 AND w.epoch = $3`, roomKey(name), int64(generation), int64(epoch)).Scan(&body)
		if err != nil {
			return notFound(err)
		}
		e, err = decode[wire.Envelope](body)
		return err
	})
	return e, err
}
