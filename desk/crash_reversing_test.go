package desk_test

import (
	"testing"

	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
)

// The same from a proposal to its reversal: two persons remove an attachment, its
// sender appeals, and two others give it back.
func TestKilledReversing(t *testing.T) { killEverywhere(t, reversedAt) }

func reversedAt(t *testing.T, f *fuse) {
	s := desktest.New(t)
	s.Config.Rules = []deskapi.TwoPersonRule{{Kind: deskapi.Remove}}
	s.Open()
	id := s.Case(report.SexualContent, s.Attach(s.Bob, "image/png", pngOf(t, 2, 2)))
	burning(s, f)
	reverse(t, s, id)
	burnt(s)
	reverse(t, s, id) // who got no answer asks again
	s.Step()

	if n := len(s.Server.Taken()); n != 0 {
		t.Errorf("%d attachments are down still", n)
	}
	for _, action := range []string{
		audit.DecisionProposed, audit.DecisionMade, audit.DecisionEnforced, audit.AppealReceived, audit.AppealProposed, audit.AppealDecided, audit.BlobRestored,
	} {
		if n := s.Count(action); n != 1 {
			t.Errorf("%d lines %s, want 1", n, action)
		}
	}
	if bob, alice := len(s.Server.Told(s.Bob.Account)), len(s.Server.Told(s.Alice.Account)); bob != 2 || alice != 1 || s.Server.Effects != 5 {
		t.Errorf("Bob was told %d times, Alice %d, %d effects; want 2, 1, and with the removal and what gave it back 5", bob, alice, s.Server.Effects)
	}
}

// reverse goes as far as it comes.
func reverse(t *testing.T, s *desktest.Scene, id string) {
	ctx := t.Context()
	s.Decide(ctx, s.Rita, deskapi.NewDecision{ID: id, Kind: deskapi.Remove, Media: []int{0}, Reasons: desktest.Reasons()})
	c, err := s.Desk.Case(ctx, s.Sara, deskapi.CaseID{ID: id})
	if err != nil || len(c.Decisions) == 0 {
		return
	}
	dec := c.Decisions[0].ID
	s.Confirm(ctx, s.Sara, deskapi.DecisionID{ID: dec})
	if s.Desk.Step(ctx) != nil || len(s.Server.Taken()) == 0 && len(s.Server.Told(s.Bob.Account)) == 0 {
		return
	}
	s.Appeal(s.Bob, dec, "Why?")
	if s.Desk.Step(ctx) != nil {
		return
	}
	list, err := s.Desk.Appeals(ctx, s.Ron, deskapi.AppealFilter{})
	if err != nil || len(list.Appeals) == 0 {
		return
	}
	s.Desk.DecideAppeal(ctx, s.Ron, deskapi.AppealDecision{ID: list.Appeals[0].ID, Reverse: true, Reply: "So it is."})
	s.Desk.ConfirmAppeal(ctx, s.Lena, deskapi.AppealID{ID: list.Appeals[0].ID})
	s.Desk.Step(ctx)
}
