package desk

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"

	"parley/content"
	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/statement"
	"parley/identity"
	"parley/report"
	"parley/wire"
)

const millisEachDay = 24 * 3600_000

// maxDays bounds a sanction that ends.
const maxDays = 3650

// Decide makes a decision of a case. Where a rule names it, it is proposed, and a
// second person's Confirm makes it.
func (d *Desk) Decide(ctx context.Context, who Actor, p deskapi.NewDecision) (deskapi.Decision, error) {
	none := deskapi.Decision{}
	needed := deskapi.ActDecide
	if err := d.allow(who, needed, "Decide"); err != nil {
		return none, err
	}
	c, err := d.openCase(ctx, who, p.ID, "Decide", audit.CaseOpened)
	if err != nil {
		return none, err
	}
	if p.Kind == deskapi.Suspend && p.Days == 0 {
		needed = deskapi.ActSuspend
		if err := d.allow(who, needed, "Decide"); err != nil {
			return none, err
		}
	}
	var dec *decisionRecord
	event := audit.Event{Action: audit.DecisionMade, Subject: c.ID}
	err = d.commitBy(ctx, who, needed, event, func(t *draft, e *audit.Event) error {
		dec, err = d.decide(t, e, who, p, c)
		return err
	})
	if err != nil {
		return none, err
	}
	return d.enforced(ctx, who, dec.ID)
}

// decide makes or proposes the decision, by the reports that the case has now.
func (d *Desk) decide(t *draft, e *audit.Event, who Actor, p deskapi.NewDecision, c *caseRecord) (*decisionRecord, error) {
	if err := mayDecide(t, c, who); err != nil {
		return nil, err
	}
	if err := c.unchanged(p.Seen); err != nil {
		return nil, err
	}
	all, err := d.evidenceOf(t.ctx, c)
	if err != nil {
		return nil, err
	}
	dec, err := d.newDecision(who, p, c, all)
	if err != nil {
		return nil, err
	}
	c.Decisions = append(c.Decisions, dec.ID)
	e.Data["decision"] = dec.ID
	if dec.Needs = d.needsSecond(dec); !dec.Needs {
		return dec, d.make(t, e, dec, c, all)
	}
	e.Action, dec.State, c.State = audit.DecisionProposed, deskapi.DecisionProposed, deskapi.CaseWaiting
	e.Data["kind"], e.Data["category"] = string(dec.Kind), string(dec.Category)
	return dec, d.putDecision(t, e, dec, c)
}

// mayDecide reads the case again, and refuses where it is another's or is closed.
func mayDecide(t *draft, c *caseRecord, who Actor) error {
	if _, err := t.get(keyCase+c.ID, c); err != nil {
		return err
	}
	switch {
	case c.State != deskapi.CaseOpen:
		return refuse(deskapi.Closed, "This case was decided, or waits for a second person.")
	case c.ClaimedBy != "" && c.ClaimedBy != who.ID:
		return refuse(deskapi.Claimed, "A colleague has this case.")
	}
	return nil
}

// newDecision checks what a person asks for.
func (d *Desk) newDecision(who Actor, p deskapi.NewDecision, c *caseRecord, all []evidence) (*decisionRecord, error) {
	dec := &decisionRecord{
		ID: newID("d"), Case: c.ID, Account: c.Reported, Kind: p.Kind, Category: c.Category, AtMS: d.nowMS(), Days: p.Days, By: who.ID,
		Reasons: p.Reasons, Note: p.Note, Salt: newSalt(),
	}
	switch {
	case !slices.Contains([]deskapi.DecisionKind{deskapi.Dismiss, deskapi.Warn, deskapi.Limit, deskapi.Suspend, deskapi.Remove}, p.Kind):
		return nil, invalid("There is no decision of this kind.")
	case len(p.Note) > maxNote || !utf8.ValidString(p.Note):
		return nil, invalid("A note has at most 4,000 bytes.")
	case p.Days < 0 || p.Days > maxDays || p.Days > 0 && p.Kind != deskapi.Limit && p.Kind != deskapi.Suspend:
		return nil, invalid("Only limits and suspensions have an end, of 1 to 3,650 days.")
	case (len(p.Media) > 0) != (p.Kind == deskapi.Remove):
		return nil, invalid("Name the attachments to remove.")
	}
	if p.Kind == deskapi.Dismiss {
		dec.Reasons = nil
		return dec, nil
	}
	if !proven(all, c) {
		return nil, refuse(deskapi.Unverified, "No message of this account is proven, so that this can only be dismissed.")
	}
	if p.Reasons == nil {
		return nil, invalid("Give the reasons: the person reads them.")
	}
	if err := dec.takeMedia(p.Media, attachmentsOf(all), c.Reported); err != nil {
		return nil, err
	}
	return dec, d.state(dec, all)
}

