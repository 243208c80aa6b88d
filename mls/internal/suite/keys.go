package suite

import (
	"crypto/subtle"
	"fmt"
	"io"
)

// HPKEPublicKey is a public key of the suite's KEM in the form of
// SerializePublicKey (RFC 9420, Section 5.1.1): 32 bytes for X25519, 56 for X448,
// 65 to 133 for the NIST curves, 1184 to 1665 for ML-KEM and the hybrids. Its
// owner does not change it.
type HPKEPublicKey []byte

// SignaturePublicKey is a public key of the suite's signatures
// (RFC 9420, Section 5.1.1): 32 bytes for Ed25519, 57 for Ed448, 65 to 133 for
// ECDSA, 1312 to 2592 for ML-DSA.
type SignaturePublicKey []byte

// HPKEPrivateKey is a private key of the suite's KEM in the form of
// SerializePrivateKey: 32 bytes for X25519, 56 for X448, 32 to 66 for the NIST
// curves, and a seed of 64 for ML-KEM and of 32 for the hybrids. It prints as
// redacted.
type HPKEPrivateKey []byte

// SignaturePrivateKey is a private key of the suite's signatures: for Ed25519
// the 64 bytes seed || public key of crypto/ed25519, for Ed448 likewise 114, for
// ECDSA the scalar, for ML-DSA the seed of 32. It prints as redacted.
type SignaturePrivateKey []byte

// Secret is a value of the key schedule, or a key derived from one. It prints
// as redacted.
type Secret []byte

const redacted = "[redacted]"

// Equal reports in constant time whether k and x are the same key.
func (k HPKEPrivateKey) Equal(x HPKEPrivateKey) bool { return subtle.ConstantTimeCompare(k, x) == 1 }

// Equal reports in constant time whether k and x are the same key.
func (k SignaturePrivateKey) Equal(x SignaturePrivateKey) bool {
	return subtle.ConstantTimeCompare(k, x) == 1
}

// Equal reports in constant time whether k and x are the same secret.
func (k Secret) Equal(x Secret) bool { return subtle.ConstantTimeCompare(k, x) == 1 }

// Erase overwrites k, as RFC 9420, Section 9.2 asks of what was consumed.
func (k Secret) Erase() { clear(k) }

// Erase overwrites k.
func (k HPKEPrivateKey) Erase() { clear(k) }

// Format prints k as redacted, whatever the verb.
func (k HPKEPrivateKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// Format prints k as redacted, whatever the verb.
func (k SignaturePrivateKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// Format prints k as redacted, whatever the verb.
func (k Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String returns a constant.
func (k HPKEPrivateKey) String() string { return redacted }

// String returns a constant.
func (k SignaturePrivateKey) String() string { return redacted }

// String returns a constant.
func (k Secret) String() string { return redacted }

// MarshalText keeps k out of JSON and its like.
func (k HPKEPrivateKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalText keeps k out of JSON and its like.
func (k SignaturePrivateKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalText keeps k out of JSON and its like.
func (k Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
