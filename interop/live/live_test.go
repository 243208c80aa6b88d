package live

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"testing"

	"parley/mls/public"
)

// start starts a peer for the test, which is skipped if it is not installed.
func start(t *testing.T, k kind) *node {
	t.Helper()
	n, err := startNode(k.driver)
	if errors.Is(err, errNoNode) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.close(); err != nil {
			t.Errorf("%s: %v", k.name, err)
		}
	})
	return n
}

// identityOf returns an identity of the role in the form that the peer wants.
func (k kind) identityOf(role string) []byte {
	if !k.wireIdentity {
		return []byte(role)
	}
	h := fnv.New64a()
	h.Write([]byte(role))
	return fmt.Appendf(nil, "6a1a9a9e-6f4b-4b6e-9c4e-0000%08x:%x@example.org", uint32(h.Sum64()), h.Sum64())
}

// casting gives roles to sides in turn: alice, carol, erin and ivan to the side
// that begins, the others to the other one.
func casting(k kind, n *node, s *suite, weBegin bool) func(role string) (party, error) {
	return func(role string) (party, error) {
		first := slices.Contains([]string{"alice", "carol", "erin", "ivan"}, role)
		if first == weBegin {
			return openOurs(s, role+" (ours)", k.identityOf(role))
		}
		return k.open(n, s, fmt.Sprintf("%s %d %v (%s)", role, s.id, weBegin, k.name), k.identityOf(role))
	}
}

// TestTSMLS plays the scenario with ts-mls, both ways round.
func TestTSMLS(t *testing.T) {
	n := start(t, tsMLS)
	for _, s := range rfcSuites() {
		playBoth(t, tsMLS, n, s)
	}
}

// TestTSMLSPostQuantum does so on the suites of the draft, and on its own.
func TestTSMLSPostQuantum(t *testing.T) {
	n := start(t, tsMLS)
	for _, s := range append(draftSuites(), tsMLSSuites()...) {
		playBoth(t, tsMLS, n, s)
	}
}

func playBoth(t *testing.T, k kind, n *node, s *suite) {
	for _, weBegin := range []bool{true, false} {
		begins := map[bool]string{true: "ours", false: "theirs"}[weBegin]
		t.Run(fmt.Sprintf("%s/%s", s.suite.Name(), begins), func(t *testing.T) {
			p := &play{t: t, kind: k, row: report.add(k.name, s, begins), cast: casting(k, n, s, weBegin)}
			p.scenario(s)
		})
	}
}

// scenario is the life of one group: alice begins, bob is of the other side.
func (p *play) scenario(s *suite) {
	var alice, bob party
	groupID := []byte(p.t.Name())
	p.step("key package, Welcome", func() (err error) {
		if alice, err = p.cast("alice"); err != nil {
			return err
		}
		if err := alice.create(groupID); err != nil {
			return fmt.Errorf("create: %w", err)
		}
		p.members = []party{alice}
		if err := p.add(alice, "bob"); err != nil {
			return err
		}
		bob = p.members[1]
		return nil
	})
	p.step("messages both ways, out of order", p.messages)
	p.step("Update commit of the joiner", func() error { return p.commit(bob, change{}) })
	p.step("Update commit of the creator", func() error { return p.commit(alice, change{}) })
	p.step("late message over an epoch", func() error {
		if err := p.late(alice, bob); err != nil {
			return err
		}
		return p.late(bob, alice)
	})
	p.step("add a third", func() error { return p.add(bob, "carol") })
	p.step("messages of three", p.messages)
	p.proposals(alice, bob)
	p.externals(alice, bob)
	p.step("Update commits in the larger tree", p.refresh)
	p.step("messages in the larger tree", p.messages)
	p.removals(alice, bob)
	p.succession(alice, bob, s)
}

