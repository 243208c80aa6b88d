package client

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/crypto/argon2"

	"parley/identity"
)

// Argon2id's cost: RFC 9106's second recommendation, for machines that can't
// spare 2 GiB.
const (
	argonPasses  = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 4
)

// A SealKey seals a device's records at rest: 32 bytes. It prints as redacted.
type SealKey struct {
	key     [32]byte
	byStore bool // the store seals the values itself: key only hides names
}

// SealedByStore returns the seal key for a store that seals values itself, as one
// of a browser does: the client doesn't seal them a second time. Names in the keys
// of records stay hidden, under a random key that is kept in the store like any
// other record. The first call for a new store writes that record.
func SealedByStore(ctx context.Context, s Store) (SealKey, error) {
	for {
		k := SealKey{byStore: true}
		base, err := s.Version(ctx)
		if err != nil {
			return SealKey{}, err
		}
		b, err := s.Get(ctx, nameKeyKey)
		switch {
		case err != nil:
			return SealKey{}, err
		case len(b) == len(k.key):
			k.key = [32]byte(b)
			return k, nil
		case b != nil:
			return SealKey{}, ErrWrongSeal
		}
		rand.Read(k.key[:])
		err = s.Write(ctx, base, []Change{{nameKeyKey, k.key[:]}})
		if !errors.Is(err, ErrConflict) {
			return k, err
		}
	}
}

// NewSealKey returns the key of 32 bytes as [SealKey.Bytes] gives them, for
// keeping it in an operating system's keyring.
func NewSealKey(b []byte) (SealKey, error) {
	if len(b) != len(SealKey{}.key) {
		return SealKey{}, ErrWrongSeal
	}
	return SealKey{key: [32]byte(b)}, nil
}

// Bytes returns the key itself: a secret.
func (k SealKey) Bytes() []byte { return k.key[:] }

// Format implements [fmt.Formatter]: no verb shows the key.
func (k SealKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, "client.SealKey(redacted)") }

// DeriveKeys derives, from a passphrase, the login key that the server may see
// (32 bytes) and the seal key that it never sees. Neither tells the other.
//
// The salt is the account, so that a second device derives the same login.
func DeriveKeys(passphrase string, account identity.Account) (login []byte, seal SealKey) {
	salt := sha256.Sum256([]byte("parley/passphrase/v1\x00" + string(account)))
	root := argon2.IDKey([]byte(passphrase), salt[:], argonPasses, argonMemory, argonThreads, 32)
	defer clear(root)
	return expand(root, "login"), SealKey{key: [32]byte(expand(root, "seal"))}
}

// expand is HKDF-Expand to 32 bytes for one use of ours.
func expand(key []byte, use string) []byte {
	out, err := hkdf.Expand(sha256.New, key, "parley/"+use+"/v1", 32)
	if err != nil {
		panic("client: " + err.Error()) // only for absurd lengths
	}
	return out
}

// hash is SHA-256 of data for one use of ours.
func hash(use string, data []byte) [32]byte {
	return sha256.Sum256(append([]byte("parley/"+use+"/v1\x00"), data...))
}

// sealVersion begins every sealed value.
const sealVersion = 1

// A sealedStore seals values on their way into a [Store]: one byte of version,
// then AES-256-GCM with a random nonce, bound to the record's key. Over a store that
// seals by itself it passes them on as they are.
type sealedStore struct {
	Store
	aead    cipher.AEAD // nil: the store seals
	nameKey []byte      // hides names in record keys

	mu     sync.Mutex        // guards hidden
	hidden map[string]string // names that were hidden lately, at most maxHidden
}

// maxHidden bounds the names of which it is remembered how they are hidden.
const maxHidden = 8192

func newSealedStore(s Store, k SealKey) *sealedStore {
	if k.byStore {
		return &sealedStore{Store: s, nameKey: expand(k.key[:], "seal-names")}
	}
	block, err := aes.NewCipher(expand(k.key[:], "seal-values"))
	if err != nil {
		panic("client: " + err.Error())
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("client: " + err.Error())
	}
	return &sealedStore{Store: s, aead: aead, nameKey: expand(k.key[:], "seal-names")}
}

// hide returns a name as it may stand in a record's key.
func (s *sealedStore) hide(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if hidden, ok := s.hidden[name]; ok {
		return hidden
	}
	m := hmac.New(sha256.New, s.nameKey)
	m.Write([]byte(name))
	hidden := hex.EncodeToString(m.Sum(nil)[:16])
	if s.hidden == nil || len(s.hidden) >= maxHidden {
		s.hidden = map[string]string{}
	}
	s.hidden[name] = hidden
	return hidden
}

// get returns the opened value of key, or nil.
func (s *sealedStore) get(ctx context.Context, key string) ([]byte, error) {
	sealed, err := s.Store.Get(ctx, key)
	if err != nil || sealed == nil {
		return nil, err
	}
	return s.open(key, sealed)
}

// list is [Store.List] with opened values.
func (s *sealedStore) list(ctx context.Context, prefix, after string, limit int) ([]Record, error) {
	records, err := s.Store.List(ctx, prefix, after, limit)
	if err != nil {
		return nil, err
	}
	for i, r := range records {
		if records[i].Value, err = s.open(r.Key, r.Value); err != nil {
			return nil, err
		}
	}
	return records, nil
}

func (s *sealedStore) open(key string, sealed []byte) ([]byte, error) {
	if s.aead == nil {
		return sealed, nil
	}
	if len(sealed) == 0 || sealed[0] != sealVersion {
		return nil, errors.New("client: a record of an unknown version")
	}
	value, err := s.aead.Open(nil, nil, sealed[1:], []byte(key))
	if err != nil {
		return nil, ErrWrongSeal
	}
	return value, nil
}

func (s *sealedStore) seal(key string, value []byte) []byte {
	return s.aead.Seal([]byte{sealVersion}, nil, value, []byte(key))
}

// write seals the values of changes, in place, and writes them.
func (s *sealedStore) write(ctx context.Context, base uint64, changes []Change) error {
	for i, c := range changes {
		if c.Value != nil && c.Key != homeKey && s.aead != nil {
			changes[i].Value = s.seal(c.Key, c.Value)
		}
	}
	return s.Store.Write(ctx, base, changes)
}
