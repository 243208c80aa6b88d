package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"

	"parley/identity"
	"parley/wire"
)

// A proof is what a request shows to be of an account's person: either a login or
// a passkey's answer. An answer counts for one purpose alone, however often the
// request for that is repeated.
type proof struct {
	login, passkey []byte
	purpose        []byte
}

// prove returns nil if p proves account; wrong_login or bad_passkey alike where
// there is no such account. Failed attempts are limited, for the account and for
// the address that they come from.
func (s *Server) prove(ctx context.Context, from string, account identity.Account, p proof) error {
	switch {
	case len(p.passkey) == 0:
		_, err := s.login(ctx, from, account, p.login)
		return err
	case len(p.login) > 0:
		return badRequest("A passkey takes the place of a login.")
	}
	release, err := s.limiters.reserve(s.steady(), attempt{s.limiters.login, string(account)}, attempt{s.limiters.address, from})
	if err != nil {
		return err
	}
	if err := s.usePasskey(ctx, account, p); err != nil {
		return err
	}
	release() // only what fails counts
	return nil
}

// usePasskey checks a passkey's answer for account, and keeps that its challenge
// was answered, and for what.
func (s *Server) usePasskey(ctx context.Context, account identity.Account, p proof) error {
	challenge, err := s.answered(wire.PasskeyLogin, account, p.passkey)
	if err != nil {
		return err
	}
	turn := s.passkeys.turn(account)
	turn.Lock()
	defer turn.Unlock()
	known, err := s.passkeysOf(ctx, account)
	if err != nil {
		return err
	}
	which, count, err := s.cfg.Passkeys.Used(p.passkey, challenge, s.passkeys.user(account), known)
	if errors.Is(err, ErrBadPasskey) {
		return errBadPasskey
	}
	if err != nil {
		return err
	}
	purpose := sha256.Sum256(p.purpose)
	used := passkeyUse{Nonce: passkeyNonceOf(challenge), For: purpose[:], Expires: passkeyExpires(challenge)}
	next, err := known[which].after(used, count, s.nowMS())
	if err != nil || next == nil {
		return err
	}
	err = s.store.UpdateRecords(ctx, RecordUpdate{Account: account, Kind: RecordPasskey, Put: []KeyValue{next.record()}, Max: 0})
	if errors.Is(err, ErrTooMany) { // it was removed meanwhile: it isn't put back
		return errBadPasskey
	}
	return err
}

// after returns the passkey after it has answered a challenge; nil where it
// answered that one already for the same. An answer for something else is refused,
// and so is a count that doesn't grow: the passkey was copied out of its
// authenticator, or the answer is an old one (WebAuthn, Section 6.1.1).
func (p *Passkey) after(used passkeyUse, count uint32, now int64) (*Passkey, error) {
	next := *p
	next.Answered = nil
	for _, before := range p.Answered {
		if bytes.Equal(before.Nonce, used.Nonce) {
			if !bytes.Equal(before.For, used.For) {
				return nil, errBadPasskey
			}
			return nil, nil
		}
		if before.Expires > now {
			next.Answered = append(next.Answered, before)
		}
	}
	if (count != 0 || p.Count != 0) && count <= p.Count {
		return nil, errBadPasskey
	}
	if len(next.Answered) >= maxAnswered {
		refusal := wire.Refuse(wire.CodeRateLimited, "Too many attempts; wait a little.")
		refusal.RetryAfter = next.Answered[0].Expires - now
		return nil, refusal
	}
	next.Count, next.Answered, next.UsedDay = count, append(next.Answered, used), now/dayMS
	return &next, nil
}
