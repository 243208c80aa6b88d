package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"parley/desk/audit"
	"parley/desk/deskapi"
)

// An Actor is a person of the desk who is signed in.
type Actor struct {
	ID   string
	Name string
	Role deskapi.Role
}

// acts says what each role allows.
var acts = map[deskapi.Role][]deskapi.Act{
	deskapi.Reviewer: {deskapi.ActCases, deskapi.ActDecide, deskapi.ActAppeals},
	deskapi.Senior: {
		deskapi.ActCases, deskapi.ActDecide, deskapi.ActSuspend, deskapi.ActConfirm, deskapi.ActAppeals, deskapi.ActExport, deskapi.ActLegal,
	},
	deskapi.Lead: {
		deskapi.ActCases, deskapi.ActDecide, deskapi.ActSuspend, deskapi.ActConfirm, deskapi.ActAppeals, deskapi.ActExport, deskapi.ActLegal,
		deskapi.ActStaff, deskapi.ActAudit,
	},
	deskapi.Auditor: {deskapi.ActAudit},
}

func (a Actor) may(act deskapi.Act) bool { return slices.Contains(acts[a.Role], act) }

// allow refuses what the actor's role doesn't allow, and that is a line of the log
// too.
func (d *Desk) allow(who Actor, act deskapi.Act, call string) error {
	if who.may(act) {
		return nil
	}
	return d.deny(who, call, nil, refuse(deskapi.Forbidden, "Your role doesn't include this."))
}

// still refuses where who may not do act any more: a role may be taken while a request
// is under way. Whoever changes something is looked at where the change is made.
func (t *draft) still(who Actor, act deskapi.Act) error {
	ok, err := t.d.entitled(t.ctx, who.ID, act)
	if err == nil && !ok {
		err = refuse(deskapi.Forbidden, "Your role doesn't include this.")
	}
	return err
}

// entitled reports whether somebody works here and has a role that allows act.
func (d *Desk) entitled(ctx context.Context, id string, act deskapi.Act) (bool, error) {
	var p person
	ok, err := d.getRecord(ctx, keyPerson+id, &p)
	return ok && !p.Disabled && slices.Contains(acts[p.Role], act), err
}

// invited reports whether one of two people came by the other's invitation, or by one of
// somebody's who did: they make no pair, since a lead could invite themselves.
func (d *Desk) invited(ctx context.Context, a, b string) (bool, error) {
	for _, pair := range [][2]string{{a, b}, {b, a}} {
		for id, n := pair[0], 0; id != "" && n < maxStaff; n++ {
			var p person
			if _, err := d.getRecord(ctx, keyPerson+id, &p); err != nil {
				return false, err
			}
			if id = p.InvitedBy; id == pair[1] {
				return true, nil
			}
		}
	}
	return false, nil
}

// deny is why, once the log has that it was refused.
func (d *Desk) deny(who Actor, call string, data map[string]string, why error) error {
	if err := d.look(who, audit.Denied, call, data); err != nil {
		return err
	}
	return why
}

// noPair says why second can't be the second person to what first proposed; nil: they
// can.
func (d *Desk) noPair(ctx context.Context, first, second string) (why, err error) {
	kin, err := d.invited(ctx, first, second)
	if err != nil {
		return nil, err
	}
	if kin || first == second {
		return refuse(deskapi.OwnDecision, "Somebody else has to agree: neither who was first, nor who invited them, or was invited by them."), nil
	}
	var p person
	if _, err := d.getRecord(ctx, keyPerson+second, &p); err != nil {
		return nil, err
	}
	if d.secondFrom(&p) != 0 {
		return refuse(deskapi.TooNew, "A lead has let you in, or given you the role, only just: somebody has to agree who is here for longer."), nil
	}
	return nil, nil
}

// secondFrom is from when somebody can be a second person; 0: from now on. Two people whom one
// lead makes up aren't a pair at once: till then each has stood in the log and in the list of the
// staff.
func (d *Desk) secondFrom(p *person) int64 {
	from := p.VouchedMS + d.newStaff.Milliseconds()
	if p.VouchedMS == 0 || !slices.Contains(acts[p.Role], deskapi.ActConfirm) || from <= d.nowMS() {
		return 0
	}
	return from
}

// vouch notes that a lead has let somebody in, or given them the role: the line says from
// when they can be a second person.
func (d *Desk) vouch(p *person, e *audit.Event) {
	p.VouchedMS = e.AtMS
	if from := d.secondFrom(p); from != 0 {
		e.Data["second_from"] = strconv.FormatInt(from, 10)
	}
}

func refuse(code deskapi.ErrorCode, message string) error {
	return &deskapi.Error{Code: code, Message: message}
}

func notFound() error { return refuse(deskapi.NotFound, "There is nothing of this name.") }

func invalid(message string) error { return refuse(deskapi.Invalid, message) }

// Me says who is signed in.
func (d *Desk) Me(ctx context.Context, who Actor, _ deskapi.Nothing) (deskapi.Me, error) {
	var p person
	if ok, err := d.getRecord(ctx, keyPerson+who.ID, &p); err != nil || !ok {
		return deskapi.Me{}, orNotFound(err)
	}
	return deskapi.Me{Person: p.view(), Domain: d.keys.Domain, May: acts[p.Role], Rules: d.rules}, nil
}

func orNotFound(err error) error {
	if err != nil {
		return err
	}
	return notFound()
}

// IsAuditError reports whether err means that the audit log couldn't be written: the
// desk does nothing any more.
func IsAuditError(err error) bool { return errors.Is(err, errAudit) || errors.Is(err, errBroken) }