// takeMedia notes which blobs are to be removed: only what a proven message of the
// reported account has.
func (dec *decisionRecord) takeMedia(wanted []int, list []attachment, reported identity.Account) error {
	for _, n := range wanted {
		if n < 0 || n >= len(list) || slices.Contains(dec.Media, n) {
			return invalid("There is no such attachment.")
		}
		if a := &list[n]; !a.checked || a.sender != reported {
			return refuse(deskapi.Unverified, "It isn't proven that this account sent this attachment.")
		}
		dec.Media = append(dec.Media, n)
		dec.Blobs = append(dec.Blobs, list[n].of.Blob[:])
	}
	return nil
}

// state writes the statement of reasons, in both forms.
func (d *Desk) state(dec *decisionRecord, all []evidence) error {
	dec.UntilMS = 0
	if dec.Days > 0 {
		dec.UntilMS = dec.AtMS + int64(dec.Days)*millisEachDay
	}
	in := statement.Input{
		Decision: dec.ID, Kind: dec.Kind, Category: dec.Category, Reasons: *dec.Reasons, AtMS: dec.AtMS, UntilMS: dec.UntilMS,
		Platform: d.platform,
	}
	for _, e := range all {
		for i := range e.report.Items {
			if v := &e.verdict.Items[i]; v.Sender == dec.Account && v.Grade != report.NotVerified {
				dec.concern(&in, e.report.Items[i].ApplicationData, v.AcceptedMS)
			}
		}
	}
	s, err := statement.Make(in)
	if errors.Is(err, statement.ErrReasons) {
		return invalid(err.Error())
	}
	dec.Statement, dec.Plain = s, plain(dec)
	return err
}

// concern adds to a statement what a message is: of a removal, the attachments that are
// removed and no more.
func (dec *decisionRecord) concern(in *statement.Input, message []byte, sentMS int64) {
	m, _, err := content.Decode(message)
	var types []string
	if err == nil {
		for _, a := range m.Attached().Attachments {
			if dec.Kind != deskapi.Remove || slices.ContainsFunc(dec.Blobs, func(b []byte) bool { return string(b) == string(a.Blob[:]) }) {
				types = append(types, a.Type)
			}
		}
	}
	if dec.Kind == deskapi.Remove && len(types) == 0 {
		return
	}
	in.SentMS, in.Types = max(in.SentMS, sentMS), append(in.Types, types...)
	switch {
	case err != nil:
	case m.Sticker() != nil:
		in.Types = append(in.Types, "image/*")
	default:
		in.Text = in.Text || m.Summary().Text != ""
	}
}

// plain is the statement as the person reads it.
func plain(dec *decisionRecord) *wire.Statement {
	s := &wire.Statement{
		Ground: "incompatible_content", GroundReference: dec.Reasons.Rule, Explanation: dec.Reasons.Explanation, Facts: dec.Reasons.Facts,
		Category: string(dec.Category), Source: "report",
		Redress: "You can appeal. Somebody else than who decided looks at it again. You can also go to an out-of-court dispute settlement body, or to court.",
	}
	if dec.Reasons.Ground == deskapi.GroundIllegal {
		s.Ground = "illegal_content"
	}
	return s
}

// needsSecond reports whether a rule has two persons decide it.
func (d *Desk) needsSecond(dec *decisionRecord) bool {
	return slices.ContainsFunc(d.rules, func(r deskapi.TwoPersonRule) bool {
		return r.Kind == dec.Kind && (r.Category == "" || r.Category == dec.Category) && (r.Above == 0 || len(dec.Blobs) > r.Above)
	})
}

