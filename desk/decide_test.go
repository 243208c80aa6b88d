package desk_test

import (
	"bytes"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"

	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/desk/statement"
	"parley/report"
	"parley/wire"
	"parley/wire/admin"
)

func suspend(id string, days int) deskapi.NewDecision {
	return deskapi.NewDecision{ID: id, Kind: deskapi.Suspend, Days: days, Reasons: desktest.Reasons()}
}

// A suspension is in force when Decide returns: with its statement, a notice, and an
// answer to who reported, which doesn't name anybody.
func TestSuspend(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.Harassment)
	dec, err := s.Decide(t.Context(), s.Rita, suspend(id, 7))
	if err != nil || dec.State != deskapi.DecisionEnforced {
		t.Fatalf("decision: %+v, %v", dec, err)
	}
	held := s.Server.Sanctioned(s.Bob.Account)
	if len(held) != 1 || held[0].Kind != admin.SanctionSuspend || held[0].UntilMS != dec.UntilMS || !held[0].Appealable ||
		held[0].Statement.GroundReference != "Terms, 4.2" || held[0].Statement.Redress == "" {
		t.Errorf("sanction: %+v", held)
	}
	told := s.Server.Told(s.Alice.Account)
	if len(told) != 1 || told[0].Outcome != wire.OutcomeActed || len(told[0].Report) != 16 || told[0].Statement != nil || told[0].Decision != "" {
		t.Errorf("outcome: %+v", told)
	}
	if st := dec.Statement; st.Account != "DECISION_ACCOUNT_SUSPENDED" || st.PlatformIdentifier != dec.ID || st.AutomatedDecision != "AUTOMATED_DECISION_NOT_AUTOMATED" {
		t.Errorf("statement: %+v", st)
	}
	if s.Count(audit.DecisionMade) != 1 || s.Count(audit.DecisionEnforced) != 1 || len(s.Queue().Cases) != 0 {
		t.Errorf("made %d, enforced %d, %d open", s.Count(audit.DecisionMade), s.Count(audit.DecisionEnforced), len(s.Queue().Cases))
	}
	_, err = s.Decide(t.Context(), s.Ron, suspend(id, 7))
	wantCode(t, "a second decision", err, deskapi.Closed)
	next := s.Case(report.Harassment, s.Say(s.Bob, "again"))
	if next == id {
		t.Error("a report after the decision is part of the decided case")
	}
}

func TestDismiss(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.Harassment)
	dec, err := s.Decide(t.Context(), s.Rita, deskapi.NewDecision{ID: id, Kind: deskapi.Dismiss})
	if err != nil || dec.State != deskapi.DecisionEnforced || dec.Statement != nil {
		t.Fatalf("decision: %+v, %v", dec, err)
	}
	if told := s.Server.Told(s.Alice.Account); len(told) != 1 || told[0].Outcome != wire.OutcomeNoBreach {
		t.Errorf("outcome: %+v", told)
	}
	if n := len(s.Server.Told(s.Bob.Account)) + len(s.Server.Sanctioned(s.Bob.Account)); n != 0 {
		t.Errorf("the reported heard of it: %d", n)
	}
}

func TestDecideRefuses(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.Harassment)
	for name, test := range map[string]struct {
		p    deskapi.NewDecision
		code deskapi.ErrorCode
	}{
		"no such kind":           {deskapi.NewDecision{ID: id, Kind: "ban"}, deskapi.Invalid},
		"no such case":           {deskapi.NewDecision{ID: "c-aaaaaaaaaaaaaaaa", Kind: deskapi.Dismiss}, deskapi.NotFound},
		"a path":                 {deskapi.NewDecision{ID: "../case", Kind: deskapi.Dismiss}, deskapi.NotFound},
		"no reasons":             {deskapi.NewDecision{ID: id, Kind: deskapi.Warn}, deskapi.Invalid},
		"reasons that say none":  {deskapi.NewDecision{ID: id, Kind: deskapi.Warn, Reasons: &deskapi.Reasons{}}, deskapi.Invalid},
		"a warning with an end":  {deskapi.NewDecision{ID: id, Kind: deskapi.Warn, Days: 3, Reasons: desktest.Reasons()}, deskapi.Invalid},
		"a removal of nothing":   {deskapi.NewDecision{ID: id, Kind: deskapi.Remove, Reasons: desktest.Reasons()}, deskapi.Invalid},
		"a removal of what isnt": {deskapi.NewDecision{ID: id, Kind: deskapi.Remove, Media: []int{0}, Reasons: desktest.Reasons()}, deskapi.Invalid},
		"for ever":               {suspend(id, 1<<30), deskapi.Invalid},
	} {
		_, err := s.Decide(t.Context(), s.Lena, test.p)
		wantCode(t, name, err, test.code)
	}
	if n := s.Server.Requests; n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
}

