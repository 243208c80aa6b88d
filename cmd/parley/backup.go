package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"parley/server/pebblestore"
)

var backupCommand = command{
	name: "backup", usage: "backup FILE|DIR [--data DIR] [--config FILE] [--json]",
	summary: "Back up the embedded store, of a running server or of a stopped one.",
	more: `
It writes one file: FILE, or a new file in the directory DIR, with the time in its
name. The file is there only once it is whole, on disk and checked. It holds all
that the server had acknowledged when the command began, and the server's keys:
keep it as you keep the data directory.

A running server is asked by the control socket in its data directory, which only
the server's user can open; it goes on serving. A stopped one's data is read by
this command, which must then be run by the user who owns it.

A site on PostgreSQL is backed up by PostgreSQL's own means.`,
	run: runBackup,
}

func runBackup(ctx context.Context, p *program, args []string) error {
	cfg, rest, asJSON, err := p.operatorFlags("backup", args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usagef("backup needs the name of a file or of a directory")
	}
	if cfg.store != "embedded" {
		return errors.New("this site keeps its data in PostgreSQL: back that up with its own tools, see docs/operations.md (not_embedded)")
	}
	path, err := backupPath(rest[0], time.Now())
	if err != nil {
		return err
	}
	size, err := writeBackup(ctx, cfg, path)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(p.stdout, map[string]any{"file": path, "bytes": size})
	}
	_, err = fmt.Fprintf(p.stdout, "%s\t%d bytes\n", path, size)
	return err
}

// operatorFlags reads the flags of a command on the server's data: all settings,
// and --json.
func (p *program) operatorFlags(name string, args []string) (cfg serveConfig, rest []string, asJSON bool, err error) {
	fs := newFlags(name)
	load := addSettings(fs)
	j := fs.Bool("json", false, "")
	if rest, err = parse(fs, args); err != nil {
		return cfg, nil, false, err
	}
	cfg, err = load(p)
	return cfg, rest, *j, err
}

// backupPath returns the file to write: it must not be there.
func backupPath(name string, now time.Time) (string, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return filepath.Join(name, "parley-"+now.UTC().Format("20060102T150405.000Z")+".backup"), nil
	case err == nil:
		return "", fmt.Errorf("%s is there already: nothing is overwritten (exists)", name)
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	return name, nil
}

// writeBackup writes a backup beside path and gives it its name once it is whole.
func writeBackup(ctx context.Context, cfg serveConfig, path string) (size int64, err error) {
	f, err := os.OpenFile(path+".partial", os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return 0, fmt.Errorf("%s.partial is there already: another backup runs, or was broken off; remove it (exists)", path)
	}
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(fillBackup(ctx, cfg, f), f.Sync()); err != nil {
		return 0, errors.Join(err, f.Close())
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	if err := os.Link(f.Name(), path); err != nil { // fails where path has appeared meanwhile
		return 0, err
	}
	return info.Size(), errors.Join(os.Remove(f.Name()), syncDirectory(filepath.Dir(path)))
}

// fillBackup writes the archive, from the running server if there is one, and
// reads it again.
func fillBackup(ctx context.Context, cfg serveConfig, f *os.File) error {
	client, _, err := controlClient(ctx, cfg.data)
	switch {
	case errors.Is(err, errNotRunning):
		err = backupStopped(ctx, cfg, f)
	case err == nil:
		err = backupRunning(ctx, client, f)
	}
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return readArchive(f, func(string, int64, io.Reader) error { return nil })
}

func backupRunning(ctx context.Context, client *http.Client, w io.Writer) error {
	resp, err := controlDo(ctx, client, http.MethodPost, "/backup")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("the server broke the backup off: see its log: %w", err)
	}
	return nil
}

func backupStopped(ctx context.Context, cfg serveConfig, w io.Writer) error {
	if err := checkOwner(cfg.data); err != nil {
		return err
	}
	o, err := openEmbedded(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(copyStore(ctx, o.embedded, cfg.data, w), o.close())
}

// checkOwner refuses a data directory that isn't there or is another user's:
// files that this user makes in it would keep the server from starting.
func checkOwner(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("no data directory: %w", err)
	}
	if owner, ok := ownerOf(info); ok && owner != os.Geteuid() {
		return fmt.Errorf("the data directory %s belongs to another user: run this as that user (wrong_user)", dir)
	}
	return nil
}

// copyName begins the names of directories that hold a copy of the store while a
// backup is written. They lie in the data directory, where copies are links.
const copyName = "backup-"

var copying sync.Mutex // one at a time

// copyStore copies and reads all of a store, and writes it as an archive unless w
// is nil.
func copyStore(ctx context.Context, store *pebblestore.Store, data string, w io.Writer) (err error) {
	copying.Lock()
	defer copying.Unlock()
	parent, err := os.MkdirTemp(data, copyName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(parent)) }()
	dir := filepath.Join(parent, "copy")
	if err := store.Backup(ctx, dir); err != nil {
		if errors.Is(err, pebblestore.ErrCorrupt) {
			return dataError(data, err)
		}
		return err
	}
	if w == nil {
		return nil
	}
	return writeArchive(w, dir)
}

// removeCopies removes what a killed process left. The data directory is locked.
func removeCopies(data string) error {
	entries, err := os.ReadDir(data)
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), copyName) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(data, e.Name())))
		}
	}
	return err
}

func (s *running) serveBackup(w http.ResponseWriter, r *http.Request) {
	out := &countingWriter{Writer: w}
	err := copyStore(r.Context(), s.store.embedded, s.cfg.data, out)
	switch {
	case err == nil:
		s.log.Info("backup written", "bytes", out.n)
		return
	case r.Context().Err() != nil:
		s.log.Warn("a backup was broken off by who asked for it")
	default:
		s.log.Error("backup failed", "error", err)
	}
	if out.n == 0 {
		http.Error(w, "the backup failed", http.StatusInternalServerError)
		return
	}
	panic(http.ErrAbortHandler) // so that the other side sees that it isn't whole
}

type countingWriter struct {
	io.Writer
	n int64
}

// Write implements io.Writer.
func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n += int64(n)
	return n, err
}

func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
