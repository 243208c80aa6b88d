package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/desk/audit"
	"parley/desk/deskapi"
)

// maxReply bounds what is answered to an appeal, in bytes.
const maxReply = 2000

// Appeals are those that one may decide, the oldest first.
func (d *Desk) Appeals(ctx context.Context, who Actor, f deskapi.AppealFilter) (deskapi.AppealList, error) {
	list := deskapi.AppealList{Appeals: []deskapi.AppealRow{}}
	if err := d.allow(who, deskapi.ActAppeals, "Appeals"); err != nil {
		return list, err
	}
	if err := d.look(who, audit.AppealListed, "", nil); err != nil {
		return list, err
	}
	all, err := listRecords[appealRecord](ctx, d.store, keyAppeal)
	if err != nil {
		return list, err
	}
	for i := range all {
		a := &all[i]
		if f.State == "" && !a.pending() || f.State != "" && a.State != f.State {
			continue
		}
		var dec decisionRecord
		if _, err := d.getRecord(ctx, keyDecision+a.Decision, &dec); err != nil {
			return list, err
		}
		if a.pending() && took(who, &dec) {
			list.Others++
			continue
		}
		list.Appeals = append(list.Appeals, appealRow(a, &dec))
	}
	slices.SortFunc(list.Appeals, func(a, b deskapi.AppealRow) int { return cmp.Compare(a.AtMS, b.AtMS) })
	return list, nil
}

// pending reports whether an appeal isn't decided.
func (a *appealRecord) pending() bool {
	return a.State == deskapi.AppealOpen || a.State == deskapi.AppealWaiting
}

// took reports whether who has part in a decision: proposed, made or confirmed it.
func took(who Actor, dec *decisionRecord) bool { return who.ID == dec.By || who.ID == dec.Second }

func appealRow(a *appealRecord, dec *decisionRecord) deskapi.AppealRow {
	return deskapi.AppealRow{
		ID: a.ID, Decision: a.Decision, Case: dec.Case, Account: string(a.Account), Kind: dec.Kind, Category: dec.Category, State: a.State, AtMS: a.AtMS,
	}
}

// openAppeal reads an appeal and the decision that it is against, for somebody who
// has no part in that one.
func (d *Desk) openAppeal(ctx context.Context, who Actor, id, call string) (*appealRecord, *decisionRecord, error) {
	if err := d.allow(who, deskapi.ActAppeals, call); err != nil {
		return nil, nil, err
	}
	a, dec := new(appealRecord), new(decisionRecord)
	if !isID("a", id) {
		return nil, nil, notFound()
	}
	if ok, err := d.getRecord(ctx, keyAppeal+id, a); err != nil || !ok {
		return nil, nil, orNotFound(err)
	}
	if _, err := d.getRecord(ctx, keyDecision+a.Decision, dec); err != nil {
		return nil, nil, err
	}
	if took(who, dec) && a.pending() {
		why := refuse(deskapi.OwnDecision, "Somebody else looks at appeals against your decisions.")
		return nil, nil, d.deny(who, call, map[string]string{"appeal": id}, why)
	}
	return a, dec, d.look(who, audit.AppealOpened, id, nil)
}

// Appeal shows one.
func (d *Desk) Appeal(ctx context.Context, who Actor, p deskapi.AppealID) (deskapi.Appeal, error) {
	a, dec, err := d.openAppeal(ctx, who, p.ID, "Appeal")
	if err != nil {
		return deskapi.Appeal{}, err
	}
	return d.viewAppeal(ctx, who, a, dec)
}

func (d *Desk) viewAppeal(ctx context.Context, who Actor, a *appealRecord, dec *decisionRecord) (deskapi.Appeal, error) {
	full, err := d.viewDecision(ctx, who, dec.ID)
	if err != nil {
		return deskapi.Appeal{}, err
	}
	mayConfirm := a.State == deskapi.AppealWaiting && who.may(deskapi.ActConfirm)
	if mayConfirm {
		why, err := d.noPair(ctx, a.By, who.ID)
		if err != nil {
			return deskapi.Appeal{}, err
		}
		mayConfirm = why == nil
	}
	return deskapi.Appeal{
		AppealRow: appealRow(a, dec), Text: a.Text, Full: full, By: a.By, ByName: d.nameOf(ctx, a.By), Reply: a.Reply,
		NeedsSecond: d.reversalNeedsSecond(dec), Second: a.Second, SecondName: d.nameOf(ctx, a.Second), MayConfirm: mayConfirm,
	}, nil
}

