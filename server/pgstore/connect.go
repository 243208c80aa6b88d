package pgstore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Bounds of a connection's life.
const (
	connectTimeout = 4 * time.Second // for each host of the connection string
	connLifetime   = 30 * time.Minute
)

// newPool returns a pool of at most conns connections. It doesn't connect yet.
func newPool(ctx context.Context, dsn string, conns int, o Options) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, ErrConfig // err quotes it
	}
	c.MaxConns = int32(conns)
	c.MinConns, c.MinIdleConns = 0, 0
	c.MaxConnLifetime, c.MaxConnLifetimeJitter = connLifetime, connLifetime/10
	c.PingTimeout = connectTimeout
	if c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = connectTimeout
	}
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	for name, value := range map[string]string{
		"application_name":                    "parley",
		"statement_timeout":                   ms(o.Timeout * 8 / 10),
		"lock_timeout":                        ms(o.Timeout / 2),
		"idle_in_transaction_session_timeout": ms(2 * o.Timeout),
	} {
		c.ConnConfig.RuntimeParams[name] = value
	}
	c.ConnConfig.OnNotice = doubt
	c.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		useByteaCodec(c.TypeMap())
		return checkDurable(ctx, c)
	}
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, ErrConfig
	}
	return pool, nil
}

// checkDurable refuses a connection to a database that acknowledges what it may
// lose. Each connection is checked: after a failover it is another server.
func checkDurable(ctx context.Context, c *pgx.Conn) error {
	var commit string
	if err := c.QueryRow(ctx, "SELECT current_setting('synchronous_commit')").Scan(&commit); err != nil {
		return err
	}
	if commit == "off" {
		return ErrNotDurable
	}
	return nil
}

const doubtful = "parley_doubtful"

// doubt marks a connection whose server warned. It warns when a commit is on its
// own disk but a synchronous standby's was not waited for: the commit then
// answers as if all were well.
func doubt(c *pgconn.PgConn, n *pgconn.Notice) {
	if n.Code == "01000" || n.Code == "57P01" {
		c.CustomData()[doubtful] = true
	}
}

// errDoubtful: a commit may not be on the standby that should have it.
var errDoubtful = fmt.Errorf("pgstore: a commit wasn't confirmed by the synchronous standby")

// confirmed returns errDoubtful if c's server warned, and closes c.
func confirmed(ctx context.Context, c *pgx.Conn) error {
	if c.PgConn().CustomData()[doubtful] == nil {
		return nil
	}
	c.Close(ctx)
	return errDoubtful
}
