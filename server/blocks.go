package server

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"parley/identity"
	"parley/wire"
)

// blocks remembers whom accounts have blocked, so that a message costs no read of
// the store. What an account changes here is seen by the next look; what it changes
// at another node once that node's hint is there, and after [Config.Poll] if the
// hint is lost.
type blocks struct {
	seed   maphash.Seed
	poll   time.Duration // 0: this is the only node
	shards [shards]blockShard
}

// Bounds of what is remembered, in one generation of one shard: most accounts
// block nobody.
const (
	maxBlockers = 1 << 11 // accounts
	maxBlocked  = 1 << 13 // accounts that they have blocked
)

// A blockShard keeps two generations: see [sessionShard].
type blockShard struct {
	mu         sync.Mutex // guards what follows
	young, old map[identity.Account]blockSet
	size       int    // accounts blocked, of young
	changed    uint64 // counts what was forgotten
}

// A blockSet is whom one account has blocked.
type blockSet struct {
	hashes []uint64 // sorted; seeded, so that nobody makes two alike
	read   int64    // Unix nanoseconds
}

func (b *blocks) init(poll time.Duration) { b.seed, b.poll = maphash.MakeSeed(), poll }

func (b *blocks) hash(a identity.Account) uint64 { return maphash.String(b.seed, string(a)) }

func (b *blocks) shard(a identity.Account) *blockShard { return &b.shards[shardOf(string(a))] }

// get returns what is remembered of account and not too old, and what to give to
// put.
func (b *blocks) get(account identity.Account, now time.Time) (set blockSet, ok bool, changed uint64) {
	s := b.shard(account)
	s.mu.Lock()
	defer s.mu.Unlock()
	if set, ok = s.young[account]; !ok {
		if set, ok = s.old[account]; ok {
			delete(s.old, account)
			s.keep(account, set)
		}
	}
	if b.poll > 0 && ok && uint64(now.UnixNano()-set.read) >= uint64(b.poll) { // also if the clock went back
		ok = false
	}
	return set, ok, s.changed
}

// put remembers a set that was read since get, unless one of the shard's was
// forgotten meanwhile.
func (b *blocks) put(account identity.Account, set blockSet, changed uint64) {
	s := b.shard(account)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == changed {
		s.keep(account, set)
	}
}

func (s *blockShard) keep(account identity.Account, set blockSet) {
	s.size -= len(s.young[account].hashes)
	if s.young == nil || len(s.young) >= maxBlockers || s.size >= maxBlocked {
		s.old, s.young, s.size = s.young, map[identity.Account]blockSet{}, 0
	}
	s.young[account] = set
	s.size += len(set.hashes)
}

// forget has account looked at anew.
func (b *blocks) forget(account identity.Account) {
	s := b.shard(account)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed++
	s.size -= len(s.young[account].hashes)
	delete(s.young, account)
	delete(s.old, account)
}

// blocked reports whether account has blocked other.
func (s *Server) blocked(ctx context.Context, account, other identity.Account) (bool, error) {
	var now time.Time
	if s.blocks.poll > 0 { // else nothing becomes too old
		now = s.steady()
	}
	set, ok, changed := s.blocks.get(account, now)
	if !ok {
		var err error
		if set, err = s.readBlocks(ctx, account, now); err != nil {
			return false, err
		}
		s.blocks.put(account, set, changed)
	}
	return set.has(s.blocks.hash(other)), nil
}

// has reports whether an account of this hash is blocked.
func (set blockSet) has(hash uint64) bool {
	_, found := slices.BinarySearch(set.hashes, hash)
	return found
}

// blocksPage is how many blocks are read at once.
const blocksPage = 1000

func (s *Server) readBlocks(ctx context.Context, account identity.Account, now time.Time) (blockSet, error) {
	set := blockSet{read: now.UnixNano()}
	after := identity.Account("")
	for {
		page, err := s.related(ctx, account, wire.RelationBlocked, after, blocksPage)
		if err != nil {
			return set, err
		}
		for _, a := range page {
			set.hashes = append(set.hashes, s.blocks.hash(a))
		}
		if len(page) < blocksPage {
			slices.Sort(set.hashes)
			return set, nil
		}
		after = page[len(page)-1]
	}
}
