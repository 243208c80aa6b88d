package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// oldestPostgres is the oldest version that is tested.
const oldestPostgres = 15

// writers are the connections of a node beside postgres_conns.
const writers = 5

// checkPostgres looks at the database and its settings. No finding holds anything
// of the connection string.
func (d *doctor) checkPostgres(ctx context.Context) {
	if file := d.cfg.postgresFile; file != "" {
		if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o007 != 0 {
			d.fail("postgres", "everybody on this machine can read the connection string", "chmod o-rwx "+file)
		}
	}
	dsn, err := d.cfg.connectionString()
	if err != nil {
		d.fail("postgres", err.Error(), "give the connection string in postgres_file or PARLEY_POSTGRES")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	config, err := pgx.ParseConfig(dsn)
	if err != nil { // which quotes it
		d.fail("postgres", "the connection string can't be read", "want host=… dbname=… user=…, or postgres://…")
		return
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil { // which names hosts and users
		d.fail("postgres", "it can't be connected to", "see that it runs and takes connections from here; its log says more")
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := d.checkPostgresSettings(ctx, conn); err != nil {
		d.fail("postgres", "its settings can't be read", "see its log")
	}
}

func (d *doctor) checkPostgresSettings(ctx context.Context, conn *pgx.Conn) error {
	settings, err := postgresSettings(ctx, conn)
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(settings["server_version_num"])
	if version/10000 < oldestPostgres {
		d.warn("postgres", fmt.Sprintf("version %d is older than any that is tested", version/10000), fmt.Sprintf("use %d or newer", oldestPostgres))
	} else {
		d.ok("postgres", "version %d answers", version/10000)
	}
	for _, must := range []struct{ name, why string }{
		{"synchronous_commit", "what was acknowledged could be lost: nodes refuse to start"},
		{"fsync", "a crash of its machine loses what was acknowledged"},
		{"full_page_writes", "a crash of its machine can damage the database"},
	} {
		if v, known := settings[must.name]; known && v == "off" {
			d.fail("postgres", must.name+" = off: "+must.why, must.name+" = on")
		}
	}
	if v, known := settings["synchronous_standby_names"]; known && v == "" {
		d.warn("postgres", "no standby is synchronous: what was acknowledged is on one machine only", "deploy/patroni shows synchronous_mode_strict")
	}
	if v, known := settings["data_checksums"]; known && v != "on" {
		d.warn("postgres", "it keeps no checksums of its pages", "pg_checksums --enable, while it is stopped")
	}
	return errors.Join(d.checkPostgresRoom(settings), d.checkPostgresRole(ctx, conn))
}

func (d *doctor) checkPostgresRoom(settings map[string]string) error {
	most, err := strconv.Atoi(settings["max_connections"])
	if err != nil {
		return nil // a database that is spoken to like PostgreSQL, and has no such bound
	}
	nodes := max(1, len(d.cfg.natsRoutes))
	if need := nodes * (d.cfg.postgresConns + writers); need > most*8/10 {
		d.warn("postgres", fmt.Sprintf("%d nodes may take %d of its %d connections", nodes, need, most), "raise max_connections or lower postgres_conns")
	} else {
		d.ok("postgres", "connections: %d nodes may take %d of %d", nodes, need, most)
	}
	return nil
}

// checkPostgresRole says whether it can be written to, and whether others can
// read along.
func (d *doctor) checkPostgresRole(ctx context.Context, conn *pgx.Conn) error {
	var standby bool
	if err := conn.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&standby); err != nil {
		return err
	}
	if standby {
		d.fail("postgres", "this is a standby: it takes no writes", "name the primary, or all hosts with target_session_attrs=read-write")
	}
	network := conn.PgConn().Conn().RemoteAddr().Network()
	var encrypted bool
	err := conn.QueryRow(ctx, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&encrypted)
	if err == nil && !encrypted && network != "unix" && !loopback(conn.PgConn().Conn().RemoteAddr().String()) {
		d.warn("postgres", "the connection is not encrypted", "sslmode=verify-full and sslrootcert in the connection string")
	}
	return nil
}

// postgresSettings returns those that the doctor looks at, as far as there are.
func postgresSettings(ctx context.Context, conn *pgx.Conn) (map[string]string, error) {
	all := map[string]string{}
	for _, name := range []string{
		"server_version_num", "synchronous_commit", "fsync", "full_page_writes", "synchronous_standby_names", "data_checksums", "max_connections",
	} {
		var value *string
		if err := conn.QueryRow(ctx, "SELECT current_setting($1, true)", name).Scan(&value); err != nil {
			return nil, err
		}
		if value != nil {
			all[name] = *value
		}
	}
	return all, nil
}
