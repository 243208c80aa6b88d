package server

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// How long things last.
const (
	challengeTime = time.Minute
	sessionTime   = time.Hour
	// checkTime bounds a look at a device list that no request waits for.
	checkTime = 10 * time.Second
)

// A Session is a device that proved itself. It ends at Expires, or earlier, when
// the device leaves its list or gets another key. A token may stand for several
// Sessions, one after another or on several nodes.
type Session struct {
	Device  identity.Device
	Expires time.Time

	account  identity.Account
	key      fingerprint
	checked  atomic.Int64  // Unix nanoseconds: when the device list was last looked at
	head     atomic.Uint64 // of the mailbox, when it was
	once     sync.Once
	ended    chan struct{}
	requests *allowance // of the device
	sends    *allowance // of the device
	bytes    *allowance // of the account

	sanctions atomic.Pointer[sanctionSet] // of the account, when they were last looked at; nil: none
}

// A fingerprint is the SHA-256 of a device's signature key.
type fingerprint [sha256.Size]byte

func fingerprintOf(key identity.PublicKey) fingerprint { return sha256.Sum256(key[:]) }

// Ended is closed when the session ends before it expires.
func (s *Session) Ended() <-chan struct{} { return s.ended }

func (s *Session) end() { s.once.Do(func() { close(s.ended) }) }

// over reports whether the session has ended, or expired at now.
func (s *Session) over(now time.Time) bool {
	select {
	case <-s.ended:
		return true
	default:
		return !now.Before(s.Expires)
	}
}

// newSession returns a session of device, whose list was looked at now.
func (s *Server) newSession(device identity.Device, key fingerprint, expires, now time.Time) *Session {
	account := device.Account()
	session := &Session{
		Device: device, Expires: expires, account: account, key: key, ended: make(chan struct{}),
		requests: s.allow.requests.of(string(device), now),
		sends:    s.allow.sends.of(string(device), now),
		bytes:    s.allow.bytes.of(string(account), now),
	}
	session.checked.Store(now.UnixNano())
	return session
}

