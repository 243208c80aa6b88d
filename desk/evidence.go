package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"parley/content"
	"parley/desk/deskapi"
	"parley/franking"
	"parley/identity"
	"parley/report"
)

// metaKeys is where the server's franking keys are kept.
const metaKeys = keyMeta + "franking"

// frankingRecord is what the desk has seen of the server's franking keys: the pinned
// first one, and every statement.
type frankingRecord struct {
	Pin        []byte   `json:"pin"`
	Statements [][]byte `json:"statements"`
}

// errOtherKey is returned where the server's list doesn't lead from the pinned key.
var errOtherKey = errors.New("desk: the server's franking keys don't follow from the pinned one")

// loadPin reads what was pinned; pin, if not nil, must be the same.
func (d *Desk) loadPin(ctx context.Context, pin *identity.PublicKey) error {
	var rec frankingRecord
	ok, err := d.getRecord(ctx, metaKeys, &rec)
	if err != nil {
		return err
	}
	if !ok {
		d.pin = pin
		return nil
	}
	if pin != nil && string(rec.Pin) != string(pin[:]) {
		return errOtherKey
	}
	return d.follow(rec)
}

// follow sets the keys that statements lead to from the pinned one.
func (d *Desk) follow(rec frankingRecord) error {
	key, err := identity.ParsePublicKey(rec.Pin)
	if err != nil {
		return errOtherKey
	}
	var statements []franking.KeyStatement
	for _, raw := range rec.Statements {
		s, err := franking.ParseKeyStatement(raw)
		if err != nil {
			return err
		}
		statements = append(statements, *s)
	}
	judges, err := franking.Chain(d.keys.Domain, key, statements)
	if err != nil {
		return fmt.Errorf("%w: %v", errOtherKey, err)
	}
	d.judgesMu.Lock()
	defer d.judgesMu.Unlock()
	d.judges, d.pin = judges, &key
	return nil
}

// maxStatements bounds the server's list.
const maxStatements = 64

// refreshKeys takes over what the server's list has that is new. At first sight the
// list's first key is pinned; a key that doesn't follow from it never counts.
func (d *Desk) refreshKeys(ctx context.Context) error {
	list, err := d.server.FrankingKeys(ctx)
	if err != nil {
		return err
	}
	var rec frankingRecord
	if _, err := d.getRecord(ctx, metaKeys, &rec); err != nil {
		return err
	}
	before := len(rec.Statements)
	for _, s := range list {
		if !slices.ContainsFunc(rec.Statements, func(old []byte) bool { return string(old) == string(s) }) {
			rec.Statements = append(rec.Statements, s)
		}
	}
	if len(rec.Statements) == before {
		return nil
	}
	if len(rec.Statements) > maxStatements {
		return errOtherKey
	}
	if rec.Pin == nil {
		if rec.Pin, err = d.firstPin(rec.Statements[0]); err != nil {
			return err
		}
	}
	if err := d.follow(rec); err != nil {
		return err
	}
	return d.set(ctx, func(t *draft) error { return t.put(metaKeys, rec) })
}

// firstPin is the key to pin: what the configuration says, else that of the list.
func (d *Desk) firstPin(first []byte) ([]byte, error) {
	if d.pin != nil {
		return d.pin[:], nil
	}
	s, err := franking.ParseKeyStatement(first)
	if err != nil || s.Check(d.keys.Domain) != nil {
		return nil, errOtherKey
	}
	return s.Key[:], nil
}

// judge verifies a report by the keys that are known now. What the server disowned
// isn't verified.
func (d *Desk) judge(r *report.Report, rec *reportRecord) *report.Verdict {
	d.judgesMu.Lock()
	keys := report.Keys{Domain: d.keys.Domain, Franking: d.judges}
	d.judgesMu.Unlock()
	v := report.Verify(r, keys)
	for _, i := range rec.Disowned {
		v.Items[i].Grade, v.Grade = report.NotVerified, report.NotVerified
	}
	return v
}

// A filed report, taken apart.
type evidence struct {
	record  *reportRecord
	report  *report.Report
	verdict *report.Verdict
}

// evidenceOf reads the reports of a case and verifies them again.
func (d *Desk) evidenceOf(ctx context.Context, c *caseRecord) (all []evidence, err error) {
	if c.Emptied {
		return nil, nil
	}
	for _, key := range c.Reports {
		rec := new(reportRecord)
		if ok, err := d.getRecord(ctx, keyReport+key, rec); err != nil {
			return nil, err
		} else if !ok {
			return nil, errors.New("desk: a report of the case is missing from the store")
		}
		r, err := report.Decode(rec.Body)
		if err != nil {
			return nil, err
		}
		all = append(all, evidence{rec, r, d.judge(r, rec)})
	}
	return all, nil
}

