package pgstore

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"parley/server"
)

// own lists the errors that mean themselves, beside those of a context.
var own = []error{
	server.ErrNotFound, server.ErrExists, server.ErrStale, server.ErrPending, server.ErrTooMany, server.ErrTooFew, server.ErrBeyond,
	server.ErrUnavailable, server.ErrBusy, ErrConfig, ErrNotDurable, ErrSchema, ErrNewer, ErrIncomplete, errAgain, errCorrupt,
}

// errAgain: what the transaction was prepared by has changed.
var errAgain = errors.New("pgstore: changed meanwhile")

// errCorrupt: a row isn't what this program writes.
var errCorrupt = errors.New("pgstore: a stored record can't be read")

func isOwn(err error) bool {
	return slices.ContainsFunc(own, func(o error) bool { return errors.Is(err, o) })
}

func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// passing reports whether the same transaction may succeed if it is tried again
// at once: a serialization failure, a deadlock, or a key that another node wrote
// in the same moment.
func passing(err error) bool {
	switch sqlState(err) {
	case "40001", "40P01", "23505":
		return true
	}
	return errors.Is(err, errAgain)
}

// unavailable reports whether err says that the database can't be used now: the
// connection is gone, it shuts down or starts, it is a standby, it is out of
// something, or it took too long.
func unavailable(err error) bool {
	code := sqlState(err)
	if code == "" {
		return !isOwn(err)
	}
	switch code {
	case "25006", "55P03", "57014", "57P01", "57P02", "57P03", "57P05", "25P03", "25P04", "58030", "40003", "XX000", "72000":
		return true
	}
	return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "28")
}

// explain turns what the driver says into what the [server.Store] contract says,
// without statement, data or connection string.
func explain(err error) error {
	switch {
	case err == nil, isOwn(err):
		return err
	case passing(err):
		return fmt.Errorf("%w: too many conflicts", server.ErrUnavailable)
	case unavailable(err):
		return fmt.Errorf("%w: %s", server.ErrUnavailable, why(err))
	}
	return fmt.Errorf("pgstore: the database refused a statement (SQLSTATE %s)", sqlState(err))
}

// why says in a few words what is wrong with the connection.
func why(err error) string {
	var unknown x509.UnknownAuthorityError
	var dns *net.DNSError
	switch code := sqlState(err); {
	case code != "":
		return "the database answered SQLSTATE " + code
	case errors.Is(err, errDoubtful):
		return "a commit wasn't confirmed by the synchronous standby"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return "nothing listens at the database's address"
	case errors.As(err, &dns):
		return "the database's name can't be resolved"
	case errors.As(err, &unknown):
		return "the database's certificate is of an unknown authority"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "the database took too long"
	}
	return "the connection to the database failed"
}
