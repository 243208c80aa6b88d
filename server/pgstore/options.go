package pgstore

import (
	"errors"
	"log/slog"
	"time"
)

// What [Open] answers, beside server.ErrUnavailable.
var (
	// ErrConfig: the connection string can't be read. It isn't quoted, since it
	// may hold a password.
	ErrConfig = errors.New("pgstore: the connection string can't be read")
	// ErrNotDurable: the database acknowledges what it may lose:
	// synchronous_commit is off.
	ErrNotDurable = errors.New("pgstore: synchronous_commit is off: the database would acknowledge what it may lose")
	// ErrSchema: the tables aren't there, or are of another version of the
	// program, and Options.Migrate wasn't given.
	ErrSchema = errors.New("pgstore: the tables aren't of this version; open it with Migrate")
	// ErrNewer: the tables are of a newer version of the program.
	ErrNewer = errors.New("pgstore: the tables are of a newer version of the program")
	// ErrIncomplete: a site was being moved here, and that all of it arrived was
	// not checked.
	ErrIncomplete = errors.New("pgstore: the database holds a part of a site that was being moved; empty it and move again")
)

// Options are what one may choose. The zero value is right, but for Migrate.
type Options struct {
	Logger  *slog.Logger  // nil: slog.Default
	Migrate bool          // bring the tables up to this version first
	Conns   int           // connections at most, the batchers' aside; 0: 16
	Batch   int           // batchers, each with a connection; 0: 4
	Timeout time.Duration // of one transaction; 0: 10 s
	Queue   int           // appends that wait at most; 0: 4096
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	for _, f := range []struct {
		have *int
		def  int
	}{{&o.Conns, 16}, {&o.Batch, 4}, {&o.Queue, 4096}} {
		if *f.have == 0 {
			*f.have = f.def
		}
	}
	return o
}
