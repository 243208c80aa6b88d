package server_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

// tight makes a world where two conversations with strangers are many, and two more
// can be paid for.
func tight(t *testing.T, change ...func(*server.Config)) *world {
	return ruled(t, append([]func(*server.Config){func(c *server.Config) {
		c.Rates.YoungConversation = server.Rate{Burst: 2, Every: time.Hour}
		c.Rates.Challenge = server.Rate{Burst: 2, Every: time.Hour}
	}}, change...)...)
}

// flood has mallory open n conversations with strangers, and returns what came of
// the last.
func flood(w *world, mallory *device, n int) (last *device, err error) {
	for i := range n {
		last = w.person(fmt.Sprintf("victim-%s-%d", mallory.account.Name(), i))
		_, err = mallory.tryOpening(wire.KindDirect, last)
	}
	return last, err
}

func solve(t testing.TB, p *wire.Puzzle) *wire.AnswerChallengeRequest {
	t.Helper()
	n, ok := p.Solve(func() bool { return true })
	if !ok {
		t.Fatalf("a puzzle of %d bits", p.Bits)
	}
	return &wire.AnswerChallengeRequest{Token: p.Token, N: n}
}

func (d *device) answer(req *wire.AnswerChallengeRequest) error {
	_, err := d.w.AnswerChallenge(d.w.t.Context(), d.name, req)
	return err
}

// TestManyConversations: beyond what an account of its age begins, each costs a
// puzzle, a harder one each time, and at last there is only waiting.
func TestManyConversations(t *testing.T) {
	w := tight(t)
	mallory := w.person("mallory")
	last, err := flood(w, mallory, 3)
	first := refused(t, "a third", err, wire.CodeChallenge)
	if first.Puzzle == nil || first.Puzzle.Bits != wire.MinBits || first.RetryAfter <= 0 || first.Puzzle.Captcha != "" {
		t.Fatalf("%+v", first)
	}
	if err := mallory.answer(solve(t, first.Puzzle)); err != nil {
		t.Fatal(err)
	}
	if _, err := mallory.tryOpening(wire.KindDirect, last); err != nil {
		t.Fatalf("after an answer: %v", err)
	}
	last = w.person("fourth")
	_, err = mallory.tryOpening(wire.KindDirect, last)
	second := refused(t, "a fourth", err, wire.CodeChallenge)
	if second.Puzzle.Bits <= first.Puzzle.Bits {
		t.Errorf("the second puzzle has %d bits, the first %d", second.Puzzle.Bits, first.Puzzle.Bits)
	}
	if err := mallory.answer(solve(t, second.Puzzle)); err != nil {
		t.Fatal(err)
	}
	req, err := mallory.tryOpening(wire.KindDirect, last)
	if err != nil {
		t.Fatalf("after a second answer: %v", err)
	}
	if _, err := w.OpenRoom(t.Context(), mallory.name, req); err != nil {
		t.Errorf("the same request again: %v", err)
	}
	_, err = mallory.tryOpening(wire.KindDirect, w.person("fifth"))
	if e := refused(t, "a fifth", err, wire.CodeRateLimited); e.RetryAfter <= 0 {
		t.Errorf("RetryAfter = %d", e.RetryAfter)
	}
	w.pass(2 * time.Hour)
	if _, err := mallory.tryOpening(wire.KindDirect, w.person("sixth")); err != nil {
		t.Errorf("two hours later: %v", err)
	}
}

// TestOlderAccounts: an account that isn't young any more begins more.
func TestOlderAccounts(t *testing.T) {
	w := tight(t, func(c *server.Config) { c.Rates.Conversation = server.Rate{Burst: 5, Every: time.Hour} })
	old := w.person("old")
	w.pass(8 * 24 * time.Hour)
	if _, err := flood(w, old, 5); err != nil {
		t.Errorf("five: %v", err)
	}
	_, err := flood(w, w.person("young"), 3)
	refused(t, "three of a young one", err, wire.CodeChallenge)
}

