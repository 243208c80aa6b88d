package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"golang.org/x/term"
)

// passphraseVar is the variable that holds the passphrase for scripts. Where it
// is set nothing is asked, and no keyring is touched.
const passphraseVar = "PARLEY_PASSPHRASE"

// errEmptyPassphrase is returned for an empty passphrase, wherever it comes from.
var errEmptyPassphrase = errors.New("the passphrase is empty (empty_passphrase)")

// passphrase returns the passphrase: from the environment, else asked for on the
// terminal without echo, twice if it is a new one.
func (p *program) passphrase(ctx context.Context, isNew bool) (string, error) {
	if v, ok := p.lookup(passphraseVar); ok {
		if v == "" {
			return "", errEmptyPassphrase
		}
		return v, nil
	}
	if !p.interactive() {
		return "", errors.New("no passphrase: set PARLEY_PASSPHRASE, or run this on a terminal (no_passphrase)")
	}
	first, err := p.ask(ctx, "Passphrase: ")
	if err != nil {
		return "", err
	}
	if len(first) == 0 {
		return "", errEmptyPassphrase
	}
	if isNew {
		again, err := p.ask(ctx, "The same again: ")
		if err != nil {
			return "", err
		}
		if !bytes.Equal(first, again) {
			return "", errors.New("the two passphrases differ (passphrases_differ)")
		}
	}
	return string(first), nil
}

// interactive reports whether a person can be asked.
func (p *program) interactive() bool {
	if p.person != nil {
		return p.person()
	}
	return p.stdin != nil && term.IsTerminal(int(p.stdin.Fd()))
}

// ask asks for a line that isn't shown. If ctx ends first the terminal is as it was
// before, and what is typed is for who reads next, but for one line.
func (p *program) ask(ctx context.Context, prompt string) ([]byte, error) {
	fd := int(p.stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("reading the passphrase: %w", err)
	}
	type answer struct {
		line []byte
		err  error
	}
	got := make(chan answer, 1)
	fmt.Fprint(p.stderr, prompt)
	go func() {
		line, err := term.ReadPassword(fd)
		got <- answer{line, err}
	}()
	defer fmt.Fprintln(p.stderr)
	select {
	case a := <-got:
		if a.err != nil {
			return nil, fmt.Errorf("reading the passphrase: %w", a.err)
		}
		return a.line, nil
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}
