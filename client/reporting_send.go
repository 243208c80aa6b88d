package client

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"parley/content"
	"parley/identity"
	"parley/mls/public"
	"parley/report"
	"parley/wire"
)

// A ReportState says how far a report or an appeal is.
type ReportState string

// The states.
const (
	ReportWaits   ReportState = "waits"   // kept here, and sent as soon as possible
	ReportSent    ReportState = "sent"    // the server has it, for the desk
	ReportRefused ReportState = "refused" // the server doesn't take it: Problem is its code
)

// A SentReport is a report or appeal of this device's.
type SentReport struct {
	ID       []byte
	Kind     report.Kind
	State    ReportState
	Problem  string           // why it waits or was refused: a code of wire, "no_desk", "desk_changed"; or empty
	About    identity.Account // of a report
	Category report.Category  // of a report
	Messages int              // of a report
	Decision string           // of an appeal
	AtMS     int64            // by this device's clock
}

// A reportingRecord is one of them as it is kept. What is to be sealed is beside it
// until it has left.
type reportingRecord struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8    // of this record: 1
	ID       []byte
	Kind     report.Kind
	State    ReportState
	Problem  string
	About    identity.Account
	Category report.Category
	Messages int
	Decision string
	AtMS     int64
}

// A deskRecord is the desk that this device has seen first.
type deskRecord struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // of this record: 1
	SignKey identity.PublicKey
}

// maxReports bounds the reports and appeals that are remembered.
const maxReports = 500

// SendReport hands d to the safety desk: what it holds is kept in one write with the
// block, if that was asked for, and sealed to the desk's key and sent as soon as
// possible, also after this process has ended. What leaves is what PreviewReport of
// the same d shows.
//
// It returns once the server has it; ErrQueued, wrapped, where it is kept and waits;
// ErrNoDesk, ErrReport, ErrTooMuch or the server's refusal where it was for nothing.
func (c *Client) SendReport(ctx context.Context, d ReportDraft) error {
	built, err := c.buildReport(ctx, d)
	if err != nil {
		return err
	}
	r := built.report
	rec := &reportingRecord{
		Version: 1, ID: r.ID, Kind: report.KindReport, State: ReportWaits, About: r.Reported, Category: r.Category,
		Messages: len(r.Items), AtMS: int64(r.AtMS),
	}
	return c.hand(ctx, rec, built.body, func(t *tx) error {
		if !d.Block {
			return nil
		}
		return t.standShown(r.Reported, content.Blocked)
	})
}

// Appeal asks the desk to look again at a decision that a notice named. Errors are
// those of SendReport.
func (c *Client) Appeal(ctx context.Context, decision, text string) error {
	a := &report.Appeal{
		Version: 1, ID: make([]byte, report.IDSize), Account: c.self.Account, Decision: decision,
		Text: strings.ToValidUTF8(text, ""), AtMS: uint64(max(c.nowMS(), 0)),
	}
	if _, err := rand.Read(a.ID); err != nil {
		return err
	}
	body, err := a.Encode()
	if err != nil {
		return errors.Join(ErrReport, err)
	}
	rec := &reportingRecord{
		Version: 1, ID: a.ID, Kind: report.KindAppeal, State: ReportWaits, Decision: decision, AtMS: int64(a.AtMS),
	}
	return c.hand(ctx, rec, body, func(*tx) error { return nil })
}

// hand keeps rec, with what belongs to it, and tries to send it.
func (c *Client) hand(ctx context.Context, rec *reportingRecord, body []byte, also func(*tx) error) error {
	err := c.step(ctx, func(t *tx) error {
		t.save(reportKey(rec.ID), rec)
		t.put(reportDueKey(rec.ID), body)
		if err := t.forgetReports(); err != nil {
			return err
		}
		return also(t)
	})
	if err != nil {
		return err
	}
	c.netMu.Lock()
	err = c.sendReports(ctx)
	if err == nil {
		_ = c.announce(ctx) // the block, where there is one: what fails is tried again
	}
	c.netMu.Unlock()
	now, readErr := c.reportRecord(ctx, rec.ID)
	switch {
	case readErr != nil:
		return readErr
	case now == nil || now.State == ReportSent:
		return nil
	case now.State == ReportWaits:
		return errors.Join(ErrQueued, err)
	case now.Problem == problemNoDesk:
		return ErrNoDesk
	}
	return &wire.Error{Code: wire.Code(now.Problem), Message: "the report wasn't taken"}
}

