package desk_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/franking"
	"parley/internal/cbor"
	"parley/report"
)

// forged is a report by Carol about Bob, whom she means to help: its message is in the
// form of one of Bob's, of a time that isn't, and proves nothing.
func forged(t *testing.T, s *desktest.Scene) *report.Report {
	t.Helper()
	r := s.Report(s.Carol, s.Bob, report.ChildSafety, s.Attach(s.Bob, "image/png", pngOf(t, 2, 2)))
	said, err := franking.ParseContext(r.Items[0].Context)
	if err != nil {
		t.Fatal(err)
	}
	said.AcceptedMS = 1 << 50 // the year 37648
	r.Items[0].Context = cbor.MustMarshal(said)
	return r
}

// Attack: an accomplice of the reported makes up a report of the same room, so that
// the case looks unproven, is of another category, or can't be decided at all. What
// proves nothing is a case of its own.
func TestAccomplice(t *testing.T) {
	s := desktest.New(t)
	s.Send(forged(t, s))
	s.Send(s.Report(s.Alice, s.Bob, report.Harassment, s.Say(s.Bob, "You will be sorry.")))
	s.Send(forged(t, s))
	s.Step()
	q := s.Queue()
	if len(q.Cases) != 2 {
		t.Fatalf("%d cases, want the proven one and the other", len(q.Cases))
	}
	for _, c := range q.Cases {
		proven := c.Category == deskapi.Harassment
		if want := map[bool]int{true: 1, false: 2}[proven]; c.Reports != want || (c.Verdict == deskapi.NotChecked) == proven {
			t.Errorf("%s: %d reports, %s", c.Category, c.Reports, c.Verdict)
		}
		_, err := s.Decide(t.Context(), s.Lena, suspend(c.ID, 7))
		want := deskapi.ErrorCode("")
		if !proven {
			want = deskapi.Unverified
		}
		wantCode(t, "suspending by "+string(c.Category), err, want)
	}
	if n := len(s.Server.Sanctioned(s.Bob.Account)); n != 1 {
		t.Errorf("%d sanctions, want one", n)
	}
}

// Attack: the same within one report: beside what is proven stands something made up.
// It is shown as unproven, and no statement and no file says anything by it.
func TestMadeUpItem(t *testing.T) {
	s := desktest.New(t)
	r := s.Report(s.Alice, s.Bob, report.ChildSafety, s.Say(s.Bob, "You will be sorry."))
	r.Items = append(r.Items, forged(t, s).Items[0])
	s.Send(r)
	s.Step()
	id := s.Queue().Cases[0].ID
	tip, err := s.Desk.Export(t.Context(), s.Sara, deskapi.NewExport{ID: id, Format: deskapi.ExportCyberTip})
	if err != nil {
		t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(tip.Base64)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "SHA-256") || !strings.Contains(string(text), string(deskapi.IncidentEnticement)) {
		t.Errorf("the tip tells of what nobody sent: %s", text)
	}
	dec, err := s.Decide(t.Context(), s.Lena, deskapi.NewDecision{ID: id, Kind: deskapi.Limit, Days: 7, Reasons: desktest.Reasons()})
	if err != nil {
		t.Fatal(err)
	}
	if st := dec.Statement; len(st.ContentType) != 1 || st.ContentType[0] != "CONTENT_TYPE_TEXT" || st.ContentDate > st.ApplicationDate {
		t.Errorf("the statement: %q of %s, decided %s", st.ContentType, st.ContentDate, st.ApplicationDate)
	}
}

// Attack: somebody who reports what isn't so gains a name for being right, because
// others are.
func TestUnearnedName(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.Harassment)
	r := s.Report(s.Carol, s.Bob, report.Harassment, s.Say(s.Carol, "only Carol's own"))
	s.Send(r)
	s.Step()
	if _, err := s.Decide(t.Context(), s.Rita, suspend(id, 7)); err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Queue().Cases {
		if _, err := s.Decide(t.Context(), s.Rita, deskapi.NewDecision{ID: c.ID, Kind: deskapi.Dismiss}); err != nil {
			t.Fatal(err)
		}
	}
	a, err := s.Desk.Account(t.Context(), s.Ron, deskapi.AccountID{Account: string(s.Carol.Account)})
	if err != nil || a.ReportsMade != 1 || a.RightMade != 0 {
		t.Errorf("Carol made %d, right %d, %v; want one, and none right", a.ReportsMade, a.RightMade, err)
	}
}
