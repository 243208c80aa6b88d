package client_test

import (
	"fmt"
	"testing"
	"time"
)

// What a report reads of the store grows with the hours that it goes back, and not with
// the messages times the hours; what is newest is found without the rest.
func TestEvidenceCosts(t *testing.T) {
	const hours = 40
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	bob.sendTo("start", "alice")
	alice.sync()
	for i := range hours {
		w.clock.advance(time.Hour)
		for n := range 3 {
			bob.sendTo(fmt.Sprint(i, ".", n), "alice")
		}
		alice.sync()
	}
	room := alice.room().Room
	c := alice.counted()
	all, err := alice.Reportables(ctx, room, 1000)
	alice.ok(err)
	var seqs []uint64
	for _, m := range all {
		seqs = append(seqs, m.Seq)
	}
	if len(seqs) < 3*hours {
		t.Fatalf("%d can be reported; want %d", len(seqs), 3*hours)
	}
	c.within(t, "all that can be reported", 3*hours, 0)
	c.reset()
	items, err := alice.EvidenceItems(ctx, room, seqs)
	alice.ok(err)
	if len(items) != len(seqs) {
		t.Errorf("%d items; want %d", len(items), len(seqs))
	}
	for i := range items {
		if said, err := items[i].Said(); err != nil || said.Seq != seqs[i] {
			t.Fatalf("item %d is of another number, %v", i, err)
		}
	}
	c.within(t, "all of it as evidence", 6*hours, 0)
	c.reset()
	newest, err := alice.Reportables(ctx, room, 5)
	alice.ok(err)
	if len(newest) != 5 || newest[4].ID != all[len(all)-1].ID || newest[0].ID != all[len(all)-5].ID {
		t.Errorf("the newest: %d", len(newest))
	}
	c.within(t, "the newest five", hours+10, 0)
}
