package desk

import (
	"context"
	"encoding/base64"

	"parley/desk/audit"
	"parley/desk/deskapi"
)

// Bounds of a page of the audit log.
const (
	auditPage = 100
	maxAudit  = 200
)

// Audit shows a page of the log, the newest line first: of what it shows it says whether it
// holds together, AuditCheck says it of the whole. Reading it is a line of it.
func (d *Desk) Audit(ctx context.Context, who Actor, f deskapi.AuditFilter) (deskapi.AuditList, error) {
	list := deskapi.AuditList{Lines: []deskapi.AuditLine{}}
	if err := d.allow(who, deskapi.ActAudit, "Audit"); err != nil {
		return list, err
	}
	if err := d.look(who, audit.AuditRead, "", nil); err != nil {
		return list, err
	}
	limit := auditPage
	if f.Limit > 0 {
		limit = min(f.Limit, maxAudit)
	}
	page, err := d.log.Page(audit.Query{Before: f.Before, Limit: limit, Pick: func(l *audit.Line) bool {
		return (f.Actor == "" || l.Actor == f.Actor) && (f.Action == "" || l.Action == f.Action)
	}})
	if err != nil {
		list.Broken = err.Error()
	}
	list.Next = page.Next
	for _, l := range page.Lines {
		list.Lines = append(list.Lines, deskapi.AuditLine{
			Seq: l.Seq, AtMS: l.AtMS, Actor: l.Actor, Name: d.nameOf(ctx, l.Actor), Action: l.Action, Subject: l.Subject, Data: l.Data, Hash: l.Hash,
		})
	}
	return list, nil
}

// AuditCheck verifies the whole log as it is on the disk, a line at a time.
func (d *Desk) AuditCheck(_ context.Context, who Actor, _ deskapi.Nothing) (deskapi.AuditVerdict, error) {
	if err := d.allow(who, deskapi.ActAudit, "AuditCheck"); err != nil {
		return deskapi.AuditVerdict{}, err
	}
	if err := d.look(who, audit.AuditRead, "check", nil); err != nil {
		return deskapi.AuditVerdict{}, err
	}
	sum, err := d.log.Read(nil)
	v := deskapi.AuditVerdict{Lines: sum.Lines, Head: sum.Head}
	if err != nil {
		v.Broken = err.Error()
	}
	return v, nil
}

// Checkpoint is the log's head, signed, for keeping elsewhere.
func (d *Desk) Checkpoint(_ context.Context, who Actor, _ deskapi.Nothing) (deskapi.Checkpoint, error) {
	if err := d.look(who, audit.AuditRead, "checkpoint", nil); err != nil {
		return deskapi.Checkpoint{}, err
	}
	c, err := d.log.Checkpoint(d.nowMS())
	if err != nil {
		return deskapi.Checkpoint{}, err
	}
	return deskapi.Checkpoint{
		Seq: c.Seq, Hash: c.Hash, AtMS: c.AtMS, Text: string(c.Text()), KeyBase64: base64.StdEncoding.EncodeToString(c.Key),
	}, nil
}

// Transparency counts what the log says, and nothing else: whoever has the log gets
// the same.
func (d *Desk) Transparency(_ context.Context, who Actor, p deskapi.Period) (deskapi.Transparency, error) {
	if err := d.look(who, audit.CountsRead, "", nil); err != nil {
		return deskapi.Transparency{}, err
	}
	c, err := audit.NewCounter(p)
	if err != nil {
		return deskapi.Transparency{}, invalid("Give dates as 2026-01-31.")
	}
	_, err = d.log.Read(c.Add)
	return c.Counts(), err
}
