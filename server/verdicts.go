package server

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"parley/identity"
)

// verdicts remembers between whom messages are let through, so that a conversation
// pays for the policy at most once in a while: when the policy, a relation or a fact
// changes, and every verdictTime.
type verdicts struct {
	seed   maphash.Seed
	life   time.Duration
	policy atomic.Uint64               // counts policies
	marks  [verdictMarks]atomic.Uint64 // count what changed about the accounts that fall to each
	shards [shards]verdictShard        // by sender
}

const (
	verdictTime  = 10 * time.Minute
	verdictMarks = 1 << 12
	maxVerdicts  = 1 << 12 // in one generation of one shard
)

// A verdictShard keeps two generations: see [sessionShard].
type verdictShard struct {
	mu         sync.Mutex // guards what follows
	young, old map[verdictPair]verdict
}

type verdictPair struct{ from, to identity.Account }

// A verdict is that messages pass. It is good while what it was decided by is so.
type verdict struct {
	mark    verdictMark
	expires int64 // Unix nanoseconds
}

// A verdictMark is what verdicts are decided by.
type verdictMark struct{ policy, from, to uint64 }

// init sets how long a verdict lasts: where there are other nodes, no longer than a
// lost hint of theirs may matter.
func (v *verdicts) init(poll time.Duration) {
	v.seed, v.life = maphash.MakeSeed(), verdictTime
	if poll > 0 {
		v.life = min(poll, verdictTime)
	}
}

func (v *verdicts) of(a identity.Account) *atomic.Uint64 {
	return &v.marks[maphash.String(v.seed, string(a))%verdictMarks]
}

// mark returns what to give to put, from before what it is decided by is read.
func (v *verdicts) mark(p verdictPair) verdictMark {
	return verdictMark{v.policy.Load(), v.of(p.from).Load(), v.of(p.to).Load()}
}

// passes reports whether messages pass, as far as is remembered.
func (v *verdicts) passes(p verdictPair, now time.Time) bool {
	s := &v.shards[shardOf(string(p.from))]
	s.mu.Lock()
	have, ok := s.young[p]
	if !ok {
		if have, ok = s.old[p]; ok {
			s.keep(p, have)
		}
	}
	s.mu.Unlock()
	left := have.expires - now.UnixNano()
	return ok && have.mark == v.mark(p) && left > 0 && left <= int64(v.life) // no longer: the clock went back
}

// put remembers that messages pass.
func (v *verdicts) put(p verdictPair, mark verdictMark, now time.Time) {
	s := &v.shards[shardOf(string(p.from))]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(p, verdict{mark, now.Add(v.life).UnixNano()})
}

func (s *verdictShard) keep(p verdictPair, have verdict) {
	if s.young == nil || len(s.young) >= maxVerdicts {
		s.old, s.young = s.young, map[verdictPair]verdict{}
	}
	s.young[p] = have
}

// forget has whatever concerns account decided anew.
func (v *verdicts) forget(account identity.Account) { v.of(account).Add(1) }

// forgetAll has everything decided anew.
func (v *verdicts) forgetAll() { v.policy.Add(1) }
