package server_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"parley/server"
	"parley/wire"
)

// A counted captcha takes one word, as often as it is asked, and counts.
type counted struct {
	word  string
	asked atomic.Int64
}

func (c *counted) Page() string { return "https://example.org/check" }

func (c *counted) Verify(_ context.Context, answer string) (bool, error) {
	c.asked.Add(1)
	return answer == c.word, nil
}

// guarded makes a world in which mallory is asked by the platform's captcha for each
// further conversation; asks returns such a puzzle, solved but for that.
func guarded(t *testing.T) (w *world, mallory *device, captcha *counted, asks func(name string) *wire.AnswerChallengeRequest) {
	captcha = &counted{word: "human"}
	w = tight(t, func(c *server.Config) {
		c.Captcha, c.Rates.Challenge = captcha, server.Rate{Burst: 1, Every: time.Hour}
	})
	mallory = w.person("mallory")
	last, err := flood(w, mallory, 3)
	if err := mallory.answer(solve(t, refused(t, "a third", err, wire.CodeChallenge).Puzzle)); err != nil {
		t.Fatal(err)
	}
	if _, err := mallory.tryOpening(wire.KindDirect, last); err != nil {
		t.Fatal(err)
	}
	return w, mallory, captcha, func(name string) *wire.AnswerChallengeRequest {
		t.Helper()
		_, err := mallory.tryOpening(wire.KindDirect, w.person(name))
		return solve(t, refused(t, name, err, wire.CodeChallenge).Puzzle)
	}
}

// TestCaptchaIsAskedLittle: the platform's captcha isn't asked for what is no answer
// anyhow, and not without end for one account: nobody's answers are found by trying, and
// nobody has the server flood it.
func TestCaptchaIsAskedLittle(t *testing.T) {
	w, mallory, captcha, asks := guarded(t)
	answer := asks("fourth")
	answer.Captcha = "human"
	unsolved := *answer
	for unsolved.N++; (&wire.Puzzle{Token: answer.Token, Bits: wire.MinBits}).Solved(unsolved.N); unsolved.N++ {
	}
	refused(t, "without the work", mallory.answer(&unsolved), wire.CodeBadAnswer)
	refused(t, "of somebody else", w.person("mate").answer(answer), wire.CodeBadAnswer)
	if n := captcha.asked.Load(); n != 0 {
		t.Errorf("it was asked %d times for what is no answer", n)
	}
	if err := mallory.answer(answer); err != nil {
		t.Fatal(err)
	}
	before := captcha.asked.Load()
	refused(t, "replayed", mallory.answer(answer), wire.CodeBadAnswer)
	if n := captcha.asked.Load() - before; n != 0 {
		t.Errorf("it was asked %d times about a replay", n)
	}

	if _, err := mallory.tryOpening(wire.KindDirect, w.person("fifth")); err != nil {
		t.Fatal(err)
	}
	guess := asks("sixth")
	guess.Captcha = "robot"
	for range 1000 {
		if err := mallory.answer(guess); err == nil {
			t.Fatal("a guess is taken")
		}
	}
	if n := captcha.asked.Load() - before; n > 20 {
		t.Errorf("it was asked %d times about 1,000 guesses; want 20 at most", n)
	}
	guess.Captcha = "human"
	refused(t, "right, after too many guesses", mallory.answer(guess), wire.CodeRateLimited)
	w.pass(5 * time.Minute)
	guess.Captcha = "a human"
	refused(t, "wrong, later", mallory.answer(guess), wire.CodeBadAnswer)
}

// TestCaptchaAnswerOnce: what the platform's page gave pays once for an account, also
// where the platform would take it again.
func TestCaptchaAnswerOnce(t *testing.T) {
	w, mallory, _, asks := guarded(t)
	first, second := asks("fourth"), asks("fifth")
	first.Captcha, second.Captcha = "human", "human"
	if err := mallory.answer(first); err != nil {
		t.Fatal(err)
	}
	refused(t, "the same answer to another question", mallory.answer(second), wire.CodeBadAnswer)
	if _, err := mallory.tryOpening(wire.KindDirect, w.person("sixth")); err != nil {
		t.Fatal(err)
	}
	_, err := mallory.tryOpening(wire.KindDirect, w.person("seventh"))
	refused(t, "a second conversation for one answer", err, wire.CodeChallenge)
}
