package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/identity"
)

// Bounds of what is asked for and written.
const (
	casesPage = 50
	maxPage   = 100
	maxNote   = 4000
)

// Cases is the queue, the most urgent first.
func (d *Desk) Cases(ctx context.Context, who Actor, f deskapi.CaseFilter) (deskapi.CaseList, error) {
	list := deskapi.CaseList{Cases: []deskapi.CaseRow{}, Open: map[string]int{}}
	if err := d.allow(who, deskapi.ActCases, "Cases"); err != nil {
		return list, err
	}
	about := "" // whose cases; else the queue
	if f.Account != "" {
		about = d.accountAlias(identity.Account(f.Account))
	}
	if err := d.look(who, audit.CaseListed, about, nil); err != nil {
		return list, err
	}
	records, err := d.chosen(ctx, f, list.Open)
	if err != nil {
		return list, err
	}
	rows := []deskapi.CaseRow{}
	for _, c := range records {
		if f.Category != "" && c.Category != f.Category || f.Mine && c.ClaimedBy != who.ID || f.Free && c.ClaimedBy != "" {
			continue
		}
		row, err := d.row(ctx, c)
		if err != nil {
			return list, err
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b deskapi.CaseRow) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.OpenedMS, b.OpenedMS), strings.Compare(a.ID, b.ID))
	})
	list.Cases, list.Next = pageOf(rows, f.After, f.Limit)
	return list, nil
}

// chosen returns the cases that a filter reads, and counts what waits into open.
func (d *Desk) chosen(ctx context.Context, f deskapi.CaseFilter, open map[string]int) ([]*caseRecord, error) {
	waiting, err := listRecords[string](ctx, d.store, keyOpen)
	if err != nil {
		return nil, err
	}
	all, err := d.caseRecords(ctx, waiting)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		open[string(c.Category)]++
	}
	switch {
	case f.Account != "":
		if all, err = d.casesWith(ctx, identity.Account(f.Account)); err != nil {
			return nil, err
		}
	case f.State == deskapi.CaseDecided:
		return d.decidedCases(ctx)
	}
	return slices.DeleteFunc(all, func(c *caseRecord) bool { return f.State != "" && c.State != f.State }), nil
}

func (d *Desk) caseRecords(ctx context.Context, ids []string) (all []*caseRecord, err error) {
	for _, id := range ids {
		c := new(caseRecord)
		if ok, err := d.getRecord(ctx, keyCase+id, c); err != nil {
			return nil, err
		} else if ok {
			all = append(all, c)
		}
	}
	return all, nil
}

// casesWith returns the cases about an account, and those that it reported.
func (d *Desk) casesWith(ctx context.Context, a identity.Account) (all []*caseRecord, err error) {
	alias := d.accountAlias(a)
	records, err := listRecords[*caseRecord](ctx, d.store, keyCase)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(records, func(c *caseRecord) bool { return c.Reported != a && !slices.Contains(c.Reporters, alias) }), nil
}

func (d *Desk) decidedCases(ctx context.Context) ([]*caseRecord, error) {
	records, err := listRecords[*caseRecord](ctx, d.store, keyCase)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(records, func(c *caseRecord) bool { return c.State != deskapi.CaseDecided }), nil
}

// pageOf cuts a page out of rows. after is the number of rows before it.
func pageOf(rows []deskapi.CaseRow, after string, limit int) (page []deskapi.CaseRow, next string) {
	if limit <= 0 {
		limit = casesPage
	}
	limit = min(limit, maxPage)
	from, _ := strconv.Atoi(after)
	from = min(max(from, 0), len(rows))
	end := min(from+limit, len(rows))
	if end < len(rows) {
		next = strconv.Itoa(end)
	}
	return rows[from:end], next
}

