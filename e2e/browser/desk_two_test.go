package browser

import (
	"testing"

	"parley/desk/deskapi"
	"parley/report"
)

// TestDeskUnseen: a report that joins a case while somebody decides it is pointed out
// before it is decided; what they have written stays.
func TestDeskUnseen(t *testing.T) {
	t.Parallel()
	o := newDesk(t)
	s := o.scene
	o.getsCase("*Harassment*bob*", "You will be sorry.", s.Report(s.Alice, s.Bob, report.Harassment, s.Say(s.Bob, "You will be sorry.")))
	o.key("2")
	o.has("dialog", "Warn")
	o.types("Which part of the terms", "Terms, 4.2")
	o.types("Why it applies", "Threats are not allowed.")
	o.types("What happened", "A threat.")
	s.Send(s.Report(s.Carol, s.Bob, report.ChildSafety, s.Say(s.Bob, "How old are you?")))
	s.Step()
	o.press("button", "Warn")
	o.sees("1 report was added since you looked.")
	o.until("what is new can be pressed without scrolling", `text() && ((b) => { const r = b?.getBoundingClientRect(); return !!r && b.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)); })([...document.querySelectorAll("dialog[open] button")].find((b) => b.textContent.includes("Look at what is new")))`)
	if n := s.Server.Requests; n != 0 {
		t.Errorf("the server was asked for %d things by what was decided unseen", n)
	}
	o.axe(readAxe(t), "a decision that was refused", nil)
	o.press("button", "Look at what is new")
	o.hasNot("dialog", "Warn")
	o.sees("How old are you?")
	o.sees("New since you opened the case")
	o.isAt("the new report", `[data-fresh="true"]`)
	o.key("2")
	o.until("what was written", `holds("What happened") === "A threat."`)
	o.press("button", "Warn")
	o.hasNot("dialog", "Warn")
	o.sees("Carried out")
	if told := s.Server.Sanctioned(s.Bob.Account); len(told) != 1 {
		t.Errorf("%d warnings; want the one", len(told))
	}
}

// TestDeskReversal: what two persons decided is reversed by two, on the page too: it is
// proposed, by a colleague or by who is here, and carried out by the other one.
func TestDeskReversal(t *testing.T) {
	t.Parallel()
	o := newDesk(t)
	s, ctx := o.scene, t.Context()
	dec, err := s.Decide(ctx, s.Sara, suspension(s.Case(report.ChildSafety)))
	o.must0(err)
	_, err = s.Confirm(ctx, s.Sam, deskapi.DecisionID{ID: dec.ID})
	o.must0(err)
	s.Appeal(s.Bob, dec.ID, "I am twelve.")
	s.Step()
	o.key("g")
	o.key("a")
	o.press("link", "Suspension*bob*")
	o.sees("Two persons decide this")
	o.types("What the person reads", "So you are.")
	o.press("button", "Propose to reverse it")
	o.has("heading", "Reversal proposed")
	o.sees("Nothing is done until a colleague who may has agreed.")
	if n := len(s.Server.Sanctioned(s.Bob.Account)); n != 1 {
		t.Fatalf("%d suspensions hold; want that one person's reversal does nothing", n)
	}
	list, err := s.Desk.Appeals(ctx, s.Ron, deskapi.AppealFilter{})
	o.must0(err)
	id := deskapi.AppealID{ID: list.Appeals[0].ID}
	_, err = s.Desk.RefuseAppeal(ctx, s.Lena, id)
	o.must0(err)
	_, err = s.Desk.DecideAppeal(ctx, s.Ron, deskapi.AppealDecision{ID: id.ID, Reverse: true, Reply: "Indeed."})
	o.must0(err)
	o.must(`document.activeElement.blur()`)
	o.key(".")
	o.sees("Indeed.")
	o.axe(readAxe(t), "a reversal that waits", nil)
	o.key("y")
	o.has("dialog", "Reverse: suspension of bob?")
	o.press("button", "Carry it out")
	o.sees("Reversed on appeal")
	if n := len(s.Server.Sanctioned(s.Bob.Account)); n != 0 {
		t.Errorf("%d suspensions hold still", n)
	}
}
