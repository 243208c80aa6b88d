package pgstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/server"
)

var _ server.Store = (*Store)(nil)

// A Store is a server.Store in a PostgreSQL database, which other nodes may use
// at the same time. Close it at the end.
type Store struct {
	opts  Options
	node  key           // of this Store, among those that sweep
	pool  *pgxpool.Pool // for everything but the batchers
	batch *pgxpool.Pool // the batchers'
	rooms roomCache
	count counters
	bytes atomic.Int64 // of the messages that wait

	appends []*batcher
	turns   *turnstile
	acks    *acknowledger
	stop    chan struct{} // closed by Close
	running sync.WaitGroup
	once    sync.Once
	outage  outage
	sweeps  sweepClock
}

// Open connects to the database that dsn names (a URL or key=value pairs as libpq
// takes them; what is missing comes from the PG… variables of the environment) and
// checks that it can be relied on. Errors: ErrConfig, ErrNotDurable, ErrSchema,
// ErrNewer, ErrIncomplete, server.ErrUnavailable, or the context's. None of them
// quotes dsn.
//
// The store outlives ctx. It heals by itself: while the database can't be
// reached, calls fail with server.ErrUnavailable.
func Open(ctx context.Context, dsn string, o Options) (_ *Store, err error) {
	o = o.withDefaults()
	s := &Store{opts: o, stop: make(chan struct{}), turns: newTurnstile()}
	rand.Read(s.node[:])
	background := context.WithoutCancel(ctx)
	if s.pool, err = newPool(background, dsn, o.Conns, o); err != nil {
		return nil, err
	}
	if s.batch, err = newPool(background, dsn, o.Batch+1, o); err != nil {
		s.pool.Close()
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		s.pool.Close()
		s.batch.Close()
		return nil, explain(err)
	}
	s.startBatchers()
	return s, nil
}

// begin checks the database before anything is served.
func (s *Store) begin(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return err
	}
	if err := s.warnFsync(ctx); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.checkComplete(ctx); err != nil {
		return err
	}
	return s.makePartitions(ctx)
}

// warnFsync warns of a database that doesn't survive a crash of its machine.
func (s *Store) warnFsync(ctx context.Context) error {
	var fsync *string
	if err := s.pool.QueryRow(ctx, "SELECT current_setting('fsync', true)").Scan(&fsync); err != nil {
		return err
	}
	if fsync != nil && *fsync == "off" {
		s.opts.Logger.Warn("the database runs with fsync off: a crash of its machine loses acknowledged messages")
	}
	return nil
}

// Close ends the store. Operations that run get server.ErrUnavailable or their
// result; nothing acknowledged is lost.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.stop)
		s.running.Wait()
		s.batch.Close()
		s.pool.Close()
	})
	return nil
}

func (s *Store) closed() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// Ready returns nil if the database answers and takes writes, else
// server.ErrUnavailable or the context's error.
func (s *Store) Ready(ctx context.Context) error {
	return s.read(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		var standby string
		if err := c.QueryRow(ctx, "SELECT current_setting('transaction_read_only')").Scan(&standby); err != nil {
			return err
		}
		if standby == "on" {
			return server.ErrUnavailable
		}
		return nil
	})
}

// Meta implements [server.Store].
func (s *Store) Meta(ctx context.Context, name string, first []byte) (meta []byte, err error) {
	first = append([]byte{}, bytes.Clone(first)...)
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, "SELECT value FROM meta WHERE name = $1", name).Scan(&meta)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, first); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "SELECT value FROM meta WHERE name = $1", name).Scan(&meta)
	})
	return meta, err
}
