package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"strconv"

	"parley/desk/deskapi"
)

// deskWords are what scripts do at a desk.
var deskWords = map[string]deskWord{
	"cases":      {0, 0, deskCases},
	"show":       {1, 1, deskPrint[deskapi.Case]("Case", func(c *deskCall) any { return deskapi.CaseID{ID: c.args[0]} })},
	"claim":      {1, 1, deskPrint[deskapi.Case]("Claim", func(c *deskCall) any { return deskapi.Claim{ID: c.args[0]} })},
	"release":    {1, 1, deskPrint[deskapi.Case]("Claim", func(c *deskCall) any { return deskapi.Claim{ID: c.args[0], Release: true} })},
	"note":       {2, 2, deskPrint[deskapi.Case]("Note", func(c *deskCall) any { return deskapi.NewNote{ID: c.args[0], Text: c.args[1]} })},
	"reveal":     {2, 2, deskReveal},
	"decide":     {2, 2, deskDecide},
	"confirm":    {1, 1, deskPrint[deskapi.Decision]("Confirm", confirmation)},
	"refuse":     {1, 1, deskPrint[deskapi.Decision]("Refuse", decisionID)},
	"decision":   {1, 1, deskPrint[deskapi.Decision]("Decision", decisionID)},
	"export":     {2, 2, deskExport},
	"account":    {1, 1, deskPrint[deskapi.Account]("Account", func(c *deskCall) any { return deskapi.AccountID{Account: c.args[0]} })},
	"appeals":    {0, 0, deskAppeals},
	"appeal":     {1, 1, deskAppeal},
	"staff":      {0, 0, deskPrint[deskapi.StaffList]("Staff", func(*deskCall) any { return deskapi.Nothing{} })},
	"audit":      {0, 0, deskAudit},
	"checkpoint": {0, 0, deskCheckpoint},
}

func confirmation(c *deskCall) any { return deskapi.Confirmation{ID: c.args[0], Seen: *c.flags.seen} }

func decisionID(c *deskCall) any { return deskapi.DecisionID{ID: c.args[0]} }

// deskCases prints the queue, a line a case.
func deskCases(ctx context.Context, c *deskCall) error {
	f := deskapi.CaseFilter{
		State: deskapi.CaseState(*c.flags.state), Category: deskapi.Category(*c.flags.category), Account: *c.flags.account,
		Mine: *c.flags.mine, Free: *c.flags.free, Limit: 100,
	}
	for {
		var list deskapi.CaseList
		if err := c.client.Call(ctx, "Cases", f, &list); err != nil {
			return err
		}
		for _, row := range list.Cases {
			if err := printJSON(c.stdout, row); err != nil {
				return err
			}
		}
		if f.After = list.Next; f.After == "" {
			return nil
		}
	}
}

func deskReveal(ctx context.Context, c *deskCall) error {
	n, err := strconv.Atoi(c.args[1])
	if err != nil {
		return usagef("%q is not the number of an attachment", c.args[1])
	}
	var m deskapi.Media
	if err := c.client.Call(ctx, "Reveal", deskapi.RevealMedia{ID: c.args[0], Media: n}, &m); err != nil {
		return err
	}
	if *c.flags.out != "" {
		data, err := c.client.Media(ctx, m.URL)
		if err != nil {
			return err
		}
		if err := c.writeDeskFile(data, *c.flags.out); err != nil {
			return err
		}
	}
	return printJSON(c.stdout, m)
}

func deskDecide(ctx context.Context, c *deskCall) error {
	f := c.flags
	p := deskapi.NewDecision{ID: c.args[0], Kind: deskapi.DecisionKind(c.args[1]), Days: *f.days, Note: *f.note, Seen: *f.seen}
	for _, text := range elements(*f.media) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return usagef("--media takes numbers, as 0,2")
		}
		p.Media = append(p.Media, n)
	}
	if p.Kind != deskapi.Dismiss {
		p.Reasons = &deskapi.Reasons{Ground: deskapi.Ground(*f.ground), Rule: *f.rule, Explanation: *f.why, Facts: *f.fact, Language: *f.language}
	}
	var d deskapi.Decision
	if err := c.client.Call(ctx, "Decide", p, &d); err != nil {
		return err
	}
	return printJSON(c.stdout, d)
}

func deskExport(ctx context.Context, c *deskCall) error {
	p := deskapi.NewExport{ID: c.args[0], Format: deskapi.ExportFormat(c.args[1]), Incident: deskapi.Incident(*c.flags.incident)}
	var file deskapi.File
	if err := c.client.Call(ctx, "Export", p, &file); err != nil {
		return err
	}
	data, err := base64.StdEncoding.DecodeString(file.Base64)
	if err != nil {
		return fmt.Errorf("the desk's answer isn't one: %w", err)
	}
	return c.writeDeskFile(data, *c.flags.out)
}

func deskAppeals(ctx context.Context, c *deskCall) error {
	var list deskapi.AppealList
	if err := c.client.Call(ctx, "Appeals", deskapi.AppealFilter{State: deskapi.AppealState(*c.flags.state)}, &list); err != nil {
		return err
	}
	for _, row := range list.Appeals {
		if err := printJSON(c.stdout, row); err != nil {
			return err
		}
	}
	return nil
}

// deskAppeal shows an appeal, or with an answer ends it, or is the second person to its reversal.
func deskAppeal(ctx context.Context, c *deskCall) error {
	var a deskapi.Appeal
	f, asked := c.flags, 0
	name, p := "Appeal", any(deskapi.AppealID{ID: c.args[0]})
	for _, way := range []struct {
		wanted bool
		name   string
	}{{*f.uphold+*f.reverse != "", "DecideAppeal"}, {*f.confirm, "ConfirmAppeal"}, {*f.refuse, "RefuseAppeal"}} {
		if way.wanted {
			name, asked = way.name, asked+1
		}
	}
	if asked > 1 || *f.uphold != "" && *f.reverse != "" {
		return usagef("an appeal takes one of --uphold, --reverse, --confirm and --refuse")
	}
	if name == "DecideAppeal" {
		p = deskapi.AppealDecision{ID: c.args[0], Reverse: *f.reverse != "", Reply: *f.uphold + *f.reverse}
	}
	if err := c.client.Call(ctx, name, p, &a); err != nil {
		return err
	}
	return printJSON(c.stdout, a)
}

// deskAudit prints a page of the log, and says whether the whole holds together.
func deskAudit(ctx context.Context, c *deskCall) error {
	var list deskapi.AuditList
	if err := c.client.Call(ctx, "Audit", deskapi.AuditFilter{Before: *c.flags.before}, &list); err != nil {
		return err
	}
	for _, l := range list.Lines {
		if err := printJSON(c.stdout, l); err != nil {
			return err
		}
	}
	var whole deskapi.AuditVerdict
	if err := c.client.Call(ctx, "AuditCheck", deskapi.Nothing{}, &whole); err != nil {
		return err
	}
	if broken := cmp.Or(whole.Broken, list.Broken); broken != "" {
		return fmt.Errorf("%s (audit_broken)", broken)
	}
	return nil
}

func deskCheckpoint(ctx context.Context, c *deskCall) error {
	var cp deskapi.Checkpoint
	if err := c.client.Call(ctx, "Checkpoint", deskapi.Nothing{}, &cp); err != nil {
		return err
	}
	return c.writeDeskFile([]byte(cp.Text), *c.flags.out)
}
