package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

var configCommand = command{
	name: "config", usage: "config check [--config FILE] [FLAG…] | describe [--json | --example]",
	summary: "Check the server's configuration, or explain every setting.",
	more: `
check reads what serve would read (flags, variables, the file of --config or
PARLEY_CONFIG) and prints all that is wrong, one line each: key, tab, what to
mend. It exits with 1 if anything is. It starts nothing; whether files and
databases are there and right is what parley doctor says.

describe prints each setting's key, flag, variable, default and meaning: as text,
with --json one object a line, with --example as a file for --config.`,
	run: runConfig,
}

func runConfig(_ context.Context, p *program, args []string) error {
	if len(args) == 0 {
		return usagef("config needs check or describe")
	}
	switch args[0] {
	case "check":
		return p.checkConfig(args[1:])
	case "describe":
		return p.describeConfig(args[1:])
	case "-h", "-help", "--help":
		return errHelp
	}
	return usagef("config takes check or describe")
}

func (p *program) checkConfig(args []string) error {
	fs := newFlags("config check")
	load := addSettings(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("config check takes no arguments")
	}
	_, err = load(p)
	wrong, ok := errors.AsType[configErrors](err)
	switch {
	case err == nil:
		_, err = fmt.Fprintln(p.stdout, "the configuration is right")
		return err
	case !ok:
		return err
	}
	for _, w := range wrong {
		if _, err := fmt.Fprintf(p.stdout, "%s\t%s: %s\n", oneLine(w.key), oneLine(w.where), oneLine(w.text)); err != nil {
			return err
		}
	}
	return fmt.Errorf("%d of the settings are wrong (bad_config)", len(wrong))
}

func (p *program) describeConfig(args []string) error {
	fs := newFlags("config describe")
	asJSON := fs.Bool("json", false, "")
	example := fs.Bool("example", false, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 || *asJSON && *example {
		return usagef("config describe takes --json or --example, or neither")
	}
	switch {
	case *asJSON:
		return describeJSON(p.stdout)
	case *example:
		_, err = io.WriteString(p.stdout, exampleConfig())
	default:
		_, err = io.WriteString(p.stdout, describeText())
	}
	return err
}

// A settingLine is a setting as config describe --json prints it.
type settingLine struct {
	Key      string  `json:"key"`
	Section  string  `json:"section"`
	Flag     *string `json:"flag"` // null: there is none
	Variable string  `json:"variable"`
	Default  *string `json:"default"` // null: see meaning_of_none
	None     string  `json:"without"` // what stands where there is no default
	Secret   bool    `json:"secret"`
	Meaning  string  `json:"meaning"`
}

func describeJSON(w io.Writer) error {
	for _, s := range settings {
		l := settingLine{Key: s.key, Section: s.section, Variable: s.variable(), None: s.none, Secret: s.secret, Meaning: s.help}
		if f := s.flag(); f != "" {
			f = "--" + f
			l.Flag = &f
		}
		if s.def != "" {
			l.Default = &s.def
		}
		if err := printJSON(w, l); err != nil {
			return err
		}
	}
	return nil
}

func (s setting) defaultText() string {
	if s.def == "" {
		return s.none
	}
	return s.def
}

// describeText is for people: a paragraph for each setting.
func describeText() string {
	var b strings.Builder
	section := ""
	for _, s := range settings {
		if s.section != section {
			section = s.section
			fmt.Fprintf(&b, "%s\n\n", section)
		}
		flag := "no flag"
		if s.flag() != "" {
			flag = "--" + s.flag()
		}
		fmt.Fprintf(&b, "  %s   %s   %s\n      default: %s\n      %s\n\n", s.key, flag, s.variable(), s.defaultText(), s.help)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// exampleConfig is a file with every setting, each as a comment with its default.
func exampleConfig() string {
	var b strings.Builder
	b.WriteString("# Every setting of parley serve, with its default. This file is made by\n# \"parley config describe --example\". A flag and a PARLEY_… variable count more.\n")
	section := ""
	for _, s := range settings {
		if s.section != section {
			section = s.section
			fmt.Fprintf(&b, "\n## %s\n", section)
		}
		fmt.Fprintf(&b, "\n# %s\n", s.help)
		switch {
		case s.def != "":
			fmt.Fprintf(&b, "# %s = %s\n", s.key, strconv.Quote(s.def))
		case s.list:
			fmt.Fprintf(&b, "# Default: %s.\n# %s = []\n", s.none, s.key)
		default:
			fmt.Fprintf(&b, "# Default: %s.\n# %s = \"\"\n", s.none, s.key)
		}
	}
	return b.String()
}
