package server

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"parley/identity"
)

// A hub tells who waits for an account's mailbox that it has grown. A hint may
// come for nothing; none is lost that comes after Subscribe. Where a poll is set,
// each also gets a hint every so often, in case another node's was lost.
type hub struct {
	poll   time.Duration // 0: never
	shards [shards]hubShard
	stats  *counters
}

// A hubShard has the accounts whose names fall to it.
type hubShard struct {
	mu   sync.Mutex // guards what follows
	subs map[identity.Account][]*Subscription
	tick *time.Timer // runs while there are subs
	n    int         // how often it has
}

// A Subscription receives on C after the mailbox has grown, or a signal came.
// Several hints may come as one.
type Subscription struct {
	C       <-chan struct{}
	c       chan struct{}
	f       func() // called instead, where there is one
	session *Session
	hub     *hub
	grown   atomic.Bool // the mailbox may have grown since Grown
	waiting waitingSignals
}

// Grown reports whether the mailbox may have grown since it was last asked, or has
// never been. Where it hasn't, a hint was of a signal, or of the session's end.
func (sub *Subscription) Grown() bool { return sub.grown.Swap(false) }

// Subscribe waits for the mailbox of the session's account. Close it at the end.
func (s *Server) Subscribe(session *Session) *Subscription {
	c := make(chan struct{}, 1)
	sub := &Subscription{C: c, c: c, session: session, hub: &s.hub}
	sub.grown.Store(true)
	s.hub.add(sub)
	return sub
}

// Watch is [Server.Subscribe] for who would rather be called than wait: f comes
// in C's place, and also when the session ends before it expires. It must neither
// block nor call the server. It may be called until Close returns.
func (s *Server) Watch(session *Session, f func()) *Subscription {
	sub := &Subscription{f: f, session: session, hub: &s.hub}
	sub.grown.Store(true)
	s.hub.add(sub)
	return sub
}

func (h *hub) shard(account identity.Account) (*hubShard, int) {
	i := shardOf(string(account))
	return &h.shards[i], i
}

func (h *hub) add(sub *Subscription) {
	account := sub.session.account
	s, i := h.shard(account)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subs == nil {
		s.subs = map[identity.Account][]*Subscription{}
	}
	s.subs[account] = append(s.subs[account], sub)
	if h.poll > 0 && s.tick == nil {
		s.tick = time.AfterFunc(h.wait(i, s.n), func() { h.remind(i) })
	}
	h.stats.waiting.Add(1)
}

// Close ends the subscription.
func (sub *Subscription) Close() {
	s, _ := sub.hub.shard(sub.session.account)
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.subs[sub.session.account]
	i := slices.Index(all, sub)
	if i < 0 {
		return
	}
	sub.hub.stats.waiting.Add(-1)
	if len(all) > 1 {
		s.subs[sub.session.account] = slices.Delete(slices.Clone(all), i, i+1)
		return
	}
	delete(s.subs, sub.session.account)
	if len(s.subs) == 0 && s.tick != nil {
		s.tick.Stop()
		s.tick = nil
	}
}

// hint says that the mailbox has grown, unless it was said and not yet heard.
func (sub *Subscription) hint() {
	sub.grown.Store(true)
	sub.wake()
}

func (sub *Subscription) wake() {
	if sub.f != nil {
		sub.f()
		return
	}
	select {
	case sub.c <- struct{}{}:
	default:
	}
}

// notify tells who waits for one of accounts.
func (h *hub) notify(accounts []identity.Account) {
	for _, a := range accounts {
		s, _ := h.shard(a)
		s.mu.Lock()
		for _, sub := range s.subs[a] {
			sub.hint()
		}
		s.mu.Unlock()
	}
}

// remind tells everyone of a shard to look.
func (h *hub) remind(i int) {
	s := &h.shards[i]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tick == nil {
		return
	}
	for _, all := range s.subs {
		for _, sub := range all {
			sub.hint()
			h.stats.polls.Add(1)
		}
	}
	s.n++
	s.tick.Reset(h.wait(i, s.n))
}

// wait returns the time until the n-th look of shard i: between three quarters of
// poll and the whole of it, so that not everyone looks at once.
func (h *hub) wait(i, n int) time.Duration {
	jitter := uint32(i*2654435761+n*40503) >> 4 % 1024
	return h.poll - h.poll/4*time.Duration(jitter)/1024
}

// sessions returns those of account that wait.
func (h *hub) sessions(account identity.Account) (all []*Session) {
	s, _ := h.shard(account)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range s.subs[account] {
		all = append(all, sub.session)
	}
	return all
}

// tell tells who waits here, and the other nodes, that mailboxes have grown.
// accounts must not be changed afterwards.
func (s *Server) tell(accounts []identity.Account) {
	s.hub.notify(accounts)
	if len(accounts) > 0 {
		s.publish(Hint{Mailboxes: accounts})
	}
}

// publish tells the other nodes, where there are any.
func (s *Server) publish(h Hint) {
	if s.cfg.Hints != nil {
		s.stats.hintsSent.Add(1)
		s.cfg.Hints.Publish(h)
	}
}

// tellList tells the other nodes that account has another list.
func (s *Server) tellList(account identity.Account) {
	s.publish(Hint{Lists: []identity.Account{account}})
}

// hinted takes another node's hint. It doesn't block.
func (s *Server) hinted(h Hint) {
	s.stats.hintsReceived.Add(1)
	s.hub.notify(h.Mailboxes)
	for _, a := range h.Lists {
		s.pushes.forget(a)
		s.recheckLater(a)
	}
	for _, a := range h.Relations {
		s.blocks.forget(a)
		s.verdicts.forget(a)
	}
	s.signalLater(h.Signals...)
}
