package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"os"

	"parley/desk/audit"
	"parley/desk/deskapi"
)

var auditCommand = command{
	name: "audit", usage: "audit verify FILE [--checkpoint FILE] [--key KEY]",
	summary: "Check a safety desk's audit log: that no line was changed, dropped, reordered or cut off.",
	more: `
It names the first line that isn't as it was written. That the end wasn't cut off, and
that not all of it was written anew, shows a checkpoint: the log's head at a time, signed by the
desk. FILE.checkpoint counts where it is there, and one that somebody kept elsewhere
counts for more: --checkpoint FILE. --key is the desk's public key (43 characters, as
parley desk init prints it); without it a checkpoint is checked by the key that it
brings, which is printed, so that somebody can compare it.

Exit status 0: the log holds together.`,
	run: runAudit,
}

func runAudit(_ context.Context, p *program, args []string) error {
	if len(args) > 0 && args[0] == "verify" {
		return p.verifyAudit(args[1:])
	}
	if len(args) > 0 && (args[0] == "-h" || args[0] == "--help") {
		return errHelp
	}
	return usagef("audit takes verify")
}

func (p *program) verifyAudit(args []string) error {
	fs := newFlags("audit verify")
	checkpoint := fs.String("checkpoint", "", "")
	key := fs.String("key", "", "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usagef("audit verify needs one file")
	}
	signed, err := p.checkpoints(rest[0], *checkpoint, *key)
	if err != nil {
		return err
	}
	sum, err := verifyLog(rest[0], signed, nil)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%d lines, whole\nhead %s\n%d of them after the newest checkpoint\n", sum.Lines, sum.Head, sum.After)
	return err
}

// verifyLog reads a log and says where it is broken.
func verifyLog(path string, signed []*audit.Checkpoint, each func(*audit.Line)) (audit.Summary, error) {
	f, err := os.Open(path)
	if err != nil {
		return audit.Summary{}, err
	}
	defer f.Close()
	sum, err := audit.Verify(f, signed, each)
	if broken, ok := errors.AsType[*audit.BrokenError](err); ok {
		err = fmt.Errorf("line %d: %s (audit_%s)", broken.Line, broken.Text, broken.Reason)
	}
	return sum, err
}

// checkpoints reads the one beside the log, and the one that is named.
func (p *program) checkpoints(log, named, key string) (all []*audit.Checkpoint, err error) {
	var pinned ed25519.PublicKey
	if key != "" {
		if pinned, err = base64.RawURLEncoding.DecodeString(key); err != nil || len(pinned) != ed25519.PublicKeySize {
			return nil, usagef("--key takes 43 characters of base64url")
		}
	}
	for _, path := range []string{log + audit.Suffix, named} {
		text, err := os.ReadFile(path)
		if path == "" || errors.Is(err, os.ErrNotExist) && path != named {
			continue
		}
		if err != nil {
			return nil, err
		}
		c, err := audit.ParseCheckpoint(text)
		if err != nil {
			return nil, fmt.Errorf("%s isn't a checkpoint (audit_checkpoint)", path)
		}
		by := pinned
		if by == nil {
			by = c.Key
			p.note("%s is signed by %s", path, base64.RawURLEncoding.EncodeToString(c.Key))
		}
		if c.Check(by) != nil {
			return nil, fmt.Errorf("the desk's key didn't sign %s (audit_checkpoint)", path)
		}
		all = append(all, c)
	}
	return all, nil
}

var transparencyCommand = command{
	name: "transparency", usage: "transparency FILE [--from DATE] [--until DATE] [--checkpoint FILE] [--key KEY] [--json]",
	summary: "Count a safety desk's reports, decisions and lawful requests, from its audit log alone.",
	more: `
FILE is an audit log. It is checked as by parley audit verify, with FILE.checkpoint and
--checkpoint: who has the same log counts the same. Dates are days in UTC, as 2026-01-31; the day of
--until isn't counted. --json prints one object. docs/audit-format.md says what is counted.`,
	run: runTransparency,
}

func runTransparency(_ context.Context, p *program, args []string) error {
	fs := newFlags("transparency")
	from, until := fs.String("from", "", ""), fs.String("until", "", "")
	checkpoint, key := fs.String("checkpoint", "", ""), fs.String("key", "", "")
	asJSON := fs.Bool("json", false, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usagef("transparency needs an audit log")
	}
	counter, err := audit.NewCounter(deskapi.Period{From: *from, Until: *until})
	if err != nil {
		return usagef("dates are as 2026-01-31")
	}
	signed, err := p.checkpoints(rest[0], *checkpoint, *key)
	if err != nil {
		return err
	}
	if _, err := verifyLog(rest[0], signed, counter.Add); err != nil {
		return err
	}
	if t := counter.Counts(); *asJSON {
		return printJSON(p.stdout, t)
	} else {
		return p.printCounts(&t)
	}
}
