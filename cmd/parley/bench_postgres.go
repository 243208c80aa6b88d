package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// PostgreSQL as bench runs it: from Debian's packages or the PATH, on a socket in a
// directory of its own, every commit synced. The memory is what its packages give
// it on no machine in particular.
const benchPostgres = `
listen_addresses = ''
unix_socket_directories = '%s'
port = 5432
max_connections = 200
shared_buffers = 256MB
max_wal_size = 4GB
fsync = on
synchronous_commit = on
`

// servePostgres runs a new PostgreSQL in dir until ctx ends.
func (p *program) servePostgres(ctx context.Context, dir string) error {
	bin, err := postgresPrograms()
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	user, err := unprivileged(dir)
	if err != nil {
		return err
	}
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, user
		return cmd
	}
	if out, err := run("initdb", "-D", data, "-U", "parley", "-A", "trust", "-E", "UTF8", "--locale=C", "-N").CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, oneLine(string(out)))
	}
	conf, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(conf, benchPostgres, dir)
	if err := errors.Join(err, conf.Close()); err != nil {
		return err
	}
	server := run("postgres", "-D", data)
	if err := server.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	for run("pg_isready", "-q", "-h", dir).Run() != nil {
		select {
		case err := <-ended:
			return fmt.Errorf("postgres ended: %w", err)
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
			continue
		}
		break
	}
	p.note("listening on %s", dir)
	select {
	case err := <-ended:
		return fmt.Errorf("postgres ended: %w", err)
	case <-ctx.Done():
		server.Process.Signal(os.Interrupt) // cuts its connections and ends
		<-ended
		return nil
	}
}

// postgresPrograms returns the directory of the newest version's programs.
func postgresPrograms() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, func(a, b string) int {
			return strings.Compare(fmt.Sprintf("%80s", a), fmt.Sprintf("%80s", b)) // 9 is before 15
		})), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errors.New("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
}

// startStore starts what the servers keep their data in, and returns the flags that
// say so: none for the embedded store.
func (b *bench) startStore(ctx context.Context) ([]string, error) {
	if !b.postgres {
		return nil, nil
	}
	c, err := b.start(ctx, "postgres")
	if err != nil {
		return nil, err
	}
	b.database = c
	dir := b.dirs[len(b.dirs)-1]
	file := filepath.Join(dir, "dsn")
	if err := os.WriteFile(file, []byte("host="+dir+" port=5432 user=parley dbname=postgres"), 0o600); err != nil {
		return nil, err
	}
	return []string{"--store", "postgres", "--postgres-file", file}, nil
}
