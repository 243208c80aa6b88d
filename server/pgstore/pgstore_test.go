package pgstore_test

import (
	"log/slog"
	"testing"
	"time"

	"parley/server"
	"parley/server/pgstore"
	"parley/server/pgstore/pgtest"
	"parley/server/storetest"
)

// databases remembers the database of each store that a test opened.
var databases = map[server.Store]string{}

// patient gives a database that is only slow its time: what isn't there, or was killed,
// is noticed at once all the same.
func patient(o pgstore.Options) pgstore.Options {
	o.Migrate, o.Timeout = true, 2*time.Minute
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// patience is patient's of a connection string.
const patience = " connect_timeout=60"

func open(t testing.TB, dsn string) *pgstore.Store {
	t.Helper()
	s, err := pgstore.Open(t.Context(), dsn+patience, patient(pgstore.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	databases[s] = dsn
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// free are databases with the tables, of tests that are over: to empty one takes a
// tenth of the time of making one.
var free = make(chan string, 100)

const empty = `TRUNCATE meta, ledger, account, list, running_reset, enrollment, account_record, head, reader, stock, package, used_package, last_resort,
	grp, roster, state, member, named, winner, receipt, env, box, released, lease`

// database returns an empty database with the tables.
func database(t testing.TB) (dsn string) {
	t.Helper()
	t.Cleanup(func() { free <- dsn }) // after the stores are closed
	select {
	case dsn := <-free:
		pgtest.SQL(t, dsn, empty)
		return dsn
	default:
	}
	return pgtest.Prepared(t, func(dsn string) error {
		s, err := pgstore.Open(t.Context(), dsn+patience, patient(pgstore.Options{}))
		if err != nil {
			return err
		}
		return s.Close()
	})
}

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Driver{
		Open:   func(t *testing.T) server.Store { return open(t, database(t)) },
		Reopen: func(t *testing.T, s server.Store) server.Store { return open(t, databases[s]) },
	})
}

func TestNodes(t *testing.T) {
	storetest.RunNodes(t, func(t *testing.T, n int) (nodes []server.Store) {
		dsn := database(t)
		for range n {
			nodes = append(nodes, open(t, dsn))
		}
		return nodes
	})
}
