package main

import (
	"context"
	"fmt"
	"io"
)

var helpCommand command

// helpCommand names itself among the commands: hence init, which breaks the loop.
func init() {
	helpCommand = command{
		name: "help", usage: "help [COMMAND]", summary: "Explain the commands, or one of them.", run: runHelp,
	}
}

func runHelp(_ context.Context, p *program, args []string) error {
	rest, err := parse(newFlags("help"), args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		p.printUsage(p.stdout)
		return nil
	}
	if len(rest) > 1 {
		return usagef("help takes one command")
	}
	c, ok := findCommand(rest[0])
	if !ok {
		return usagef("no command %q", rest[0])
	}
	_, err = fmt.Fprintf(p.stdout, "usage: parley %s\n\n%s\n", c.usage, c.help())
	return err
}

func (p *program) printUsage(w io.Writer) {
	fmt.Fprintln(w, "usage: parley COMMAND …")
	for _, c := range commands() {
		fmt.Fprintf(w, "\n  parley %s\n      %s\n", c.usage, c.summary)
	}
	fmt.Fprint(w, `
A person's device is the directory PARLEY_HOME. PARLEY_PASSPHRASE holds the
passphrase for scripts; without it the terminal asks. Exit status: 0, 1 (failed),
2 (usage). More: parley help COMMAND
`)
}
