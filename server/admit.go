package server

import (
	"sync"
	"time"

	"parley/wire"
)

// Who takes requests from clients asks Admit, AdmitAnonymous, AdmitStream and
// AdmitConnection before it does any work for them. Each either takes what the
// request costs from its allowances, or refuses with how long to wait: rate_limited
// where the caller had enough, unavailable while the server drains.

// Admit admits a request of a session, whose body has size bytes. It costs the
// device one operation, and if it is a message or a signal one of those; and the
// account its bytes. unauthorized if the session has ended; suspended or limited if
// its account may not do op.
func (s *Server) Admit(session *Session, op wire.Operation, size int) error {
	if s.draining() {
		return errDraining()
	}
	now := s.steady()
	if session.over(now) {
		return errUnauthorized
	}
	if err := session.mayDo(op, now); err != nil {
		return err
	}
	if wait := s.allow.requests.take(session.requests, now, 1); wait > 0 {
		return s.limited(wait)
	}
	if op == wire.OpSend {
		if wait := s.allow.sends.take(session.sends, now, 1); wait > 0 {
			return s.limited(wait)
		}
	}
	if op == wire.OpSignal {
		if wait := s.allow.signals.take(s.allow.signals.of(string(session.Device), now), now, 1); wait > 0 {
			return s.limited(wait)
		}
	}
	if wait := s.allow.bytes.take(session.bytes, now, size); wait > 0 {
		return s.limited(wait)
	}
	return nil
}

// AdmitAnonymous admits a request without a session, which costs the address that
// it comes from one operation.
func (s *Server) AdmitAnonymous(address string, _ wire.Operation, _ int) error {
	if s.draining() {
		return errDraining()
	}
	now := s.steady()
	if wait := s.allow.anonymous.take(s.allow.anonymous.of(address, now), now, 1); wait > 0 {
		return s.limited(wait)
	}
	return nil
}

// AdmitConnection admits a connection for a stream from address, until release is
// called, which is safe to call twice.
func (s *Server) AdmitConnection(address string) (release func(), err error) {
	return s.admitOpen(&s.allow.connections, address, s.cfg.Rates.Connections)
}

// AdmitStream admits an open stream of the session's account, until release is
// called, which is safe to call twice.
func (s *Server) AdmitStream(session *Session) (release func(), err error) {
	return s.admitOpen(&s.allow.streams, string(session.account), s.cfg.Rates.Streams)
}

func (s *Server) admitOpen(c *counts, key string, most int) (release func(), err error) {
	if s.draining() {
		return nil, errDraining()
	}
	if !c.enter(key, most) {
		return nil, s.limited(openWait)
	}
	return sync.OnceFunc(func() { c.leave(key) }), nil
}

// openWait is what a client is told to wait that has too much open.
const openWait = 5 * time.Second

// limited is a refusal of someone who had enough.
func (s *Server) limited(wait time.Duration) error {
	s.stats.limited.Add(1)
	e := wire.Refuse(wire.CodeRateLimited, "Too many requests; wait a little.")
	e.RetryAfter = wait.Milliseconds() + 1
	return e
}

// An allow holds what each device, account and address may still do.
type allow struct {
	requests, sends      allowances // of devices
	signals              allowances // of devices
	bytes                allowances // of accounts
	anonymous            allowances // of addresses
	streams, connections counts
}

func (a *allow) init(r Rates) {
	a.requests.init(r.Request)
	a.sends.init(r.Send)
	a.signals.init(r.Signal)
	a.anonymous.init(r.Anonymous)
	a.bytes.initQuota(r.Bytes, time.Hour)
}

// counts counts what is open for each key. Its size is that of what is open.
type counts struct {
	shards [shards]struct {
		mu    sync.Mutex // guards byKey
		byKey map[string]int
	}
}

// enter reports whether fewer than most were open for key, and counts one more if
// so. most below 0 is no bound.
func (c *counts) enter(key string, most int) bool {
	s := &c.shards[shardOf(key)]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey == nil {
		s.byKey = map[string]int{}
	}
	if most >= 0 && s.byKey[key] >= most {
		return false
	}
	s.byKey[key]++
	return true
}

func (c *counts) leave(key string) {
	s := &c.shards[shardOf(key)]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey[key]--; s.byKey[key] <= 0 {
		delete(s.byKey, key)
	}
}
