package pebblestore

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"parley/identity"
	"parley/server"
)

// sweepStep is how many accounts are swept in one group, so that messages are
// taken in between.
const sweepStep = 64

// Sweep implements [server.Store]. It is many small transactions: where it
// fails, the next one goes on.
func (s *Store) Sweep(ctx context.Context, limits server.SweepLimits) error {
	cutoff, err := s.cutoff(limits.Envelopes)
	if err != nil {
		return err
	}
	accounts, err := s.allAccounts()
	if err != nil {
		return err
	}
	for step := range slices.Chunk(accounts, sweepStep) {
		err := s.doAlone(ctx, func(t *tx) error { return t.sweepMailboxes(step, cutoff) })
		if err != nil {
			return err
		}
	}
	return s.doAlone(ctx, func(t *tx) error { return t.sweepRest(limits, cutoff) })
}

// cutoff returns the id of the first envelope accepted at ms or later.
func (s *Store) cutoff(ms int64) (id uint64, err error) {
	err = s.read(func(w *view) error {
		next, err := w.get([]byte{keyNext})
		if err != nil {
			return err
		}
		id = number(next)
		return w.scan([]byte{keyEnvelope}, func(key, value []byte) (bool, error) {
			r, err := decode[envelopeRecord](value)
			if err == nil && r.Envelope.AcceptedMS >= ms {
				id = number(key[1:])
				return false, nil
			}
			return true, err
		})
	})
	return id, err
}

func (s *Store) allAccounts() (accounts []identity.Account, err error) {
	err = s.read(func(w *view) error {
		return w.scan([]byte{keyAccount}, func(key, _ []byte) (bool, error) {
			accounts = append(accounts, identity.Account(key[1:]))
			return true, nil
		})
	})
	return accounts, err
}

// A letGo is what a mailbox gives up: positions first to last.
type letGo struct {
	account     identity.Account
	first, last uint64
	head        uint64
	ids         []uint64
}

// sweepMailboxes takes from the front of each mailbox what every device has, or
// what is older than cutoff, and removes envelopes that no mailbox has any more.
func (t *tx) sweepMailboxes(accounts []identity.Account, cutoff uint64) error {
	released := map[uint64]uint32{}
	var plan []letGo
	for _, a := range accounts {
		l, err := t.planLetGo(a, cutoff)
		if err != nil {
			return err
		}
		for _, id := range l.ids {
			released[id]++
		}
		plan = append(plan, l)
	}
	gone, err := t.planReleases(released)
	if err != nil {
		return err
	}
	for _, l := range plan {
		if len(l.ids) > 0 {
			t.deleteRange(mailKey(l.account, l.first), mailKey(l.account, l.last+1))
			t.set(mailboxKey(l.account), append(u64(l.last+1), u64(l.head)...))
		}
	}
	for id, n := range released {
		if gone[id] {
			t.delete(envelopeKey(id))
			t.delete(releasedKey(id))
		} else {
			t.set(releasedKey(id), u32(n))
		}
	}
	return nil
}

func (t *tx) planLetGo(a identity.Account, cutoff uint64) (l letGo, err error) {
	l.account = a
	if l.first, _, err = mailbox(t.get, a); err != nil {
		return l, err
	}
	if l.head, err = head0(t.b.s.db, a); err != nil {
		return l, err
	}
	acked := l.head
	err = t.scan(join(keyCursor, string(a)), func(_, value []byte) (bool, error) {
		acked = min(acked, number(value))
		return true, nil
	})
	if err != nil {
		return l, err
	}
	prefix := join(keyMail, string(a))
	err = t.scan(prefix, func(key, value []byte) (bool, error) {
		pos, id := number(key[len(prefix):]), number(value)
		if pos > acked && id >= cutoff {
			return false, nil
		}
		l.last, l.ids = pos, append(l.ids, id)
		return true, nil
	})
	return l, err
}

// planReleases adds to released what was released before, and returns those
// that are needed no more.
func (t *tx) planReleases(released map[uint64]uint32) (map[uint64]bool, error) {
	gone := map[uint64]bool{}
	for id := range released {
		before, err := t.get(releasedKey(id))
		if err != nil {
			return nil, err
		}
		if len(before) == 4 {
			released[id] += binary.BigEndian.Uint32(before)
		}
		r, err := load[envelopeRecord](t.get, envelopeKey(id))
		if err != nil && !errors.Is(err, server.ErrNotFound) {
			return nil, err
		}
		gone[id] = err != nil || released[id] >= r.Refs
	}
	return gone, nil
}

// sweepRest removes expired envelopes, receipts, key packages and enrollments.
func (t *tx) sweepRest(limits server.SweepLimits, cutoff uint64) error {
	var keys [][]byte
	expired := func(prefix byte, dead func(value []byte) (bool, error)) error {
		return t.scan([]byte{prefix}, func(key, value []byte) (bool, error) {
			yes, err := dead(value)
			if yes {
				keys = append(keys, slices.Clone(key))
			}
			return true, err
		})
	}
	err := errors.Join(
		expired(keyPackage, func(v []byte) (bool, error) {
			k, err := decode[server.KeyPackage](v)
			return err == nil && k.NotAfter <= limits.Now/1000, err
		}),
		expired(keyUsed, func(v []byte) (bool, error) { return int64(number(v)) <= limits.Now/1000, nil }),
		expired(keyEnrollment, func(v []byte) (bool, error) {
			e, err := decode[server.Enrollment](v)
			return err == nil && e.Expires <= limits.Now, err
		}),
	)
	if err != nil {
		return err
	}
	for _, k := range keys {
		t.delete(k)
	}
	t.deleteRange(envelopeKey(0), envelopeKey(cutoff))
	t.deleteRange(releasedKey(0), releasedKey(cutoff))
	t.deleteRange([]byte{keyReceipt}, receiptKey(week(limits.Receipts), receiptID{}))
	return nil
}
