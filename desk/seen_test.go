package desk_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"parley/desk"
	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
)

// looks is the case as somebody sees it.
func looks(t *testing.T, s *desktest.Scene, who desk.Actor, id string) deskapi.Case {
	t.Helper()
	c, err := s.Desk.Case(t.Context(), who, deskapi.CaseID{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wantStale checks that a decision is refused, with a message that says how much is new.
func wantStale(t *testing.T, what string, err error, said string) {
	t.Helper()
	wantCode(t, what, err, deskapi.Stale)
	if e, ok := errors.AsType[*deskapi.Error](err); ok && !strings.Contains(e.Message, said) {
		t.Errorf("%s: it says %q, want %q in it", what, e.Message, said)
	}
}

// A case is dismissed only by who has seen all of it: a report that joins it meanwhile
// would be dismissed with it, unread.
func TestDecideUnseen(t *testing.T) {
	s := desktest.New(t)
	ctx := t.Context()
	id := s.Case(report.Harassment)
	seen := looks(t, s, s.Rita, id).Seen
	more := func(category report.Category, text string) {
		t.Helper()
		s.Send(s.Report(s.Carol, s.Bob, category, s.Say(s.Bob, text)))
		s.Step()
	}
	dismiss := func(seen string) error {
		_, err := s.Desk.Decide(ctx, s.Rita, deskapi.NewDecision{ID: id, Kind: deskapi.Dismiss, Seen: seen})
		return err
	}
	more(report.ChildSafety, "How old are you?")
	wantStale(t, "with a new report", dismiss(seen), "1 report was added")
	more(report.Scam, "Send money.")
	wantStale(t, "with two", dismiss(seen), "2 reports were added")
	for _, none := range []string{"", "3", "x.y", ".", "3."} {
		wantCode(t, "having seen "+none, dismiss(none), deskapi.Invalid)
	}
	wantStale(t, "having seen what isn't there", dismiss("9.0"), "isn't as you saw it")
	if s.Server.Requests != 0 || s.Count(audit.DecisionMade) != 0 {
		t.Fatal("it took effect")
	}
	c := looks(t, s, s.Rita, id)
	if len(c.ReportList) != 3 || c.State != deskapi.CaseOpen || c.Category != deskapi.ChildSafety {
		t.Errorf("the case has %d reports, is %s, of %s", len(c.ReportList), c.State, c.Category)
	}
	if err := dismiss(c.Seen); err != nil {
		t.Errorf("having looked again: %v", err)
	}
}

// The second person answers for what came after the proposal, too.
func TestConfirmUnseen(t *testing.T) {
	s := desktest.New(t)
	ctx := t.Context()
	id := s.Case(report.ChildSafety)
	dec, err := s.Desk.Decide(ctx, s.Sara, suspendSeen(id, looks(t, s, s.Sara, id).Seen))
	if err != nil {
		t.Fatal(err)
	}
	seen := looks(t, s, s.Sam, id).Seen
	s.Send(s.Report(s.Carol, s.Bob, report.Harassment, s.Say(s.Bob, "more")))
	s.Step()
	_, err = s.Desk.Confirm(ctx, s.Sam, deskapi.Confirmation{ID: dec.ID, Seen: seen})
	wantStale(t, "confirming what was reported meanwhile", err, "1 report was added")
	_, err = s.Desk.Confirm(ctx, s.Sam, deskapi.Confirmation{ID: dec.ID})
	wantCode(t, "without a look", err, deskapi.Invalid)
	if s.Server.Requests != 0 {
		t.Fatal("it took effect")
	}
	if dec, err = s.Desk.Confirm(ctx, s.Sam, deskapi.Confirmation{ID: dec.ID, Seen: looks(t, s, s.Sam, id).Seen}); err != nil || dec.State != deskapi.DecisionEnforced {
		t.Errorf("having looked again: %+v, %v", dec, err)
	}
}

// A proposal that a second person refused isn't lost on who looked before it.
func TestDecideAfterRefusal(t *testing.T) {
	s := desktest.New(t)
	ctx := t.Context()
	id := s.Case(report.ChildSafety)
	before := looks(t, s, s.Rita, id).Seen
	dec, err := s.Desk.Decide(ctx, s.Sara, suspendSeen(id, before))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Desk.Refuse(ctx, s.Sam, deskapi.DecisionID{ID: dec.ID}); err != nil {
		t.Fatal(err)
	}
	_, err = s.Desk.Decide(ctx, s.Rita, deskapi.NewDecision{ID: id, Kind: deskapi.Warn, Reasons: desktest.Reasons(), Seen: before})
	wantStale(t, "by a look before it", err, "a colleague has proposed")
}

func suspendSeen(id, seen string) deskapi.NewDecision {
	p := suspend(id, 7)
	p.Seen = seen
	return p
}

// Of reviewers who decide the same case at once, by the same look, one is heard: in every
// case exactly one decision, and the others are told that it was decided.
func TestDecideAtOnce(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.Harassment)
	seen := looks(t, s, s.Rita, id).Seen
	staff := []desk.Actor{s.Rita, s.Ron, s.Sara, s.Sam}
	var mu sync.Mutex
	codes := map[deskapi.ErrorCode]int{}
	done := both(t, len(staff), func(ctx context.Context, n int) error {
		_, err := s.Desk.Decide(ctx, staff[n], suspendSeen(id, seen))
		mu.Lock()
		defer mu.Unlock()
		codes[desktest.Code(err)]++
		return err
	})
	if done != 1 || codes[deskapi.Closed] != len(staff)-1 || s.Count(audit.DecisionMade) != 1 || len(s.Server.Sanctioned(s.Bob.Account)) != 1 {
		t.Errorf("%d decided, answers %v; want one, and that the others hear that it was decided", done, codes)
	}
}

// A report that comes while somebody decides is part of what was decided only if it was
// seen: else the decision is refused, or the report begins a case of its own.
func TestDecideWhileReported(t *testing.T) {
	for range 10 {
		s := desktest.New(t)
		id := s.Case(report.Harassment)
		seen := looks(t, s, s.Rita, id).Seen
		s.Send(s.Report(s.Carol, s.Bob, report.Scam, s.Say(s.Bob, "Send money.")))
		both(t, 2, func(ctx context.Context, n int) error {
			if n == 0 {
				return s.Desk.Step(ctx)
			}
			_, err := s.Desk.Decide(ctx, s.Rita, deskapi.NewDecision{ID: id, Kind: deskapi.Dismiss, Seen: seen})
			return err
		})
		c := looks(t, s, s.Lena, id)
		if decided := c.State == deskapi.CaseDecided; decided && len(c.ReportList) != 1 || !decided && len(c.ReportList) != 2 {
			t.Fatalf("the case is %s with %d reports", c.State, len(c.ReportList))
		}
	}
}
