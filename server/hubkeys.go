package server

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"parley/franking"
	"parley/internal/cbor"
)

// A KeyRing holds the keys by which messages are franked, in the [Ledger], where all
// nodes have the same ones. Nothing but Frank and Verify uses them, and none is
// ever given away.
//
// The hub key, of the HMAC, is another one each week, and is destroyed after HubKeyLife:
// from then on a report of that time stands by the batch's signature alone. The
// signing key stays until [KeyRing.Rotate].
//
//	Fh WEEK    hubEntry: WEEK has 4 bytes, weeks since 1970
//	Fn         nothing: of what was deleted something is still to be shredded
//	Fs INDEX   signEntry: INDEX has 4 bytes, from 0
type KeyRing struct {
	ledger  keeper
	franker atomic.Pointer[franker] // what franks now; nil: nothing was read yet
	mu      sync.Mutex              // guards what follows, and is held while it is read
	keys    []signKey               // by index: at least one, once there is a franker
	domain  string                  // that the first key's statement names
}

// keeper is what a KeyRing needs of a [Store].
type keeper interface {
	Ledger
	Meta(ctx context.Context, name string, first []byte) ([]byte, error)
}

// Times of keys.
const (
	hubWeek    = 7 * 24 * time.Hour
	HubKeyLife = 180 * 24 * time.Hour // after the week's end
	ringLife   = 10 * time.Minute     // for how long keys are used that aren't read again: another node may have a new one
)

const (
	prefixHub  = "Fh"
	prefixSign = "Fs"
	shredNote  = "Fn" // between both prefixes
)

// A hubEntry is the hub key of a week.
type hubEntry struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	Key     []byte   // 32 bytes: a secret
}

var errRing = errors.New("server: the store's franking keys can't be read")

// OpenKeyRing returns the ring that the store keeps, and makes it where there is
// none. ErrClock if now is before the time of its keys.
func OpenKeyRing(ctx context.Context, store keeper, domain string, now time.Time) (*KeyRing, error) {
	r := &KeyRing{ledger: store, domain: domain}
	return r, r.Refresh(ctx, now)
}

// weekOf returns the week that t is in.
func weekOf(t time.Time) uint32 { return uint32(t.Unix() / int64(hubWeek/time.Second)) }

func hubName(week uint32) string { return prefixHub + string(binary.BigEndian.AppendUint32(nil, week)) }

// hubID names a hub key: its week, and 4 bytes by which it is told from another
// one of that week, as where a store was restored.
func hubID(week uint32, key []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("parley/hub-key/v1\x00"))
	return append(binary.BigEndian.AppendUint32(nil, week), h.Sum(nil)[:4]...)
}

// Refresh reads the keys: what other nodes or a rotation have made, and the hub
// key of the week, which it makes where there is none.
func (r *KeyRing) Refresh(ctx context.Context, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refresh(ctx, now)
}

func (r *KeyRing) refresh(ctx context.Context, now time.Time) error {
	keys, err := r.readSigning(ctx)
	if err != nil {
		return err
	}
	r.domain = keys[0].statement.Domain // whatever a command was told
	week := weekOf(now)
	hub, err := r.hubKey(ctx, week, true)
	if err != nil {
		return err
	}
	r.keys = keys
	i := signing(keys, now.UnixMilli())
	f := &franker{hub: hub, id: hubID(week, hub), key: keys[i].private, from: weekStart(week), until: weekStart(week + 1)}
	if i > 0 {
		begins := keys[i].statement.NotBeforeMS
		if begins > now.UnixMilli() {
			begins -= franking.Overlap
		}
		if begins > now.UnixMilli() {
			return ErrClock
		}
		f.from = max(f.from, begins)
	}
	if i+1 < len(keys) {
		f.until = min(f.until, keys[i+1].statement.NotBeforeMS)
	}
	f.until = min(f.until, now.Add(ringLife).UnixMilli())
	if old := r.franker.Load(); old == nil || string(old.id) != string(f.id) || !old.key.Equal(f.key) || old.until != f.until {
		r.franker.Store(f)
	}
	return nil
}

func weekStart(week uint32) int64 { return int64(week) * hubWeek.Milliseconds() }

