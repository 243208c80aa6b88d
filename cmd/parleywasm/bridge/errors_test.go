package bridge

import (
	"fmt"
	"testing"

	"parley/wire"
)

// A policy's reason is what the page gets, since that is what it says; without one, and
// with another code, it gets the code. Nothing of who it is about goes along.
func TestReasonsReachThePage(t *testing.T) {
	for _, test := range []struct {
		code   wire.Code
		reason wire.Reason
		want   string
	}{
		{wire.CodeNotAllowed, wire.ReasonOwnAge, "own_age"},
		{wire.CodeNotAllowed, wire.ReasonMutualsOnly, "mutuals_only"},
		{wire.CodeNotAllowed, wire.ReasonGroupSize, "group_size"},
		{wire.CodeNotAllowed, wire.ReasonGroupStrangers, "group_strangers"},
		{wire.CodeNotAllowed, wire.ReasonOperator, "operator"},
		{wire.CodeNotAllowed, "", "not_allowed"},
		{wire.CodeRequestPending, wire.ReasonMedia, "request_pending"},
		{wire.CodeNotAccepting, "", "not_accepting"},
		{wire.CodeLimited, "", "limited"},
	} {
		e := wire.Refuse(test.code, "One sentence.")
		e.Reason = test.reason
		if got := errorOf(fmt.Errorf("client: %w", e)).Code; got != test.want {
			t.Errorf("%s for %q: got %s, want %s", test.code, test.reason, got, test.want)
		}
	}
}