// DecideAppeal ends an appeal. A reversed sanction is lifted at once; where it needs two
// persons, its reversal is proposed, and ConfirmAppeal makes it.
func (d *Desk) DecideAppeal(ctx context.Context, who Actor, p deskapi.AppealDecision) (deskapi.Appeal, error) {
	a, dec, err := d.openAppeal(ctx, who, p.ID, "DecideAppeal")
	if err != nil {
		return deskapi.Appeal{}, err
	}
	if p.Reply = strings.TrimSpace(p.Reply); p.Reply == "" || len(p.Reply) > maxReply || !utf8.ValidString(p.Reply) {
		return deskapi.Appeal{}, invalid("The answer has 1 to 2,000 bytes.")
	}
	err = d.commitBy(ctx, who, deskapi.ActAppeals, appealEvent(audit.AppealDecided, a, dec), func(t *draft, e *audit.Event) error {
		if err := rereadAppeal(t, a, dec); err != nil {
			return err
		}
		if a.State != deskapi.AppealOpen {
			return refuse(deskapi.Closed, "This appeal was decided, or waits for a second person.")
		}
		if a.By, a.Reply = who.ID, p.Reply; p.Reverse && d.reversalNeedsSecond(dec) {
			e.Action, a.State = audit.AppealProposed, deskapi.AppealWaiting
			return putAppeal(t, e, a, dec)
		}
		return d.endAppeal(t, e, a, dec, p.Reverse)
	})
	if err != nil {
		return deskapi.Appeal{}, err
	}
	if _, err := d.enforced(ctx, who, dec.ID); err != nil {
		return deskapi.Appeal{}, err
	}
	return d.viewAppeal(ctx, who, a, dec)
}

// appealEvent is a line of the log about an appeal.
func appealEvent(action string, a *appealRecord, dec *decisionRecord) audit.Event {
	return audit.Event{Action: action, Subject: a.ID, Data: map[string]string{"decision": dec.ID, "kind": string(dec.Kind)}}
}

// rereadAppeal reads an appeal and its decision as they are when something changes.
func rereadAppeal(t *draft, a *appealRecord, dec *decisionRecord) error {
	if _, err := t.get(keyAppeal+a.ID, a); err != nil {
		return err
	}
	_, err := t.get(keyDecision+dec.ID, dec)
	return err
}

// endAppeal sets the result, and what the server has to do about it.
func (d *Desk) endAppeal(t *draft, e *audit.Event, a *appealRecord, dec *decisionRecord, reverse bool) error {
	a.State = deskapi.AppealUpheld
	if reverse {
		a.State, dec.State = deskapi.AppealReversed, deskapi.DecisionReversed
		if err := errors.Join(d.cancelTasks(t, dec), d.uncountOutcome(t, dec)); err != nil {
			return err
		}
	}
	e.Data["result"] = string(a.State)
	tasks, err := liftTasks(a, dec, reverse)
	if err != nil {
		return err
	}
	for i := range tasks {
		if err := t.put(keyTask+tasks[i].Key, &tasks[i]); err != nil {
			return err
		}
	}
	return putAppeal(t, e, a, dec)
}

// putAppeal keeps an appeal with its decision; the line has its hash.
func putAppeal(t *draft, e *audit.Event, a *appealRecord, dec *decisionRecord) (err error) {
	dec.AppealState = a.State
	if e.Detail, err = json.Marshal(a); err != nil {
		return err
	}
	return errors.Join(t.put(keyAppeal+a.ID, a), t.put(keyDecision+dec.ID, dec))
}
