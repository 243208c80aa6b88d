package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/wire"
	"parley/wire/admin"
)

// tasksOf is what the server has to do for a decision. The last one but the notices
// to reporters ends it. Each may be repeated: the server knows it by its name.
func tasksOf(dec *decisionRecord, all []evidence) (tasks []task, err error) {
	add := func(t task, body any) {
		if body != nil {
			data, e := json.Marshal(body)
			t.Body, err = data, errors.Join(err, e)
		}
		t.Key, t.Decision = fmt.Sprintf("%s.%03d", dec.ID, len(tasks)), dec.ID
		tasks = append(tasks, t)
	}
	switch dec.Kind {
	case deskapi.Warn, deskapi.Limit, deskapi.Suspend:
		add(task{Kind: taskSanction, Account: dec.Account, Ends: true}, admin.SanctionRequest{
			Decision: dec.ID, Kind: admin.SanctionKind(dec.Kind), UntilMS: dec.UntilMS, Statement: dec.Plain, Appealable: true,
		})
	case deskapi.Remove:
		for _, blob := range dec.Blobs {
			add(task{Kind: taskTakeDown, Blob: blob}, nil)
		}
		add(task{Kind: taskNotice, Account: dec.Account, Ends: true}, admin.NoticeRequest{
			ID: dec.ID, Kind: wire.NoticeRemoved, Decision: dec.ID, Statement: dec.Plain, Appealable: true,
		})
	}
	outcome := wire.OutcomeActed
	if dec.Kind == deskapi.Dismiss {
		outcome = wire.OutcomeNoBreach
	}
	for i, e := range all {
		last := i == len(all)-1 && dec.Kind == deskapi.Dismiss
		add(task{Kind: taskOutcome, Account: e.record.Reporter, Ends: last}, admin.NoticeRequest{
			ID: fmt.Sprintf("%s.o%d", dec.ID, i), Kind: wire.NoticeOutcome, Report: e.record.ID, Outcome: outcome,
		})
	}
	return tasks, err
}

// enforceTime bounds how long a person who decides waits for the server: what isn't
// done by then is done later.
const enforceTime = 5 * time.Second

// enforced has a decision carried out at once, and shows it.
func (d *Desk) enforced(ctx context.Context, who Actor, id string) (deskapi.Decision, error) {
	soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), enforceTime)
	defer cancel()
	if err := d.enforce(soon, id); err != nil {
		d.logger.Warn("carrying out a decision", "error", err)
		d.wake()
	}
	return d.viewDecision(ctx, who, id)
}

