package mls_test

import (
	"bytes"
	"testing"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// suites are those that rooms use, one of them made outside the RFC
// (RFC 9420, Section 13.1).
func suites() []*public.Suite {
	return []*public.Suite{public.X25519(), public.ChaCha20(), public.XWing(public.SuiteXWing)}
}

// TestTwoMembers is the main way of RFC 9420, Section 11,
// RFC 9420, Section 12.4.1, RFC 9420, Section 12.4.3.1 and
// RFC 9420, Section 12.4.2, over bytes, with the messages of
// RFC 9420, Section 15.
func TestTwoMembers(t *testing.T) {
	for _, s := range suites() {
		t.Run(s.Name(), func(t *testing.T) {
			c := mlstest.NewGroup(t, s, 2, 2)
			alice, bob := c[0], c[1]
			agree(t, alice, bob)
			if got := bob.Receive(t, alice.Send(t, "hello")); got != "hello" {
				t.Errorf("got %q", got)
			}
			if got := alice.Receive(t, bob.Send(t, "")); got != "" {
				t.Errorf("got %q", got)
			}
			staged := bob.Commit(t, mls.CommitOptions{Update: true})
			alice.Follow(t, staged.CommitMessage())
			agree(t, alice, bob)
			if got := bob.Receive(t, alice.Send(t, "again")); got != "again" {
				t.Errorf("got %q", got)
			}
		})
	}
}

// agree checks that all are in the same epoch with the same secrets
// (RFC 9420, Section 8.7).
func agree(t testing.TB, clients ...*mlstest.Client) {
	t.Helper()
	first := clients[0].Group
	for _, c := range clients[1:] {
		if c.Group.Epoch() != first.Epoch() || !bytes.Equal(c.Group.EpochAuthenticator(), first.EpochAuthenticator()) {
			t.Errorf("%s is in another epoch than %s", c.Identity, clients[0].Identity)
		}
	}
}
