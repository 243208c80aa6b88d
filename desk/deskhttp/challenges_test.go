package deskhttp

import (
	"bytes"
	"testing"
	"time"
)

// A challenge is good for a while, once, and for what it was made for.
func TestChallenges(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	c := newChallenges()
	c.now = func() time.Time { return now }
	value, state := c.add("")
	if got := c.value(state, ""); !bytes.Equal(got, value) || len(got) != 32 {
		t.Errorf("value = %x, want %x", got, value)
	}
	if other, _ := c.add(""); bytes.Equal(other, value) {
		t.Error("two challenges are the same")
	}
	if c.value(state, "an invitation") != nil {
		t.Error("it is good for an invitation")
	}
	if newChallenges().value(state, "") != nil {
		t.Error("it is good at another desk")
	}
	if !c.spend(state) || c.spend(state) || c.value(state, "") != nil {
		t.Error("it is good twice")
	}
	_, late := c.add("x")
	now = now.Add(challengeLife)
	if c.value(late, "x") != nil {
		t.Error("it is good when its time is over")
	}
	now = now.Add(time.Millisecond)
	if _, state := c.add(""); !c.spend(state) || len(c.spent) != 1 {
		t.Errorf("%d that were spent are kept, want the new one", len(c.spent))
	}
}
