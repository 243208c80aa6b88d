// Package pgtest runs PostgreSQL servers for tests: each in a directory of its own,
// on a Unix socket of its own, with fsync on, gone when the test's process is.
package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// port only names the socket: nothing listens on a network.
const port = "5432"

// Options are what one may choose of a server.
type Options struct {
	Settings map[string]string // further settings of postgresql.conf
	From     *Server           // begin as a standby of this one
	Name     string            // as a standby: its application_name
}

// A Server is a PostgreSQL server of a test.
type Server struct {
	t    testing.TB
	bin  string
	dir  string // of everything; the socket is in it
	data string
	cred *syscall.Credential // nil: our own user

	mu     sync.Mutex // guards what follows
	cmd    *exec.Cmd
	ended  chan struct{} // closed when cmd has ended
	reaper *os.File      // tells who cleans up after us which process runs
}

// Start starts a server for t, which ends it.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := newServer(t, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.remove)
	return s
}

var shared struct {
	once     sync.Once
	server   *Server
	err      error
	count    atomic.Int64
	prepare  sync.Once
	prepared error
}

// Database returns the connection string of an empty database of its own, on a
// server that the tests of the process share.
func Database(t testing.TB) string {
	t.Helper()
	return share(t).createDatabase(t, "")
}

// Prepared is Database with what fill, which is called once, puts into it.
func Prepared(t testing.TB, fill func(dsn string) error) string {
	t.Helper()
	s := share(t)
	shared.prepare.Do(func() {
		if _, err := s.run("psql", "-qXc", "CREATE DATABASE prepared", s.DSN("postgres")); err != nil {
			shared.prepared = err
			return
		}
		if shared.prepared = fill(s.DSN("prepared")); shared.prepared == nil {
			shared.prepared = s.awaitAlone("prepared")
		}
	})
	if shared.prepared != nil {
		t.Fatal(shared.prepared)
	}
	return s.createDatabase(t, " TEMPLATE prepared")
}

