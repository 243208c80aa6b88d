package hints

import (
	"context"
	"time"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

const (
	maxPending = 1 << 16 // accounts that wait to be published
	maxBatch   = 1 << 10 // accounts of one message: with the longest names, twice as many fit maxPayload
	maxSignals = 1 << 9  // signals that wait to be published, and of one message: they fit maxPayload too
	// rest is how long a batch gathers when the one before it was just sent.
	rest = 250 * time.Microsecond
)

// pending is what the other nodes haven't been told yet. An account that is there
// twice needs to be told once.
type pending struct {
	mailboxes, lists, relations map[identity.Account]struct{}
	signals                     []wire.Signal
}

func (p *pending) len() int { return len(p.mailboxes) + len(p.lists) + len(p.relations) }

// Publish implements [server.Hints]. Where too much waits already, h is lost.
func (n *NATS) Publish(h server.Hint) {
	n.mu.Lock()
	if n.pending.mailboxes == nil {
		n.pending.mailboxes, n.pending.lists = map[identity.Account]struct{}{}, map[identity.Account]struct{}{}
		n.pending.relations = map[identity.Account]struct{}{}
	}
	lost := n.add(n.pending.mailboxes, h.Mailboxes) + n.add(n.pending.lists, h.Lists) + n.add(n.pending.relations, h.Relations)
	for _, signal := range h.Signals {
		if len(n.pending.signals) >= maxSignals {
			lost++
			continue
		}
		n.pending.signals = append(n.pending.signals, signal)
	}
	n.mu.Unlock()
	if lost > 0 {
		n.stats.lost.Add(uint64(lost))
	}
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// add adds accounts to a set of pending and returns how many there was no room
// for. The caller holds mu.
func (n *NATS) add(to map[identity.Account]struct{}, accounts []identity.Account) (lost int) {
	for _, a := range accounts {
		if n.pending.len() >= maxPending {
			lost++
			continue
		}
		to[a] = struct{}{}
	}
	return lost
}

// take takes all that is pending.
func (n *NATS) take() pending {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.pending
	n.pending = pending{}
	return p
}

// publish sends what is pending: at once where it was quiet, else in batches.
func (n *NATS) publish(ctx context.Context) {
	defer close(n.done)
	for {
		select {
		case <-n.wake:
			n.send(n.take())
		case <-ctx.Done():
			n.send(n.take())
			return
		}
		time.Sleep(rest)
	}
}

// send sends p in as many messages as it takes.
func (n *NATS) send(p pending) {
	var h server.Hint
	flush := func() {
		if parts(h) > 0 {
			n.sendHint(h)
		}
		h = server.Hint{}
	}
	if h.Signals = p.signals; len(h.Signals) > maxSignals/4 {
		flush()
	}
	for a := range p.mailboxes {
		if h.Mailboxes = append(h.Mailboxes, a); len(h.Mailboxes) == maxBatch {
			flush()
		}
	}
	for a := range p.lists {
		if h.Lists = append(h.Lists, a); len(h.Mailboxes)+len(h.Lists) >= 2*maxBatch {
			flush()
		}
	}
	flush()
	for a := range p.relations {
		if h.Relations = append(h.Relations, a); len(h.Relations) == maxBatch {
			flush()
		}
	}
	flush()
}

// parts counts what is in h.
func parts(h server.Hint) int {
	return len(h.Mailboxes) + len(h.Lists) + len(h.Relations) + len(h.Signals)
}

func (n *NATS) sendHint(h server.Hint) {
	accounts := uint64(parts(h))
	// It fails while the connection in this process is being made anew: the hint is
	// lost then, as any may be.
	if err := n.conn.Publish(subject, cbor.MustMarshal(h)); err != nil {
		n.stats.lost.Add(accounts)
		return
	}
	n.stats.published.Add(accounts)
	n.stats.messages.Add(1)
}
