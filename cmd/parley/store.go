package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"parley/server"
	"parley/server/pebblestore"
	"parley/server/pgstore"
)

// An opened store, and what the operator's commands need of it.
type opened struct {
	server.Store
	embedded *pebblestore.Store // nil: another one
	part     string             // of the names of its metrics
	stats    func() any         // a struct of integers; nil: none
	close    func() error
}

// err returns why the store takes nothing more, or nil.
func (o *opened) err() error {
	if o.embedded == nil {
		return nil
	}
	return o.embedded.Err()
}

// failed is closed when the store has failed; broken says whether the reason is
// that it holds something wrong, so that the server must end.
func (o *opened) failed() <-chan struct{} {
	if o.embedded == nil {
		return nil
	}
	return o.embedded.Failed()
}

func (o *opened) broken() bool { return errors.Is(o.err(), pebblestore.ErrCorrupt) }

// openStore opens the store that is configured.
func openStore(ctx context.Context, cfg serveConfig, log *slog.Logger) (*opened, error) {
	if cfg.store == "postgres" {
		return openPostgres(ctx, cfg, log)
	}
	return openEmbedded(cfg, log)
}

func openPostgres(ctx context.Context, cfg serveConfig, log *slog.Logger) (*opened, error) {
	dsn, err := cfg.connectionString()
	if err != nil {
		return nil, fmt.Errorf("%w (postgres)", err)
	}
	store, err := pgstore.Open(ctx, dsn, pgstore.Options{Logger: log, Migrate: cfg.postgresMigrate, Conns: cfg.postgresConns})
	if err != nil {
		return nil, postgresError(err)
	}
	return &opened{Store: store, stats: func() any { return store.Stats() }, part: "postgres", close: store.Close}, nil
}

// postgresError says what keeps the database from being used, and what to do.
func postgresError(err error) error {
	for _, known := range []struct {
		err  error
		text string
	}{
		{pgstore.ErrConfig, "the connection string can't be read: want host=… dbname=… user=…, or postgres://… (postgres_config)"},
		{pgstore.ErrNotDurable, "PostgreSQL has synchronous_commit = off and would lose what was acknowledged: set it to on for this database (postgres_not_durable)"},
		{pgstore.ErrSchema, "the tables of PostgreSQL are not of this version: start one node with postgres_migrate = \"yes\" (postgres_schema)"},
		{pgstore.ErrNewer, "the tables of PostgreSQL are of a newer parley: use that version (postgres_newer)"},
		{pgstore.ErrIncomplete, "the database holds a part of a site that was being moved: empty it and move again (half_moved)"},
		{server.ErrUnavailable, "PostgreSQL can't be reached or used: see that it runs, and what its log says of us (postgres)"},
	} {
		if errors.Is(err, known.err) {
			return errors.New(known.text)
		}
	}
	return fmt.Errorf("can't use PostgreSQL: %w (postgres)", err)
}

func openEmbedded(cfg serveConfig, log *slog.Logger) (*opened, error) {
	if err := checkRestored(cfg.data); err != nil {
		return nil, err
	}
	store, err := pebblestore.Open(cfg.data, pebblestore.Options{
		Logger: log, Reserve: uint64(cfg.reserve), MaxBytes: uint64(cfg.maxStore),
		MailboxEvents: uint64(cfg.maxEvents), MailboxBytes: uint64(cfg.maxMailbox),
		Cache: cfg.cache, Window: int(cfg.window),
	})
	if err != nil {
		return nil, dataError(cfg.data, err)
	}
	if err := removeCopies(cfg.data); err != nil {
		return nil, errors.Join(fmt.Errorf("can't use the data directory %s: %w (data)", cfg.data, err), store.Close())
	}
	return &opened{Store: store, embedded: store, part: "store", stats: func() any { return store.Stats() }, close: store.Close}, nil
}

// restoringName marks a data directory into which a restore is under way, or was
// broken off.
const restoringName = "RESTORING"

// checkRestored refuses a directory that holds half of a backup.
func checkRestored(dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, restoringName)); err == nil {
		return fmt.Errorf("a restore into %s is under way or was broken off: empty it and restore again (half_restored)", dir)
	}
	return nil
}

// dataError says what keeps the store from opening, and what to do.
func dataError(dir string, err error) error {
	switch {
	case errors.Is(err, pebblestore.ErrLocked):
		return fmt.Errorf("another server uses the data directory %s (data_in_use)", dir)
	case errors.Is(err, pebblestore.ErrFull):
		return fmt.Errorf("no room on the disk to open the data directory %s: make room and start again, nothing is lost (disk_full)", dir)
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("the disk of the data directory %s is read-only: see the system's log for why, repair it and start again, nothing is lost (disk_read_only)", dir)
	case errors.Is(err, pebblestore.ErrCorrupt):
		return fmt.Errorf("the data directory %s is damaged: restore a backup into another directory (parley restore), or see parley doctor --data %s (data_damaged)", dir, dir)
	case errors.Is(err, pebblestore.ErrFormat):
		return fmt.Errorf("the data directory %s was written by a newer parley, or holds something else: use that version (data_format)", dir)
	}
	return fmt.Errorf("can't use the data directory %s: %w (data)", dir, err)
}