// share returns the server that the tests of the process share.
func share(t testing.TB) *Server {
	t.Helper()
	needed(t)
	shared.once.Do(func() { shared.server, shared.err = newServer(t, Options{}) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// awaitAlone waits until nobody is connected to a database: who closed a connection
// doesn't wait for the server's end of it, and a database that somebody uses can't be
// copied.
func (s *Server) awaitAlone(database string) error {
	for range 600 {
		out, err := s.run("psql", "-qXAtc", "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = '"+database+"'", s.DSN("postgres"))
		if err != nil || strings.TrimSpace(out) == "0" {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("pgtest: somebody is still connected to " + database)
}

// createDatabase makes a database.
func (s *Server) createDatabase(t testing.TB, how string) string {
	t.Helper()
	name := fmt.Sprintf("test%d", shared.count.Add(1))
	if out, err := s.run("psql", "-qXc", "CREATE DATABASE "+name+how, s.DSN("postgres")); err != nil {
		t.Fatalf("pgtest: creating a database: %v\n%s", err, out)
	}
	return s.DSN(name)
}

// needed skips t where there is no PostgreSQL, and fails it under CI.
func needed(t testing.TB) string {
	t.Helper()
	bin, err := find()
	switch {
	case err == nil:
		return bin
	case os.Getenv("CI") == "true":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
	return ""
}

var errMissing = errors.New("pgtest: no PostgreSQL server is installed (Debian: apt-get install postgresql)")

// find returns the directory of the programs, the newest version's.
func find() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errMissing
}

func version(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4])
	return n
}

func newServer(t testing.TB, o Options) (_ *Server, err error) {
	bin := needed(t)
	s := &Server{t: t, bin: bin}
	if s.cred, err = credential(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "pgtest"); err != nil {
		return nil, err
	}
	s.data = filepath.Join(s.dir, "data")
	if err := s.startReaper(); err != nil {
		return nil, err
	}
	if s.cred != nil {
		if err := os.Chown(s.dir, int(s.cred.Uid), int(s.cred.Gid)); err != nil {
			return nil, err
		}
	}
	if err := s.create(o); err != nil {
		return nil, err
	}
	return s, s.Start()
}

// credential returns the user as whom PostgreSQL runs if we are root, as whom it
// refuses to.
func credential() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
	}
	return nil, errors.New("pgtest: PostgreSQL refuses to run as root, and there is no user postgres or nobody")
}

// create makes the data directory: a new one, or a copy of the server that it is to
// stand by for.
func (s *Server) create(o Options) error {
	var out string
	var err error
	if o.From == nil {
		out, err = s.run("initdb", "-D", s.data, "-U", "parley", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	} else {
		out, err = s.run("pg_basebackup", "-D", s.data, "-R", "-X", "stream", "-c", "fast",
			"-d", o.From.DSN("postgres")+" application_name="+o.Name)
	}
	if err != nil {
		return fmt.Errorf("pgtest: %v\n%s", err, out)
	}
	return s.configure(o.Settings)
}

// configure appends settings; the last of a name counts.
func (s *Server) configure(settings map[string]string) error {
	conf := "listen_addresses = ''\nunix_socket_directories = '" + s.dir + "'\nport = " + port + "\n" +
		"fsync = on\nsynchronous_commit = on\ndynamic_shared_memory_type = mmap\nmax_connections = 200\nshared_buffers = 128MB\nmax_wal_size = 2GB\nlog_min_messages = fatal\n"
	for name, value := range settings {
		conf += name + " = '" + value + "'\n"
	}
	return appendTo(filepath.Join(s.data, "postgresql.conf"), conf)
}

func appendTo(file, text string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func (s *Server) pgCtl(verb string) {
	s.t.Helper()
	if out, err := s.run("pg_ctl", "-D", s.data, "-w", "-s", verb); err != nil {
		s.t.Fatalf("pgtest: pg_ctl %s: %v\n%s", verb, err, out)
	}
}

// DSN returns the connection string of a database.
func (s *Server) DSN(database string) string {
	return "host=" + s.dir + " port=" + port + " user=parley dbname=" + database
}

// SQL runs a statement and returns what psql prints.
func (s *Server) SQL(database, sql string) string {
	s.t.Helper()
	out, err := s.run("psql", "-qXAtc", sql, s.DSN(database))
	if err != nil {
		s.t.Fatalf("pgtest: %v\n%s", err, out)
	}
	return strings.TrimSpace(out)
}

// Await runs a statement until it answers with want.
func (s *Server) Await(database, sql, want string) {
	s.t.Helper()
	got := ""
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		if got = s.SQL(database, sql); got == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("pgtest: %s: %s; want %s", sql, got, want)
}

// run runs one of PostgreSQL's programs as the server's user.
func (s *Server) run(program string, args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.cred}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Start starts the server, which isn't running, and waits until it answers.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.cred, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	s.cmd, s.ended = cmd, ended
	fmt.Fprintln(s.reaper, cmd.Process.Pid)
	return s.await(ended)
}

// await waits until the server answers, or has ended.
func (s *Server) await(ended chan struct{}) error {
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		select {
		case <-ended:
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("pgtest: the server ended:\n%s", log)
		default:
		}
		if _, err := s.run("pg_isready", "-q", "-h", s.dir, "-p", port); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("pgtest: the server doesn't answer")
}

// Kill ends the server and all of its processes as a power cut would, but for what
// the operating system still writes.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Signal(syscall.SIGSTOP)
	for range 10_000 { // until it has stopped: then it starts no more of them
		if stopped(s.cmd.Process.Pid) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	children := s.children()
	for _, p := range children {
		syscall.Kill(p.id, syscall.SIGKILL)
	}
	s.cmd.Process.Kill()
	<-s.ended
	for range 12_000 { // they are in no group of ours, and somebody else's children now
		if !slices.ContainsFunc(children, process.lives) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.cmd = nil
	fmt.Fprintln(s.reaper, 0)
}

// remove ends the server and deletes its files.
func (s *Server) remove() {
	s.Kill()
	s.reaper.Close() // it deletes the files
}

// startReaper starts a process that outlives ours: when ours ends, however it does,
// it ends the server and deletes the files.
func (s *Server) startReaper() error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	cmd := exec.Command("/bin/sh", "-c", `trap '' INT TERM HUP; p=0
		while read -r n; do p=$n; done
		[ "$p" -gt 1 ] && kill -KILL -- "-$p" 2>/dev/null && sleep 1
		rm -rf -- "$1"`, "sh", s.dir)
	cmd.Stdin = read
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		write.Close()
		return err
	}
	go cmd.Wait()
	s.reaper = write
	return nil
}

// SQL runs a statement in a database of the shared server and returns what psql
// prints.
func SQL(t testing.TB, dsn, sql string) string {
	t.Helper()
	out, err := shared.server.run("psql", "-qXAtc", sql, dsn)
	if err != nil {
		t.Fatalf("pgtest: %v\n%s", err, out)
	}
	return strings.TrimSpace(out)
}
