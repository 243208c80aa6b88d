package desk

import (
	"context"

	"parley/desk/audit"
	"parley/desk/deskapi"
)

// reversalNeedsSecond reports whether two persons have to reverse a decision: what two
// decided one can't undo, nor what a rule has two persons decide by now.
func (d *Desk) reversalNeedsSecond(dec *decisionRecord) bool { return dec.Needs || d.needsSecond(dec) }

var errNoReversal = refuse(deskapi.Closed, "This appeal doesn't wait for a second person.")

// secondOfAppeal reads an appeal for the second person to its reversal: anybody who may
// confirm and has no part in the decision, but for who proposed it; and no yes is heard from
// who makes no pair with them.
func (d *Desk) secondOfAppeal(ctx context.Context, who Actor, id, call string) (*appealRecord, *decisionRecord, error) {
	if err := d.allow(who, deskapi.ActConfirm, call); err != nil {
		return nil, nil, err
	}
	a, dec, err := d.openAppeal(ctx, who, id, call)
	if err != nil {
		return nil, nil, err
	}
	if a.State != deskapi.AppealWaiting {
		return nil, nil, errNoReversal
	}
	why, err := d.noPair(ctx, a.By, who.ID)
	if err == nil && why != nil && (call == "ConfirmAppeal" || a.By == who.ID) {
		err = d.deny(who, call, map[string]string{"appeal": id}, why)
	}
	return a, dec, err
}

// ConfirmAppeal is the second person's yes to a reversal: it is carried out at once.
func (d *Desk) ConfirmAppeal(ctx context.Context, who Actor, p deskapi.AppealID) (deskapi.Appeal, error) {
	return d.answerReversal(ctx, who, p.ID, "ConfirmAppeal", audit.AppealDecided, func(t *draft, e *audit.Event, a *appealRecord, dec *decisionRecord) error {
		if ok, err := d.entitled(t.ctx, a.By, deskapi.ActAppeals); err != nil {
			return err
		} else if !ok {
			return refuse(deskapi.Closed, "Who proposed this has no part in appeals any more: refuse it, and decide anew.")
		}
		a.Second, e.Data["proposer"] = who.ID, a.By
		return d.endAppeal(t, e, a, dec, true)
	})
}

// RefuseAppeal is the second person's no: the appeal is open again, for anybody.
func (d *Desk) RefuseAppeal(ctx context.Context, who Actor, p deskapi.AppealID) (deskapi.Appeal, error) {
	return d.answerReversal(ctx, who, p.ID, "RefuseAppeal", audit.AppealRefused, func(t *draft, e *audit.Event, a *appealRecord, dec *decisionRecord) error {
		a.By, a.Reply, a.State = "", "", deskapi.AppealOpen
		return putAppeal(t, e, a, dec)
	})
}

// answerReversal makes the second person's answer to the reversal that they were shown.
func (d *Desk) answerReversal(ctx context.Context, who Actor, id, call, action string, answer func(*draft, *audit.Event, *appealRecord, *decisionRecord) error) (deskapi.Appeal, error) {
	a, dec, err := d.secondOfAppeal(ctx, who, id, call)
	if err != nil {
		return deskapi.Appeal{}, err
	}
	proposer := a.By
	err = d.commitBy(ctx, who, deskapi.ActConfirm, appealEvent(action, a, dec), func(t *draft, e *audit.Event) error {
		if err := rereadAppeal(t, a, dec); err != nil {
			return err
		}
		if a.State != deskapi.AppealWaiting || a.By != proposer {
			return errNoReversal
		}
		return answer(t, e, a, dec)
	})
	if err != nil {
		return deskapi.Appeal{}, err
	}
	if _, err := d.enforced(ctx, who, dec.ID); err != nil {
		return deskapi.Appeal{}, err
	}
	return d.viewAppeal(ctx, who, a, dec)
}
