package desk_test

import (
	"testing"

	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
	"parley/wire"
)

// suspended is a scene in which Rita has suspended Bob.
func suspended(t *testing.T) (*desktest.Scene, deskapi.Decision) {
	t.Helper()
	s := desktest.New(t)
	dec, err := s.Decide(t.Context(), s.Rita, suspend(s.Case(report.Harassment), 7))
	if err != nil {
		t.Fatal(err)
	}
	return s, dec
}

// Attack: who decided reviews the appeal against it. Another one reverses it, and
// the sanction is lifted at once.
func TestAppeal(t *testing.T) {
	s, dec := suspended(t)
	ctx := t.Context()
	s.Appeal(s.Bob, dec.ID, "It wasn't me.")
	s.Step()
	mine, err := s.Desk.Appeals(ctx, s.Rita, deskapi.AppealFilter{})
	if err != nil || len(mine.Appeals) != 0 || mine.Others != 1 {
		t.Errorf("who decided sees %+v, %v; want that there is one for others", mine, err)
	}
	list, err := s.Desk.Appeals(ctx, s.Ron, deskapi.AppealFilter{})
	if err != nil || len(list.Appeals) != 1 {
		t.Fatalf("appeals: %+v, %v", list, err)
	}
	id := list.Appeals[0].ID
	_, err = s.Desk.Appeal(ctx, s.Rita, deskapi.AppealID{ID: id})
	wantCode(t, "reading it", err, deskapi.OwnDecision)
	_, err = s.Desk.DecideAppeal(ctx, s.Rita, deskapi.AppealDecision{ID: id, Reply: "No."})
	wantCode(t, "deciding it", err, deskapi.OwnDecision)
	a, err := s.Desk.Appeal(ctx, s.Ron, deskapi.AppealID{ID: id})
	if err != nil || a.Text != "It wasn't me." || a.Full.ID != dec.ID {
		t.Fatalf("appeal: %+v, %v", a, err)
	}
	if a, err = s.Desk.DecideAppeal(ctx, s.Ron, deskapi.AppealDecision{ID: id, Reverse: true, Reply: "We were wrong."}); err != nil || a.State != deskapi.AppealReversed {
		t.Fatalf("reversed: %+v, %v", a, err)
	}
	if n := len(s.Server.Sanctioned(s.Bob.Account)); n != 0 {
		t.Errorf("%d sanctions hold after it", n)
	}
	told := s.Server.Told(s.Bob.Account)
	if len(told) != 1 || told[0].Kind != wire.NoticeAppealResult || told[0].Outcome != wire.OutcomeReversed || told[0].Statement.Explanation != "We were wrong." {
		t.Errorf("told: %+v", told)
	}
	if s.Count(audit.AppealReceived) != 1 || s.Count(audit.AppealDecided) != 1 || s.Count(audit.SanctionLifted) != 1 {
		t.Error("the log lacks a line of it")
	}
	_, err = s.Desk.DecideAppeal(ctx, s.Ron, deskapi.AppealDecision{ID: id, Reply: "Again."})
	wantCode(t, "deciding it again", err, deskapi.Closed)
}

func TestAppealUpheld(t *testing.T) {
	s, dec := suspended(t)
	s.Appeal(s.Bob, dec.ID, "Why?")
	s.Step()
	list, err := s.Desk.Appeals(t.Context(), s.Ron, deskapi.AppealFilter{})
	if err != nil || len(list.Appeals) != 1 {
		t.Fatalf("appeals: %+v, %v", list, err)
	}
	if _, err := s.Desk.DecideAppeal(t.Context(), s.Ron, deskapi.AppealDecision{ID: list.Appeals[0].ID, Reply: "It stands."}); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Server.Sanctioned(s.Bob.Account)); n != 1 {
		t.Errorf("%d sanctions, want the one", n)
	}
	if told := s.Server.Told(s.Bob.Account); len(told) != 1 || told[0].Outcome != wire.OutcomeUpheld {
		t.Errorf("told: %+v", told)
	}
}

// Nobody but whom a decision is against appeals, once, and not against what isn't.
func TestAppealRefused(t *testing.T) {
	s, dec := suspended(t)
	s.Appeal(s.Carol, dec.ID, "for Bob")
	s.Appeal(s.Bob, "d-aaaaaaaaaaaaaaaa", "none")
	s.Appeal(s.Bob, "../decision", "none")
	s.Appeal(s.Bob, dec.ID, "one")
	s.Appeal(s.Bob, dec.ID, "two")
	s.Step()
	list, err := s.Desk.Appeals(t.Context(), s.Ron, deskapi.AppealFilter{})
	if err != nil || len(list.Appeals) != 1 || s.Count(audit.AppealReceived) != 1 || s.Count(audit.ReportRefused) != 3 {
		t.Errorf("appeals %+v, %v, %d lines", list, err, s.Count(audit.AppealReceived))
	}
	if s.Server.Waiting() != 0 {
		t.Error("some wait at the server still")
	}
}