// Problems of reports that aren't the server's.
const (
	problemNoDesk = "no_desk"
	problemDesk   = "desk_changed"
)

func reportKey(id []byte) string    { return reportsPrefix + hex.EncodeToString(id) }
func reportDueKey(id []byte) string { return reportDuePrefix + hex.EncodeToString(id) }

func (c *Client) reportRecord(ctx context.Context, id []byte) (rec *reportingRecord, err error) {
	err = c.step(ctx, func(t *tx) error {
		rec = new(reportingRecord)
		found, err := t.load(reportKey(id), rec)
		if !found {
			rec = nil
		}
		return err
	})
	return rec, err
}

// forgetReports drops the oldest that have left, beyond maxReports.
func (t *tx) forgetReports() error {
	all, err := t.reports()
	if err != nil || len(all) <= maxReports {
		return err
	}
	for _, rec := range all[:len(all)-maxReports] {
		if rec.State != ReportWaits {
			t.del(reportKey(rec.ID))
		}
	}
	return nil
}

// reports returns all of them, the oldest first.
func (t *tx) reports() ([]*reportingRecord, error) {
	records, err := t.list(reportsPrefix)
	if err != nil {
		return nil, err
	}
	var out []*reportingRecord
	for _, r := range records {
		rec := new(reportingRecord)
		if found, err := t.load(r.Key, rec); err != nil || !found {
			return nil, err
		}
		at := len(out) // there are few, and a sort of slices is ten times as large
		for at > 0 && out[at-1].AtMS > rec.AtMS {
			at--
		}
		out = slices.Insert(out, at, rec)
	}
	return out, nil
}

// Reports returns what this device has handed to the desk, the oldest first.
func (c *Client) Reports(ctx context.Context) (out []SentReport, err error) {
	err = c.step(ctx, func(t *tx) error {
		out = nil
		all, err := t.reports()
		for _, r := range all {
			out = append(out, SentReport{r.ID, r.Kind, r.State, r.Problem, r.About, r.Category, r.Messages, r.Decision, r.AtMS})
		}
		return err
	})
	return out, err
}

// sendReports sends what waits. What one of them meets doesn't hold up the others;
// the first error is returned.
func (c *Client) sendReports(ctx context.Context) error {
	return c.sendSomeReports(ctx, func(r *reportingRecord) bool { return r.State == ReportWaits })
}

// sendNewReports is sendReports without those that the server didn't take before: they
// are tried again with a sync, not whenever something comes.
func (c *Client) sendNewReports(ctx context.Context) error {
	return c.sendSomeReports(ctx, func(r *reportingRecord) bool { return r.State == ReportWaits && r.Problem == "" })
}

func (c *Client) sendSomeReports(ctx context.Context, some func(*reportingRecord) bool) error {
	var waiting []*reportingRecord
	err := c.step(ctx, func(t *tx) error {
		waiting = nil
		due, err := t.list(reportDuePrefix)
		if err != nil || len(due) == 0 {
			return err
		}
		all, err := t.reports()
		waiting = slices.DeleteFunc(all, func(r *reportingRecord) bool { return !some(r) })
		return err
	})
	if err != nil || len(waiting) == 0 {
		return err
	}
	key, err := c.deskKey(ctx)
	if err != nil {
		return cmpErr(c.noteReports(ctx, waiting, err), err)
	}
	var first error
	for _, rec := range waiting {
		if err := c.sendReport(ctx, key, rec); err != nil && first == nil {
			first = err
		}
		if errors.Is(first, ErrOffline) || ctx.Err() != nil {
			break
		}
	}
	return first
}

