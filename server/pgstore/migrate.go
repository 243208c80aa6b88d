package pgstore

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Each migration is a file, taken once, forward only: what is released isn't
// changed any more. A node of the version before goes on working beside the new
// tables, so that nodes can be replaced one after the other.
//
//go:embed migrations/*.sql
var migrations embed.FS

// How long the lock on the migrations is held without a sign of life, and how
// often who waits for it looks.
const (
	migrateLease = 30 * time.Second
	migrateLook  = time.Second
)

// provider returns goose over a database/sql handle of its own.
func provider(config *pgx.ConnConfig, log *slog.Logger) (*goose.Provider, func() error, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, nil, err
	}
	config = config.Copy()
	delete(config.RuntimeParams, "statement_timeout")
	delete(config.RuntimeParams, "idle_in_transaction_session_timeout")
	db := stdlib.OpenDB(*config)
	// A row with a lease, rather than an advisory lock.
	locker, err := lock.NewPostgresTableLocker(
		lock.WithTableName("migration_lock"),
		lock.WithTableLeaseDuration(migrateLease),
		lock.WithTableHeartbeatInterval(migrateLease/5),
		lock.WithTableLockTimeout(migrateLook, 300),
		lock.WithTableLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithLocker(locker), goose.WithTableName("migration"), goose.WithDisableGlobalRegistry(true),
		goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return p, db.Close, nil
}

// prepare brings the tables up to this version, or checks that they are.
func (s *Store) prepare(ctx context.Context) error {
	p, done, err := provider(s.pool.Config().ConnConfig, s.opts.Logger)
	if err != nil {
		return err
	}
	defer done()
	sources := p.ListSources()
	want := sources[len(sources)-1].Version
	have, err := s.schemaVersion(ctx)
	switch {
	case err != nil:
		return err
	case have > want:
		return ErrNewer
	case have == want:
		return nil
	case !s.opts.Migrate:
		return ErrSchema
	}
	done2, err := p.Up(ctx)
	if err != nil {
		return err
	}
	for _, r := range done2 {
		s.opts.Logger.Info("migrated the database", "version", r.Source.Version)
	}
	return nil
}

// schemaVersion returns the version of the tables; 0 where there are none.
func (s *Store) schemaVersion(ctx context.Context) (version int64, err error) {
	err = s.pool.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM migration").Scan(&version)
	if sqlState(err) == "42P01" { // no such table
		return 0, nil
	}
	return version, err
}
