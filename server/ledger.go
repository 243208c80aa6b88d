package server

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// A Ledger keeps what the server notes for itself: a value by key, changed by
// comparing what was. The store doesn't look into either. Keys are in the order of their bytes.
//
// Bounds are those of records: [MaxRecordKey], [MaxRecordValue].
type Ledger interface {
	// Entries returns the values of keys, nil for what isn't there.
	Entries(ctx context.Context, keys []string) ([][]byte, error)
	// EntryRange returns the entries with from <= key < to, in order, at most max.
	EntryRange(ctx context.Context, from, to string, max int) ([]KeyValue, error)
	// UpdateLedger makes all changes of u, or none: ErrStale unless each entry
	// of u.Was still has its value.
	UpdateLedger(ctx context.Context, u LedgerUpdate) error
}

// A LedgerUpdate is what [Ledger.UpdateLedger] does. Within a field no key is named
// twice, and none is both in Put and in Delete. What isn't there can be deleted.
type LedgerUpdate struct {
	Was    []KeyValue // nil Value: isn't there, and is put by this update
	Put    []KeyValue
	Delete []string
}

// A ledgerTx reads and changes entries; what it decided by is compared when it
// commits.
type ledgerTx struct {
	ledger Ledger
	was    map[string][]byte // as read; nil: not there
	now    map[string][]byte // as changed; nil: deleted

	forwards int // blobs that are referred to by who didn't upload them
}

// load reads keys, so that get has them.
func (t *ledgerTx) load(ctx context.Context, keys ...string) error {
	fresh := keys[:0:0]
	for _, k := range keys {
		if _, ok := t.was[k]; !ok {
			fresh = append(fresh, k)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	values, err := t.ledger.Entries(ctx, fresh)
	if err != nil {
		return err
	}
	for i, k := range fresh {
		t.was[k] = values[i]
	}
	return nil
}

// get returns what load read, or what was set since; nil for nothing.
func (t *ledgerTx) get(key string) []byte {
	if v, ok := t.now[key]; ok {
		return v
	}
	return t.was[key]
}

// set changes an entry; nil deletes it.
func (t *ledgerTx) set(key string, value []byte) { t.now[key] = value }

// mark puts an entry that says all by its key.
func (t *ledgerTx) mark(key string) { t.now[key] = []byte{} }

// update returns what the transaction comes to.
func (t *ledgerTx) update() (u LedgerUpdate) {
	for k, v := range t.was {
		if v != nil || t.now[k] != nil {
			u.Was = append(u.Was, KeyValue{Key: k, Value: v})
		}
	}
	for k, v := range t.now {
		if v == nil {
			u.Delete = append(u.Delete, k)
		} else {
			u.Put = append(u.Put, KeyValue{Key: k, Value: v})
		}
	}
	return u
}

// ledgerTries is how often a change of the ledger is decided anew because others came first.
const ledgerTries = 12

// changeLedger calls f, and makes the changes that it sets; again if what f saw
// changed meanwhile. Nothing is changed if f returns an error.
func (s *Server) changeLedger(ctx context.Context, f func(t *ledgerTx) error) error {
	return changeLedger(ctx, s.store, f)
}

func changeLedger(ctx context.Context, ledger Ledger, f func(t *ledgerTx) error) error {
	for n := range ledgerTries {
		t := &ledgerTx{ledger: ledger, was: map[string][]byte{}, now: map[string][]byte{}}
		if err := f(t); err != nil {
			return err
		}
		if len(t.now) == 0 {
			return nil
		}
		if err := ledger.UpdateLedger(ctx, t.update()); !errors.Is(err, ErrStale) {
			return err
		}
		time.Sleep(rand.N(time.Millisecond << min(n, 6)))
	}
	return errBusy
}
