package server

import (
	"context"
	"slices"
	"strings"
	"sync"

	"parley/identity"
	"parley/wire"
)

// A signal is passed on and forgotten. The node that takes it gives it to the
// devices that are connected there, and tells the other nodes by a [Hint]; each
// drops it where the account has blocked the sender's. Whatever is too much is
// lost, the oldest first.

// Signal passes a few sealed bytes to the devices of a room that are connected.
// Whether one is, the sender doesn't learn.
func (s *Server) Signal(ctx context.Context, device identity.Device, req *wire.SignalRequest) (*wire.Empty, error) {
	if n := len(req.Data); n == 0 || n > wire.MaxSignal {
		return nil, badRequest("A signal has 1 to 256 bytes.")
	}
	room, err := retry(func() (*Room, error) { return s.roomOf(ctx, device, req.Room) })
	if err != nil {
		return nil, err
	}
	if unheard, err := s.unheard(ctx, room, device); err != nil || unheard {
		return &wire.Empty{}, err // who hasn't accepted isn't told that somebody writes
	}
	s.stats.signals.Add(1)
	signal := wire.Signal{Room: room.Room, Sender: device, Data: slices.Clone(req.Data)}
	s.publish(Hint{Signals: []wire.Signal{signal}})
	return &wire.Empty{}, s.passOn(ctx, room, signal)
}

// passOn gives a signal to who waits here, of the accounts of room.
func (s *Server) passOn(ctx context.Context, room *Room, signal wire.Signal) error {
	sender := signal.Sender.Account()
	for _, a := range room.Accounts {
		if !s.hub.waits(a) {
			continue
		}
		if blocked, err := s.blocked(ctx, a, sender); err != nil {
			return err
		} else if !blocked {
			s.hub.signal(a, signal)
		}
	}
	return nil
}

// maxSignals bounds the signals of other nodes that wait to be passed on.
const maxSignals = 1 << 12

// signals are those of other nodes, on their way.
type signals struct {
	mu      sync.Mutex // guards what follows
	queue   []wire.Signal
	running bool
}

// signalLater passes signals on soon. It doesn't block.
func (s *Server) signalLater(all ...wire.Signal) {
	if len(all) == 0 {
		return
	}
	q := &s.signals
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, signal := range all {
		if len(q.queue) == maxSignals || len(signal.Data) > wire.MaxSignal {
			s.stats.signalsLost.Add(1)
			continue
		}
		q.queue = append(q.queue, signal)
	}
	if !q.running && len(q.queue) > 0 {
		q.running = true
		go s.passAllOn()
	}
}

// passAllOn ends when nothing waits. A signal whose room or relations can't be read
// is lost.
func (s *Server) passAllOn() {
	for {
		all, ok := s.signals.take()
		if !ok {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), checkTime)
		for _, signal := range all {
			if signal.Room == "" {
				s.passOwn(ctx, signal)
				continue
			}
			room, err := s.store.Room(ctx, signal.Room)
			if err == nil {
				err = s.passOn(ctx, room, signal)
			}
			if err != nil {
				s.stats.signalsLost.Add(1)
			}
		}
		cancel()
	}
}

// passOwn does what another node says of an account: it has notices, or used up
// something.
func (s *Server) passOwn(ctx context.Context, signal wire.Signal) {
	account := identity.Account(signal.Sender)
	if what, ok := strings.CutPrefix(string(signal.Data), spentPrefix); ok {
		s.spentElsewhere(ctx, account, what)
		return
	}
	s.passNotices(account)
}

func (q *signals) take() ([]wire.Signal, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.queue
	q.queue, q.running = nil, len(all) > 0
	return all, len(all) > 0
}

// waitingSignals are those that a subscription hasn't taken.
type waitingSignals struct {
	mu  sync.Mutex // guards all
	all []wire.Signal
}

// Signals takes the signals that wait: the newest [wire.MaxSignals].
func (sub *Subscription) Signals() []wire.Signal {
	w := &sub.waiting
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.all
	w.all = nil
	return all
}

// add adds one and reports whether the oldest had to go.
func (w *waitingSignals) add(signal wire.Signal) (lost bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if lost = len(w.all) == wire.MaxSignals; lost {
		w.all = append(w.all[:0], w.all[1:]...)
	}
	w.all = append(w.all, signal)
	return lost
}

// waits reports whether anyone waits for account.
func (h *hub) waits(account identity.Account) bool {
	s, _ := h.shard(account)
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.subs[account]) > 0
}

// signal gives a signal to who waits for account, but its sender.
func (h *hub) signal(account identity.Account, signal wire.Signal) {
	s, _ := h.shard(account)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range s.subs[account] {
		if sub.session.Device == signal.Sender {
			continue
		}
		if sub.waiting.add(signal) {
			h.stats.signalsLost.Add(1)
		}
		sub.wake()
	}
}
