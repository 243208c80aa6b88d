package server_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"parley/server"
	"parley/wire"
)

// TestAttackTwoNodes: who goes from node to node has no more than who stays at one:
// neither conversations nor puzzles that are as easy as the first.
func TestAttackTwoNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newSite(t, 2, func(c *server.Config) {
			c.Policy = rules(t, "default", "")
			c.Rates.YoungConversation = server.Rate{Burst: 2, Every: time.Hour}
			c.Rates.Challenge = server.Rate{Burst: 2, Every: time.Hour}
		})
		mallory := st.nodes[0].person("mallory")
		there := mallory.at(st.nodes[1])
		var bits []uint8
		for i := range 4 {
			at := []*device{mallory, there}[i%2]
			victim := st.nodes[0].person(fmt.Sprintf("victim%d", i))
			_, err := at.tryOpening(wire.KindDirect, victim)
			if i < 2 {
				if err != nil {
					t.Fatalf("conversation %d: %v", i, err)
				}
			} else {
				p := refused(t, fmt.Sprintf("conversation %d", i), err, wire.CodeChallenge).Puzzle
				if p == nil {
					t.FailNow()
				}
				bits = append(bits, p.Bits)
				if err := at.answer(solve(t, p)); err != nil {
					t.Fatal(err)
				}
				if _, err := at.tryOpening(wire.KindDirect, victim); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait() // the other node has heard
		}
		if bits[1] <= bits[0] {
			t.Errorf("puzzles of %d and %d bits; want the second one harder", bits[0], bits[1])
		}
		for i, at := range []*device{mallory, there} {
			_, err := at.tryOpening(wire.KindDirect, st.nodes[0].person(fmt.Sprintf("last%d", i)))
			refused(t, "beyond all puzzles", err, wire.CodeRateLimited)
		}
	})
}

// TestAttackManyAdded: one request adds no more strangers than an account adds in
// all, and one puzzle pays for a few.
func TestAttackManyAdded(t *testing.T) {
	w := ruled(t, func(c *server.Config) { c.Rates.YoungGroupAdd = server.Rate{Burst: 12, Every: time.Hour} })
	mallory, mate := w.person("mallory"), w.person("mate")
	mate.relate(wire.RelationAccepted, mallory)
	strangers := []*device{mate}
	for i := range 21 {
		strangers = append(strangers, w.person(fmt.Sprintf("stranger%d", i)))
	}
	_, err := mallory.tryOpening(wire.KindGroup, strangers[:14]...)
	refused(t, "13 strangers where 12 are most", err, wire.CodeTooLarge)
	if _, err := mallory.tryOpening(wire.KindGroup, strangers[:13]...); err != nil {
		t.Fatalf("12 strangers: %v", err)
	}
	_, err = mallory.tryOpening(wire.KindGroup, strangers[:11]...)
	refused(t, "10 more", err, wire.CodeRateLimited)
	_, err = mallory.tryOpening(wire.KindGroup, strangers[:9]...)
	answer := solve(t, refused(t, "8 more", err, wire.CodeChallenge).Puzzle)
	if err := mallory.answer(answer); err != nil {
		t.Fatal(err)
	}
	if _, err := mallory.tryOpening(wire.KindGroup, strangers[:9]...); err != nil {
		t.Errorf("8 more, paid for: %v", err)
	}
}

// TestAttackParallelProof: of requests at once at two nodes, a proof pays for one.
func TestAttackParallelProof(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newSite(t, 2, func(c *server.Config) {
			c.Policy = rules(t, "default", "")
			c.Rates.YoungConversation = server.Rate{Burst: 1, Every: time.Hour}
		})
		mallory := st.nodes[0].person("mallory")
		if _, err := mallory.tryOpening(wire.KindDirect, st.nodes[0].person("first")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		reqs := make([]*wire.OpenRoomRequest, 8)
		for i := range reqs {
			reqs[i] = mallory.opening(wire.KindDirect, st.nodes[0].person(fmt.Sprintf("victim%d", i)))
		}
		_, err := st.nodes[0].OpenRoom(t.Context(), mallory.name, reqs[0])
		if err := mallory.answer(solve(t, refused(t, "a second", err, wire.CodeChallenge).Puzzle)); err != nil {
			t.Fatal(err)
		}
		opened := make([]bool, len(reqs))
		atOnce(len(reqs), func(i int) {
			_, err := st.nodes[i%2].OpenRoom(t.Context(), mallory.name, reqs[i])
			opened[i] = err == nil
		})
		n := 0
		for _, ok := range opened {
			if ok {
				n++
			}
		}
		if n != 1 {
			t.Errorf("one proof paid for %d conversations", n)
		}
	})
}
