package demosite

import (
	"testing"

	"parley/identity"
	"parley/server"
	"parley/server/policy"
)

// The platform's people show what the default policy does.
func TestPeople(t *testing.T) {
	data, _ := policy.Shipped("default")
	p, err := policy.Load("default", data)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(from, to string) server.Effect {
		a, _ := identity.NewAccount("localhost", from)
		b, _ := identity.NewAccount("localhost", to)
		var q server.Question
		q.Action = server.ActionMessage
		q.Sender.Facts, _ = People{}.Facts(t.Context(), a)
		q.Recipient.Facts, _ = People{}.Facts(t.Context(), b)
		there, _ := People{}.Relationship(t.Context(), a, b)
		back, _ := People{}.Relationship(t.Context(), b, a)
		q.Follows, q.Followed, q.Mutual = there.Follows, back.Follows, there.Follows && back.Follows
		d, err := p.Decide(&q)
		if err != nil {
			t.Fatal(err)
		}
		return d.Effect
	}
	for _, c := range []struct {
		from, to string
		want     server.Effect
	}{
		{"alice", "bob", server.EffectAllow},
		{"alice", "theo", server.EffectAllow},
		{"rana", "theo", server.EffectDeny},
		{"alice", "kim", server.EffectDeny},
		{"kim", "alice", server.EffectDeny},
		{"alice", "rana", server.EffectAllow},
		{"rana", "alice", server.EffectKnock},
		{"stranger", "bob", server.EffectKnock},
		{"theo", "rana", server.EffectDeny},
	} {
		if got := ask(c.from, c.to); got != c.want {
			t.Errorf("%s to %s: %s; want %s", c.from, c.to, got, c.want)
		}
	}
}
