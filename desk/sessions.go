package desk

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"

	"parley/desk/audit"
	"parley/desk/deskapi"
)

// A Session is somebody who has signed in: Secret goes into the cookie and nowhere
// else, CSRF to the page.
type Session struct {
	Secret string
	CSRF   string
	Actor  Actor
}

func (d *Desk) newSession(personID string) (s Session, record session, hash string) {
	s.Secret, hash = newSecret()
	s.CSRF, _ = newSecret()
	s.Actor.ID = personID
	return s, session{Person: personID, SinceMS: d.nowMS(), SeenMS: d.nowMS(), CSRF: s.CSRF}, hash
}

// PasskeysOf returns a person's passkeys, for checking an answer.
func (d *Desk) PasskeysOf(ctx context.Context, personID string) ([]Passkey, error) {
	var p person
	if ok, err := d.getRecord(ctx, keyPerson+personID, &p); err != nil || !ok || p.Disabled {
		return nil, orUnauthenticated(err)
	}
	return p.Passkeys, nil
}

func orUnauthenticated(err error) error {
	if err != nil {
		return err
	}
	return refuse(deskapi.Unauthenticated, "Sign in.")
}

// SignedIn begins a session of a person whose which-th passkey has proven them, and
// has counted so far.
func (d *Desk) SignedIn(ctx context.Context, personID string, which int, count uint32) (Session, error) {
	s, record, hash := d.newSession(personID)
	err := d.commit(ctx, audit.Event{Actor: personID, Action: audit.SignedIn, Subject: personID}, func(t *draft, _ *audit.Event) error {
		var p person
		if ok, err := t.get(keyPerson+personID, &p); err != nil || !ok || p.Disabled || which >= len(p.Passkeys) {
			return orUnauthenticated(err)
		}
		if old := &p.Passkeys[which]; count <= old.Count && (count > 0 || old.Count > 0) {
			return refuse(deskapi.Unauthenticated, "This passkey may have been copied.") // WebAuthn, Section 7.2
		}
		p.Passkeys[which].Count, p.SeenMS = count, d.nowMS()
		return errors.Join(t.put(keyPerson+p.ID, &p), t.put(keySession+hash, record))
	})
	return s, err
}

// SignInFailed is a line of the log.
func (d *Desk) SignInFailed() error { return d.look(Actor{ID: "nobody"}, audit.SignInFailed, "", nil) }

// Authenticate returns whose session a cookie's secret is, and its CSRF value. The
// role is the person's as it is now.
func (d *Desk) Authenticate(ctx context.Context, secret string) (Actor, string, error) {
	var s session
	key := keySession + hashOf(secret)
	if ok, err := d.getRecord(ctx, key, &s); err != nil || !ok {
		return Actor{}, "", orUnauthenticated(err)
	}
	now := d.nowMS()
	if now >= s.SeenMS+sessionIdle.Milliseconds() || now >= s.SinceMS+sessionLife.Milliseconds() {
		return Actor{}, "", orUnauthenticated(nil)
	}
	if now >= s.SeenMS+60_000 {
		s.SeenMS = now
		if err := d.set(ctx, func(t *draft) error { return t.put(key, s) }); err != nil {
			return Actor{}, "", err
		}
	}
	a, err := d.actor(ctx, s.Person)
	return a, s.CSRF, err
}

// AuthenticateToken returns whose token for scripts it is.
func (d *Desk) AuthenticateToken(ctx context.Context, secret string) (Actor, error) {
	var tok token
	if ok, err := d.getRecord(ctx, keyToken+hashOf(secret), &tok); err != nil || !ok || d.nowMS() >= tok.EndsMS {
		return Actor{}, orUnauthenticated(err)
	}
	return d.actor(ctx, tok.Person)
}

