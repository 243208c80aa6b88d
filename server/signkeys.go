package server

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"parley/franking"
	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// A signEntry is a key that signs batches.
type signEntry struct {
	_         struct{} `cbor:",toarray"`
	Version   uint8    // 1
	Statement []byte   // franking.KeyStatement, by the key before
	Seed      []byte   // 32 bytes: a secret; empty: the key is over and destroyed
}

// A signKey is a signEntry, read.
type signKey struct {
	statement franking.KeyStatement
	private   identity.PrivateKey // zero: destroyed
}

// A metaRecord is what servers of version 0.1.0 kept of their franking key. Since
// then the ledger has it.
type metaRecord struct {
	_            struct{} `cbor:",toarray"`
	Version      uint8    // 1; 2: FrankingSeed is empty
	FrankingSeed []byte   // 32 bytes: a secret
}

func signName(i int) string {
	return prefixSign + string(binary.BigEndian.AppendUint32(nil, uint32(i)))
}

// readSigning reads the signing keys, and makes the first one.
func (r *KeyRing) readSigning(ctx context.Context) (keys []signKey, err error) {
	entries, err := r.ledger.EntryRange(ctx, prefixSign, prefixEnd(prefixSign), franking.MaxKeys)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		if err := r.makeFirst(ctx); err != nil {
			return nil, err
		}
		if entries, err = r.ledger.EntryRange(ctx, prefixSign, prefixEnd(prefixSign), franking.MaxKeys); err != nil {
			return nil, err
		}
	}
	for _, e := range entries {
		k, err := readSignKey(e.Value)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 || keys[len(keys)-1].gone() {
		return nil, errRing
	}
	return keys, nil
}

func readSignKey(data []byte) (k signKey, err error) {
	var e signEntry
	if err := cbor.Unmarshal(data, &e); err != nil || e.Version != 1 {
		return k, errRing
	}
	s, err := franking.ParseKeyStatement(e.Statement)
	if err != nil {
		return k, errRing
	}
	k.statement = *s
	if len(e.Seed) > 0 {
		if k.private, err = identity.NewPrivateKey(e.Seed); err != nil || k.private.Public() != s.Key {
			return k, errRing
		}
	}
	return k, nil
}

// makeFirst makes the first key: that of version 0.1.0 where there is one, since
// rooms have pinned it.
func (r *KeyRing) makeFirst(ctx context.Context) error {
	kept, err := r.ledger.Meta(ctx, "", cbor.MustMarshal(metaRecord{Version: 2}))
	if err != nil {
		return err
	}
	var meta metaRecord
	key := identity.GenerateKey()
	if err := cbor.Unmarshal(kept, &meta); err != nil {
		return errRing
	}
	switch meta.Version {
	case 1:
		if key, err = identity.NewPrivateKey(meta.FrankingSeed); err != nil {
			return errRing
		}
	case 2:
	default:
		return errRing
	}
	s := franking.First(r.domain, key)
	return changeLedger(ctx, r.ledger, func(t *ledgerTx) error {
		if err := t.load(ctx, signName(0)); err != nil || t.get(signName(0)) != nil {
			return err // another node was first
		}
		t.set(signName(0), cbor.MustMarshal(signEntry{Version: 1, Statement: s.Marshal(), Seed: key.Seed()}))
		return nil
	})
}

// gone reports whether the key is destroyed.
func (k *signKey) gone() bool { return k.private.Equal(identity.PrivateKey{}) }

// signing returns the index of the key that signs at a time: the newest that has
// begun, or else the oldest that is there.
func signing(keys []signKey, ms int64) int {
	i := len(keys) - 1
	for i > 0 && keys[i].statement.NotBeforeMS > ms && !keys[i-1].gone() {
		i--
	}
	return i
}

// ErrClock: the time of day is so far before the franking key's time that no client
// would take what it signs, and the key before is destroyed.
var ErrClock = fmt.Errorf("%w: the time of day is before the franking key's time: is the clock right?", ErrUnavailable)

// ErrRotating: the last rotation hasn't taken effect yet.
var ErrRotating = errors.New("server: the franking key is about to change already")

