package desk_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"parley/desk"
	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
)

// demote takes somebody's role, or shuts them out.
func demote(t *testing.T, s *desktest.Scene, who desk.Actor, role deskapi.Role, out bool) {
	t.Helper()
	if _, err := s.Desk.SetStaff(t.Context(), s.Lena, deskapi.StaffChange{ID: who.ID, Role: role, Disabled: out}); err != nil {
		t.Fatal(err)
	}
}

// Attack: a request is under way while its person's role is taken. What was checked
// before is checked again where it takes effect.
func TestRoleTakenBetween(t *testing.T) {
	s := desktest.New(t)
	ctx := t.Context()
	id := s.Case(report.ChildSafety)
	dec, err := s.Decide(ctx, s.Rita, suspend(id, 7))
	if err != nil {
		t.Fatal(err)
	}
	demote(t, s, s.Sara, deskapi.Reviewer, false)
	demote(t, s, s.Ron, deskapi.Reviewer, true)
	_, err = s.Confirm(ctx, s.Sara, deskapi.DecisionID{ID: dec.ID}) // Sara as her request found her: a senior
	wantCode(t, "confirming", err, deskapi.Forbidden)
	_, err = s.Desk.Refuse(ctx, s.Sara, deskapi.DecisionID{ID: dec.ID})
	wantCode(t, "refusing", err, deskapi.Forbidden)
	_, err = s.Desk.Legal(ctx, s.Sara, deskapi.NewLegal{Account: string(s.Bob.Account), Order: "1"})
	wantCode(t, "a lawful request", err, deskapi.Forbidden)
	_, err = s.Desk.Note(ctx, s.Ron, deskapi.NewNote{ID: id, Text: "x"})
	wantCode(t, "a note by who is shut out", err, deskapi.Forbidden)
	_, err = s.Desk.Claim(ctx, s.Ron, deskapi.Claim{ID: id})
	wantCode(t, "a claim by who is shut out", err, deskapi.Forbidden)
	if s.Server.Requests != 0 || s.Count(audit.DecisionMade) != 0 {
		t.Error("it took effect")
	}
}

// Attack: a proposal by somebody who has no part any more makes half of a pair.
func TestProposerTaken(t *testing.T) {
	s := desktest.New(t)
	ctx := t.Context()
	dec, err := s.Decide(ctx, s.Rita, suspend(s.Case(report.ChildSafety), 7))
	if err != nil {
		t.Fatal(err)
	}
	p := deskapi.NewLegal{Account: string(s.Bob.Account), Order: "AZ 7"}
	if _, err := s.Desk.Legal(ctx, s.Sara, p); err != nil {
		t.Fatal(err)
	}
	demote(t, s, s.Rita, deskapi.Reviewer, true)
	demote(t, s, s.Sara, deskapi.Reviewer, false)
	_, err = s.Confirm(ctx, s.Sam, deskapi.DecisionID{ID: dec.ID})
	wantCode(t, "confirming what somebody proposed who was shut out", err, deskapi.Closed)
	if l, err := s.Desk.Legal(ctx, s.Sam, p); err != nil || l.File != nil || l.By != s.Sam.ID {
		t.Errorf("a lawful request that a reviewer began: %+v, %v; want Sam's own, which waits", l, err)
	}
	if l, err := s.Desk.Legal(ctx, s.Lena, p); err != nil || l.File == nil || l.By != s.Sam.ID {
		t.Errorf("then: %+v, %v", l, err)
	}
	if dec, err = s.Desk.Refuse(ctx, s.Sam, deskapi.DecisionID{ID: dec.ID}); err != nil || dec.State != deskapi.DecisionRefused {
		t.Errorf("refusing it: %+v, %v", dec, err)
	}
	if s.Server.Requests != 0 {
		t.Error("it took effect")
	}
}

// Two tabs at once: of all that is asked at the same time one takes effect.
func TestTwoTabs(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.ChildSafety)
	done := both(t, 8, func(ctx context.Context, n int) error {
		_, err := s.Decide(ctx, s.Sara, suspend(id, 7))
		return err
	})
	list, err := s.Desk.Case(t.Context(), s.Lena, deskapi.CaseID{ID: id})
	if err != nil || done != 1 || len(list.Decisions) != 1 {
		t.Fatalf("%d proposals, %v; want one", len(list.Decisions), err)
	}
	dec := deskapi.DecisionID{ID: list.Decisions[0].ID}
	done = both(t, 8, func(ctx context.Context, n int) error {
		who := []desk.Actor{s.Sara, s.Sam, s.Lena, s.Sam}[n%4]
		if n%2 == 0 {
			_, err := s.Desk.Refuse(ctx, who, dec)
			return err
		}
		_, err := s.Confirm(ctx, who, dec)
		return err
	})
	if made, refused := s.Count(audit.DecisionMade), s.Count(audit.DecisionRefused); done != 1 || made+refused != 1 || len(s.Server.Sanctioned(s.Bob.Account)) != made {
		t.Errorf("%d answers, %d made, %d refused; want one", done, made, refused)
	}
	p := deskapi.NewLegal{Account: string(s.Bob.Account), Order: "AZ 7"}
	if _, err := s.Desk.Legal(t.Context(), s.Sara, p); err != nil {
		t.Fatal(err)
	}
	files := make([]*deskapi.File, 8)
	both(t, len(files), func(ctx context.Context, n int) error {
		l, err := s.Desk.Legal(ctx, s.Sara, p) // the same person, eight times
		files[n] = l.File
		return err
	})
	for _, f := range files {
		if f != nil {
			t.Error("one person got the answer by asking often")
		}
	}
	if n := s.Count(audit.LegalAsked); n != 1 {
		t.Errorf("%d lawful requests, want one", n)
	}
}

