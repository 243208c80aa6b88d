package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// A command is one word after "parley".
type command struct {
	name    string
	usage   string // how to call it, without "parley"
	summary string // one line
	more    string // further lines of its help, or empty
	run     func(ctx context.Context, p *program, args []string) error
}

// help returns what the command's -h says below its usage.
func (c *command) help() string {
	if c.more == "" {
		return c.summary
	}
	return c.summary + "\n\n" + strings.Trim(c.more, "\n")
}

// commands returns the commands, in the order of help.
func commands() []command {
	return []command{
		serveCommand, configCommand, doctorCommand, backupCommand, restoreCommand, migrateCommand, blobCommand, policyCommand, blockListCommand, frankingCommand, adminCommand,
		loginCommand, chatCommand,
		sendCommand, replyCommand, editCommand, reactCommand, unsendCommand, readCommand, saveCommand, openCommand,
		roomsCommand, devicesCommand, whoamiCommand, accountCommand, safetyCommand, confirmCommand, refusedCommand,
		reportCommand, noticesCommand, appealCommand, verifyReportCommand,
		deskCommand, auditCommand, transparencyCommand, legalCommand,
		acceptCommand, blockCommand, captchaCommand,
		demoCommand, benchCommand, versionCommand, helpCommand,
	}
}

func findCommand(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

// errHelp asks for a command's help.
var errHelp = errors.New("help")

// A usageError says how a command line is wrong.
type usageError struct{ text string }

// Error returns what is wrong, for a person.
func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// newFlags returns an empty set of flags that prints nothing by itself.
func newFlags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	return fs
}

// parse reads flags and arguments, which may be mixed, and returns the
// arguments. "--" ends the flags. An id of a room or device that begins with "-"
// is an argument.
func parse(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for len(args) > 0 {
		if isID(args[0]) || !strings.HasPrefix(args[0], "-") || args[0] == "-" {
			rest, args = append(rest, args[0]), args[1:]
			continue
		}
		if args[0] == "--" {
			return append(rest, args[1:]...), nil
		}
		if args, err = parseFlag(fs, args); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// parseFlag reads one flag, with its value, and returns what comes after.
func parseFlag(fs *flag.FlagSet, args []string) ([]string, error) {
	n := 1
	if name, _, joined := strings.Cut(strings.TrimLeft(args[0], "-"), "="); !joined {
		if f := fs.Lookup(name); f != nil && !isBool(f) {
			n = 2
		}
	}
	n = min(n, len(args))
	err := fs.Parse(args[:n])
	if errors.Is(err, flag.ErrHelp) {
		return nil, errHelp
	}
	if err != nil {
		return nil, usagef("%v", err)
	}
	return args[n:], nil
}

func isBool(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// isID reports whether s is the id of a room or device that looks like a flag.
func isID(s string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return strings.HasPrefix(s, "-") && err == nil && len(raw) == 16
}

// given reports whether the command line set the flag called name.
func given(fs *flag.FlagSet, name string) (found bool) {
	fs.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}
