package pebblestore

import (
	"context"
	"errors"
	"slices"
	"time"

	"parley/identity"
	"parley/server"
)

// How much one step of a Sweep does, so that messages are taken in between.
const (
	sweepAccounts  = 64
	sweepPositions = 1024
	sweepDue       = 512
)

// Sweep implements [server.Store]. It is many small steps: where it fails, the
// next one goes on. It looks only at mailboxes that may let something go, at
// envelopes that expire, and at what falls due.
func (s *Store) Sweep(ctx context.Context, limits server.SweepLimits) error {
	steps := []func(t *tx) (more bool, err error){
		func(t *tx) (bool, error) { t.saveAll = true; return false, nil },
		(*tx).sweepWaste,
		func(t *tx) (bool, error) {
			n, err := t.expire(limits.Envelopes, sweepPositions)
			return n == sweepPositions, err
		},
		func(t *tx) (bool, error) { return t.sweepDue(limits.Now) },
		func(t *tx) (bool, error) { t.sweepReceipts(limits.Receipts); return false, nil },
	}
	for _, step := range steps {
		for more := true; more; {
			err := s.submit(ctx, operation{alone: true, changes: true, apply: func(t *tx) (err error) {
				more, err = step(t)
				return err
			}})
			if err != nil {
				return err
			}
		}
	}
	return s.makeRoom(ctx)
}

// roomEvery is how often a store that is too large is compacted by hand.
const roomEvery = 10 * time.Minute

// makeRoom gives back the disk's space of what was let go, where the store has
// reached its size. Otherwise Pebble does so in its own time.
func (s *Store) makeRoom(ctx context.Context) error {
	if !s.stats.full.Load() || time.Since(time.Unix(0, s.compacted.Load())) < min(roomEvery, s.opts.sizeEvery) {
		return nil
	}
	s.compacted.Store(time.Now().UnixNano())
	if err := s.roomLeft(); err != nil {
		return err
	}
	if err := s.db.Flush(); err != nil {
		return readError(err)
	}
	if err := s.db.Compact(ctx, []byte{keyEnvelope}, []byte{keyEnvelope + 1}, false); err != nil {
		return readError(err)
	}
	return nil
}

// sweepWaste lets go what mailboxes don't need.
func (t *tx) sweepWaste() (more bool, err error) {
	accounts := make([]identity.Account, 0, sweepAccounts)
	for a := range t.b.cold {
		if accounts = append(accounts, a); len(accounts) == sweepAccounts {
			break
		}
	}
	if len(accounts) == 0 {
		return false, nil
	}
	slices.Sort(accounts)
	err = t.letGoCold(accounts, sweepPositions)
	return len(t.b.cold) > 0, err
}

// sweepDue removes key packages and enrollments that have expired.
func (t *tx) sweepDue(now int64) (more bool, err error) {
	var due [][]byte
	err = scan(t.b.s.db, []byte{keyDue}, idKey(keyDue, uint64(max(now, 0))+1), func(key, _ []byte) (bool, error) {
		due = append(due, slices.Clone(key))
		return len(due) < sweepDue, nil
	})
	if err != nil {
		return false, err
	}
	var dead [][]byte
	for _, d := range due {
		switch is, err := t.expired(d[9:], now); {
		case err != nil:
			return false, err
		case is:
			dead = append(dead, d[9:])
		}
	}
	for _, key := range slices.Concat(due, dead) {
		t.delete(key)
	}
	return len(due) == sweepDue, nil
}

// expired reports whether what stands at key has expired at now. It may have
// been replaced by something that lives longer, which is due later again.
func (t *tx) expired(key []byte, now int64) (bool, error) {
	var err error
	switch key[0] {
	case keyPackage:
		var k *server.KeyPackage
		if k, err = load[server.KeyPackage](t.get, key); err == nil {
			return k.NotAfter <= now/1000, nil
		}
	case keyUsed:
		v, err := t.get(key)
		return err == nil && v != nil && int64(number(v)) <= now/1000, err
	case keyEnrollment:
		var e *server.Enrollment
		if e, err = load[server.Enrollment](t.get, key); err == nil {
			return e.Expires <= now, nil
		}
	}
	if errors.Is(err, server.ErrNotFound) {
		return false, nil
	}
	return false, err
}

// due has Sweep look at what stands at key at ms.
func (t *tx) due(ms int64, key []byte) { t.set(dueKey(ms, key), []byte{}) }

func (t *tx) sweepReceipts(before int64) {
	if w := week(before); w > t.b.swept {
		t.deleteRange([]byte{keyReceipt}, receiptKey(w, receiptID{}))
		t.b.swept = w
	}
}
