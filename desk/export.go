package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"parley/desk/audit"
	"parley/desk/cybertip"
	"parley/desk/deskapi"
	"parley/report"
)

// Export gives a case as a file. The log has the file's hash before anybody has the
// file.
func (d *Desk) Export(ctx context.Context, who Actor, p deskapi.NewExport) (deskapi.File, error) {
	if err := d.allow(who, deskapi.ActExport, "Export"); err != nil {
		return deskapi.File{}, err
	}
	c, err := d.openCase(ctx, who, p.ID, "Export", audit.CaseOpened)
	if err != nil {
		return deskapi.File{}, err
	}
	all, err := d.evidenceOf(ctx, c)
	if err != nil {
		return deskapi.File{}, err
	}
	var file *deskapi.File
	switch p.Format {
	case deskapi.ExportReport:
		file, err = d.exportReport(who, c, all)
	case deskapi.ExportCyberTip:
		file, err = d.exportTip(ctx, c, all, p.Incident)
	case deskapi.ExportStatement:
		file, err = d.exportStatement(ctx, c)
	default:
		err = invalid("There is no such format.")
	}
	if err != nil {
		return deskapi.File{}, err
	}
	return *file, d.look(who, audit.CaseExported, c.ID, map[string]string{"format": string(p.Format), "sha256": file.SHA256})
}

// exportReport is the file for parley verify-report: of the newest report whose
// evidence is the strongest, since the format holds one.
func (d *Desk) exportReport(who Actor, c *caseRecord, all []evidence) (*deskapi.File, error) {
	if len(all) == 0 {
		return nil, notFound()
	}
	best := 0
	for i := range all {
		if rank(verdictOf(all[i].verdict.Grade)) >= rank(verdictOf(all[best].verdict.Grade)) {
			best = i
		}
	}
	out := report.Case{
		Format: report.CaseFormat, Report: *all[best].report,
		Export: report.Export{Case: c.ID, Actor: who.ID, AtMS: uint64(d.nowMS()), Purpose: "case file"},
	}
	for _, a := range attachmentsOf(all) {
		if a.report == best {
			out.Media = append(out.Media, report.Media{
				Item: uint64(a.item), Blob: slices.Clone(a.of.Blob[:]), SHA256: slices.Clone(a.of.Hash[:]), Type: a.of.Type, Size: uint64(a.of.Size),
			})
		}
	}
	data, err := out.Encode()
	if err != nil {
		return nil, err
	}
	return newFile(c.ID+".parley-case", "application/cbor", data), nil
}

// exportTip is XML in the CyberTipline's shape. It goes to who exports it: the desk
// sends it nowhere.
func (d *Desk) exportTip(ctx context.Context, c *caseRecord, all []evidence, kind deskapi.Incident) (*deskapi.File, error) {
	if c.Category != deskapi.ChildSafety {
		return nil, invalid("Only cases of child safety are exported in this form.")
	}
	if kind != "" && !slices.Contains(cybertip.IncidentTypes, kind) {
		return nil, invalid("There is no such kind of incident.")
	}
	in := cybertip.Incident{
		Type: deskapi.IncidentEnticement, Room: string(c.Room), Reported: string(c.Reported),
		Notes: fmt.Sprintf("Case %s. %d reported messages. Evidence: %s.", c.ID, c.Items, weakest(all)),
	}
	for _, e := range all {
		for i := range e.verdict.Items {
			if v := &e.verdict.Items[i]; v.Grade != report.NotVerified {
				in.AtMS = max(in.AtMS, v.AcceptedMS)
			}
		}
	}
	if in.AtMS == 0 {
		in.AtMS = c.OpenedMS
	}
	viewed, err := d.viewed(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, a := range attachmentsOf(all) {
		if !a.checked {
			continue
		}
		in.Files = append(in.Files, cybertip.File{Name: a.of.Name, SHA256: fmt.Sprintf("%x", a.of.Hash), Viewed: viewed[a.n]})
		if a.sender == c.Reported {
			in.Type = deskapi.IncidentMaterial
		}
	}
	if kind != "" {
		in.Type = kind
	}
	for _, id := range c.Decisions {
		var dec decisionRecord
		if _, err := d.getRecord(ctx, keyDecision+id, &dec); err != nil {
			return nil, err
		}
		in.Disabled = in.Disabled || dec.Kind == deskapi.Suspend && dec.State == deskapi.DecisionEnforced
	}
	data, err := cybertip.Make(d.company, in, d.now())
	if err != nil {
		return nil, err
	}
	return newFile(c.ID+".xml", "application/xml", data), nil
}

// viewed says which attachments of a case somebody has revealed: by the log, which
// has it for ever.
func (d *Desk) viewed(_ context.Context, c *caseRecord) (map[int]bool, error) {
	seen := map[int]bool{}
	_, err := d.log.Read(func(l *audit.Line) {
		var n int
		if l.Action == audit.MediaRevealed && l.Subject == c.ID {
			if _, err := fmt.Sscan(l.Data["media"], &n); err == nil {
				seen[n] = true
			}
		}
	})
	return seen, err
}

// exportStatement is the newest decision's statement of reasons, as the EU's database
// takes it.
func (d *Desk) exportStatement(ctx context.Context, c *caseRecord) (*deskapi.File, error) {
	for _, id := range slices.Backward(c.Decisions) {
		var dec decisionRecord
		if _, err := d.getRecord(ctx, keyDecision+id, &dec); err != nil {
			return nil, err
		}
		if dec.Statement == nil || dec.State == deskapi.DecisionProposed || dec.State == deskapi.DecisionRefused {
			continue
		}
		data, err := json.MarshalIndent(dec.Statement, "", "  ")
		if err != nil {
			return nil, err
		}
		return newFile(dec.ID+".json", "application/json", data), nil
	}
	return nil, notFound()
}
