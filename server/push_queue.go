package server

import (
	"container/heap"
	"context"
	"hash/maphash"
	"sync"
	"time"

	"parley/identity"
)

// Bounds of what is remembered of who is to be woken.
const (
	maxPushQueue  = 1 << 16 // accounts that wait to be looked at
	maxPushRecent = 1 << 16 // accounts with subscriptions that were looked at lately
	maxSilent     = 1 << 20 // accounts without, in each of two generations
	pushWorkers   = 16      // accounts looked at at once
	pushTime      = time.Minute
)

// pushes are the accounts whose devices may have to be woken, each with the time
// when that is looked at. Whatever it forgets is made up for by the next message.
type pushes struct {
	times PushTimes
	on    bool
	wake  chan struct{} // the first of queue has changed

	mu     sync.Mutex // guards what follows
	byName map[identity.Account]*pushTurn
	queue  pushHeap
	looks  int                            // that run
	recent map[identity.Account]time.Time // that have subscriptions: until then there is no other look
	silent silent

	forgotten uint64 // counts calls of forget
}

// A pushTurn is an account that waits.
type pushTurn struct {
	account identity.Account
	due     time.Time
	tries   int // that have failed
	index   int // in the heap
}

func (p *pushes) init(times PushTimes, on bool) {
	times.setDefaults()
	p.times, p.on, p.wake = times, on, make(chan struct{}, 1)
	p.byName, p.recent = map[identity.Account]*pushTurn{}, map[identity.Account]time.Time{}
	p.silent.life, p.silent.seed = p.times.Nobody, maphash.MakeSeed()
}

// grown says that the mailboxes of accounts have grown, by sender's doing, whose own
// other devices aren't woken for it. It doesn't block.
func (p *pushes) grown(accounts []identity.Account, sender identity.Device) {
	if !p.on {
		return
	}
	now := time.Now()
	if p.silent.all(accounts, sender, now) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range accounts {
		if owns(a, sender) || p.silent.has(a, now) {
			continue
		}
		due := now.Add(p.times.Grace)
		if until := p.recent[a]; due.Before(until) {
			due = until
		}
		switch t := p.byName[a]; {
		case t == nil:
			p.add(&pushTurn{account: a, due: due})
		case due.Before(t.due): // it waits to be tried again
			t.due, t.tries = due, 0
			heap.Fix(&p.queue, t.index)
			p.first(t)
		}
	}
}

// add queues a turn, if there is room. The caller holds mu.
func (p *pushes) add(t *pushTurn) {
	if len(p.queue) >= maxPushQueue {
		return
	}
	p.byName[t.account] = t
	heap.Push(&p.queue, t)
	p.first(t)
}

// first wakes who waits for the first of the queue, if that is t.
func (p *pushes) first(t *pushTurn) {
	if t.index == 0 {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

// again queues an account once more, after a while.
func (p *pushes) again(account identity.Account, after time.Duration, tries int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byName[account] == nil {
		p.add(&pushTurn{account: account, due: time.Now().Add(after), tries: tries})
	}
}

// looking returns what to give to looked after a look that begins now.
func (p *pushes) looking() (forgotten uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.forgotten
}

// looked remembers a look at account, for which nobody has subscribed or somebody
// has: unless somebody did meanwhile.
func (p *pushes) looked(account identity.Account, nobody bool, forgotten uint64) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if nobody {
		if p.forgotten == forgotten {
			p.silent.add(account, now)
		}
		return
	}
	if len(p.recent) >= maxPushRecent {
		clear(p.recent) // they are looked at a little early
	}
	p.recent[account] = now.Add(p.times.Pause)
}

// forget has account looked at as if it never had been: it has subscribed.
func (p *pushes) forget(account identity.Account) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forgotten++
	delete(p.recent, account)
	p.silent.remove(account)
}

// next takes the turn that is due, or returns how long until one may be.
func (p *pushes) next(now time.Time) (t *pushTurn, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		return nil, time.Hour
	}
	if wait := p.queue[0].due.Sub(now); wait > 0 {
		return nil, wait
	}
	t = heap.Pop(&p.queue).(*pushTurn)
	delete(p.byName, t.account)
	p.looks++
	return t, 0
}

// ended says that a look is over that next began.
func (p *pushes) ended() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looks--
}

// waiting returns how many accounts wait, or are looked at.
func (p *pushes) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue) + p.looks
}

// run looks at accounts when they are due, a few at once, until ctx ends; it
// returns when no look runs.
func (p *pushes) run(ctx context.Context, look func(ctx context.Context, t *pushTurn)) {
	var running sync.WaitGroup
	defer running.Wait()
	room := make(chan struct{}, pushWorkers)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		t, wait := p.next(time.Now())
		if t == nil {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-p.wake:
			case <-ctx.Done():
			}
			continue
		}
		room <- struct{}{}
		running.Go(func() {
			defer func() { <-room }()
			defer p.ended()
			bounded, cancel := context.WithTimeout(ctx, pushTime)
			defer cancel()
			look(bounded, t)
		})
	}
}

// A pushHeap is a heap by due (container/heap).
type pushHeap []*pushTurn

func (h pushHeap) Len() int           { return len(h) }
func (h pushHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }

func (h pushHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *pushHeap) Push(x any) {
	t := x.(*pushTurn)
	t.index = len(*h)
	*h = append(*h, t)
}

// Pop implements heap.Interface.
func (h *pushHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last], *h = nil, (*h)[:last]
	return t
}

// silent are the accounts for which nobody has subscribed, as far as is known: by
// hash, in two generations, each for half of life. Messages only read it, so that on
// a site where few subscribe they don't wait for each other here.
type silent struct {
	life time.Duration
	seed maphash.Seed

	mu         sync.RWMutex // guards what follows
	young, old map[uint64]struct{}
	turn       time.Time // when young was begun
}

// all reports whether each of accounts is one, but for the sender's.
func (s *silent) all(accounts []identity.Account, sender identity.Device, now time.Time) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, a := range accounts {
		if !s.holds(a, now) && !owns(a, sender) {
			return false
		}
	}
	return true
}

func (s *silent) has(account identity.Account, now time.Time) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.holds(account, now)
}

// holds is has, while mu is held.
func (s *silent) holds(account identity.Account, now time.Time) bool {
	hash, since := maphash.String(s.seed, string(account)), now.Sub(s.turn)
	if _, young := s.young[hash]; young {
		return since <= s.life
	}
	_, old := s.old[hash]
	return old && since <= s.life/2
}

func (s *silent) add(account identity.Account, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age(now)
	s.young[maphash.String(s.seed, string(account))] = struct{}{}
}

func (s *silent) remove(account identity.Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hash := maphash.String(s.seed, string(account))
	delete(s.young, hash)
	delete(s.old, hash)
}

// age begins the next generation when it is time, or this one is full.
func (s *silent) age(now time.Time) {
	since := now.Sub(s.turn)
	if s.young != nil && len(s.young) < maxSilent && since <= s.life/2 {
		return
	}
	s.old, s.young, s.turn = s.young, map[uint64]struct{}{}, now
	if since > s.life {
		s.old = nil
	}
}
