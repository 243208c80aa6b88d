package main

import (
	"bytes"
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
func (p *program) passphrase(isNew bool) (string, error) {
	if v, ok := p.lookup(passphraseVar); ok {
		if v == "" {
			return "", errEmptyPassphrase
		}
		return v, nil
	}
	if !p.interactive() {
		return "", errors.New("no passphrase: set PARLEY_PASSPHRASE, or run this on a terminal (no_passphrase)")
	}
	first, err := p.ask("Passphrase: ")
	if err != nil {
		return "", err
	}
	if len(first) == 0 {
		return "", errEmptyPassphrase
	}
	if isNew {
		again, err := p.ask("The same again: ")
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

func (p *program) ask(prompt string) ([]byte, error) {
	fmt.Fprint(p.stderr, prompt)
	line, err := term.ReadPassword(int(p.stdin.Fd()))
	fmt.Fprintln(p.stderr)
	if err != nil {
		return nil, fmt.Errorf("reading the passphrase: %w", err)
	}
	return line, nil
}