// hubKey returns the hub key of a week. Where there is none it makes one, or
// returns ErrNotFound.
func (r *KeyRing) hubKey(ctx context.Context, week uint32, create bool) ([]byte, error) {
	fresh := hubEntry{Version: 1, Key: make([]byte, franking.HubKeySize)}
	rand.Read(fresh.Key) // never fails: crypto/rand ends the program instead
	var key []byte
	err := changeLedger(ctx, r.ledger, func(t *ledgerTx) error {
		name := hubName(week)
		if err := t.load(ctx, name); err != nil {
			return err
		}
		raw := t.get(name)
		if raw == nil {
			if !create {
				return ErrNotFound
			}
			key = fresh.Key
			t.set(name, cbor.MustMarshal(fresh))
			return nil
		}
		var e hubEntry
		if err := cbor.Unmarshal(raw, &e); err != nil || e.Version != 1 || len(e.Key) != franking.HubKeySize {
			return errRing
		}
		key = e.Key
		return nil
	})
	return key, err
}

// Franker returns what franks at a time. ErrClock if none of the keys does.
func (r *KeyRing) Franker(ctx context.Context, now time.Time) (Franker, error) {
	if f := r.at(now); f != nil {
		return f, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.at(now); f != nil { // of those who waited for it, one has read the keys
		return f, nil
	}
	if err := r.refresh(ctx, now); err != nil {
		return nil, err
	}
	return r.franker.Load(), nil
}

// at returns what is known to frank at a time, or nil.
func (r *KeyRing) at(now time.Time) *franker {
	ms := now.UnixMilli()
	if f := r.franker.Load(); f != nil && f.from <= ms && ms < f.until {
		return f
	}
	return nil
}

// Verify reports whether frank was made for tag and context with the hub key that
// context names. ErrNotFound if that key isn't there: it was destroyed, or isn't
// ours. The error wraps franking.ErrContext where context can't be read.
func (r *KeyRing) Verify(ctx context.Context, tag, frank, context []byte) (bool, error) {
	c, err := franking.ParseContext(context)
	if err != nil {
		return false, err
	}
	week := binary.BigEndian.Uint32(c.HubKey)
	key, err := r.hubKey(ctx, week, false)
	if err != nil {
		return false, err
	}
	if string(hubID(week, key)) != string(c.HubKey) {
		return false, fmt.Errorf("%w: another hub key of that week", ErrNotFound)
	}
	return franking.CheckFrank(key, frank, tag, context), nil
}

// sweep destroys the hub keys whose time is over.
func (r *KeyRing) sweep(ctx context.Context, now time.Time) error {
	if now.Add(-HubKeyLife).Unix() <= 0 {
		return nil
	}
	last := hubName(weekOf(now.Add(-HubKeyLife))) // the first one that stays
	over, err := r.ledger.EntryRange(ctx, prefixHub, last, rangeStep)
	if err != nil || len(over) == 0 {
		return err
	}
	var u LedgerUpdate
	for _, e := range over {
		u.Delete = append(u.Delete, e.Key)
	}
	return r.destroy(ctx, u)
}

// A Shredder is a store that can see to it that nothing on its disk holds what was
// deleted from the ledger.
type Shredder interface {
	// Shred does so for the entries with from <= key < to.
	Shred(ctx context.Context, from, to string) error
}

// destroy makes a change that takes secrets away, and notes in the same write that
// they are to be shredded: whatever happens before that is done.
func (r *KeyRing) destroy(ctx context.Context, u LedgerUpdate) error {
	if _, ok := r.ledger.(Shredder); ok {
		u.Put = append(u.Put, KeyValue{Key: shredNote, Value: []byte{}})
	}
	return r.ledger.UpdateLedger(ctx, u)
}

// shred shreds what destroy has taken away.
func (r *KeyRing) shred(ctx context.Context) error {
	s, ok := r.ledger.(Shredder)
	if !ok {
		return nil
	}
	if note, err := r.ledger.Entries(ctx, []string{shredNote}); err != nil || note[0] == nil {
		return err
	}
	if err := s.Shred(ctx, prefixHub, prefixEnd(prefixSign)); err != nil {
		return err
	}
	return r.ledger.UpdateLedger(ctx, LedgerUpdate{Delete: []string{shredNote}})
}
