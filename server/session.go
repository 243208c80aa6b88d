package server

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// How long things last.
const (
	challengeTime = time.Minute
	sessionTime   = time.Hour
)

// maxSessions bounds the sessions of one device; the oldest gives way.
const maxSessions = 16

// A Session is a device that proved itself. It ends at Expires, or earlier, when
// the device leaves its list.
type Session struct {
	Device  identity.Device
	Expires time.Time
	hash    [sha256.Size]byte // of the token
	ended   chan struct{}
}

// Ended is closed when the session ends before it expires.
func (s *Session) Ended() <-chan struct{} { return s.ended }

// sessions are those of this process: they end with it.
type sessions struct {
	mu       sync.Mutex // guards both maps
	byHash   map[[sha256.Size]byte]*Session
	byDevice map[identity.Device][]*Session // oldest first
}

func newSessions() *sessions {
	return &sessions{byHash: map[[sha256.Size]byte]*Session{}, byDevice: map[identity.Device][]*Session{}}
}

func (t *sessions) add(s *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if all := t.byDevice[s.Device]; len(all) >= maxSessions {
		t.drop(all[0])
	}
	t.byHash[s.hash] = s
	t.byDevice[s.Device] = append(t.byDevice[s.Device], s)
}

// drop ends s. The caller holds mu.
func (t *sessions) drop(s *Session) {
	if t.byHash[s.hash] != s {
		return
	}
	delete(t.byHash, s.hash)
	rest := slices.DeleteFunc(slices.Clone(t.byDevice[s.Device]), func(o *Session) bool { return o == s })
	if t.byDevice[s.Device] = rest; len(rest) == 0 {
		delete(t.byDevice, s.Device)
	}
	close(s.ended)
}

func (t *sessions) get(hash [sha256.Size]byte, now time.Time) *Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.byHash[hash]
	if s != nil && !now.Before(s.Expires) {
		t.drop(s)
		return nil
	}
	return s
}

func (t *sessions) remove(s *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop(s)
}

// end ends all sessions of device.
func (t *sessions) end(device identity.Device) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.byDevice[device] {
		t.drop(s)
	}
}

func (t *sessions) expire(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.byHash {
		if !now.Before(s.Expires) {
			t.drop(s)
		}
	}
}

// Authenticate returns the session of a bearer token, or unauthorized.
func (s *Server) Authenticate(token []byte) (*Session, error) {
	if len(token) != wire.TokenSize {
		return nil, errUnauthorized
	}
	session := s.sessions.get(sha256.Sum256(token), s.cfg.Now())
	if session == nil {
		return nil, errUnauthorized
	}
	return session, nil
}

// TimeLeft returns how long session may still last.
func (s *Server) TimeLeft(session *Session) time.Duration { return session.Expires.Sub(s.cfg.Now()) }

// nonces are challenges. Nothing is kept for one until it is used: a nonce is
// random bytes and a MAC that binds them to the device and the expiry. So a
// flood of challenges costs no memory, and an unknown device's is like any
// other.
type nonces struct {
	key  [32]byte
	mu   sync.Mutex // guards what follows
	used [2]map[string]bool
	turn time.Time // when used[0] was begun
}

const nonceRandom = wire.NonceSize / 2

func newNonces() *nonces {
	n := &nonces{}
	rand.Read(n.key[:]) // never fails: crypto/rand ends the program instead
	return n
}

func (n *nonces) make(device identity.Device, expires int64) []byte {
	random := make([]byte, nonceRandom)
	rand.Read(random)
	return append(random, n.mac(random, device, expires)...)
}

func (n *nonces) mac(random []byte, device identity.Device, expires int64) []byte {
	mac := hmac.New(sha256.New, n.key[:])
	mac.Write(binary.BigEndian.AppendUint64(random[:nonceRandom:nonceRandom], uint64(expires)))
	mac.Write([]byte(device))
	return mac.Sum(nil)[:wire.NonceSize-nonceRandom]
}

// valid reports whether nonce was made for device and expires.
func (n *nonces) valid(nonce []byte, device identity.Device, expires int64) bool {
	return len(nonce) == wire.NonceSize && hmac.Equal(nonce[nonceRandom:], n.mac(nonce[:nonceRandom], device, expires))
}

// use reports whether nonce, which is valid, is used for the first time. What is
// used is remembered for longer than a challenge lasts.
func (n *nonces) use(nonce []byte, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.used[0] == nil || now.Sub(n.turn) > challengeTime {
		n.used[1], n.used[0], n.turn = n.used[0], map[string]bool{}, now
	}
	if n.used[0][string(nonce)] || n.used[1][string(nonce)] {
		return false
	}
	n.used[0][string(nonce)] = true
	return true
}

// Challenge begins a session, for any device.
func (s *Server) Challenge(ctx context.Context, req *wire.ChallengeRequest) (*wire.Challenge, error) {
	if _, err := identity.ParseDevice(string(req.Device)); err != nil {
		return nil, badRequest("This is no device.")
	}
	expires := s.cfg.Now().Add(challengeTime).UnixMilli()
	return &wire.Challenge{Nonce: s.nonces.make(req.Device, expires), Expires: expires}, nil
}

// OpenSession gives a session to the device that signed the claim. A device that
// is on no list gets unlisted_device, known or not; any other flaw unauthorized.
func (s *Server) OpenSession(ctx context.Context, req *wire.OpenSessionRequest) (*wire.Session, error) {
	var claim wire.SessionClaim
	if err := cbor.Unmarshal(req.Claim, &claim); err != nil {
		return nil, badRequest("This is no session claim.")
	}
	now := s.cfg.Now()
	if !s.nonces.valid(claim.Nonce, claim.Device, claim.Expires) || claim.Expires <= now.UnixMilli() ||
		!slices.Contains(s.cfg.Origins, claim.Origin) {
		return nil, errUnauthorized
	}
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
	return s.openSession(ctx, claim.Device, key, until)
}

// openSession makes the session first and looks at the list again then, so that
// a list put meanwhile ends it.
func (s *Server) openSession(ctx context.Context, device identity.Device, key identity.PublicKey, until time.Time) (*wire.Session, error) {
	token := make([]byte, wire.TokenSize)
	rand.Read(token)
	session := &Session{Device: device, Expires: until, hash: sha256.Sum256(token), ended: make(chan struct{})}
	s.sessions.add(session)
	again, _, err := s.listedKey(ctx, device)
	if err == nil && again != key {
		err = errUnauthorized
	}
	if err != nil {
		s.sessions.remove(session)
		return nil, err
	}
	return &wire.Session{Token: token, Expires: until.UnixMilli()}, nil
}
