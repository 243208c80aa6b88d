package desk_test

import (
	"testing"

	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/identity"
	"parley/report"
)

// reports has Alice report Bob n times, each decided before the next.
func reports(t *testing.T, s *desktest.Scene, n int, right bool) (last deskapi.Decision) {
	t.Helper()
	for range n {
		decision := deskapi.NewDecision{ID: s.Case(report.Harassment), Kind: deskapi.Dismiss}
		if right {
			decision = suspend(decision.ID, 7)
		}
		var err error
		if last, err = s.Decide(t.Context(), s.Rita, decision); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

// weight is what a reason adds to the priority of the one case in the queue.
func weight(t *testing.T, s *desktest.Scene, reason deskapi.WeightReason) int {
	t.Helper()
	q := s.Queue()
	if len(q.Cases) != 1 {
		t.Fatalf("%d cases, want one", len(q.Cases))
	}
	for _, w := range q.Cases[0].Why {
		if w.Reason == reason {
			return w.Points
		}
	}
	t.Fatalf("no weight of %s", reason)
	return 0
}

// What a decision counted is taken back when it is reversed: who reported isn't right by it any more, and
// it isn't held against whom it was about.
func TestReversedDoesNotCount(t *testing.T) {
	s := desktest.New(t)
	ctx := t.Context()
	dec := reports(t, s, 1, true)
	s.Appeal(s.Bob, dec.ID, "It wasn't me.")
	s.Step()
	list, err := s.Desk.Appeals(ctx, s.Ron, deskapi.AppealFilter{})
	if err != nil || len(list.Appeals) != 1 {
		t.Fatalf("appeals: %+v, %v", list, err)
	}
	made := func(account identity.Account) deskapi.Account {
		a, err := s.Desk.Account(ctx, s.Ron, deskapi.AccountID{Account: string(account)})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a, b := made(s.Alice.Account), made(s.Bob.Account); a.RightMade != 1 || b.Upheld != 1 {
		t.Fatalf("before: Alice was right %d times, Bob's cases were upheld %d times; want once each", a.RightMade, b.Upheld)
	}
	if _, err := s.Desk.DecideAppeal(ctx, s.Ron, deskapi.AppealDecision{ID: list.Appeals[0].ID, Reverse: true, Reply: "We were wrong."}); err != nil {
		t.Fatal(err)
	}
	if a, b := made(s.Alice.Account), made(s.Bob.Account); a.RightMade != 0 || a.ReportsMade != 1 || b.Upheld != 0 || b.Reported != 1 {
		t.Errorf("afterwards: Alice %+v, Bob %+v; want nothing counted but that there was a report", a.AccountRow, b.AccountRow)
	}
	s.Case(report.Harassment)
	if got := weight(t, s, deskapi.WeightReporter); got != 100 {
		t.Errorf("Alice weighs %d afterwards; want what somebody new does, 100", got)
	}
}

// A name is neither for ever: who was right twenty times, and then is wrong as often as a name remembers,
// weighs less than somebody new; and the other way round.
func TestNamesFade(t *testing.T) {
	s := desktest.New(t)
	reports(t, s, 20, true)
	reports(t, s, 16, false)
	s.Case(report.Harassment)
	if got := weight(t, s, deskapi.WeightReporter); got >= 100 {
		t.Errorf("who was right long ago, and wrong since, weighs %d; want less than 100", got)
	}
	s = desktest.New(t)
	reports(t, s, 20, false)
	reports(t, s, 16, true)
	s.Case(report.Harassment)
	if got := weight(t, s, deskapi.WeightReporter); got <= 100 {
		t.Errorf("who was wrong long ago, and right since, weighs %d; want more than 100", got)
	}
}

// Attack: somebody who is always wrong adds themselves to another's report, so that it stands higher.
// Somebody new adds something.
func TestAlwaysWrongAddsNothing(t *testing.T) {
	s := desktest.New(t)
	said := s.Say(s.Bob, "You will be sorry.")
	s.Send(s.Report(s.Carol, s.Bob, report.Harassment, said))
	s.Send(s.Report(s.Alice, s.Bob, report.Harassment, said))
	s.Step()
	if got := weight(t, s, deskapi.WeightReporters); got != 20 {
		t.Errorf("a second one who is new adds %d, want 20", got)
	}
	if _, err := s.Decide(t.Context(), s.Rita, suspend(s.Queue().Cases[0].ID, 7)); err != nil {
		t.Fatal(err)
	}
	reports(t, s, 24, false) // of Alice
	said = s.Say(s.Bob, "Very sorry.")
	s.Send(s.Report(s.Carol, s.Bob, report.Harassment, said))
	s.Send(s.Report(s.Alice, s.Bob, report.Harassment, said))
	s.Step()
	if got := weight(t, s, deskapi.WeightReporters); got > 2 {
		t.Errorf("a second one who is always wrong adds %d, want next to nothing", got)
	}
}
