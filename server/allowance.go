package server

import (
	"sync"
	"sync/atomic"
	"time"
)

// An allowance is a token bucket in one word: when it will be full again, in Unix
// nanoseconds.
type allowance struct{ full atomic.Int64 }

// allowances are those of one rate, for each key. Those for which there is no
// room share one for each shard.
type allowances struct {
	each   float64 // nanoseconds until one unit is there again; 0: there is no limit
	burst  int64   // nanoseconds until an empty one is full
	shards [shards]allowanceShard
}

type allowanceShard struct {
	mu     sync.Mutex // guards byKey
	byKey  map[string]*allowance
	shared allowance
}

func (a *allowances) init(r Rate) {
	if r.Burst > 0 {
		a.each, a.burst = float64(r.Every), int64(r.Every)*int64(r.Burst)
	}
}

// initQuota sets a limit of n units in each period. n below 1 is none.
func (a *allowances) initQuota(n int64, period time.Duration) {
	if n > 0 {
		a.each, a.burst = float64(period)/float64(n), int64(period)
	}
}

// of returns the allowance of key. It may be kept.
func (a *allowances) of(key string, now time.Time) *allowance {
	if a.each == 0 {
		return nil
	}
	s := &a.shards[shardOf(key)]
	s.mu.Lock()
	defer s.mu.Unlock()
	if have := s.byKey[key]; have != nil {
		return have
	}
	if len(s.byKey) >= maxBuckets/shards {
		s.dropFull(now.UnixNano())
	}
	if len(s.byKey) >= maxBuckets/shards {
		return &s.shared
	}
	if s.byKey == nil {
		s.byKey = map[string]*allowance{}
	}
	fresh := new(allowance)
	s.byKey[key] = fresh
	return fresh
}

// dropFull forgets those that are as if new.
func (s *allowanceShard) dropFull(now int64) {
	for key, have := range s.byKey {
		if have.full.Load() <= now {
			delete(s.byKey, key)
		}
	}
}

// take takes n units from one of a's, or nothing and returns how long to wait.
// More units than there can be are as many as there can be.
func (a *allowances) take(from *allowance, at time.Time, n int) (wait time.Duration) {
	if from == nil {
		return 0
	}
	now, cost := at.UnixNano(), min(int64(float64(n)*a.each), a.burst)
	for {
		full := from.full.Load()
		if full > now+a.burst { // emptier than empty: the clock went back
			from.full.CompareAndSwap(full, now+a.burst)
			continue
		}
		next := max(full, now) + cost
		if next > now+a.burst {
			return time.Duration(next - now - a.burst)
		}
		if from.full.CompareAndSwap(full, next) {
			return 0
		}
	}
}
