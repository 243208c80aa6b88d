package client_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"parley/franking"
	"parley/identity"
	"parley/wire"
)

func seeded(b byte) identity.PrivateKey {
	k, err := identity.NewPrivateKey(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		panic(err)
	}
	return k
}

// stampedBy has p read messages that key stamps, from a server that tells of some key
// statements.
func (p *person) stampedBy(t *testing.T, key identity.PrivateKey, statements ...franking.KeyStatement) *tap {
	tp := p.tapped()
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		switch op {
		case wire.OpInfo:
			return change(t, answer, func(i *wire.Info) {
				for _, s := range statements {
					i.FrankingKeys = append(i.FrankingKeys, s.Marshal())
				}
			}), nil
		case wire.OpRead:
			return change(t, answer, func(r *wire.ReadReply) {
				for i := range r.Events {
					if e := &r.Events[i].Envelope; e.Kind == wire.EventMessage {
						stamp(t, key, e)
					}
				}
			}), nil
		}
		return answer, nil
	})
	return tp
}

// A key is believed that the room's own names as its successor, from the time on that
// it says, and no other: not one that names itself, that a stranger's key names, or
// whose statement was changed; and no second successor.
func TestKeyChain(t *testing.T) {
	now := time.Now().UnixMilli()
	next, last, evil := seeded(11), seeded(12), seeded(13)
	first := franking.Succeed(domain, hubKey(), next.Public(), now)
	second := franking.Succeed(domain, next, last.Public(), now)
	forged := franking.Succeed(domain, hubKey(), next.Public(), now)
	forged.Key = evil.Public()
	for what, c := range map[string]struct {
		key        identity.PrivateKey
		statements []franking.KeyStatement
		want       bool
		refusals   []string
	}{
		"the successor":          {next, []franking.KeyStatement{first}, true, nil},
		"its successor":          {last, []franking.KeyStatement{first, second}, true, nil},
		"in another order":       {last, []franking.KeyStatement{second, first}, true, nil},
		"without a statement":    {next, nil, false, []string{"bad_frank"}},
		"without the middle":     {last, []franking.KeyStatement{second}, false, []string{"bad_frank"}},
		"a key of its own":       {evil, []franking.KeyStatement{franking.First(domain, evil)}, false, []string{"bad_frank"}},
		"a stranger's successor": {evil, []franking.KeyStatement{franking.Succeed(domain, seeded(14), evil.Public(), now)}, false, []string{"bad_frank"}},
		"a changed statement":    {evil, []franking.KeyStatement{forged}, false, []string{"bad_franking_key", "bad_frank"}},
		"another platform's":     {evil, []franking.KeyStatement{franking.Succeed("elsewhere.example", hubKey(), evil.Public(), now)}, false, []string{"bad_franking_key", "bad_frank"}},
		"before its time":        {next, []franking.KeyStatement{franking.Succeed(domain, hubKey(), next.Public(), now+2*franking.Overlap)}, false, []string{"bad_frank"}},
		"two successors":         {evil, []franking.KeyStatement{first, franking.Succeed(domain, hubKey(), evil.Public(), now)}, false, []string{"bad_franking_key", "bad_frank"}},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			alice, bob := w.signUp("alice"), w.signUp("bob")
			alice.sendTo("start", "bob")
			bob.want("start")
			alice.sync()
			tp := alice.stampedBy(t, c.key, c.statements...)
			bob.sendTo("by another key", "alice")
			var want []string
			if c.want {
				want = []string{"by another key"}
			}
			alice.want(want...)
			tp.set(nil, nil)
			if got := alice.refusals(); !slices.Equal(got[:min(len(got), len(c.refusals))], c.refusals) || c.want && len(got) > 0 {
				t.Errorf("refusals: %q; want %q", got, c.refusals)
			}
			alice.restart()
			bob.sendTo("goes on", "alice")
			alice.want("goes on")
		})
	}
}

