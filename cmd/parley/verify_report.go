package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"parley/cmd/parley/chat"
	"parley/content"
	"parley/report"
)

var verifyReportCommand = command{
	name: "verify-report", usage: "verify-report FILE --keys FILE|URL [--pin KEY] [--text] [--json]",
	summary: "Check a case that a safety desk exported, with public keys alone.",
	more: `
FILE is what the desk exported. --keys names the platform's published keys: a file,
or the address of its server (https://chat.example), or of /v1/franking-keys there.
The file itself brings no keys. With --pin only the key of these 43 characters, and
those that it led to, are believed.

For each message it prints ten numbered steps and how each ended. Exit status 0: every
message is verified, "signed by a device that the platform lists" or "attested by the
platform". 1: not verified, with the step that failed. --text prints the messages, too.
--json prints one object. docs/report-format.md says what each step checks.`,
	run: runVerifyReport,
}

func runVerifyReport(ctx context.Context, p *program, args []string) error {
	fs := newFlags("verify-report")
	from := fs.String("keys", "", "")
	pin := fs.String("pin", "", "")
	text := fs.Bool("text", false, "")
	asJSON := fs.Bool("json", false, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || *from == "" {
		return usagef("verify-report needs one file, and --keys")
	}
	c, err := readCase(rest[0])
	if err != nil {
		return err
	}
	keys, err := loadKeys(ctx, *from, *pin)
	if err != nil {
		return err
	}
	v := report.Verify(&c.Report, keys)
	if *asJSON {
		err = printJSON(p.stdout, verdictJSON{v, keys.Domain, caseOf(c)})
	} else {
		_, err = io.WriteString(p.stdout, describe(c, v, *text))
	}
	if err == nil && v.Grade == report.NotVerified {
		err = fmt.Errorf("not verified: %s", v.Why)
	}
	return err
}

// verdictJSON is what --json prints.
type verdictJSON struct {
	*report.Verdict
	Domain string    `json:"domain"`
	Case   caseClaim `json:"case"`
}

// A caseClaim is what the file says of itself: nothing proves it.
type caseClaim struct {
	Case     string `json:"case"`
	Actor    string `json:"actor"`
	At       string `json:"at"`
	Purpose  string `json:"purpose"`
	Reporter string `json:"reporter"`
	Reported string `json:"reported"`
	Category string `json:"category"`
}

func caseOf(c *report.Case) caseClaim {
	return caseClaim{
		c.Export.Case, c.Export.Actor, rfc3339(int64(c.Export.AtMS)), c.Export.Purpose,
		string(c.Report.Reporter), string(c.Report.Reported), string(c.Report.Category),
	}
}

func readCase(name string) (*report.Case, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, report.MaxCase+1))
	if err != nil {
		return nil, err
	}
	c, err := report.DecodeCase(data)
	if errors.Is(err, report.ErrMalformed) || errors.Is(err, report.ErrLimit) {
		return nil, fmt.Errorf("%s is not a case that a desk exported: %v", name, err)
	}
	return c, err
}

// describe writes a verdict for people. What comes from the file is printed without
// control characters.
func describe(c *report.Case, v *report.Verdict, text bool) string {
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(chat.SanitizeLine(fmt.Sprintf(format, args...)) + "\n")
	}
	line("case %s, exported by %s at %s", c.Export.Case, c.Export.Actor, rfc3339(int64(c.Export.AtMS)))
	line("about %s, category %s", c.Report.Reported, c.Report.Category)
	line("(who reported, the category and the note are the desk's word; nothing here proves them)")
	for i := range v.Items {
		item := &v.Items[i]
		line("")
		line("message %d of %d: %s", i+1, len(v.Items), item.Grade)
		for _, s := range item.Steps {
			line("  %2d  %-14s  %-7s  %s", s.Number, s.Name, s.Result, s.Why)
		}
		if item.Grade != report.NotVerified {
			line("  from %s, at %s by the platform's clock", item.Sender, rfc3339(item.AcceptedMS))
		}
		if text {
			line("  text: %s", textOf(&c.Report.Items[i]))
		}
	}
	line("")
	describeOrder(line, v)
	line("verdict: %s (%s)", v.Grade, v.Why)
	return b.String()
}

func describeOrder(line func(string, ...any), v *report.Verdict) {
	line("order by place in the conversation:      %s", places(v, v.Order))
	line("order by what each sender had seen then: %s", places(v, v.SeenOrder))
	for _, g := range v.Gaps {
		line("between event %d and event %d: %d events not disclosed", g.After, g.Before, g.Events)
	}
	for _, c := range v.Conflicts {
		line("contradiction at message %d: %s", c.Item+1, c.Why)
	}
}

func places(v *report.Verdict, order []int) string {
	var out []string
	for _, i := range order {
		out = append(out, fmt.Sprintf("message %d (event %d)", i+1, v.Items[i].Seq))
	}
	return strings.Join(out, ", ")
}

func textOf(item *report.Item) string {
	m, _, err := content.Decode(item.ApplicationData)
	if err != nil {
		return "(not a message)"
	}
	s := m.Summary()
	return fmt.Sprintf("[%s] %s", s.Kind, s.Text)
}
