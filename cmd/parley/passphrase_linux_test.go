package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// newTerminal returns both sides of a terminal: what a person types on, and what a program reads.
func newTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return person, program
}

// echoes reports whether a terminal shows what is typed.
func echoes(t *testing.T, f *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// Who interrupts the question for the passphrase is heard at once, and has a terminal that shows what is typed.
func TestAskInterrupted(t *testing.T) {
	_, tty := newTerminal(t)
	ctx, interrupt := context.WithCancel(t.Context())
	var said bytes.Buffer
	p := &program{stdin: tty, stderr: &said, lookup: func(string) (string, bool) { return "", false }}
	ended := make(chan error, 1)
	go func() {
		_, err := p.passphrase(ctx, true)
		ended <- err
	}()
	for end := time.Now().Add(patience); echoes(t, tty); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("what is typed is shown")
		}
	}
	interrupt()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that it was interrupted", err)
		}
	case <-time.After(patience):
		t.Fatal("it goes on asking")
	}
	if !echoes(t, tty) {
		t.Error("the terminal doesn't show what is typed any more")
	}
	if got := said.String(); got != "Passphrase: \n" {
		t.Errorf("it said %q", got)
	}
}

// Two lines that are the same are a new passphrase.
func TestAsk(t *testing.T) {
	person, tty := newTerminal(t)
	var said bytes.Buffer
	p := &program{stdin: tty, stderr: &said, lookup: func(string) (string, bool) { return "", false }}
	if _, err := person.WriteString("one word\none word\n"); err != nil {
		t.Fatal(err)
	}
	got, err := p.passphrase(t.Context(), true)
	if err != nil || got != "one word" {
		t.Errorf("got %q, %v, want one word", got, err)
	}
}
