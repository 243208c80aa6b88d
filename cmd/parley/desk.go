package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"parley/desk/deskapi"
	"parley/desk/deskclient"
)

var deskCommand = command{
	name: "desk", usage: "desk init | check | serve | invite … | cases | show | decide … [FLAG…]",
	summary: "Run a safety desk, or work at one from scripts.",
	more: `
On the desk's own machine, with --config FILE:

  init                         makes the data directory and the desk's key
  check                        says what is wrong with the set-up, and changes nothing
  serve                        runs the desk
  invite NAME --role ROLE      a one-time link for a new person: reviewer, senior, lead, auditor;
         [--token]             with --token a token for scripts instead

From anywhere, with --desk URL (or PARLEY_DESK) and a staff token in the file of --token-file
(or in PARLEY_DESK_TOKEN). Each prints lines of JSON:

  cases [--state S] [--category C] [--account A] [--mine] [--free]
  show CASE                    a case, with its evidence verified; its "seen" goes with a decision
  claim CASE | release CASE
  note CASE TEXT
  reveal CASE N [--out FILE]   opens an attachment, once it is checked
  decide CASE dismiss|warn|limit|suspend|remove --seen SEEN [--days N] [--media N,N]
         [--ground terms|illegal] [--rule TEXT] [--why TEXT] [--facts TEXT] [--language EN] [--note TEXT]
                               SEEN: what show gave; refused where reports were added since
  confirm DECISION --seen SEEN | refuse DECISION
  decision DECISION
  export CASE report|cybertip|statement [--incident KIND] [--out FILE]
  account ACCOUNT
  appeals                      those that one may decide
  appeal ID [--uphold TEXT | --reverse TEXT | --confirm | --refuse]
                               what two persons decided two reverse: --confirm or --refuse by the second
  staff                        who works here
  audit [--before N]           100 lines of the audit log, the newest or those before a number; all is verified
  checkpoint [--out FILE]      the log's head, signed, for keeping elsewhere`,
	run: runDesk,
}

// deskJobs are what "parley desk" does on the desk's own machine.
var deskJobs = map[string]func(context.Context, *program, []string) error{
	"init": runDeskInit, "check": runDeskCheck, "serve": runDeskServe, "invite": runDeskInvite,
}

func runDesk(ctx context.Context, p *program, args []string) error {
	if len(args) == 0 {
		return usagef("desk needs to be told what: see parley desk -h")
	}
	switch name := args[0]; {
	case name == "-h" || name == "-help" || name == "--help":
		return errHelp
	case deskJobs[name] != nil:
		return deskJobs[name](ctx, p, args[1:])
	case deskWords[name].call != nil:
		return runDeskWord(ctx, p, deskWords[name], args[1:])
	}
	return usagef("desk doesn't know %q", args[0])
}

// A deskCall is one command line that works at a desk.
type deskCall struct {
	*program
	client *deskclient.Client
	flags  *deskFlags
	args   []string
}

// deskFlags are all flags of these commands.
type deskFlags struct {
	url, tokenFile string

	state, category, account *string
	mine, free               *bool

	days                           *int
	before                         *int64
	media, ground, rule, why, fact *string
	note, seen, out, incident      *string
	language                       *string
	uphold, reverse                *string
	confirm, refuse                *bool
}

func newDeskFlags(fs *flag.FlagSet) *deskFlags {
	f := &deskFlags{
		state: fs.String("state", "", ""), category: fs.String("category", "", ""), account: fs.String("account", "", ""),
		mine: fs.Bool("mine", false, ""), free: fs.Bool("free", false, ""),
		days: fs.Int("days", 0, ""), before: fs.Int64("before", 0, ""), media: fs.String("media", "", ""), ground: fs.String("ground", "terms", ""), rule: fs.String("rule", "", ""),
		why: fs.String("why", "", ""), fact: fs.String("facts", "", ""), note: fs.String("note", "", ""), seen: fs.String("seen", "", ""), out: fs.String("out", "", ""),
		incident: fs.String("incident", "", ""), language: fs.String("language", "", ""), uphold: fs.String("uphold", "", ""), reverse: fs.String("reverse", "", ""),
		confirm: fs.Bool("confirm", false, ""), refuse: fs.Bool("refuse", false, ""),
	}
	addDeskFlags(fs, f)
	return f
}

func addDeskFlags(fs *flag.FlagSet, f *deskFlags) {
	fs.StringVar(&f.url, "desk", "", "")
	fs.StringVar(&f.tokenFile, "token-file", "", "")
}

// connect returns the client of the desk that flags or the environment name.
func (p *program) connectDesk(f *deskFlags) (*deskclient.Client, error) {
	address, token := f.url, p.getenv("PARLEY_DESK_TOKEN")
	if address == "" {
		address = p.getenv("PARLEY_DESK")
	}
	if address == "" {
		return nil, usagef("name the desk: --desk URL, or PARLEY_DESK")
	}
	if f.tokenFile != "" {
		data, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return nil, err
		}
		token = strings.TrimSpace(string(data))
	}
	if token == "" {
		return nil, usagef("a staff token is needed: --token-file FILE, or PARLEY_DESK_TOKEN")
	}
	return deskclient.New(address, token)
}

// A deskWord is a command with how many arguments it takes.
type deskWord struct {
	least, most int
	call        func(ctx context.Context, c *deskCall) error
}

func runDeskWord(ctx context.Context, p *program, w deskWord, args []string) error {
	fs := newFlags("desk")
	f := newDeskFlags(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) < w.least || len(rest) > w.most {
		return usagef("this takes %d arguments: see parley desk -h", w.least)
	}
	client, err := p.connectDesk(f)
	if err != nil {
		return err
	}
	return deskError(w.call(ctx, &deskCall{program: p, client: client, flags: f, args: rest}))
}

// deskError is err as scripts read it: a sentence, and the code in brackets.
func deskError(err error) error {
	if e, ok := errors.AsType[*deskapi.Error](err); ok {
		return fmt.Errorf("%s (%s)", e.Message, e.Code)
	}
	return err
}

// print makes a call and prints its answer as a line.
func deskPrint[R any](name string, param func(c *deskCall) any) func(context.Context, *deskCall) error {
	return func(ctx context.Context, c *deskCall) error {
		var out R
		if err := c.client.Call(ctx, name, param(c), &out); err != nil {
			return err
		}
		return printJSON(c.stdout, out)
	}
}

// writeFile writes a file that the desk gave: to --out, else to standard output.
func (p *program) writeDeskFile(data []byte, out string) error {
	if out == "" {
		_, err := p.stdout.Write(data)
		return err
	}
	return os.WriteFile(out, data, 0o600)
}
