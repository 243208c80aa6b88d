package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"parley/client"
	"parley/server/hints"
	"parley/server/pgstore/pgtest"
)

// node starts a node of a site on PostgreSQL.
func node(t *testing.T, dsn string, routes ...string) *running {
	t.Helper()
	cfg := defaultConfig()
	cfg.store, cfg.postgres = "postgres", dsn
	cfg.hints, cfg.natsListen, cfg.natsRoutes = "nats", "127.0.0.1:0", routes
	cfg.data, cfg.listen, cfg.private = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
	s, err := startServer(t.Context(), cfg, newLogger(io.Discard, "json"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTwoNodes: two nodes of serve's own making over one PostgreSQL, one person at
// each; one ends, and its person goes on at the other.
func TestTwoNodes(t *testing.T) {
	dsn := pgtest.Database(t)
	one := node(t, dsn)
	two := node(t, dsn, one.hints.(*hints.NATS).Address())
	p := outside(nil)
	p.stdout, p.stderr = io.Discard, io.Discard
	dir := t.TempDir()
	at := func(s *running, name string) *client.Client {
		c, err := (&demo{program: p, dir: dir, server: s}).person(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	alice, bob := at(one, "alice"), at(two, "bob")
	defer bob.Close()
	tell := func(from, to *client.Client, text string) {
		t.Helper()
		id, err := from.SendTo(t.Context(), []string{to.Account().Name()}, text)
		if err != nil {
			t.Fatal(err)
		}
		if err := to.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, err := to.Lookup(t.Context(), id); err != nil || got.Text != text {
			t.Fatalf("got %q, %v, want %q", got.Text, err, text)
		}
	}
	tell(alice, bob, "from one node")
	tell(bob, alice, "from the other")
	for _, s := range []*running{one, two} {
		text := fetch(t, s.private.url+"/metrics")
		for _, want := range []string{"\nparley_postgres_appends_total ", "\nparley_hints_routes "} {
			if !strings.Contains(text, want) {
				t.Errorf("/metrics lacks %q", want)
			}
		}
	}
	alice.Close()
	if err := one.stop(); err != nil {
		t.Error(err)
	}
	tell(bob, elsewhere(t, dir, two, p), "after the first one ended")
	if err := two.stop(); err != nil {
		t.Error(err)
	}
}

// elsewhere is alice at another node.
func elsewhere(t *testing.T, dir string, s *running, p *program) *client.Client {
	t.Helper()
	c, err := (&demo{program: p, dir: dir, server: s}).person(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestDoctorPostgres: the doctor reads the database's settings, and what it says
// holds nothing of the connection string.
func TestDoctorPostgres(t *testing.T) {
	db := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"full_page_writes": "off", "max_connections": "20"}})
	for name, c := range map[string]struct {
		dsn, check string
		fails      bool
	}{
		"settings":    {db.DSN("postgres"), "full_page_writes = off", true},
		"room":        {db.DSN("postgres"), "1 nodes may take 21 of its 20", true},
		"nonsense":    {"host=db.example password=s3cret nonsense", "can't be read", true},
		"nobody":      {"host=127.0.0.1 port=1 password=s3cret user=parley", "can't be connected to", true},
		"one machine": {db.DSN("postgres"), "no standby is synchronous", true},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "dsn")
			if err := os.WriteFile(file, []byte(c.dsn), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			p := outside(nil)
			p.stdout = &out
			err := runDoctor(t.Context(), p, []string{"--store", "postgres", "--postgres-file", file, "--data", t.TempDir()})
			if (err != nil) != c.fails || !strings.Contains(out.String(), c.check) {
				t.Errorf("got %v and\n%s", err, &out)
			}
			if strings.Contains(out.String()+errorText(err), "s3cret") {
				t.Error("the password is shown")
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// A node that can't reach PostgreSQL says so, without the connection string.
func TestPostgresErrors(t *testing.T) {
	for dsn, want := range map[string]string{
		"nonsense password=s3cret":                          "(postgres_config)",
		"host=127.0.0.1 port=1 user=parley password=s3cret": "(postgres)",
	} {
		cfg := defaultConfig()
		cfg.store, cfg.postgres, cfg.listen, cfg.data = "postgres", dsn, "127.0.0.1:0", t.TempDir()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		_, err := startServer(ctx, cfg, newLogger(io.Discard, "json"))
		cancel()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// What hints count is explained.
func TestHintsAreExplained(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeOf(hints.NATSStats{})) {
		if hintsMetas[f.Name].help == "" {
			t.Errorf("%s isn't explained", f.Name)
		}
	}
}
