package server

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"parley/identity"
)

// Bounds of what is remembered of verified tokens.
const (
	shards     = 64
	maxYoung   = 1 << 10 // sessions of one generation in one shard
	maxRecheck = 1 << 16 // accounts that wait to be looked at again
)

// shardOf spreads keys over shards, eight bytes at a time: FNV-1a over words. It is
// the same in each run, so that a simulation replays.
func shardOf[T string | []byte](key T) int {
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	i := 0
	for ; i+8 <= len(key); i += 8 {
		w := uint64(key[i]) | uint64(key[i+1])<<8 | uint64(key[i+2])<<16 | uint64(key[i+3])<<24 |
			uint64(key[i+4])<<32 | uint64(key[i+5])<<40 | uint64(key[i+6])<<48 | uint64(key[i+7])<<56
		h = (h ^ w) * prime
		h ^= h >> 29 // the word's last byte is in the highest bits alone
	}
	for ; i < len(key); i++ {
		h = (h ^ uint64(key[i])) * prime
	}
	return int((h * 0x9e3779b97f4a7c15) >> 32 % shards) // the golden ratio's bits
}

// sessions remembers tokens that were verified, in shards by the account's name.
// All of it may be forgotten at any time: a token is verified again then.
type sessions struct{ shards [shards]sessionShard }

func (t *sessions) shard(name []byte) *sessionShard { return &t.shards[shardOf(name)] }

// A sessionShard keeps two generations of sessions. When the young one is full
// it becomes the old one, and what is used of that moves over.
type sessionShard struct {
	mu         sync.Mutex // guards what follows
	young, old map[[sha256.Size]byte]*Session
	changed    uint64 // counts the changes of its accounts' lists
}

// get returns the session of a token's hash, nil if it isn't remembered, and what
// to give to add.
func (s *sessionShard) get(hash [sha256.Size]byte) (session *Session, changed uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if session = s.young[hash]; session == nil {
		if session = s.old[hash]; session != nil {
			delete(s.old, hash)
			s.put(hash, session)
		}
	}
	return session, s.changed
}

// add remembers a session and returns the one that stands for the token. Not ok
// if a list of the shard's has changed since get.
func (s *sessionShard) add(hash [sha256.Size]byte, session *Session, changed uint64) (*Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed != changed {
		return nil, false
	}
	if other := s.young[hash]; other != nil {
		return other, true
	}
	s.put(hash, session)
	return session, true
}

func (s *sessionShard) put(hash [sha256.Size]byte, session *Session) {
	if s.young == nil || len(s.young) >= maxYoung {
		s.old, s.young = s.young, map[[sha256.Size]byte]*Session{}
	}
	s.young[hash] = session
}

// remove forgets session if hash still stands for it.
func (s *sessionShard) remove(hash [sha256.Size]byte, session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.young[hash] == session {
		delete(s.young, hash)
	}
}

// touch forgets the sessions of account, so that each is verified again, and
// returns them.
func (t *sessions) touch(account identity.Account) (all []*Session) {
	s := t.shard([]byte(account.Name()))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed++
	for _, m := range []map[[sha256.Size]byte]*Session{s.young, s.old} {
		for hash, session := range m {
			if session.account == account {
				delete(m, hash)
				all = append(all, session)
			}
		}
	}
	return all
}

// of returns the sessions of account, and has those that are being verified verified
// again.
func (t *sessions) of(account identity.Account) (all []*Session) {
	s := t.shard([]byte(account.Name()))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed++
	for _, m := range []map[[sha256.Size]byte]*Session{s.young, s.old} {
		for _, session := range m {
			if session.account == account {
				all = append(all, session)
			}
		}
	}
	return all
}

// expire forgets what has expired.
func (t *sessions) expire(now time.Time) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		for _, m := range []map[[sha256.Size]byte]*Session{s.young, s.old} {
			for hash, session := range m {
				if !now.Before(session.Expires) {
					delete(m, hash)
				}
			}
		}
		s.mu.Unlock()
	}
}

// count returns how many sessions are remembered.
func (t *sessions) count() (n int) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		n += len(s.young) + len(s.old)
		s.mu.Unlock()
	}
	return n
}

// A recheck looks at the lists of accounts that another node has changed, one
// after another, and ends the sessions that don't stand on them any more.
type recheck struct {
	mu      sync.Mutex // guards what follows
	waiting map[identity.Account][]*Session
	running bool
}

// recheckLater has the sessions of account looked at soon. It doesn't block.
// Where too many wait, they are looked at when they are due.
func (s *Server) recheckLater(account identity.Account) {
	all := append(s.sessions.touch(account), s.hub.sessions(account)...)
	for _, session := range all {
		session.checked.Store(0)
	}
	if len(all) == 0 {
		return
	}
	r := &s.recheck
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) >= maxRecheck {
		return
	}
	if r.waiting == nil {
		r.waiting = map[identity.Account][]*Session{}
	}
	r.waiting[account] = all
	if !r.running {
		r.running = true
		go s.recheckAll()
	}
}

// recheckAll ends when nobody waits.
func (s *Server) recheckAll() {
	for {
		all, ok := s.recheck.next()
		if !ok {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), checkTime)
		for _, session := range all {
			s.check(ctx, session) // if it fails it stays due
			s.hub.notify([]identity.Account{session.account})
		}
		cancel()
	}
}

// next takes one account that waits.
func (r *recheck) next() ([]*Session, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for account, all := range r.waiting {
		delete(r.waiting, account)
		return all, true
	}
	r.running = false
	return nil, false
}
