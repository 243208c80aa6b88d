package client_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"parley/client"
	"parley/wire"
)

// A guard stands before a server, and lets no message through until the platform's captcha was
// answered. It is used by one goroutine at a time.
type guard struct {
	client.Transport
	w      *world
	open   bool
	tried  int
	tokens []string // of answers
}

const guardPage = "https://who.example/check"

// Call implements [client.Transport].
func (g *guard) Call(ctx context.Context, op wire.Operation, token, request []byte) ([]byte, error) {
	switch op {
	case wire.OpAnswerChallenge:
		var a wire.AnswerChallengeRequest
		if err := wire.Unmarshal(request, &a); err != nil {
			return nil, err
		}
		p := wire.Puzzle{Token: a.Token, Bits: wire.MinBits}
		if g.tokens = append(g.tokens, string(a.Token)); a.Captcha != "a quince" || !p.Solved(a.N) {
			return nil, &wire.Error{Code: wire.CodeBadAnswer}
		}
		g.open = true
		return wire.Marshal(wire.Empty{})
	case wire.OpSend:
		if g.open {
			break
		}
		g.tried++
		return nil, &wire.Error{Code: wire.CodeChallenge, RetryAfter: time.Minute.Milliseconds(), Puzzle: &wire.Puzzle{
			Token: []byte{byte(g.tried)}, Bits: wire.MinBits, Expires: g.w.clock.now().Add(10 * time.Minute).UnixMilli(), Captcha: guardPage,
		}}
	}
	return g.Transport.Call(ctx, op, token, request)
}

func (p *person) guarded() *guard {
	g := &guard{w: p.w}
	p.reopen(func(cfg *client.Config) { g.Transport, cfg.Transport = cfg.Transport, g })
	return g
}

// TestCaptchaInOutbox: a message for which the platform asks for a person stays in the outbox; that is said,
// and the server isn't asked again and again meanwhile. It goes once somebody has answered.
func TestCaptchaInOutbox(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	room := alice.room().Room
	alice.sync()
	g := alice.guarded()
	challenged := func(what string, err error) {
		t.Helper()
		var w *wire.Error
		if !errors.As(err, &w) || w.Puzzle == nil || w.Puzzle.Captcha != guardPage {
			t.Errorf("%s: got %v, want what the platform asks", what, err)
		}
	}
	if page := alice.AskedCaptcha(); page != "" {
		t.Errorf("before: %q is asked", page)
	}
	id, err := alice.Send(ctx, room, "a word")
	challenged("a message", err)
	if v, lerr := alice.Lookup(ctx, id); !errors.Is(err, client.ErrQueued) || lerr != nil || v.State != client.StateQueued {
		t.Errorf("a message: %v, state %q, %v; want it kept", err, v.State, lerr)
	}
	_, err = alice.Send(ctx, room, "another")
	challenged("another", err)
	for range 3 {
		challenged("a look", alice.Sync(ctx))
	}
	if page := alice.AskedCaptcha(); page != guardPage || g.tried != 1 {
		t.Errorf("asked at %q after %d tries; want one", page, g.tried)
	}
	w.clock.advance(time.Minute)
	challenged("when the time to wait is over", alice.Sync(ctx))
	if g.tried != 2 {
		t.Errorf("%d tries after the time to wait; want a second", g.tried)
	}
	for _, wrong := range []string{"", "a pear"} {
		if err := alice.AnswerCaptcha(ctx, wrong); !errors.Is(err, &wire.Error{Code: wire.CodeBadAnswer}) || alice.AskedCaptcha() == "" {
			t.Errorf("the answer %q: got %v", wrong, err)
		}
	}
	alice.ok(alice.AnswerCaptcha(ctx, "a quince"))
	if page := alice.AskedCaptcha(); page != "" {
		t.Errorf("after the answer %q is asked", page)
	}
	alice.sync()
	bob.want("hello", "a word", "another")
}

// TestCaptchaElsewhere: another process answers what this device was asked; and what was asked isn't for ever.
func TestCaptchaElsewhere(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	g := alice.guarded()
	_, err := alice.Send(ctx, alice.room().Room, "a word")
	var refusal *wire.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("a message: %v", err)
	}
	w.clock.advance(10 * time.Minute)
	if page := alice.AskedCaptcha(); page != "" {
		t.Errorf("after ten minutes %q is asked", page)
	}
	alice.reopen(func(cfg *client.Config) { cfg.Transport = g })
	if err := alice.AnswerCaptcha(ctx, "a quince"); !errors.Is(err, &wire.Error{Code: wire.CodeBadAnswer}) {
		t.Errorf("who was asked nothing answers: %v", err)
	}
	alice.ok(alice.AnswerPuzzle(ctx, refusal.Puzzle, "a quince"))
	alice.sync()
	bob.want("hello", "a word")
	if len(g.tokens) != 1 || g.tokens[0] != string(refusal.Puzzle.Token) {
		t.Errorf("answers of %q; want one, of what was asked", g.tokens)
	}
}
