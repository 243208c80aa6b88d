package hints_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/hints"
	"parley/wire"
)

// TestNATSSignals: signals and relations reach the other nodes as they were, and of a
// flood with the longest names no message is too large; what waits too long is lost,
// and nobody is blocked.
func TestNATSSignals(t *testing.T) {
	ca := newAuthority(t)
	a := open(t, hints.Options{TLS: ca.config()})
	b := open(t, hints.Options{TLS: ca.config(), Peers: []string{a.Address()}})
	at := listen(t, b)
	tells(t, a, at)
	long := strings.Repeat("d", 253)
	const flood = 5000
	lists := make([]identity.Account, 2000)
	for i := range lists {
		lists[i] = identity.Account(fmt.Sprintf("mimi://%s/u/%064d", long, i))
	}
	for i := range flood {
		a.Publish(server.Hint{Signals: []wire.Signal{{
			Room:   identity.Room("mimi://" + long + "/r/AAAAAAAAAAAAAAAAAAAAAA"),
			Sender: identity.Device("mimi://" + long + "/d/" + strings.Repeat("n", 64) + "/AAAAAAAAAAAAAAAAAAAAAA"),
			Data:   fmt.Appendf(nil, "%0256d", i),
		}}})
	}
	last := identity.Account("mimi://example.org/u/last")
	accounts := server.Hint{Lists: lists, Relations: append(lists, last)}
	a.Publish(accounts)
	again := time.NewTicker(5 * time.Second) // a route that is cut, since nobody read for a while, loses them
	defer again.Stop()
	signals, related, told := 0, map[identity.Account]bool{}, map[identity.Account]bool{}
	deadline := time.After(patience)
	for len(related) <= len(lists) || len(told) < len(lists) {
		select {
		case h := <-at.c:
			for _, s := range h.Signals {
				if signals++; len(s.Data) != wire.MaxSignal || len(s.Room) < 253 || len(s.Sender) < 253 {
					t.Fatalf("a signal arrived as %+v", s)
				}
			}
			for _, r := range h.Relations {
				related[r] = true
			}
			for _, l := range h.Lists {
				told[l] = true
			}
		case <-again.C:
			a.Publish(accounts)
		case <-deadline:
			t.Fatalf("heard of %d relations and %d lists; want %d and %d", len(related), len(told), len(lists)+1, len(lists))
		}
	}
	if !related[last] {
		t.Error("the last relation wasn't heard of")
	}
	if lost := int(a.Stats().Lost); signals == 0 || signals+lost < flood {
		t.Errorf("%d signals arrived and %d were lost, of %d", signals, lost, flood)
	}
}
