package storetest

import (
	"testing"

	"parley/identity"
	"parley/server"
)

func testMeet(t *testing.T, s server.Store) {
	create(t, s, alice, bob, carol)
	open(t, s, 1, alice, bob)
	for _, c := range []struct {
		a, b identity.Account
		want bool
	}{{alice, bob, true}, {bob, alice, true}, {alice, carol, false}, {carol, bob, false}, {alice, account("nobody"), false}, {account("nobody"), alice, false}} {
		if got, err := s.Meet(t.Context(), c.a, c.b); err != nil || got != c.want {
			t.Errorf("Meet(%s, %s) = %v, %v; want %v", c.a.Name(), c.b.Name(), got, err, c.want)
		}
	}
}
