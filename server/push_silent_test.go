package server

import (
	"hash/maphash"
	"testing"
	"time"

	"parley/identity"
)

// Who is silent is so for half of life at least and for life at most, whether others
// are added meanwhile or not; and no longer once somebody subscribes.
func TestSilent(t *testing.T) {
	alice, bob := identity.Account("mimi://example.org/u/alice"), identity.Account("mimi://example.org/u/bob")
	phone := identity.NewDevice(bob, [16]byte{1})
	for _, busy := range []bool{false, true} {
		s := silent{life: 10 * time.Minute, seed: maphash.MakeSeed()}
		began := time.Now()
		s.add("somebody", began)
		s.add(alice, began.Add(4*time.Minute))
		for at := 4 * time.Minute; at <= 30*time.Minute; at += time.Minute {
			now, since := began.Add(at), at-4*time.Minute
			if busy {
				s.add("somebody else", now)
			}
			got := s.has(alice, now)
			if since <= s.life/2 && !got || since > s.life && got {
				t.Errorf("busy %t: after %v silent is %t", busy, since, got)
			}
			if all := s.all([]identity.Account{bob, alice}, phone, now); all != got {
				t.Errorf("busy %t: after %v all is %t, and has %t", busy, since, all, got)
			}
		}
		now := began.Add(31 * time.Minute)
		s.add(alice, now)
		if s.all([]identity.Account{alice, bob}, "", now) || !s.has(alice, now) {
			t.Error("who was never looked at counts as silent, or who was doesn't")
		}
		s.remove(alice)
		if s.has(alice, now) {
			t.Error("who subscribes is still silent")
		}
	}
}
