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
	for attempt := 0; ; attempt++ {
		token, err := c.token(ctx)
		if err != nil {
			return nil, err
		}
		reply, err := callOnce[Reply](ctx, c.cfg.Transport, op, token, request)
		if attempt == 0 && errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}) {
			c.forgetSession(token)
			continue
		}
		return reply, err
	}
}

// callOnce performs one operation.
func callOnce[Reply any](ctx context.Context, t Transport, op wire.Operation, token []byte, request any) (*Reply, error) {
	body, err := wire.Marshal(request)
	if err != nil {
		return nil, err
	}
	answer, err := t.Call(ctx, op, token, body)
	if err != nil {
		return nil, err
	}
	reply := new(Reply)
	if err := wire.Unmarshal(answer, reply); err != nil {
		return nil, fmt.Errorf("%w: unreadable answer to %s", ErrOffline, op)
	}
	return reply, nil
}

// token returns the token of an open session.
func (c *Client) token(ctx context.Context) ([]byte, error) {
	c.sessionMu.Lock()
	defer c.sessionMu.Unlock()
	if c.session != nil && c.now().Add(sessionMargin).Before(c.session.expires) {
		return c.session.token, nil
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
	return s.Token, nil
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
