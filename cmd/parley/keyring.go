package main

import (
	"context"
	"encoding/base64"
	"errors"
	"time"

	"github.com/zalando/go-keyring"

	"parley/client"
)

// The operating system's keyring keeps a device's seal key after its passphrase
// was typed once, so that it need not be typed for each command. It is an aid: a
// keyring that is missing, locked or slow is as if there were none, without a
// word. Where PARLEY_PASSPHRASE is set, or there is no terminal, it isn't used.

const keyringService = "parley"

// keyringPatience is how long the keyring may take: it can hang on a desktop bus.
const keyringPatience = 3 * time.Second

// useKeyring reports whether this is a session in which the keyring may be used.
func (p *program) useKeyring() bool {
	_, scripted := p.lookup(passphraseVar)
	return !scripted && p.interactive()
}

// openWithKeyring opens the client with the key from the keyring, or returns nil.
func (p *program) openWithKeyring(ctx context.Context, cfg client.Config, home *client.Home) *client.Client {
	if !p.useKeyring() {
		return nil
	}
	var text string
	if patiently(func() (err error) { text, err = keyring.Get(keyringService, string(home.Device)); return err }) != nil {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	seal, err := client.NewSealKey(raw)
	if err != nil {
		return nil
	}
	c, err := client.Open(ctx, cfg, seal)
	if err != nil {
		return nil // a stale key: the passphrase is asked for
	}
	return c
}

// keepInKeyring keeps the key for the next command, if it can.
func (p *program) keepInKeyring(home *client.Home, seal client.SealKey) {
	if !p.useKeyring() {
		return
	}
	text := base64.StdEncoding.EncodeToString(seal.Bytes())
	_ = patiently(func() error { return keyring.Set(keyringService, string(home.Device), text) })
}

var errSlow = errors.New("keyring: no answer")

// patiently runs f, and gives up on it after a while.
func patiently(f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(keyringPatience):
		return errSlow
	}
}