// make has a decision take effect: the log's line, the state, and what the server has
// to do, all in one.
func (d *Desk) make(t *draft, e *audit.Event, dec *decisionRecord, c *caseRecord, all []evidence) error {
	e.Action = audit.DecisionMade
	e.Data["kind"], e.Data["category"] = string(dec.Kind), string(dec.Category)
	e.Data["after_ms"] = strconv.FormatInt(max(0, dec.AtMS-c.OpenedMS), 10)
	if dec.Reasons != nil {
		e.Data["ground"] = string(dec.Reasons.Ground)
	}
	if dec.Second != "" {
		e.Data["proposer"] = dec.By
	}
	dec.State, c.State = deskapi.DecisionMade, deskapi.CaseDecided
	tasks, err := tasksOf(dec, all)
	if err != nil {
		return err
	}
	for i := range tasks {
		if err := t.put(keyTask+tasks[i].Key, &tasks[i]); err != nil {
			return err
		}
	}
	if len(tasks) == 0 {
		dec.State = deskapi.DecisionEnforced
	}
	t.remove(keyOpen + c.ID)
	merge := d.mergeKey(c)
	var open string
	if _, err := t.get(merge, &open); err != nil {
		return err
	}
	if open == c.ID { // not that of a case which began when this one was full
		t.remove(merge)
	}
	if err := d.countOutcome(t, c, dec, all); err != nil {
		return err
	}
	return d.putDecision(t, e, dec, c)
}

// putDecision keeps a decision with its case; the line has its hash.
func (d *Desk) putDecision(t *draft, e *audit.Event, dec *decisionRecord, c *caseRecord) error {
	c.UpdatedMS = e.AtMS
	detail, err := json.Marshal(dec)
	if err != nil {
		return err
	}
	e.Detail = detail
	return errors.Join(t.put(keyDecision+dec.ID, dec), t.put(keyCase+c.ID, c))
}

// Decision shows one.
func (d *Desk) Decision(ctx context.Context, who Actor, p deskapi.DecisionID) (deskapi.Decision, error) {
	if err := d.allow(who, deskapi.ActCases, "Decision"); err != nil {
		return deskapi.Decision{}, err
	}
	if !isID("d", p.ID) {
		return deskapi.Decision{}, notFound()
	}
	if err := d.look(who, audit.DecisionOpened, p.ID, nil); err != nil {
		return deskapi.Decision{}, err
	}
	return d.viewDecision(ctx, who, p.ID)
}

func (d *Desk) viewDecision(ctx context.Context, who Actor, id string) (deskapi.Decision, error) {
	var r decisionRecord
	if ok, err := d.getRecord(ctx, keyDecision+id, &r); err != nil || !ok {
		return deskapi.Decision{}, orNotFound(err)
	}
	mayConfirm := r.State == deskapi.DecisionProposed && who.may(deskapi.ActConfirm)
	if mayConfirm {
		why, err := d.noPair(ctx, r.By, who.ID)
		if err != nil {
			return deskapi.Decision{}, err
		}
		mayConfirm = why == nil
	}
	return deskapi.Decision{
		ID: r.ID, Case: r.Case, Account: string(r.Account), Kind: r.Kind, Category: r.Category, State: r.State, AtMS: r.AtMS, UntilMS: r.UntilMS,
		Media: r.Media, By: r.By, ByName: d.nameOf(ctx, r.By), NeedsSecond: r.Needs, Second: r.Second, SecondName: d.nameOf(ctx, r.Second),
		Reasons: r.Reasons, Statement: r.Statement, Note: r.Note, AppealState: r.AppealState,
		MayConfirm: mayConfirm,
	}, nil
}

// appealable reports whether an appeal against it is heard.
func (dec *decisionRecord) appealable() bool {
	return dec.Kind != deskapi.Dismiss && (dec.State == deskapi.DecisionMade || dec.State == deskapi.DecisionEnforced)
}

func newSalt() []byte {
	b := make([]byte, 16)
	rand.Read(b)
	return b
}
