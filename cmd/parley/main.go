// Command parley is the whole of Parley in one binary: the server, the terminal
// client, and commands for scripts.
//
//	parley serve               the delivery server
//	parley login, chat         a person's client
//	parley send, read …        the same for scripts
//	parley demo                a server with two people, to try
//
// The scripted face is a contract: data on standard output, errors as one plain
// line "parley: …" on standard error, exit status 0, 1 (failed) or 2 (usage).
// Flags stand before or after arguments; "--" ends them.
//
// A person's device is a directory, PARLEY_HOME. Several commands may use one at
// once.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"parley/client/nettransport"
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, lookup: os.LookupEnv}
	status := p.run(ctx, os.Args[1:])
	stop()
	os.Exit(status)
}

// A program is the outside world as commands see it.
type program struct {
	stdin  *os.File
	stdout io.Writer
	stderr io.Writer
	lookup func(name string) (string, bool) // of the environment
	person func() bool                      // whether somebody can be asked; nil: by stdin

	transport *nettransport.Transport // of the client that was opened last; nil: none yet
}

// run runs one command line and returns the exit status.
func (p *program) run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		p.printUsage(p.stderr)
		return exitUsage
	}
	name := args[0]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-version", "--version":
		name = "version"
	}
	c, ok := findCommand(name)
	if !ok {
		return p.fail(usagef("no command %q: see parley help", name))
	}
	err := c.run(ctx, p, args[1:])
	if errors.Is(err, errHelp) {
		fmt.Fprintf(p.stdout, "usage: parley %s\n\n%s\n", c.usage, c.help())
		return exitOK
	}
	if u, ok := errors.AsType[*usageError](err); ok {
		err = usagef("%s (usage: parley %s)", u.text, c.usage)
	}
	return p.fail(err)
}

// fail prints err as one line and returns the exit status that belongs to it.
func (p *program) fail(err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(p.stderr, "parley: "+oneLine(explain(err)))
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// note prints a line for the person beside the data: what goes on, not what failed.
func (p *program) note(format string, args ...any) {
	fmt.Fprintf(p.stderr, "parley: "+format+"\n", args...)
}

// getenv returns a variable of the environment, or "".
func (p *program) getenv(name string) string {
	v, _ := p.lookup(name)
	return v
}