// enforce carries out what is due, of one decision or of all. A task that fails stays,
// and those of its decision behind it; others go on.
func (d *Desk) enforce(ctx context.Context, decision string) error {
	select {
	case d.enforcing <- struct{}{}:
		defer func() { <-d.enforcing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	prefix := keyTask
	if decision != "" {
		prefix += decision + "."
	}
	tasks, err := listRecords[task](ctx, d.store, prefix)
	if err != nil {
		return err
	}
	var failed error
	stuck := ""
	for i := range tasks {
		t := &tasks[i]
		if t.Decision == stuck {
			continue
		}
		how := d.request(ctx, t)
		if how != nil && !errors.Is(how, ErrGone) && !errors.Is(how, errLapsed) {
			failed, stuck = errors.Join(failed, how), t.Decision
			continue
		}
		if err := d.finish(ctx, t, how); err != nil {
			return err
		}
	}
	return failed
}

// errLapsed is of a sanction that would have ended before the server could be told.
var errLapsed = errors.New("desk: the sanction's time is over")

// request has the server do a task. ErrGone and errLapsed: it is of no use any more.
func (d *Desk) request(ctx context.Context, t *task) error {
	switch t.Kind {
	case taskSanction:
		var r admin.SanctionRequest
		if err := json.Unmarshal(t.Body, &r); err != nil {
			return err
		}
		if r.UntilMS != 0 && r.UntilMS <= d.nowMS() { // the server would refuse it for ever
			return errLapsed
		}
		return d.server.Sanction(ctx, t.Account, r)
	case taskNotice, taskOutcome:
		var r admin.NoticeRequest
		if err := json.Unmarshal(t.Body, &r); err != nil {
			return err
		}
		return d.server.Notify(ctx, t.Account, r)
	case taskTakeDown:
		if len(t.Blob) != 32 {
			return fmt.Errorf("desk: a blob's name has %d bytes", len(t.Blob))
		}
		return d.server.TakeDown(ctx, [32]byte(t.Blob), t.Decision)
	case taskRestore:
		if len(t.Blob) != 32 {
			return fmt.Errorf("desk: a blob's name has %d bytes", len(t.Blob))
		}
		return d.server.Restore(ctx, [32]byte(t.Blob), t.Decision)
	case taskLift:
		return d.server.Lift(ctx, t.Account, t.Decision)
	}
	return fmt.Errorf("desk: no task %q", t.Kind)
}

// finish forgets a task that is done, or by how is of no use any more. With the one that
// ends a decision, the log has that it is in force; and each thing that an appeal gave back.
func (d *Desk) finish(ctx context.Context, t *task, how error) error {
	var dec decisionRecord
	if _, err := d.getRecord(ctx, keyDecision+t.Decision, &dec); err != nil {
		return err
	}
	event := audit.Event{Actor: audit.Desk, Action: audit.DecisionEnforced, Subject: t.Decision}
	told := t.Ends && dec.State != deskapi.DecisionReversed
	switch {
	case errors.Is(how, errLapsed):
		event.Action = audit.DecisionLapsed
	case t.Kind == taskLift:
		event.Action, told = audit.SanctionLifted, true
	case t.Kind == taskRestore:
		event.Action, told = audit.BlobRestored, how == nil
		event.Data = map[string]string{"media": fmt.Sprint(t.Media)}
	}
	if !told {
		return d.set(ctx, func(dr *draft) error { dr.remove(keyTask + t.Key); return nil })
	}
	return d.commit(ctx, event, func(dr *draft, e *audit.Event) error {
		dr.remove(keyTask + t.Key)
		if _, err := dr.get(keyDecision+t.Decision, &dec); err != nil {
			return err
		}
		if dec.State == deskapi.DecisionMade {
			dec.State = deskapi.DecisionEnforced
		}
		return dr.put(keyDecision+dec.ID, &dec)
	})
}

// liftTasks is what the server has to do when an appeal ends: lift what it is
// against, or give back what was removed, if it was reversed, and tell who appealed.
// They come after those of the decision, in the order of their keys.
func liftTasks(a *appealRecord, dec *decisionRecord, reverse bool) (tasks []task, err error) {
	outcome := wire.OutcomeUpheld
	if reverse {
		outcome = wire.OutcomeReversed
		tasks = reverseTasks(dec)
	}
	answer := *dec.Plain
	answer.Explanation, answer.Facts, answer.Redress = a.Reply, "", ""
	body, err := json.Marshal(admin.NoticeRequest{
		ID: dec.ID + ".appeal", Kind: wire.NoticeAppealResult, Decision: dec.ID, Report: a.Report, Outcome: outcome, Statement: &answer,
	})
	return append(tasks, task{Key: dec.ID + ".told", Kind: taskNotice, Decision: dec.ID, Account: dec.Account, Body: body}), err
}

func reverseTasks(dec *decisionRecord) (tasks []task) {
	if dec.Kind != deskapi.Remove {
		return []task{{Key: dec.ID + ".lift", Kind: taskLift, Decision: dec.ID, Account: dec.Account}}
	}
	for i, blob := range dec.Blobs {
		tasks = append(tasks, task{Key: fmt.Sprintf("%s.lift.%03d", dec.ID, i), Kind: taskRestore, Decision: dec.ID, Blob: blob, Media: dec.Media[i]})
	}
	return tasks
}

// cancelTasks drops what a reversed decision would still have the server do to the
// account: it was never in force, and isn't any more.
func (d *Desk) cancelTasks(t *draft, dec *decisionRecord) error {
	pending, err := listRecords[task](t.ctx, d.store, keyTask+dec.ID+".")
	if err != nil {
		return err
	}
	for i := range pending {
		p := &pending[i]
		if p.Kind != taskOutcome {
			t.remove(keyTask + p.Key)
		}
	}
	return nil
}
