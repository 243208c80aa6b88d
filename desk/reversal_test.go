package desk_test

import (
	"context"
	"testing"
	"time"

	"parley/desk"
	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
	"parley/wire"
)

// decidedByTwo is a scene in which Sara and Sam have suspended Bob, who appeals.
func decidedByTwo(t *testing.T) (*desktest.Scene, deskapi.AppealID) {
	t.Helper()
	s := desktest.New(t)
	dec, err := s.Decide(t.Context(), s.Sara, suspend(s.Case(report.ChildSafety), 0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Confirm(t.Context(), s.Sam, deskapi.DecisionID{ID: dec.ID}); err != nil {
		t.Fatal(err)
	}
	return s, appealed(t, s, dec.ID)
}

// appealed has Bob appeal.
func appealed(t *testing.T, s *desktest.Scene, decision string) deskapi.AppealID {
	t.Helper()
	s.Appeal(s.Bob, decision, "It wasn't me.")
	s.Step()
	list, err := s.Desk.Appeals(t.Context(), s.Ron, deskapi.AppealFilter{})
	if err != nil || len(list.Appeals) != 1 {
		t.Fatalf("appeals: %+v, %v", list, err)
	}
	return deskapi.AppealID{ID: list.Appeals[0].ID}
}

func reversal(id deskapi.AppealID) deskapi.AppealDecision {
	return deskapi.AppealDecision{ID: id.ID, Reverse: true, Reply: "We were wrong."}
}

// Attack: one reviewer undoes alone, through an appeal, what it took two to decide.
func TestReversalOfTwo(t *testing.T) {
	s, id := decidedByTwo(t)
	ctx := t.Context()
	a, err := s.Desk.DecideAppeal(ctx, s.Ron, reversal(id))
	if err != nil || a.State != deskapi.AppealWaiting || !a.NeedsSecond || a.MayConfirm || a.ByName != "Ron" {
		t.Fatalf("one person's reversal: %+v, %v; want it proposed", a, err)
	}
	if n, told := len(s.Server.Sanctioned(s.Bob.Account)), s.Server.Told(s.Bob.Account); n != 1 || len(told) != 0 {
		t.Fatalf("%d sanctions hold, Bob was told %+v: one person's reversal took effect", n, told)
	}
	for _, test := range []struct {
		who  desk.Actor
		code deskapi.ErrorCode
	}{{s.Ron, deskapi.Forbidden}, {s.Rita, deskapi.Forbidden}, {s.Sara, deskapi.OwnDecision}, {s.Sam, deskapi.OwnDecision}, {s.Otto, deskapi.Forbidden}} {
		_, err := s.Desk.ConfirmAppeal(ctx, test.who, id)
		wantCode(t, test.who.Name+"'s confirmation", err, test.code)
	}
	_, err = s.Desk.DecideAppeal(ctx, s.Rita, reversal(id))
	wantCode(t, "a reviewer's second reversal", err, deskapi.Closed)
	if n := len(s.Server.Sanctioned(s.Bob.Account)); n != 1 {
		t.Fatal("the suspension is lifted")
	}
	if a, err = s.Desk.Appeal(ctx, s.Lena, id); err != nil || !a.MayConfirm || a.Reply != "We were wrong." {
		t.Errorf("the second person sees %+v, %v", a, err)
	}
	if a, err = s.Desk.ConfirmAppeal(ctx, s.Lena, id); err != nil || a.State != deskapi.AppealReversed || a.ByName != "Ron" || a.SecondName != "Lena" {
		t.Fatalf("confirmed: %+v, %v", a, err)
	}
	told := s.Server.Told(s.Bob.Account)
	if n := len(s.Server.Sanctioned(s.Bob.Account)); n != 0 || len(told) != 1 || told[0].Outcome != wire.OutcomeReversed || told[0].Statement.Explanation != "We were wrong." {
		t.Errorf("%d sanctions hold, told %+v", n, told)
	}
	if s.Count(audit.AppealProposed) != 1 || s.Count(audit.AppealDecided) != 1 || s.Count(audit.SanctionLifted) != 1 {
		t.Error("the log lacks a line of it")
	}
	_, err = s.Desk.ConfirmAppeal(ctx, s.Lena, id)
	wantCode(t, "confirming it again", err, deskapi.Closed)
}

// Who proposes a reversal isn't its second person, also where their role would do, nor is
// whom they invited.
func TestReversalByOneself(t *testing.T) {
	s, id := decidedByTwo(t)
	ctx := t.Context()
	in, err := s.Desk.Invite(ctx, s.Lena, deskapi.NewInvite{Name: "Puppet", Role: deskapi.Senior})
	if err != nil {
		t.Fatal(err)
	}
	puppet := desk.Actor{ID: in.Person.ID, Name: "Puppet", Role: deskapi.Senior}
	if _, err := s.Desk.DecideAppeal(ctx, s.Lena, reversal(id)); err != nil {
		t.Fatal(err)
	}
	for _, who := range []desk.Actor{s.Lena, puppet} {
		_, err = s.Desk.ConfirmAppeal(ctx, who, id)
		wantCode(t, who.Name+"'s confirmation", err, deskapi.OwnDecision)
		if a, err := s.Desk.Appeal(ctx, who, id); err != nil || a.MayConfirm {
			t.Errorf("%s is told that they may confirm: %v", who.Name, err)
		}
	}
	_, err = s.Desk.RefuseAppeal(ctx, s.Lena, id)
	wantCode(t, "refusing the own proposal", err, deskapi.OwnDecision)
	if n := len(s.Server.Sanctioned(s.Bob.Account)); n != 1 {
		t.Error("the suspension is lifted")
	}
}

// The second person's no opens the appeal again; that the decision stands one says alone.
func TestReversalRefused(t *testing.T) {
	s, id := decidedByTwo(t)
	ctx := t.Context()
	if _, err := s.Desk.DecideAppeal(ctx, s.Ron, reversal(id)); err != nil {
		t.Fatal(err)
	}
	a, err := s.Desk.RefuseAppeal(ctx, s.Lena, id)
	if err != nil || a.State != deskapi.AppealOpen || a.Reply != "" || a.By != "" || s.Count(audit.AppealRefused) != 1 {
		t.Fatalf("refused: %+v, %v", a, err)
	}
	_, err = s.Desk.ConfirmAppeal(ctx, s.Lena, id)
	wantCode(t, "confirming what isn't proposed", err, deskapi.Closed)
	if a, err = s.Desk.DecideAppeal(ctx, s.Lena, deskapi.AppealDecision{ID: id.ID, Reply: "It stands."}); err != nil || a.State != deskapi.AppealUpheld {
		t.Errorf("upheld: %+v, %v", a, err)
	}
	if n := len(s.Server.Sanctioned(s.Bob.Account)); n != 1 {
		t.Errorf("%d sanctions, want the one", n)
	}
}

// What one decided before a rule named it is reversed by two once the rule does; what no
// rule names, by one.
func TestReversalByRule(t *testing.T) {
	s, dec := suspended(t)
	s.Config.Rules = []deskapi.TwoPersonRule{{Kind: deskapi.Suspend}}
	s.Open()
	a, err := s.Desk.DecideAppeal(t.Context(), s.Ron, reversal(appealed(t, s, dec.ID)))
	if err != nil || a.State != deskapi.AppealWaiting || len(s.Server.Sanctioned(s.Bob.Account)) != 1 {
		t.Errorf("by one: %+v, %v; want it proposed", a, err)
	}
}

// Who proposed a reversal and was shut out since has no part in it.
func TestReversalOfWhoIsGone(t *testing.T) {
	s, id := decidedByTwo(t)
	ctx := t.Context()
	if _, err := s.Desk.DecideAppeal(ctx, s.Ron, reversal(id)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Desk.SetStaff(ctx, s.Lena, deskapi.StaffChange{ID: s.Ron.ID, Role: deskapi.Reviewer, Disabled: true}); err != nil {
		t.Fatal(err)
	}
	_, err := s.Desk.ConfirmAppeal(ctx, s.Lena, id)
	wantCode(t, "a confirmation", err, deskapi.Closed)
	if len(s.Server.Sanctioned(s.Bob.Account)) != 1 {
		t.Error("the suspension is lifted")
	}
}

// Of many who answer a proposed reversal at once one is heard.
func TestReversalAtOnce(t *testing.T) {
	s := desktest.New(t)
	dec, err := s.Decide(t.Context(), s.Rita, suspend(s.Case(report.ChildSafety), 7))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Confirm(t.Context(), s.Sam, deskapi.DecisionID{ID: dec.ID}); err != nil {
		t.Fatal(err)
	}
	id := appealed(t, s, dec.ID)
	if _, err := s.Desk.DecideAppeal(t.Context(), s.Ron, reversal(id)); err != nil {
		t.Fatal(err)
	}
	done := both(t, 8, func(ctx context.Context, n int) error {
		who := []desk.Actor{s.Sara, s.Lena}[n/2%2]
		if n%2 == 0 {
			_, err := s.Desk.RefuseAppeal(ctx, who, id)
			return err
		}
		_, err := s.Desk.ConfirmAppeal(ctx, who, id)
		return err
	})
	decided, refused := s.Count(audit.AppealDecided), s.Count(audit.AppealRefused)
	if held := len(s.Server.Sanctioned(s.Bob.Account)); done != 1 || decided+refused != 1 || held != refused {
		t.Errorf("%d answers, %d decided, %d refused, %d sanctions; want one answer", done, decided, refused, held)
	}
}

// The evidence isn't deleted while a reversal waits.
func TestReversalKeepsEvidence(t *testing.T) {
	s, id := decidedByTwo(t)
	s.Config.Keep = 24 * time.Hour
	s.Open()
	if _, err := s.Desk.DecideAppeal(t.Context(), s.Ron, reversal(id)); err != nil {
		t.Fatal(err)
	}
	s.Wait(48 * time.Hour)
	s.Step()
	if n := s.Count(audit.CaseEmptied); n != 0 {
		t.Error("the case was emptied")
	}
}
