package main

import (
	"context"
	"fmt"
	"runtime/debug"
)

var versionCommand = command{
	name: "version", usage: "version",
	summary: "Print the version.",
	run: func(_ context.Context, p *program, args []string) error {
		if rest, err := parse(newFlags("version"), args); err != nil || len(rest) > 0 {
			return firstError(err, usagef("version takes no arguments"))
		}
		_, err := fmt.Fprintln(p.stdout, "parley", version())
		return err
	},
}

// version returns the module's version, or the commit that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "devel"
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
