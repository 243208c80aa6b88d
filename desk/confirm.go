package desk

import (
	"context"

	"parley/desk/audit"
	"parley/desk/deskapi"
)

// second reads a proposed decision for its second person: anybody who may confirm,
// but for who proposed it; and no yes is heard from who makes no pair with them.
func (d *Desk) second(ctx context.Context, who Actor, id, call string) (*decisionRecord, *caseRecord, error) {
	if err := d.allow(who, deskapi.ActConfirm, call); err != nil {
		return nil, nil, err
	}
	dec, c := new(decisionRecord), new(caseRecord)
	if ok, err := d.getRecord(ctx, keyDecision+id, dec); err != nil || !ok {
		return nil, nil, orNotFound(err)
	}
	why, err := d.noPair(ctx, dec.By, who.ID)
	if err != nil {
		return nil, nil, err
	}
	if why != nil && (call == "Confirm" || dec.By == who.ID) {
		return nil, nil, d.deny(who, call, map[string]string{"decision": id}, why)
	}
	_, err = d.getRecord(ctx, keyCase+dec.Case, c)
	return dec, c, err
}

var errNotProposed = refuse(deskapi.Closed, "This decision doesn't wait for a second person.")

// Confirm is the second person's yes. Everything is looked at again: who proposed it,
// the evidence, and each attachment; and no report has come that they haven't seen.
func (d *Desk) Confirm(ctx context.Context, who Actor, p deskapi.Confirmation) (deskapi.Decision, error) {
	dec, c, err := d.second(ctx, who, p.ID, "Confirm")
	if err != nil {
		return deskapi.Decision{}, err
	}
	event := audit.Event{Action: audit.DecisionMade, Subject: c.ID, Data: map[string]string{"decision": dec.ID}}
	err = d.commitBy(ctx, who, deskapi.ActConfirm, event, func(t *draft, e *audit.Event) error {
		if err := d.reread(t, dec, c); err != nil {
			return err
		}
		if err := c.unchanged(p.Seen); err != nil {
			return err
		}
		return d.confirm(t, e, who, dec, c)
	})
	if err != nil {
		return deskapi.Decision{}, err
	}
	return d.enforced(ctx, who, dec.ID)
}

func (d *Desk) confirm(t *draft, e *audit.Event, who Actor, dec *decisionRecord, c *caseRecord) error {
	if ok, err := d.entitled(t.ctx, dec.By, deskapi.ActDecide); err != nil {
		return err
	} else if !ok {
		return refuse(deskapi.Closed, "Who proposed this has no part in decisions any more: refuse it, and decide anew.")
	}
	all, err := d.evidenceOf(t.ctx, c)
	if err != nil {
		return err
	}
	if dec.Kind != deskapi.Dismiss {
		if !proven(all, c) {
			return refuse(deskapi.Unverified, "No message of this account is proven.")
		}
		media := dec.Media
		dec.Media, dec.Blobs = nil, nil
		if err := dec.takeMedia(media, attachmentsOf(all), c.Reported); err != nil {
			return err
		}
	}
	if dec.Second, dec.AtMS = who.ID, e.AtMS; dec.Reasons != nil {
		if err := d.state(dec, all); err != nil {
			return err
		}
	}
	return d.make(t, e, dec, c, all)
}

// Refuse is the second person's no: the case is open again.
func (d *Desk) Refuse(ctx context.Context, who Actor, p deskapi.DecisionID) (deskapi.Decision, error) {
	dec, c, err := d.second(ctx, who, p.ID, "Refuse")
	if err != nil {
		return deskapi.Decision{}, err
	}
	event := audit.Event{Action: audit.DecisionRefused, Subject: c.ID, Data: map[string]string{"decision": dec.ID}}
	err = d.commitBy(ctx, who, deskapi.ActConfirm, event, func(t *draft, e *audit.Event) error {
		if err := d.reread(t, dec, c); err != nil {
			return err
		}
		dec.Second, dec.State, c.State, c.ClaimedBy = who.ID, deskapi.DecisionRefused, deskapi.CaseOpen, ""
		return d.putDecision(t, e, dec, c)
	})
	if err != nil {
		return deskapi.Decision{}, err
	}
	return d.viewDecision(ctx, who, dec.ID)
}

func (d *Desk) reread(t *draft, dec *decisionRecord, c *caseRecord) error {
	if _, err := t.get(keyDecision+dec.ID, dec); err != nil {
		return err
	}
	if _, err := t.get(keyCase+c.ID, c); err != nil {
		return err
	}
	if dec.State != deskapi.DecisionProposed {
		return errNotProposed
	}
	return nil
}
