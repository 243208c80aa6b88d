package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"parley/client"
	"parley/client/nettransport"
	"parley/client/sqlitestore"
	"parley/mls/public"
)

// storeName is the client's store in PARLEY_HOME.
const storeName = "parley.db"

// errHome is returned if there is no directory PARLEY_HOME and none can be made.
var errHome = errors.New("PARLEY_HOME can't be made")

// suites are the cipher suites of this program, best first.
func suites() []*public.Suite {
	return []*public.Suite{public.XWing(public.SuiteXWing), public.ChaCha20(), public.X25519()}
}

// homeDir returns PARLEY_HOME, by default parley in the user's configuration
// directory.
func (p *program) homeDir() (string, error) {
	if dir := p.getenv("PARLEY_HOME"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", errors.New("no home directory: set PARLEY_HOME")
	}
	return filepath.Join(dir, "parley"), nil
}

// openStore opens the store of PARLEY_HOME. It makes one only if create; else it
// returns client.ErrNoHome where there is none.
func (p *program) openStore(create bool) (*sqlitestore.Store, error) {
	dir, err := p.homeDir()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, storeName)
	if create {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("%w: %w", errHome, err)
		}
	} else if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, client.ErrNoHome
	}
	return sqlitestore.Open(path)
}

// config returns what a client is built from.
func (p *program) config(store client.Store, server string) (client.Config, error) {
	transport, err := nettransport.New(server, nettransport.Options{})
	if err != nil {
		return client.Config{}, err
	}
	p.transport = transport
	cfg := client.Config{Store: store, Transport: transport, Suites: suites()}
	if v := p.getenv("PARLEY_RESET_DELAY"); v != "" {
		if err := setDuration(&cfg.ResetDelay, v); err != nil {
			return cfg, usagef("PARLEY_RESET_DELAY: %v", err)
		}
		if cfg.ResetDelay == 0 {
			cfg.ResetDelay = -1 // none; 0 stands for the default
		}
	}
	if p.getenv("PARLEY_DEBUG") != "" {
		cfg.Log = slog.New(slog.NewJSONHandler(p.stderr, nil))
	}
	return cfg, nil
}

// open opens the client of PARLEY_HOME. The caller closes it.
func (p *program) open(ctx context.Context) (*client.Client, error) {
	store, err := p.openStore(false)
	if err != nil {
		return nil, err
	}
	c, err := p.openIn(ctx, store)
	if err != nil {
		store.Close()
		return nil, err
	}
	return c, nil
}

func (p *program) openIn(ctx context.Context, store client.Store) (*client.Client, error) {
	home, err := client.ReadHome(ctx, store)
	if err != nil {
		return nil, err
	}
	cfg, err := p.config(store, home.Server)
	if err != nil {
		return nil, err
	}
	if c := p.openWithKeyring(ctx, cfg, home); c != nil {
		return c, nil
	}
	passphrase, err := p.passphrase(ctx, false)
	if err != nil {
		return nil, err
	}
	_, seal := client.DeriveKeys(passphrase, home.Account)
	c, err := client.Open(ctx, cfg, seal)
	if err != nil {
		return nil, err
	}
	p.keepInKeyring(home, seal)
	return c, nil
}

// withClient runs f with the client of PARLEY_HOME, and closes it afterwards.
func (p *program) withClient(ctx context.Context, f func(*client.Client) error) error {
	c, err := p.open(ctx)
	if err != nil {
		return err
	}
	err = f(c)
	p.keepCaptcha(ctx, c, err)
	return errors.Join(err, c.Close())
}
