package suite

import (
	"crypto"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
)

// In a browser, where every kilobyte is downloaded, there are the suites of our
// rooms alone, and without crypto/hpke: see [smallHPKE].

// X25519 returns MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, which every
// client of MLS implements (RFC 9420, Section 17.1).
func X25519() *Suite {
	return small(X25519AES128, "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519", crypto.SHA256, dhX25519{}, aeadAES128)
}

// ChaCha20 returns MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519.
func ChaCha20() *Suite {
	return small(X25519ChaCha20, "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519", crypto.SHA256, dhX25519{}, aeadChaCha20)
}

// XWing returns MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519 (TBD2 of
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1) under the number id, by default
// [XWingPrivateUse].
func XWing(id ID) *Suite {
	return small(id, "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519", crypto.SHA384, xWing{}, aeadAES256)
}

// aeadID is an AEAD by its number.
type aeadID uint16

func (a aeadID) ID() uint16 { return uint16(a) }

// small returns a suite, with the HKDF of h, SHA-256 or SHA-384, in HPKE too.
func small(id ID, name string, h crypto.Hash, kem smallKEM, aead uint16) *Suite {
	kdf, newHash := uint16(kdfSHA256), func() hash.Hash { return sha256.New() }
	if h == crypto.SHA384 {
		kdf, newHash = kdfSHA384, func() hash.Hash { return sha512.New384() }
	}
	s, err := New(Parameters{ID: id, Name: name, Hash: h, AEAD: aeadID(aead), HPKE: newSmallHPKE(kem, kdf, newHash, aead), Signatures: Ed25519()})
	if err != nil {
		panic("suite: " + name + ": " + err.Error()) // a constructor of this package is wrong
	}
	return s
}