// both does n things at once and counts those that were done.
func both(t *testing.T, n int, do func(ctx context.Context, n int) error) (done int) {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range n {
		wg.Go(func() {
			if do(t.Context(), i) == nil {
				mu.Lock()
				done++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return done
}

// Two who ask for the same at once as the first: one request, not two that wait.
func TestTwoFirstRequests(t *testing.T) {
	s := desktest.New(t)
	p := deskapi.NewLegal{Account: string(s.Bob.Account), Order: "AZ 7"}
	both(t, 8, func(ctx context.Context, n int) error {
		_, err := s.Desk.Legal(ctx, s.Sara, p)
		return err
	})
	if n := s.Count(audit.LegalAsked); n != 1 {
		t.Errorf("%d lawful requests wait, want one", n)
	}
}

// A report that comes in while the case is being decided is answered too.
func TestReportMeanwhile(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.ChildSafety)
	dec, err := s.Decide(t.Context(), s.Rita, suspend(id, 7))
	if err != nil {
		t.Fatal(err)
	}
	s.Send(s.Report(s.Carol, s.Bob, report.ChildSafety, s.Say(s.Bob, "and to Carol")))
	s.Step()
	s.Wait(time.Minute)
	if _, err := s.Confirm(t.Context(), s.Sam, deskapi.DecisionID{ID: dec.ID}); err != nil {
		t.Fatal(err)
	}
	if a, c := len(s.Server.Told(s.Alice.Account)), len(s.Server.Told(s.Carol.Account)); a != 1 || c != 1 {
		t.Errorf("told Alice %d times and Carol %d times; want each once", a, c)
	}
}

// Attack: who is shut out waits until they are let in again, and finds the session
// and the token of before.
func TestLetInAgain(t *testing.T) {
	s := desktest.New(t)
	ctx := t.Context()
	in, err := s.Desk.Invite(ctx, s.Lena, deskapi.NewInvite{Name: "Nina", Role: deskapi.Reviewer})
	if err != nil {
		t.Fatal(err)
	}
	session, err := s.Desk.Join(ctx, in.Link[len(in.Link)-43:], desk.Passkey{ID: []byte("1")})
	if err != nil {
		t.Fatal(err)
	}
	nina, _, err := s.Desk.Authenticate(ctx, session.Secret)
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Desk.NewToken(ctx, nina, deskapi.Nothing{})
	if err != nil {
		t.Fatal(err)
	}
	demote(t, s, nina, deskapi.Reviewer, true)
	demote(t, s, nina, deskapi.Reviewer, false)
	_, _, err = s.Desk.Authenticate(ctx, session.Secret)
	wantCode(t, "the session of before", err, deskapi.Unauthenticated)
	_, err = s.Desk.AuthenticateToken(ctx, token.Token)
	wantCode(t, "the token of before", err, deskapi.Unauthenticated)
	if _, err := s.Desk.SignedIn(ctx, nina.ID, 0, 1); err != nil {
		t.Errorf("signing in anew: %v", err)
	}
}

// Attack: a lead invites somebody who doesn't exist, and is their own second person;
// or lets that one invite another.
func TestOwnSecondPerson(t *testing.T) {
	s := desktest.New(t)
	ctx := t.Context()
	join := func(by desk.Actor, name string) desk.Actor {
		t.Helper()
		in, err := s.Desk.Invite(ctx, by, deskapi.NewInvite{Name: name, Role: deskapi.Lead})
		if err != nil {
			t.Fatal(err)
		}
		session, err := s.Desk.Join(ctx, in.Link[len(in.Link)-43:], desk.Passkey{ID: []byte(name)})
		if err != nil {
			t.Fatal(err)
		}
		who, _, err := s.Desk.Authenticate(ctx, session.Secret)
		if err != nil {
			t.Fatal(err)
		}
		return who
	}
	puppet := join(s.Lena, "Puppet")
	second := join(puppet, "Second")
	dec, err := s.Decide(ctx, s.Lena, suspend(s.Case(report.ChildSafety), 7))
	if err != nil {
		t.Fatal(err)
	}
	p := deskapi.NewLegal{Account: string(s.Bob.Account), Order: "AZ 7"}
	if _, err := s.Desk.Legal(ctx, s.Lena, p); err != nil {
		t.Fatal(err)
	}
	for _, who := range []desk.Actor{puppet, second} {
		_, err := s.Confirm(ctx, who, deskapi.DecisionID{ID: dec.ID})
		wantCode(t, who.Name+"'s confirmation", err, deskapi.OwnDecision)
		_, err = s.Desk.Legal(ctx, who, p)
		wantCode(t, who.Name+"'s lawful request", err, deskapi.OwnDecision)
		if v, err := s.Desk.Decision(ctx, who, deskapi.DecisionID{ID: dec.ID}); err != nil || v.MayConfirm {
			t.Errorf("%s is told that they may confirm: %v", who.Name, err)
		}
	}
	if s.Server.Requests != 0 {
		t.Fatal("one person's decision took effect")
	}
	theirs, err := s.Decide(ctx, second, suspend(s.Case(report.ChildSafety, s.Say(s.Bob, "more")), 7))
	if desktest.Code(err) == "" {
		_, err = s.Confirm(ctx, s.Lena, deskapi.DecisionID{ID: theirs.ID})
		wantCode(t, "the lead's confirmation of their puppet's", err, deskapi.OwnDecision)
	}
	if dec, err = s.Desk.Refuse(ctx, puppet, deskapi.DecisionID{ID: dec.ID}); err != nil || dec.State != deskapi.DecisionRefused {
		t.Errorf("a no needs no pair: %+v, %v", dec, err)
	}
}
