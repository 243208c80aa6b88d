//go:build !js

package public

import (
	"crypto/elliptic"
	"crypto/hpke"

	"parley/mls/internal/suite"
)

// What our own rooms don't use, and a browser isn't sent.

// P256 returns suite 2.
func P256() *Suite { return suite.P256() }

// P521 returns suite 5.
func P521() *Suite { return suite.P521() }

// P384 returns suite 7.
func P384() *Suite { return suite.P384() }

// XWingAES128 returns the hybrid of ML-KEM-768 and X25519 with AES-128 and
// SHA-256 under the number id, by default [SuiteXWingAES128].
func XWingAES128(id CipherSuite) *Suite { return suite.XWingAES128(id) }

// MLKEM768P256AES128 returns the hybrid of ML-KEM-768 and P-256 with AES-128 and
// SHA-256 under the number id, by default [SuiteMLKEM768P256AES128].
func MLKEM768P256AES128(id CipherSuite) *Suite { return suite.MLKEM768P256AES128(id) }

// MLKEM768P256 returns the hybrid of ML-KEM-768 and P-256 with AES-256 and
// SHA-384 under the number id, by default [SuiteMLKEM768P256].
func MLKEM768P256(id CipherSuite) *Suite { return suite.MLKEM768P256(id) }

// MLKEM1024P384 returns the hybrid of ML-KEM-1024 and P-384 under the number id,
// by default [SuiteMLKEM1024P384].
func MLKEM1024P384(id CipherSuite) *Suite { return suite.MLKEM1024P384(id) }

// MLKEM768Ed25519 returns ML-KEM-768 alone with signatures by Ed25519 under the
// number id, by default [SuiteMLKEM768Ed25519].
func MLKEM768Ed25519(id CipherSuite) *Suite { return suite.MLKEM768Ed25519(id) }

// MLKEM768ECDSA returns ML-KEM-768 alone with signatures on P-256 under the
// number id, by default [SuiteMLKEM768ECDSA].
func MLKEM768ECDSA(id CipherSuite) *Suite { return suite.MLKEM768ECDSA(id) }

// MLKEM1024ECDSA returns ML-KEM-1024 alone with signatures on P-384 under the
// number id, by default [SuiteMLKEM1024ECDSA].
func MLKEM1024ECDSA(id CipherSuite) *Suite { return suite.MLKEM1024ECDSA(id) }

// NewHPKE returns an HPKE of the standard library for [NewSuite]. The error is
// [ErrSuiteParameters], for a KEM that it doesn't know.
func NewHPKE(kem hpke.KEM, kdf hpke.KDF, aead hpke.AEAD) (HPKE, error) {
	return suite.NewHPKE(kem, kdf, aead)
}

// ECDSA returns ECDSA on P-256, P-384 or P-521 for [NewSuite], nil for another
// curve.
func ECDSA(curve elliptic.Curve) Signatures { return suite.ECDSA(curve) }