// sendReport seals and sends one. Sealing it again gives other bytes; the server
// knows it by its id.
func (c *Client) sendReport(ctx context.Context, key *report.DeskKey, rec *reportingRecord) error {
	became := report.ErrDeskKey
	var body []byte
	err := c.step(ctx, func(t *tx) (err error) {
		body, err = t.get(reportDueKey(rec.ID))
		return err
	})
	if err != nil || body == nil {
		return err // another process has sent it
	}
	i := slices.IndexFunc(c.cfg.Suites, func(s *public.Suite) bool { return s.ID() == key.Suite })
	if i >= 0 {
		var sealed []byte
		if sealed, became = report.Seal(c.cfg.Suites[i], key, rec.Kind, body); became == nil {
			_, became = call[wire.Empty](ctx, c, wire.OpReport, wire.ReportRequest{ID: rec.ID, Kind: wire.ReportKind(rec.Kind), Sealed: sealed})
		}
	}
	return cmpErr(c.noteReports(ctx, []*reportingRecord{rec}, became), became)
}

// noteReports notes what became of some reports: nil is that they were sent. One that
// still isn't taken when evidence of its time is gone is given up.
func (c *Client) noteReports(ctx context.Context, recs []*reportingRecord, became error) error {
	if errors.Is(became, ErrOffline) || ctx.Err() != nil {
		return nil
	}
	return c.step(ctx, func(t *tx) error {
		keep, err := t.evidenceFor()
		if err != nil {
			return err
		}
		for _, r := range recs {
			rec := new(reportingRecord)
			found, err := t.load(reportKey(r.ID), rec)
			if err != nil {
				return err
			}
			if !found || rec.State != ReportWaits {
				continue
			}
			rec.State, rec.Problem = stateOf(became)
			if rec.State == ReportWaits && t.c.nowMS()-rec.AtMS > keep.Milliseconds() {
				rec.State = ReportRefused
			}
			if rec.State != ReportWaits {
				t.del(reportDueKey(r.ID))
			}
			t.save(reportKey(r.ID), rec)
		}
		return nil
	})
}

// stateOf says how far a report is whose sending ended with err.
func stateOf(err error) (ReportState, string) {
	var w *wire.Error
	switch {
	case err == nil:
		return ReportSent, ""
	case errors.Is(err, ErrDeskAway):
		return ReportWaits, problemNoDesk
	case errors.Is(err, ErrNoDesk):
		return ReportRefused, problemNoDesk
	case errors.As(err, &w):
		switch w.Code {
		case wire.CodeBadRequest, wire.CodeTooLarge, wire.CodeUnknownOperation:
			return ReportRefused, string(w.Code)
		}
		return ReportWaits, string(w.Code)
	}
	return ReportWaits, problemDesk
}

// deskKey asks the server for the desk's key, and pins the desk at first sight. It
// returns ErrNoDesk, and the errors of [report.ParseDeskKey].
func (c *Client) deskKey(ctx context.Context) (key *report.DeskKey, err error) {
	info, err := Info(ctx, c.cfg.Transport)
	if err != nil {
		return nil, err
	}
	err = c.step(ctx, func(t *tx) error {
		key, err = t.learnDesk(info)
		return err
	})
	return key, err
}

// learnDesk judges the desk's key that a server shows.
func (t *tx) learnDesk(info *wire.Info) (*report.DeskKey, error) {
	var rec deskRecord
	found, err := t.load(deskKeyKey, &rec)
	switch {
	case err != nil:
		return nil, err
	case len(info.Desk) == 0 && found:
		return nil, ErrDeskAway // a node that hasn't heard of it yet, or a server that would have reports go
	case len(info.Desk) == 0:
		return nil, ErrNoDesk
	}
	var pinned *identity.PublicKey
	if found {
		pinned = &rec.SignKey
	}
	key, err := report.ParseDeskKey(info.Desk, t.c.self.Account.Domain(), pinned, t.c.nowMS())
	if err != nil {
		return nil, err
	}
	if !found || rec.SignKey != key.SignKey {
		t.save(deskKeyKey, &deskRecord{Version: 1, SignKey: key.SignKey})
	}
	return key, nil
}

// HasDesk reports whether the server has a safety desk, as far as this device has
// heard.
func (c *Client) HasDesk(ctx context.Context) (has bool, err error) {
	err = c.step(ctx, func(t *tx) error {
		b, err := t.get(deskKeyKey)
		has = b != nil
		return err
	})
	return has, err
}
