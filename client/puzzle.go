package client

import (
	"context"
	"errors"
	"time"

	"parley/identity"
	"parley/wire"
)

// A server that is asked a lot asks for a proof of work: the request is repeated once
// it is solved, and nobody is asked.

// maxPuzzles bounds the puzzles that are solved for one request.
const maxPuzzles = 2

// restEvery is after how many steps of a puzzle others have their turn: a page's core
// has one thread.
const restEvery = 16

// solved answers the puzzle that err asks for, if it does, and reports whether the
// request may be repeated. One that a person has to answer is left to
// [Client.AnswerCaptcha].
func (c *Client) solved(ctx context.Context, err error, token []byte) bool {
	var w *wire.Error
	if !errors.As(err, &w) || w.Code != wire.CodeChallenge || w.Puzzle == nil || len(w.Puzzle.Token) > wire.MaxPuzzle {
		return false
	}
	if w.Puzzle.Captcha != "" {
		c.asked.Store(w.Puzzle)
		return false
	}
	answer, ok := solution(ctx, w.Puzzle)
	return ok && exchangeOnce(ctx, c.cfg.Transport, wire.OpAnswerChallenge, token, answer, new(wire.Empty)) == nil
}

// solution solves a puzzle; false where ctx ends before, or nobody could.
func solution(ctx context.Context, p *wire.Puzzle) (wire.AnswerChallengeRequest, bool) {
	steps := 0
	n, ok := p.Solve(func() bool {
		if steps++; steps%restEvery == 0 {
			time.Sleep(time.Millisecond)
		}
		return ctx.Err() == nil
	})
	return wire.AnswerChallengeRequest{Token: p.Token, N: n}, ok
}

// AnswerCaptcha gives the server what the platform's page (Puzzle.Captcha of the
// refusal) has handed to the person's program, together with the proof of work that
// goes with it. The request that was refused can be made again then; what waits in
// the outbox for it is sent by Run, or the next Sync.
//
// It returns bad_answer where nothing was asked or the answer isn't taken: what was
// asked can then be asked again, by making the request.
func (c *Client) AnswerCaptcha(ctx context.Context, answer string) error {
	return c.AnswerPuzzle(ctx, c.asked.Load(), answer)
}

// AnswerPuzzle is AnswerCaptcha for what another process was asked, a wire.Error's
// Puzzle of this device. It keeps p.
func (c *Client) AnswerPuzzle(ctx context.Context, p *wire.Puzzle, answer string) error {
	if p == nil || answer == "" || len(answer) > wire.MaxCaptcha || len(p.Token) > wire.MaxPuzzle {
		return &wire.Error{Code: wire.CodeBadAnswer}
	}
	request, ok := solution(ctx, p)
	if !ok {
		return ErrOffline
	}
	request.Captcha = answer
	if err := c.exchange(ctx, wire.OpAnswerChallenge, request, new(wire.Empty)); err != nil {
		return err
	}
	c.asked.CompareAndSwap(p, nil)
	c.nudge()
	return nil
}

// AskedCaptcha returns the platform's page that a person is asked to answer at, as
// the server names it; empty where nothing is asked, or not any more.
func (c *Client) AskedCaptcha() string {
	if p := c.asked.Load(); p != nil && c.nowMS() < p.Expires {
		return p.Captcha
	}
	return ""
}

// A hold keeps the messages of a room from being tried again and again, while a
// person is asked for an answer.
type hold struct {
	err   error
	until time.Time // when they may go without
	asked *wire.Puzzle
}

// hold notes that a room waits for a person's answer, if that is what err says.
func (c *Client) hold(room identity.Room, err error) {
	var w *wire.Error
	if errors.As(err, &w) && w.Code == wire.CodeChallenge && w.Puzzle != nil && w.Puzzle == c.asked.Load() {
		if c.holds == nil {
			c.holds = map[identity.Room]hold{}
		}
		c.holds[room] = hold{err, c.now().Add(time.Duration(w.RetryAfter) * time.Millisecond), w.Puzzle}
	}
}

// held returns why a room waits, or nil where it needn't any more.
func (c *Client) held(room identity.Room) error {
	h, ok := c.holds[room]
	if ok && h.asked == c.asked.Load() && c.AskedCaptcha() != "" && c.now().Before(h.until) {
		return h.err
	}
	delete(c.holds, room)
	return nil
}
