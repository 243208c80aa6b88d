package client_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/client"
	"parley/report"
)

// Who wrote what is to be reported can't keep it from being reported by many and large
// edits: what was said first leaves, with the newest edits that there is room for, and
// the person hears how many stay.
func TestReportOfManyEdits(t *testing.T) {
	for what, size := range map[string]int{"large": 50 << 10, "many": 1} {
		_, d, alice, bob, _ := harassed(t)
		id := bob.sendTo("a threat", "alice")
		alice.sync()
		edits := 30
		if size == 1 {
			edits = report.MaxItems + 10
		}
		for i := range edits {
			_, err := bob.Edit(t.Context(), id, strings.Repeat("x", size)+fmt.Sprint(i))
			bob.ok(err)
		}
		_, err := bob.Unsend(t.Context(), id)
		bob.ok(err)
		alice.sync()
		draft := client.ReportDraft{Room: alice.room().Room, Messages: []client.MessageID{id}, Category: report.Harassment}
		p, err := alice.PreviewReport(t.Context(), draft)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if p.Messages[0].ID != id || p.Messages[0].Text != "a threat" || p.Messages[len(p.Messages)-1].Kind != client.KindUnsend {
			t.Errorf("%s: of %d messages the first is %.20q", what, len(p.Messages), p.Messages[0].Text)
		}
		if len(p.Messages)+p.Missing != edits+2 || len(p.Messages) < 5 || p.Signed != len(p.Messages) {
			t.Errorf("%s: %d messages leave, %d signed, %d stay", what, len(p.Messages), p.Signed, p.Missing)
		}
		draft.Exact, draft.Messages = true, nil
		for _, m := range p.Messages {
			draft.Messages = append(draft.Messages, m.ID)
		}
		alice.ok(alice.SendReport(t.Context(), draft))
		alice.sync()
		if got := report.Verify(d.one(), d.keys()); got.Grade != report.Signed {
			t.Errorf("%s: %s, %s", what, got.Grade, got.Why)
		}
	}
}
