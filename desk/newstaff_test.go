package desk_test

import (
	"testing"
	"time"

	"parley/desk"
	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
)

// newcomers is a scene whose staff can't be second persons for three days after a lead let
// them in.
func newcomers(t *testing.T) *desktest.Scene {
	t.Helper()
	s := desktest.New(t)
	s.Config.NewStaff = 72 * time.Hour
	s.Open()
	return s
}

// comes is somebody whom Lena invites.
func comes(t *testing.T, s *desktest.Scene, name string, role deskapi.Role) desk.Actor {
	t.Helper()
	in, err := s.Desk.Invite(t.Context(), s.Lena, deskapi.NewInvite{Name: name, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return desk.Actor{ID: in.Person.ID, Name: name, Role: role}
}

// Attack: a lead makes up two people, who are a pair at once. For three days the second of
// them is none: not of a decision, nor of a reversal, nor of a lawful request. Who is there for
// longer is, and whom the desk's machine invited.
func TestNewStaffIsNoSecond(t *testing.T) {
	s := newcomers(t)
	ctx := t.Context()
	one, two := comes(t, s, "One", deskapi.Senior), comes(t, s, "Two", deskapi.Senior)
	id := s.Case(report.ChildSafety)
	dec, err := s.Decide(ctx, one, suspend(id, 7))
	if err != nil || dec.State != deskapi.DecisionProposed {
		t.Fatal(dec, err)
	}
	p := deskapi.NewLegal{Account: string(s.Bob.Account), Order: "AZ 7"}
	if _, err := s.Desk.Legal(ctx, one, p); err != nil {
		t.Fatal(err)
	}
	second := func() {
		t.Helper()
		_, err := s.Confirm(ctx, two, deskapi.DecisionID{ID: dec.ID})
		wantCode(t, "a newcomer's confirmation", err, deskapi.TooNew)
		_, err = s.Desk.Legal(ctx, two, p)
		wantCode(t, "a newcomer's lawful request", err, deskapi.TooNew)
		if v, err := s.Desk.Decision(ctx, two, deskapi.DecisionID{ID: dec.ID}); err != nil || v.MayConfirm {
			t.Errorf("a newcomer is told that they may confirm: %v", err)
		}
	}
	second()
	s.Wait(71 * time.Hour)
	second()
	if n := s.Count(audit.Denied); s.Server.Requests != 0 || n != 4 {
		t.Errorf("the server was asked %d times, %d lines of what was denied; want 0, 4", s.Server.Requests, n)
	}
	s.Wait(time.Hour)
	if dec, err = s.Confirm(ctx, two, deskapi.DecisionID{ID: dec.ID}); err != nil || dec.State != deskapi.DecisionEnforced {
		t.Errorf("after three days: %+v, %v", dec, err)
	}
	again, err := s.Decide(ctx, one, suspend(s.Case(report.ChildSafety, s.Say(s.Bob, "more")), 7))
	if err != nil {
		t.Fatal(err)
	}
	if again, err = s.Confirm(ctx, s.Sam, deskapi.DecisionID{ID: again.ID}); err != nil || again.State != deskapi.DecisionEnforced {
		t.Errorf("whom the desk's machine invited: %+v, %v", again, err)
	}
}

// Nor is who was let in again, or given the role, just now.
func TestNewRoleIsNoSecond(t *testing.T) {
	for name, change := range map[string]func(*desktest.Scene){
		"a reviewer made a senior": func(s *desktest.Scene) { demote(t, s, s.Ron, deskapi.Senior, false) },
		"a senior let in again": func(s *desktest.Scene) {
			demote(t, s, s.Sam, deskapi.Senior, true)
			demote(t, s, s.Sam, deskapi.Senior, false)
		},
		"a senior made a lead": func(s *desktest.Scene) { demote(t, s, s.Sara, deskapi.Lead, false) },
	} {
		s := newcomers(t)
		dec, err := s.Decide(t.Context(), s.Rita, suspend(s.Case(report.ChildSafety), 7))
		if err != nil {
			t.Fatal(err)
		}
		change(s)
		who, want := desk.Actor{ID: s.Ron.ID, Role: deskapi.Senior}, deskapi.TooNew
		switch name {
		case "a senior let in again":
			who = s.Sam
		case "a senior made a lead":
			who, want = s.Sara, ""
		}
		_, err = s.Confirm(t.Context(), who, deskapi.DecisionID{ID: dec.ID})
		wantCode(t, name, err, want)
	}
}

// Who may not yet be a second person, and who invited whom, everybody of the staff sees, and
// the log has it.
func TestNewStaffIsSeen(t *testing.T) {
	s := newcomers(t)
	two := comes(t, s, "Two", deskapi.Senior)
	comes(t, s, "Three", deskapi.Reviewer)
	list, err := s.Desk.Staff(t.Context(), s.Otto, deskapi.Nothing{})
	if err != nil {
		t.Fatal(err)
	}
	until := s.Now().Add(72 * time.Hour).UnixMilli()
	for _, p := range list.People {
		switch {
		case p.ID == two.ID && (p.SecondFromMS != until || p.InvitedBy != "Lena"):
			t.Errorf("Two: %+v; want from when they can be a second person", p)
		case p.ID != two.ID && p.SecondFromMS != 0:
			t.Errorf("%s can't be a second person before %d", p.Name, p.SecondFromMS)
		}
	}
	lines := 0
	for _, l := range s.Lines() {
		if l.Action == audit.StaffInvited && l.Subject == two.ID && l.Actor == s.Lena.ID && l.Data["second_from"] != "" {
			lines++
		}
	}
	if lines != 1 {
		t.Errorf("%d lines say who invited them, and from when they can be a second person", lines)
	}
	s.Wait(72 * time.Hour)
	if list, err = s.Desk.Staff(t.Context(), s.Otto, deskapi.Nothing{}); err != nil || list.People[6].SecondFromMS != 0 {
		t.Errorf("after three days: %+v, %v", list, err)
	}
}