// Attack: a desk worker decides alone what needs two.
func TestTwoPersons(t *testing.T) {
	s := desktest.New(t)
	ctx := t.Context()
	id := s.Case(report.ChildSafety)
	dec, err := s.Decide(ctx, s.Sara, suspend(id, 0))
	if err != nil || dec.State != deskapi.DecisionProposed || !dec.NeedsSecond || dec.MayConfirm {
		t.Fatalf("proposal: %+v, %v", dec, err)
	}
	if s.Server.Requests != 0 || s.Count(audit.DecisionMade) != 0 {
		t.Fatal("one person's decision took effect")
	}
	_, err = s.Confirm(ctx, s.Sara, deskapi.DecisionID{ID: dec.ID})
	wantCode(t, "confirming the own proposal", err, deskapi.OwnDecision)
	_, err = s.Confirm(ctx, s.Rita, deskapi.DecisionID{ID: dec.ID})
	wantCode(t, "a reviewer's confirmation", err, deskapi.Forbidden)
	_, err = s.Decide(ctx, s.Sara, suspend(id, 0))
	wantCode(t, "deciding while it waits", err, deskapi.Closed)
	if s.Server.Requests != 0 {
		t.Fatal("one person's decision took effect")
	}
	dec, err = s.Confirm(ctx, s.Sam, deskapi.DecisionID{ID: dec.ID})
	if err != nil || dec.State != deskapi.DecisionEnforced || dec.SecondName != "Sam" || len(s.Server.Sanctioned(s.Bob.Account)) != 1 {
		t.Errorf("confirmed: %+v, %v", dec, err)
	}
	_, err = s.Confirm(ctx, s.Lena, deskapi.DecisionID{ID: dec.ID})
	wantCode(t, "confirming it again", err, deskapi.Closed)
}

// The second person's no opens the case again.
func TestSecondRefuses(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.ChildSafety)
	dec, err := s.Decide(t.Context(), s.Sara, suspend(id, 0))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Desk.Refuse(t.Context(), s.Sara, deskapi.DecisionID{ID: dec.ID})
	wantCode(t, "refusing the own proposal", err, deskapi.OwnDecision)
	if dec, err = s.Desk.Refuse(t.Context(), s.Sam, deskapi.DecisionID{ID: dec.ID}); err != nil || dec.State != deskapi.DecisionRefused {
		t.Errorf("refused: %+v, %v", dec, err)
	}
	if q := s.Queue(); len(q.Cases) != 1 || q.Cases[0].State != deskapi.CaseOpen || s.Server.Requests != 0 {
		t.Errorf("queue %+v, %d requests", q.Cases, s.Server.Requests)
	}
}

// Attack: a desk worker invents a report. There is no call that makes one; a record
// put into the store proves nothing, and nothing but a dismissal is possible. So is a true
// report whose reported account somebody exchanges.
func TestInventedReport(t *testing.T) {
	s := desktest.New(t)
	for _, r := range deskapi.Routes {
		if r.Method != "GET" && strings.Contains(r.Path, "report") {
			t.Errorf("there is a way to put reports in: %s %s", r.Method, r.Path)
		}
	}
	forged := s.Report(s.Alice, s.Bob, report.Harassment, s.Say(s.Bob, "What Bob never said"))
	forged.Items[0].Signature[3] ^= 1
	spliced := s.Report(s.Carol, s.Bob, report.Harassment, s.Say(s.Carol, "Carol said this"))
	for name, r := range map[string]*report.Report{"forged": forged, "about another": spliced} {
		s.Send(r)
		s.Step()
		id := s.Queue().Cases[0].ID
		c, err := s.Desk.Case(t.Context(), s.Lena, deskapi.CaseID{ID: id})
		if err != nil || c.Verdict != deskapi.NotChecked || c.ReportList[0].Problem == "" {
			t.Errorf("%s: %+v, %v; want a case whose evidence doesn't check", name, c.CaseRow, err)
		}
		for _, kind := range []deskapi.DecisionKind{deskapi.Warn, deskapi.Limit, deskapi.Suspend} {
			_, err := s.Decide(t.Context(), s.Lena, deskapi.NewDecision{ID: id, Kind: kind, Reasons: desktest.Reasons()})
			wantCode(t, name+": "+string(kind), err, deskapi.Unverified)
		}
		if _, err := s.Decide(t.Context(), s.Lena, deskapi.NewDecision{ID: id, Kind: deskapi.Dismiss}); err != nil {
			t.Errorf("%s: dismissing it: %v", name, err)
		}
	}
	if n := len(s.Server.Sanctioned(s.Bob.Account)); n != 0 {
		t.Errorf("%d sanctions without proof", n)
	}
}

