package client_test

import (
	"bytes"
	"errors"
	"testing"

	"parley/client"
	"parley/internal/cbor"
	"parley/report"
	"parley/wire"
	"parley/wire/admin"
)

// TestOutcome: the reporter hears what came of it, and of what; the reported hears
// what was decided and why, and never who reported.
func TestOutcome(t *testing.T) {
	w, d, alice, bob, ids := harassed(t)
	ctx := t.Context()
	draft := client.ReportDraft{Room: alice.room().Room, Messages: ids[1:], Category: report.Harassment}
	if err := alice.SendReport(ctx, draft); err != nil {
		t.Fatal(err)
	}
	statement := &wire.Statement{Ground: "incompatible_content", Explanation: "Insults aren't allowed.", Facts: "Two messages."}
	if _, err := d.node.Sanction(ctx, bob.Account(), &admin.SanctionRequest{
		Decision: "d-1", Kind: admin.SanctionSuspend, Statement: statement, Appealable: true,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.node.GiveNotice(ctx, alice.Account(), wire.Notice{
		ID: "o-1", Kind: wire.NoticeOutcome, Report: d.one().ID, Outcome: wire.OutcomeActed,
	}); err != nil {
		t.Fatal(err)
	}
	w.stop() // its node hears of what another one has decided after a while
	w.start()
	heard, standing := notices(t, alice)
	if len(heard) != 1 || heard[0].Outcome != wire.OutcomeActed || heard[0].About != bob.Account() || heard[0].Category != report.Harassment || heard[0].Read {
		t.Errorf("the reporter hears %+v", heard)
	}
	if standing.State != wire.StandingGood {
		t.Errorf("the reporter's standing is %q", standing.State)
	}
	told, standing := notices(t, bob)
	if len(told) != 1 || told[0].Kind != wire.NoticeSuspended || told[0].Statement == nil || told[0].Statement.Explanation != statement.Explanation {
		t.Errorf("the reported hears %+v", told)
	}
	if standing.State != wire.StandingSuspended || standing.Decision != "d-1" {
		t.Errorf("the reported's standing is %+v", standing)
	}
	if all, _ := cbor.Marshal(told[0].Notice); bytes.Contains(all, []byte("alice")) {
		t.Error("the reported hears who reported")
	}
	appeal(t, d, bob)
}

// TestReportedHearsNothing: a report, also one that blocks, changes nothing of what the
// server holds on who is reported, nor sends it anything; and what it is told of a
// decision doesn't name the report, its conversation or its messages.
func TestReportedHearsNothing(t *testing.T) {
	w, d, alice, bob, ids := harassed(t)
	ctx := t.Context()
	bob.sync()
	held := func() string {
		t.Helper()
		var b bytes.Buffer
		if err := bob.Export(ctx, &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	before := held()
	draft := client.ReportDraft{Room: alice.room().Room, Messages: ids[1:], Category: report.Harassment, Block: true}
	if err := alice.SendReport(ctx, draft); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	if after := held(); after != before {
		t.Errorf("the server holds on who was reported\n%s\nand held before\n%s", after, before)
	}
	reply, err := client.CallAs[wire.ReadReply](ctx, bob.Client, wire.OpRead, wire.ReadRequest{After: bob.Cursor(ctx)})
	if err != nil || len(reply.Events) != 0 || len(reply.Signals) != 0 {
		t.Errorf("who was reported gets %d events and %d signals, %v", len(reply.Events), len(reply.Signals), err)
	}
	r := d.one()
	statement := &wire.Statement{Ground: "incompatible_content", Explanation: "Insults aren't allowed.", Facts: "Two messages."}
	if _, err := d.node.Sanction(ctx, bob.Account(), &admin.SanctionRequest{Decision: "d-1", Kind: admin.SanctionWarn, Statement: statement}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.node.GiveNotice(ctx, alice.Account(), wire.Notice{ID: "o-1", Kind: wire.NoticeOutcome, Report: r.ID, Outcome: wire.OutcomeActed}); err != nil {
		t.Fatal(err)
	}
	w.stop()
	w.start()
	told, _ := notices(t, bob)
	if len(told) != 1 {
		t.Fatalf("who was reported has %d notices; want 1", len(told))
	}
	all, _ := cbor.Marshal(told[0].Notice)
	for what, secret := range map[string][]byte{
		"reporter": []byte("alice"), "report": r.ID, "conversation": []byte(r.Room), "message": ids[1][:],
	} {
		if bytes.Contains(all, secret) {
			t.Errorf("the notice names the %s", what)
		}
	}
	if heard, _ := notices(t, alice); len(heard) != 1 || heard[0].About != bob.Account() {
		t.Errorf("the reporter hears %+v", heard)
	}
}

// appeal has p, who is suspended, appeal.
func appeal(t *testing.T, d *safetyDesk, p *person) {
	t.Helper()
	ctx := t.Context()
	var refused *wire.Error
	if _, err := p.SendTo(ctx, []string{"alice"}, "hello?"); !errors.As(err, &refused) || refused.Code != wire.CodeSuspended {
		t.Errorf("who is suspended sends: %v; want suspended", err)
	}
	if err := p.Appeal(ctx, "d-1", "It was a joke."); err != nil {
		t.Fatalf("who is suspended appeals: %v", err)
	}
	all := d.queued()
	if len(all) != 2 || all[1].Kind != wire.ReportAppeal || all[1].Account != p.Account() {
		t.Fatalf("the desk has %d", len(all))
	}
	body, err := report.Open(d.suite, d.key, d.priv, report.KindAppeal, all[1].Sealed)
	if err != nil {
		t.Fatal(err)
	}
	a, err := report.DecodeAppeal(body)
	if err != nil || a.Decision != "d-1" || a.Text != "It was a joke." || a.Account != p.Account() {
		t.Errorf("the appeal is %+v, %v", a, err)
	}
	if told, _ := notices(t, p); !told[0].Appealed {
		t.Error("the notice doesn't say that an appeal was made")
	}
	if err := p.ReadNotices(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if told, _ := notices(t, p); !told[0].Read {
		t.Error("the notice isn't read")
	}
	if err := d.node.Lift(ctx, p.Account(), "d-1"); err != nil {
		t.Fatal(err)
	}
	if told, standing := notices(t, p); len(told) != 2 || told[0].Kind != wire.NoticeRestored || standing.State != wire.StandingGood {
		t.Errorf("after it was lifted: %+v, %+v", told, standing)
	}
}

func notices(t *testing.T, p *person) ([]client.OperatorNotice, wire.Standing) {
	t.Helper()
	if err := p.AskNotices(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, standing, err := p.Notices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all, standing
}
