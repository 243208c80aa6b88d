package desk

import (
	"context"
	"errors"

	"parley/desk/audit"
	"parley/desk/deskapi"
)

// forget deletes the reports and notes of cases that were decided long ago: what
// people wrote. What was decided, why, and the log stay. A case whose appeal is open
// waits for it.
func (d *Desk) forget(ctx context.Context) error {
	if d.keep <= 0 {
		return nil
	}
	cases, err := d.decidedCases(ctx)
	if err != nil {
		return err
	}
	for _, c := range cases {
		if c.Emptied || d.nowMS() < c.UpdatedMS+d.keep.Milliseconds() {
			continue
		}
		open, err := d.appealed(ctx, c)
		if err != nil {
			return err
		}
		if open {
			continue
		}
		if err := d.empty(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// appealed reports whether an appeal against a decision of the case isn't decided.
func (d *Desk) appealed(ctx context.Context, c *caseRecord) (bool, error) {
	for _, id := range c.Decisions {
		var dec decisionRecord
		if _, err := d.getRecord(ctx, keyDecision+id, &dec); err != nil {
			return false, err
		}
		if dec.AppealState == deskapi.AppealOpen || dec.AppealState == deskapi.AppealWaiting {
			return true, nil
		}
	}
	return false, nil
}

func (d *Desk) empty(ctx context.Context, c *caseRecord) error {
	event := audit.Event{Actor: audit.Desk, Action: audit.CaseEmptied, Subject: c.ID}
	return d.commit(ctx, event, func(t *draft, _ *audit.Event) error {
		if ok, err := t.get(keyCase+c.ID, c); err != nil || !ok {
			return errors.Join(err, orNotFound(err))
		}
		for _, key := range c.Reports {
			t.remove(keyReport + key)
		}
		c.Emptied, c.Notes = true, nil
		return t.put(keyCase+c.ID, c)
	})
}