func (d *Desk) actor(ctx context.Context, id string) (Actor, error) {
	var p person
	if ok, err := d.getRecord(ctx, keyPerson+id, &p); err != nil || !ok || p.Disabled {
		return Actor{}, orUnauthenticated(err)
	}
	return Actor{ID: p.ID, Name: p.Name, Role: p.Role}, nil
}

// SameCSRF compares what a request says with what the session has, in constant time.
func SameCSRF(got, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// SignOut ends a session.
func (d *Desk) SignOut(ctx context.Context, who Actor, secret string) error {
	return d.commit(ctx, audit.Event{Actor: who.ID, Action: audit.SignedOut, Subject: who.ID}, func(t *draft, _ *audit.Event) error {
		t.remove(keySession + hashOf(secret))
		return nil
	})
}

// NewToken makes a token for the person's scripts; the one before ends.
func (d *Desk) NewToken(ctx context.Context, who Actor, _ deskapi.Nothing) (deskapi.Token, error) {
	secret, hash := newSecret()
	ends := d.now().Add(tokenLife).UnixMilli()
	err := d.commit(ctx, audit.Event{Actor: who.ID, Action: audit.TokenMade, Subject: who.ID}, func(t *draft, _ *audit.Event) error {
		var p person
		if ok, err := t.get(keyPerson+who.ID, &p); err != nil || !ok || p.Disabled {
			return orUnauthenticated(err)
		}
		if p.Token != "" {
			t.remove(keyToken + p.Token)
		}
		p.Token = hash
		return errors.Join(t.put(keyPerson+p.ID, &p), t.put(keyToken+hash, token{p.ID, ends}))
	})
	return deskapi.Token{Token: secret, EndsMS: ends}, err
}

// JoinWithToken is Join for who has no browser: what was invited gets a token for
// scripts in the link's place. Only the desk's own machine offers it.
func JoinWithToken(ctx context.Context, c Config, in deskapi.Invitation) (deskapi.Token, error) {
	d := newDesk(c)
	_, secret, _ := strings.Cut(in.Link, inviteMark)
	p, err := d.Invited(ctx, secret)
	if err != nil {
		return deskapi.Token{}, err
	}
	t, err := d.NewToken(ctx, Actor{ID: p.ID}, deskapi.Nothing{})
	if err != nil {
		return t, err
	}
	return t, d.set(ctx, func(dr *draft) error { dr.remove(keyInvite + hashOf(secret)); return nil })
}

// sweep forgets sessions, links, tokens and reveals whose time is over.
func (d *Desk) sweep(ctx context.Context) error {
	var gone []string
	now := d.nowMS()
	over := func(prefix string, ended func(key string) (bool, error)) error {
		keys, err := d.keysOf(ctx, prefix)
		for _, key := range keys {
			if end, e := ended(key); e != nil {
				err = errors.Join(err, e)
			} else if end {
				gone = append(gone, key)
			}
		}
		return err
	}
	err := errors.Join(
		over(keySession, func(key string) (bool, error) {
			var s session
			_, err := d.getRecord(ctx, key, &s)
			return now >= s.SeenMS+sessionIdle.Milliseconds() || now >= s.SinceMS+sessionLife.Milliseconds(), err
		}),
		over(keyInvite, func(key string) (bool, error) {
			var in invite
			_, err := d.getRecord(ctx, key, &in)
			return now >= in.EndsMS, err
		}),
		over(keyToken, func(key string) (bool, error) {
			var tok token
			_, err := d.getRecord(ctx, key, &tok)
			return now >= tok.EndsMS, err
		}),
		over(keyReveal, func(key string) (bool, error) {
			var r reveal
			_, err := d.getRecord(ctx, key, &r)
			return now >= r.AtMS+revealLife.Milliseconds(), err
		}),
	)
	if err != nil || len(gone) == 0 {
		return err
	}
	return d.set(ctx, func(t *draft) error {
		for _, key := range slices.Compact(gone) {
			t.remove(key)
		}
		return nil
	})
}
