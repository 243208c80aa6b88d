package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"parley/server"
	"parley/wire"
)

var frankingCommand = command{
	name: "franking", usage: "franking keys|rotate [--in DURATION] [--data DIR] [--config FILE] [--json]",
	summary: "Show the keys that vouch for reported messages, or change the signing key.",
	more: `
The server stamps each message that it takes, so that who reports it later can show
that it was sent, by whom and when. One signing key vouches for the stamps; clients
and outsiders know it. keys prints what GET /v1/franking-keys publishes: each key,
from when on it signs, and the first one's statement of itself.

rotate makes a new signing key, which its predecessor names by a signed statement.
It signs from one hour on (--in 24h: from then on), so that every node and client
learns of it before. The old key is destroyed an hour after that. Rotate when
someone who may not could have read the data directory or the database, or a
backup of it: what that person signs with the old key is refused from then on.

A running server is asked by the control socket in its data directory, which only
the server's user can open; the data of a stopped one is read by this command. On
PostgreSQL the command uses the database, and all nodes follow; --in is at least 5m
there, so that each has learned of the new key before anyone signs with it.`,
	run: runFranking,
}

// frankingLead is how long before a new key signs.
const frankingLead = time.Hour

// nodesLead is the least of it where there may be several nodes: each looks once in
// [sweepEvery]. A client that asks one that doesn't know the key yet, about a message by
// one that does, would refuse the message for good.
const nodesLead = 5 * sweepEvery

func runFranking(ctx context.Context, p *program, args []string) error {
	fs := newFlags("franking")
	load := addSettings(fs)
	asJSON, in := fs.Bool("json", false, ""), fs.Duration("in", frankingLead, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || rest[0] != "keys" && rest[0] != "rotate" {
		return usagef("want franking keys or franking rotate")
	}
	rotate := rest[0] == "rotate"
	if *in < 0 || *in > 365*24*time.Hour || !rotate && given(fs, "in") {
		return usagef("--in is 0 to 8760h, and of rotate alone")
	}
	cfg, err := load(p)
	if err != nil {
		return err
	}
	if rotate && cfg.store != "embedded" && *in < nodesLead {
		return usagef("--in is at least %v on PostgreSQL: every node has to learn of the key first", nodesLead)
	}
	keys, err := frankingKeys(ctx, cfg, rotate, *in)
	if err != nil {
		return err
	}
	if *asJSON {
		return printJSON(p.stdout, keys)
	}
	for _, k := range keys.Keys {
		from := "from the beginning"
		if k.NotBeforeMS > 0 {
			from = "from " + time.UnixMilli(k.NotBeforeMS).UTC().Format(time.RFC3339)
		}
		if _, err := fmt.Fprintf(p.stdout, "%s\t%s\n", k.Key, from); err != nil {
			return err
		}
	}
	return nil
}

// frankingKeys returns the keys, after a rotation if one is wanted.
func frankingKeys(ctx context.Context, cfg serveConfig, rotate bool, in time.Duration) (*wire.FrankingKeys, error) {
	if cfg.store == "embedded" {
		client, _, err := controlClient(ctx, cfg.data)
		if err == nil {
			return askFranking(ctx, client, rotate, in)
		}
		if !errors.Is(err, errNotRunning) {
			return nil, err
		}
		if _, err := os.Stat(cfg.data); err != nil {
			return nil, fmt.Errorf("there is no data directory: %w (data)", err)
		}
	}
	store, err := openStore(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	ring, err := server.OpenKeyRing(ctx, store, cfg.domain, time.Now())
	if err == nil && rotate {
		err = rotateFranking(ctx, ring, in)
	}
	if err = errors.Join(err, store.close()); err != nil {
		return nil, err
	}
	return ring.Published(), nil
}

func rotateFranking(ctx context.Context, ring *server.KeyRing, in time.Duration) error {
	now := time.Now()
	_, err := ring.Rotate(ctx, now, now.Add(in))
	if errors.Is(err, server.ErrRotating) {
		return errors.New("the last new key doesn't sign yet: wait until it does (rotating)")
	}
	return err
}

// askFranking asks a running server.
func askFranking(ctx context.Context, client *http.Client, rotate bool, in time.Duration) (*wire.FrankingKeys, error) {
	method, path := http.MethodGet, "/franking"
	if rotate {
		method, path = http.MethodPost, "/franking/rotate?in="+in.String()
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://parley"+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(string(bytes.TrimSpace(body)))
	}
	keys := &wire.FrankingKeys{}
	return keys, json.Unmarshal(body, keys)
}

// serveFranking answers askFranking.
func (s *running) serveFranking(w http.ResponseWriter, r *http.Request) {
	ring := s.server.FrankingKeys()
	if r.Method == http.MethodPost {
		in, err := time.ParseDuration(r.FormValue("in"))
		if err == nil {
			err = rotateFranking(r.Context(), ring, in)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		s.log.Info("a new franking key was made", "keys", len(ring.Statements()), "signs_in", in.String())
	}
	json.NewEncoder(w).Encode(ring.Published())
}
