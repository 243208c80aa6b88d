package identity

import (
	"crypto/ed25519"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
)

// ErrSignature is returned when a signature doesn't verify, whatever the reason.
var ErrSignature = errors.New("identity: bad signature")

// ErrKey is returned for bytes that can't be a key.
var ErrKey = errors.New("identity: malformed key")

// Sizes of Ed25519 values in bytes.
const (
	PublicKeySize = ed25519.PublicKeySize // 32
	SeedSize      = ed25519.SeedSize      // 32
	SignatureSize = ed25519.SignatureSize // 64
)

// A PublicKey is an Ed25519 public key: 32 bytes. It is comparable. In CBOR it
// is a byte string.
type PublicKey [PublicKeySize]byte

// ParsePublicKey returns b as a public key. It returns ErrKey for a wrong
// length, an encoding that isn't canonical, and a point of small order.
func ParsePublicKey(b []byte) (PublicKey, error) {
	if len(b) != PublicKeySize {
		return PublicKey{}, ErrKey
	}
	k := PublicKey(b)
	if !canonicalPoint(k) || smallOrder(k) {
		return PublicKey{}, ErrKey
	}
	return k, nil
}

// String returns the key in base64url.
func (k PublicKey) String() string { return base64.RawURLEncoding.EncodeToString(k[:]) }

// Verify checks that sig is k's signature of message, strictly: canonical A and
// R, S < L, A not of small order, no cofactor. It returns ErrSignature.
//
// The standard library compares R as bytes with what it computes, which is
// always canonical, and refuses S ≥ L; what remains is A.
func (k PublicKey) Verify(message, sig []byte) error {
	if !canonicalPoint(k) || smallOrder(k) || len(sig) != SignatureSize || !ed25519.Verify(k[:], message, sig) {
		return ErrSignature
	}
	return nil
}

// VerifyStatement checks that sig is k's signature of the statement body for
// use, as [PrivateKey.SignStatement] makes it. It returns ErrSignature.
func (k PublicKey) VerifyStatement(use string, body, sig []byte) error {
	return k.Verify(statement(use, body), sig)
}

// A PrivateKey is a device's or an account's Ed25519 signing key. Its zero value
// is no key. It prints as redacted.
type PrivateKey struct{ key ed25519.PrivateKey }

// GenerateKey returns a new key.
func GenerateKey() PrivateKey {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic("identity: " + err.Error()) // crypto/rand doesn't fail
	}
	return PrivateKey{key}
}

// NewPrivateKey returns the key of a 32-byte seed, or ErrKey.
func NewPrivateKey(seed []byte) (PrivateKey, error) {
	if len(seed) != SeedSize {
		return PrivateKey{}, ErrKey
	}
	return PrivateKey{ed25519.NewKeyFromSeed(seed)}, nil
}

// Seed returns the 32 bytes that [NewPrivateKey] takes: a secret.
func (k PrivateKey) Seed() []byte { return k.key.Seed() }

// Public returns the public half.
func (k PrivateKey) Public() PublicKey { return PublicKey(k.key.Public().(ed25519.PublicKey)) }

// Equal reports in constant time whether both are the same key.
func (k PrivateKey) Equal(other PrivateKey) bool {
	return subtle.ConstantTimeCompare(k.key, other.key) == 1
}

// SignStatement signs body, the deterministic CBOR of a statement, for use:
// over "parley/USE/v1" || 0x00 || body. No other bytes are ever signed outside
// MLS. The signature is 64 bytes.
func (k PrivateKey) SignStatement(use string, body []byte) []byte {
	return ed25519.Sign(k.key, statement(use, body))
}

// Format implements [fmt.Formatter]: no verb shows the key.
func (k PrivateKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, "identity.PrivateKey(redacted)") }

func statement(use string, body []byte) []byte {
	return append([]byte("parley/"+use+"/v1\x00"), body...)
}

// canonicalPoint reports whether k encodes its y below p = 2^255 - 19, and isn't
// a zero x with the sign bit set (y = 1 or y = p - 1).
func canonicalPoint(k PublicKey) bool {
	y := k
	sign := y[31]>>7 == 1
	y[31] &= 0x7f
	if !below(y, fieldPrime) {
		return false
	}
	return !sign || (y != one && y != minusOne)
}

// below reports a < b, both little-endian. Not constant time: keys are public.
func below(a, b [32]byte) bool {
	for i := 31; i >= 0; i-- {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

var (
	one        = PublicKey{1}
	fieldPrime = littleEndian(0xed)
	minusOne   = littleEndian(0xec)
)

// littleEndian returns 2^255 - 256 + low.
func littleEndian(low byte) (b PublicKey) {
	for i := range b {
		b[i] = 0xff
	}
	b[0], b[31] = low, 0x7f
	return b
}

// smallOrder reports whether k, a canonical encoding, is one of the eight points
// whose order divides 8. Their y are 1, -1, 0 and ±y8, the last two the
// y-coordinates of the points of order 8.
func smallOrder(k PublicKey) bool {
	k[31] &= 0x7f
	return k == one || k == minusOne || k == PublicKey{} || k == order8 || k == minusOrder8
}

var (
	order8 = PublicKey{
		0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
	}
	minusOrder8 = PublicKey{
		0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
	}
)
