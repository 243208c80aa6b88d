package desk

import (
	"context"
	"errors"
	"slices"

	"parley/content"
	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/franking"
	"parley/identity"
	"parley/report"
	"parley/wire"
	"parley/wire/admin"
)

// takeIn files what waits at the server, and acknowledges each only when it is
// durable here. One that can't be opened is told of in the log and let go: it would
// come for ever.
func (d *Desk) takeIn(ctx context.Context) error {
	after := ""
	for {
		page, err := d.server.Reports(ctx, after)
		if err != nil {
			return err
		}
		for i := range page.Reports {
			if err := d.takeOne(ctx, &page.Reports[i]); err != nil {
				return err
			}
			if err := d.server.Acknowledge(ctx, page.Reports[i].ID); err != nil && !errors.Is(err, ErrGone) {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		after = page.Next
	}
}

func (d *Desk) takeOne(ctx context.Context, in *admin.Report) error {
	kind := report.KindReport
	file := d.fileReport
	switch in.Kind {
	case wire.ReportReport:
	case wire.ReportAppeal:
		kind, file = report.KindAppeal, d.fileAppeal
	default:
		return d.refuseReport(ctx, in, "kind")
	}
	body, err := d.keys.open(kind, in.Sealed)
	if err != nil {
		return d.refuseReport(ctx, in, "sealed")
	}
	return file(ctx, in, body)
}

// refuseReport tells of a report that isn't one: once, however often it comes.
func (d *Desk) refuseReport(ctx context.Context, in *admin.Report, reason string) error {
	key := keyRefused + d.keys.alias("refused", in.ID)
	if old, err := d.store.Get(ctx, key); err != nil || old != nil {
		return err
	}
	event := audit.Event{Actor: audit.Desk, Action: audit.ReportRefused, Subject: d.keys.Domain, Data: map[string]string{"reason": reason}}
	return d.commit(ctx, event, func(t *draft, e *audit.Event) error { return t.put(key, reason) })
}

// fileReport makes a report part of a case. One that was filed before is passed over.
func (d *Desk) fileReport(ctx context.Context, in *admin.Report, body []byte) error {
	r, err := report.Decode(body)
	if err != nil {
		return d.refuseReport(ctx, in, "form")
	}
	if r.Reporter != in.Account || r.Domain != d.keys.Domain {
		return d.refuseReport(ctx, in, "reporter") // the server's session says who it is, not the report
	}
	key := d.keys.alias("report", string(r.Reporter)+"\x00"+string(r.ID))
	var old reportRecord
	if done, err := d.getRecord(ctx, keyReport+key, &old); err != nil || done {
		return err
	}
	rec := &reportRecord{Key: key, ID: r.ID, Reporter: r.Reporter, ReceivedMS: in.ReceivedMS, Body: body}
	verdict := d.judge(r, rec)
	d.askServer(ctx, r, verdict, rec)
	ev := evidence{rec, r, d.judge(r, rec)}
	grade := ev.verdict.Grade
	event := audit.Event{Actor: audit.Desk, Action: audit.ReportReceived, Data: map[string]string{
		"category": string(r.Category), "verdict": string(verdictOf(grade)),
	}}
	return d.commit(ctx, event, func(t *draft, e *audit.Event) error {
		c, err := d.caseFor(t, r, !ev.proves(r.Reported, r.Room))
		if err != nil {
			return err
		}
		e.Subject, rec.Case = c.ID, c.ID
		d.addReport(c, r, rec, verdictOf(grade))
		if err := d.countReport(t, c, r); err != nil {
			return err
		}
		return errors.Join(t.put(keyReport+key, rec), t.put(keyCase+c.ID, c))
	})
}

// mergeKey names the open case to which reports like those of c are added. What proves
// nothing is kept apart: else anybody could change what a proven case looks like.
func (d *Desk) mergeKey(c *caseRecord) string {
	name := string(c.Reported) + "\x00" + string(c.Room)
	if c.Unproven {
		name += "\x00unproven"
	}
	return keyMerge + d.keys.alias("merge", name)
}

// caseFor returns the open case of the reported account and the room, or a new one.
func (d *Desk) caseFor(t *draft, r *report.Report, unproven bool) (*caseRecord, error) {
	merge := d.mergeKey(&caseRecord{Reported: r.Reported, Room: r.Room, Unproven: unproven})
	var id string
	if ok, err := t.get(merge, &id); err != nil {
		return nil, err
	} else if ok {
		var c caseRecord
		if ok, err := t.get(keyCase+id, &c); err != nil {
			return nil, err
		} else if ok && c.State != deskapi.CaseDecided && !c.full() {
			return &c, nil
		}
	}
	c := &caseRecord{
		ID: newID("c"), State: deskapi.CaseOpen, Category: deskapi.Category(r.Category), Reported: r.Reported, Room: r.Room,
		OpenedMS: d.nowMS(), Verdict: deskapi.Signed, Unproven: unproven,
	}
	return c, errors.Join(t.put(merge, c.ID), t.put(keyOpen+c.ID, c.ID))
}

// Bounds of a case: it is read whole, and who reports may send what they like. What
// comes beyond makes a case of its own.
const (
	maxReports = 50
	maxBytes   = 8 << 20
)

func (c *caseRecord) full() bool { return len(c.Reports) >= maxReports || c.Bytes >= maxBytes }

// addReport brings a report into a case's summary.
func (d *Desk) addReport(c *caseRecord, r *report.Report, rec *reportRecord, v deskapi.Verdict) {
	c.Reports = append(c.Reports, rec.Key)
	if alias := d.accountAlias(r.Reporter); !slices.Contains(c.Reporters, alias) {
		c.Reporters = append(c.Reporters, alias)
	}
	if category := deskapi.Category(r.Category); urgent(category, c.Category) {
		c.Category = category
	}
	if rank(v) < rank(c.Verdict) {
		c.Verdict = v
	}
	c.Items += len(r.Items)
	c.Bytes += len(rec.Body)
	for i := range r.Items {
		if m, _, err := content.Decode(r.Items[i].ApplicationData); err == nil {
			c.Media += len(m.Attached().Attachments)
		}
	}
	c.UpdatedMS = d.nowMS()
}

// countReport notes a report in the history of both accounts.
func (d *Desk) countReport(t *draft, c *caseRecord, r *report.Report) error {
	reporter, err := d.accountIn(t, r.Reporter)
	if err != nil {
		return err
	}
	reporter.Made++
	if err := t.put(keyAccount+d.accountAlias(r.Reporter), reporter); err != nil {
		return err
	}
	reported, err := d.accountIn(t, r.Reported)
	if err != nil {
		return err
	}
	if !slices.Contains(reported.Cases, c.ID) {
		reported.Cases = append(reported.Cases, c.ID)
	}
	return t.put(keyAccount+d.accountAlias(r.Reported), reported)
}

func (d *Desk) accountAlias(a identity.Account) string { return d.keys.alias("account", string(a)) }

func (d *Desk) accountIn(t *draft, a identity.Account) (*accountRecord, error) {
	rec := &accountRecord{Account: a}
	_, err := t.get(keyAccount+d.accountAlias(a), rec)
	return rec, err
}

// maxAsked bounds how many franks of a report the server is asked about.
const maxAsked = 64

// askServer has the server check its own franks: what its key signed and its HMAC
// doesn't know was signed by somebody who has stolen the key. The server may not answer, or have
// destroyed the key since: then the signature has to do.
func (d *Desk) askServer(ctx context.Context, r *report.Report, v *report.Verdict, rec *reportRecord) {
	for i := range r.Items {
		if v.Items[i].Grade == report.NotVerified || len(rec.Asked) >= maxAsked {
			continue
		}
		said, err := franking.ParseContext(r.Items[i].Context)
		if err != nil {
			continue
		}
		answer, err := d.server.CheckFrank(ctx, admin.FrankRequest{
			HubKey: said.HubKey, Tag: v.Items[i].Tag, Context: r.Items[i].Context, Frank: r.Items[i].Frank,
		})
		if err != nil {
			return
		}
		if !answer.Valid && answer.Reason != "wrong_frank" {
			continue
		}
		rec.Asked = append(rec.Asked, i)
		if !answer.Valid {
			rec.Disowned = append(rec.Disowned, i)
		}
	}
}

// fileAppeal takes in an appeal: one for each decision, by whom it is against.
func (d *Desk) fileAppeal(ctx context.Context, in *admin.Report, body []byte) error {
	a, err := report.DecodeAppeal(body)
	if err != nil {
		return d.refuseReport(ctx, in, "form")
	}
	var dec decisionRecord
	if a.Account != in.Account || !isID("d", a.Decision) {
		return d.refuseReport(ctx, in, "appellant")
	}
	if ok, err := d.getRecord(ctx, keyDecision+a.Decision, &dec); err != nil {
		return err
	} else if !ok || dec.Account != a.Account || !dec.appealable() {
		return d.refuseReport(ctx, in, "decision")
	}
	if dec.Appeal != "" {
		return nil // it was heard, or is being heard
	}
	rec := &appealRecord{
		ID: newID("a"), Report: a.ID, Decision: dec.ID, Account: dec.Account, State: deskapi.AppealOpen, AtMS: in.ReceivedMS, Text: a.Text, Salt: newSalt(),
	}
	event := audit.Event{Actor: audit.Desk, Action: audit.AppealReceived, Subject: rec.ID, Data: map[string]string{"decision": dec.ID}}
	return d.commit(ctx, event, func(t *draft, e *audit.Event) error {
		if _, err := t.get(keyDecision+dec.ID, &dec); err != nil {
			return err
		}
		dec.Appeal, dec.AppealState = rec.ID, deskapi.AppealOpen
		return errors.Join(t.put(keyAppeal+rec.ID, rec), t.put(keyDecision+dec.ID, &dec))
	})
}
