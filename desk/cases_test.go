package desk_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/desk"
	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
	"parley/wire"
)

func wantCode(t *testing.T, what string, err error, want deskapi.ErrorCode) {
	t.Helper()
	if got := desktest.Code(err); got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// A report becomes a case with its evidence verified, and is acknowledged; a second
// one about the same account and room is part of the same case.
func TestIntake(t *testing.T) {
	s := desktest.New(t)
	one, two := s.Say(s.Bob, "one"), s.Say(s.Bob, "two")
	s.Say(s.Bob, "not disclosed")
	s.Send(s.Report(s.Alice, s.Bob, report.Scam, one, two, s.Say(s.Bob, "four")))
	s.Send(s.Report(s.Carol, s.Bob, report.Harassment, s.Say(s.Bob, "to Carol")))
	s.Step()
	if n := s.Server.Waiting(); n != 0 {
		t.Errorf("%d reports wait at the server still", n)
	}
	q := s.Queue()
	if len(q.Cases) != 1 || q.Cases[0].Reports != 2 || q.Cases[0].Category != deskapi.Harassment || q.Open["harassment"] != 1 {
		t.Fatalf("queue: %+v", q)
	}
	c, err := s.Desk.Case(t.Context(), s.Rita, deskapi.CaseID{ID: q.Cases[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	r := c.ReportList[0]
	if c.Verdict != deskapi.Signed || r.Verdict != deskapi.Signed || len(r.Items) != 3 || r.Items[0].Text != "one" || r.Items[0].By != deskapi.ByReported {
		t.Errorf("case: %+v", c)
	}
	if len(r.Items[0].Steps) != 11 || !r.Items[0].Steps[10].OK {
		t.Errorf("steps: %+v", r.Items[0].Steps)
	}
	if len(r.Gaps) != 1 || !strings.HasPrefix(r.Gaps[0], "1 event not disclosed") || r.Items[2].Before != "1 event not disclosed" {
		t.Errorf("gaps: %q, %q", r.Gaps, r.Items[2].Before)
	}
	if n := s.Count(audit.ReportReceived); n != 2 {
		t.Errorf("%d lines of reports, want 2", n)
	}
}

// What is sealed to another, isn't a report, or says that another reported it, makes
// no case and doesn't come for ever.
func TestHostileReports(t *testing.T) {
	s := desktest.New(t)
	good := s.Report(s.Alice, s.Bob, report.Scam, s.Say(s.Bob, "x"))
	body, err := good.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s.Server.Send(s.Alice.Account, wire.ReportReport, []byte("nothing"))
	s.Server.Send(s.Alice.Account, wire.ReportReport, make([]byte, 1<<20))
	s.Server.Send(s.Alice.Account, wire.ReportReport, s.Seal(report.KindReport, []byte{0x9f, 0xff}))
	s.Server.Send(s.Alice.Account, wire.ReportReport, s.Seal(report.KindAppeal, body)) // the other kind
	s.Server.Send(s.Carol.Account, wire.ReportReport, s.Seal(report.KindReport, body)) // another's
	s.Server.Send(s.Alice.Account, "order", s.Seal(report.KindReport, body))
	s.Step()
	if q := s.Queue(); len(q.Cases) != 0 || s.Server.Waiting() != 0 {
		t.Errorf("%d cases, %d wait; want none", len(q.Cases), s.Server.Waiting())
	}
	if n := s.Count(audit.ReportRefused); n != 6 {
		t.Errorf("%d lines of refusals, want 6", n)
	}
}

// Somebody who sends reports without end fills cases, and no case is more than can be
// read.
func TestFullCase(t *testing.T) {
	s := desktest.New(t)
	for i := range 52 {
		r := s.Report(s.Alice, s.Bob, report.Scam, s.Say(s.Bob, "x"))
		if i == 0 {
			r.Note = strings.Repeat("x", report.MaxNote)
		}
		s.Send(r)
	}
	s.Step()
	q := s.Queue()
	if len(q.Cases) != 2 || q.Cases[0].Reports+q.Cases[1].Reports != 52 || max(q.Cases[0].Reports, q.Cases[1].Reports) != 50 {
		t.Fatalf("%d cases: %+v", len(q.Cases), q.Cases)
	}
	full := q.Cases[0].ID
	if q.Cases[1].Reports == 50 {
		full = q.Cases[1].ID
	}
	if _, err := s.Decide(t.Context(), s.Rita, deskapi.NewDecision{ID: full, Kind: deskapi.Dismiss}); err != nil {
		t.Fatal(err)
	}
	s.Send(s.Report(s.Alice, s.Bob, report.Scam, s.Say(s.Bob, "x")))
	s.Step()
	if q := s.Queue(); len(q.Cases) != 1 || q.Cases[0].Reports != 3 {
		t.Errorf("the next report isn't part of the open case: %+v", q.Cases)
	}
}

// Names and notes are what they are: text. JSON carries them as such.
func TestMarkup(t *testing.T) {
	s := desktest.New(t)
	const evil = `</script><img src=x onerror=alert(1)>`
	r := s.Report(s.Alice, s.Bob, report.Scam, s.Say(s.Bob, evil))
	r.Note = evil
	s.Send(r)
	s.Step()
	c, err := s.Desk.Case(t.Context(), s.Rita, deskapi.CaseID{ID: s.Queue().Cases[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if c.ReportList[0].Note != evil || strings.Contains(string(data), "<") {
		t.Errorf("note %q; JSON has markup: %v", c.ReportList[0].Note, strings.Contains(string(data), "<"))
	}
}

// The worst comes first whoever reports; then who was right before, and what is old.
func TestPriority(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.Scam) // of Alice, who is right
	if _, err := s.Decide(t.Context(), s.Rita, deskapi.NewDecision{ID: id, Kind: deskapi.Warn, Reasons: desktest.Reasons()}); err != nil {
		t.Fatal(err)
	}
	send := func(by, category string) {
		p := s.World.Person(by)
		s.Send(s.Report(p, s.World.Person("to-"+by), report.Category(category), s.Say(s.World.Person("to-"+by), "x")))
		s.Step()
	}
	send("stranger", "scam")
	s.Send(s.Report(s.Alice, s.World.Person("to-alice"), report.Scam, s.Say(s.World.Person("to-alice"), "x")))
	s.Step()
	s.Wait(100 * time.Hour)
	for _, c := range []string{"terror", "self_harm", "child_safety", "other"} {
		send("by-"+strings.ReplaceAll(c, "_", "-"), c)
	}
	var got []string
	for _, c := range s.Queue().Cases {
		sum := 0
		for _, w := range c.Why {
			sum += w.Points
		}
		if sum != c.Priority {
			t.Errorf("%s: %d isn't the sum of %+v", c.Reported, c.Priority, c.Why)
		}
		got = append(got, c.Reported[strings.LastIndex(c.Reported, "/")+1:])
	}
	want := []string{"to-by-child-safety", "to-by-self-harm", "to-by-terror", "to-alice", "to-stranger", "to-by-other"}
	if !slices.Equal(got, want) {
		t.Errorf("order %q, want %q", got, want)
	}
}

func TestFilters(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.Scam)
	s.Send(s.Report(s.Bob, s.Carol, report.Terror, s.Say(s.Carol, "x")))
	s.Step()
	if _, err := s.Desk.Claim(t.Context(), s.Rita, deskapi.Claim{ID: id}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		who  desk.Actor
		f    deskapi.CaseFilter
		want int
	}{
		"all":            {s.Rita, deskapi.CaseFilter{}, 2},
		"category":       {s.Rita, deskapi.CaseFilter{Category: deskapi.Terror}, 1},
		"mine":           {s.Rita, deskapi.CaseFilter{Mine: true}, 1},
		"mine, of Ron":   {s.Ron, deskapi.CaseFilter{Mine: true}, 0},
		"free":           {s.Ron, deskapi.CaseFilter{Free: true}, 1},
		"decided":        {s.Ron, deskapi.CaseFilter{State: deskapi.CaseDecided}, 0},
		"about Carol":    {s.Ron, deskapi.CaseFilter{Account: string(s.Carol.Account)}, 1},
		"with Bob":       {s.Ron, deskapi.CaseFilter{Account: string(s.Bob.Account)}, 2},
		"the first":      {s.Ron, deskapi.CaseFilter{Limit: 1}, 1},
		"after both":     {s.Ron, deskapi.CaseFilter{After: "2"}, 0},
		"after nonsense": {s.Ron, deskapi.CaseFilter{After: "x"}, 2},
	} {
		list, err := s.Desk.Cases(t.Context(), test.who, test.f)
		if err != nil || len(list.Cases) != test.want {
			t.Errorf("%s: %d cases, %v; want %d", name, len(list.Cases), err, test.want)
		}
	}
	_, err := s.Desk.Claim(t.Context(), s.Ron, deskapi.Claim{ID: id})
	wantCode(t, "claiming a colleague's case", err, deskapi.Claimed)
	_, err = s.Decide(t.Context(), s.Ron, deskapi.NewDecision{ID: id, Kind: deskapi.Dismiss})
	wantCode(t, "deciding it", err, deskapi.Claimed)
	c, err := s.Desk.Note(t.Context(), s.Ron, deskapi.NewNote{ID: id, Text: "seen before"})
	if err != nil || len(c.Notes) != 1 || c.Notes[0].Name != "Ron" || c.Claimer != "Rita" {
		t.Errorf("note: %+v, %v", c.Notes, err)
	}
}

// An auditor sees no case; a reviewer neither the log nor what needs a senior.
func TestRoles(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.Scam)
	ctx := t.Context()
	before := s.Count(audit.Denied)
	n := 0
	denied := func(what string, err error) {
		n++
		wantCode(t, what, err, deskapi.Forbidden)
	}
	_, err := s.Desk.Case(ctx, s.Otto, deskapi.CaseID{ID: id})
	denied("an auditor's case", err)
	_, err = s.Desk.Cases(ctx, s.Otto, deskapi.CaseFilter{})
	denied("an auditor's queue", err)
	_, err = s.Desk.Account(ctx, s.Otto, deskapi.AccountID{Account: string(s.Bob.Account)})
	denied("an auditor's account", err)
	_, err = s.Desk.Reveal(ctx, s.Otto, deskapi.RevealMedia{ID: id})
	denied("an auditor's attachment", err)
	_, err = s.Decide(ctx, s.Otto, deskapi.NewDecision{ID: id, Kind: deskapi.Dismiss})
	denied("an auditor's decision", err)
	_, err = s.Desk.Audit(ctx, s.Rita, deskapi.AuditFilter{})
	denied("a reviewer's log", err)
	_, err = s.Desk.Export(ctx, s.Rita, deskapi.NewExport{ID: id, Format: deskapi.ExportReport})
	denied("a reviewer's export", err)
	_, err = s.Desk.Legal(ctx, s.Rita, deskapi.NewLegal{Account: string(s.Bob.Account), Order: "1"})
	denied("a reviewer's lawful request", err)
	_, err = s.Desk.Invite(ctx, s.Sara, deskapi.NewInvite{Name: "X", Role: deskapi.Lead})
	denied("a senior's invitation", err)
	_, err = s.Desk.SetStaff(ctx, s.Rita, deskapi.StaffChange{ID: s.Rita.ID, Role: deskapi.Lead})
	denied("a reviewer's promotion", err)
	_, err = s.Decide(ctx, s.Rita, deskapi.NewDecision{ID: id, Kind: deskapi.Suspend, Reasons: desktest.Reasons()})
	denied("a reviewer's suspension without an end", err)
	if got := s.Count(audit.Denied) - before; got != n {
		t.Errorf("%d lines of refusals, want %d", got, n)
	}
}