// Frank and signature by somebody who has the platform's signing key, but not its
// HMAC keys, don't count where the platform can be asked.
func TestDisowned(t *testing.T) {
	s := desktest.New(t)
	s.Server.Disown = true
	id := s.Case(report.Harassment)
	_, err := s.Decide(t.Context(), s.Lena, suspend(id, 1))
	wantCode(t, "a frank that the platform disowns", err, deskapi.Unverified)
}

// A server that lists other keys from one day to the next isn't followed.
func TestPinnedKeys(t *testing.T) {
	s := desktest.New(t)
	first := s.Case(report.Harassment)
	other := desktest.New(t)
	keys, err := other.Server.FrankingKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys[0][20] ^= 1
	s.Server.Keys = [][]byte{{1, 2, 3}, keys[0]}
	s.Step()
	if _, err := s.Decide(t.Context(), s.Rita, suspend(first, 1)); err != nil {
		t.Errorf("evidence by the pinned key: %v", err)
	}
}

// Attachments of the reported are taken down; more than one needs two persons.
func TestRemove(t *testing.T) {
	s := desktest.New(t)
	picture := pngOf(t, 4, 4)
	id := s.Case(report.SexualContent, s.Attach(s.Bob, "image/png", picture), s.Attach(s.Bob, "image/png", append(picture, 0)), s.Attach(s.Alice, "image/png", picture))
	remove := func(n ...int) deskapi.NewDecision {
		return deskapi.NewDecision{ID: id, Kind: deskapi.Remove, Media: n, Reasons: desktest.Reasons()}
	}
	_, err := s.Decide(t.Context(), s.Rita, remove(2))
	wantCode(t, "the reporter's own", err, deskapi.Unverified)
	_, err = s.Decide(t.Context(), s.Rita, remove(0, 0))
	wantCode(t, "one twice", err, deskapi.Invalid)
	dec, err := s.Decide(t.Context(), s.Rita, remove(0, 1))
	if err != nil || dec.State != deskapi.DecisionProposed || len(s.Server.Taken()) != 0 {
		t.Fatalf("two at once: %+v, %v", dec, err)
	}
	if dec, err = s.Confirm(t.Context(), s.Sam, deskapi.DecisionID{ID: dec.ID}); err != nil || len(s.Server.Taken()) != 2 {
		t.Errorf("%d were taken down, %v; want 2", len(s.Server.Taken()), err)
	}
	told := s.Server.Told(s.Bob.Account)
	if len(told) != 1 || told[0].Kind != wire.NoticeRemoved || told[0].Decision != dec.ID || told[0].Statement == nil {
		t.Errorf("told: %+v", told)
	}
}

// The statement of a removal is of what is removed, not of all that was reported; it says
// where and in what language only what the platform and who decides have said.
func TestRemovalStatement(t *testing.T) {
	s := desktest.New(t)
	var err error
	if s.Config.Platform, err = statement.NewPlatform([]string{"DE", "AT"}, ""); err != nil {
		t.Fatal(err)
	}
	s.Open()
	id := s.Case(report.Scam, s.Attach(s.Bob, "image/png", pngOf(t, 2, 2)), s.Attach(s.Bob, "application/pdf", []byte("%PDF-")), s.Say(s.Bob, "Pay."))
	p := deskapi.NewDecision{ID: id, Kind: deskapi.Remove, Media: []int{1}, Reasons: desktest.Reasons()}
	p.Reasons.Language = "DE"
	dec, err := s.Decide(t.Context(), s.Rita, p)
	if err != nil {
		t.Fatal(err)
	}
	st := dec.Statement
	if !slices.Equal(st.ContentType, []string{"CONTENT_TYPE_OTHER"}) || st.ContentTypeOther != "File" {
		t.Errorf("content_type %q, %q; want that of the file that is removed", st.ContentType, st.ContentTypeOther)
	}
	if !slices.Equal(st.TerritorialScope, []string{"AT", "DE"}) || st.ContentLanguage != "DE" || st.AccountType != "" {
		t.Errorf("scope %q, language %q, account %q", st.TerritorialScope, st.ContentLanguage, st.AccountType)
	}
}

func pngOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
