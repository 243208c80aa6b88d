package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/identity"
	"parley/wire/admin"
)

// askTime bounds a question to the server that a page waits for.
const askTime = 3 * time.Second

func (d *Desk) askAccount(ctx context.Context, a identity.Account) (*admin.Account, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return d.server.Account(ctx, a)
}

// Account is what platform and desk know of an account, without content.
func (d *Desk) Account(ctx context.Context, who Actor, p deskapi.AccountID) (v deskapi.Account, err error) {
	v = deskapi.Account{Sanctions: []deskapi.Sanction{}, Cases: []deskapi.CaseRow{}, Decisions: []deskapi.Decision{}}
	if err := d.allow(who, deskapi.ActCases, "Account"); err != nil {
		return v, err
	}
	a, err := identity.ParseAccount(p.Account)
	if err != nil || a.Domain() != d.keys.Domain {
		return v, notFound()
	}
	if err := d.look(who, audit.AccountOpened, d.accountAlias(a), nil); err != nil {
		return v, err
	}
	if v.AccountRow, err = d.accountRow(ctx, ctx, a); err != nil {
		return v, err
	}
	known, err := d.askAccount(ctx, a)
	if err == nil {
		for _, s := range known.Sanctions {
			v.Sanctions = append(v.Sanctions, deskapi.Sanction{
				Decision: s.Decision, Kind: deskapi.DecisionKind(s.Kind), AtMS: s.FromMS, UntilMS: s.UntilMS,
			})
		}
	} else if !errors.Is(err, ErrGone) {
		v.Stale = true
	}
	return v, d.history(ctx, who, a, &v)
}

// history adds the desk's own: cases and decisions, the newest first.
func (d *Desk) history(ctx context.Context, who Actor, a identity.Account, v *deskapi.Account) error {
	var rec accountRecord
	if _, err := d.getRecord(ctx, keyAccount+d.accountAlias(a), &rec); err != nil {
		return err
	}
	cases, err := d.caseRecords(ctx, rec.Cases)
	if err != nil {
		return err
	}
	for _, c := range slices.Backward(cases) {
		row, err := d.row(ctx, c)
		if err != nil {
			return err
		}
		v.Cases = append(v.Cases, row)
	}
	for _, id := range slices.Backward(rec.Decisions) {
		dec, err := d.viewDecision(ctx, who, id)
		if err != nil {
			return err
		}
		v.Decisions = append(v.Decisions, dec)
	}
	return nil
}
