package server

import (
	"sync"

	"parley/identity"
)

// A hub tells who waits for an account's mailbox that it has grown. A hint may
// come for nothing; none is lost that comes after Subscribe. Its zero value is
// ready to use.
type hub struct {
	mu   sync.Mutex // guards subs
	subs map[identity.Account]map[*Subscription]struct{}
}

// A Subscription receives on C after the mailbox has grown. Several hints may
// come as one.
type Subscription struct {
	C       <-chan struct{}
	c       chan struct{}
	f       func() // called instead, where there is one
	account identity.Account
	hub     *hub
}

// Subscribe waits for the mailbox of the session's account. Close it at the end.
func (s *Server) Subscribe(session *Session) *Subscription {
	return s.hub.subscribe(session.Device.Account())
}

// Watch is [Server.Subscribe] for who would rather be called than wait: f comes
// in C's place. It must neither block nor call the server. It may be called until
// Close returns.
func (s *Server) Watch(session *Session, f func()) *Subscription {
	sub := &Subscription{f: f, account: session.Device.Account(), hub: &s.hub}
	s.hub.add(sub)
	return sub
}

func (h *hub) subscribe(account identity.Account) *Subscription {
	c := make(chan struct{}, 1)
	sub := &Subscription{C: c, c: c, account: account, hub: h}
	h.add(sub)
	return sub
}

func (h *hub) add(sub *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	account := sub.account
	if h.subs == nil {
		h.subs = map[identity.Account]map[*Subscription]struct{}{}
	}
	if h.subs[account] == nil {
		h.subs[account] = map[*Subscription]struct{}{}
	}
	h.subs[account][sub] = struct{}{}
}

// Close ends the subscription.
func (sub *Subscription) Close() {
	h := sub.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subs[sub.account], sub)
	if len(h.subs[sub.account]) == 0 {
		delete(h.subs, sub.account)
	}
}

func (h *hub) notify(accounts []identity.Account) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range accounts {
		for sub := range h.subs[a] {
			if sub.f != nil {
				sub.f()
				continue
			}
			select {
			case sub.c <- struct{}{}:
			default: // a hint is waiting already
			}
		}
	}
}
