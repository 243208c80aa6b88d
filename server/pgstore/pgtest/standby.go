package pgtest

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Follow makes the server, which isn't running, a standby of primary from a new
// copy, and starts it.
func (s *Server) Follow(primary *Server, name string) {
	s.t.Helper()
	if err := os.RemoveAll(s.data); err != nil {
		s.t.Fatal(err)
	}
	if err := s.create(Options{From: primary, Name: name}); err != nil {
		s.t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		s.t.Fatal(err)
	}
}

// Configure changes settings of a server that runs, without a restart.
func (s *Server) Configure(settings map[string]string) {
	s.t.Helper()
	conf := ""
	for name, value := range settings {
		conf += name + " = '" + value + "'\n"
	}
	// It counts before postgresql.conf, and pg_basebackup writes to it too.
	if err := appendTo(filepath.Join(s.data, "postgresql.auto.conf"), conf); err != nil {
		s.t.Fatal(err)
	}
	s.pgCtl("reload")
}

// AwaitStandby waits until commits wait for a standby that isn't there: the server
// takes in what [Server.Configure] has set some time after it was told to.
func (s *Server) AwaitStandby() {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		committed := make(chan struct{})
		go func() {
			defer close(committed)
			s.run("psql", "-qXAtc", "CREATE TABLE IF NOT EXISTS awaited (n int); INSERT INTO awaited VALUES (1)", s.DSN("postgres"))
		}()
		if s.CancelWaiting(committed) {
			return
		}
	}
	s.t.Fatal("pgtest: commits don't wait for the standby")
}

// CancelWaiting has the server wait no longer for a standby, as an operator may, until
// committed is closed, and says whether anything waited.
func (s *Server) CancelWaiting(committed <-chan struct{}) (waited bool) {
	s.t.Helper()
	for {
		select {
		case <-committed:
			return waited
		case <-time.After(50 * time.Millisecond):
			n := s.SQL("postgres", "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
			waited = waited || n != "0"
		}
	}
}

// Promote makes a standby the primary.
func (s *Server) Promote() {
	s.t.Helper()
	s.pgCtl("promote")
}

// DSNs returns one connection string for whichever of servers takes writes.
func DSNs(database string, servers ...*Server) string {
	var hosts, ports []string
	for _, s := range servers {
		hosts, ports = append(hosts, s.dir), append(ports, port)
	}
	return "host=" + strings.Join(hosts, ",") + " port=" + strings.Join(ports, ",") + " user=parley dbname=" + database +
		" target_session_attrs=read-write"
}
