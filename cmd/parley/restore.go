package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"parley/server/pebblestore"
)

var restoreCommand = command{
	name: "restore", usage: "restore FILE --data DIR | restore --postgres FILE|env:NAME",
	summary: "Make a data directory of a backup, or ready a restored PostgreSQL.",
	more: `
DIR must be empty or not there: nothing is overwritten. The backup's sums are
checked, then all of its data is read; a server refuses the directory until that
has succeeded. What arrived after the backup is lost. The restored data goes on above
all numbers that were given since, so that devices which saw more come back by
themselves (docs/operations.md). Restore the newest backup, and only where the data is
lost. Run it as the server's user.

With --postgres it takes no backup: the database was restored to an earlier moment by
PostgreSQL's own means, and is made to go on above those numbers. Do it once after each
such restore, while no node runs. The connection string is in a file, or in a variable
of the environment.`,
	run: runRestore,
}

func runRestore(ctx context.Context, p *program, args []string) error {
	fs := newFlags("restore")
	data, postgres := fs.String("data", "", ""), fs.String("postgres", "", "")
	rest, err := parse(fs, args)
	switch {
	case err != nil:
		return err
	case *postgres != "" && len(rest) == 0 && *data == "":
		return p.raisePostgres(ctx, *postgres)
	case *postgres != "" || len(rest) != 1 || *data == "":
		return usagef("restore needs a file and --data, or --postgres alone")
	}
	f, err := os.Open(rest[0])
	if err != nil {
		return err
	}
	defer f.Close()
	if err := restore(ctx, f, *data); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s holds the backup: start the server on it\n", *data)
	return err
}

// raisePostgres readies a database that was restored to an earlier moment.
func (p *program) raisePostgres(ctx context.Context, to string) error {
	dsn, err := p.readDSN(to)
	if err != nil {
		return err
	}
	s, err := openTarget(ctx, dsn)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Raise(ctx, time.Now()); err != nil {
		return targetError(err)
	}
	_, err = fmt.Fprintln(p.stdout, "the database goes on above all numbers given before: start the nodes")
	return err
}

// restore makes dir of an archive. After an error dir is as it was, unless that
// fails too: then serve refuses it.
func restore(ctx context.Context, archive io.Reader, dir string) (err error) {
	made, err := claimEmpty(dir)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, emptyAgain(dir, made))
		}
	}()
	if err := readArchive(archive, func(name string, _ int64, r io.Reader) error { return extract(dir, name, r) }); err != nil {
		return err
	}
	flaw := ""
	err = pebblestore.Verify(ctx, dir, func(s string) { flaw = s })
	if errors.Is(err, pebblestore.ErrCorrupt) {
		return fmt.Errorf("the backup's data is damaged: %s (bad_backup)", flaw)
	}
	if err != nil {
		return err
	}
	if err := pebblestore.Raise(ctx, dir, pebblestore.Options{Logger: slog.New(slog.DiscardHandler)}, time.Now()); err != nil {
		return err
	}
	// The manifest tells what the backup held; the data goes on from here.
	if err := os.Remove(filepath.Join(dir, pebblestore.ManifestName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := syncDirectory(dir); err != nil {
		return err
	}
	return errors.Join(os.Remove(filepath.Join(dir, restoringName)), syncDirectory(dir))
}

// claimEmpty makes dir if need be, and marks it.
func claimEmpty(dir string) (made bool, err error) {
	err = os.Mkdir(dir, 0o700)
	switch {
	case err == nil:
		made = true
	case !errors.Is(err, fs.ErrExist):
		return false, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if e.Name() != "lost+found" { // of a fresh file system
			return false, fmt.Errorf("%s is not empty: nothing is overwritten (not_empty)", dir)
		}
	}
	f, err := os.OpenFile(filepath.Join(dir, restoringName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return made, err
	}
	return made, errors.Join(f.Sync(), f.Close(), syncDirectory(dir))
}

// emptyAgain removes what a restore has put into dir: the mark last.
func emptyAgain(dir string, made bool) error {
	if made {
		return os.RemoveAll(dir)
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Name() != "lost+found" && e.Name() != restoringName {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	if err != nil {
		return err
	}
	return os.Remove(filepath.Join(dir, restoringName))
}

func extract(dir, name string, r io.Reader) error {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, r); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(f.Sync(), f.Close())
}
