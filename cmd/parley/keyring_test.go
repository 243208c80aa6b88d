package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"parley/client"
	"parley/identity"
)

// The keyring spares a person on a terminal the passphrase; it is never used
// beside PARLEY_PASSPHRASE or without a terminal, and its failures are silent.
func TestKeyring(t *testing.T) {
	keyring.MockInit()
	cfg := defaultConfig()
	cfg.data, cfg.listen = t.TempDir(), "127.0.0.1:0"
	s, err := startServer(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	home := t.TempDir()
	var out bytes.Buffer
	scripted := outside(map[string]string{"PARLEY_HOME": home, passphraseVar: "secret"})
	scripted.stdout, scripted.stderr, scripted.person = &out, &out, func() bool { return true }
	if got := scripted.run(t.Context(), []string{"login", "--server", s.url, "--new", "alice"}); got != exitOK {
		t.Fatalf("login: %d: %s", got, &out)
	}
	account, _ := identity.NewAccount(cfg.domain, "alice")
	device := deviceOf(t, scripted)
	if _, err := keyring.Get(keyringService, string(device)); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("a scripted login touched the keyring: %v", err)
	}

	// Nobody types anything: what opens the home must be the keyring.
	nobody := outside(map[string]string{"PARLEY_HOME": home})
	stdin, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	nobody.stdin, nobody.stdout, nobody.stderr = stdin, &out, &out
	nobody.person = func() bool { return true }
	if c, err := nobody.open(t.Context()); err == nil {
		c.Close()
		t.Fatal("opened without a passphrase or a key")
	}
	_, seal := client.DeriveKeys("secret", account)
	nobody.keepInKeyring(&client.Home{Account: account, Device: device}, seal)
	c, err := nobody.open(t.Context())
	if err != nil {
		t.Fatalf("with the key in the keyring: %v", err)
	}
	c.Close()

	nobody.person = func() bool { return false }
	if c, err := nobody.open(t.Context()); err == nil {
		c.Close()
		t.Error("the keyring was used without a terminal")
	}

	nobody.person = func() bool { return true }
	out.Reset()
	keyring.MockInitWithError(errors.New("locked"))
	if c, err := nobody.open(t.Context()); err == nil {
		c.Close()
		t.Error("opened although the keyring is locked")
	}
	if strings.Contains(out.String(), "locked") {
		t.Errorf("a failing keyring was not silent: %q", &out)
	}
}

func deviceOf(t *testing.T, p *program) identity.Device {
	t.Helper()
	store, err := p.openStore(false)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	home, err := client.ReadHome(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	return home.Device
}
