package pgstore

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/server"
)

// tries is how often a transaction is tried that others got in the way of.
const tries = 12

// bounded returns a context that ends by itself. The caller's own end doesn't cut
// a statement short, which would cost the connection: who gave up waits no
// longer than that.
func (s *Store) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), s.opts.Timeout)
}

// read calls f with a connection.
func (s *Store) read(ctx context.Context, f func(ctx context.Context, c *pgxpool.Conn) error) error {
	return s.attempt(ctx, func() error {
		inner, cancel := s.bounded(ctx)
		defer cancel()
		c, err := s.pool.Acquire(inner)
		if err != nil {
			return err
		}
		defer c.Release()
		return f(inner, c)
	})
}

// write calls f in a transaction, again if others got in its way: what f sets
// outside must not depend on how often it runs. It is durable when write returns
// nil. A statement sees what was committed before it began.
func (s *Store) write(ctx context.Context, f func(ctx context.Context, tx pgx.Tx) error) error {
	return s.attempt(ctx, func() error {
		inner, cancel := s.bounded(ctx)
		defer cancel()
		c, err := s.pool.Acquire(inner)
		if err != nil {
			return err
		}
		defer c.Release()
		return transact(inner, c.Conn(), f)
	})
}

func transact(ctx context.Context, c *pgx.Conn, f func(ctx context.Context, tx pgx.Tx) error) error {
	tx, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return err
	}
	if err := f(ctx, tx); err != nil {
		tx.Rollback(ctx) // the connection is closed if that fails
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	return confirmed(ctx, c)
}

// attempt runs f until it succeeds or fails for good, and explains the error.
func (s *Store) attempt(ctx context.Context, f func() error) error {
	var err error
	for n := range tries {
		if s.closed() {
			return server.ErrUnavailable
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err = f(); err == nil || !passing(err) {
			break
		}
		s.count.retries.Add(1)
		backOff(n)
	}
	s.note(err)
	return explain(err)
}

// backOff waits before the n-th next try: up to 1 ms, 2 ms, 4 ms, at most 128 ms.
func backOff(n int) {
	limit := time.Millisecond << min(n, 7)
	time.Sleep(rand.N(limit) + limit/8)
}

// An outage remembers whether the database could be used last time, so that the
// log says each change once.
type outage struct {
	mu    sync.Mutex // guards what follows
	since time.Time  // zero: there is none
	reset time.Time  // when connections were last given up
}

// note takes what came of using the database.
func (s *Store) note(err error) {
	if err != nil && isOwn(err) && !unavailable(err) {
		return
	}
	o := &s.outage
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case err == nil && !o.since.IsZero():
		s.opts.Logger.Info("the database is available again", "after", time.Since(o.since).Round(time.Millisecond))
		o.since = time.Time{}
	case err == nil || !unavailable(err):
	default:
		s.count.unavailable.Add(1)
		if o.since.IsZero() {
			o.since = time.Now()
			s.opts.Logger.Error("the database is unavailable", "why", why(err))
		}
		s.giveUp(err)
	}
}

// giveUp drops the connections that are idle: after a failover they lead to the
// wrong server, or nowhere.
func (s *Store) giveUp(err error) {
	code := sqlState(err)
	if code == "57014" || code == "55P03" || s.closed() || time.Since(s.outage.reset) < time.Second {
		return
	}
	s.outage.reset = time.Now()
	s.pool.Reset()
	s.batch.Reset()
}
