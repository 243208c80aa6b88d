package desk_test

import (
	"testing"
	"time"

	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/report"
)

// What people wrote goes when its time is over; what was decided stays, and an open
// appeal keeps its case.
func TestForget(t *testing.T) {
	s, dec := suspended(t)
	s.Config.Keep = 30 * 24 * time.Hour
	s.Open()
	appealed, err := s.Decide(t.Context(), s.Rita, suspend(s.Case(report.Scam, s.Say(s.Bob, "another")), 7))
	if err != nil {
		t.Fatal(err)
	}
	s.Appeal(s.Bob, appealed.ID, "Why?")
	open := s.Case(report.Scam, s.Say(s.Bob, "a third"))
	s.Step()
	s.Wait(29 * 24 * time.Hour)
	s.Step()
	if n := s.Count(audit.CaseEmptied); n != 0 {
		t.Fatalf("%d cases were emptied a day too early", n)
	}
	s.Wait(48 * time.Hour)
	s.Step()
	if n := s.Count(audit.CaseEmptied); n != 1 {
		t.Errorf("%d cases were emptied, want the one that nobody appealed", n)
	}
	for id, want := range map[string]int{dec.Case: 0, appealed.Case: 1, open: 1} {
		c, err := s.Desk.Case(t.Context(), s.Rita, deskapi.CaseID{ID: id})
		if err != nil || len(c.ReportList) != want || c.Emptied != (want == 0) {
			t.Errorf("a case has %d reports, %v; want %d", len(c.ReportList), err, want)
		}
	}
	again, err := s.Desk.Decision(t.Context(), s.Rita, deskapi.DecisionID{ID: dec.ID})
	if err != nil || again.Statement == nil {
		t.Errorf("the decision: %+v, %v", again, err)
	}
	_, err = s.Desk.Export(t.Context(), s.Sara, deskapi.NewExport{ID: dec.Case, Format: deskapi.ExportReport})
	wantCode(t, "exporting what is gone", err, deskapi.NotFound)
}