// row is a case without content.
func (d *Desk) row(ctx context.Context, c *caseRecord) (deskapi.CaseRow, error) {
	sum, why, err := d.weigh(ctx, c)
	return deskapi.CaseRow{
		ID: c.ID, State: c.State, Category: c.Category, Priority: sum, Why: why, Reported: string(c.Reported), Reports: len(c.Reports),
		Items: c.Items, Media: c.Media, Verdict: c.Verdict, OpenedMS: c.OpenedMS, UpdatedMS: c.UpdatedMS,
		ClaimedBy: c.ClaimedBy, Claimer: d.nameOf(ctx, c.ClaimedBy),
	}, err
}

// openCase reads a case after the log has the look at it.
func (d *Desk) openCase(ctx context.Context, who Actor, id, call, action string) (*caseRecord, error) {
	if err := d.allow(who, deskapi.ActCases, call); err != nil {
		return nil, err
	}
	c := new(caseRecord)
	if !isID("c", id) {
		return nil, notFound()
	}
	if ok, err := d.getRecord(ctx, keyCase+id, c); err != nil || !ok {
		return nil, orNotFound(err)
	}
	return c, d.look(who, action, id, nil)
}

// Case opens a case: what its reports say, verified again.
func (d *Desk) Case(ctx context.Context, who Actor, p deskapi.CaseID) (deskapi.Case, error) {
	c, err := d.openCase(ctx, who, p.ID, "Case", audit.CaseOpened)
	if err != nil {
		return deskapi.Case{}, err
	}
	return d.viewCase(ctx, who, c)
}

// viewCase shows a case. The look at it is in the log already.
func (d *Desk) viewCase(ctx context.Context, who Actor, c *caseRecord) (v deskapi.Case, err error) {
	v = deskapi.Case{Room: string(c.Room), Seen: c.seen(), Emptied: c.Emptied, ReportList: []deskapi.Report{}, Notes: []deskapi.Note{}, Decisions: []deskapi.Decision{}}
	if v.CaseRow, err = d.row(ctx, c); err != nil {
		return v, err
	}
	all, err := d.evidenceOf(ctx, c)
	if err != nil {
		return v, err
	}
	asking, cancel := context.WithTimeout(ctx, askTime) // for all accounts together
	defer cancel()
	media, err := d.viewMedia(ctx, who, c, attachmentsOf(all))
	if err != nil {
		return v, err
	}
	if !c.Emptied {
		v.CaseRow.Verdict = weakest(all)
	}
	for n := range all {
		r, err := d.viewReport(ctx, asking, &all[n], media[n])
		if err != nil {
			return v, err
		}
		v.ReportList = append(v.ReportList, r)
	}
	for _, n := range c.Notes {
		v.Notes = append(v.Notes, deskapi.Note{By: n.By, Name: d.nameOf(ctx, n.By), AtMS: n.AtMS, Text: n.Text})
	}
	for _, id := range c.Decisions {
		dec, err := d.viewDecision(ctx, who, id)
		if err != nil {
			return v, err
		}
		v.Decisions = append(v.Decisions, dec)
	}
	v.Account, err = d.accountRow(ctx, asking, c.Reported)
	return v, err
}

// weakest is the verdict of a case: that of its weakest report.
func weakest(all []evidence) deskapi.Verdict {
	low := deskapi.Signed
	for i := range all {
		if v := verdictOf(all[i].verdict.Grade); rank(v) < rank(low) {
			low = v
		}
	}
	return low
}

// viewReport shows a report; media are its attachments by item.
func (d *Desk) viewReport(ctx, asking context.Context, e *evidence, media map[int][]deskapi.Media) (deskapi.Report, error) {
	gaps, before := gapsOf(e.verdict)
	reporter, err := d.accountRow(ctx, asking, e.report.Reporter)
	r := deskapi.Report{
		ID: e.record.Key, Reporter: reporter, Category: deskapi.Category(e.report.Category), Note: e.report.Note, AtMS: int64(e.report.AtMS),
		ReceivedMS: e.record.ReceivedMS, Verdict: verdictOf(e.verdict.Grade), Items: []deskapi.Item{}, Gaps: gaps,
	}
	if r.Verdict == deskapi.NotChecked {
		r.Problem = e.verdict.Why
	}
	for i := range e.report.Items {
		list := media[i]
		if list == nil {
			list = []deskapi.Media{}
		}
		it := viewItem(e, i, list)
		it.Before = before[i]
		r.Items = append(r.Items, it)
	}
	return r, err
}

