package server

import (
	"testing"

	"parley/identity"
)

// TestWatch: who watches is called for its own account, until Close.
func TestWatch(t *testing.T) {
	var s Server
	calls := 0
	sub := s.Watch(&Session{Device: "mimi://example.org/d/alice/1"}, func() { calls++ })
	account := identity.Device("mimi://example.org/d/alice/1").Account()
	other := s.hub.subscribe(account)
	s.hub.notify([]identity.Account{account, "mimi://example.org/u/bob"})
	s.hub.notify([]identity.Account{account})
	if calls != 2 || len(other.C) != 1 {
		t.Errorf("%d calls and %d hints; want 2 and 1", calls, len(other.C))
	}
	sub.Close()
	s.hub.notify([]identity.Account{account})
	if calls != 2 {
		t.Error("called after Close")
	}
}