// TestFriendsAreFree: whom one knows costs nothing.
func TestFriendsAreFree(t *testing.T) {
	w := tight(t)
	alice := w.person("alice")
	for i := range 5 {
		friend := w.person(fmt.Sprintf("friend%d", i))
		friend.relate(wire.RelationAccepted, alice)
		if _, err := alice.tryOpening(wire.KindDirect, friend); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPendingRequests: only so many requests wait at once.
func TestPendingRequests(t *testing.T) {
	w := ruled(t, func(c *server.Config) { c.Rates.YoungPending = 3 })
	mallory := w.person("mallory")
	last, err := flood(w, mallory, 4)
	refused(t, "a fourth", err, wire.CodeRateLimited)
	first := w.person("late")
	first.relate(wire.RelationAccepted, mallory)
	if _, err := mallory.tryOpening(wire.KindDirect, first); err != nil {
		t.Errorf("who accepted beforehand: %v", err)
	}
	_, err = mallory.tryOpening(wire.KindDirect, last)
	refused(t, "the fourth again", err, wire.CodeRateLimited)
}

// TestOldRequests: what nobody answered for a month doesn't keep an account from
// others; it is a request still.
func TestOldRequests(t *testing.T) {
	w := ruled(t, func(c *server.Config) { c.Rates.YoungPending, c.Rates.Pending = 3, 3 })
	mallory, bob := w.person("mallory"), w.person("bob")
	room := mallory.room(wire.KindDirect, bob)
	if err := mallory.send(room, "hello"); err != nil {
		t.Fatal(err)
	}
	first := mallory.group
	_, err := flood(w, mallory, 3)
	refused(t, "a fourth", err, wire.CodeRateLimited)
	w.pass(31 * 24 * time.Hour)
	mallory.open()
	for i := range 3 {
		if _, err := mallory.tryOpening(wire.KindDirect, w.person(fmt.Sprintf("later%d", i))); err != nil {
			t.Fatalf("a month later: %v", err)
		}
	}
	_, err = mallory.tryOpening(wire.KindDirect, w.person("last"))
	refused(t, "a fourth of this month", err, wire.CodeRateLimited)
	mallory.group = first
	refused(t, "a second message to bob", mallory.send(room, "still there?"), wire.CodeRequestPending)
	bob.open()
	bob.relate(wire.RelationAccepted, mallory)
	if err := errors.Join(mallory.send(room, "thank you"), mallory.send(room, "and so on")); err != nil {
		t.Errorf("accepted: %v", err)
	}
}

// TestProofIsOnesOwn: a proof of work can't be replayed, shared, kept, or used for
// something else.
func TestProofIsOnesOwn(t *testing.T) {
	w := tight(t)
	mallory, mate := w.person("mallory"), w.person("mate")
	last, err := flood(w, mallory, 3)
	answer := solve(t, refused(t, "a third", err, wire.CodeChallenge).Puzzle)

	refused(t, "shared", mate.answer(answer), wire.CodeBadAnswer)
	wrong := *answer
	wrong.N++
	if (&wire.Puzzle{Token: answer.Token, Bits: wire.MinBits}).Solved(wrong.N) {
		wrong.N += 2
	}
	refused(t, "another number", mallory.answer(&wrong), wire.CodeBadAnswer)
	for i := range answer.Token {
		forged := wire.AnswerChallengeRequest{Token: slices.Clone(answer.Token), N: answer.N}
		forged.Token[i] ^= 1
		if err := mallory.answer(&forged); err == nil {
			t.Errorf("a token with byte %d changed is taken", i)
		}
	}
	refused(t, "cut", mallory.answer(&wire.AnswerChallengeRequest{Token: answer.Token[1:], N: answer.N}), wire.CodeBadAnswer)
	if err := mallory.answer(answer); err != nil {
		t.Fatal(err)
	}
	refused(t, "replayed", mallory.answer(answer), wire.CodeBadAnswer)
	if _, err := mallory.tryOpening(wire.KindDirect, last); err != nil {
		t.Fatal(err)
	}
	refused(t, "replayed after it paid", mallory.answer(answer), wire.CodeBadAnswer)
	_, err = mallory.tryOpening(wire.KindDirect, w.person("next"))
	late := solve(t, refused(t, "it pays once", err, wire.CodeChallenge).Puzzle)
	w.pass(11 * time.Minute)
	refused(t, "late", mallory.answer(late), wire.CodeBadAnswer)
	refused(t, "replayed when it is forgotten", mallory.answer(answer), wire.CodeBadAnswer)
}

// TestProofOnTwoNodes: it is single use across the nodes of a site.
func TestProofOnTwoNodes(t *testing.T) {
	store := memstore.New()
	w := tight(t, func(c *server.Config) { c.Store = store })
	other := tight(t, func(c *server.Config) { c.Store = store })
	mallory := w.person("mallory")
	_, err := flood(w, mallory, 3)
	answer := solve(t, refused(t, "a third", err, wire.CodeChallenge).Puzzle)
	if err := mallory.answer(answer); err != nil {
		t.Fatal(err)
	}
	if _, err := other.AnswerChallenge(t.Context(), mallory.name, answer); !errors.Is(err, &wire.Error{Code: wire.CodeBadAnswer}) {
		t.Errorf("at another node: %v", err)
	}
}

// captchaOf takes one word as an answer.
type captchaOf string

func (c captchaOf) Page() string { return "https://example.org/check" }

func (c captchaOf) Verify(_ context.Context, answer string) (bool, error) {
	if answer == "" {
		return false, errors.New("down")
	}
	return answer == string(c), nil
}

// TestCaptcha: after many puzzles the platform's captcha is asked for.
func TestCaptcha(t *testing.T) {
	w := tight(t, func(c *server.Config) {
		c.Captcha, c.Rates.Challenge = captchaOf("human"), server.Rate{Burst: 1, Every: time.Hour}
	})
	mallory := w.person("mallory")
	last, err := flood(w, mallory, 3)
	if err := mallory.answer(solve(t, refused(t, "a third", err, wire.CodeChallenge).Puzzle)); err != nil {
		t.Fatal(err)
	}
	if _, err := mallory.tryOpening(wire.KindDirect, last); err != nil {
		t.Fatal(err)
	}
	_, err = mallory.tryOpening(wire.KindDirect, w.person("fourth"))
	p := refused(t, "a fourth", err, wire.CodeChallenge).Puzzle
	if p.Captcha != "https://example.org/check" || p.Bits != wire.MinBits {
		t.Fatalf("%+v; want the captcha's page, and the easiest puzzle", p)
	}
	answer := solve(t, p)
	refused(t, "without it", mallory.answer(answer), wire.CodeBadAnswer)
	answer.Captcha = "robot"
	refused(t, "a wrong one", mallory.answer(answer), wire.CodeBadAnswer)
	answer.Captcha = "human"
	if err := mallory.answer(answer); err != nil {
		t.Error(err)
	}
}

// TestPolicyChallenges: a policy may ask for a puzzle of every stranger.
func TestPolicyChallenges(t *testing.T) {
	w := newWorld(t, func(c *server.Config) {
		c.Policy = rules(t, "p", "rule all\n  on message, group_add\n  then challenge\n")
	})
	alice, bob := w.person("alice"), w.person("bob")
	_, err := alice.tryOpening(wire.KindDirect, bob)
	e := refused(t, "a conversation", err, wire.CodeChallenge)
	if err := alice.answer(solve(t, e.Puzzle)); err != nil {
		t.Fatal(err)
	}
	room := alice.room(wire.KindDirect, bob)
	if err := alice.send(room, "hello"); err != nil {
		t.Error(err)
	}
	refused(t, "a second message", alice.send(room, "more"), wire.CodeRequestPending)
}

// TestAttackHoarded: who collects puzzles while they are easy, and solves them all, has
// no more of them than who solves one after the other.
func TestAttackHoarded(t *testing.T) {
	w := tight(t)
	mallory := w.person("mallory")
	_, err := flood(w, mallory, 3)
	hoard := []*wire.Puzzle{refused(t, "a third", err, wire.CodeChallenge).Puzzle}
	for i := range 5 {
		_, err := mallory.tryOpening(wire.KindDirect, w.person(fmt.Sprintf("hoard%d", i)))
		hoard = append(hoard, refused(t, "another", err, wire.CodeChallenge).Puzzle)
	}
	for _, p := range hoard {
		_ = mallory.answer(solve(t, p))
	}
	opened := 0
	for i := range 6 {
		if _, err := mallory.tryOpening(wire.KindDirect, w.person(fmt.Sprintf("late%d", i))); err == nil {
			opened++
		}
	}
	if opened > 2 {
		t.Errorf("six puzzles that were collected paid for %d conversations; want 2 at most", opened)
	}
}

// TestAttackEasyPuzzles: nor may they be as easy as the first.
func TestAttackEasyPuzzles(t *testing.T) {
	w := tight(t, func(c *server.Config) { c.Rates.Challenge = server.Rate{Burst: 16, Every: time.Hour} })
	mallory := w.person("mallory")
	_, err := flood(w, mallory, 3)
	hoard := []*wire.Puzzle{refused(t, "a third", err, wire.CodeChallenge).Puzzle}
	for i := range 15 {
		_, err := mallory.tryOpening(wire.KindDirect, w.person(fmt.Sprintf("hoard%d", i)))
		hoard = append(hoard, refused(t, "another", err, wire.CodeChallenge).Puzzle)
	}
	taken := 0
	for _, p := range hoard {
		if mallory.answer(solve(t, p)) == nil {
			taken++
		}
	}
	if taken < 2 || taken > 8 {
		t.Errorf("%d of 16 puzzles of %d bits are taken; want some, and then harder ones", taken, hoard[0].Bits)
	}
}

// TestProofOfAnotherKind: what was solved to begin a conversation adds nobody to a group.
func TestProofOfAnotherKind(t *testing.T) {
	w := tight(t, func(c *server.Config) { c.Rates.YoungGroupAdd = server.Rate{Burst: 1, Every: time.Hour} })
	mallory, mate := w.person("mallory"), w.person("mate")
	mate.relate(wire.RelationAccepted, mallory)
	_, err := flood(w, mallory, 3)
	answer := solve(t, refused(t, "a third", err, wire.CodeChallenge).Puzzle)
	if _, err := mallory.tryOpening(wire.KindGroup, mate, w.person("added")); err != nil {
		t.Fatal(err)
	}
	if err := mallory.answer(answer); err != nil {
		t.Fatal(err)
	}
	_, err = mallory.tryOpening(wire.KindGroup, mate, w.person("another"))
	refused(t, "a group, by what was solved for a conversation", err, wire.CodeChallenge)
	if _, err := mallory.tryOpening(wire.KindDirect, w.person("victim")); err != nil {
		t.Errorf("the conversation that it was solved for: %v", err)
	}
}