// Claim takes a case, or gives it back.
func (d *Desk) Claim(ctx context.Context, who Actor, p deskapi.Claim) (deskapi.Case, error) {
	c, err := d.openCase(ctx, who, p.ID, "Claim", audit.CaseOpened)
	if err != nil {
		return deskapi.Case{}, err
	}
	action := audit.CaseClaimed
	if p.Release {
		action = audit.CaseReleased
	}
	err = d.commitBy(ctx, who, deskapi.ActCases, audit.Event{Action: action, Subject: c.ID}, func(t *draft, _ *audit.Event) error {
		if _, err := t.get(keyCase+c.ID, c); err != nil {
			return err
		}
		if c.ClaimedBy != "" && c.ClaimedBy != who.ID && !(p.Release && who.may(deskapi.ActStaff)) {
			return refuse(deskapi.Claimed, "A colleague has this case.")
		}
		c.ClaimedBy = who.ID
		if p.Release {
			c.ClaimedBy = ""
		}
		return t.put(keyCase+c.ID, c)
	})
	if err != nil {
		return deskapi.Case{}, err
	}
	return d.viewCase(ctx, who, c)
}

// Note adds a note for colleagues.
func (d *Desk) Note(ctx context.Context, who Actor, p deskapi.NewNote) (deskapi.Case, error) {
	c, err := d.openCase(ctx, who, p.ID, "Note", audit.CaseOpened)
	if err != nil {
		return deskapi.Case{}, err
	}
	if p.Text = strings.TrimSpace(p.Text); p.Text == "" || len(p.Text) > maxNote || !utf8.ValidString(p.Text) {
		return deskapi.Case{}, invalid("A note has 1 to 4,000 bytes.")
	}
	err = d.commitBy(ctx, who, deskapi.ActCases, audit.Event{Action: audit.CaseNoted, Subject: c.ID}, func(t *draft, e *audit.Event) error {
		if _, err := t.get(keyCase+c.ID, c); err != nil {
			return err
		}
		if len(c.Notes) >= 200 {
			return invalid("A case has at most 200 notes.")
		}
		c.Notes = append(c.Notes, note{By: who.ID, AtMS: e.AtMS, Text: p.Text})
		return t.put(keyCase+c.ID, c)
	})
	if err != nil {
		return deskapi.Case{}, err
	}
	return d.viewCase(ctx, who, c)
}

// accountRow is an account beside a case. The server is asked as long as asking
// lasts.
func (d *Desk) accountRow(ctx, asking context.Context, a identity.Account) (deskapi.AccountRow, error) {
	row := deskapi.AccountRow{Account: string(a)}
	var rec accountRecord
	if _, err := d.getRecord(ctx, keyAccount+d.accountAlias(a), &rec); err != nil {
		return row, err
	}
	row.Reported, row.Upheld, row.ReportsMade, row.RightMade = len(rec.Cases), rec.Upheld, rec.Made, rec.Right
	known, err := d.askAccount(asking, a)
	switch {
	case errors.Is(err, ErrGone):
		row.Unknown = true
	case err != nil:
		row.Stale = true
	default:
		row.CreatedMS, row.Devices, row.LastSeenMS = known.CreatedMS, len(known.Devices), known.LastSeenMS
		row.Suspended, row.Limited = known.Standing.State == "suspended", known.Standing.State == "limited"
		if known.Facts != nil {
			row.AgeBand = string(known.Facts.AgeBand)
		}
	}
	return row, nil
}