// ErrManyKeys: the key has changed as often as clients follow.
var ErrManyKeys = errors.New("server: the franking key has changed as often as it can")

// Rotate has a new key sign from a time on: its predecessor says so, and every
// client and outsider can check that. The time should leave each node a sweep to learn of
// it. ErrRotating if there is a key already whose time hasn't come, ErrManyKeys after
// [franking.MaxKeys].
func (r *KeyRing) Rotate(ctx context.Context, now, notBefore time.Time) (*franking.KeyStatement, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.refresh(ctx, now); err != nil {
		return nil, err
	}
	n := len(r.keys)
	last := &r.keys[n-1]
	switch {
	case last.statement.NotBeforeMS > now.UnixMilli():
		return nil, ErrRotating
	case n >= franking.MaxKeys:
		return nil, ErrManyKeys
	}
	next := identity.GenerateKey()
	s := franking.Succeed(r.domain, last.private, next.Public(), max(notBefore.UnixMilli(), now.UnixMilli()))
	err := changeLedger(ctx, r.ledger, func(t *ledgerTx) error {
		if err := t.load(ctx, signName(n)); err != nil {
			return err
		}
		if t.get(signName(n)) != nil {
			return ErrRotating // another node was first
		}
		t.set(signName(n), cbor.MustMarshal(signEntry{Version: 1, Statement: s.Marshal(), Seed: next.Seed()}))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &s, r.refresh(ctx, now)
}

// retire destroys signing keys whose successor has begun so long ago that nothing
// is taken that they sign.
func (r *KeyRing) retire(ctx context.Context, now time.Time) error {
	r.mu.Lock()
	keys := r.keys
	r.mu.Unlock()
	for i := range keys[:len(keys)-1] {
		over := keys[i+1].statement.NotBeforeMS+franking.Overlap <= now.UnixMilli()
		if !over || keys[i].gone() {
			continue
		}
		e := signEntry{Version: 1, Statement: keys[i].statement.Marshal()}
		if err := r.destroy(ctx, LedgerUpdate{Put: []KeyValue{{Key: signName(i), Value: cbor.MustMarshal(e)}}}); err != nil {
			return err
		}
	}
	return nil
}

// Statements returns what the signing keys say of each other, the first one first.
func (r *KeyRing) Statements() (list []franking.KeyStatement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.keys {
		list = append(list, r.keys[i].statement)
	}
	return list
}

// Published is what everyone may know of the ring.
func (r *KeyRing) Published() *wire.FrankingKeys {
	keys := &wire.FrankingKeys{}
	for _, s := range r.Statements() {
		keys.Domain = s.Domain
		keys.Statements = append(keys.Statements, s.Marshal())
		keys.Keys = append(keys.Keys, wire.FrankingKey{Key: s.Key.String(), NotBeforeMS: s.NotBeforeMS})
	}
	return keys
}

// current returns the key that new rooms pin at a time.
func (r *KeyRing) current(ms int64) identity.PublicKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys[signing(r.keys, ms)].statement.Key
}

// pins reports whether a room may pin key: a new one that of now, or for a while one
// beside it; an old one any that ever was.
func (r *KeyRing) pins(key []byte, isNew bool, ms int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.keys {
		s := &r.keys[i].statement
		if !bytes.Equal(s.Key[:], key) {
			continue
		}
		k := franking.Key{Key: s.Key, FromMS: s.NotBeforeMS}
		if i+1 < len(r.keys) {
			k.UntilMS = r.keys[i+1].statement.NotBeforeMS
		}
		return !isNew || k.Good(ms)
	}
	return false
}

// FrankingKeys returns the ring, for those who ask about franks or change the key.
func (s *Server) FrankingKeys() *KeyRing { return s.ring }

// sweepKeys learns of keys that others made, and destroys those whose time is
// over.
func (s *Server) sweepKeys(ctx context.Context, now time.Time) error {
	if err := s.ring.Refresh(ctx, now); err != nil {
		return err
	}
	if err := s.ring.retire(ctx, now); err != nil {
		return err
	}
	if err := s.ring.sweep(ctx, now); err != nil {
		return err
	}
	return s.ring.shred(ctx)
}