// proven reports whether anything that the reported account wrote is proven: without
// that there is nothing to decide but a dismissal. The proof has to name the account that is to be
// sanctioned, and its reporter.
func proven(all []evidence, c *caseRecord) bool {
	return slices.ContainsFunc(all, func(e evidence) bool { return e.proves(c.Reported, c.Room) })
}

// proves is proven of one report.
func (e *evidence) proves(reported identity.Account, room identity.Room) bool {
	if e.report.Reported != reported || e.report.Reporter != e.record.Reporter {
		return false
	}
	return slices.ContainsFunc(e.verdict.Items, func(v report.ItemVerdict) bool {
		return v.Grade != report.NotVerified && v.Sender == reported && v.Room == room
	})
}

// An attachment is one of a case's.
type attachment struct {
	n       int // in the case
	report  int
	item    int
	sender  identity.Account
	of      content.Attachment
	once    bool
	checked bool // the message that names it is proven
}

// attachmentsOf lists the attachments of a case in an order that only grows.
func attachmentsOf(all []evidence) (list []attachment) {
	for n, e := range all {
		for i := range e.report.Items {
			m, _, err := content.Decode(e.report.Items[i].ApplicationData)
			if err != nil {
				continue
			}
			attached := m.Attached()
			for _, a := range attached.Attachments {
				v := &e.verdict.Items[i]
				list = append(list, attachment{
					n: len(list), report: n, item: i, sender: v.Sender, of: a, once: attached.ViewOnce, checked: v.Grade != report.NotVerified,
				})
			}
		}
	}
	return list
}

// viewItem is one message as the page shows it.
func viewItem(e *evidence, i int, media []deskapi.Media) deskapi.Item {
	v := &e.verdict.Items[i]
	it := deskapi.Item{
		N: i, Sender: string(v.Sender), Device: string(v.Device), Seq: int64(v.Seq), AcceptedMS: v.AcceptedMS,
		Verdict: verdictOf(v.Grade), Steps: []deskapi.Step{}, Attachments: media, By: deskapi.ByOther, Kind: deskapi.ItemOther,
	}
	switch v.Sender {
	case e.report.Reported:
		it.By = deskapi.ByReported
	case e.report.Reporter:
		it.By = deskapi.ByReporter
	}
	for _, s := range v.Steps {
		it.Steps = append(it.Steps, deskapi.Step{Name: s.Name, OK: s.Result == report.OK, Skipped: s.Result == report.Skipped, Why: s.Why})
	}
	it.Steps = append(it.Steps, ownRecord(e.record, i))
	if m, _, err := content.Decode(e.report.Items[i].ApplicationData); err == nil {
		it.Kind, it.Text = describe(m)
	}
	return it
}

// ownRecord is the desk's own step: the server was asked whether it made the frank.
func ownRecord(rec *reportRecord, i int) deskapi.Step {
	s := deskapi.Step{Name: "the platform's own record"}
	switch {
	case slices.Contains(rec.Disowned, i):
		s.Why = "the platform says that it did not make this frank"
	case slices.Contains(rec.Asked, i):
		s.OK, s.Why = true, "the platform knows the frank as its own"
	default:
		s.Skipped, s.Why = true, "the platform was not asked, or has the key no more"
	}
	return s
}

// describe says what a message is and what to show of it, as text.
func describe(m *content.Message) (deskapi.ItemKind, string) {
	s := m.Summary()
	switch {
	case m.HasAttachments():
		return deskapi.ItemMedia, s.Text
	case m.Sticker() != nil:
		return deskapi.ItemSticker, s.Text
	case m.Post() != nil:
		return deskapi.ItemPost, s.Text
	}
	switch s.Kind {
	case content.KindText:
		return deskapi.ItemText, s.Text
	case content.KindEdit:
		return deskapi.ItemEdit, s.Text
	case content.KindUnsend:
		return deskapi.ItemUnsend, s.Text
	case content.KindReaction:
		return deskapi.ItemReaction, s.Text
	}
	return deskapi.ItemOther, s.Text
}

// gapsOf says what a report doesn't disclose, in plain words, and beside which item.
func gapsOf(v *report.Verdict) (all []string, before map[int]string) {
	before = map[int]string{}
	for _, g := range v.Gaps {
		text := fmt.Sprintf("%d events not disclosed", g.Events)
		if g.Events == 1 {
			text = "1 event not disclosed"
		}
		for i := range v.Items {
			if v.Items[i].Seq == g.Before && v.Items[i].Grade != report.NotVerified {
				before[i] = text
			}
		}
		all = append(all, fmt.Sprintf("%s between event %d and event %d", text, g.After, g.Before))
	}
	for _, c := range v.Conflicts {
		all = append(all, fmt.Sprintf("message %d: %s", c.Item+1, c.Why))
	}
	return all, before
}