// A second person's part counts too: neither of the two reviews the appeal.
func TestAppealOfTwo(t *testing.T) {
	s := desktest.New(t)
	dec, err := s.Decide(t.Context(), s.Sara, suspend(s.Case(report.ChildSafety), 0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Confirm(t.Context(), s.Sam, deskapi.DecisionID{ID: dec.ID}); err != nil {
		t.Fatal(err)
	}
	s.Appeal(s.Bob, dec.ID, "No.")
	s.Step()
	list, err := s.Desk.Appeals(t.Context(), s.Ron, deskapi.AppealFilter{})
	if err != nil || len(list.Appeals) != 1 {
		t.Fatal(list, err)
	}
	_, err = s.Desk.Appeal(t.Context(), s.Sara, deskapi.AppealID{ID: list.Appeals[0].ID})
	wantCode(t, "who proposed", err, deskapi.OwnDecision)
	_, err = s.Desk.Appeal(t.Context(), s.Sam, deskapi.AppealID{ID: list.Appeals[0].ID})
	wantCode(t, "who confirmed", err, deskapi.OwnDecision)
}

// An attachment that was removed is given back when the decision is reversed, unless
// another decision took it down too, or its bytes are gone.
func TestAppealGivesBack(t *testing.T) {
	s := desktest.New(t)
	ctx := t.Context()
	one, two := s.Attach(s.Bob, "image/png", pngOf(t, 2, 2)), s.Attach(s.Bob, "image/png", pngOf(t, 3, 3))
	id := s.Case(report.SexualContent, one, two)
	dec, err := s.Decide(ctx, s.Sara, deskapi.NewDecision{ID: id, Kind: deskapi.Remove, Media: []int{0, 1}, Reasons: desktest.Reasons()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.Confirm(ctx, s.Sam, deskapi.DecisionID{ID: dec.ID}); err != nil {
		t.Fatal(err)
	}
	other := s.Case(report.SexualContent, one)
	again, err := s.Decide(ctx, s.Sara, deskapi.NewDecision{ID: other, Kind: deskapi.Remove, Media: []int{0}, Reasons: desktest.Reasons()})
	if err != nil {
		t.Fatal(err)
	}
	removed := func() (n int) {
		t.Helper()
		c, err := s.Desk.Case(ctx, s.Ron, deskapi.CaseID{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range c.ReportList[0].Items {
			for _, m := range it.Attachments {
				if m.Removed {
					n++
				}
			}
		}
		return n
	}
	if n := removed(); n != 2 {
		t.Errorf("%d attachments are shown as removed, want 2", n)
	}
	reverse := func(decision string) {
		t.Helper()
		s.Appeal(s.Bob, decision, "It is my own drawing.")
		s.Step()
		list, err := s.Desk.Appeals(ctx, s.Ron, deskapi.AppealFilter{})
		if err != nil || len(list.Appeals) != 1 {
			t.Fatal(list, err)
		}
		s.Server.Down = true // it is repeated until it is done
		a, err := s.Desk.DecideAppeal(ctx, s.Ron, deskapi.AppealDecision{ID: list.Appeals[0].ID, Reverse: true, Reply: "So it is."})
		if err == nil && a.NeedsSecond {
			a, err = s.Desk.ConfirmAppeal(ctx, s.Lena, deskapi.AppealID{ID: a.ID})
		}
		if err != nil || a.State != deskapi.AppealReversed {
			t.Fatal(a, err)
		}
		s.Server.Down = false
		s.Open()
		s.Step()
	}
	reverse(dec.ID)
	if n := len(s.Server.Taken()); n != 1 || removed() != 0 || s.Count(audit.BlobRestored) != 1 {
		t.Errorf("%d are down still, %d lines; want the one of the other decision, and one line", n, s.Count(audit.BlobRestored))
	}
	s.Server.ChangeBlobs(func([]byte) []byte { return nil })
	reverse(again.ID)
	if n := len(s.Server.Taken()); n != 0 || s.Count(audit.BlobRestored) != 1 {
		t.Errorf("%d are down still, %d lines; want none, and no line of what is gone", n, s.Count(audit.BlobRestored))
	}
	if told := s.Server.Told(s.Bob.Account); len(told) != 4 || told[3].Outcome != wire.OutcomeReversed {
		t.Errorf("told: %+v", told)
	}
}