// A successor that is known is kept: a server that later names another one isn't
// believed, and what the known one stamps is.
func TestKeyForkLater(t *testing.T) {
	now := time.Now().UnixMilli()
	next, evil := seeded(11), seeded(13)
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	alice.stampedBy(t, next, franking.Succeed(domain, hubKey(), next.Public(), now))
	bob.sendTo("by the successor", "alice")
	alice.want("by the successor")
	alice.stampedBy(t, evil, franking.Succeed(domain, hubKey(), evil.Public(), now))
	bob.sendTo("by another successor", "alice")
	alice.want()
	if got := alice.refusals(); !slices.Contains(got, "bad_franking_key") || !slices.Contains(got, "bad_frank") {
		t.Errorf("refusals: %q", got)
	}
	alice.stampedBy(t, next)
	bob.sendTo("by the successor again", "alice")
	alice.want("by the successor again")
	tp := alice.tapped()
	tp.onMessages(t, func(all []*wire.Envelope) {
		all[0].AcceptedMS = now + 2*franking.Overlap
		stamp(t, hubKey(), all[0])
	})
	bob.sendTo("by the key that is over", "alice")
	alice.want()
}

// Who stays with an old client, or says so, can go on without stamps in a conversation
// of two only until the other one has said something.
func TestRoomFromBeforeOfTwo(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, mallory := w.signUp("alice"), w.signUp("mallory")
	alice.sendTo("start", "mallory")
	mallory.want("start")
	alice.sync()
	alice.ok(alice.ForgetStamps(ctx))
	tp := alice.tapped()
	tp.onMessages(t, func(all []*wire.Envelope) {
		for _, e := range all {
			if e.Sender == mallory.Device() {
				e.Franking = nil
			}
		}
	})
	mallory.sendTo("without", "alice")
	alice.want("without")
	alice.sendTo("stop that", "mallory")
	alice.sync()
	mallory.sendTo("without again", "alice")
	alice.want()
	alice.restart()
	if got := alice.refusals(); !slices.Equal(got, []string{"unfranked"}) {
		t.Errorf("refusals: %q; want unfranked", got)
	}
}

// What stands before the server and once tells of many keys, whose statements check
// but which follow from nothing, takes no place away: the server's own successor is
// believed when it comes, also in the middle of the same noise.
func TestKeyFlood(t *testing.T) {
	now := time.Now().UnixMilli()
	next := seeded(11)
	var noise []franking.KeyStatement
	for i := range 300 {
		noise = append(noise, franking.Succeed(domain, identity.GenerateKey(), seeded(byte(i)).Public(), now))
	}
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	alice.sync()
	for _, told := range [][]franking.KeyStatement{noise[:256], noise} {
		alice.stampedBy(t, seeded(13), told...)
		bob.sendTo("by a key of the noise", "alice")
		alice.want()
	}
	alice.stampedBy(t, next, append(noise[:280:280], franking.Succeed(domain, hubKey(), next.Public(), now))...)
	bob.sendTo("by the successor", "alice")
	alice.want("by the successor")
	alice.restart()
	alice.stampedBy(t, next)
	bob.sendTo("goes on", "alice")
	alice.want("goes on")
}

// A room from before there were stamps takes messages without, until the first that
// has one; one that was opened since takes none.
func TestRoomFromBefore(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	alice.sync()
	alice.ok(alice.ForgetStamps(ctx))
	tp := alice.tapped()
	unstamped := func(all []*wire.Envelope) {
		for _, e := range all {
			e.Franking = nil
		}
	}
	tp.onMessages(t, unstamped)
	bob.sendTo("without", "alice")
	alice.want("without")
	tp.onMessages(t, func(all []*wire.Envelope) { stamp(t, seeded(13), all[0]) })
	bob.sendTo("by a wrong key", "alice")
	alice.want()
	tp.onMessages(t, unstamped)
	bob.sendTo("still without", "alice")
	alice.want("still without")
	tp.set(nil, nil)
	bob.sendTo("with", "alice")
	alice.want("with")
	before := len(alice.refusals())
	alice.restart()
	tp = alice.tapped()
	tp.onMessages(t, unstamped)
	bob.sendTo("never again without", "alice")
	alice.want()
	if got := alice.refusals()[before:]; len(got) == 0 || slices.Index(got, "unfranked") < 0 {
		t.Errorf("refusals: %q; want unfranked", got)
	}
	carol := w.signUp("carol")
	carol.sendTo("a new room", "alice")
	alice.want()
	tp.set(nil, nil)
	carol.sendTo("stamped", "alice")
	alice.want("stamped")
}
