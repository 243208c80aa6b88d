package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"

	"parley/server"
	"parley/server/pebblestore"
	"parley/server/pgstore"
)

var migrateCommand = command{
	name: "migrate", usage: "migrate --from DIR --to FILE|env:NAME [--json]",
	summary: "Move a site from the embedded store to PostgreSQL, and check that all of it arrived.",
	more: `
--from is the data directory of a server that is stopped: this command must be run
by the user who owns it. It takes nothing away from it.
--to is a file that holds the connection string, or a variable of the environment
as env:NAME: the connection string holds a password, so that it is never an
argument. The database must be there, and be empty.

It copies everything in one transaction, then reads both stores again and compares,
for each kind of record, how many there are and a hash over all of them that
doesn't depend on their order. It prints this table, and fails if any line differs;
the database is then refused by serve until it is emptied.`,
	run: runMigrate,
}

func runMigrate(ctx context.Context, p *program, args []string) error {
	fs := newFlags("migrate")
	from, to, asJSON := fs.String("from", "", ""), fs.String("to", "", ""), fs.Bool("json", false, "")
	rest, err := parse(fs, args)
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return usagef("migrate takes no arguments")
	case *from == "" || *to == "":
		return usagef("migrate needs --from and --to")
	}
	dsn, err := p.readDSN(*to)
	if err != nil {
		return err
	}
	source, err := openSource(*from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := openTarget(ctx, dsn)
	if err != nil {
		return err
	}
	defer target.Close()
	dumper, ok := any(source).(server.Dumper)
	if !ok {
		return errors.New("this build can't read the embedded store whole (unsupported)")
	}
	table, err := moveSite(ctx, dumper, target, p.note)
	if table != nil {
		err = errors.Join(table.print(p, *asJSON), err)
	}
	if err != nil {
		return err
	}
	p.note("all of it is in PostgreSQL. Start the nodes with store = \"postgres\" and the same domain; keep %s until they have served for a while, and don't serve from it again: the two would part ways", *from)
	return nil
}

// readDSN returns the connection string. No error quotes it.
func (p *program) readDSN(to string) (string, error) {
	if name, ok := strings.CutPrefix(to, "env:"); ok {
		dsn := strings.TrimSpace(p.getenv(name))
		if dsn == "" {
			return "", fmt.Errorf("the variable %s of the environment is empty (postgres_config)", name)
		}
		return dsn, nil
	}
	if strings.Contains(to, "://") || strings.Contains(to, "=") {
		return "", usagef("--to is the name of a file, or env:NAME; a connection string holds a password, which others on this machine would see")
	}
	data, err := os.ReadFile(to)
	if err != nil {
		return "", fmt.Errorf("can't read the connection string: %w (postgres_config)", err)
	}
	dsn := strings.TrimSpace(string(data))
	if dsn == "" {
		return "", errors.New("the file with the connection string is empty (postgres_config)")
	}
	return dsn, nil
}

// openSource opens the embedded store in dir, which must be there, and which
// nobody else may have open.
func openSource(dir string) (*pebblestore.Store, error) {
	if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
		return nil, fmt.Errorf("there is no data directory %s (no_data)", dir)
	}
	s, err := pebblestore.Open(dir, pebblestore.Options{Logger: slog.New(slog.DiscardHandler)})
	switch {
	case errors.Is(err, pebblestore.ErrLocked):
		return nil, fmt.Errorf("a server uses the data directory %s: stop it first, so that nothing is added while it is moved (data_in_use)", dir)
	case err != nil:
		return nil, dataError(dir, err)
	}
	return s, nil
}

// openTarget opens the database and makes the tables.
func openTarget(ctx context.Context, dsn string) (*pgstore.Store, error) {
	s, err := pgstore.Open(ctx, dsn, pgstore.Options{Migrate: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, targetError(err)
	}
	return s, nil
}

// targetError says what keeps the database from taking the site, and what to do.
func targetError(err error) error {
	switch {
	case errors.Is(err, server.ErrExists):
		return errors.New("the database isn't empty: a site is only moved to an empty one (not_empty)")
	case errors.Is(err, pgstore.ErrIncomplete):
		return errors.New("the database holds a part of a site that was being moved: drop it, make it anew, and move again (half_moved)")
	case errors.Is(err, pgstore.ErrConfig):
		return errors.New("the connection string can't be read: want host=… dbname=… user=…, or postgres://… (postgres_config)")
	case errors.Is(err, pgstore.ErrNotDurable):
		return errors.New("PostgreSQL has synchronous_commit = off and would lose what was acknowledged: set it to on for this database (postgres_not_durable)")
	}
	return fmt.Errorf("can't use PostgreSQL: %w (postgres)", err)
}

// A moveTable is what was moved, by kind of record.
type moveTable struct {
	kinds          []string
	source, target map[string]tally
}

// equal reports whether both stores hold the same.
func (t *moveTable) equal() bool {
	for _, k := range t.kinds {
		if t.source[k] != t.target[k] {
			return false
		}
	}
	return true
}

func (t *moveTable) print(p *program, asJSON bool) error {
	if asJSON {
		rows := []map[string]any{}
		for _, k := range t.kinds {
			rows = append(rows, map[string]any{
				"kind": k, "source": t.source[k].count, "target": t.target[k].count,
				"source_hash": t.source[k].hash(), "target_hash": t.target[k].hash(), "same": t.source[k] == t.target[k],
			})
		}
		return printJSON(p.stdout, map[string]any{"kinds": rows, "same": t.equal()})
	}
	w := tabwriter.NewWriter(p.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "kind\tembedded\tPostgreSQL\thash\t")
	for _, k := range t.kinds {
		verdict := "same"
		if t.source[k] != t.target[k] {
			verdict = "DIFFERENT"
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\n", k, t.source[k].count, t.target[k].count, t.source[k].hash(), verdict)
	}
	return w.Flush()
}
