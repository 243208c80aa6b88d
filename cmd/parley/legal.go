package main

import (
	"context"
	"encoding/base64"
	"fmt"

	"parley/desk/deskapi"
)

var legalCommand = command{
	name: "legal", usage: "legal export ACCOUNT --order ID [--out FILE] | legal list",
	summary: "Answer a lawful request with what there is: account, devices, dates.",
	more: `
Two persons of the safety desk call it with the same account and order, each with a
token of their own (--token-file, or PARLEY_DESK_TOKEN); the second one gets the
answer. Both are lines of the audit log. There is no command for what people write:
the platform can't read it.`,
	run: runLegal,
}

func runLegal(ctx context.Context, p *program, args []string) error {
	fs := newFlags("legal")
	f := &deskFlags{}
	addDeskFlags(fs, f)
	order, out := fs.String("order", "", ""), fs.String("out", "", "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) == 1 && rest[0] == "list":
		return p.listLegal(ctx, f)
	case len(rest) != 2 || rest[0] != "export" || *order == "":
		return usagef("want legal export ACCOUNT --order ID, or legal list")
	}
	client, err := p.connectDesk(f)
	if err != nil {
		return err
	}
	var l deskapi.Legal
	if err := client.Call(ctx, "Legal", deskapi.NewLegal{Account: rest[1], Order: *order}, &l); err != nil {
		return deskError(err)
	}
	if l.File == nil {
		p.note("asked as %s: a second person has to ask for the same", l.ID)
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(l.File.Base64)
	if err != nil {
		return fmt.Errorf("the desk's answer isn't one: %w", err)
	}
	return p.writeDeskFile(data, *out)
}

func (p *program) listLegal(ctx context.Context, f *deskFlags) error {
	client, err := p.connectDesk(f)
	if err != nil {
		return err
	}
	var list deskapi.LegalList
	if err := client.Call(ctx, "LegalRequests", deskapi.Nothing{}, &list); err != nil {
		return deskError(err)
	}
	for _, l := range list.Requests {
		if err := printJSON(p.stdout, l); err != nil {
			return err
		}
	}
	return nil
}