// Authenticate returns the session of a bearer token, or unauthorized. Any node
// takes a token that another made. What was verified is remembered, so that only
// a first request, and with [Config.Hints] one every [Config.Poll], looks at the
// store: for at most 10 seconds.
func (s *Server) Authenticate(token []byte) (*Session, error) {
	name, ok := tokenName(token)
	if !ok {
		return nil, errUnauthorized
	}
	hash, shard := sha256.Sum256(token), s.sessions.shard(name)
	session, changed := shard.get(hash)
	now := s.steady()
	if session != nil && session.over(now) {
		shard.remove(hash, session)
		return nil, errUnauthorized
	}
	if session != nil && !s.due(session, now) {
		return session, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	if session != nil {
		return session, s.check(ctx, session)
	}
	for range casTries {
		session, err := s.verify(ctx, token, now)
		if err != nil {
			return nil, err
		}
		if kept, ok := shard.add(hash, session, changed); ok {
			return kept, nil
		}
		_, changed = shard.get(hash) // a list changed meanwhile: look again
	}
	return nil, errBusy
}

// verify returns the session that token stands for, as its device's list is now.
func (s *Server) verify(ctx context.Context, token []byte, now time.Time) (*Session, error) {
	made, err := s.tokens.made(ctx, now, token)
	if err != nil {
		return nil, err
	}
	if !made {
		return nil, errUnauthorized
	}
	claim, ok := s.tokens.open(token)
	if !ok || claim.Expires <= now.UnixMilli() {
		return nil, errUnauthorized
	}
	s.stats.verified.Add(1)
	expires := time.UnixMilli(claim.Expires)
	if latest := now.Add(sessionTime + tokenSkew); expires.After(latest) { // then the key is looked at again
		expires = latest
	}
	until, err := s.stillListed(ctx, claim.device, claim.fingerprint())
	if err != nil {
		return nil, err
	}
	if !until.IsZero() && until.Before(expires) {
		expires = until
	}
	session := s.newSession(claim.device, claim.fingerprint(), expires, now)
	return session, s.learnSanctions(ctx, session)
}

// stillListed returns unauthorized unless device is listed with key, and until
// when it is: zero where that isn't known.
func (s *Server) stillListed(ctx context.Context, device identity.Device, key fingerprint) (until time.Time, err error) {
	listed, until, err := s.listedKey(ctx, device)
	refusal, refused := err.(*wire.Error)
	switch {
	case refused && refusal.Code == wire.CodeUnlistedDevice, err == nil && fingerprintOf(listed) != key:
		return until, errUnauthorized
	case err != nil:
		return until, err
	}
	return until, nil
}

// due reports whether session's list has to be looked at: another node may have
// changed it without a hint.
func (s *Server) due(session *Session, now time.Time) bool {
	checked := session.checked.Load()
	if checked == 0 {
		return true
	}
	if s.cfg.Hints == nil {
		return false
	}
	since := now.Sub(time.Unix(0, checked))
	return since > s.cfg.Poll || since < -s.cfg.Poll // the clock may have jumped
}

// check looks at the list of session's device. unauthorized if the session is over.
func (s *Server) check(ctx context.Context, session *Session) error {
	now := s.steady()
	until, err := s.stillListed(ctx, session.Device, session.key)
	if err == nil && !until.IsZero() && until.Before(session.Expires) {
		err = errUnauthorized // the next one of the same token ends in time
	}
	if err == errUnauthorized {
		session.end()
		return err
	}
	if err == nil {
		err = s.learnSanctions(ctx, session)
	}
	if err == nil {
		session.checked.Store(now.UnixNano())
	}
	return err
}

// TimeLeft returns how long session may still last.
func (s *Server) TimeLeft(session *Session) time.Duration { return session.Expires.Sub(s.steady()) }

// Challenge begins a session, for any device.
func (s *Server) Challenge(ctx context.Context, req *wire.ChallengeRequest) (*wire.Challenge, error) {
	if _, err := identity.ParseDevice(string(req.Device)); err != nil {
		return nil, badRequest("This is no device.")
	}
	expires := s.steady().Add(challengeTime).UnixMilli()
	return &wire.Challenge{Nonce: s.nonces.make(req.Device, expires), Expires: expires}, nil
}

// OpenSession gives a session to the device that signed the claim. A device that
// is on no list gets unlisted_device, known or not; any other flaw unauthorized.
// The challenge may be another node's.
func (s *Server) OpenSession(ctx context.Context, req *wire.OpenSessionRequest) (*wire.Session, error) {
	var claim wire.SessionClaim
	if err := cbor.Unmarshal(req.Claim, &claim); err != nil {
		return nil, badRequest("This is no session claim.")
	}
	now := s.steady()
	if !s.nonces.valid(claim.Nonce, claim.Device, claim.Expires) || claim.Expires <= now.UnixMilli() ||
		!slices.Contains(s.cfg.Origins, claim.Origin) {
		return nil, errUnauthorized
	}
	shard := s.sessions.shard([]byte(claim.Device.Account().Name()))
	_, changed := shard.get([sha256.Size]byte{})
	key, until, err := s.listedKey(ctx, claim.Device)
	if err != nil {
		return nil, err
	}
	if key.VerifyStatement(wire.UseSession, req.Claim, req.Signature) != nil || !s.nonces.use(claim.Nonce, now) {
		return nil, errUnauthorized
	}
	if _, err := s.limiters.reserve(now, attempt{s.limiters.session, string(claim.Device)}); err != nil {
		return nil, err
	}
	if hour := now.Add(sessionTime); until.IsZero() || until.After(hour) {
		until = hour
	}
	token, err := s.tokens.make(ctx, now, claim.Device, fingerprintOf(key), until.UnixMilli())
	if err != nil {
		return nil, err
	}
	s.stats.opened.Add(1)
	// If the list has changed meanwhile, who brings the token is looked up then.
	session := s.newSession(claim.Device, fingerprintOf(key), until, now)
	if err := s.learnSanctions(ctx, session); err != nil {
		return nil, err
	}
	shard.add(sha256.Sum256(token), session, changed)
	s.noteSeen(ctx, claim.Device, now) // who can't be noted, as on a full disk, can still read
	return &wire.Session{Token: token, Expires: until.UnixMilli()}, nil
}

// endSessions ends, at once, what stands on leaves that are no more: all of one
// account. The other nodes are told.
func (s *Server) endSessions(account identity.Account, gone []Leaf) {
	if len(gone) == 0 {
		return
	}
	all := append(s.sessions.touch(account), s.hub.sessions(account)...)
	for _, leaf := range gone {
		key := fingerprintOf(leaf.Key)
		for _, session := range all {
			if session.Device == leaf.Device && session.key == key {
				session.end()
			}
		}
	}
	s.hub.notify([]identity.Account{account})
}
