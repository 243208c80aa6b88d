package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"parley/server/pebblestore"
)

// whatToDo with damaged data.
const restoreAdvice = "keep this directory as it is, restore the newest backup into another one (parley restore FILE --data DIR), and look at the disk and its log"

// checkData looks at the data directory and reads all of the store.
func (d *doctor) checkData(ctx context.Context) {
	dir := d.cfg.data
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.warn("data", "no directory "+dir+" yet", "nothing, if the server never ran with this setting; else check data")
		d.checkDisk(filepath.Dir(dir))
		return
	case err != nil:
		d.fail("data", err.Error(), "make the directory readable for the server's user")
		return
	case !info.IsDir():
		d.fail("data", dir+" is not a directory", "name another one by data")
		return
	}
	d.checkDisk(dir)
	d.checkPermissions(dir, info)
	bytes, newest := sizeOf(dir)
	if ahead := time.Until(newest); ahead > time.Minute {
		d.fail("clock", "files of the store are of the future, by "+ahead.Round(time.Second).String(), "the clock went back: set it, before what expires goes by it")
	}
	if _, err := os.Lstat(filepath.Join(dir, restoringName)); err == nil {
		d.fail("data", "a restore into this directory is under way or was broken off", "empty it and restore again")
		return
	}
	d.ok("data", "%d MiB in %s", bytes>>20, dir)
	d.readStore(ctx, dir)
}

// checkPermissions looks at who may open the data.
func (d *doctor) checkPermissions(dir string, info fs.FileInfo) {
	if info.Mode().Perm()&0o077 != 0 {
		d.warn("permissions", fmt.Sprintf("others may look into %s: it has mode %04o", dir, info.Mode().Perm()), "chmod 700, and run nothing else as the server's user")
		return
	}
	d.ok("permissions", "%04o", info.Mode().Perm())
}

// readStore reads every record: the running server does, if there is one.
func (d *doctor) readStore(ctx context.Context, dir string) {
	client, status, err := controlClient(ctx, dir)
	switch {
	case err == nil:
		d.running = &status
		d.checkRunning(status)
		d.note(verifyRunning(ctx, client))
		return
	case !errors.Is(err, errNotRunning):
		d.fail("server", err.Error(), "run parley doctor as the server's user")
		return
	}
	var lines []string
	err = pebblestore.Verify(ctx, dir, func(s string) { lines = append(lines, s) })
	d.note(lines, err)
}

// checkRunning says what the server on the directory says of itself.
func (d *doctor) checkRunning(s serverStatus) {
	if s.OpenFiles != 0 && s.OpenFiles < fewFiles {
		d.warn("open files", fmt.Sprintf("the running server may open %d files; each client takes one", s.OpenFiles), "LimitNOFILE=1048576 in the unit")
	}
	for part, state := range s.Ready.Checks {
		if state != "ok" {
			d.fail("server", part+": "+state, "see the server's log")
		}
	}
	if s.Ready.Ready {
		d.ok("server", "%s runs as process %d on %s", s.Version, s.PID, s.URL)
	}
}

// note says what reading the store has found.
func (d *doctor) note(lines []string, err error) {
	switch {
	case err == nil:
		d.ok("store", "all of it was read and is right")
	case errors.Is(err, pebblestore.ErrCorrupt):
		d.fail("store", "the data is damaged: "+strings.Join(first(lines, 5), "; "), restoreAdvice)
	case errors.Is(err, pebblestore.ErrLocked):
		d.fail("store", "another process uses the directory, and has no control socket there", "stop it, or run parley doctor as its user")
	case errors.Is(err, pebblestore.ErrFormat):
		d.fail("store", "it was written by a newer parley, or is something else", "use the version that wrote it")
	case errors.Is(err, syscall.EROFS):
		d.fail("store", "the disk is read-only", "see the system's log for why, repair it and start again; nothing is lost")
	case errors.Is(err, fs.ErrPermission):
		d.fail("store", err.Error(), "run parley doctor as the server's user")
	case errors.Is(err, fs.ErrNotExist):
		d.warn("store", "there is no store in the directory yet", "nothing, if the server never ran with this setting; else check data")
	default:
		d.fail("store", scrub(err.Error()), restoreAdvice)
	}
}

// first returns at most n lines, without the names of people in them.
func first(lines []string, n int) (all []string) {
	for _, l := range lines[:min(n, len(lines))] {
		all = append(all, scrub(l))
	}
	if len(lines) > n {
		all = append(all, fmt.Sprintf("and %d more", len(lines)-n))
	}
	return all
}

// A verifyResult is what a running server answers.
type verifyResult struct {
	Damaged bool   `json:"damaged"`
	Error   string `json:"error"` // empty: all is right
}

func (s *running) serveVerify(w http.ResponseWriter, r *http.Request) {
	var result verifyResult
	err := copyStore(r.Context(), s.store.embedded, s.cfg.data, nil)
	if err != nil {
		s.log.Error("reading the store for parley doctor", "error", err)
		result = verifyResult{Damaged: s.store.broken() || errors.Is(err, pebblestore.ErrCorrupt), Error: scrub(err.Error())}
	}
	json.NewEncoder(w).Encode(result)
}

// verifyRunning has the server read its own store.
func verifyRunning(ctx context.Context, client *http.Client) ([]string, error) {
	resp, err := controlDo(ctx, client, http.MethodPost, "/verify")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var result verifyResult
	if err := json.NewDecoder(resp.Body).Decode(&result); err != nil {
		return nil, err
	}
	switch {
	case result.Error == "":
		return nil, nil
	case result.Damaged:
		return []string{result.Error}, pebblestore.ErrCorrupt
	}
	return nil, errors.New(result.Error)
}