// proposals: commits of other kinds than adding and removing, and proposals that
// another commits.
func (p *play) proposals(alice, bob party) {
	p.step("private commit of the creator", func() error { return p.private(alice) })
	p.step("private commit of the joiner", func() error { return p.private(bob) })
	p.step("external PSK by the creator", func() error { return p.withPSK(alice, "psk 1") })
	p.step("external PSK by the joiner", func() error { return p.withPSK(bob, "psk 2") })
	p.step("PSK proposed by the creator", func() error { return p.proposePSK(alice, bob, "psk 3") })
	p.step("PSK proposed by the joiner", func() error { return p.proposePSK(bob, alice, "psk 4") })
	p.step("Update proposed by the creator", func() error { return p.byReference(alice, bob, change{update: true}) })
	p.step("Update proposed by the joiner", func() error { return p.byReference(bob, alice, change{update: true}) })
	p.step("Add proposed by the creator", func() error { return p.proposeAdd(alice, bob, "frank") })
	p.step("Remove proposed by the joiner", func() error { return p.proposeRemove(bob, alice) })
	p.step("Add proposed by the joiner", func() error { return p.proposeAdd(bob, alice, "grace") })
	p.step("Remove proposed by the creator", func() error { return p.proposeRemove(alice, bob) })
	p.step("newcomer proposes itself to the creator", func() error { return p.ask(alice, "heidi") })
	p.step("newcomer proposes itself to the joiner", func() error { return p.ask(bob, "ivan") })
}

// externals: members that join by themselves. Before each, everyone renews their
// path, since ts-mls takes no tree with unmerged leaves at several depths.
func (p *play) externals(alice, bob party) {
	p.step("Update commits of all", p.refresh)
	p.step("external join by the creator's GroupInfo", func() error { return p.join(alice, "dave") })
	p.step("external join by the joiner's GroupInfo", func() error { return p.join(bob, "erin") })
	p.step("messages after the external joins", p.messages)
	p.step("rejoin of the joiner (resync)", func() error { return p.external(alice, bob, true) })
	p.step("rejoin of the creator (resync)", func() error { return p.external(bob, alice, true) })
}

// refresh lets everyone commit an Update.
func (p *play) refresh() error {
	for _, m := range p.members {
		if err := p.commit(m, change{}); err != nil {
			return err
		}
	}
	return nil
}

// removals ends with alice, bob and one more.
func (p *play) removals(alice, bob party) {
	last := func() party { return p.others(alice)[len(p.members)-2] }
	p.step("remove by the creator", func() error {
		if len(p.members) < 4 { // the external joins were left out
			if err := p.add(bob, "dave"); err != nil {
				return err
			}
		}
		return p.remove(alice, last())
	})
	p.step("remove by the joiner", func() error { return p.remove(bob, last()) })
	p.step("messages after the removals", p.messages)
}

// succession: groups that follow this one. What cannot be done comes last, since
// it may leave nothing to go on with.
func (p *play) succession(alice, bob party, s *suite) {
	p.step("branch by the creator", func() error {
		return p.follow(alice, succession{usage: "branch", groupID: []byte("branch 1 " + p.t.Name()), suite: s})
	})
	p.step("branch by the joiner", func() error {
		return p.follow(bob, succession{usage: "branch", groupID: []byte("branch 2 " + p.t.Name()), suite: s})
	})
	p.step("messages in a branch", func() error {
		if !p.branched {
			return errPeerCannot
		}
		return p.messages()
	})
	other := otherSuite(s)
	p.step("reinit by the creator", func() error { return p.reinit(alice, bob, "3", other) })
	p.step("reinit by the joiner", func() error {
		if p.over {
			return errPeerCannot
		}
		return p.reinit(bob, alice, "4", s)
	})
}

// reinit: x commits to a ReInit and y begins the new group, of suite s.
func (p *play) reinit(x, y party, tag string, s *suite) error {
	next := succession{usage: "reinit", groupID: []byte(tag + p.t.Name()), suite: s}
	if err := p.commit(x, change{reinit: &next}); err != nil {
		return err
	}
	p.over = true
	if err := p.follow(y, next); err != nil {
		return err
	}
	p.over = false
	return p.messages()
}

// otherSuite returns a suite that is not s.
func otherSuite(s *suite) *suite {
	if s.id == public.SuiteX25519 {
		return known(public.ChaCha20())[0]
	}
	return known(public.X25519())[0]
}

// TestCoreCrypto plays the scenario with core-crypto, which has no suite with
// X448.
func TestCoreCrypto(t *testing.T) {
	n := start(t, coreCrypto)
	for _, s := range without(rfcSuites(), public.SuiteX448, public.SuiteX448ChaCha20) {
		playBoth(t, coreCrypto, n, s)
	}
}
