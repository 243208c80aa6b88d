package server

import (
	"testing"

	"parley/identity"
)

// TestWatch: who watches is called for its own account, until Close.
func TestWatch(t *testing.T) {
	s := Server{stats: new(counters)}
	s.hub.stats = s.stats
	calls := 0
	const account = identity.Account("mimi://example.org/u/alice")
	session := &Session{Device: "mimi://example.org/d/alice/1", account: account}
	sub := s.Watch(session, func() { calls++ })
	other := s.Subscribe(session)
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
	other.Close()
	if n := s.stats.waiting.Load(); n != 0 || len(s.hub.shards[shardOf(string(account))].subs) != 0 {
		t.Errorf("%d still wait", n)
	}
}
