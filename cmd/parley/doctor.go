package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

var doctorCommand = command{
	name: "doctor", usage: "doctor [--data DIR] [--config FILE] [--json] [FLAG…]",
	summary: "Check the server's machine, files and data, and say what to do.",
	more: `
It takes the flags, variables and file of serve, and reads everything that the
server would: all of the data too, which takes a while where there is much. A
running server is asked to read its own. One line for each finding: ok, warning
or failure, what was checked, what is the matter, what to do. It exits with 1 if
anything fails, and changes nothing. With --json: one object a line, of status,
check, text, do.`,
	run: runDoctor,
}

// How serious a finding is.
const (
	statusOK      = "ok"
	statusWarning = "warning"
	statusFailure = "failure"
)

// A finding is one thing that the doctor looked at.
type finding struct {
	Status string `json:"status"`
	Check  string `json:"check"`
	Text   string `json:"text"`
	Do     string `json:"do"` // what mends it; empty where it is right
}

// A doctor collects findings.
type doctor struct {
	cfg      serveConfig
	running  *serverStatus // of the server on the data directory; nil: none
	findings []finding
}

func (d *doctor) ok(check, format string, args ...any) {
	d.findings = append(d.findings, finding{statusOK, check, fmt.Sprintf(format, args...), ""})
}

func (d *doctor) warn(check, text, do string) {
	d.findings = append(d.findings, finding{statusWarning, check, text, do})
}

func (d *doctor) fail(check, text, do string) {
	d.findings = append(d.findings, finding{statusFailure, check, text, do})
}

func runDoctor(ctx context.Context, p *program, args []string) error {
	cfg, rest, asJSON, err := p.operatorFlags("doctor", args)
	d := &doctor{cfg: cfg}
	wrong, isConfig := errors.AsType[configErrors](err)
	switch {
	case isConfig:
		for _, w := range wrong {
			d.fail("configuration", w.where+": "+w.text, "mend "+w.key+": see parley config describe")
		}
	case err != nil:
		return err
	case len(rest) > 0:
		return usagef("doctor takes no arguments")
	default:
		d.ok("configuration", "all settings are right")
		d.examine(ctx)
	}
	return d.print(p.stdout, asJSON)
}

// examine looks at everything.
func (d *doctor) examine(ctx context.Context) {
	d.checkMachine()
	d.checkTLS()
	d.checkNodes()
	d.checkBlobs(ctx)
	if d.cfg.store == "postgres" {
		d.checkPostgres(ctx)
		return
	}
	d.checkData(ctx)
}

// print writes the findings and returns an error if one is a failure.
func (d *doctor) print(w io.Writer, asJSON bool) error {
	failures := 0
	for _, f := range d.findings {
		if f.Status == statusFailure {
			failures++
		}
		var err error
		if asJSON {
			err = printJSON(w, f)
		} else {
			_, err = fmt.Fprintln(w, strings.TrimSuffix(f.Status+"\t"+f.Check+"\t"+oneLine(f.Text)+"\t"+oneLine(f.Do), "\t"))
		}
		if err != nil {
			return err
		}
	}
	if failures > 0 {
		return fmt.Errorf("%d of %d checks failed (unhealthy)", failures, len(d.findings))
	}
	return nil
}
