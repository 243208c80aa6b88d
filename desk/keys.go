package desk

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"parley/identity"
	"parley/internal/cbor"
	"parley/mls/public"
	"parley/report"
)

// How long a key is good to which reports are sealed, when its successor is made,
// and how long its private part stays: a report may wait on a device, or in the
// server's queue.
const (
	KeyLife  = 90 * 24 * time.Hour
	keyRenew = 30 * 24 * time.Hour
	keyKeep  = 180 * 24 * time.Hour // after its end
)

// ErrKeys is returned for a key file that isn't one, or is another desk's.
var ErrKeys = errors.New("desk: not a key file of this desk")

// Keys are a desk's secrets. They never leave the desk's machine.
type Keys struct {
	Domain string
	sign   identity.PrivateKey // pinned by clients, signs the keys below and the audit log's checkpoints
	seal   []byte              // 32 bytes: of the store, and of names in the audit log
	kem    []kemKey            // the newest last
}

// A kemKey is one key to which reports are sealed.
type kemKey struct {
	_          struct{} `cbor:",toarray"`
	Public     []byte
	Private    []byte
	NotAfterMS uint64
}

// keyFile is the file's form: deterministic CBOR.
type keyFile struct {
	_       struct{} `cbor:",toarray"`
	Version uint64
	Domain  string
	Seed    []byte // of sign, 32 bytes
	Seal    []byte
	KEM     []kemKey
}

// suite is the one to whose KEM reports are sealed.
func suite() *public.Suite { return public.XWing(public.SuiteXWing) }

// NewKeys makes the secrets of a new desk.
func NewKeys(domain string, now time.Time) (*Keys, error) {
	k := &Keys{Domain: domain, sign: identity.GenerateKey(), seal: make([]byte, 32)}
	rand.Read(k.seal)
	_, err := k.Rotate(now)
	return k, err
}

// Rotate makes a new key for reports where the newest ends soon, and forgets those
// whose time is long over. It reports whether anything changed.
func (k *Keys) Rotate(now time.Time) (bool, error) {
	keep := k.kem[:0:0]
	for _, key := range k.kem {
		if now.UnixMilli() < int64(key.NotAfterMS)+keyKeep.Milliseconds() {
			keep = append(keep, key)
		}
	}
	changed := len(keep) < len(k.kem)
	k.kem = keep
	if n := len(keep); n > 0 && now.Add(keyRenew).UnixMilli() < int64(keep[n-1].NotAfterMS) {
		return changed, nil
	}
	priv, pub, err := suite().GenerateHPKEKey(rand.Reader)
	if err != nil {
		return false, fmt.Errorf("desk: %v", err)
	}
	k.kem = append(k.kem, kemKey{Public: pub, Private: priv, NotAfterMS: uint64(now.Add(KeyLife).UnixMilli())})
	return true, nil
}

func (k *Keys) deskKey(key *kemKey) *report.DeskKey {
	return &report.DeskKey{
		Version: 1, Domain: k.Domain, Suite: public.SuiteXWing, KEMKey: key.Public, SignKey: k.sign.Public(), NotAfterMS: key.NotAfterMS,
	}
}

// Statement is what the server hands out: the newest key, signed.
func (k *Keys) Statement() []byte {
	return k.deskKey(&k.kem[len(k.kem)-1]).Sign(k.sign, nil)
}

// Public is the key that clients pin, and that signs the audit log's checkpoints.
func (k *Keys) Public() identity.PublicKey { return k.sign.Public() }

// AuditKey signs the audit log's checkpoints.
func (k *Keys) AuditKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(k.sign.Seed()) }

// StoreKey is 32 bytes under which the store is sealed.
func (k *Keys) StoreKey() []byte { return k.derive("parley/desk-store/v1") }

func (k *Keys) derive(use string) []byte {
	key, err := hkdf.Expand(sha256.New, k.seal, use, 32)
	if err != nil {
		panic("desk: " + err.Error()) // 32 bytes always can be had
	}
	return key
}

// open opens what was sealed to one of the desk's keys, or returns report.ErrSealed.
func (k *Keys) open(kind report.Kind, sealed []byte) ([]byte, error) {
	id, err := report.KeyOf(sealed)
	if err != nil {
		return nil, err
	}
	for i := range k.kem {
		if key := k.deskKey(&k.kem[i]); bytes.Equal(key.ID(), id) {
			return report.Open(suite(), key, k.kem[i].Private, kind, sealed)
		}
	}
	return nil, fmt.Errorf("%w: another key", report.ErrSealed)
}

// alias is a name that stands for another in keys of the store and in the audit log,
// and that tells nothing to who doesn't have the desk's secrets.
func (k *Keys) alias(use, name string) string {
	h := hmac.New(sha256.New, k.derive("parley/desk-alias/v1"))
	h.Write([]byte(use + "\x00" + name))
	return encodeID(h.Sum(nil)[:15])
}

// Save writes the file at path, as a whole, with mode 0600.
func (k *Keys) Save(path string) error {
	data, err := cbor.Marshal(keyFile{Version: 1, Domain: k.Domain, Seed: k.sign.Seed(), Seal: k.seal, KEM: k.kem})
	if err != nil {
		return fmt.Errorf("desk: %v", err)
	}
	temp := path + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("desk: %w", err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("desk: %w", err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("desk: %w", err)
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("desk: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// LoadKeys reads what Save wrote, or returns ErrKeys.
func LoadKeys(path string) (*Keys, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("desk: %w", err)
	}
	var f keyFile
	if cbor.Unmarshal(data, &f) != nil || f.Version != 1 || len(f.Seal) != 32 || len(f.KEM) == 0 {
		return nil, ErrKeys
	}
	sign, err := identity.NewPrivateKey(f.Seed)
	if err != nil {
		return nil, ErrKeys
	}
	return &Keys{Domain: f.Domain, sign: sign, seal: f.Seal, kem: f.KEM}, nil
}
