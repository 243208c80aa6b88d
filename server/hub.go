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
	account identity.Account
	hub     *hub
}

// Subscribe waits for the mailbox of the session's account. Close it at the end.
func (s *Server) Subscribe(session *Session) *Subscription {
	return s.hub.subscribe(session.Device.Account())
}

func (h *hub) subscribe(account identity.Account) *Subscription {
	c := make(chan struct{}, 1)
	sub := &Subscription{C: c, c: c, account: account, hub: h}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs == nil {
		h.subs = map[identity.Account]map[*Subscription]struct{}{}
	}
	if h.subs[account] == nil {
		h.subs[account] = map[*Subscription]struct{}{}
	}
	h.subs[account][sub] = struct{}{}
	return sub
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
			select {
			case sub.c <- struct{}{}:
			default: // a hint is waiting already
			}
		}
	}
}
