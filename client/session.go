package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/wire"
)

// openSession is a token and when it ends.
type openSession struct {
	token   []byte
	expires time.Time
}

// sessionMargin is how long before its end a session is renewed.
const sessionMargin = time.Minute

// call performs an operation that needs a session, opening one first where there
// is none, and once more where the server has forgotten it.
func call[Reply any](ctx context.Context, c *Client, op wire.Operation, request any) (*Reply, error) {
	reply := new(Reply)
	if err := c.exchange(ctx, op, request, reply); err != nil {
		return nil, err
	}
	return reply, nil
}

// callOnce performs one operation.
func callOnce[Reply any](ctx context.Context, t Transport, op wire.Operation, token []byte, request any) (*Reply, error) {
	reply := new(Reply)
	if err := exchangeOnce(ctx, t, op, token, request, reply); err != nil {
		return nil, err
	}
	return reply, nil
}

// exchange is call with the reply's place: what isn't generic is in the page's core
// once.
func (c *Client) exchange(ctx context.Context, op wire.Operation, request, reply any) error {
	for attempt := 0; ; attempt++ {
		token, err := c.token(ctx)
		if err != nil {
			return err
		}
		err = exchangeOnce(ctx, c.cfg.Transport, op, token, request, reply)
		if attempt == 0 && errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}) {
			c.forgetSession(token)
			continue
		}
		if attempt < maxPuzzles && c.solved(ctx, err, token) {
			continue
		}
		if errors.Is(err, &wire.Error{Code: wire.CodeSuspended}) || errors.Is(err, &wire.Error{Code: wire.CodeLimited}) {
			c.noticesDue.Store(true) // a notice says why
		}
		return err
	}
}

// exchangeOnce is callOnce with the reply's place.
func exchangeOnce(ctx context.Context, t Transport, op wire.Operation, token []byte, request, reply any) error {
	body, err := wire.Marshal(request)
	if err != nil {
		return err
	}
	answer, err := t.Call(ctx, op, token, body)
	if err != nil {
		return err
	}
	if err := wire.Unmarshal(answer, reply); err != nil {
		return fmt.Errorf("%w: unreadable answer to %s", ErrOffline, op)
	}
	return nil
}

// SessionToken returns the token of an open session and when it ends, by this
// device's clock, for what doesn't go through the client's transport. It is a secret.
func (c *Client) SessionToken(ctx context.Context) (token []byte, expires time.Time, err error) {
	s, err := c.openSession(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	return s.token, s.expires, nil
}

// token returns the token of an open session.
func (c *Client) token(ctx context.Context) ([]byte, error) {
	s, err := c.openSession(ctx)
	if err != nil {
		return nil, err
	}
	return s.token, nil
}

// openSession returns the session, opening one where there is none. It is never
// changed.
func (c *Client) openSession(ctx context.Context) (*openSession, error) {
	c.sessionMu.Lock()
	defer c.sessionMu.Unlock()
	if c.session != nil && c.now().Add(sessionMargin).Before(c.session.expires) {
		return c.session, nil
	}
	ch, err := callOnce[wire.Challenge](ctx, c.cfg.Transport, wire.OpChallenge, nil, wire.ChallengeRequest{Device: c.self.Device})
	if err != nil {
		return nil, err
	}
	claim := wire.SessionClaim{Origin: c.cfg.Transport.Origin(), Device: c.self.Device, Nonce: ch.Nonce, Expires: ch.Expires}
	body := claim.Marshal()
	s, err := callOnce[wire.Session](ctx, c.cfg.Transport, wire.OpOpenSession, nil,
		wire.OpenSessionRequest{Claim: body, Signature: c.key().SignStatement(wire.UseSession, body)})
	if err != nil {
		return nil, err
	}
	// How long it lasts is told by two of the server's times, whatever the time is
	// here: the challenge's end is later than now.
	c.session = &openSession{s.Token, c.now().Add(time.Duration(s.Expires-ch.Expires) * time.Millisecond)}
	return c.session, nil
}

// forgetSession drops the session if token still is its token.
func (c *Client) forgetSession(token []byte) {
	c.sessionMu.Lock()
	defer c.sessionMu.Unlock()
	if c.session != nil && string(c.session.token) == string(token) {
		c.session = nil
	}
}

// Info asks a server what it is, before there is an account.
func Info(ctx context.Context, t Transport) (*wire.Info, error) {
	return callOnce[wire.Info](ctx, t, wire.OpInfo, nil, wire.InfoRequest{})
}
